"""What a question may ask of an index, wherever that is kept: a folder on this machine, memory, a search cluster.

No SQL, no locks, no paths. A view is one state of the index and never changes. Every method takes all that a step of a
question needs at once, so that a view far away is asked a few times, not once a passage.

Passages are told apart by numbers ("rows"), which mean the same passage for the life of a view.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from searchkit.queries.syntax import Query
from searchkit.ragged import Ragged
from searchkit.storage.settings import Settings
from searchkit.types import RECALL, Document, Embedder, FloatMatrix, FloatVector, Passage, Ranking, Rows

if TYPE_CHECKING:
    from searchkit.queries.filters import Filter

Scores = npt.NDArray[np.float32]


class VectorRows(NamedTuple):
    """What vectors there are of n passages: (n, dim) float32, NaN for one without; their word pieces, if all are known.

    A passage without a vector has no pieces.
    """

    vectors: npt.NDArray[np.float32]
    pieces: Ragged | None


class Speaker(NamedTuple):
    """Who spoke, with what the text says of them, and the group that it counts them among ("analysts"), if any."""

    name: str
    among: str = ""


class Said(NamedTuple):
    """A statement in a passage: offsets of its source and its claim in the passage's text."""

    row: int
    ordinal: int  # within the passage
    speaker: int
    verb: str
    source_start: int
    source_end: int
    claim_start: int
    claim_end: int


