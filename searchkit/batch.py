"""Many questions at once: each is answered as by itself, and all cores are busy."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from searchkit.request import SearchRequest
from searchkit.search import DEPTHS, Search, answer, search
from searchkit.snapshot import Snapshot
from searchkit.text import Analyzer
from searchkit.threads import cores, parallel
from searchkit.types import Embedder, Results

AT_ONCE = 64  # questions that are prepared while the ones before are answered


def search_many(
    snapshot: Snapshot, embedder: Embedder | None, analyzer: Analyzer, requests: Sequence[SearchRequest]
) -> list[Results]:
    """Return the answer to each question, in order: what `search` returns, but for the time that it took.

    The model reads each question alone, for in a batch it would read it differently; the vector arm compares those of
    one filter together. Both leave the interpreter to the rest, which needs it, so that two threads do not wait for
    each other: one prepares questions, this one answers them.
    """
    if len(requests) == 1:
        return [search(snapshot, embedder, analyzer, requests[0])]

    def prepared(start: int) -> list[Search]:
        runs = [Search(snapshot, embedder, analyzer, request) for request in requests[start : start + AT_ONCE]]
        parallel(_prepare, runs, cores())
        _search_vectors(snapshot, runs)
        return runs

    results: list[Results] = []
    with ThreadPoolExecutor(1) as ahead:
        coming = [ahead.submit(prepared, start) for start in range(0, min(2 * AT_ONCE, len(requests)), AT_ONCE)]
        while coming:
            runs = coming.pop(0).result()
            following = len(results) + len(runs) + AT_ONCE * len(coming)
            if following < len(requests):
                coming.append(ahead.submit(prepared, following))
            results += [answer(run, time.perf_counter()) for run in runs]
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
