"""A page of a PDF as printed pieces of lines: words where they stand, parted at wide gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from ctypes import byref
from typing import Any, NamedTuple

from searchkit.documents.extras import require

_GAP = 1.0  # times the font size that parts two pieces of a line
_SHIFT = 0.3  # times the font size by which lines of one height differ at most
_HYPHENS = "\x02\ufffe"  # what PDFium writes for a hyphen that divides a word, in place of the line's end
_SOFT_HYPHEN = "\xad"
_LINE = re.compile(rf"[^\r\n{_HYPHENS}]+")
_WORD = re.compile(r"\S+")


class Piece(NamedTuple):
    """Words that stand close together in a line: their place in points from the left and from the bottom.

    `hyphenated` tells that a hyphen that divided a word was taken from the end.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    hyphenated: bool = False

    def beside(self, other: Piece) -> bool:
        """Tell whether two pieces stand at the same height."""
        shared = min(self.top, other.top) - max(self.bottom, other.bottom)
        return shared > 0.5 * min(self.top - self.bottom, other.top - other.bottom)


def page_pieces(textpage: Any) -> list[list[Piece]]:
    """Return a page's lines in the order in which they are drawn, each in pieces."""
    text, boxes = _text(textpage), _Boxes(textpage)
    lines = [pieces for line in _LINE.finditer(text) for pieces in boxes.lines(text, line.start(), line.end())]
    kept = ([piece for piece in pieces if piece.text] for pieces in lines)
    return [pieces for pieces in kept if pieces]


def _text(textpage: Any) -> str:
    """Return a page's characters, each at its number in PDFium.

    They are asked for one by one: from PDFium's text as a whole some are left out, and places do not fit.
    """
    character, raw = require("pypdfium2.raw", "pdf").FPDFText_GetUnicode, textpage.raw
    codes = [character(raw, at) for at in range(textpage.count_chars())]
    return "".join([chr(code) if 0 < code < 0x110000 else " " for code in codes])


class _Boxes:
    """Asks where characters stand."""

    def __init__(self, textpage: Any) -> None:
        self._raw = textpage.raw
        self._pdfium = require("pypdfium2.raw", "pdf")
        self._box = self._pdfium.FS_RECTF()
        self._reference = byref(self._box)

    def lines(self, text: str, start: int, end: int) -> Iterator[list[Piece]]:
        """Yield the pieces of what PDFium takes for a line, those of several lines apart."""
        pieces: list[Piece] = []
        words: list[str] = []
        right = 0.0
        for word in _WORD.finditer(text, start, end):
            left, bottom, _, top = self._place(word.start())
            goes_back = bool(pieces) and _is_lower(left - right, bottom, pieces[-1])
            if not pieces or goes_back or left - right > _GAP * pieces[-1].size:
                _close(pieces, words, right)
                if goes_back:
                    yield pieces
                    pieces = []
                size = self._pdfium.FPDFText_GetFontSize(self._raw, word.start()) or top - bottom
                pieces.append(Piece("", left, right, bottom, top, size))
            words.append(word[0])
            right = self._place(word.end() - 1)[2]
        if pieces:
            divided = text[end : end + 1] in _HYPHENS and end < len(text)
            divided = divided or words[-1].endswith(_SOFT_HYPHEN)
            _close(pieces, words, right)
            pieces[-1] = pieces[-1]._replace(hyphenated=divided)
            yield pieces

    def _place(self, index: int) -> tuple[float, float, float, float]:
        if not self._pdfium.FPDFText_GetLooseCharBox(self._raw, index, self._reference):
            return 0.0, 0.0, 0.0, 0.0
        return self._box.left, self._box.bottom, self._box.right, self._box.top


def _close(pieces: list[Piece], words: list[str], right: float) -> None:
    """Give the last piece the words that it holds, and their end."""
    if pieces:
        pieces[-1] = pieces[-1]._replace(text=_whole(words), right=right)
        words.clear()


def _is_lower(gap: float, bottom: float, before: Piece) -> bool:
    """Tell whether a word far to the left of the one before stands at another height: a line of another column."""
    return gap < -before.size and abs(before.bottom - bottom) > _SHIFT * before.size


def _whole(words: Sequence[str]) -> str:
    """Return words without soft hyphens, the halves of rare characters put together."""
    text = " ".join(words).replace(_SOFT_HYPHEN, "")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
