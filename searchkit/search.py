"""The read path: a question in, ranked passages out."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict, cast

import numpy as np

from searchkit import fusion, queries
from searchkit.errors import QueryError
from searchkit.highlight import Highlighter, query_terms
from searchkit.pick import Picker
from searchkit.store import Snapshot
from searchkit.text import Analyzer
from searchkit.types import Embedder, FloatVector, Hit, Passage, Ranking, Reranker, Results, Rows, Source

MODES = ("hybrid", "keyword", "vector")
DEPTHS = (200, 4_000)  # candidates of each arm; the deeper ones only when a page lies beyond the first
DEFAULT_FUSION = "minmax"
MOST_RERANKED = 200


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A question and how to answer it. Raises QueryError for values that make no sense.

    where: a mapping, or the text of a filter; applied before ranking. weights: of the arms in fusion,
    {"keyword": 1, "vector": 1} unless given. offset: how many hits to pass over. context: how many
    neighbours to return on each side. per_document: at most so many hits of one document. collapse: near
    duplicates become one hit. diversity: 0 (none) to 1, by maximal marginal relevance. strict: a malformed
    advanced query is an error, not plain words. said_by: only passages in which somebody of this name says something.
    advanced query is an error, not plain words. reranker: "late", "onnx:FOLDER", "st-ce:MODEL", a Reranker or a
    function; it judges the first rerank_depth passages anew, and rerank_weight is its share in their scores.
    """

    query: str
    k: int = 10
    mode: str = "hybrid"
    where: str | Mapping[str, Any] | None = None
    fusion: str = DEFAULT_FUSION
    weights: Mapping[str, float] = field(default_factory=dict)
    offset: int = 0
    context: int = 0
    per_document: int | None = None
    collapse: bool = False
    diversity: float = 0.0
    explain: bool = False
    strict: bool = False
    said_by: str | None = None
    reranker: str | Reranker | Callable[[str, Sequence[str]], Any] | None = None
    rerank_depth: int = 30
    rerank_weight: float = 0.7

    def __post_init__(self) -> None:
        checks = {
            f"mode must be one of {', '.join(MODES)}, not {self.mode!r}": self.mode in MODES,
            f"fusion must be one of {', '.join(fusion.FUSIONS)}, not {self.fusion!r}": self.fusion in fusion.FUSIONS,
            f"k must be at least 1, not {self.k}": self.k >= 1,
            f"offset must not be negative, as {self.offset} is": self.offset >= 0,
            f"context must not be negative, as {self.context} is": self.context >= 0,
            f"diversity must lie between 0 and 1, unlike {self.diversity}": 0 <= self.diversity <= 1,
            f"per_document must be at least 1, not {self.per_document}": self.per_document is None
            or self.per_document >= 1,
            f"rerank_depth must lie between 1 and {MOST_RERANKED}, unlike {self.rerank_depth}": 1
            <= self.rerank_depth
            <= MOST_RERANKED,
            f"rerank_weight must lie between 0 and 1, unlike {self.rerank_weight}": 0 <= self.rerank_weight <= 1,
            f"weights must be positive numbers for keyword and vector, not {dict(self.weights)}": all(
                arm in ("keyword", "vector") and weight >= 0 for arm, weight in self.weights.items()
            )
            and sum({"keyword": 1.0, "vector": 1.0, **self.weights}.values()) > 0,
        }
        for message, fine in checks.items():
            if not fine:
                raise QueryError(message)


class SearchOptions(TypedDict, total=False):
    """A request's fields but for the query and k, as the keyword arguments of `Index.search`."""

    mode: str
    where: Any
    fusion: str
    weights: dict[str, float]
    offset: int
    context: int
    per_document: int | None
    collapse: bool
    diversity: float
    explain: bool
    strict: bool
    said_by: str | None
    reranker: Any
    rerank_depth: int
    rerank_weight: float


