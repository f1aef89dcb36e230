"""Lines of a text with their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LINE = re.compile(r"[^\n]*[^\s][^\n]*")

_OPENING = "'\"“‘„«»‹¿¡([$€£#「『《"  # what a line of words may begin with
_SHARE_OF_LETTERS = 0.6


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


def is_wordy(text: str) -> bool:
    """Tell whether a line is made of words, as headlines and captions are, rather than of code, rules or addresses."""
    if not text or not (text[0].isalnum() or text[0] in _OPENING):
        return False
    return sum(character.isalpha() or character == " " for character in text) >= _SHARE_OF_LETTERS * len(text)


def says_same(first: str, second: str) -> bool:
    """Tell whether two texts have the same letters and digits, whatever their case, quotes and dashes."""
    return _letters(first) == _letters(second) != ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
