"""How far the head of a news article goes, and which of its lines are what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile

from searchkit.documents.bylines import names_of
from searchkit.documents.captions import are_twins, is_caption_of_news
from searchkit.documents.frontlines import (
    FrontLine,
    Kind,
    classify,
    has_dateline,
    is_breadcrumb,
    is_known_section,
    is_mail_header,
    is_section,
    section_name,
)
from searchkit.documents.lines import Line, is_wordy, lines_of, squeeze

_HEAD_LINES = 40
_LONGEST_HEADLINE = 220  # characters
_LONGEST_STANDFIRST = 320
_LONGEST_LATE_STANDFIRST = 220  # below a date or byline, where a paragraph may stand as well
_MOST_STANDFIRSTS = 4
_MOST_SECTIONS = 4
_FEWEST_WORDS = 4  # a shorter line above an unlabelled date may be an address, a name …
_LONGEST_NAME = 3  # words of a name that stands beside a date line without "By"

_EVIDENCE = frozenset({Kind.DATE, Kind.LABELLED_DATE, Kind.BYLINE, Kind.FIELD, Kind.AGENCY})
_FIELDS_OF_NEWS = frozenset({"title", "authors", "source"})
_FULL_STOP = re.compile(r"(?<![A-Z]\.[A-Z])(?<!\b(?:Inc|Ltd|Bro))(?<!\b(?:Jr|Sr|Co|No))[.。]$|[,;:，；：]$")


@dataclass(slots=True)
class Head:
    """The lines of an article's head, sorted by what they are. `length` counts those above the text."""

    length: int
    headlines: list[Line]
    sections: list[Line]
    standfirsts: list[Line] = field(default_factory=list)
    facts: list[FrontLine] = field(default_factory=list)
    front: list[Line] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Return the headline; a labelled one ("Title: …") before the first line."""
        stated = next((fact.value for fact in self.facts if fact.key == "title"), "")
        return squeeze(stated or " ".join(line.text for line in self.headlines))

    @property
    def section(self) -> str:
        """Return what the section lines say."""
        return section_name(" / ".join(squeeze(line.text) for line in self.sections))


class _Lines:
    """The first lines of a text, each with its kind. `opening` is the first one below chrome and section lines."""

    def __init__(self, text: str) -> None:
        self.lines = list(islice(lines_of(text), _HEAD_LINES))
        self.kinds = [classify(line.text) for line in self.lines]
        self.opening = 0

    def __len__(self) -> int:
        return len(self.lines)

    def kind(self, number: int) -> Kind:
        return self.kinds[number].kind if number < len(self) else Kind.CHROME

    def words(self, number: int) -> str:
        return self.lines[number].text if number < len(self) else ""

    def is_text(self, number: int) -> bool:
        return self.kind(number) is Kind.TEXT and not self._is_twin(number)

    def _is_twin(self, number: int) -> bool:
        """Tell whether a line is printed twice in a row; the first line of all is the headline even then."""
        around = (self.lines[other].text for other in (number - 1, number + 1) if 0 <= other < len(self))
        return number > self.opening + 1 and any(are_twins(self.words(number), text) for text in around)

    def repeats_headline(self, number: int) -> bool:
        return number > self.opening and self.words(number) == self.words(self.opening)


def find_head(text: str) -> tuple[Head, int] | None:
    """Return the head of an article and the offset at which its text begins, None without evidence of one."""
    lines = _Lines(text)
    if sum(is_mail_header(line.text) for line in lines.lines) > 1:
        return None
    above = (Kind.CHROME, Kind.CAPTION)
    first = next((number for number in range(len(lines)) if lines.kind(number) not in above), len(lines))
    numbers = _section_numbers(lines, first)
    sections = [lines.lines[number] for number in numbers if lines.kind(number) is not Kind.CHROME]
    lines.opening = first + len(numbers)
    length = _evident_length(lines)
    head = _dated_head(lines, length, sections) if length else _faint_head(lines, sections)
    if head is None:
        return None
    head.front = list(_front_lines(head, lines))
    if not head.front or head.length >= len(lines):
        return None
    start = lines.lines[head.length].start
    # A "standfirst" longer than the rest is the text itself.
    return (head, start) if len(text) - start >= sum(len(line.text) for line in head.standfirsts) else None


# --- section lines


def _section_numbers(lines: _Lines, first: int) -> list[int]:
    """Return the section lines at the top: one, or several words that are known to name sections."""
    top = range(first, min(first + _MOST_SECTIONS, len(lines)))
    known = takewhile(lambda number: is_known_section(lines.words(number)) or lines.kind(number) is Kind.CHROME, top)
    numbers = list(known)
    if numbers:
        return numbers if _headline_follows(lines, numbers[-1] + 1) else []
    is_likely = lines.kind(first) in (Kind.TEXT, Kind.AGENCY) and is_section(lines.words(first))
    return [first] if is_likely and _is_headline(lines.words(first + 1)) and lines.is_text(first + 1) else []


def _headline_follows(lines: _Lines, number: int) -> bool:
    """Tell whether the first line that is no date, byline or chrome is a headline."""
    below = (other for other in range(number, len(lines)) if lines.kind(other) is Kind.TEXT)
    return _is_headline(lines.words(next(below, len(lines))))


# --- a head with a date, a byline or a labelled field


def _evident_length(lines: _Lines) -> int:
    """Return how many lines belong to the head: up to the last date, byline or field above the first paragraph."""
    length, waiting, headlines, dated = 0, 0, 0, False
    for number in range(lines.opening, len(lines)):
        kind = lines.kind(number)
        if kind in _EVIDENCE:
            if waiting and dated and kind is Kind.DATE:
                break  # a second date below text: entries of a log or diary
            length, waiting, dated = number + 1, 0, dated or kind in (Kind.DATE, Kind.LABELLED_DATE)
        elif lines.is_text(number) and not lines.repeats_headline(number):
            waiting += bool(headlines)
            headlines += 1
            if _begins_text(lines.words(number), waiting, below_evidence=length > 0):
                break
    return length


def _begins_text(words: str, waiting: int, *, below_evidence: bool) -> bool:
    """Tell whether a line is the article's first paragraph, or has too many lines above it to be head."""
    longest = _LONGEST_LATE_STANDFIRST if below_evidence else _LONGEST_STANDFIRST
    return has_dateline(words) or len(words) > longest or waiting > (1 if below_evidence else _MOST_STANDFIRSTS)