def preferred(ranking: Mapping[str, Any] | None, options: SearchOptions) -> SearchOptions:
    """Return the options with the index's own fusion and weights, unless they choose either."""
    if not ranking or options.keys() & {"fusion", "weights"}:
        return options
    return cast("SearchOptions", {"fusion": ranking["fusion"], "weights": ranking["weights"], **options})


class Arm(Protocol):
    """One way of ranking passages for the question at hand."""

    def search(self, limit: int) -> Ranking:
        """Return the best `limit` allowed rows."""

    def score(self, rows: Rows) -> Any:
        """Return the score of each row: (len(rows),), NaN where the arm cannot say."""


@dataclass(frozen=True, slots=True)
class KeywordArm:
    """BM25 over the index terms of the question."""

    snapshot: Snapshot
    parsed: queries.Parsed
    allowed: Rows | None

    def search(self, limit: int) -> Ranking:
        """Return the best rows by BM25; rows without any term of the question are not among them."""
        return self.snapshot.keywords.search(self.parsed.tree, limit, self.allowed)

    def score(self, rows: Rows) -> Any:
        """Return the BM25 score of each row, 0 without a match."""
        return self.snapshot.keywords.score(self.parsed.tree, rows)


@dataclass(frozen=True, slots=True)
class VectorArm:
    """Cosine of the question's vector and the passage's."""

    snapshot: Snapshot
    query: FloatVector
    allowed: Rows | None

    def search(self, limit: int) -> Ranking:
        """Return the best rows by cosine."""
        return self.snapshot.vectors.search(self.query, limit, self.allowed)

    def score(self, rows: Rows) -> Any:
        """Return the cosine of each row, NaN without a vector."""
        return self.snapshot.vectors.score(self.query, rows)


