"""Which of the ranked passages become hits: near duplicates collapsed, documents capped, diversity."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.search.fusion import to_unit
from searchkit.search.inquiry import Inquiry

if TYPE_CHECKING:
    from searchkit.search.differences import Stated

POOL = 100  # candidates among which diversity chooses
CHUNK = 64


class Pick(NamedTuple):
    """A row that becomes a hit, its score, and the ids of the near duplicates that say no more than it."""

    row: int
    score: float
    duplicates: tuple[str, ...] = ()


class Picker:
    """Chooses the hits of a question from its ranking, lazily: it looks no deeper than it must."""

    def __init__(self, question: Inquiry) -> None:
        self._request = question.request
        self._memory = question.memory
        self._view = question.view
        self._known: dict[int, Stated] = {}

    def pick(self, ranked: Iterable[tuple[int, float]]) -> Iterator[Pick]:
        """Yield hits in order, also those that the request passes over, to its last one or all there are."""
        request, count = self._request, self._request.offset + self._request.k
        picks: Iterator[Pick] = (Pick(row, score) for row, score in ranked)
        if request.per_document:
            picks = self._capped(picks, request.per_document)
        if request.diversity:
            picks = self._diverse(picks, request.diversity)
        if request.collapse:
            return iter(self._collapsed(picks, count))
        return itertools.islice(picks, count)

    def _capped(self, picks: Iterator[Pick], limit: int) -> Iterator[Pick]:
        """Let at most `limit` passages of a document through."""
        taken: Counter[int] = Counter()
        for chunk in _batched(picks):
            owners = self._view.passages.owners([pick.row for pick in chunk])
            for pick in chunk:
                taken[owners[pick.row]] += 1
                if taken[owners[pick.row]] <= limit:
                    yield pick

    def _collapsed(self, picks: Iterator[Pick], count: int) -> list[Pick]:
        """Return the first `count` picks, each with the near duplicates that say no more than it does."""
        from searchkit.text import minhash  # noqa: PLC0415 - few questions collapse or spread

        kept: list[Pick] = []
        signatures = np.empty((0, minhash.PERMUTATIONS), minhash.DTYPE)
        copies: list[list[int]] = []
        for chunk in _batched(picks):
            for pick, signature in zip(chunk, self._signatures(chunk), strict=True):
                close = np.flatnonzero(minhash.similarity(signatures, signature) >= minhash.THRESHOLD).tolist()
                if close:  # there may be more of them: all texts of a chunk come in one call
                    self._memory.passages([each.row for each in (*kept, *chunk)])
                same = next((at for at in close if self._says_no_more(pick.row, kept[at].row)), None)
                if same is not None:
                    copies[same].append(pick.row)
                    continue
                if len(kept) == count:
                    return self._named(kept, copies)
                kept.append(pick)
                copies.append([])
                signatures = np.vstack([signatures, signature])
        return self._named(kept, copies)

    def _says_no_more(self, row: int, other: int) -> bool:
        """Tell whether a passage states nothing that its near duplicate doesn't."""
        from searchkit.search.differences import Stated, says_no_more  # noqa: PLC0415 - few passages have any

        for each, passage in self._memory.passages([row, other]).items():
            if each not in self._known:
                self._known[each] = Stated(passage.shown_text)
        return says_no_more(self._known[row], self._known[other])

    def _named(self, kept: list[Pick], copies: list[list[int]]) -> list[Pick]:
        collapsed = [row for rows in copies for row in rows]
        ids = self._view.passages.ids(collapsed) if collapsed else {}
        names = (tuple(ids[row] for row in rows) for rows in copies)
        return [pick._replace(duplicates=own) for pick, own in zip(kept, names, strict=True)]

    def _signatures(self, picks: Iterable[Pick]) -> npt.NDArray[Any]:
        from searchkit.text import minhash  # noqa: PLC0415 - few questions collapse or spread

        rows = [pick.row for pick in picks]
        blobs = self._view.passages.signatures(rows)
        return np.stack([np.frombuffer(blobs[row], minhash.DTYPE) for row in rows])

    def _diverse(self, picks: Iterator[Pick], strength: float) -> Iterator[Pick]:
        """Reorder the first POOL picks by maximal marginal relevance; the rest follows.

        Each step takes argmax (1 - strength) * relevance - strength * (highest similarity to those taken),
        relevance mapped to [0, 1] over the pool (Carbonell & Goldstein, SIGIR 1998).
        """
        pool = list(itertools.islice(picks, POOL))
        if pool:
            relevance = to_unit(np.array([pick.score for pick in pool]))
            yield from (pool[at] for at in _marginal(relevance, self._similarity(pool), strength))
        yield from picks

    def _similarity(self, pool: list[Pick]) -> npt.NDArray[np.float64]:
        """Return pairwise similarity: cosine where there are vectors, else estimated Jaccard."""
        from searchkit.text import minhash  # noqa: PLC0415 - few questions collapse or spread

        vectors = self._memory.vectors(np.array([pick.row for pick in pool], np.int64)).vectors
        if vectors.size and np.isfinite(vectors).all():
            return np.asarray(vectors @ vectors.T, np.float64)
        signatures = self._signatures(pool)
        return np.stack([minhash.similarity(signatures, own) for own in signatures])


def _marginal(relevance: npt.NDArray[Any], similarity: npt.NDArray[Any], strength: float) -> list[int]:
    """Return all positions in the order of maximal marginal relevance. relevance: (n,); similarity: (n, n)."""
    order: list[int] = []
    left = np.ones(len(relevance), bool)
    nearest = np.zeros(len(relevance))
    while left.any():
        gain = np.where(left, (1 - strength) * relevance - strength * nearest, -np.inf)
        best = int(np.argmax(gain))
        order.append(best)
        left[best] = False
        nearest = np.maximum(nearest, similarity[best])
    return order


def _batched(picks: Iterator[Pick]) -> Iterator[list[Pick]]:
    while chunk := list(itertools.islice(picks, CHUNK)):
        yield chunk
