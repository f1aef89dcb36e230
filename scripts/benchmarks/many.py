"""Many questions one by one and together, in turn: seconds, processor time, and whether the answers are the same.

Of each way the least of all rounds counts, and the median of the rounds' ratios: on a machine that others use too, only
processor time is certain. That of other processes counts, and so does their start.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from scripts.benchmarks.engine import read_texts
from searchkit import Index
from searchkit.types import Results

TODAY = date(2026, 1, 1)


def processor_seconds() -> float:
    """Return what this process took so far, and those that it started and that have ended."""
    spent = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def timed(work: Callable[[], list[Results]]) -> tuple[list[Results], float, float]:
    """Return what some work returns, its seconds and its processor seconds."""
    started, spent = time.perf_counter(), processor_seconds()
    found = work()
    return found, time.perf_counter() - started, processor_seconds() - spent


def plain(results: Results) -> dict[str, object]:
    return {name: value for name, value in results.to_dict().items() if name != "elapsed_ms"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path, help="a JSON-lines file with the field text")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asked = read_texts(given.questions, given.count)
    rounds = []
    with Index.open(given.index) as index:
        index.search_many(asked[:50], today=TODAY)
        for _ in range(given.rounds):
            alone, *one = timed(lambda: [index.search(question, today=TODAY) for question in asked])
            together, *many = timed(lambda: index.search_many(asked, today=TODAY))
            same = sum(plain(a) == plain(b) for a, b in zip(alone, together, strict=True))
            rounds.append([*one, *many])
            print(
                f"{same} of {len(asked)} the same; one by one {one[0]:.2f} s ({one[1]:.2f} of processor time), "
                f"together {many[0]:.2f} s ({many[1]:.2f}): {one[0] / many[0]:.2f} times",
                flush=True,
            )
    one, busy, many, shared = (min(each) for each in zip(*rounds, strict=True))
    print(
        f"least: one by one {one:.2f} s ({busy:.2f}), together {many:.2f} s ({shared:.2f}): {one / many:.2f} times; "
        f"median of rounds {statistics.median(each[0] / each[2] for each in rounds):.2f}"
    )


if __name__ == "__main__":
    main()
