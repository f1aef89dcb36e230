"""Where a text divides into passages: paragraphs, none longer than the embedder reads."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import ceil
from typing import NamedTuple, TypeAlias

from searchkit.text.sentences import Span
from searchkit.text.splitting.cutters import BLANK_LINE, CUTTERS, LONGEST_SHORT_WORD, Cutter, trimmed
from searchkit.types import Mark

CountTokens: TypeAlias = Callable[[Sequence[str]], list[int]]

SECTION_JOINER = " > "

_LINE_OR_PARAGRAPH = re.compile(r"[\n\r\x85\u2028\u2029]")
_HEADING_MARKUP = re.compile(r"^(?:#{1,6}|={1,6})\s+|\s+(?:#+|={2,}|-{2,}|~{2,})$")
_CHARACTER_WORDS = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # Japanese and Chinese: every character counts
_BOLD = re.compile(r"^\*\*(?P<words>[^*]+)\*\*(?P<colon>:?)$")
_ROUGH_TOKEN = re.compile(rf"[{_CHARACTER_WORDS}]|[^\W{_CHARACTER_WORDS}]+|[^\w\s]")
_ROUGH_WORD = re.compile(rf"[{_CHARACTER_WORDS}]|[^\W{_CHARACTER_WORDS}]+")
_TOKENS_PER_WORD = 1.25


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a passage may be.

    `target` is what an over-long paragraph is divided into, `maximum` what no passage exceeds, both in
    tokens of the embedder. A block of fewer than `minimum` words is joined to its neighbour; 0 joins none.
    """

    target: int = 200
    maximum: int = 256
    minimum: int = 6

    def __post_init__(self) -> None:
        if not (1 <= self.target <= self.maximum and self.minimum >= 0):
            raise ValueError(f"limits need 1 <= target <= maximum and minimum >= 0, not {self}")


class Place(NamedTuple):
    """Where a passage is: the path of headings above it, and `text[start:end]`."""

    section: str
    start: int
    end: int


class _Block(NamedTuple):
    """A paragraph, list, table or code block: trimmed offsets. `header` is where a table's header rows stand."""

    start: int
    end: int
    kind: str
    header: Span | None = None


class _Stretch(NamedTuple):
    """Blocks with nothing but space between them, under one section path."""

    section: str
    blocks: list[_Block]