class Search:
    """One question against one snapshot: its parsed form, its arms, its ranking."""

    def __init__(
        self, snapshot: Snapshot, embedder: Embedder | None, analyzer: Analyzer, request: SearchRequest
    ) -> None:
        self.snapshot = snapshot
        self.request = request
        self.parsed = queries.parse(request.query, analyzer, strict=request.strict)
        self.warnings = list(self.parsed.warnings)
        self.filtered = self._heard(_filtered(snapshot, request.where), analyzer)
        self.allowed = self._matching(self.filtered) if self.parsed.advanced else self.filtered
        self.mode = self._mode(embedder)
        self.arms = self._arms(embedder)
        self.rankings: dict[str, Ranking] = {}  # of the depth that was reached
        self.reranker = _reranker(request, embedder)
        self.reranked: Ranking | None = None  # what the reranker said of the first passages

    def _matching(self, filtered: Rows | None) -> Rows:
        """Return the rows that fit an advanced query: its operators bind both arms."""
        keywords = self.snapshot.keywords
        return np.sort(keywords.search(self.parsed.tree, max(1, keywords.count), filtered).rows)

    def _heard(self, filtered: Rows | None, analyzer: Analyzer) -> Rows | None:
        """Return those of the rows in which the asked name says something."""
        name = self.request.said_by
        if name is None:
            return filtered
        from searchkit.said import rows_said_by  # noqa: PLC0415 - most questions name nobody

        if not self.snapshot.catalog.statements.exist():
            self.warnings.append("this index does not know who said what yet; run: searchkit rebuild")
        rows = rows_said_by(self.snapshot, analyzer, name)
        return rows if filtered is None else np.intersect1d(rows, filtered)

    def _mode(self, embedder: Embedder | None) -> str:
        """Return the mode that this index can answer in."""
        has_vectors = embedder is not None and len(self.snapshot.vectors) > 0
        if self.request.mode == "vector" and embedder is None:
            raise QueryError("this index holds no vectors. Add them with: searchkit rebuild --embedder minilm")
        return self.request.mode if has_vectors or self.request.mode == "vector" else "keyword"

    def _arms(self, embedder: Embedder | None) -> dict[str, Arm]:
        arms: dict[str, Arm] = {}
        if not self.request.query.strip():
            self.warnings.append("the query holds no words")
            return arms
        wordless = not self.parsed.text.strip()  # date:2024, -coffee: nothing that a model could read
        if self.mode != "vector" or wordless:
            arms["keyword"] = KeywordArm(self.snapshot, self.parsed, self.allowed)
        if self.mode != "keyword" and embedder is not None and not wordless:
            vector = embedder.embed_query(self.parsed.text)
            arms["vector"] = VectorArm(self.snapshot, vector, self.allowed)
        return arms

    def ranked(self) -> Iterator[tuple[int, float]]:
        """Yield (row, score), best first, to the last passage that fits.

        The first DEPTHS[0] candidates of each arm are fused by themselves, whatever page is asked for, so
        that pages fit together; deeper candidates follow behind them.
        """
        yielded: set[int] = set()
        ceiling = float("inf")
        for depth in (*DEPTHS, max(1, self.snapshot.keywords.count)):
            self.rankings = {name: arm.search(depth) for name, arm in self.arms.items()}
            fused = self._fuse(self.rankings)
            if depth == DEPTHS[0]:
                fused = self._rerank(fused)
            for row, score in zip(fused.rows.tolist(), fused.scores.tolist(), strict=True):
                if row not in yielded:
                    yielded.add(row)
                    ceiling = min(ceiling, score)
                    yield row, ceiling
            if all(len(ranking.rows) < depth for ranking in self.rankings.values()):
                return

    def _fuse(self, rankings: Mapping[str, Ranking]) -> Ranking:
        """Return the union of the arms' candidates, each scored by every arm, best first."""
        if len(rankings) < 2:
            return next(iter(rankings.values()), Ranking(np.empty(0, np.int64), np.empty(0, np.float32)))
        rows = np.unique(np.concatenate([ranking.rows for ranking in rankings.values()]))
        scores = {name: _completed(arm, rankings[name], rows) for name, arm in self.arms.items()}
        weights = {name: float(self.request.weights.get(name, 1.0)) for name in scores}
        fused = fusion.FUSIONS[self.request.fusion](scores, weights)
        order = np.lexsort((rows, -fused))
        return Ranking(rows[order], fused[order].astype(np.float32))

    def _rerank(self, fused: Ranking) -> Ranking:
        """Return the ranking with its first rows judged anew by the reranker; the others stay behind them."""
        rows = fused.rows[: self.request.rerank_depth]
        if self.reranker is None or not len(rows) or not self.parsed.text.strip():
            return fused
        from searchkit.derive import embedded_text  # noqa: PLC0415 - few questions rerank
        from searchkit.rerankers import blend  # noqa: PLC0415

        with self.snapshot.lock:
            passages = self.snapshot.catalog.passages(rows)
        scores = self.reranker.score(self.parsed.text, [embedded_text(passages[row]) for row in rows.tolist()])
        order = np.lexsort((rows, -scores))
        self.reranked = Ranking(rows[order], scores[order])
        mixed = blend(fused.scores[: len(rows)], scores, self.request.rerank_weight)
        order = np.lexsort((rows, -mixed))
        return Ranking(
            np.concatenate([rows[order], fused.rows[len(rows) :]]),
            np.concatenate([mixed[order], fused.scores[len(rows) :]]),
        )

    def sources(self, row: int) -> dict[str, Source]:
        """Return where each arm and the reranker ranked a row, as deep as the search went."""
        found = {}
        for name, ranking in self.stages().items():
            at = np.flatnonzero(ranking.rows == row)
            if len(at):
                found[name] = Source(int(at[0]) + 1, round(float(ranking.scores[at[0]]), 6))
        return found

    def stages(self) -> dict[str, Ranking]:
        """Return the rankings of the arms, and of the reranker if there is one."""
        return self.rankings if self.reranked is None else {**self.rankings, "reranker": self.reranked}


