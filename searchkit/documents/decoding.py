"""Bytes to text: byte order marks, UTF-8 even where a byte is bad, then a guess that is checked."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import NamedTuple

from searchkit.documents.guessing import guess_encoding
from searchkit.errors import DocumentError
from searchkit.types import Omission

_BYTE_ORDER_MARKS = (  # UTF-32 first: its mark begins with the one of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 65_536  # bytes looked at to tell text from binary and to guess an encoding
_CONTROL = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1e]")  # backspaces print bold, \x1f parts the nodes of Info
_MOST_CONTROL = 0.01  # share of control characters above which a file is no text
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_INFO_TAG = re.compile(r"\x00\x08\[[^\]]*\x00\x08\]")  # how GNU Info manuals mark an index or a picture
_UNDECODED = re.compile(r"[\udc80-\udcff]")  # what Python's surrogateescape makes of bytes that do not decode
_SURELY_UTF8 = 4  # characters of several bytes for each bad byte


class Decoded(NamedTuple):
    """A text, and how many bytes of it could not be read."""

    text: str
    bad: int = 0

    @property
    def omitted(self) -> tuple[Omission, ...]:
        """Return the account of the bytes that could not be read."""
        return bad_bytes(self.bad)


def bad_bytes(count: int) -> tuple[Omission, ...]:
    """Return the account of bytes that are in no encoding, () for none."""
    return (
        (Omission("bad bytes", "they are no text in the file's encoding; \ufffd stands for each", count),)
        if count
        else ()
    )


def decode(data: bytes, name: str) -> str:
    """Return the text of a file: no byte order mark, one kind of newline. Errors: DocumentError for binary data."""
    return decoded(data, name).text


def decoded(data: bytes, name: str) -> Decoded:
    """Return the text of a file and how many of its bytes are bad. Errors: DocumentError for binary data."""
    encoding, mark = find_encoding(data, name, whole=True)
    if encoding == "utf-8":
        text = data[mark:].decode("utf-8", "surrogateescape")
    else:
        text = data[mark:].decode(encoding, "replace")
    text = _INFO_TAG.sub("", text) if "\x00" in text else text
    bad = bad_signs(text) if encoding == "utf-8" else text.count("\ufffd")
    return Decoded(clean(unify_newlines(text)), bad + text.count("\x00"))


def bad_signs(text: str) -> int:
    """Return how many bytes surrogateescape could not decode."""
    return 0 if text.isascii() else len(_UNDECODED.findall(text))


def find_encoding(data: bytes, name: str, *, whole: bool) -> tuple[str, int]:
    """Return the encoding of `data` and the length of its byte order mark.

    `whole` is False where `data` is only the beginning of a file, perhaps cut inside a character. "utf-8" may hold
    bytes that are none.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    sample = data[:_SAMPLE]
    if b"\x00" in sample and (wide := _wide_encoding(sample)):
        return wide, 0
    if _is_utf8(data, whole=whole):
        _refuse_binary(sample.decode("utf-8", "ignore"), name)
        return "utf-8", 0
    _refuse_binary(sample.decode("latin-1").translate(_HIGH_CONTROLS), name)
    beginning = next((at for at, byte in enumerate(data) if byte > 0x7F), 0)
    part = sample if beginning < _SAMPLE // 2 else data[max(0, beginning - 1_024) : beginning + _SAMPLE]
    if encoding := guess_encoding(part):
        return encoding, 0
    raise DocumentError(f"{name} is in an encoding that cannot be told. Save it as UTF-8.")


def clean(text: str) -> str:
    """Return `text` with letters and their accents composed (NFC), U+FFFD for what no database or file can hold."""
    if text.isascii() and "\x00" not in text:
        return text
    text = text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def unify_newlines(text: str) -> str:
    """Return `text` with the line ends of Windows and old Macs as those of Unix."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def is_text(sample: bytes) -> bool:
    """Tell whether the beginning of a file is text in any encoding."""
    try:
        find_encoding(sample, "", whole=False)
    except DocumentError:
        return False
    return bool(sample.strip())


def _is_utf8(data: bytes, *, whole: bool) -> bool:
    """Tell whether data is UTF-8, a few bad bytes aside."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError:
        text = data.decode("utf-8", "surrogateescape")
        bad = bad_signs(text)
        beyond = sum(character > "\x7f" for character in text) - bad
        return beyond > _SURELY_UTF8 * bad
    return True


def _wide_encoding(sample: bytes) -> str:
    """Return the UTF-16 that a sample with zero bytes but no byte order mark is in, "" for another encoding.

    Half of the bytes of Latin letters are zeros; of other scripts only spaces, digits and newlines have one, all at
    even or all at odd places.
    """
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if min(even, odd) * 20 >= max(even, odd):
        return ""
    rest = sample.replace(b"\x00", b"")
    if rest.isascii() and max(even, odd) * 2 <= len(sample) * 0.4 and not _is_binary(rest.decode("ascii")):
        return ""  # a zero byte now and then in a text of one byte a letter
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if max(even, odd) * 2 > len(sample) * 0.4:
        return "" if _is_binary(sample.decode(encoding, "ignore")) else encoding
    text = sample[: len(sample) // 2 * 2].decode(encoding, "replace")
    strange = sum(unicodedata.category(character) in _STRANGE or character == "\ufffd" for character in text[:4_096])
    scripts = {unicodedata.name(character, "?").split()[0] for character in text[:4_096] if character.isalpha()}
    return encoding if strange <= 1 and len(scripts) <= _MOST_SCRIPTS and len(text) > 1 else ""


_STRANGE = frozenset({"Cs", "Co", "Cn"})
_MOST_SCRIPTS = 4  # in one text; bytes of something else make letters of many
_HIGH_CONTROLS = dict.fromkeys(range(0x80, 0xA0), "x")  # letters in the code pages of Windows and DOS


def _is_binary(text: str) -> bool:
    text = _INFO_TAG.sub("", text)
    return len(_CONTROL.findall(text)) > max(1, len(text) * _MOST_CONTROL)


def _refuse_binary(text: str, name: str) -> None:
    if _is_binary(text):
        raise DocumentError(f"{name} is a binary file, not text. Remove it or exclude it.")
