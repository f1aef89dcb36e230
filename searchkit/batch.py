"""Many questions at once: each is answered as by itself, and all cores are busy."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from searchkit.request import SearchRequest
from searchkit.search import DEPTHS, Search, answer, search
from searchkit.snapshot import Snapshot
from searchkit.text import Analyzer
from searchkit.threads import cores, parallel
from searchkit.types import Embedder, Results

AT_ONCE = 256  # questions whose candidates are held in memory together


def search_many(
    snapshot: Snapshot, embedder: Embedder | None, analyzer: Analyzer, requests: Sequence[SearchRequest]
) -> list[Results]:
    """Return the answer to each question, in order: what `search` returns, but for the time that it took.

    The model reads each question alone, for in a batch it would read it differently; as many at a time as there are
    cores. The vector arm compares the questions of one filter together.
    """
    if len(requests) == 1:
        return [search(snapshot, embedder, analyzer, requests[0])]
    results: list[Results] = []
    for start in range(0, len(requests), AT_ONCE):
        runs = [Search(snapshot, embedder, analyzer, request) for request in requests[start : start + AT_ONCE]]
        parallel(_prepare, runs, cores())
        _search_vectors(snapshot, runs)
        results += parallel(lambda run: answer(run, time.perf_counter()), runs, cores())
    return results


def _prepare(run: Search) -> None:
    """Do what needs no other question, and leaves the interpreter to others while it takes its time."""
    if "keyword" in run.arms:
        run.ask("keyword")
    run.asked.read()


def _search_vectors(snapshot: Snapshot, runs: Sequence[Search]) -> None:
    """Let the vector arm answer all questions that have one, those of one filter together."""
    alike: dict[int, list[Search]] = defaultdict(list)
    for run in runs:
        if "vector" in run.arms:
            alike[id(run.allowed)].append(run)
    for group in alike.values():
        vectors = np.stack([np.asarray(run.asked.vector) for run in group])
        found = snapshot.vectors.search_many(vectors, DEPTHS[0], group[0].allowed, group[0].request.recall)
        for run, ranking in zip(group, found, strict=True):
            run.first["vector"] = ranking
