"""Many questions at once: each is answered as by itself, and all cores are busy."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from searchkit.errors import QueryError
from searchkit.search import pool as pools
from searchkit.search.answering import answer, search
from searchkit.search.inquiry import KEYWORD, VECTOR, Inquiry
from searchkit.search.pool import find_by_words
from searchkit.search.request import SearchOptions, SearchRequest
from searchkit.storage.contract import View
from searchkit.text.analysis import Analyzer
from searchkit.threads import cores, parallel
from searchkit.types import Embedder, Ranking, Results

AT_ONCE = 64  # questions that are prepared while the ones before are answered


class _Run(NamedTuple):
    """A question, and what its arms find."""

    question: Inquiry
    found: dict[str, Ranking]


def requests_of(queries: Iterable[str], k: int, options: SearchOptions) -> list[SearchRequest]:
    """Return a request for each query, with a conversation of its own if there are any. Raises QueryError."""
    asked = list(queries)
    found = options.get("history") or ()
    histories = list(found) if isinstance(found, Iterable) and not isinstance(found, str | bytes | Mapping) else [found]
    if histories and len(histories) != len(asked):
        raise QueryError(f"history must be one conversation for each of {len(asked)} queries, not {len(histories)}")
    shared: dict[str, Any] = {name: value for name, value in options.items() if name != "history"}
    return [
        SearchRequest(each, k, **shared, history=one)
        for each, one in zip(asked, histories or [()] * len(asked), strict=True)
    ]


def search_many(
    view: View, model: Embedder | None, analyzer: Analyzer, requests: Sequence[SearchRequest]
) -> list[Results]:
    """Return the answer to each question, in order: what `search` returns, but for the time that it took.

    The model reads each question alone, for in a batch it would read it differently; the vector arm compares those of
    one filter together. Both leave the interpreter to the rest, which needs it, so that two threads do not wait for
    each other: one prepares questions, this one answers them.
    """
    if len(requests) == 1:
        return [search(view, model, analyzer, requests[0])]

    def prepared(start: int) -> list[_Run]:
        runs = [_Run(Inquiry(view, model, analyzer, request), {}) for request in requests[start : start + AT_ONCE]]
        parallel(_prepare, runs, cores())
        _find_nearest(view, runs)
        return runs

    results: list[Results] = []
    with ThreadPoolExecutor(1) as ahead:
        coming = [ahead.submit(prepared, start) for start in range(0, min(2 * AT_ONCE, len(requests)), AT_ONCE)]
        while coming:
            runs = coming.pop(0).result()
            following = len(results) + len(runs) + AT_ONCE * len(coming)
            if following < len(requests):
                coming.append(ahead.submit(prepared, following))
            results += [answer(run.question, time.perf_counter(), _in_order(run)) for run in runs]
    return results


def _in_order(run: _Run) -> dict[str, Ranking]:
    return {arm: run.found[arm] for arm in run.question.arms}


def _prepare(run: _Run) -> None:
    """Do what needs no other question, and leaves the interpreter to others while it takes its time."""
    if KEYWORD in run.question.arms:
        run.found[KEYWORD] = find_by_words(run.question)
    _ = run.question.read


def _find_nearest(view: View, runs: Sequence[_Run]) -> None:
    """Let the vector arm answer all questions that have one, those of one filter together."""
    alike: dict[int, list[_Run]] = defaultdict(list)
    for run in runs:
        if VECTOR in run.question.arms:
            alike[id(run.question.scope)].append(run)
    for group in alike.values():
        first = group[0].question
        vectors = np.stack([np.asarray(run.question.vector) for run in group])
        found = view.vectors.search_many(vectors, pools.DEPTHS[0], first.scope, first.request.recall)
        for run, ranking in zip(group, found, strict=True):
            run.found[VECTOR] = ranking
