"""E-mail messages: who wrote to whom, every part that is text, what is attached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import getaddresses
from typing import Any

from searchkit.documents.blocks import Blocks
from searchkit.documents.dates import parse_date
from searchkit.documents.decoding import bad_bytes, clean
from searchkit.documents.lines import squeeze
from searchkit.documents.mailtext import header_text, text_of_part
from searchkit.documents.properties import Value
from searchkit.documents.reading import is_held_format, read_held
from searchkit.errors import DocumentError
from searchkit.types import Document, Omission

_HEADERS = ("from", "to", "subject", "date", "received", "message-id")
_SHOWN = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc")
_READ_SUFFIXES = re.compile(
    r"\.(?:txt|text|md|csv|tsv|json|log|ics|vcf|xml|ya?ml|ini|html?|eml|diff|patch)$", re.IGNORECASE
)
_ATTACHED = ("attachments", "such files in a mail are not read")
_SAID_SHARE = 0.5  # of the words of a mail's HTML that its plain text has at least, unless it is a stub
_LONGEST_STUB = 40  # words
_WORD = re.compile(r"\w+")
_DEEPEST = 20  # mails in mails


@dataclass(slots=True)
class _Reading:
    """What has been read of a message: the body with the texts in it; files of other formats; what was not read."""

    blocks: Blocks = field(default_factory=Blocks)
    files: Blocks = field(default_factory=Blocks)
    omitted: list[Omission] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    bad: int = 0


def read_mail(data: bytes, doc_id: str) -> Document:
    """Return the document of a message. Errors: DocumentError for what has no headers of a message."""
    message = message_from_bytes(data, policy=policy.default)
    if not any(name in message for name in _HEADERS):
        raise DocumentError("no e-mail message: it has none of the headers From, To, Subject, Date.")
    title, blocks, body = header_text(message, "subject"), Blocks(), _Reading()
    _read_parts(message, body, 0)
    if body.blocks.parts or title or body.names or body.unread:
        blocks.add("\n".join(_people_lines(message)))
    blocks.extend(body.blocks)
    blocks.extend(body.files)
    if title and not blocks.parts:
        blocks.add(title)
    unread = (Omission(*_ATTACHED, len(body.unread), ", ".join(body.unread)),) if body.unread else ()
    document = blocks.document(doc_id, title, _metadata(message, body.names))
    return replace(document, omitted=(*bad_bytes(body.bad), *unread, *body.omitted))


def _people_lines(message: Message) -> Iterator[str]:
    """Yield the header lines that name people, as a mail program shows them."""
    for name in _SHOWN:
        if words := header_text(message, name):
            yield f"{name}: {words}"


def _read_parts(part: Message, reading: _Reading, depth: int) -> None:
    """Read a part and those inside it, in order."""
    kind = part.get_content_type()
    payload: Any = part.get_payload()
    if kind == "message/rfc822" and isinstance(payload, list) and depth < _DEEPEST:
        for forwarded in payload:
            _read_forwarded(forwarded, reading, depth)
    elif kind == "multipart/alternative" and isinstance(payload, list):
        _read_alternatives(payload, reading, depth)
    elif isinstance(payload, list) and depth < _DEEPEST:
        for inner in payload:
            _read_parts(inner, reading, depth + 1)
    else:
        _read_leaf(part, reading)


def _read_forwarded(message: Message, reading: _Reading, depth: int) -> None:
    subject = header_text(message, "subject")
    reading.blocks.add(subject or "Forwarded message", "heading", 1 + min(depth, 4))
    date = header_text(message, "date")
    reading.blocks.add("\n".join([*_people_lines(message), *([f"Date: {date}"] if date else [])]))
    _read_parts(message, reading, depth + 1)


def _read_alternatives(parts: list[Message], reading: _Reading, depth: int) -> None:
    """Read the plain one of a text's forms; its HTML where the plain one is a stub ("view this in HTML")."""
    forms = [_Reading() for _ in parts]
    for part, form in zip(parts, forms, strict=True):
        _read_parts(part, form, depth + 1)
        reading.files.extend(form.files)
        reading.omitted += form.omitted
        reading.unread += form.unread
        reading.names += form.names
    plain = next((form for part, form in zip(parts, forms, strict=True) if _is_plain(part)), _Reading())
    richest = max((form for form in forms if form is not plain), key=lambda form: len(_words(form)), default=_Reading())
    chosen = [plain]
    if _says_more(richest, plain):
        is_stub = len(_words(plain)) < _LONGEST_STUB or not _says_more(plain, richest)
        chosen = [richest] if is_stub else [plain, richest]
    for form in chosen:
        reading.blocks.extend(form.blocks)
        reading.bad += form.bad


