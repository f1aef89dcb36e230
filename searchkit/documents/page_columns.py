"""Columns of prose one after the other, in whatever order a program drew them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from searchkit.documents.printed import Piece

_FEWEST_ROWS = 3  # with text on both sides that make columns
_FEWEST_WORDS = 3.0  # in a line of a column on average; cells of tables have fewer
_LEAST_LETTERS = 0.6  # of the characters that are no spaces
_MOST_GUTTERS = 24  # places on a page that are looked at
_NEAR = 2.5  # times the font size that paragraphs of a column are apart at most
_NARROWEST = 8.0  # points between columns


class _Placed(NamedTuple):
    """A piece, and which line it was drawn in."""

    piece: Piece
    line: int


class _Region(NamedTuple):
    """Pieces on both sides of a gutter, as positions in a page's drawing order."""

    left: list[int]
    right: list[int]


def in_reading_order(lines: Sequence[Sequence[Piece]]) -> list[list[Piece]]:
    """Return the lines of a page, columns of prose one after the other; lines across columns are parted."""
    placed = [_Placed(piece, number) for number, line in enumerate(lines) for piece in line]
    ordered = list(_ordered(placed))
    if ordered == placed:
        return [list(line) for line in lines]
    grouped: list[list[Piece]] = []
    for before, after in pairwise([None, *ordered]):
        if before is None or after is None or before.line != after.line:
            grouped.append([])
        if after is not None:
            grouped[-1].append(after.piece)
    return grouped


def _ordered(placed: Sequence[_Placed]) -> Iterator[_Placed]:
    region = _drawn_across(placed)
    if region is None:
        yield from placed
        return
    inside = {*region.left, *region.right}
    first = min(inside)
    yield from _ordered([one for at, one in enumerate(placed) if at < first])
    yield from _ordered([placed[at] for at in region.left])
    yield from _ordered([placed[at] for at in region.right])
    yield from _ordered([one for at, one in enumerate(placed) if at > first and at not in inside])


def _drawn_across(placed: Sequence[_Placed]) -> _Region | None:
    """Return the largest region of two columns whose lines were drawn to and fro, None without any."""
    best: tuple[int, _Region] | None = None
    pairs = _neighbours(placed)
    for middle in _gutters(pairs, placed):
        for region, rows in _regions(placed, middle, pairs):
            if rows >= _FEWEST_ROWS and (best is None or rows > best[0]) and _is_mixed(region):
                sides = ([placed[at].piece for at in side] for side in region)
                if all(map(_is_prose, sides)):
                    best = rows, region
    return best[1] if best else None


def _neighbours(placed: Sequence[_Placed]) -> list[tuple[int, int]]:
    """Return pairs of pieces that stand beside each other with nothing between them: (left, right) positions."""
    by_height = sorted(range(len(placed)), key=lambda at: -placed[at].piece.bottom)
    tallest = max((one.piece.top - one.piece.bottom for one in placed), default=0)
    nearest: dict[int, int] = {}
    for rank, at in enumerate(by_height):
        piece = placed[at].piece
        for other in by_height[rank + 1 :]:
            second = placed[other].piece
            if piece.bottom - second.bottom > tallest:
                break
            if not piece.beside(second):
                continue
            left, right = (at, other) if piece.left <= second.left else (other, at)
            if placed[right].piece.left - placed[left].piece.right < _NARROWEST:
                continue
            known = nearest.get(left)
            if known is None or placed[right].piece.left < placed[known].piece.left:
                nearest[left] = right
    return list(nearest.items())


def _gutters(pairs: Sequence[tuple[int, int]], placed: Sequence[_Placed]) -> list[float]:
    """Return places between neighbours, the right edges of gaps: columns begin at one place but end at many."""
    counts: dict[int, list[float]] = {}
    for _, right in pairs:
        edge = placed[right].piece.left
        counts.setdefault(round(edge / 4), []).append(edge)
    common = sorted(counts.values(), key=len, reverse=True)[:_MOST_GUTTERS]
    return [min(edges) - 1 for edges in common if len(edges) >= _FEWEST_ROWS - 1]


def _regions(
    placed: Sequence[_Placed], middle: float, pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[_Region, int]]:
    """Yield the runs of pieces, from the top down, that none crosses the middle of; and their rows on both sides."""
    across = {left for left, right in pairs if placed[left].piece.right <= middle <= placed[right].piece.left}
    region = _Region([], [])
    for at in sorted(range(len(placed)), key=lambda at: -placed[at].piece.bottom):
        piece = placed[at].piece
        if piece.left < middle < piece.right:
            yield _bounded(region, placed, pairs), sum(one in across for one in region.left)
            region = _Region([], [])
        else:
            (region.left if piece.right <= middle else region.right).append(at)
    yield _bounded(region, placed, pairs), sum(one in across for one in region.left)


def _bounded(region: _Region, placed: Sequence[_Placed], pairs: Sequence[tuple[int, int]]) -> _Region:
    """Return the region without what stands above or below it in one column alone and apart; in drawing order."""
    inside = {*region.left, *region.right}
    beside = {at for pair in pairs if inside.issuperset(pair) for at in pair}
    return _Region(*(sorted(_connected(side, beside, placed)) for side in region))


def _connected(side: Sequence[int], beside: set[int], placed: Sequence[_Placed]) -> list[int]:
    """Return the pieces of a column, from the top down, between the first and the last row, and those near to them."""
    rows = [rank for rank, at in enumerate(side) if at in beside]
    if not rows:
        return []
    first, last = rows[0], rows[-1]
    while first > 0 and _is_near(placed[side[first - 1]].piece, placed[side[first]].piece):
        first -= 1
    while last + 1 < len(side) and _is_near(placed[side[last]].piece, placed[side[last + 1]].piece):
        last += 1
    return list(side[first : last + 1])


def _is_near(above: Piece, below: Piece) -> bool:
    return above.bottom - below.bottom < _NEAR * max(above.size, below.size)


def _is_mixed(region: _Region) -> bool:
    """Tell whether the drawing order changes sides more than once."""
    sides = [side for _, side in sorted([*((at, 0) for at in region.left), *((at, 1) for at in region.right)])]
    return sum(before != after for before, after in pairwise(sides)) > 1


def _is_prose(pieces: Sequence[Piece]) -> bool:
    text = "".join(piece.text for piece in pieces).replace(" ", "")
    words = sum(len(piece.text.split()) for piece in pieces)
    return words >= _FEWEST_WORDS * len(pieces) and sum(map(str.isalpha, text)) >= _LEAST_LETTERS * len(text)
