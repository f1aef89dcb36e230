"""What vectors in a byte a dimension cost in nDCG@10 beside float16, if all were kept so, and where passages come.

INDEXES are of judged collections, named as those of DATA with what follows a hyphen left out (scripts/bench relevance
keeps such in its cache); they are only read. p is of a paired randomisation test.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from searchkit import Index
from searchkit.evaluation import Questions, read_questions
from searchkit.evaluation.runs import ask
from searchkit.evaluation.sidebyside import assembled
from searchkit.evaluation.significance import randomisation_test
from searchkit.storage.vectors import segments
from searchkit.storage.vectors.coarse import CoarseRows, coarse

MEASURE = "nDCG@10"
WAYS = {"hybrid": {}, "vector": {"mode": "vector"}}


@contextmanager
def in_bytes() -> Iterator[None]:
    """Have all vectors that are opened meanwhile read as if they were kept in bytes."""
    before = segments.stored_as
    segments.stored_as = lambda array: CoarseRows(coarse(array))
    try:
        yield
    finally:
        segments.stored_as = before


def measured(path: Path, questions: Questions) -> Iterator[tuple[Any, ...]]:
    """Yield each way of asking with nDCG in float16 and in bytes, p, and the share of first ten that are the same."""
    with Index.open(path) as index:
        plain = ask(index, questions, WAYS)
    with in_bytes(), Index.open(path) as index:
        rounded = ask(index, questions, WAYS)
    for way in WAYS:
        runs = {"float16": plain[way], "int8": rounded[way]}
        made = assembled(questions, runs, (MEASURE,))
        first, second = (np.asarray(made.values(name, MEASURE)) for name in runs)
        same = np.mean([answer.ids[:10] == rounded[way][each].ids[:10] for each, answer in plain[way].items()])
        yield way, first.mean(), second.mean(), randomisation_test(second - first), same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("indexes", type=Path, nargs="+")
    parser.add_argument("--sample", type=int, default=300, help="questions of each at most")
    given = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}\n")
    print("| collection | way | float16 | int8 | p | same first ten |\n|---|---|---|---|---|---|")
    for path in given.indexes:
        name = path.name.removesuffix("-minilm-256")
        questions = read_questions(given.data / name, split="test", sample=given.sample)
        for way, first, second, p, same in measured(path, questions):
            print(f"| {name} | {way} | {first:.4f} | {second:.4f} | {p:.3f} | {same:.1%} |", flush=True)


if __name__ == "__main__":
    main()
