"""E-mail messages: headers as metadata, the plain or HTML body as text."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses
from typing import cast

from searchkit.documents.dates import parse_date
from searchkit.documents.decoding import clean, unify_newlines
from searchkit.documents.lines import squeeze
from searchkit.documents.properties import Value
from searchkit.errors import DocumentError
from searchkit.types import Document


def read_mail(data: bytes, doc_id: str) -> Document:
    """Return the document of a message. Errors: DocumentError for what has no headers of a message."""
    message = message_from_bytes(data, policy=policy.default)
    if not any(name in message for name in ("from", "to", "subject", "date", "received", "message-id")):
        raise DocumentError("no e-mail message: it has none of the headers From, To, Subject, Date.")
    title = clean(squeeze(_header(message, "subject")))
    body = message.get_body(preferencelist=("plain", "html"))
    text = _content(body) if body else ""
    metadata = _headers(message)
    if body is not None and body.get_content_type() == "text/html" and text.strip():
        return _html_document(text, doc_id, title, metadata)
    return Document(doc_id, text, title, metadata)


def _html_document(html: str, doc_id: str, title: str, metadata: dict[str, Value]) -> Document:
    from searchkit.documents.webpage import read_html  # noqa: PLC0415 - brings lxml and trafilatura

    page = read_html(html, doc_id)
    return Document(doc_id, page.text, title or page.title, metadata, page.marks)


def _content(part: MIMEPart) -> str:
    try:
        content = part.get_content()
    except LookupError:  # a charset that Python does not know
        content = cast("bytes", part.get_payload(decode=True)).decode("utf-8", "replace")
    return clean(unify_newlines(str(content)))


def _headers(message: EmailMessage) -> dict[str, Value]:
    sender, receivers = _people(message, "from"), _people(message, "to") + _people(message, "cc")
    attachments = [part.get_filename() for part in message.iter_attachments()] if message.is_multipart() else []
    found: dict[str, Value] = {
        "date": parse_date(_header(message, "date")),
        "authors": [*sender],
        "to": [*receivers],
        "attachments": [clean(name) for name in attachments if name],
        "message_id": clean(_header(message, "message-id").strip()),
    }
    return {key: value for key, value in found.items() if value}


def _people(message: EmailMessage, header: str) -> list[str]:
    """Return names, or addresses without one."""
    addresses = getaddresses([_header(message, header)])
    return [clean(squeeze(name or address)) for name, address in addresses if name or address]


def _header(message: EmailMessage, name: str) -> str:
    """Return a header's text; as it stands where Python's own parser stumbles over a malformed one."""
    try:
        return str(message.get(name, ""))
    except (AttributeError, IndexError, ValueError, TypeError):
        return next((str(value) for key, value in message.raw_items() if key.lower() == name), "")
