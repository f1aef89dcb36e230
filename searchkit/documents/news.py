"""News articles in plain text: section line, headline, standfirst, dates, byline, captions.

A line is taken for front matter only on evidence, because front matter never becomes a passage: an article
needs a headline and at least one of date line, byline, labelled field, agency, section line, dateline or
credited caption. What is in doubt stays in the body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from searchkit.documents.captions import caption_lines, has_credit
from searchkit.documents.frontlines import FrontLine, Kind, classify, is_chrome, is_dateline
from searchkit.documents.heads import Head, find_head, is_noted
from searchkit.documents.lines import Line, lines_of, squeeze
from searchkit.types import Mark, Scalar

_CLOSING_LINES = 3
_SHORTEST_PROSE = 80  # characters of a paragraph
_NOTED_FIELD = re.compile(r"[^\W\d_][\w /-]{1,30}:\s+\S")  # "Image: registry.local/pump"
_LONGEST_FIELD = 120
_PARAGRAPHS_A_FIELD = 8


@dataclass(frozen=True, slots=True)
class Front:
    """What the head of an article states, and the marks of the whole article's front matter and captions."""

    title: str
    metadata: dict[str, Scalar | list[Scalar]]
    marks: list[Mark]


def read_front(text: str) -> Front | None:
    """Return the front matter of a news article, None for a text that is not surely one."""
    found = find_head(text)
    if found is None:
        return None
    head, start = found
    facts = _speaking(head.facts)
    noted_only = bool(facts) and not head.sections and all(map(is_noted, facts))
    if noted_only or not _is_told(text, start):
        return None
    captions = [line for line in caption_lines(lines_of(text)) if squeeze(line.text) != head.title]
    below = list(_front_in_body(text, start))
    closing = [classify(line.text) for line in below]
    return Front(head.title, _metadata(head, closing, captions), _marks([*head.front, *below], captions))


def _speaking(facts: Sequence[FrontLine]) -> list[FrontLine]:
    return [fact for fact in facts if fact.kind not in (Kind.TEXT, Kind.CHROME)]


def _is_told(text: str, start: int) -> bool:
    """Tell whether the text below a head is told in paragraphs, as news is, rather than noted in lines and fields."""
    paragraphs: list[list[Line]] = []
    for line in lines_of(text, start):
        if line.gap or not paragraphs:
            paragraphs.append([])
        paragraphs[-1].append(line)
    told, noted, fields = 0, 0, 0
    for paragraph in paragraphs:
        length = sum(len(line.text) for line in paragraph)
        noted_lines = [line for line in paragraph if _NOTED_FIELD.match(line.text) and not has_credit(line.text)]
        is_prose = length >= _SHORTEST_PROSE and len(noted_lines) < len(paragraph)
        told, noted = told + length * is_prose, noted + length * (not is_prose)
        fields += sum(len(line.text) < _LONGEST_FIELD for line in noted_lines)
    return told >= noted and fields <= max(1, len(paragraphs) // _PARAGRAPHS_A_FIELD)


def _front_in_body(text: str, start: int) -> Iterator[Line]:
    """Yield links, web page furniture, a dateline on its own and closing credits below the head."""
    body = list(lines_of(text, start))
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


def _metadata(head: Head, closing: Sequence[FrontLine], captions: Sequence[Line]) -> dict[str, Scalar | list[Scalar]]:
    facts = [*head.facts, *(fact for fact in closing if fact.kind is Kind.LABELLED_DATE)]
    stated = {fact.key: fact.value for fact in reversed(facts) if fact.key and fact.key not in ("title", "authors")}
    standfirst = " ".join(line.text for line in head.standfirsts) or stated.pop("standfirst", "")
    section = head.section or stated.pop("section", "")
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
