"""Fit the coefficients of searchkit/search/confidence.py, and measure them on collections that took no part.

A collection is asked questions of its own and questions of others, which it cannot answer; and some of its own with a
name or number swapped for one of another question, which are about the right subject and have no answer. The best ten
hits of each are examples; of a swapped or foreign question none is right. Collections have many shapes: those that are
judged (indexed by `scripts/bench relevance`, or `--cache`), neighbourhoods of single documents in them, which are about
one topic and are asked also what the rest of the collection answers, and the small ones of `shapes`.

What is printed of a collection comes from coefficients to which it, its neighbourhoods and its kin gave no example;
--fit prints those of all together, which confidence.py holds. After a change of what is evidence, or of the ranking:
`scripts/bench confidence DATA --fit`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from scripts.benchmarks.confidence.examples import collected
from scripts.benchmarks.confidence.fitting import fitted, report
from searchkit.search.confidence import MODELS


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds the judged collections")
    parser.add_argument("--fit", action="store_true", help="print the coefficients too, for confidence.py")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "searchkit-bench")
    options = parser.parse_args(arguments)
    modes = {mode: list(collected(options.data, options.cache, mode)) for mode in ("hybrid", "keyword")}
    for model in MODELS:
        sets = modes["hybrid" if "cosine" in model else "keyword"]
        names = [name for name in model if name]
        if options.fit:
            print(f"\n{fitted(sets, names)}\n")
        report(sets, names)


if __name__ == "__main__":
    main()
