"""The head of a news article in plain text: section line, headline, standfirst, dates, byline, captions.

A line is taken for front matter only on evidence, because front matter never becomes a passage: an article
needs a headline and at least one of date line, byline, labelled field, agency, section line, dateline or
credited caption. What is in doubt stays in the body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from searchkit.documents.captions import are_twins, caption_lines
from searchkit.documents.frontlines import (
    FrontLine,
    Kind,
    classify,
    has_dateline,
    is_chrome,
    is_dateline,
    is_section,
    section_name,
)
from searchkit.documents.lines import Line, lines_of, squeeze
from searchkit.types import Mark, Scalar

_HEAD_LINES = 40
_LONGEST_HEADLINE = 220  # characters
_LONGEST_STANDFIRST = 320
_LONGEST_LATE_STANDFIRST = 220
_MOST_STANDFIRSTS = 4
_FEWEST_WORDS = 4  # a shorter line above an unlabelled date may be an address, a name …
_CLOSING_LINES = 3

_EVIDENCE = frozenset({Kind.DATE, Kind.LABELLED_DATE, Kind.BYLINE, Kind.FIELD, Kind.AGENCY})
_FULL_STOP = re.compile(r"(?<![A-Z]\.[A-Z])(?<!\b(?:Inc|Ltd|Bro))(?<!\b(?:Jr|Sr|Co|No))[.。]$|[,;:，；：]$")


@dataclass(frozen=True, slots=True)
class Front:
    """What the head of an article states, and the marks of the whole article's front matter and captions."""

    title: str
    metadata: dict[str, Scalar | list[Scalar]]
    marks: list[Mark]


@dataclass(slots=True)
class _Head:
    """The lines of an article's head, sorted by what they are. `length` counts them."""

    length: int = 0
    headline: Line | None = None
    section: Line | None = None
    standfirsts: list[Line] = field(default_factory=list)
    facts: list[FrontLine] = field(default_factory=list)
    front: list[Line] = field(default_factory=list)

    @property
    def title(self) -> str:
        stated = next((fact.value for fact in self.facts if fact.key == "title"), "")
        return squeeze(stated or (self.headline.text if self.headline else ""))


def read_front(text: str) -> Front | None:
    """Return the front matter of a news article, None for a text that is not surely one."""
    lines = list(islice(lines_of(text), _HEAD_LINES))
    kinds = [classify(line.text) for line in lines]
    head = _head(lines, kinds)
    if head is None or not _leaves_a_body(text, lines, head):
        return None
    captions = [line for line in caption_lines(lines_of(text)) if squeeze(line.text) != head.title]
    front = [*head.front, *_front_in_body(text, lines, head)]
    closing = [classify(line.text) for line in front if line.start > head.front[-1].start]
    return Front(head.title, _metadata(head, closing, captions), _marks(front, captions))


# --- how far the head goes


def _head(lines: Sequence[Line], kinds: Sequence[FrontLine]) -> _Head | None:
    first = next((number for number, kind in enumerate(kinds) if kind.kind is not Kind.CHROME), None)
    if first is None:
        return None
    section = lines[first] if _begins_with_section(lines, kinds, first) else None
    opening = first + 1 if section else first
    length = _evident_length(lines, kinds, opening)
    if not length:
        return _faint_head(lines, kinds, opening, section)
    texts = [number for number in range(opening, length) if _is_text(lines, kinds, number)]
    titled = any(kind.key == "title" for kind in kinds[:length])
    if not texts and not titled:  # the date stands above the headline
        if length >= len(lines) or kinds[length].kind is not Kind.TEXT:
            return None
        texts, length = [length], length + 1
    headline = None if titled else lines[texts.pop(0)]
    if headline and not _is_headline(headline.text):
        return None
    head = _Head(length, headline, section, facts=list(kinds[opening:length]))
    labelled = any(kind.kind is not Kind.DATE for kind in head.facts if kind.kind in _EVIDENCE)
    if not labelled and any(kind.kind is Kind.DATE for kind in kinds[length:]):
        return None  # entries of a diary
    head.standfirsts = [lines[number] for number in texts if _is_standfirst(lines[number], head.title, labelled)]
    return _with_front(head, lines, kinds)


def _begins_with_section(lines: Sequence[Line], kinds: Sequence[FrontLine], first: int) -> bool:
    following = first + 1
    return (
        kinds[first].kind in (Kind.TEXT, Kind.AGENCY)
        and is_section(lines[first].text)
        and following < len(lines)
        and kinds[following].kind is Kind.TEXT
        and _is_headline(lines[following].text)
    )


def _evident_length(lines: Sequence[Line], kinds: Sequence[FrontLine], opening: int) -> int:
    """Return how many lines belong to the head: up to the last date, byline or field above the first paragraph."""
    length, waiting, headlines = 0, 0, 0
    for number in range(opening, len(lines)):
        kind = kinds[number].kind
        if kind in _EVIDENCE:
            if waiting and length and kind is Kind.DATE:
                break  # a second date below text: entries of a log or diary
            length, waiting = number + 1, 0
        elif _is_text(lines, kinds, number) and not _repeats(lines, number, opening):
            if has_dateline(lines[number].text) or len(lines[number].text) > _LONGEST_STANDFIRST:
                break
            if headlines:
                waiting += 1
            headlines += 1
            if waiting > (1 if length else _MOST_STANDFIRSTS):
                break
            if length and len(lines[number].text) > _LONGEST_LATE_STANDFIRST:
                break
    return length


