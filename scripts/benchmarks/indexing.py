"""What indexing a corpus costs in this checkout beside another: processor time, in turn, in processes of their own.

OTHER is a checkout. Each round makes an index anew with `searchkit index` in both, with the model that travels with
them if --embedder says minilm. Read ratios, absolute values depend on the load.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from scripts.benchmarks.checkouts import HERE, run
from scripts.benchmarks.engine import read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path)
    parser.add_argument("corpus", type=Path, help="JSON lines with a field text, .xz or not")
    parser.add_argument("--passages", type=int, default=20_000, help="lines of the corpus")
    parser.add_argument("--embedder", default="none")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    checkouts = [given.other.resolve(), HERE]
    print(f"{time.strftime('%Y-%m-%d')}, processor s: other | here | ratio", flush=True)
    totals = [0.0, 0.0]
    with tempfile.TemporaryDirectory() as home:
        corpus = Path(home, "corpus.jsonl")
        corpus.write_text("".join(f"{json.dumps(record)}\n" for record in read(given.corpus, given.passages)))
        for number in range(given.rounds + 1):  # the first one compiles
            spent = [0.0, 0.0]
            for at in (0, 1) if number % 2 else (1, 0):
                path = Path(home, f"index-{number}-{at}")
                command = ("-m", "searchkit", "index", str(corpus), "-i", str(path), "--embedder", given.embedder)
                spent[at] = run(checkouts[at], *command)[1]
            if number:
                print(f"{spent[0]:.1f} | {spent[1]:.1f} | {spent[1] / spent[0]:.3f}", flush=True)
                totals = [total + seconds for total, seconds in zip(totals, spent, strict=True)]
    print(f"together: {totals[0]:.1f} | {totals[1]:.1f} | {totals[1] / totals[0]:.3f}")


if __name__ == "__main__":
    main()
