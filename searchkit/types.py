"""The words that all of searchkit speaks: documents, passages, hits and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, TypeGuard, overload

from searchkit.errors import MissingExtra

if TYPE_CHECKING:  # results that come from a server are shown without numpy
    import numpy as np
    import numpy.typing as npt

    FloatMatrix: TypeAlias = npt.NDArray[np.floating[Any]]
    FloatVector: TypeAlias = npt.NDArray[np.floating[Any]]
    Rows: TypeAlias = npt.NDArray[np.int64]  # row numbers of passages inside one index, never reused
else:
    FloatMatrix = FloatVector = Rows = Any

LONGEST_HEADER = 400  # characters of headings, and of a table's header row, that models read
ANSWERABLE = 0.15  # confidence of the best hit, below which the index seems to hold no answer
CITED = 0.08  # confidence from which a context takes a hit: its reader can still say that there is no answer
RECALL = 0.98  # of the 10 nearest vectors, or as near ones, where there are too many to compare all

Scalar: TypeAlias = str | int | float | bool | None
Metadata: TypeAlias = Mapping[str, Scalar | Sequence[Scalar]]  # dates are ISO 8601 strings

MarkKind: TypeAlias = Literal["heading", "caption", "front", "list", "table", "code"]


class Mark(NamedTuple):
    """A stretch of a document's text that is not plain prose: `text[start:end]`.

    heading: becomes part of the section path at `level` (1 is outermost). caption and front (headline,
    section line, dateline, byline, standfirst, front matter): never part of a passage. list, table,
    code: a block that is kept whole where it fits.
    """

    start: int
    end: int
    kind: MarkKind
    level: int = 0


@dataclass(frozen=True, slots=True)
class Omission:
    """Parts of a document that are not in its text: what they are, why they were left out, and how many there are.

    what: in the plural, as a person would name them ("pages without text", "attachments"); where: which of them, if
    that helps to find them ("pages 2, 7", "scan.png").
    """

    what: str
    reason: str
    count: int = 1
    where: str = ""

    def __str__(self) -> str:
        where = f" ({self.where})" if self.where else ""
        return f"{self.what}: {self.count:,}{where}; {self.reason}"


@dataclass(frozen=True, slots=True)
class Document:
    """One text with a title and metadata.

    `metadata` may hold anything JSON can; these keys have a meaning: section, date (ISO 8601, with a
    UTC offset where stated), authors (list), language (ISO 639-1), standfirst, captions (list), source
    (the file or address it came from). `marks` are ordered and do not overlap. `page_starts` holds the offset in
    `text` at which each page begins, empty for formats without pages. `omitted` is the account of what was not read.
    """

    id: str
    text: str
    title: str = ""
    metadata: Metadata = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    page_starts: tuple[int, ...] = ()
    omitted: tuple[Omission, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a document: `document.text[start:end] == text`.

    `section` is the path of headings above it, outermost first, joined by " > ". `line` and `end_line`
    count from 1 in the document's text; `page` counts from 1, None without pages. `ordinal` counts the
    document's passages from 0. `id` is `{doc_id}#{ordinal}`. `header` names the columns of a passage that begins inside
    a table, below its header row; it is no part of `text`.
    """

    id: str
    doc_id: str
    ordinal: int
    text: str
    start: int
    end: int
    line: int
    end_line: int
    title: str = ""
    section: str = ""
    page: int | None = None
    metadata: Metadata = field(default_factory=dict)
    header: str = ""

    @property
    def embedded_text(self) -> str:
        """What models read for the passage: title, the headings above it, its table's header row, its text.

        What its document states as the section of the whole, "World / Asia", is no heading: it says little of any
        passage, and would say the same of all.
        """
        is_heading = self.section != str(self.metadata.get("section") or "")
        headings = self.section[-LONGEST_HEADER:] if is_heading else ""
        parts = (self.title, headings, self.header[:LONGEST_HEADER], self.text)
        return "\n".join(part for part in parts if part)

    @property
    def shown_text(self) -> str:
        """What a reader sees of the passage: its table's header row, then the passage."""
        return f"{self.header}\n{self.text}" if self.header else self.text

    def to_dict(self) -> dict[str, Any]:
        """Return the passage as JSON-ready values; without a header, none is named."""
        shape = {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}
        return {key: value for key, value in shape.items() if value or key != "header"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where an arm ranked a passage (from 1) and with what score (higher is better)."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage of a result. `highlights` are (start, end) offsets in `passage.text`.

    `sources` maps an arm ("keyword", "vector"), or "reranker", to its rank and score; one that did not find the
    passage is absent. `before` and `after` are neighbours, asked for with context=n. `duplicates` are ids
    of near duplicates that were collapsed into this hit. `confidence` is the probability that the passage answers,
    from 0 to 1, comparable between questions and indexes; `score` is comparable within one result only.
    """

    rank: int
    score: float
    passage: Passage
    sources: Mapping[str, Source]
    highlights: tuple[tuple[int, int], ...] = ()
    before: tuple[Passage, ...] = ()
    after: tuple[Passage, ...] = ()
    duplicates: tuple[str, ...] = ()
    confidence: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as JSON-ready values; empty extras are left out."""
        shape = {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}
        return {key: value for key, value in shape.items() if value or key not in ("before", "after", "duplicates")}

    def row(self) -> dict[str, Any]:
        """Return the hit as one flat row, metadata under its own names, with "metadata." before one that is taken."""
        passage = self.passage
        row: dict[str, Any] = {
            "rank": self.rank, "score": self.score, "confidence": self.confidence, "passage_id": passage.id
        }  # fmt: skip
        names = ("doc_id", "title", "section", "page", "line", "start", "end", "header", "text")
        row |= {name: getattr(passage, name) for name in names}
        return row | {f"metadata.{name}" if name in row else name: value for name, value in passage.metadata.items()}


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says in a passage.

    `source` is who, as written ("she"; empty where a quotation goes on from the passage before), `speaker` who that
    is, with what the document says of them. `verb` is the reporting verb's base form, or "according to". `claim` is
    `passage.text[claim_span[0]:claim_span[1]]`, and `source` the same of `source_span`. `match` tells whether the
    speaker has the name that was asked for, or is of its kind (an economist, for analysts). `score` is how well speaker
    and subject fit, 0 to 1.
    """

    source: str
    speaker: str
    verb: str
    claim: str
    passage: Passage
    source_span: tuple[int, int]
    claim_span: tuple[int, int]
    match: Literal["name", "kind"] = "name"
    score: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return the statement as JSON-ready values."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Results(Sequence[Hit]):
    """The hits of one query, best first. `warnings` say what was understood otherwise than written.

    `answerable` tells whether the index seems to hold an answer at all: whether any hit has a confidence of at least
    ANSWERABLE. `understood` is how the query was read if not as it stands: with earlier turns of its conversation, or
    rewritten.
    """

    query: str
    hits: tuple[Hit, ...]
    mode: str
    generation: int
    elapsed_ms: float
    warnings: tuple[str, ...] = ()
    explain: Mapping[str, Any] | None = None
    understood: str | None = None

    @property
    def answerable(self) -> bool:
        """Tell whether any of the hits is likely enough to answer."""
        return any(hit.confidence >= ANSWERABLE for hit in self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    @overload
    def __getitem__(self, position: int) -> Hit: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Hit]: ...
    def __getitem__(self, position: int | slice) -> Hit | Sequence[Hit]:
        return self.hits[position]

    def rows(self) -> list[dict[str, Any]]:
        """Return a flat row for each hit, see `Hit.row`."""
        return [hit.row() for hit in self.hits]

    def to_pandas(self) -> Any:
        """Return the rows as a pandas DataFrame. Raises MissingExtra."""
        try:
            import pandas as pd  # type: ignore[import-untyped,import-not-found,unused-ignore]  # noqa: PLC0415 - few have it
        except ImportError as error:
            raise MissingExtra("pandas is not installed. Run: pip install pandas") from error
        return pd.DataFrame(self.rows())

    def to_dict(self) -> dict[str, Any]:
        """Return the one JSON shape of the command line and the API."""
        shape = {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}
        return {**{key: value for key, value in shape.items() if value is not None}, "answerable": self.answerable}


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be read, and why; `bug` if searchkit's own code failed on it."""

    source: str
    reason: str
    bug: bool = False


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a write did, by document id. `failed` holds every source that was not read, with its reason;
    `skipped` counts what was left out on purpose (hidden, ignored, excluded), by reason; `omitted` holds what was not
    read of documents that were, by their id. `stale` are documents that were kept as they were, for their source could
    not be read. `withheld` would have been removed, had that been allowed. With `dry_run` nothing was done, and it says
    what would have been.
    """

    added: Sequence[str] = ()  # of very many they are no tuple, but packed
    changed: Sequence[str] = ()
    removed: tuple[str, ...] = ()
    kept: int = 0
    failed: tuple[Failure, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    passages: int = 0  # passages in the index afterwards
    embedded: int = 0  # passages that went through the model
    reused: int = 0  # passages whose vector was known already
    predicted: int = 0  # passages that got a draft of their vector, which `improve` replaces by the model's own
    unread: int = 0  # passages that got no vector, for the model cannot read them
    generation: int = 0
    omitted: Mapping[str, tuple[Omission, ...]] = field(default_factory=dict)
    stale: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    dry_run: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready values."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


class Ranking(NamedTuple):
    """Rows and their scores, best first, ties by row: (n,) int64 and (n,) float32."""

    rows: Rows
    scores: npt.NDArray[np.float32]


class Embedder(Protocol):
    """A text embedding model. Vectors are float32 rows of unit length.

    One that does not know every language may have `reads(texts)`, which tells of each text whether the model can read
    it, as booleans: what it cannot read gets no vector, and is found by its words. One that reads the beginning of long
    texts only may say how much, `max_tokens`, special ones counted too, so that passages are made no longer. And it may
    know its `background`, the mean cosine of a question and a passage that have nothing to do with each other, which is
    measured otherwise.
    """

    @property
    def name(self) -> str:
        """The model's name, recorded in the index."""

    @property
    def digest(self) -> str:
        """A hash of what decides the vectors; an index opens only with the model that built it."""

    @property
    def dim(self) -> int:
        """Number of dimensions."""

    def embed_passages(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one row a text: (len(texts), dim)."""

    def embed_query(self, text: str) -> FloatVector:
        """Return the question's vector: (dim,)."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens the model sees in each text, special tokens left out."""


class QuestionStates(NamedTuple):
    """What a model makes of a question: its vector (dim,), and of its m word pieces, the special ones left out, where
    they stand in the text, (m, 2) start and end, and their states in context, (m, d) unit rows.
    """

    vector: FloatVector
    pieces: npt.NDArray[np.int64]
    states: FloatMatrix


class PieceEmbedder(Embedder, Protocol):
    """An embedder that also knows the word pieces of its texts, for late interaction."""

    def read_question(self, text: str) -> QuestionStates:
        """Return the question's vector, which is `embed_query`'s, and its pieces."""

    def pieces(self, texts: Sequence[str]) -> list[npt.NDArray[np.uint16]]:
        """Return the word pieces that stand in each text, ascending, each once."""

    def piece_states(self, pieces: npt.NDArray[np.uint16]) -> FloatMatrix:
        """Return the state of each word piece without context: (len(pieces), d) unit rows."""


def tells_pieces(model: object) -> TypeGuard[PieceEmbedder]:
    """Tell whether an embedder is a `PieceEmbedder`; to ask `isinstance` of a protocol takes thirty times as long."""
    return hasattr(model, "read_question") and hasattr(model, "pieces") and hasattr(model, "piece_states")


class Reranker(Protocol):
    """A judge of the few passages that were ranked first: slower than the arms, and better."""

    @property
    def name(self) -> str:
        """What explanations call it."""

    def score(self, query: str, passages: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return how well each passage answers: (len(passages),), higher is better, on any scale."""


class Progress(Protocol):
    """Is told how far a long job is: `stage` ("read", "index", "embed"), units done, and units in all if known."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Take note; must not raise."""


_PLAIN = frozenset((str, int, float, bool, type(None)))


def _plain(value: Any) -> Any:
    """Turn a value of this module into what json.dumps takes."""
    if type(value) in _PLAIN:  # nearly all, some hundred a result
        return value
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return value


def silent(stage: str, done: int, total: int | None) -> None:
    """Report no progress."""
