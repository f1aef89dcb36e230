"""Many questions at once: each is answered as by itself, and all cores are busy."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from searchkit.errors import QueryError
from searchkit.search import pool as pools
from searchkit.search.answering import answer, search
from searchkit.search.inquiry import KEYWORD, VECTOR, Inquiry
from searchkit.search.pool import find_by_words, nearest
from searchkit.search.request import SearchOptions, SearchRequest
from searchkit.storage.contract import View
from searchkit.text.analysis import Analyzer
from searchkit.threads import cores, parallel
from searchkit.types import Embedder, Ranking, Results

if TYPE_CHECKING:
    from concurrent.futures import Future

AT_ONCE = 64  # questions that are prepared while the ones before are answered
SHARE = 32  # questions that go to a process at once
WORTHWHILE = 1.5  # seconds of work from which on others share it: the first half second they take to start
MOST_PROCESSES = 3  # beside this one, each with a model of its own in memory

Asker = tuple[Callable[..., Callable[[Any], Any]], tuple[Any, ...]]  # what makes it, and of what


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
    view: View,
    model: Embedder | None,
    analyzer: Analyzer,
    requests: Sequence[SearchRequest],
    asker: Asker | None = None,
) -> list[Results]:
    """Return the answer to each question, in order: what `search` returns, but for the time that it took.

    asker: what makes, in another process, a function that answers requests from the same state of the index, so that
    those who have many share them.
    """
    batch = Batch(view, model, analyzer)
    first, rest = requests[:SHARE], requests[SHARE:]
    if asker is None or not rest or cores() < 2 or not all(map(_is_portable, requests)):
        return batch.answers(requests)
    started = time.perf_counter()
    results = batch.answers(first)
    if (time.perf_counter() - started) * len(rest) / len(first) < WORTHWHILE:
        return results + batch.answers(rest)
    return results + _shared(batch, rest, asker)


@dataclass(frozen=True, slots=True)
class Batch:
    """Answers many questions from one view, in this process.

    The model reads each question alone, for in a batch it would read it differently; the vector arm compares those of
    one filter together.
    """

    view: View
    model: Embedder | None
    analyzer: Analyzer

    def answers(self, requests: Sequence[SearchRequest]) -> list[Results]:
        """Return the answer to each question, in order.

        The model and the vector arm leave the interpreter to the rest, which needs it, so that two threads do not wait
        for each other: one prepares questions, this one answers them.
        """
        if len(requests) == 1:
            return [search(self.view, self.model, self.analyzer, requests[0])]
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - a question from a shell comes alone

        parts = [requests[start : start + AT_ONCE] for start in range(0, len(requests), AT_ONCE)]
        results: list[Results] = []
        with ThreadPoolExecutor(1) as ahead:
            coming = deque(ahead.submit(self._prepared, part, cores()) for part in parts[:2])
            following = iter(parts[2:])
            while coming:
                runs = coming.popleft().result()
                coming.extend(ahead.submit(self._prepared, part, cores()) for part in itertools.islice(following, 1))
                results += _answers(runs)
        return results

    def answers_on_one_core(self, requests: Sequence[SearchRequest]) -> list[Results]:
        """Return the same while the other cores are busy."""
        return _answers(self._prepared(requests, 1))

    def _prepared(self, requests: Sequence[SearchRequest], threads: int) -> list[_Run]:
        runs = [_Run(Inquiry(self.view, self.model, self.analyzer, request), {}) for request in requests]
        parallel(_prepare, runs, threads)
        _find_nearest(self.view, runs)
        return runs


def _is_portable(request: SearchRequest) -> bool:
    """Tell whether another process can answer a request as this one does."""
    own = request.rewrite is not None or not (request.reranker is None or isinstance(request.reranker, str))
    return not own and not request.upgrade  # what upgrades computed is kept here


def _shared(batch: Batch, requests: Sequence[SearchRequest], asker: Asker) -> list[Results]:
    """Return the answers of several processes, this one among them: it does not wait until the others have started.

    What they cannot answer, for whatever reason, is answered here.
    """
    from searchkit.workers import WorkerPool  # noqa: PLC0415 - few questions are shared

    shares = [requests[start : start + SHARE] for start in range(0, len(requests), SHARE)]
    left, here = deque(range(len(shares))), dict[int, list[Results]]()
    elsewhere: dict[int, Future[list[Results]]] = {}
    processes = min(cores() - 1, MOST_PROCESSES, len(shares) - 1)
    with closing(WorkerPool(*asker, processes)) as pool:
        while left:
            done = [future for future in elsewhere.values() if future.done()]
            wanted = 2 * processes - (len(elsewhere) - len(done))  # one that they answer, and one that waits for it
            if pool.ready and not any(future.exception() for future in done):
                elsewhere.update({at: pool.submit(shares[at]) for at in _taken(left, wanted)})
            here.update({at: batch.answers_on_one_core(shares[at]) for at in _taken(left, 1)})
        for at, future in reversed(elsewhere.items()):
            here[at] = (
                batch.answers_on_one_core(shares[at]) if future.cancel() or future.exception() else future.result()
            )
    return [found for at in range(len(shares)) for found in here[at]]


def _taken(left: deque[int], most: int) -> list[int]:
    return [left.popleft() for _ in range(min(most, len(left)))]


def _answers(runs: Sequence[_Run]) -> list[Results]:
    return [answer(run.question, time.perf_counter(), _in_order(run)) for run in runs]


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
        vectors = [np.asarray(run.question.vectors) for run in group]
        found = iter(
            view.vectors.search_many(np.concatenate(vectors), pools.DEPTHS[0], first.scope, first.request.recall)
        )
        for run, own in zip(group, vectors, strict=True):
            run.found[VECTOR] = nearest(list(itertools.islice(found, len(own))), pools.DEPTHS[0])