def _says_more(form: _Reading, other: _Reading) -> bool:
    """Tell whether most words of a form are not in another."""
    said, words = set(_words(other)), _words(form)
    return sum(word in said for word in words) < _SAID_SHARE * len(words)


def _is_plain(part: Message) -> bool:
    return part.get_content_type() == "text/plain"


def _words(form: _Reading) -> list[str]:
    return _WORD.findall(" ".join(form.blocks.parts).lower())


def _read_leaf(part: Message, reading: _Reading) -> None:
    name = clean(squeeze(_file_name(part)))
    if name:
        reading.names.append(name)
    kind = part.get_content_type()
    is_text = part.get_content_maintype() in ("text", "message", "multipart") or bool(_READ_SUFFIXES.search(name))
    if not is_text and is_held_format(name):
        _read_file(part, name, reading)
        return
    text, bad = text_of_part(part) if is_text else (None, 0)
    if text is None:
        reading.unread.append(name or kind)
        return
    reading.bad += bad
    inner = Blocks()
    if kind == "text/html" or name.lower().endswith((".html", ".htm")):
        _add_html(text, inner)
    else:
        _add_plain(text, inner)
    if inner.parts and name:
        reading.blocks.add(name, "heading", 2)
    reading.blocks.extend(inner)


def _read_file(part: Message, name: str, reading: _Reading) -> None:
    """Read a file of a format of its own below a heading with its name; what hinders that is told."""
    data: Any = part.get_payload(decode=True)
    try:
        document = read_held(name, data or b"")
    except DocumentError as error:
        reading.omitted.append(Omission("attachments", str(error), 1, name))
        return
    title = "" if document.title in document.text else document.title
    reading.files.add(": ".join(filter(None, (name, title))), "heading", 1)
    marks = [mark for mark in document.marks if mark.kind not in ("caption", "front")]
    marks = [mark._replace(level=mark.level + 1) if mark.kind == "heading" else mark for mark in marks]
    reading.files.extend(Blocks([document.text], marks, length=len(document.text)))
    reading.omitted += [replace(told, where=f"{name} {told.where}".strip()) for told in document.omitted]


def _file_name(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except (AttributeError, IndexError, ValueError, TypeError, LookupError):  # Python's parser on malformed headers
        return ""


def _add_plain(text: str, blocks: Blocks) -> None:
    for paragraph in re.split(r"\n[^\S\n]*\n", text):
        blocks.add(paragraph)


def _add_html(html: str, blocks: Blocks) -> None:
    from searchkit.documents.webpage import add_whole_page  # noqa: PLC0415 - brings lxml

    add_whole_page(html, blocks)


def _metadata(message: EmailMessage, attachments: list[str]) -> dict[str, Value]:
    found: dict[str, Value] = {
        "date": parse_date(header_text(message, "date")),
        "authors": [*_people(message, "from")],
        "to": [*_people(message, "to"), *_people(message, "cc")],
        "attachments": [*dict.fromkeys(attachments)],
        "message_id": header_text(message, "message-id"),
    }
    return {key: value for key, value in found.items() if value}


def _people(message: Message, header: str) -> list[str]:
    """Return names, or addresses without one."""
    addresses = getaddresses([header_text(message, header)])
    return [clean(squeeze(name or address)) for name, address in addresses if name or address]
