"""The four readers of an index in memory: every answer by its definition, looking at every passage."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from fnmatch import translate

import numpy as np
import numpy.typing as npt

from searchkit.indexing.entries import EntryMaker
from searchkit.queries.filters.tree import DATE_LIKE
from searchkit.queries.syntax import TEXT_FIELDS, Query
from searchkit.ragged import Ragged
from searchkit.storage.contract import Said, Scope, Scores, Speaker, VectorRows
from searchkit.storage.keywords import FieldWeights
from searchkit.storage.keywords.engine import check
from searchkit.text import minhash
from searchkit.text.analysis import Analyzer
from searchkit.text.attribution.document import LANGUAGE, attributions
from searchkit.text.days import day_of
from searchkit.types import RECALL, Document, FloatMatrix, FloatVector, Passage, Ranking, Rows
from tests.keyword_world import BruteForce


class MemoryScope:
    """The rows that may be found."""

    def __init__(self, rows: Iterable[int]) -> None:
        self.rows = frozenset(rows)

    @property
    def count(self) -> int:
        return len(self.rows)

    def holds(self, rows: Rows) -> npt.NDArray[np.bool_]:
        return np.array([row in self.rows for row in rows.tolist()], np.bool_)


def rows_of(scope: Scope | None) -> frozenset[int] | None:
    if scope is None or isinstance(scope, MemoryScope):
        return None if scope is None else scope.rows
    raise TypeError(f"{type(scope).__name__} was made by another view")


class MemoryKeywords:
    """BM25 of every passage."""

    def __init__(self, passages: Mapping[int, Passage], analyzer: Analyzer) -> None:
        self._entries = EntryMaker(analyzer).entries(passages)
        self._found = BruteForce(self._entries, FieldWeights())

    @property
    def count(self) -> int:
        return len(self._entries)

    def search(self, query: Query, limit: int, scope: Scope | None = None) -> Ranking:
        check(query)
        return self._found.ranking(query, limit, rows_of(scope))

    def score(self, query: Query, rows: Rows) -> Scores:
        found = self._found.scores(query)
        return np.array([found.get(row, 0.0) for row in rows.tolist()], np.float32)

    def frequencies(
        self, terms: Collection[str], anywhere: Collection[str] = ()
    ) -> tuple[dict[str, int], dict[str, int]]:
        texts = [{field: set(getattr(entry, field).split()) for field in TEXT_FIELDS} for entry in self._entries]
        in_text = {term: sum(term in text["body"] for text in texts) for term in terms}
        in_any = {
            term: sum(any(term in words for words in text.values()) for text in texts) for term in (*terms, *anywhere)
        }
        return {term: in_text[term] or in_any[term] for term in terms}, {term: in_any[term] for term in anywhere}


class MemoryVectors:
    """Unit vectors by row, in float16 as everywhere; word pieces by row, None if they are not known."""

    unread = 0

    def __init__(
        self,
        rows: Sequence[int],
        matrix: npt.ArrayLike,
        pieces: Sequence[npt.ArrayLike] | None = None,
        drafts: Collection[int] = (),
    ) -> None:
        """matrix: (n, dim), pieces: n lists, of the n rows; drafts: those of the rows whose vector is predicted."""
        self._vectors = dict(zip(rows, _rounded(matrix), strict=True))
        self._newer: dict[int, FloatVector] = {}  # what is said of given rows; a search goes on without
        self._pieces = None if pieces is None else dict(zip(rows, pieces, strict=True))
        self._drafts = frozenset(drafts)
        self._dim = np.shape(matrix)[1] if len(rows) else 0

    def __len__(self) -> int:
        return len(self._vectors)

    def search_many(
        self,
        queries: FloatMatrix,
        limit: int,
        scope: Scope | None = None,
        recall: float = RECALL,  # noqa: ARG002 - all are compared
    ) -> list[Ranking]:
        rows, matrix = self.searched(rows_of(scope))
        rankings = []
        for query in queries:
            scores = _cosines(matrix, query)
            best = np.lexsort((rows, -scores))[:limit]
            rankings.append(Ranking(rows[best], scores[best]))
        return rankings

    def score(self, queries: FloatMatrix | None, rows: Rows) -> Scores:
        if queries is None:
            return np.empty((0, len(rows)), np.float32)
        return np.stack([_cosines(self.read(rows).vectors, query) for query in queries])

    def read(self, rows: Rows) -> VectorRows:
        known = {**self._vectors, **self._newer}
        nothing = np.full(self._dim, np.nan, np.float32)
        matrix = np.array([known.get(row, nothing) for row in rows.tolist()], np.float32).reshape(len(rows), self._dim)
        pieces = self._pieces
        return VectorRows(matrix, None if pieces is None else Ragged.of([pieces.get(row, []) for row in rows.tolist()]))

    def drafts(self, rows: Rows) -> npt.NDArray[np.bool_]:
        return np.array([row in self._drafts and row not in self._newer for row in rows.tolist()], np.bool_)

    def with_newer(self, rows: Rows, matrix: FloatMatrix) -> MemoryVectors:
        other = copy(self)
        other._newer = {**self._newer, **dict(zip(rows.tolist(), _rounded(matrix), strict=True))}
        return other

    def searched(self, allowed: Collection[int] | None = None) -> tuple[Rows, FloatMatrix]:
        """Return the allowed rows that have a vector, ascending, and the vectors that a search compares."""
        rows = [row for row in sorted(self._vectors) if allowed is None or row in allowed]
        matrix = np.array([self._vectors[row] for row in rows], np.float32).reshape(len(rows), self._dim)
        return np.array(rows, np.int64), matrix


def _rounded(matrix: npt.ArrayLike) -> npt.NDArray[np.float32]:
    return np.asarray(matrix, np.float16).astype(np.float32)


def _cosines(matrix: npt.NDArray[np.float32], vector: FloatVector) -> Scores:
    cosines: Scores = (matrix.astype(np.float64) * vector).sum(axis=1).astype(np.float32)
    return cosines


class MemoryPassages:
    """Passages by row, and their documents."""

    def __init__(self, documents: Sequence[Document], passages: Mapping[int, Passage], analyzer: Analyzer) -> None:
        self._documents = {document.id: document for document in documents}
        self._passages = passages
        self._analyzer = analyzer

    def get(self, rows: Iterable[int]) -> dict[int, Passage]:
        return {row: self._passages[row] for row in rows if row in self._passages}

    def around(self, passages: Collection[Passage], size: int) -> dict[str, list[Passage]]:
        return {
            each.id: [other for other in self.of(each.doc_id) if abs(other.ordinal - each.ordinal) <= size]
            for each in passages
        }

    def of(self, doc_id: str) -> list[Passage]:
        own = [passage for passage in self._passages.values() if passage.doc_id == doc_id]
        return sorted(own, key=lambda passage: passage.ordinal)

    def row_of(self, passage_id: str) -> int | None:
        return next((row for row, passage in self._passages.items() if passage.id == passage_id), None)

    def ids(self, rows: Iterable[int]) -> dict[int, str]:
        return {row: passage.id for row, passage in self.get(rows).items()}

    def neighbours(self, rows: Iterable[int], reach: int) -> list[tuple[int, int]]:
        return [
            (row, other)
            for row, passage in self.get(rows).items()
            for other, near in self._passages.items()
            if near.doc_id == passage.doc_id and 0 < abs(near.ordinal - passage.ordinal) <= reach
        ]

    def owners(self, rows: Iterable[int]) -> dict[int, int]:
        numbers = {doc_id: number for number, doc_id in enumerate(self._documents)}
        return {row: numbers[passage.doc_id] for row, passage in self.get(rows).items()}

    def days(self, rows: Iterable[int]) -> dict[int, int]:
        days = {row: day_of(str(passage.metadata.get("date") or "")) for row, passage in self.get(rows).items()}
        return {row: day for row, day in days.items() if day is not None}

    def signatures(self, rows: Iterable[int]) -> dict[int, bytes]:
        texts = {row: self._analyzer.joined(passage.text) for row, passage in self.get(rows).items()}
        return dict(zip(texts, map(bytes, minhash.signatures(list(texts.values()))), strict=True)) if texts else {}

    def document(self, doc_id: str) -> Document | None:
        return self._documents.get(doc_id)

    def fields(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for document in self._documents.values():
            known = {"doc": document.id, "path": document.id, "title": document.title or None}
            for name, value in {**document.metadata, **known}.items():
                for each in value if isinstance(value, list | tuple) else [value]:
                    found.setdefault(name, set()).update(() if each is None else {_kind(each)})
        return {name: frozenset(kinds) for name, kinds in found.items() if kinds}

    def count_documents(self) -> int:
        return len(self._documents)

    def documents(self, pattern: str = "*") -> list[str]:
        fits = re.compile(translate(pattern)).match
        return sorted(doc_id for doc_id in self._documents if fits(doc_id))


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "date" if re.match(DATE_LIKE, value) else "text"
    return "truth" if isinstance(value, bool) else "number"


class MemoryStatements:
    """What the rules of attribution find in each document's passages."""

    known = True

    def __init__(self, passages: Mapping[int, Passage], analyzer: Analyzer) -> None:
        self._said: list[Said] = []
        self._speakers: dict[int, Speaker] = {}
        keys: dict[Speaker, int] = {}
        documents = dict.fromkeys(passage.doc_id for passage in passages.values())
        for doc_id in documents if analyzer.language == LANGUAGE else ():
            own = sorted((each.ordinal, row) for row, each in passages.items() if each.doc_id == doc_id)
            heard = attributions([passages[row].text for _, row in own])
            for (_, row), found in zip(own, heard, strict=True):
                for ordinal, each in enumerate(found):
                    key = keys.setdefault(Speaker(each.resolved, each.among), len(keys) + 1)
                    self._said.append(Said(row, ordinal, key, each.verb, *each[-4:]))
        self._said.sort()
        self._speakers = {key: speaker for speaker, key in keys.items()}
        self._terms = {key: {term for name in each for term in analyzer.terms(name)} for each, key in keys.items()}

    def matching(self, terms: Collection[str]) -> dict[int, set[str]]:
        found = {key: own & set(terms) for key, own in self._terms.items()}
        return {key: shared for key, shared in found.items() if shared}

    def speakers(self, keys: Collection[int]) -> dict[int, Speaker]:
        return {key: speaker for key, speaker in self._speakers.items() if key in keys}

    def by(self, speakers: Collection[int]) -> list[Said]:
        return [said for said in self._said if said.speaker in speakers]

    def within(self, rows: Collection[int]) -> list[Said]:
        return [said for said in self._said if said.row in rows]
