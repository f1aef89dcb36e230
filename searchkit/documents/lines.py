"""Lines of a text with their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LINE = re.compile(r"[^\n]*[^\s][^\n]*")


class Line(NamedTuple):
    """A line with something on it, space around it left out: `text[start:end]`. `gap` tells of a blank line before."""

    start: int
    end: int
    text: str
    gap: bool


def lines_of(text: str, start: int = 0) -> Iterator[Line]:
    """Yield the lines of `text` from offset `start` on, blank ones left out."""
    previous = start
    for match in _LINE.finditer(text, start):
        content = match[0].strip()
        begin = match.start() + match[0].index(content)
        gap = text.count("\n", previous, match.start()) > 1
        yield Line(begin, begin + len(content), content, gap)
        previous = match.end()


def squeeze(text: str) -> str:
    """Return `text` with each run of white space, no-break spaces too, as one space."""
    return " ".join(text.split())


def says_same(first: str, second: str) -> bool:
    """Tell whether two texts have the same letters and digits, whatever their case, quotes and dashes."""
    return _letters(first) == _letters(second) != ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