class Scope(Protocol):
    """The passages that a question may find: made by a view, handed back to its arms, looked into by nobody else."""

    @property
    def count(self) -> int:
        """How many there are."""

    def holds(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tell for each row whether it may be found: (len(rows),)."""


class KeywordReader(Protocol):
    """The keyword arm: BM25 over index terms."""

    @property
    def count(self) -> int:
        """How many passages there are."""

    def search(self, query: Query, limit: int, scope: Scope | None = None) -> Ranking:
        """Return the best `limit` passages; those that match nothing are not among them."""

    def frequencies(
        self, terms: Collection[str], anywhere: Collection[str] = ()
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Return in how many passages index terms stand.

        Those of `terms` by the passages' texts, or by titles and sections for a term that is in no text; those of
        `anywhere` by all three.
        """


class VectorReader(Protocol):
    """The vector arm: cosine of unit vectors."""

    def __len__(self) -> int:
        """How many passages have a vector."""

    @property
    def unread(self) -> int:
        """How many have none for the model cannot read them."""

    def search_many(
        self, queries: FloatMatrix, limit: int, scope: Scope | None = None, recall: float = RECALL
    ) -> list[Ranking]:
        """Return the `limit` nearest passages of each query. queries: (m, dim) unit rows.

        recall: the share of the 10 nearest that must be found, on average, among very many; 1: all.
        """

    def read(self, rows: Rows) -> VectorRows:
        """Return vectors and word pieces of rows."""

    def drafts(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tell which rows have a vector that was predicted, not computed by the model: (len(rows),)."""


class PassageReader(Protocol):
    """Texts, and what is known of passages."""

    def get(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Return the passages of rows that exist, with their texts."""

    def around(self, passages: Collection[Passage], size: int) -> dict[str, list[Passage]]:
        """Return, by the id of each passage, it and up to `size` of its document's on each side, in order."""

    def of(self, doc_id: str) -> list[Passage]:
        """Return a document's passages in order, none for an unknown id."""

    def row_of(self, passage_id: str) -> int | None:
        """Return the row of a passage, None if there is none."""

    def ids(self, rows: Iterable[int]) -> dict[int, str]:
        """Return the id of each row's passage."""

    def neighbours(self, rows: Iterable[int], reach: int) -> list[tuple[int, int]]:
        """Return (row, row of a passage at most `reach` before or after it in its document), for each there is."""

    def owners(self, rows: Iterable[int]) -> dict[int, int]:
        """Return a number for the document of each row."""

    def days(self, rows: Iterable[int]) -> dict[int, int]:
        """Return the ordinal of the day of each row's document; rows without a date are left out."""

    def signatures(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Return the MinHash signature of each row."""

    def document(self, doc_id: str) -> Document | None:
        """Return a document with its text, None if there is none."""

    def fields(self) -> Mapping[str, frozenset[str]]:
        """Return the names that a filter finds values of, each with the kinds of its values.

        Kinds: text, date (text that begins with a day), number, truth. doc, title, section, path and date are names;
        a value inside a mapping has the name "outer.inner", and counts for "outer" as well.
        """

    def count_documents(self) -> int:
        """Return how many documents there are."""

    def documents(self, pattern: str = "*") -> list[str]:
        """Return the ids of the documents that match a glob, sorted."""


class StatementReader(Protocol):
    """Who said what."""

    @property
    def known(self) -> bool:
        """Whether the index was read for statements at all."""

    def matching(self, terms: Collection[str]) -> dict[int, set[str]]:
        """Return the speakers with any of the terms in name or group: key -> the terms that it has."""

    def speakers(self, keys: Collection[int]) -> dict[int, Speaker]:
        """Return speakers by key."""

    def by(self, speakers: Collection[int]) -> list[Said]:
        """Return what these speakers said, in the order of passages."""

    def within(self, rows: Collection[int]) -> list[Said]:
        """Return what was said in these passages, in their order."""


class WordSearch(NamedTuple):
    """A search by words. found: is called once they are found, for work that depends on no vector."""

    query: Query
    limit: int
    scope: Scope | None
    found: Callable[[], object]


class VectorSearch(NamedTuple):
    """A search by vectors. make: the model reads the question only when this is called: (m, dim) unit rows."""

    make: Callable[[], FloatMatrix]
    limit: int
    scope: Scope | None
    recall: float


class View(Protocol):
    """An index as of one commit. Safe to share among threads."""

    @property
    def settings(self) -> Settings:
        """What was fixed when the index was created, and what was fitted to judgments."""

    @property
    def generation(self) -> int:
        """The number of the commit."""

    @property
    def keywords(self) -> KeywordReader:
        """The keyword arm."""

    @property
    def vectors(self) -> VectorReader:
        """The vector arm."""

    @property
    def passages(self) -> PassageReader:
        """Texts, and what is known of passages."""

    @property
    def statements(self) -> StatementReader:
        """Who said what."""

    def scope(self, condition: Filter | None = None, speakers: Collection[int] | None = None) -> Scope | None:
        """Return the passages whose documents fit, in which any of these speakers says something; None for all."""

    def narrowed(self, scope: Scope | None, query: Query) -> Scope:
        """Return those of the passages that match a query."""

    def find(self, words: WordSearch, vectors: VectorSearch) -> tuple[Ranking, list[Ranking]]:
        """Return what `keywords.search` and `vectors.search_many` find, in one call.

        Whether one arm looks while the other's question is still made, or both at once, is the view's affair.
        """

    def scores(
        self, query: Query, query_rows: Rows, vectors: FloatMatrix | None, vector_rows: Rows
    ) -> tuple[Scores, Scores]:
        """Return what both arms say of given rows, in one call: BM25, 0 without a match; cosines, NaN without a vector.

        query_rows, vector_rows: (n,) and (m,), in any order; vectors: (q, dim) unit rows, None only if there are no
        rows. BM25: (n,); cosines: (q, m).
        """

    def computed(self, rows: Rows) -> dict[int, FloatVector]:
        """Return the model's own vectors that questions had it compute, of those of the rows that have one: (dim,)."""

    def keep(self, model: Embedder, rows: Rows, matrix: FloatMatrix) -> None:
        """Keep vectors that the model computed for a question, for later ones and for `improve`. matrix: (n, dim)."""

    def with_vectors(self, rows: Rows, matrix: FloatMatrix) -> View:
        """Return the same with other vectors of some rows, ascending, in `read`, `scores` and `drafts`: (n, dim).

        They are no drafts. Searches go on with the vectors there were.
        """
