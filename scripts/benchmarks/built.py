"""Whether this checkout makes the same index as another, to the bit: catalog, and what the keyword engine is given.

OTHER is a checkout, SOURCE a file or folder to index. Each makes an index of it in a process of its own, with the
estimate of tokens and then with the counter of the model that travels with them, but without its vectors. Of the
catalog every table is compared, row by row, but for the digests of files; of keywords all entries by row.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from scripts.benchmarks.checkouts import HERE, run

BUILD = """
import hashlib, json, sqlite3, sys
from pathlib import Path
from searchkit import Index
from searchkit.indexing import ingest
from searchkit.models.embedders.local import MINILM, TokenCounter
from searchkit.storage import store

home, source, counter = sys.argv[1:]
if counter == "minilm":
    ingest.portable_counter = lambda model: TokenCounter(MINILM)
entries, write = [], store.Writer.write_keywords

def noting(writer, given, removed, **options):
    given = list(given)
    entries.extend(given)
    return write(writer, given, removed, **options)

store.Writer.write_keywords = noting
digest = lambda rows: hashlib.sha256("\\n".join(map(repr, rows)).encode("utf-8", "surrogatepass")).hexdigest()
with Index.create(Path(home, "index"), embedder="none") as index:
    index.sync(source)
found = {"keywords": digest(sorted(map(tuple, entries)))}
catalog = sqlite3.connect(Path(home, "index", "catalog.sqlite"))
tables = [name for name, in catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
for table in tables:
    columns = len(catalog.execute(f"PRAGMA table_info({table})").fetchall())
    order = ", ".join(str(number + 1) for number in range(columns))
    found[table] = digest(catalog.execute(f"SELECT * FROM {table} ORDER BY {order}"))
found.pop("checksums")
print(json.dumps([found, len(entries)]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path)
    parser.add_argument("source", type=Path, nargs="+")
    given = parser.parse_args()
    differing = 0
    for source in given.source:
        for counter in ("estimate", "minilm"):
            built = []
            for checkout in (given.other.resolve(), HERE):
                with tempfile.TemporaryDirectory() as home:
                    built.append(json.loads(run(checkout, "-c", BUILD, home, str(source.resolve()), counter)[0]))
            (before, passages), (after, _) = built
            names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
            print(f"{source}, {counter}, {passages} passages: {', '.join(names) or 'the same'}", flush=True)
            differing += bool(names)
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
