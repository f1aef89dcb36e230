"""What indexing without vectors costs, stage by stage: microseconds of processor time a passage, in one process.

Each CHECKOUT (this one without any) indexes the first records of CORPUS in turn, in a process of its own, with the
token counter of the model that travels with it; of --rounds the least of each stage counts. A stage is a function; what
it calls of the other stages is not counted in it. Asking the clock takes some microseconds of each stage.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from scripts.benchmarks.checkouts import HERE, run
from scripts.benchmarks.engine import read

STAGES = """
import json, sys, time
from pathlib import Path
from searchkit import Index
from searchkit.documents import records
from searchkit.indexing import cleaning, entries, ingest, jobs, pending, prepare, statements
from searchkit.models.embedders.local import MINILM, TokenCounter
from searchkit.storage import store
from searchkit.storage.catalog import bands, documents, passages
from searchkit.text import minhash
from searchkit.text.analysis import Analyzer

spent, inner, clock = {}, [], time.thread_time

def timed(stage, function):
    def call(*arguments, **options):
        started = clock()
        inner.append(0.0)
        try:
            return function(*arguments, **options)
        finally:
            took = clock() - started
            spent[stage] = spent.get(stage, 0) + took - inner.pop()
            if inner:
                inner[-1] += took
    return call

counter = TokenCounter(MINILM)
counter([""])  # loads it
counter = timed("token counts", counter)
ingest.portable_counter = lambda model: counter
jobs.MOST_PROCESSES = 1
for stage, owner, name in (
    ("JSON", records, "parse_json"), ("records", records, "_parse"), ("cleaning", ingest, "cleaned"),
    ("digests", cleaning, "_digest"), ("digests", pending, "text_digest"), ("splitting", prepare, "places"),
    ("analysis", Analyzer, "joined"), ("statements", prepare, "attributions"), ("MinHash", minhash, "signatures"),
    ("keyword entries", entries.EntryMaker, "analysed"), ("tantivy", store.Writer, "write_keywords"),
    ("tantivy", store.Writer, "commit"), ("catalog", documents.Documents, "put"), ("catalog", passages.Passages, "put"),
    ("catalog", statements.Listener, "store"), ("catalog", bands.Bands, "add"),
    ("near duplicates", pending, "first_duplicates"),
):
    setattr(owner, name, timed(stage, getattr(owner, name)))
with Index.create(Path(sys.argv[1]), embedder="none") as index:
    started, all_started = clock(), time.process_time()
    count = index.sync(sys.argv[2]).passages
    here, everywhere = clock() - started, time.process_time() - all_started
spent["the rest"] = here - sum(spent.values())
spent["tantivy"] += everywhere - here  # its own threads
print(json.dumps({stage: 1e6 * seconds / count for stage, seconds in spent.items()}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="JSON lines with a field text, .xz or not")
    parser.add_argument("checkouts", type=Path, nargs="*", metavar="CHECKOUT", default=[HERE])
    parser.add_argument("--passages", type=int, default=10_000, help="lines of the corpus")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    least: list[dict[str, float]] = [{} for _ in given.checkouts]
    with tempfile.TemporaryDirectory() as home:
        corpus = Path(home, "corpus.jsonl")
        corpus.write_text("".join(f"{json.dumps(record)}\n" for record in read(given.corpus, given.passages)))
        for number in range(given.rounds):
            for at, checkout in enumerate(given.checkouts):
                path = Path(home, f"index-{number}-{at}")
                found = json.loads(run(checkout.resolve(), "-c", STAGES, str(path), str(corpus))[0])
                least[at] = {stage: min(took, least[at].get(stage, took)) for stage, took in found.items()}
    print("\n".join(f"{at + 1}: {checkout.resolve()}" for at, checkout in enumerate(given.checkouts)))
    for stage in sorted(least[0], key=least[0].__getitem__, reverse=True):
        print(f"{stage:20}" + "".join(f"{found.get(stage, 0):8.1f}" for found in least))
    print(f"{'together':20}" + "".join(f"{sum(found.values()):8.1f}" for found in least))


if __name__ == "__main__":
    main()
