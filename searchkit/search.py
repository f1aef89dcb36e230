"""The read path: a question in, ranked passages out."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from searchkit import fusion, queries
from searchkit.arms import Arm, KeywordArm, VectorArm, completed
from searchkit.asked import Asked
from searchkit.confidence import Evidence, Values, confidence, scaled
from searchkit.coverage import coverage, unmet
from searchkit.derive import embedded_texts
from searchkit.errors import QueryError
from searchkit.highlight import Highlighter
from searchkit.keywords.ranking import EMPTY, among
from searchkit.pick import Pick, Picker
from searchkit.refine import DEPTH, Refiner, focus, guarded
from searchkit.request import SearchRequest
from searchkit.snapshot import Snapshot
from searchkit.text import Analyzer
from searchkit.threads import meanwhile
from searchkit.types import Embedder, Hit, Passage, PieceEmbedder, Ranking, Reranker, Results, Rows, Source
from searchkit.vectors import best_first

DEPTHS = (200, 4_000)  # candidates of each arm; the deeper ones only when a page lies beyond the first


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
        self.asked = self._asked(analyzer, embedder)
        self.arms = self._arms()
        self.highlight = Highlighter(self.parsed.tree, analyzer)
        self.first: dict[str, Ranking] = {}  # what each arm finds to the first depth, once it was asked
        self.rankings: dict[str, Ranking] = {}  # of the depth that was reached
        self._known: dict[str, Ranking] = {}  # all that each arm scored at that depth
        self._embedder = embedder
        self.refiner = self._refiner()
        self.reranker = _reranker(request, embedder)
        self.reranked: Ranking | None = None  # what the reranker said of the first passages
        self.upgraded = 0  # passages whose predicted vectors were replaced by the model's own

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

    def _asked(self, analyzer: Analyzer, embedder: Embedder | None) -> Asked:
        """Return what is known of the question; its vector where the vector arm has a say and there are words."""
        wanted = self.mode != "keyword" and self.parsed.text.strip()
        return Asked(self.snapshot, analyzer, self.parsed, embedder if wanted else None, self.request.today)

    def _arms(self) -> dict[str, Arm]:
        arms: dict[str, Arm] = {}
        if not self.request.query.strip():
            self.warnings.append("the query holds no words")
            return arms
        wordless = not self.parsed.text.strip()  # date:2024, -coffee: nothing that a model could read
        if self.mode != "vector" or wordless:
            arms["keyword"] = KeywordArm(self.snapshot, self.parsed, self.allowed)
        if self.asked.readable:
            arms["vector"] = VectorArm(self.snapshot, self.asked, self.allowed, self.request.recall)
        return arms

    def _candidates(self, depth: int) -> dict[str, Ranking]:
        """Return what each arm finds, in the order of the arms."""
        if depth > DEPTHS[0]:
            return {name: arm.search(depth) for name, arm in self.arms.items()}
        if len(self.arms) > 1 and not self.first:
            with meanwhile(partial(self.ask, "keyword")):  # while the model reads the question
                self.ask("vector")
        for name in self.arms.keys() - self.first.keys():
            self.ask(name)
        return {name: self.first[name] for name in self.arms}

    def ask(self, arm: str) -> None:
        """Let an arm search to the first depth; the keyword index also tells how rare the terms are."""
        self.first[arm] = self.arms[arm].search(DEPTHS[0])
        if arm == "keyword":
            _ = self.asked.idf

    def ranked(self) -> Iterator[tuple[int, float]]:
        """Yield (row, score), best first, to the last passage that fits.

        The first DEPTHS[0] candidates of each arm are fused by themselves, whatever page is asked for, so
        that pages fit together; deeper candidates follow behind them.
        """
        yielded: set[int] = set()
        ceiling = float("inf")
        for depth in (*DEPTHS, max(1, self.snapshot.keywords.count)):
            self.rankings = self._candidates(depth)
            self._known = self.rankings
            fused = self._fuse()
            if depth == DEPTHS[0]:
                fused = self._rerank(self._upgrade(self._refine(fused)))
            for row, score in zip(fused.rows.tolist(), fused.scores.tolist(), strict=True):
                if row not in yielded:
                    yielded.add(row)
                    ceiling = min(ceiling, score)
                    yield row, ceiling
            if all(len(ranking.rows) < depth for ranking in self.rankings.values()):
                return

    def _fuse(self, also: Rows | None = None, weights: Mapping[str, float] | None = None) -> Ranking:
        """Return the union of the arms' candidates and of these rows, each scored by every arm, best first.

        weights: of the arms, `self.weights` unless given. What an arm said of a row is not asked again.
        """
        if not self.rankings:
            return EMPTY
        rows = np.unique(np.concatenate([*(found.rows for found in self.rankings.values()), *self._further(also)]))
        scores = {name: completed(arm, self._known[name], rows) for name, arm in self.arms.items()}
        self._known = {name: Ranking(rows, found.astype(np.float32)) for name, found in scores.items()}
        if len(scores) < 2:
            fused = next(iter(scores.values()))
        else:
            fused = fusion.FUSIONS[self.request.fusion](scores, weights or self.weights)
        order = np.lexsort((rows, -fused))
        return Ranking(rows[order], fused[order].astype(np.float32))

    def _further(self, rows: Rows | None) -> list[Rows]:
        """Return those of the rows that may be found, for one that an arm does not rank is found too."""
        if rows is None or "keyword" not in self.arms or len(self.arms) < 2:
            return []
        return [rows if self.allowed is None else rows[among(rows, self.allowed)]]

    @property
    def weights(self) -> dict[str, float]:
        """What each arm counts in fusion, as asked for or as the guard sees fit."""
        guards = "guard" in self.request.stages and self.request.mode == "hybrid"
        return guarded(self._weights, len(self.asked.terms)) if guards else self._weights

    @property
    def _weights(self) -> dict[str, float]:
        return {name: float(self.request.weights.get(name, 1.0)) for name in self.arms}

    def _refiner(self) -> Refiner:
        known = self._embedder if isinstance(self._embedder, PieceEmbedder) else None
        return Refiner(self.snapshot, self.asked, self.request, known, self.allowed)

    def _upgrade(self, ranked: Ranking) -> Ranking:
        """Return the ranking made anew with the model's own vectors for the first passages, if that is asked for."""
        if not self.request.upgrade or self._embedder is None or "vector" not in self.arms:
            return ranked
        from searchkit.upgrading import upgraded  # noqa: PLC0415 - most questions ask for none

        first = ranked.rows[: self.request.upgrade]
        self.snapshot, count = upgraded(self.snapshot, self._embedder, first, self.request.upgrade_seconds)
        self.upgraded = count
        if not count:
            return ranked
        arm = self.arms["vector"] = VectorArm(self.snapshot, self.asked, self.allowed, self.request.recall)
        self.refiner = self._refiner()
        rows = self.rankings["vector"].rows
        self.rankings["vector"] = best_first(rows, arm.score(rows), len(rows))
        self._known = self.rankings
        return self._refine(self._fuse())

    def _refine(self, fused: Ranking) -> Ranking:
        """Return the ranking refined by the stages, in hybrid mode: the arms alone stay what they are."""
        wanted = self.request.stages or self.request.recency
        if self.request.mode != "hybrid" or not wanted or not self.parsed.text.strip():
            return fused
        refined = self.refiner.refine(self._in_unit_range(fused), self._with)
        return refined if self.weights == self._weights else self._with_plain_tail(refined)

    def _with_plain_tail(self, refined: Ranking) -> Ranking:
        """Return the refined rows, then the others without the guard: it serves the first, and would cost recall."""
        head, scores = refined.rows[:DEPTH], refined.scores[:DEPTH]
        plain = self._in_unit_range(self._fuse(head, self._weights))
        rest = ~among(plain.rows, np.sort(head))
        return Ranking(np.concatenate([head, plain.rows[rest]]), np.concatenate([scores, plain.scores[rest]]))

    def _with(self, rows: Rows) -> Ranking:
        """Return the ranking of the candidates and these rows."""
        return self._in_unit_range(self._fuse(rows))

    def _in_unit_range(self, fused: Ranking) -> Ranking:
        """Return fused scores mapped to [0, 1]; BM25 alone keeps its scale."""
        return Ranking(fused.rows, fusion.to_unit(fused.scores).astype(np.float32)) if len(self.arms) > 1 else fused

    def _rerank(self, fused: Ranking) -> Ranking:
        """Return the ranking with its first rows judged anew by the reranker; the others stay behind them."""
        rows = fused.rows[: self.request.rerank_depth]
        if self.reranker is None or not len(rows) or not self.parsed.text.strip():
            return fused
        from searchkit.rerankers.blending import blend, checked  # noqa: PLC0415

        with self.snapshot.lock:
            texts = embedded_texts(self.snapshot.catalog, rows)
        scores = checked(self.reranker.score(self.parsed.text, texts), texts, self.reranker.name)
        order = np.lexsort((rows, -scores))
        self.reranked = Ranking(rows[order], scores[order])
        guards = getattr(self.reranker, "guarded", False) and "guard" in self.request.stages
        weight = self.request.rerank_weight * (focus(len(self.asked.terms)) if guards else 1.0)
        mixed = blend(fused.scores[: len(rows)], scores, weight)
        order = np.lexsort((rows, -mixed))
        return Ranking(
            np.concatenate([rows[order], fused.rows[len(rows) :]]),
            np.concatenate([mixed[order], fused.scores[len(rows) :]]),
        )

    def confidence(self, found: Sequence[tuple[int, Passage]]) -> Values:
        """Return how likely each of these passages answers: (n,), scaled if judgments taught the index to.

        A scaling was fitted to confidences that know the question's vector, and holds for no others.
        """
        sure = confidence(self.evidence(found))
        fitted = self.snapshot.settings.calibration
        return sure if fitted is None or self.asked.vector is None else scaled(sure, **fitted)

    def evidence(self, found: Sequence[tuple[int, Passage]]) -> Evidence:
        """Return what speaks for passages by row, the best first, in whichever mode they were found."""
        rows = np.array([row for row, _ in found], np.int64)
        cosines: Values | None = None
        pieces: Values | None = None
        if "vector" in self.arms:
            cosines = np.nan_to_num(self._scores("vector", rows))
            known = self.refiner.piece_scores(rows)
            pieces = None if known is None else np.nan_to_num(known).astype(np.float64)
        held = [self.highlight.terms(passage.text) | self.highlight.terms(passage.title) for _, passage in found]
        return Evidence(
            np.arange(1, len(rows) + 1, dtype=np.float64) + self.request.offset,
            len(self.asked.terms),
            coverage(self.asked, held),
            unmet(self.asked, self.snapshot, rows, held),
            self._scores("keyword", rows),
            cosines,
            self.snapshot.background if cosines is not None else 0.0,
            pieces,
        )

    def _scores(self, name: str, rows: Rows) -> Values:
        """Return the score that an arm, also one that has no say, gives each row: (n,). What it said is known."""
        arm = self.arms.get(name) or KeywordArm(self.snapshot, self.parsed, self.allowed)
        order = np.argsort(rows)
        scores = np.empty(len(rows))
        scores[order] = completed(arm, self._known.get(name, EMPTY), rows[order])
        return scores

    def sources(self, rows: Sequence[int]) -> list[dict[str, Source]]:
        """Return for each row where each arm and the reranker ranked it, as deep as the search went."""
        found: list[dict[str, Source]] = [{} for _ in rows]
        for name, ranking in self.stages().items():
            places = {row: place for place, row in enumerate(ranking.rows.tolist())}
            for each, row in zip(found, rows, strict=True):
                if row in places:
                    each[name] = Source(places[row] + 1, round(float(ranking.scores[places[row]]), 6))
        return found

    def stages(self) -> dict[str, Ranking]:
        """Return the rankings of the arms, and of the reranker if there is one."""
        return self.rankings if self.reranked is None else {**self.rankings, "reranker": self.reranked}


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
    return snapshot.rows(clause, tuple(values), filters.paths(condition))


