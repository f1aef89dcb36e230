"""A page of a PDF as printed pieces of lines: words where they stand, parted at wide gaps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ctypes import byref
from typing import Any, NamedTuple

from searchkit.documents.extras import require

_GAP = 1.0  # times the font size that parts two pieces of a line
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
    found = (boxes.pieces(text, line.start(), line.end()) for line in _LINE.finditer(text))
    return [pieces for pieces in found if pieces]


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

    def pieces(self, text: str, start: int, end: int) -> list[Piece]:
        """Return the pieces of a line."""
        pieces: list[Piece] = []
        words: list[str] = []
        right, size = 0.0, 0.0
        for word in _WORD.finditer(text, start, end):
            left, bottom, _, top = self._place(word.start())
            if not pieces or left - right > _GAP * size:
                if words:
                    pieces[-1] = pieces[-1]._replace(text=_whole(words), right=right)
                size = self._pdfium.FPDFText_GetFontSize(self._raw, word.start()) or top - bottom
                pieces.append(Piece("", left, right, bottom, top, size))
                words = []
            words.append(word[0])
            right = self._place(word.end() - 1)[2]
        if not pieces:
            return []
        divided = text[end : end + 1] in _HYPHENS and end < len(text)
        hyphenated = divided or words[-1].endswith(_SOFT_HYPHEN)
        pieces[-1] = pieces[-1]._replace(text=_whole(words), right=right, hyphenated=hyphenated)
        return [piece for piece in pieces if piece.text]

    def _place(self, index: int) -> tuple[float, float, float, float]:
        if not self._pdfium.FPDFText_GetLooseCharBox(self._raw, index, self._reference):
            return 0.0, 0.0, 0.0, 0.0
        return self._box.left, self._box.bottom, self._box.right, self._box.top


def _whole(words: Sequence[str]) -> str:
    """Return words without soft hyphens, the halves of rare characters put together."""
    text = " ".join(words).replace(_SOFT_HYPHEN, "")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
