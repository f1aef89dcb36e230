"""The signs of rich text: control words, braces, and text out of bytes in many code pages."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

_TOKEN = re.compile(
    rb"\\(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9A-Fa-f]{2})|\\(?P<sign>.)"
    rb"|(?P<brace>[{}])|[\r\n\0]+|(?P<text>[^\\{}\r\n\0]+)",
    re.DOTALL,
)
_CHARSETS = {77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gbk", 136: "cp950",
             161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
             222: "cp874", 238: "cp1250"}  # fmt: skip
_PAGES = {"ansi": "cp1252", "mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_SYMBOL_CHARSET = 2  # of fonts with an order of their own: their letters are none
_DEEPEST = 5_000  # braces inside each other
_LITERAL = frozenset("\\{}")


class PlainText(NamedTuple):
    """Characters of the text."""

    text: str


class ControlWord(NamedTuple):
    """A control word or sign with its number; a brace. `opens` tells that it names a group, `optional` that who does
    not know the group may pass it over.
    """

    name: str
    number: int | None = None
    opens: bool = False
    optional: bool = False


Token: TypeAlias = PlainText | ControlWord


def tokens(data: bytes) -> Iterator[Token]:
    """Yield the signs of a file; which font and code page holds is followed here."""
    return _Tokens(data).run()


class _Tokens:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._page = "cp1252"
        self._fonts: dict[int, str | None] = {}
        self._defined = 0  # the font that the table of fonts is about
        self._stack: list[tuple[int | None, int, bool]] = []
        self._font: int | None = None
        self._skip = 1  # characters that stand in for one of Unicode, for old programs
        self._in_fonts = False
        self._bytes = bytearray()
        self._to_skip = 0

    def run(self) -> Iterator[Token]:
        opens, optional, at = False, False, 0
        while at < len(self._data):
            match = _TOKEN.match(self._data, at)
            if match is None:
                break
            at = match.end()
            if match["text"] or match["byte"]:
                opens = False
                self._add_bytes(match["text"] or bytes([int(match["byte"], 16)]))
                continue
            if match["word"] is None and match["sign"] is None and match["brace"] is None:
                continue
            yield from self._flushed()
            if match["brace"]:
                self._brace(match["brace"])
                yield ControlWord(match["brace"].decode())
                opens, optional = match["brace"] == b"{", False
            elif match["sign"] == b"*":
                optional = True
            elif match["word"]:
                name, number = match["word"].decode(), int(match["number"]) if match["number"] else None
                at += max(0, number or 0) if name == "bin" else 0
                yield from self._word(name, number, opens=opens, optional=optional)
                opens, optional = False, False
            else:
                yield from self._sign(match["sign"].decode("latin-1"))
                opens = False
        yield from self._flushed()

    def _brace(self, brace: bytes) -> None:
        self._to_skip = 0
        if brace == b"{":
            if len(self._stack) < _DEEPEST:
                self._stack.append((self._font, self._skip, self._in_fonts))
        elif self._stack:
            self._font, self._skip, self._in_fonts = self._stack.pop()

    def _add_bytes(self, data: bytes) -> None:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        self._bytes += data[skipped:]

    def _flushed(self) -> Iterator[Token]:
        """Yield the text of the bytes that have come."""
        if not self._bytes:
            return
        page = self._fonts.get(self._font, self._page) if self._font is not None else self._page
        data = bytes(self._bytes)
        self._bytes.clear()
        if self._in_fonts:
            return
        if page is None:
            yield PlainText("•")  # bullets are what such fonts are used for
        else:
            yield PlainText(data.decode(page, "replace"))

    def _word(self, name: str, number: int | None, *, opens: bool, optional: bool) -> Iterator[Token]:
        if name == "u" and number is not None:
            self._to_skip = self._skip
            if not self._in_fonts:
                yield PlainText(chr(number & 0xFFFF) if not 0xF000 <= number & 0xFFFF <= 0xF0FF else "•")
            return
        self._to_skip = 0
        if name == "uc":
            self._skip = max(0, number or 0)
        elif name == "ansicpg" and number:
            self._page = _known(f"cp{number}") or self._page
        elif name in _PAGES:
            self._page = _PAGES[name]
        elif name == "fonttbl":
            self._in_fonts = True
        elif self._in_fonts:
            self._define_font(name, number or 0)
        elif name in ("f", "plain"):
            self._font = number if name == "f" else None
        if not self._in_fonts:
            yield ControlWord(name, number, opens, optional)

    def _define_font(self, name: str, number: int) -> None:
        if name == "f":
            self._defined = number
        elif name == "fcharset" and number > 1:  # 0 and 1 are whatever the file is in
            self._fonts[self._defined] = None if number == _SYMBOL_CHARSET else _CHARSETS.get(number, self._page)

    def _sign(self, sign: str) -> Iterator[Token]:
        if self._to_skip:
            self._to_skip -= 1
        elif self._in_fonts:  # of a font's name
            return
        elif sign in _LITERAL:
            yield PlainText(sign)
        elif sign in "\r\n":
            yield ControlWord("par")
        elif sign in "~_":
            yield ControlWord(sign)


def _known(page: str) -> str | None:
    try:
        return codecs.lookup("utf-8" if page == "cp65001" else "mac_roman" if page == "cp10000" else page).name
    except LookupError:
        return None