def _dated_head(lines: _Lines, length: int, sections: list[Line]) -> Head | None:
    facts = lines.kinds[lines.opening : length]
    texts = [number for number in range(lines.opening, length) if lines.is_text(number)]
    headlines: list[Line] = []
    if not any(fact.key == "title" for fact in facts):
        if not texts:  # the date stands above the headline
            texts, length = [length], length + 1
        count = _headline_count(lines, texts)
        if not count:
            return None
        headlines, texts = [lines.lines[number] for number in texts[:count]], texts[count:]
    labelled = any(fact.kind in _EVIDENCE and fact.kind is not Kind.DATE for fact in facts)
    if not labelled and any(kind.kind is Kind.DATE for kind in lines.kinds[length:]):
        return None  # entries of a diary
    head = Head(length, headlines, sections, facts=list(facts))
    for number in texts:
        if names := _bare_names(lines, number):
            lines.kinds[number] = FrontLine(Kind.BYLINE, authors=names)
            head.facts.append(lines.kinds[number])
        elif _is_standfirst(lines.lines[number], head.title, labelled and not _below_evidence(lines, number)):
            head.standfirsts.append(lines.lines[number])
        elif _below_evidence(lines, number):
            lines.kinds[number] = FrontLine(Kind.CHROME)  # a few words between byline and agency: a place
    return head


def _below_evidence(lines: _Lines, number: int) -> bool:
    return any(lines.kind(above) in _EVIDENCE for above in range(lines.opening, number))


