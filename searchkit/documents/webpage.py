"""Web pages: the article without what surrounds it, and what the page states about it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from searchkit.documents.blocks import Blocks
from searchkit.documents.decoding import clean, decode, unify_newlines
from searchkit.documents.frontlines import Kind, classify
from searchkit.documents.lines import says_same
from searchkit.documents.markup import add_blocks
from searchkit.documents.pagefacts import page_facts
from searchkit.errors import DocumentError
from searchkit.types import Document, Mark

if TYPE_CHECKING:
    from lxml.etree import _Element

_CHARSET = re.compile(
    rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|<\?xml[^>]{1,100}?encoding=[\"']([\w.:-]{2,40})",
    re.IGNORECASE,
)
_SURROUNDINGS = (
    "ad",
    "ads",
    "advert",
    "advertisement",
    "promo",
    "newsletter",
    "related",
    "subscribe",
    "share",
    "social",
)
_PRUNED = ["//figcaption", *(f"//*[contains(concat(' ', @class, ' '), ' {name} ')]" for name in _SURROUNDINGS)]
_FRONT_BLOCKS = 6  # blocks at the top among which standfirst, byline and date line are looked for
_FRONT_KINDS = frozenset({Kind.DATE, Kind.LABELLED_DATE, Kind.BYLINE, Kind.FIELD})


def read_webpage(data: bytes, doc_id: str) -> Document:
    """Return the document of a web page."""
    return read_html(decode_html(data, doc_id), doc_id)


def read_html(html: str, doc_id: str) -> Document:
    """Return the document of HTML as text. Errors: DocumentError if nothing can be read in it."""
    from lxml.html import document_fromstring  # noqa: PLC0415 - only pages cost the time that lxml takes

    html = _XML_DECLARATION.sub("", clean(html))
    if not html.strip():
        raise DocumentError("the page is empty.")
    page = document_fromstring(html)
    title, metadata = page_facts(page)
    blocks = Blocks()
    _add_article(html, page, blocks)
    standfirst = str(metadata.get("standfirst", ""))
    document = blocks.document(doc_id, title, metadata)
    return _with_front(document, standfirst)


def decode_html(data: bytes, name: str) -> str:
    """Return a page's text: as UTF-8 if it is, else as it says, else as it looks."""
    try:
        return unify_newlines(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        pass
    if stated := _CHARSET.search(data[:4_096]):
        try:
            encoding = (stated[1] or stated[2]).decode("ascii")
            return unify_newlines(data.decode(encoding, "replace"))
        except LookupError:
            pass
    return decode(data, name)


_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def _add_article(html: str, page: _Element, blocks: Blocks) -> None:
    """Append the article that trafilatura finds, or all that the page says where it finds none."""
    found = _extractor()(
        html,
        favor_recall=True,  # a paragraph too many costs less than one that no search will find
        include_comments=False,
        include_formatting=True,
        include_tables=True,
        with_metadata=False,
        prune_xpath=_PRUNED,
    )
    body = getattr(found, "body", None)
    add_blocks(page if body is None else body, blocks)


@cache
def _extractor() -> Callable[..., Any]:
    """Return trafilatura's extraction; what it logs about a page goes only to who asked for logs."""
    from trafilatura import bare_extraction  # noqa: PLC0415 - half a second that only web pages cost

    for name in ("trafilatura", "htmldate", "courlan"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    return bare_extraction


def _with_front(document: Document, standfirst: str) -> Document:
    """Mark standfirst, byline and date line at the top of an article as front matter."""
    taken = {mark.start for mark in document.marks}
    marks, start = list(document.marks), 0
    for part in document.text.split("\n\n")[:_FRONT_BLOCKS]:
        is_front = classify(part).kind in _FRONT_KINDS or says_same(part, standfirst)
        if is_front and start not in taken:
            marks.append(Mark(start, start + len(part), "front"))
        start += len(part) + 2
    if not marks:
        return document
    return Document(document.id, document.text, document.title, document.metadata, tuple(sorted(marks)))