@dataclass(frozen=True, slots=True)
class _Ruler:
    """A text and how its tokens are counted."""

    text: str
    limits: Limits
    count_tokens: CountTokens

    def sizes(self, spans: Iterable[Span]) -> list[int]:
        """Return each span's number of tokens."""
        return self.count_tokens([self.text[start:end] for start, end in spans])

    def leaving_room(self, group: Sequence[_Block]) -> _Ruler:
        """Return a ruler for pieces of a table, each of which is read together with the header row."""
        headers = [block.header for block in group if block.header]
        if not headers:
            return self
        target, maximum, minimum = self.limits.target, self.limits.maximum, self.limits.minimum
        room = min(target // 2, max(self.sizes(headers)))
        return _Ruler(self.text, Limits(target - room, maximum - room, minimum), self.count_tokens)

    def too_long(self, spans: Sequence[Span]) -> set[Span]:
        """Return the spans over the maximum; short ones need no count."""
        most = self.limits.maximum
        doubtful = [span for span in spans if span[1] - span[0] > most or _most_tokens(self.text[slice(*span)]) > most]
        sizes = self.sizes(doubtful) if doubtful else []
        return {span for span, size in zip(doubtful, sizes, strict=True) if size > self.limits.maximum}


def _most_tokens(text: str) -> int:
    """Return what no model's count exceeds: some take a byte for a token, others a part of a Korean syllable.

    It is the number of characters at least.
    """
    decomposed = text if text.isascii() else unicodedata.normalize("NFKD", text)
    return max(len(text.encode("utf-8", "surrogatepass")), len(decomposed))


def _is_one_line(text: str) -> bool:
    if text.isascii():
        return "\n" not in text and "\r" not in text
    return _LINE_OR_PARAGRAPH.search(text) is None


def places(
    text: str, marks: Sequence[Mark], limits: Limits, count_tokens: CountTokens, page_starts: Sequence[int] = ()
) -> list[Place]:
    """Return where the passages of a text are, in order; none crosses the start of a page."""
    ruler = _Ruler(text, limits, count_tokens)
    if not marks and not page_starts and _is_one_line(text):  # as most records are: a short way of the same result
        groups = [("", [block]) for block in _trimmed(text, 0, len(text))]
    else:
        groups = [
            (stretch.section, group)
            for whole in _stretches_or_fallback(text, marks)
            for stretch in _by_page(text, whole, page_starts)
            for group in _join_strays(text, stretch.blocks, limits)
        ]
    too_long = ruler.too_long([_extent(group) for _, group in groups])
    return [
        Place(section, *span)
        for section, group in groups
        for span in (_divide_group(ruler, group) if _extent(group) in too_long else [_extent(group)])
    ]


# --- blocks: what the document's blank lines and marks say


def _stretches_or_fallback(text: str, marks: Sequence[Mark]) -> list[_Stretch]:
    """Return the document's stretches of text; without any, those of its captions, front matter or headings."""
    for kind in ("", "caption", "front", "heading"):
        stretches = _stretches(text, [mark for mark in marks if mark.kind != kind])
        if stretches:
            return stretches
    return []


def _stretches(text: str, marks: Iterable[Mark]) -> list[_Stretch]:
    """Cut the text at headings, captions and front matter; leave out stretches without text."""
    stretches = [_Stretch("", [])]
    path: list[tuple[int, str]] = []
    done = 0
    for mark in marks:
        start, end = max(mark.start, done), min(mark.end, len(text))
        if start >= end:
            continue
        stretches[-1].blocks.extend(_paragraphs(text, done, start))
        if mark.kind in ("list", "table", "code"):
            for block in _trimmed(text, start, end, _kind(mark)):
                _append(text, stretches[-1].blocks, block)
        else:
            if mark.kind == "heading":
                path = [step for step in path if step[0] < mark.level]
                path.append((mark.level, _heading(text[start:end])))
            stretches.append(_Stretch(SECTION_JOINER.join(title for _, title in path if title), []))
        done = end
    stretches[-1].blocks.extend(_paragraphs(text, done, len(text)))
    return [stretch for stretch in stretches if stretch.blocks]


def _kind(mark: Mark) -> str:
    return "header" if mark.kind == "table" and mark.level == 1 else mark.kind


def _append(text: str, blocks: list[_Block], block: _Block) -> None:
    """Append a block; rows of a table become one with the header row that stands directly above them."""
    above = blocks[-1] if blocks else None
    if (
        above
        and above.kind == "header"
        and block.kind in ("header", "table")
        and not text[above.end : block.start].strip()
    ):
        rows = block.kind == "table"
        blocks[-1] = _Block(above.start, block.end, block.kind, (above.start, above.end if rows else block.end))
    else:
        blocks.append(block)


def _by_page(text: str, stretch: _Stretch, page_starts: Sequence[int]) -> Iterator[_Stretch]:
    """Yield the stretch page by page; a block that goes on on the next page is cut there."""
    if not page_starts:
        yield stretch
        return
    page, blocks = 0, list[_Block]()
    for block in stretch.blocks:
        cuts = page_starts[bisect_right(page_starts, block.start) : bisect_left(page_starts, block.end)]
        for start, end in pairwise([block.start, *cuts, block.end]):
            at = bisect_right(page_starts, start)
            if at != page and blocks:
                yield _Stretch(stretch.section, blocks)
                blocks = []
            page = at
            blocks.extend(piece._replace(header=block.header) for piece in _trimmed(text, start, end, block.kind))
    if blocks:
        yield _Stretch(stretch.section, blocks)


def _heading(text: str) -> str:
    """Return a heading's words on one line, without Markdown's signs around them."""
    return _BOLD.sub(r"\g<words>\g<colon>", " ".join(_HEADING_MARKUP.sub("", text.strip()).split()))


def _paragraphs(text: str, start: int, end: int) -> Iterator[_Block]:
    """Yield what lies between blank lines."""
    for blank in BLANK_LINE.finditer(text, start, end):
        yield from _trimmed(text, start, blank.start())
        start = blank.end()
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int, kind: str = "prose") -> Iterator[_Block]:
    """Yield text[start:end] without the space around it, or nothing if it is all space."""
    for span in trimmed(text, start, end):
        yield _Block(*span, kind)


# --- joining: short lines belong to a neighbour


def _join_strays(text: str, blocks: Sequence[_Block], limits: Limits) -> list[list[_Block]]:
    """Group blocks so that a stray line stands with its neighbour and an introduction with what it introduces."""
    groups: list[list[_Block]] = []
    for position, block in enumerate(blocks):
        last = position == len(blocks) - 1
        if groups and limits.minimum and _belongs(text, groups[-1], block, limits, last=last):
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _belongs(text: str, group: list[_Block], block: _Block, limits: Limits, *, last: bool) -> bool:
    """Say whether `block` is better read together with the group before it."""
    start, end = _extent(group)
    introduces = text[end - 1] in ":：" and group[-1].kind == "prose"
    if not introduces and not _is_stray(text, start, end, limits.minimum):
        label = block.kind == "prose" and not last and not _ends_like_sentence(text[block.end - 3 : block.end])
        if label or not _is_stray(text, block.start, block.end, limits.minimum):
            return False
    size = _rough_tokens(text, block.start, block.end)
    if introduces and size > limits.maximum:  # it will be divided anyway: its first piece takes the introduction
        return True
    return size + _rough_tokens(text, start, end) <= limits.target


