"""Printed lines back to paragraphs, headings and tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import dropwhile, pairwise, takewhile
from statistics import median
from typing import NamedTuple

from searchkit.documents.blocks import Blocks
from searchkit.documents.hyphens import Hyphens, hyphens_of
from searchkit.documents.lines import squeeze
from searchkit.documents.rows import PrintedLine, is_row_above, rows_of, runs_of_rows
from searchkit.documents.running import Edge, Sheet, running_lines
from searchkit.documents.tables import add_table

_HEADING_RATIO = 1.15  # times the size of the body that a heading is set in at least
_GAP_RATIO = 1.35  # times the usual distance of lines that parts paragraphs
_SHORT_RATIO = 0.6  # of the usual length: a line that ends its paragraph, or a line of a list
_LONGEST_HEADING = 160  # characters
_BULLET = re.compile(r"^(?:[•▪◦‣●■–*-]|\(?\d{1,2}[.)])\s")
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
_UNSPACED = re.compile(r"[\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")  # written without spaces
_DIVIDED = re.compile(r"[^\W\d_]-$")


class PrintedPage(NamedTuple):
    """A page's lines in reading order, where it ends below and above, and what was remarked on it."""

    lines: Sequence[PrintedLine]
    bottom: float = 0.0
    top: float = 0.0
    remarks: Sequence[str] = ()


_NOTHING = PrintedLine("", 0.0, 0.0, 1.0)


class Laid(NamedTuple):
    """What was found on pages: the largest heading of the first, the heads and feet that were taken out, and which
    pages hold nothing else, from 1.
    """

    largest: str
    running: list[str]
    blank: list[int]


class _Manner(NamedTuple):
    """How a document is set: the usual distance and length of its lines, its heading levels, its words."""

    step: float
    length: float
    levels: dict[float, int]
    hyphens: Hyphens


def add_pages(pages: Sequence[PrintedPage], blocks: Blocks) -> Laid:
    """Append the pages' paragraphs, headings and tables to `blocks`."""
    lines = [line for page in pages for line in page.lines] or [_NOTHING]
    levels = _heading_levels(lines, _usual_size(lines))
    step = _usual_step([page.lines for page in pages])
    running = running_lines([_sheet(page, levels) for page in pages], step)
    if all(len(gone) == len(page.lines) for page, gone in zip(pages, running, strict=True)):
        running = [set() for _ in pages]  # what stands in margins alone is all there is
    cleaned = [
        [line for at, line in enumerate(page.lines) if at not in gone]
        for page, gone in zip(pages, running, strict=True)
    ]
    length = median(len(line.text) for line in lines)
    hyphens = hyphens_of((line.text, line.hyphenated) for page in cleaned for line in page)
    manner = _Manner(_usual_step(cleaned), length, levels, hyphens)
    for page, whole in zip(cleaned, pages, strict=True):
        blocks.begin_page()
        _add_page(page, manner, blocks)
        for remark in whole.remarks:
            blocks.add(remark)
    taken = [page.lines[at].text for page, gone in zip(pages, running, strict=True) for at in sorted(gone)]
    blank = [
        at for at, (page, whole) in enumerate(zip(cleaned, pages, strict=True), 1) if not page and not whole.remarks
    ]
    return Laid(_largest(cleaned[0], levels) if cleaned else "", taken, blank)


def _sheet(page: PrintedPage, levels: dict[float, int]) -> Sheet:
    """Return a page as far as heads are concerned: headings are none, nor is the row that names a table's columns."""
    kept = [
        _rounded(line.size) not in levels and not (below and is_row_above(line, below))
        for line, below in pairwise([*page.lines, None])
        if line
    ]
    edges = [Edge(line.bottom, line.text if keep else "") for line, keep in zip(page.lines, kept, strict=True)]
    return Sheet(page.bottom, page.top, edges)


def _add_page(page: Sequence[PrintedLine], manner: _Manner, blocks: Blocks) -> None:
    for is_table, lines in runs_of_rows(page):
        if is_table:
            add_table(blocks, rows_of(lines))
            continue
        for paragraph in _paragraphs(lines, manner.step, manner.levels):
            level = manner.levels.get(_rounded(paragraph[0].size), 0)
            text = _joined(paragraph, manner)
            if level and len(text) <= _LONGEST_HEADING and any(map(str.isalpha, text)):
                blocks.add(squeeze(text), "heading", level)
            else:
                blocks.add(text)


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _usual_size(lines: Sequence[PrintedLine]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[_rounded(line.size)] += len(line.text)
    return sizes.most_common(1)[0][0]


def _usual_step(pages: Sequence[Sequence[PrintedLine]]) -> float:
    """Return the commonest distance of lines of one size, the smallest of several; 0 without any."""
    steps = Counter(
        round(above.bottom - below.bottom)
        for page in pages
        for above, below in pairwise(page)
        if _rounded(above.size) == _rounded(below.size) and above.bottom > below.bottom
    )
    return max(steps, key=lambda step: (steps[step], -step), default=0)


def _heading_levels(lines: Sequence[PrintedLine], body_size: float) -> dict[float, int]:
    """Return a level for each size larger than the body's, 1 for the largest."""
    sizes = {_rounded(line.size) for line in lines if line.size > body_size * _HEADING_RATIO}
    return {size: min(level, 6) for level, size in enumerate(sorted(sizes, reverse=True), 1)}


def _paragraphs(
    page: Sequence[PrintedLine], usual_step: float, levels: dict[float, int]
) -> Iterator[list[PrintedLine]]:
    """Yield a page's lines by paragraph."""
    if not page:
        return
    paragraph = [page[0]]
    for above, below in pairwise(page):
        if _parts(above, below, usual_step, levels):
            yield paragraph
            paragraph = []
        paragraph.append(below)
    yield paragraph


def _parts(above: PrintedLine, below: PrintedLine, usual_step: float, levels: dict[float, int]) -> bool:
    """Tell whether a paragraph ends between two lines: by distance, by size, or by a first line's indent."""
    step = above.bottom - below.bottom
    resized = levels.get(_rounded(above.size)) != levels.get(_rounded(below.size))
    ended = bool(_SENTENCE_END.search(above.text))
    indented = ended and below.left - above.left > below.size * 0.8
    return resized or 0 < usual_step * _GAP_RATIO < step or indented or (step < 0 and ended)


def _joined(paragraph: Sequence[PrintedLine], manner: _Manner) -> str:
    """Return a paragraph as one line; lists and tables keep their lines."""
    text = paragraph[0].text
    for above, below in pairwise(paragraph):
        if above.hyphenated:
            text = manner.hyphens.join(text, below.text)
        elif _DIVIDED.search(text) and below.text[:1].islower():
            text = manner.hyphens.join(text[:-1], below.text)
        elif _BULLET.match(below.text) or len(above.text) < manner.length * _SHORT_RATIO:
            text += f"\n{below.text}"
        elif _UNSPACED.match(text[-1:]) and _UNSPACED.match(below.text):
            text += below.text
        else:
            text += f" {below.text}"
    return text


def _largest(page: Sequence[PrintedLine], levels: dict[float, int]) -> str:
    """Return the first page's first lines of the largest size, if they are set larger than the body."""
    sizes = [size for line in page if (size := _rounded(line.size)) in levels]
    below = dropwhile(lambda line: not sizes or _rounded(line.size) < max(sizes), page)
    title = " ".join(line.text for line in takewhile(lambda line: _rounded(line.size) == max(sizes), below))
    return title if len(title) <= _LONGEST_HEADING else ""
