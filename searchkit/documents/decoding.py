"""Bytes to text: byte order marks, UTF-8, then a guess that is checked."""

from __future__ import annotations

import codecs
import re

from searchkit.errors import DocumentError

_BYTE_ORDER_MARKS = (  # UTF-32 first: its mark begins with the one of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What editors and web pages wrote before UTF-8; with all that Python knows, German is taken for Icelandic on a Mac.
_LEGACY = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso8859_2", "koi8_r",
    "koi8_u", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "tis_620",
)  # fmt: skip
_SAMPLE = 65_536  # bytes looked at to tell text from binary and to guess an encoding
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_CONTROL = 0.01  # share of control characters above which a file is no text
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def decode(data: bytes, name: str) -> str:
    """Return the text of a file: no byte order mark, one kind of newline. Errors: DocumentError for binary data."""
    encoding, mark = find_encoding(data, name, whole=True)
    try:
        text = data[mark:].decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{name} is not valid {encoding}: byte {error.start + mark} does not decode. Save it as UTF-8."
        ) from error
    return clean(unify_newlines(text))


def find_encoding(data: bytes, name: str, *, whole: bool) -> tuple[str, int]:
    """Return the encoding of `data` and the length of its byte order mark.

    `whole` is False where `data` is only the beginning of a file, perhaps cut inside a character.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    sample = data[:_SAMPLE]
    if b"\x00" in sample:
        return _wide_encoding(sample, name), 0
    if _is_utf8(data, whole=whole):
        _refuse_binary(sample.decode("utf-8", "ignore"), name)
        return "utf-8", 0
    return _guess(sample, name), 0


def clean(text: str) -> str:
    """Replace what no database or UTF-8 file can hold (NUL, half surrogate pairs) one for one by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def unify_newlines(text: str) -> str:
    """Return `text` with the line ends of Windows and old Macs as those of Unix."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _is_utf8(data: bytes, *, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _wide_encoding(sample: bytes, name: str) -> str:
    """Return the UTF-16 that a sample with zero bytes but no byte order mark is in."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 2 > len(sample) * 0.4 and min(even, odd) * 20 < max(even, odd):
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        _refuse_binary(sample.decode(encoding, "ignore"), name)
        return encoding
    raise DocumentError(f"{name} is a binary file, not text. Remove it or exclude it.")


def _guess(sample: bytes, name: str) -> str:
    """Return the likeliest legacy encoding."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - 60 ms that only old files cost

    _refuse_binary(sample.decode("latin-1").translate(_HIGH_CONTROLS), name)
    best = from_bytes(sample, cp_isolation=list(_LEGACY)).best()
    if best is None:
        raise DocumentError(f"{name} is in an encoding that cannot be told. Save it as UTF-8.")
    return best.encoding


_HIGH_CONTROLS = dict.fromkeys(range(0x80, 0xA0), "x")  # letters in the code pages of Windows and DOS


def _refuse_binary(text: str, name: str) -> None:
    if len(_CONTROL.findall(text)) > max(1, len(text) * _MOST_CONTROL):
        raise DocumentError(f"{name} is a binary file, not text. Remove it or exclude it.")
