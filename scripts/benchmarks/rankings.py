"""nDCG@10 of this checkout beside another on judged collections, each in an index of its own; randomisation test.

OTHER is a checkout. A collection is a folder in BEIR's layout, or one of files with judged quotes in questions.jsonl.
Both checkouts index it, and answer its questions, with the commands that users have.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from scripts.benchmarks.checkouts import HERE, run
from searchkit.evaluation import Scores, compare, read_scores

MEASURE = "nDCG@10"


def scores(checkout: Path, collection: Path, home: Path, *, embedder: str, setting: str) -> Scores:
    """Index a collection in a checkout; return the measure of each question."""
    corpus, quotes = collection / "corpus.jsonl", collection / "questions.jsonl"
    where, written = ("-i", str(home / "index")), home / "scores.json"
    index = ["-m", "searchkit", "index", str(corpus if corpus.exists() else collection), "--embedder", embedder, *where]
    run(checkout, *index, "--exclude", "README.md", "--exclude", quotes.name)
    asked = str(quotes if quotes.exists() else collection)
    evaluate = ("-m", "searchkit", "evaluate", asked, "--setting", setting, "--measure", MEASURE)
    run(checkout, *evaluate, "--save-baseline", str(written), *where)
    return read_scores(written)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path)
    parser.add_argument("collections", nargs="+", type=Path)
    parser.add_argument("--setting", default="keyword", help="as for searchkit evaluate: keyword, default …")
    parser.add_argument("--embedder", default="none", help="minilm, for other settings than keyword")
    given = parser.parse_args()
    print("| collection | questions | other | here | changed | p |\n|---|---|---|---|---|---|", flush=True)
    for collection in map(Path.resolve, given.collections):
        found = []
        for checkout in (given.other.resolve(), HERE):
            with tempfile.TemporaryDirectory() as home:
                made = scores(checkout, collection, Path(home), embedder=given.embedder, setting=given.setting)
                found.append(made)
        made = compare(*found)
        told = made.differences[0]
        cells = f"{told.a:.4f} | {told.b:.4f} | {told.wins + told.losses} | {told.p:.2f}"
        print(f"| {collection.name} | {made.count} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