def search(snapshot: Snapshot, embedder: Embedder | None, analyzer: Analyzer, request: SearchRequest) -> Results:
    """Answer a question. Raises QueryError; finding nothing is no error."""
    started = time.perf_counter()
    return answer(Search(snapshot, embedder, analyzer, request), started)


def answer(run: Search, started: float) -> Results:
    """Return the hits of a search that began when `time.perf_counter` said `started`."""
    request = run.request
    picker = Picker(run.snapshot, per_document=request.per_document, collapse=request.collapse)
    picked = picker.pick(run.ranked(), request.offset + request.k, diversity=request.diversity)
    chosen = list(itertools.islice(picked, request.offset, request.offset + request.k))
    hits = [hit for hit in _hits(run, chosen) if hit.confidence >= request.min_confidence]
    return Results(
        request.query,
        tuple(hits),
        run.mode,
        run.snapshot.generation,
        round((time.perf_counter() - started) * 1000, 3),
        tuple(run.warnings),
        explanation(run) if request.explain else None,
    )


def _hits(run: Search, chosen: Sequence[Pick]) -> Iterator[Hit]:
    """Yield the hits of the chosen rows, with their texts and all that is known of them."""
    if not chosen:
        return
    with run.snapshot.lock:
        passages = run.snapshot.catalog.passages([pick.row for pick in chosen])
    sure = run.confidence([(pick.row, passages[pick.row]) for pick in chosen])
    sources = run.sources([pick.row for pick in chosen])
    found = zip(chosen, sure.tolist(), sources, strict=True)
    for rank, (pick, likely, places) in enumerate(found, run.request.offset + 1):
        passage = passages[pick.row]
        yield Hit(
            rank,
            round(pick.score, 6),
            passage,
            places,
            run.highlight(passage.text),
            *_neighbours(run, passage),
            duplicates=pick.duplicates,
            confidence=round(likely, 4),
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
    count = run.snapshot.keywords.count
    asked = run.asked
    terms = [
        {"term": term, "passages": asked.frequencies[term], "idf": round(asked.idf[term], 4)} for term in asked.terms
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
        "weights": {name: round(weight, 4) for name, weight in run.weights.items()},
        "stages": run.refiner.notes,
        "upgraded": run.upgraded,
        "reranker": None if run.reranker is None else run.reranker.name,
        "reranked": 0 if run.reranked is None else len(run.reranked.rows),
    }
