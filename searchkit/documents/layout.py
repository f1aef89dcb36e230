"""Printed lines back to paragraphs and headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import dropwhile, pairwise, takewhile
from statistics import median
from typing import NamedTuple

from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze

_HEADING_RATIO = 1.15  # times the size of the body that a heading is set in at least
_GAP_RATIO = 1.35  # times the usual distance of lines that parts paragraphs
_SHORT_RATIO = 0.6  # of the usual length: a line that ends its paragraph, or a line of a list
_LONGEST_HEADING = 160  # characters
_FEWEST_PAGES = 3  # on which a line must repeat to be a running head
_LONGEST_RUNNING_HEAD = 80  # characters
_EDGE_LINES = 2  # at the top and at the bottom of a page among which running heads are looked for
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_BULLET = re.compile(r"^(?:[•▪◦‣●■–*-]|\(?\d{1,2}[.)])\s")
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
_LAST_WORD = re.compile(r"[^\W\d_]+-$")
_FIRST_WORD = re.compile(r"^[^\W\d_]+")


class PrintedLine(NamedTuple):
    """A line on a page: its text, where it begins (points from the left and from the bottom) and its font size.

    `hyphenated` tells that a hyphen that divided a word was taken from its end.
    """

    text: str
    left: float
    bottom: float
    size: float
    hyphenated: bool = False


def add_pages(pages: Sequence[Sequence[PrintedLine]], blocks: Blocks) -> str:
    """Append the pages' paragraphs and headings to `blocks`; return the largest heading of the first page."""
    lines = [line for page in pages for line in page]
    if not lines:
        return ""
    levels = _heading_levels(lines, _usual_size(lines))
    heads = _running_heads(pages, levels)
    cleaned = [[line for line in page if _shape(line.text) not in heads] for page in pages]
    length = median(len(line.text) for line in lines)
    usual_step = _usual_step(cleaned)
    compounds = set(re.findall(r"\w+-\w+", " ".join(line.text for line in lines).lower()))
    for page in cleaned:
        blocks.begin_page()
        for paragraph in _paragraphs(page, usual_step, levels):
            level = levels.get(_rounded(paragraph[0].size), 0)
            text = _joined(paragraph, length, compounds)
            if level and len(text) <= _LONGEST_HEADING and any(map(str.isalpha, text)):
                blocks.add(squeeze(text), "heading", level)
            else:
                blocks.add(text)
    return _largest(cleaned[0], levels)


def _running_heads(pages: Sequence[Sequence[PrintedLine]], levels: dict[float, int]) -> set[str]:
    """Return the shapes of lines that stand at the edge of half of the pages, or of some with another number each."""
    counts: Counter[str] = Counter()
    for page in pages:
        edge = [*page[:_EDGE_LINES], *page[-_EDGE_LINES:]]
        small = [line for line in edge if _rounded(line.size) not in levels]
        counts.update({_shape(line.text) for line in small if len(line.text) <= _LONGEST_RUNNING_HEAD})
    half = max(_FEWEST_PAGES, (len(pages) + 1) // 2)
    return {shape for shape, count in counts.items() if count >= (_FEWEST_PAGES if shape.count("#") == 1 else half)}


def _shape(text: str) -> str:
    """Return a line with its numbers as one sign, so that "Page 3" is "Page 4"."""
    return _NUMBER.sub("#", text.lower())


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


def _joined(paragraph: Sequence[PrintedLine], length: float, compounds: set[str]) -> str:
    """Return a paragraph as one line; lists and tables keep their lines."""
    text = paragraph[0].text
    for above, below in pairwise(paragraph):
        if above.hyphenated:
            text += below.text
        elif compound := _goes_on(text, below.text):  # the hyphen stays if the compound stands within a line too
            text = (text if compound in compounds else text[:-1]) + below.text
        elif _BULLET.match(below.text) or len(above.text) < length * _SHORT_RATIO:
            text += f"\n{below.text}"
        else:
            text += f" {below.text}"
    return text


def _goes_on(text: str, following: str) -> str:
    """Return a word that a hyphen divides between two lines as a compound ("well-known"), "" if none does."""
    last, first = _LAST_WORD.search(text[-60:]), _FIRST_WORD.match(following)
    return f"{last[0]}{first[0]}".lower() if last and first and first[0][0].islower() else ""


def _largest(page: Sequence[PrintedLine], levels: dict[float, int]) -> str:
    """Return the first page's first lines of the largest size, if they are set larger than the body."""
    sizes = [size for line in page if (size := _rounded(line.size)) in levels]
    below = dropwhile(lambda line: not sizes or _rounded(line.size) < max(sizes), page)
    title = " ".join(line.text for line in takewhile(lambda line: _rounded(line.size) == max(sizes), below))
    return title if len(title) <= _LONGEST_HEADING else ""
