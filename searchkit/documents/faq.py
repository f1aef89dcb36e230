"""Lists of frequent questions in plain text: each question is the heading of its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from searchkit.documents.lines import Line, is_wordy, lines_of
from searchkit.types import Mark

_NUMBER = re.compile(r"(?:\(?\d{1,3}(?:\.\d{1,3})*[.):]|\d{1,3}(?:\.\d{1,3})+|\[\d{1,3}\]|[QF][ \t]?\d{0,3}[.:)])\s+\S")
_FEWEST_QUESTIONS = 3  # fewer may stand in any text
_MOST_LINES = 3  # of a question
_LONGEST = 240  # characters of a question
_LEVEL = 4


def question_headings(text: str) -> Iterator[Mark]:
    """Yield a heading for each question of a text that lists questions and their answers, none for other texts.

    A question is set apart from what stands above it and ends in a question mark; it is numbered, or is one line
    whose answer is set in below it. Where most of what is numbered as they are is a question, the rest are headings
    too: "4. It does not start."
    """
    if text.count("?") < _FEWEST_QUESTIONS:
        return
    blocks = [*_blocks(text), []]
    asked = [_asked(text, block, below) for block, below in pairwise(blocks)]
    if sum(map(bool, asked)) < _FEWEST_QUESTIONS:
        return
    numbered = [lines for lines in asked if lines and _NUMBER.match(lines[0].text)]
    column = max((_column(text, lines[0]) for lines in numbered), default=-1)
    others = [at for at, block in enumerate(blocks[:-1]) if not asked[at] and _is_numbered(text, block, column)]
    if len(others) <= len(numbered):
        for at in others:
            if _is_short(blocks[at]) and _is_set_in(text, blocks[at], blocks[at + 1]):
                asked[at] = blocks[at]
    yield from (Mark(lines[0].start, lines[-1].end, "heading", _LEVEL) for lines in asked if lines)


def _blocks(text: str) -> Iterator[list[Line]]:
    """Yield runs of lines that no blank line parts."""
    block: list[Line] = []
    for line in lines_of(text):
        if line.gap and block:
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _asked(text: str, block: Sequence[Line], below: Sequence[Line]) -> list[Line]:
    """Return the lines of the question that a block begins with, none if it does not."""
    end = next((at for at, line in enumerate(block[:_MOST_LINES], 1) if line.text.endswith("?")), 0)
    question = list(block[:end])
    answer = block[end:] or below
    if not question or not answer or not _is_short(question):
        return []
    if any(_NUMBER.match(line.text) for line in block[1 : end + 1]):
        return []  # a table of contents
    if _NUMBER.match(question[0].text):
        return question
    is_line = end == 1 and question[0].text[0].isupper() and is_wordy(question[0].text) and answer[0].gap
    return question if is_line and _is_set_in(text, question, answer) else []


def _is_numbered(text: str, block: Sequence[Line], column: int) -> bool:
    """Tell whether a block begins with a number that stands no further to the right than those of questions."""
    return bool(_NUMBER.match(block[0].text)) and _column(text, block[0]) <= column


def _is_short(block: Sequence[Line]) -> bool:
    return len(block) <= _MOST_LINES and block[-1].end - block[0].start <= _LONGEST


def _is_set_in(text: str, block: Sequence[Line], below: Sequence[Line]) -> bool:
    """Tell whether the lines below a block begin further to the right than it does."""
    return bool(below) and _column(text, below[0]) > _column(text, block[0])


def _column(text: str, line: Line) -> int:
    """Return how far a line is set in, a tab as eight columns."""
    begin = text.rfind("\n", 0, line.start) + 1
    return len(text[begin : line.start].expandtabs(8))