def _is_stray(text: str, start: int, end: int, minimum: int) -> bool:
    if end - start > minimum * LONGEST_SHORT_WORD:
        return False
    return len(_ROUGH_WORD.findall(text, start, end)) < minimum


def _ends_like_sentence(tail: str) -> bool:
    return any(character in ".!?…。！？" for character in tail)


def _rough_tokens(text: str, start: int, end: int) -> float:
    """Estimate the tokens of a span without the embedder."""
    return _TOKENS_PER_WORD * len(_ROUGH_TOKEN.findall(text, start, end))


def _extent(group: Sequence[_Block]) -> Span:
    return group[0].start, group[-1].end


# --- dividing: what exceeds the maximum


def _divide_group(ruler: _Ruler, group: Sequence[_Block]) -> list[Span]:
    """Divide joined blocks: between them first, and inside those that are too long."""
    ruler = ruler.leaving_room(group)
    spans = [(block.start, block.end) for block in group]
    too_long = ruler.too_long(spans)
    pieces = [
        piece
        for block, span in zip(group, spans, strict=True)
        for piece in (_divide(ruler, span, CUTTERS[block.kind]) if span in too_long else [span])
    ]
    return _balance(ruler, pieces)


def _divide(ruler: _Ruler, span: Span, cutters: Sequence[Cutter]) -> list[Span]:
    """Divide an over-long span into pieces near the target, by the coarsest cuts that do."""
    if not cutters:
        return _halve(ruler, span)
    units = cutters[0](ruler.text, span)
    if len(units) == 1:
        return _divide(ruler, span, cutters[1:])
    too_long = ruler.too_long(units)
    pieces = [piece for unit in units for piece in (_divide(ruler, unit, cutters[1:]) if unit in too_long else [unit])]
    return _balance(ruler, pieces)


def _balance(ruler: _Ruler, units: Sequence[Span]) -> list[Span]:
    """Put neighbouring units together into pieces of about equal size, near the target."""
    limits = ruler.limits
    ends = [0, *accumulate(ruler.sizes(units))]
    wanted = ceil(ends[-1] / ((limits.target + limits.maximum) / 2))
    pieces: list[Span] = []
    first = 0
    while first < len(units):
        rest = ends[-1] - ends[first]
        wanted = max(wanted, ceil(rest / limits.maximum), 1)
        stop = _nearest(ends, ends[first] + rest / wanted, first + 1, ends[first] + limits.maximum)
        pieces.extend(_fitting(ruler, units[first:stop]))
        first, wanted = stop, wanted - 1
    return pieces


def _nearest(ends: Sequence[int], ideal: float, lowest: int, ceiling: int) -> int:
    """Return the index, `lowest` or above, whose end is nearest to `ideal` and not over `ceiling`."""
    above = max(lowest, bisect_left(ends, ideal, lo=lowest))
    highest = max(lowest, bisect_right(ends, ceiling, lo=lowest) - 1)
    below = max(lowest, above - 1)
    nearest = below if above >= len(ends) or ideal - ends[below] < ends[above] - ideal else above
    return min(nearest, highest)


def _fitting(ruler: _Ruler, units: Sequence[Span]) -> list[Span]:
    """Return the units as one span or, if their tokens together are more than their sum, as several."""
    whole = (units[0][0], units[-1][1])
    if len(units) == 1 or not ruler.too_long([whole]):
        return [whole]
    middle = len(units) // 2
    return _fitting(ruler, units[:middle]) + _fitting(ruler, units[middle:])


def _halve(ruler: _Ruler, span: Span) -> list[Span]:
    """Cut a single over-long word in the middle, and its halves, until each fits."""
    start, end = span
    if end - start < 2 or not ruler.too_long([span]):
        return [span]
    middle = _safe_offset(ruler.text, start, end)
    return _halve(ruler, (start, middle)) + _halve(ruler, (middle, end))


def _safe_offset(text: str, start: int, end: int) -> int:
    """Return the offset nearest the middle that splits no letter from its marks, if there is one."""
    middle = (start + end) // 2
    for distance in range(end - start):
        for offset in (middle - distance, middle + distance):
            if start < offset < end and not _binds(text[offset - 1], text[offset]):
                return offset
    return middle


def _binds(before: str, after: str) -> bool:
    """Say whether two neighbouring characters are drawn as one (most cases of Unicode's annex 29)."""
    return (
        unicodedata.category(after) in ("Mn", "Mc", "Me")
        or "\u200d" in (before, after)  # zero-width joiner
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or "\u1160" <= after <= "\u11ff"  # Korean vowels and finals
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff")
        or "\u0e40" <= before <= "\u0e44"  # Thai vowels written before their consonant
    )