def _is_text(lines: Sequence[Line], kinds: Sequence[FrontLine], number: int) -> bool:
    return kinds[number].kind is Kind.TEXT and not _is_twin(lines, number)


def _is_twin(lines: Sequence[Line], number: int) -> bool:
    """Tell whether a line is printed twice in a row; the first text line is the headline even then."""
    neighbours = [lines[other].text for other in (number - 1, number + 1) if 0 <= other < len(lines)]
    return number > 1 and any(are_twins(lines[number].text, text) for text in neighbours)


def _repeats(lines: Sequence[Line], number: int, opening: int) -> bool:
    return number > opening and lines[number].text == lines[opening].text


def _faint_head(lines: Sequence[Line], kinds: Sequence[FrontLine], opening: int, section: Line | None) -> _Head | None:
    """Return a head without date or byline: the headline's block below a section line or above dateline or caption."""
    if opening >= len(lines) or kinds[opening].kind is not Kind.TEXT or not _is_headline(lines[opening].text):
        return None
    length = opening + 1
    while length < len(lines) and not lines[length].gap and not _begins_body(lines[length].text):
        length += 1
    captioned = any(kind.kind is Kind.CAPTION for kind in kinds[opening : length + 2])
    datelined = length < len(lines) and has_dateline(lines[length].text)
    if not (section or captioned or datelined):
        return None
    if length == len(lines) or not (lines[length].gap or datelined):
        length = opening + 1
    head = _Head(length, lines[opening], section, facts=list(kinds[opening:length]))
    texts = [number for number in range(opening + 1, length) if _is_text(lines, kinds, number)]
    head.standfirsts = [lines[number] for number in texts if _is_standfirst(lines[number], head.title, labelled=False)]
    return _with_front(head, lines, kinds)


def _begins_body(text: str) -> bool:
    return len(text) > _LONGEST_LATE_STANDFIRST or has_dateline(text) or bool(_FULL_STOP.search(text))


def _is_headline(text: str) -> bool:
    return len(text) <= _LONGEST_HEADLINE and any(map(str.isalpha, text)) and not _FULL_STOP.search(text)


def _is_standfirst(line: Line, title: str, labelled: bool) -> bool:
    return squeeze(line.text) != title and (labelled or len(line.text.split()) >= _FEWEST_WORDS)


def _with_front(head: _Head, lines: Sequence[Line], kinds: Sequence[FrontLine]) -> _Head:
    """List the head's lines that are surely front matter."""
    known = {line.start for line in (head.headline, head.section, *head.standfirsts) if line}
    head.front = [
        line
        for line, kind in zip(lines[: head.length], kinds, strict=False)
        if line.start in known or squeeze(line.text) == head.title or kind.kind not in (Kind.TEXT, Kind.CAPTION)
    ]
    return head


def _leaves_a_body(text: str, lines: Sequence[Line], head: _Head) -> bool:
    """Tell whether enough follows the head: a "standfirst" longer than the rest is the text itself."""
    if head.length >= len(lines) or not head.front:
        return False
    return len(text) - lines[head.length].start >= sum(len(line.text) for line in head.standfirsts)


# --- what else the article's lines are


def _front_in_body(text: str, lines: Sequence[Line], head: _Head) -> Iterator[Line]:
    """Yield links, web page furniture, a dateline on its own and closing credits below the head."""
    body = list(lines_of(text, lines[head.length].start))
    for number, line in enumerate(body):
        alone = number + 1 < len(body) and body[number + 1].gap
        closing = number > 0 and len(body) - number <= _CLOSING_LINES
        if (
            is_chrome(line.text)
            or (number == 0 and alone and is_dateline(line.text))
            or (closing and _closes(classify(line.text)))
        ):
            yield line


def _closes(kind: FrontLine) -> bool:
    return kind.kind in (Kind.CREDIT, Kind.LABELLED_DATE)


def _metadata(head: _Head, closing: Sequence[FrontLine], captions: Sequence[Line]) -> dict[str, Scalar | list[Scalar]]:
    facts = [*head.facts, *(fact for fact in closing if fact.kind is Kind.LABELLED_DATE)]
    stated = {fact.key: fact.value for fact in reversed(facts) if fact.key and fact.key not in ("title", "authors")}
    standfirst = " ".join(line.text for line in head.standfirsts) or stated.pop("standfirst", "")
    section = section_name(squeeze(head.section.text)) if head.section else stated.pop("section", "")
    found: dict[str, Scalar | list[Scalar]] = {
        **stated,
        "section": section,
        "date": _best_date(facts),
        "authors": list(_authors(head.facts)),
        "standfirst": squeeze(standfirst),
        "captions": list(dict.fromkeys(squeeze(line.text) for line in captions)),
    }
    return {key: value for key, value in found.items() if value}


def _best_date(facts: Sequence[FrontLine]) -> str:
    """Return the first date of publication, else the first of an update."""
    dated = sorted((fact for fact in facts if fact.date), key=lambda fact: fact.updated)
    return dated[0].date if dated else ""


def _authors(facts: Sequence[FrontLine]) -> list[str]:
    """Return the people named, else the agency."""
    people = [name for fact in facts if fact.kind is not Kind.AGENCY for name in fact.authors]
    return list(dict.fromkeys(people or [name for fact in facts for name in fact.authors]))


def _marks(front: Sequence[Line], captions: Sequence[Line]) -> list[Mark]:
    taken = {line.start for line in front}
    marks = [Mark(line.start, line.end, "front") for line in front]
    marks += [Mark(line.start, line.end, "caption") for line in captions if line.start not in taken]
    return sorted(marks)
