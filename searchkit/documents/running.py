"""Heads and feet of pages: what repeats at the same place in the margins."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

_FEWEST_PAGES = 3  # on which a line must repeat
_MARGIN = 0.15  # of a page's height, at the top and at the bottom
_MOST_ROWS = 3  # of a head or foot
_GAP_RATIO = 1.3  # times the usual distance of lines that parts a head from the text
_LONGEST = 120  # characters
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_SAME_PLACE = 4.0  # points


class Edge(NamedTuple):
    """A line as far as heads are concerned: its place from the bottom of its page, and its text."""

    bottom: float
    text: str


class Sheet(NamedTuple):
    """A page: where it ends below and above, and its lines in any order."""

    bottom: float
    top: float
    lines: Sequence[Edge]


def running_lines(pages: Sequence[Sheet], usual_step: float) -> list[set[int]]:
    """Return for each page which of its lines are heads or feet, by position.

    They stand in the margin of at least three pages, at the same height and parted from the text, with the same words
    up to one number, which counts the pages.
    """
    groups: dict[tuple[bool, int, str], list[tuple[int, int, int]]] = defaultdict(list)
    for number, page in enumerate(pages):
        for is_head, at in _in_margins(page, usual_step):
            for text, value in _forms(page.lines[at].text):
                place = round(page.lines[at].bottom / _SAME_PLACE)
                groups[is_head, place, text].append((number, at, 0 if value is None else value - number))
    found: list[set[int]] = [set() for _ in pages]
    for (_, _, text), members in groups.items():
        offsets: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, at, offset in members:
            offsets[offset].append((number, at))
        for same in offsets.values():
            if len({number for number, _ in same}) >= _FEWEST_PAGES and text:
                for number, at in same:
                    found[number].add(at)
    return found


def _in_margins(page: Sheet, usual_step: float) -> Iterator[tuple[bool, int]]:
    """Yield the lines that stand in a margin and are parted from the text: whether above it, and which."""
    order = sorted(range(len(page.lines)), key=lambda at: -page.lines[at].bottom)
    height = page.top - page.bottom
    for is_head, rows in ((True, _rows(page, order)), (False, _rows(page, order[::-1]))):
        for count, (row, following) in enumerate(pairwise([*rows, []]), 1):
            bottom = page.lines[row[0]].bottom
            depth = page.top - bottom if is_head else bottom - page.bottom
            if count > _MOST_ROWS or depth > _MARGIN * height:
                break
            step = abs(bottom - page.lines[following[0]].bottom) if following else height
            if step > _GAP_RATIO * usual_step:
                parted = [at for above in rows[:count] for at in above]
                yield from ((is_head, at) for at in parted if len(page.lines[at].text) <= _LONGEST)


def _rows(page: Sheet, order: Sequence[int]) -> list[list[int]]:
    """Return the lines by height, those at the same height together."""
    rows: list[list[int]] = []
    for at in order:
        if rows and abs(page.lines[rows[-1][0]].bottom - page.lines[at].bottom) < _SAME_PLACE:
            rows[-1].append(at)
        else:
            rows.append([at])
    return rows


def _forms(text: str) -> Iterator[tuple[str, int | None]]:
    """Yield a line as it is, and with each of its numbers as a sign, beside the number."""
    lowered = text.lower()
    yield lowered, None
    for match in _NUMBER.finditer(lowered):
        yield f"{lowered[: match.start()]}#{lowered[match.end() :]}", _value(match[0])


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    values = [_ROMAN[letter] for letter in number]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))
