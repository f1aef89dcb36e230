"""What a file holds, by its beginning."""

from __future__ import annotations

import json
import re

from searchkit.documents.decoding import decode, find_encoding
from searchkit.errors import DocumentError

HEAD = 8_192  # bytes that are looked at

_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd",
             b"!<arch>", b"\xed\xab\xee\xdb")  # fmt: skip
_MAIL_HEADER = re.compile(
    r"(?:From|To|Subject|Date|Received|Return-Path|Message-ID|MIME-Version|Delivered-To):\s", re.I
)
_ANY_HEADER = re.compile(r"[!-9;-~]+:(?:\s|$)|\s+\S")
_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)*(?:<!doctype html|<html[\s>])", re.IGNORECASE | re.DOTALL)
_ROFF = re.compile(r"(?:['.]\\\"|\.\\\"|'\\\"|\.(?:TH|Dd|de|so|ds|nr|if|ie|SH|Sh)\b)")
_MBOX = re.compile(r"From \S+.*\d{4}")
_SENTENCE = re.compile(r"[^\W\d_]{2,}(?:[,;]?\s+[^\W_]{1,}){3,}")
_CODE_LINE = re.compile(r"[;{}\\]\s*$|^\s*(?:[#/]{1,2}(?:include|define)|import\s|return\b|</?\w+)|^[\w.]+\s*=\s*\S")
_MOST_CODE = 0.25  # share of lines


def sniff(head: bytes) -> str:
    """Return what a file holds: "text", "html", "mail" … "code", "archive", "empty", "" for what is no text."""
    if not head.strip():
        return "empty" if not head else ""
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"%!PS"):
        return ""  # a program that draws pages
    if head.startswith(_ARCHIVES) or head[257:262] == b"ustar":
        return "archive"
    text = _text(head)
    return "" if text is None else _kind(text)


def is_prose(head: bytes) -> bool:
    """Tell whether a text is made of words rather than of code or data."""
    lines = [line for line in (_text(head) or "").split("\n") if line.strip()]
    code = sum(bool(_CODE_LINE.search(line)) for line in lines)
    return bool(lines) and code <= _MOST_CODE * len(lines) and any(map(_SENTENCE.search, lines))


def _text(head: bytes) -> str | None:
    try:
        encoding, mark = find_encoding(head, "", whole=len(head) < HEAD)
    except DocumentError:
        return None
    return head[mark:].decode(encoding, "replace").replace("\r\n", "\n") if len(head) == HEAD else decode(head, "")


def _kind(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    is_page = bool(_HTML.match(text))
    if first.startswith("<?xml"):
        return "html" if is_page or "<html" in text[:2_000].lower() else "xml"
    found = (
        ("code", first.startswith("#!")),
        ("html", is_page),
        ("mbox", bool(_MBOX.match(text))),
        ("info", "\x1f\n" in text),
        ("man", _is_roff(text)),
    )
    return next((kind for kind, holds in found if holds), "") or _data(text, first) or _words(text)


def _words(text: str) -> str:
    return "mail" if _is_mail(text) else "text"


def _data(text: str, first: str) -> str:
    if first.startswith(("{", "[")):
        try:
            json.loads(first)
        except (ValueError, RecursionError):
            return "json" if re.match(r'[{\[]\s*(?:["{\[\d]|$)', text.lstrip()) else ""
        return "jsonl" if first.startswith("{") and text.strip().count("\n") else "json"
    return ""


def _is_roff(text: str) -> bool:
    lines = [line for line in text.split("\n")[:60] if line.strip()]
    requests = sum(line.startswith((".", "'")) for line in lines)
    return bool(lines) and bool(_ROFF.match(lines[0])) and requests >= max(1, len(lines) // 4)


def _is_mail(text: str) -> bool:
    """Tell whether a text begins with the headers of a message, two known ones among them."""
    head = text.partition("\n\n")[0].split("\n")
    known = sum(bool(_MAIL_HEADER.match(line)) for line in head)
    return known > 1 and all(map(_ANY_HEADER.match, head))
