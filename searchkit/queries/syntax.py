"""The query tree: what a parsed question looks like to both keyword engines.

All text in a tree is already analysed: terms are index terms, ready to be looked up. A `field` of ""
means every text field (title, section, body), each with its weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

TEXT_FIELDS = ("title", "section", "body")


@dataclass(frozen=True, slots=True)
class Term:
    """One index term."""

    text: str
    field: str = ""
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Phrase:
    """Terms in this order; `slop` is how many moves of a term are forgiven."""

    terms: tuple[str, ...]
    slop: int = 0
    field: str = ""
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every index term that begins with `text`."""

    text: str
    field: str = ""
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Every index term that matches `pattern`, where ? is one character and * any number."""

    pattern: str
    field: str = ""
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Every index term within `distance` edits (1 or 2, a transposition counts once) of `text`."""

    text: str
    distance: int = 1
    field: str = ""
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class DateRange:
    """Passages published from `start` to `end`, both included; None is open. Scores 0."""

    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Boolean:
    """Passages that match all of `must`, none of `must_not` and, without `must`, one of `should`.

    The score is the sum over the matching `must` and `should` children. With only `must_not`, every
    other passage matches with score 0. With nothing at all, no passage matches.
    """

    must: tuple[Query, ...] = ()
    should: tuple[Query, ...] = ()
    must_not: tuple[Query, ...] = ()
    boost: float = 1.0


Query: TypeAlias = Term | Phrase | Prefix | Wildcard | Fuzzy | DateRange | Boolean

NOTHING = Boolean()
