"""A page of a PDF as printed pieces of lines: words where they stand, parted at wide gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from ctypes import byref
from typing import Any, NamedTuple

from searchkit.documents.extras import require

_GAP = 1.0  # times the font size that parts two pieces of a line
_HYPHENS = "\x02\ufffe"  # what PDFium writes for a hyphen that divides a word, in place of the line's end
_SOFT_HYPHEN = "\xad"
_SPACE = re.compile(r"\s")


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


class _Word(NamedTuple):
    text: str
    first: int
    last: int


def page_pieces(textpage: Any) -> list[list[Piece]]:
    """Return a page's lines in the order in which they are drawn, each in pieces."""
    reader = _Boxes(textpage)
    return [pieces for words, hyphenated in _lines(textpage) if (pieces := reader.pieces(words, hyphenated=hyphenated))]


def _lines(textpage: Any) -> Iterator[tuple[list[_Word], bool]]:
    """Yield each line's words, and whether a hyphen was taken from its end.

    The characters are asked for one by one: in PDFium's text as a whole some are left out, and places do not fit.
    """
    character_at = require("pypdfium2.raw", "pdf").FPDFText_GetUnicode
    raw, words = textpage.raw, list[_Word]()
    letters: list[str] = []
    first = 0
    count = textpage.count_chars()
    for at in range(count + 1):
        character = chr(character_at(raw, at) % 0x110000) if at < count else "\n"
        if not _SPACE.match(character) and character not in _HYPHENS and character != "\0":
            if not letters:
                first = at
            letters.append(character)
            continue
        if letters:
            words.append(_Word(_whole("".join(letters)), first, at - 1))
            letters = []
        if character in "\n\r" or character in _HYPHENS:
            yield words, character in _HYPHENS and bool(words)
            words = []


def _whole(word: str) -> str:
    """Return a word without soft hyphens, the halves of rare characters put together."""
    joined = word.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _has_halves(word) else word
    return joined.replace(_SOFT_HYPHEN, "") if not joined.endswith(_SOFT_HYPHEN) else joined


def _has_halves(word: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in word)


class _Boxes:
    """Asks where characters stand."""

    def __init__(self, textpage: Any) -> None:
        self._raw = textpage.raw
        self._pdfium = require("pypdfium2.raw", "pdf")
        self._box = self._pdfium.FS_RECTF()

    def pieces(self, words: Sequence[_Word], *, hyphenated: bool) -> list[Piece]:
        """Return the pieces of a line."""
        pieces: list[Piece] = []
        for word in words:
            size = self._pdfium.FPDFText_GetFontSize(self._raw, word.first)
            left, bottom, _, top = self._place(word.first)
            right = self._place(word.last)[2] if word.last != word.first else self._place(word.first)[2]
            before = pieces[-1] if pieces else None
            if before and left - before.right <= _GAP * max(size, before.size):
                pieces[-1] = before._replace(text=f"{before.text} {word.text}", right=max(right, before.right))
            else:
                pieces.append(Piece(word.text, left, right, bottom, top, size or top - bottom))
        if pieces and hyphenated:
            pieces[-1] = pieces[-1]._replace(hyphenated=True)
        elif pieces and pieces[-1].text.endswith(_SOFT_HYPHEN):
            pieces[-1] = pieces[-1]._replace(text=pieces[-1].text.rstrip(_SOFT_HYPHEN), hyphenated=True)
        return [piece for piece in pieces if piece.text]

    def _place(self, index: int) -> tuple[float, float, float, float]:
        if not self._pdfium.FPDFText_GetLooseCharBox(self._raw, index, byref(self._box)):
            return 0.0, 0.0, 0.0, 0.0
        return self._box.left, self._box.bottom, self._box.right, self._box.top
