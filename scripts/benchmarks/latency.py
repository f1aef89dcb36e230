"""Where the time of a question goes: median milliseconds a stage, and p50 and p95 of each mode and filter.

Questions run in turn through all ways of asking, several times, and of each question the fastest time counts: so a
machine that others use too is fair to all ways. A stage's time is its own, without the stages that it calls.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.benchmarks.engine import read_texts
from searchkit import Index, queries, reader
from searchkit.models.embedders import OnnxEmbedder
from searchkit.queries.highlight import Highlighter
from searchkit.search import answering, choices, pool, stages, weights
from searchkit.search.first import First
from searchkit.storage.keywords.tantivy_engine import TantivyReader
from searchkit.storage.readers import CatalogPassages
from searchkit.storage.vectors.arm import Vectors
from searchkit.storage.view import FolderView

STAGES: tuple[tuple[Any, str, str], ...] = (
    (reader, "search", "the rest"),
    (queries, "parse", "parse"),
    (OnnxEmbedder, "read_question", "embed the question"),
    (TantivyReader, "search", "keyword arm: search"),
    (TantivyReader, "score", "keyword arm: score"),
    (TantivyReader, "document_frequency", "document frequencies"),
    (Vectors, "search_many", "vector arm: search"),
    (Vectors, "score", "vector arm: score"),
    (pool, "_asked", "ask for what is missing"),
    (weights, "fuse", "fuse"),
    (FolderView, "_fitting", "filter: rows"),
    *((type(stages.stage(name)), "refine", name) for name in choices.STAGES),
    (First, "settled", "order of the refined"),
    (CatalogPassages, "get", "join with text"),
    (answering, "confidences", "confidence"),
    (Highlighter, "__call__", "highlights"),
)


class Clock:
    """Adds up each stage's own seconds, question by question."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.spent: dict[str, float] = defaultdict(float)
        self._open = threading.local()  # stages that wait for one that they called, by thread

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        waiting = self._open.__dict__.setdefault("stages", [])
        waiting.append(0.0)
        started = self._now()
        try:
            yield
        finally:
            whole = self._now() - started
            inner = waiting.pop()
            self.spent[name] += whole - inner
            if waiting:
                waiting[-1] += whole

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Put the clock around a function or method."""
        inner = getattr(owner, name)

        @functools.wraps(inner)
        def timed(*values: Any, **options: Any) -> Any:
            with self.stage(stage):
                return inner(*values, **options)

        setattr(owner, name, timed)


def milliseconds(work: Callable[[], object], now: Callable[[], float] = time.perf_counter) -> float:
    started = now()
    work()
    return (now() - started) * 1000


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def latency(index: Index, questions: list[str], wheres: list[str], rounds: int, now: Callable[[], float]) -> None:
    """Print p50 and p95 of each way of asking, by this clock, and of the question's embedding alone."""
    ways: dict[str, Callable[[str], object]] = {
        f"hybrid where {where}": functools.partial(index.search, where=where) for where in wheres
    }
    if index.embedder is not None:
        read = getattr(index.embedder, "read_question", index.embedder.embed_query)
        ways = {"embedding alone": read, "vector": functools.partial(index.search, mode="vector")} | ways
    ways = {"keyword": functools.partial(index.search, mode="keyword"), "hybrid": index.search} | ways
    for ask in ways.values():
        ask(questions[0])
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for question in questions:
        turns = [
            {name: milliseconds(functools.partial(ask, question), now) for name, ask in ways.items()}
            for _ in range(rounds)
        ]
        for name in ways:
            spent[name].append(min(turn[name] for turn in turns))
    print("| way | p50 ms | p95 ms |\n|---|---|---|")
    for name, values in spent.items():
        print(f"| {name} | {statistics.median(values):.2f} | {p95(values):.2f} |")


def budget(index: Index, clock: Clock, questions: list[str], where: str | None, rounds: int) -> None:
    """Print the median of what each stage of a hybrid question takes."""
    taken: dict[str, list[float]] = defaultdict(list)
    for question in questions:
        turns = []
        for _ in range(rounds):
            clock.spent.clear()
            index.search(question, where=where)
            turns.append(dict(clock.spent))
        for *_, stage in STAGES:
            taken[stage].append(min(turn.get(stage, 0.0) for turn in turns) * 1000)
    print("| stage | median ms | mean ms |\n|---|---|---|")
    for stage, values in taken.items():
        print(f"| {stage} | {statistics.median(values):.3f} | {statistics.fmean(values):.3f} |")


def cold(path: Path, rounds: int) -> None:
    """Print the milliseconds of whole processes, whose modules are compiled: Python alone, a keyword question, a hybrid
    one.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ask = [sys.executable, "-m", "searchkit", "search", "Who led the revolt?", "-i", str(path), "--json"]
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "keyword": [*ask, "--mode", "keyword"],
        "hybrid": ask,
    }
    spent: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):  # the first one compiles
        for name, command in commands.items():
            run = functools.partial(subprocess.run, command, capture_output=True, check=False, env=environment)
            spent[name] += [milliseconds(run)][: number > 0]
    print("| whole process | median ms | fastest ms |\n|---|---|---|")
    for name, values in spent.items():
        print(f"| {name} | {statistics.median(values):.0f} | {min(values):.0f} |")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path, help="a JSON-lines file with the field text")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--where", action="append", default=[], help="a filter to ask with; repeat it")
    parser.add_argument("--cold", type=int, default=0, help="start so many fresh processes of each kind")
    parser.add_argument("--cpu", action="store_true", help="by the asking thread's processor time")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    asked = read_texts(given.questions, given.count)
    if given.cold:
        cold(given.index, given.cold)
    with Index.open(given.index) as index:
        now = time.thread_time if given.cpu else time.perf_counter
        latency(index, asked, given.where, given.rounds, now)
        clock = Clock(now)
        for owner, name, stage in STAGES:
            clock.watch(owner, name, stage)
        for where in (None, *given.where):
            print(f"\nhybrid{f' where {where}' if where else ''}:")
            budget(index, clock, asked, where, given.rounds)


if __name__ == "__main__":
    main()
