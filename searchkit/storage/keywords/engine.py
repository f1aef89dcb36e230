"""What a keyword engine is: the words that searchkit and its engines share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from searchkit.errors import QueryError
from searchkit.queries import syntax
from searchkit.types import Ranking, Rows

K1 = 1.2  # how soon more of the same term stops counting; Robertson & Zaragoza 2009, and Lucene's default
B = 0.75  # how much a long text is held against it; the same source
MAX_SLOP = 65_535  # terms; more than any passage has
MAX_DEPTH = 100  # a query nested deeper would overflow the stack of the engine


class Entry(NamedTuple):
    """One passage as the engine sees it.

    The texts are analysed already: index terms joined by single spaces. `day` is the date's proleptic
    ordinal (`date.toordinal()`), None without a date. `section` also holds what may count only a little: other
    writings of names, words of the file's name.
    """

    row: int
    title: str
    section: str
    body: str
    day: int | None


@dataclass(frozen=True, slots=True)
class FieldWeights:
    """How much a match in each field counts.

    The title also begins the body of a document's first passage (see derive), so its own field needs little. Chosen
    on the training questions of SciFact and the development questions of NFCorpus.
    """

    title: float = 0.25
    section: float = 0.25
    body: float = 1.0


class EngineWriter(Protocol):
    """Makes one generation. After `commit` or `abort` it is of no more use."""

    def add(self, entries: Iterable[Entry]) -> None:
        """Add passages, whose rows the index must not hold yet."""

    def remove(self, rows: Sequence[int]) -> None:
        """Remove passages; rows that the index does not hold are ignored."""

    def commit(self) -> None:
        """Finish the generation; everything is durable when this returns."""

    def abort(self) -> None:
        """Remove the unfinished generation."""


class EngineReader(Protocol):
    """Answers from one finished generation. Safe to share among threads."""

    @property
    def count(self) -> int:
        """How many passages there are."""

    def search(self, query: syntax.Query, limit: int, allowed: Rows | None = None) -> Ranking:
        """Return the best `limit` passages, of those `allowed` (sorted rows; None: of all)."""

    def score(self, query: syntax.Query, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the score of each row, in any order: (len(rows),), 0 where it does not match."""

    def document_frequency(self, term: str, field: str | None = None) -> int:
        """Return how many passages hold the index term in this field, or in any."""

    def close(self) -> None:
        """Let go of every file."""


class Engine(Protocol):
    """A way to keep an inverted index in a folder.

    A generation is a folder that never changes once it is finished, so that its readers see one state and a
    crash leaves no more than a folder that nothing names.
    """

    @property
    def name(self) -> str:
        """The engine's name, recorded in the index."""

    def write(self, folder: Path, base: Path | None = None) -> EngineWriter:
        """Start a generation in `folder` from the finished generation `base`, or from nothing.

        What an interrupted writer left in `folder` is removed; `base` is not touched.
        """

    def read(self, folder: Path) -> EngineReader:
        """Open a finished generation. Raises IndexCorrupt."""


def check(query: syntax.Query, depth: int = 0) -> None:
    """Raise QueryError if no engine could take the query."""
    if depth > MAX_DEPTH:
        raise QueryError(f"the query is nested more than {MAX_DEPTH} levels deep. Use fewer parentheses.")
    if isinstance(query, syntax.Boolean):
        for child in (*query.must, *query.should, *query.must_not):
            check(child, depth + 1)
    elif not isinstance(query, syntax.DateRange):
        _check_text(_text(query))
        if isinstance(query, syntax.Phrase) and not 0 <= query.slop <= MAX_SLOP:
            raise QueryError(f"a phrase can be {query.slop} moves off in no text. Use 0 to {MAX_SLOP}.")


def _text(query: syntax.Term | syntax.Phrase | syntax.Prefix | syntax.Wildcard | syntax.Fuzzy) -> str:
    match query:
        case syntax.Phrase(terms=terms):
            return " ".join(terms)
        case syntax.Wildcard(pattern=pattern):
            return pattern
        case _:
            return query.text


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise QueryError(f"{text!r} is no valid Unicode text: {error.reason}.") from error


def is_scoreless(query: syntax.Query) -> bool:
    """Tell whether every match of the query has score 0, so that rows alone decide the order."""
    if isinstance(query, syntax.Boolean):
        return all(is_scoreless(child) for child in (*query.must, *query.should))
    return isinstance(query, syntax.DateRange)