def _headline_count(lines: _Lines, texts: Sequence[int]) -> int:
    """Return how many lines the headline fills: 0 if there is none, more than one where it goes on below a comma."""
    first = texts[0]
    if first < len(lines) and lines.is_text(first) and _is_headline(lines.words(first)):
        return 1
    goes_on = len(texts) > 1 and lines.words(first).endswith(",") and not lines.lines[texts[1]].gap
    return 2 if goes_on and _is_headline(f"{lines.words(first)} {lines.words(texts[1])}") else 0


def _bare_names(lines: _Lines, number: int) -> tuple[str, ...]:
    """Return the people named in a line beside a date, byline or agency line: "Jane Doe in Hanoi"."""
    beside = {lines.kind(number - 1), lines.kind(number + 1)}
    names = names_of(lines.words(number)) if beside & _EVIDENCE else []
    return tuple(names) if all(1 < len(name.split()) <= _LONGEST_NAME for name in names) else ()


# --- a head without either


def _faint_head(lines: _Lines, sections: list[Line]) -> Head | None:
    """Return the headline's block below a section line, above a dateline, or beside a credited caption."""
    opening = lines.opening
    if not lines.is_text(opening) or not _is_headline(lines.words(opening)):
        return None
    length = opening + 1
    while length < len(lines) and not lines.lines[length].gap and not _is_paragraph(lines.words(length)):
        length += 1
    captioned = any(is_caption_of_news(lines.words(number)) for number in range(min(length + 2, len(lines))))
    datelined = length < len(lines) and has_dateline(lines.words(length))
    if not (
        any(is_known_section(line.text) or is_breadcrumb(line.text) for line in sections) or captioned or datelined
    ):
        return None
    if length == len(lines) or not (lines.lines[length].gap or datelined):
        length = opening + 1
    head = Head(length, [lines.lines[opening]], sections, facts=lines.kinds[opening:length])
    below = [lines.lines[number] for number in range(opening + 1, length) if lines.is_text(number)]
    head.standfirsts = [line for line in below if _is_standfirst(line, head.title, labelled=False)]
    return head


def _is_paragraph(text: str) -> bool:
    return len(text) > _LONGEST_LATE_STANDFIRST or has_dateline(text) or bool(_FULL_STOP.search(text))


def _is_headline(text: str) -> bool:
    return len(text) <= _LONGEST_HEADLINE and is_wordy(text) and not _FULL_STOP.search(text)


def _is_standfirst(line: Line, title: str, labelled: bool) -> bool:
    return squeeze(line.text) != title and is_wordy(line.text) and (labelled or len(line.text.split()) >= _FEWEST_WORDS)


def is_noted(fact: FrontLine) -> bool:
    """Tell whether a line is a field that notes have as well as news: "Section: B", "Location: Room 5"."""
    return fact.kind is Kind.FIELD and fact.key not in _FIELDS_OF_NEWS


def _front_lines(head: Head, lines: _Lines) -> Iterator[Line]:
    """Yield the head's lines that are surely front matter; metadata holds one value of a field, so others stay text."""
    known = {line.start for line in (*head.headlines, *head.sections, *head.standfirsts)}
    exported = any(fact.key == "title" for fact in head.facts)  # "Title: …", "Author: …": fields of a database
    noted = not exported and any(map(is_noted, head.facts))
    stated = {"section": head.section} if head.sections else {}
    stated |= {"standfirst": squeeze(" ".join(line.text for line in head.standfirsts))} if head.standfirsts else {}
    for line, kind in zip(lines.lines[: head.length], lines.kinds, strict=False):
        if kind.key not in ("", "authors") and stated.setdefault(kind.key, kind.value) != kind.value:
            continue
        if noted and (kind.kind is Kind.LABELLED_DATE or is_noted(kind)):
            continue
        is_known = line.start in known or squeeze(line.text) == head.title
        if is_known or kind.kind not in (Kind.TEXT, Kind.CAPTION):
            yield line
