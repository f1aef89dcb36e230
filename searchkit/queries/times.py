"""Times that a question names in English or as ISO 8601: "last week", "in June 2024", "between May and July 2021".

A small grammar on purpose: what is no time must not become one. A year counts after a preposition ("in 2024"),
with a month, season or quarter, or at the end of the question; "the 2008 crisis" names an event, and reports about
it are of any age. Seasons are the northern hemisphere's. Times that lie in the future are none: nothing was
published then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Literal, NamedTuple, TypeAlias

from searchkit.queries.time_words import Days, Kind, Moment, any_of, cue, in_year, points, shifted

Relation: TypeAlias = Literal["in", "weak", "since", "after", "before", "until", "between", "from", ""]

LONGEST_QUESTION = 2_000  # characters; a longer text was pasted, and its dates are its own
WEAK = 0.5  # how much "the crisis of 2008", "the forecast for 2025" and "world cup 2022" count: they name events

_RELATIONS: dict[str, Relation] = {
    **dict.fromkeys(("in", "during", "on", "at", "within", "throughout", "over", "around"), "in"),
    **dict.fromkeys(("of", "for"), "weak"),
    **dict.fromkeys(("before", "prior to"), "before"),
    **dict.fromkeys(("until", "till", "by", "up to"), "until"),
    "from": "from",
    "between": "between",
    "since": "since",
    "after": "after",
}


class TimeSpan(NamedTuple):
    """The days from `first` to `last`, both included, that `question[start:end]` names.

    kind: whether they depend on today. strength: 1, or less where an event may be meant rather than a time.
    """

    first: date
    last: date
    kind: Kind
    start: int
    end: int
    strength: float = 1.0


def named_times(question: str, today: date) -> tuple[TimeSpan, ...]:
    """Return the times that a question names, in order; none for most questions. Never fails, whatever the text."""
    if len(question) > LONGEST_QUESTION or not cue().search(question):
        return ()
    return tuple(span for span in _spans(question, points(question, today), today) if span.first <= today)


# --- relations ----------------------------------------------------------------------------------------------


def _spans(text: str, found: list[Moment], today: date) -> Iterator[TimeSpan]:
    """Yield a span for each point, or for each two that a word such as "to" joins."""
    at = 0
    while at < len(found):
        point, relation = found[at], _relation(text, found[at])
        following = found[at + 1] if at + 1 < len(found) else None
        days = _joined(text, point, following, relation) if following else None
        if following and days:
            yield TimeSpan(*days, following.kind, point.start, following.end)
            at += 2
            continue
        at += 1
        strength = _strength(text, point, relation)
        if strength:
            first, last = _related(text, point, relation, today)
            yield TimeSpan(first, last, point.kind, point.start, point.end, strength)


def _relation(text: str, point: Moment) -> Relation:
    """Return what the words before a point make of it."""
    lead = _lead().search(text, max(0, point.start - 40), point.start)
    if lead is None or (point.year_alone and lead["article"]):  # "in the 2008 crisis"
        return ""
    return _RELATIONS.get(" ".join(lead["word"].lower().split()), "")


def _strength(text: str, point: Moment, relation: Relation) -> float:
    """Return how surely a point is a time of publication: 0, WEAK or 1."""
    if point.sure:
        return 1.0
    if point.year_alone:
        if _counted().match(text, point.end):  # "in 2024 words"
            return 0.0
        ends = not text[point.end :].strip(" \t\n?!.,;:\"')”’")
        return 1.0 if relation not in ("weak", "") else WEAK if relation == "weak" or ends else 0.0
    foretold = _future().search(text) and relation != "since"
    return 0.0 if foretold or relation in ("weak", "from", "between", "") else 1.0


def _related(text: str, point: Moment, relation: Relation, today: date) -> Days:
    """Return the days that a point and its preposition mean together."""
    first, last = point.days
    if relation == "since" or (relation == "from" and _onwards().match(text, point.end)):
        return first, max(last, today)
    if relation == "after":
        return shifted(last, 1), max(shifted(last, 1), today)
    if relation == "before":
        return date.min, shifted(first, -1)
    return (date.min, last) if relation == "until" else (first, last)


def _joined(text: str, point: Moment, following: Moment, relation: Relation) -> Days | None:
    """Return the days from one point to the next if they are written as a range, else None."""
    between = text[point.end : following.start].strip().lower()
    joined = between in ("to", "until", "till", "through", "-", "–", "—") or (between, relation) == ("and", "between")
    known = point.sure or following.sure or relation or (point.year_alone and following.year_alone)
    if not (joined and known):
        return None
    first, last = point.days[0], following.days[1]
    if point.of_year and not following.of_year:  # "May to July 2021", "November to January 2021"
        years = (following.days[0].year, following.days[0].year - 1)
        first = next((days[0] for year in years if (days := in_year(point, year)) and days[0] <= last), first)
    return (first, last) if first <= last else None


# --- words around a point, compiled when a question first needs them ----------------------------------------


@cache
def _lead() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?P<word>{any_of(_RELATIONS)})\s+(?P<article>the\s+)?\Z", re.IGNORECASE)


@cache
def _counted() -> re.Pattern[str]:
    """Return a pattern of what follows a number of things."""
    things = (
        "words people men women pages lines steps points votes copies cases dollars euros pounds yen yuan dong hours "
        "minutes seconds days weeks months years km kilometres kilometers miles metres meters feet tonnes tons kg "
        "percent degrees calories units items jobs homes MHz MW GB MB bytes"
    )
    return re.compile(rf"\s*(?:[%°]|(?:{any_of(things.split())})\b)", re.IGNORECASE)


@cache
def _future() -> re.Pattern[str]:
    return re.compile(r"\b(?:will|shall|upcoming|next|going\s+to)\b|['’]ll\b", re.IGNORECASE)


@cache
def _onwards() -> re.Pattern[str]:
    return re.compile(r"\s+(?:on|onwards?)\b", re.IGNORECASE)
