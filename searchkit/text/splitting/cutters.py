"""Where a text may be cut: spans at one granularity, each without the space around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TypeAlias

from searchkit.text.sentences import Span, sentences

Cutter: TypeAlias = Callable[[str, Span], list[Span]]

LONGEST_SHORT_WORD = 8  # a text with more characters a word than this is not looked at as stray

_LINE_END = r"(?:\n|\r\n|\r(?!\n)|[\x85\u2028])"
BLANK_LINE = re.compile(rf"{_LINE_END}[^\S\n\r\x85\u2028\u2029]*{_LINE_END}|\u2029")
_LINE = re.compile(_LINE_END)
_CELL_END = re.compile(r"\s\|(?=\s)")
_CLAUSE = re.compile(rf"[,;:](?=\s)|[，、；：،؛]|\s[—–-](?=\s)|{_LINE_END}")
_WORD = re.compile(r"\S+")
_ITEM = re.compile(r"^[^\S\n]*(?:[-*+•‣◦▪·–—]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]+)[.)])\s", re.MULTILINE)


def trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the span without the space around it, or nothing if it is all space."""
    body = text[start:end].lstrip()
    start = end - len(body)
    body = body.rstrip()
    if body:
        yield start, start + len(body)


def _between(text: str, span: Span, cuts: Iterable[int]) -> list[Span]:
    """Return the trimmed stretches of a span between offsets."""
    offsets = [span[0], *cuts, span[1]]
    return [span for start, end in pairwise(offsets) for span in trimmed(text, start, end)]


def _at_sentences(text: str, span: Span) -> list[Span]:
    return sentences(text, *span)


def _at_clauses(text: str, span: Span) -> list[Span]:
    return _between(text, span, (clause.end() for clause in _CLAUSE.finditer(text, *span)))


def _at_lines(text: str, span: Span) -> list[Span]:
    return _between(text, span, (line.end() for line in _LINE.finditer(text, *span)))


def _at_cells(text: str, span: Span) -> list[Span]:
    """Cut a row that alone is too long, after the signs between its cells."""
    return _between(text, span, (cell.end() for cell in _CELL_END.finditer(text, *span)))


def _at_blank_lines(text: str, span: Span) -> list[Span]:
    return _between(text, span, (blank.end() for blank in BLANK_LINE.finditer(text, *span)))


def _at_items(text: str, span: Span) -> list[Span]:
    """Cut a list before each item sign; a list whose lines bear none, at its lines."""
    if not _ITEM.match(text[span[0] : span[0] + LONGEST_SHORT_WORD]):
        return _at_lines(text, span)
    lines = [span[0], *(line.end() for line in _LINE.finditer(text, *span))]
    return _between(text, span, (start for start in lines[1:] if _ITEM.match(text, start)))


def _at_words(text: str, span: Span) -> list[Span]:
    return [word.span() for word in _WORD.finditer(text, *span)]


_PROSE: tuple[Cutter, ...] = (_at_sentences, _at_clauses, _at_words)
_ROWS: tuple[Cutter, ...] = (_at_lines, _at_cells, *_PROSE)
CUTTERS: dict[str, tuple[Cutter, ...]] = {
    "prose": _PROSE,
    "list": (_at_items, *_PROSE),
    "header": _ROWS,
    "table": _ROWS,
    "code": (_at_blank_lines, _at_lines, _at_words),
}