def _completed(arm: Arm, ranking: Ranking, rows: Rows) -> fusion.Scores:
    """Return the arm's score of every row; what its ranking does not hold is computed, not assumed 0."""
    scores = np.full(len(rows), np.nan)
    scores[np.searchsorted(rows, ranking.rows)] = ranking.scores
    missing = np.flatnonzero(np.isnan(scores))
    scores[missing] = arm.score(rows[missing])
    return scores


def _reranker(request: SearchRequest, embedder: Embedder | None) -> Reranker | None:
    if request.reranker is None:
        return None
    from searchkit.rerankers import reranker  # noqa: PLC0415 - few questions rerank

    return reranker(request.reranker, embedder)


def _filtered(snapshot: Snapshot, where: str | Mapping[str, Any] | None) -> Rows | None:
    """Return the rows that the filter lets through, ascending; None for all."""
    if not where:
        return None
    from searchkit import filters  # noqa: PLC0415 - most questions have no filter

    condition = filters.parse_where(where) if isinstance(where, str) else filters.from_mapping(where)
    clause, values = filters.to_sql(condition)
    return snapshot.rows(clause, tuple(values))


def search(snapshot: Snapshot, embedder: Embedder | None, analyzer: Analyzer, request: SearchRequest) -> Results:
    """Answer a question. Raises QueryError; finding nothing is no error."""
    started = time.perf_counter()
    run = Search(snapshot, embedder, analyzer, request)
    picker = Picker(snapshot, per_document=request.per_document, collapse=request.collapse)
    picked = picker.pick(run.ranked(), request.offset + request.k, diversity=request.diversity)
    chosen = list(itertools.islice(picked, request.offset, request.offset + request.k))
    with snapshot.lock:
        passages = snapshot.catalog.passages([pick.row for pick in chosen])
    highlight = Highlighter(run.parsed.tree, analyzer)
    hits = [
        Hit(
            rank,
            round(pick.score, 6),
            passages[pick.row],
            run.sources(pick.row),
            highlight(passages[pick.row].text),
            *_neighbours(run, passages[pick.row]),
            duplicates=pick.duplicates,
        )
        for rank, pick in enumerate(chosen, request.offset + 1)
    ]
    return Results(
        request.query,
        tuple(hits),
        run.mode,
        snapshot.generation,
        round((time.perf_counter() - started) * 1000, 3),
        tuple(run.warnings),
        explanation(run) if request.explain else None,
    )


def _neighbours(run: Search, passage: Passage) -> tuple[tuple[Passage, ...], tuple[Passage, ...]]:
    """Return a passage's neighbours before and after, as many as the request wants."""
    size = run.request.context
    if not size:
        return (), ()
    with run.snapshot.lock:
        around = run.snapshot.catalog.passages_of(passage.doc_id, passage.ordinal - size, passage.ordinal + size)
    before = tuple(other for other in around.values() if other.ordinal < passage.ordinal)
    return before, tuple(other for other in around.values() if other.ordinal > passage.ordinal)


def explanation(run: Search) -> dict[str, Any]:
    """Return what each arm saw: how many candidates, the terms with their weights, the fusion."""
    keywords = run.snapshot.keywords
    count = keywords.count
    terms = [
        {"term": term, "passages": (found := keywords.document_frequency(term)), "idf": round(idf(count, found), 4)}
        for term in query_terms(run.parsed.tree)
    ]
    return {
        "mode": run.mode,
        "advanced": run.parsed.advanced,
        "terms": terms,
        "embedded": run.parsed.text if "vector" in run.arms else None,
        "passages": count,
        "allowed": count if run.allowed is None else len(run.allowed),
        "candidates": {name: len(ranking.rows) for name, ranking in run.rankings.items()},
        "fusion": run.request.fusion if len(run.arms) > 1 else None,
        "weights": {name: run.request.weights.get(name, 1.0) for name in run.arms},
        "reranker": None if run.reranker is None else run.reranker.name,
        "reranked": 0 if run.reranked is None else len(run.reranked.rows),
    }


def idf(count: int, found: int) -> float:
    """Return Lucene's inverse document frequency: ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return float(np.log1p((count - found + 0.5) / (found + 0.5)))
