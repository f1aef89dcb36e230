"""Headers and parts of mails as text, whatever the program that wrote them left out."""

from __future__ import annotations

import re
from base64 import b64decode
from email.message import Message
from quopri import decodestring
from typing import Any

from searchkit.documents.decoding import bad_signs, clean, decoded, unify_newlines
from searchkit.documents.lines import squeeze
from searchkit.errors import DocumentError

_UNSTATED = frozenset({"", "us-ascii", "ascii", "unknown-8bit", "binary", "x-unknown", "default"})
_BETWEEN_ENCODED_WORDS = re.compile(r"(\?=)\s+(=\?[^?\s]+\?[bBqQ]\?)")
_ENCODED_WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=")


def header_text(message: Message, name: str) -> str:
    """Return a header's text on one line; bytes that no charset was stated for are read as a text's."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    if bad_signs(raw):
        raw = _as_text(raw.encode("utf-8", "surrogateescape"))[0] or ""
    return clean(squeeze(_encoded_words(raw)))


def _encoded_words(raw: str) -> str:
    """Return a header with its encoded words ("=?utf-8?q?N=C6=B0?=") as text; one may end inside a character."""
    parts: list[tuple[bytes, str]] = []
    done = 0
    raw = _BETWEEN_ENCODED_WORDS.sub(r"\1\2", raw)
    for match in _ENCODED_WORD.finditer(raw):
        if match.start() > done:
            parts.append((raw[done : match.start()].encode("utf-8", "surrogateescape"), "utf-8"))
        charset, data = match[1].partition("*")[0].lower(), _word_bytes(match[2].lower(), match[3])
        if parts and match.start() == done and parts[-1][1] == charset:
            data = parts.pop()[0] + data
        parts.append((data, charset))
        done = match.end()
    parts.append((raw[done:].encode("utf-8", "surrogateescape"), "utf-8"))
    return "".join(_decoded(data, charset) for data, charset in parts)


def _word_bytes(form: str, word: str) -> bytes:
    if form == "b":
        try:
            return b64decode(word + "=" * (-len(word) % 4))
        except ValueError:
            return word.encode()
    return decodestring(word.encode(), header=True)


def _decoded(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def text_of_part(part: Message) -> tuple[str | None, int]:
    """Return a part's text and how many of its bytes are bad; None for a part that is no text."""
    try:
        payload: Any = part.get_payload(decode=True)
    except (ValueError, LookupError, AttributeError):
        payload = part.get_payload()
    if isinstance(payload, str):
        payload = payload.encode("utf-8", "surrogateescape")
    if not isinstance(payload, bytes):
        return None, 0
    charset = _charset(part)
    if charset not in _UNSTATED:
        try:
            return clean(unify_newlines(payload.decode(charset))), 0
        except LookupError:
            pass
        except UnicodeDecodeError:
            return _damaged(payload, charset)
    return _as_text(payload)


def _charset(part: Message) -> str:
    try:
        return (part.get_content_charset() or "").lower()
    except (AttributeError, IndexError, ValueError, TypeError, LookupError):
        return ""


def _damaged(payload: bytes, charset: str) -> tuple[str | None, int]:
    """Return text that is not what it says, as it says or, if it is UTF-8, as that."""
    try:
        return clean(unify_newlines(payload.decode("utf-8"))), 0
    except UnicodeDecodeError:
        text = payload.decode(charset, "replace")
        return clean(unify_newlines(text)), text.count("\ufffd")


def _as_text(payload: bytes) -> tuple[str | None, int]:
    if not payload.strip():
        return "", 0
    try:
        found = decoded(payload, "it")
    except DocumentError:
        return None, 0
    return found.text, found.bad
