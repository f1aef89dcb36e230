"""Web pages: of news the article without what surrounds it, of others all of their main text."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from searchkit.documents.blocks import Blocks
from searchkit.documents.decoding import clean, decode, unify_newlines
from searchkit.documents.frontlines import Kind, classify
from searchkit.documents.headings import without_bare_headings
from searchkit.documents.lines import says_same, squeeze
from searchkit.documents.markup import add_blocks
from searchkit.documents.pagefacts import page_facts
from searchkit.errors import DocumentError
from searchkit.types import Document, Mark, Omission

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
_SHARE = 0.5  # of a page's words and headings that the article found in it has at least, beside which much else stands
_MAIN_SHARE = 0.1  # of a page's words that its main element has, if it is one
_SAID_SHARE = 0.6  # of a description's words that are in the text, if it says nothing new
_UNSEEN = frozenset({"script", "style", "head", "noscript", "template", "svg", "select", "textarea"})
_WORD = re.compile(r"\w+")
_FRONT_BLOCKS = 6  # blocks at the top among which standfirst, byline and date line are looked for
_FRONT_KINDS = frozenset({Kind.DATE, Kind.LABELLED_DATE, Kind.BYLINE, Kind.FIELD})


def read_webpage(data: bytes, doc_id: str) -> Document:
    """Return the document of a web page."""
    return read_html(decode_html(data, doc_id), doc_id)


def read_html(html: str, doc_id: str) -> Document:
    """Return the document of HTML as text. Errors: DocumentError if nothing can be read in it."""
    html, page = _parsed(html)
    title, metadata = page_facts(page)
    is_news = bool(metadata.get("date")) and bool({"authors", "section"} & metadata.keys())
    blocks, whole, shown = Blocks(), Blocks(), _words_shown(page)
    roots = _roots(page, len(shown))
    for root in roots:
        add_blocks(root, whole)
    article = _article(html, whole) if is_news else None
    if not is_news:
        _add_unseen(page, [title, *whole.parts], blocks)
    blocks.extend(article or whole)
    document = blocks.document(doc_id, title, metadata)
    if is_news:
        document = _with_front(document, str(metadata.get("standfirst", "")))
    return replace(document, omitted=_left_out(shown, document))


def add_whole_page(html: str, blocks: Blocks) -> None:
    """Append all that HTML shows; nothing if it shows nothing."""
    if html.strip():
        try:
            add_blocks(_parsed(html)[1], blocks)
        except DocumentError:
            blocks.add(html)


def _parsed(html: str) -> tuple[str, _Element]:
    from lxml.etree import ParserError  # noqa: PLC0415 - only pages cost the time that lxml takes
    from lxml.html import document_fromstring  # noqa: PLC0415

    html = _XML_DECLARATION.sub("", clean(html))
    if not html.strip():
        raise DocumentError("the page is empty.")
    try:
        return html, document_fromstring(html)
    except ParserError as error:
        raise DocumentError("the page holds no text.") from error


def _roots(page: _Element, size: int) -> list[_Element]:
    """Return the elements that hold a page's own text: the main one, else its articles, else all of it."""
    mains = [one for one in page.iter() if one.tag == "main" or one.get("role") == "main"] or list(page.iter("article"))
    outermost = [one for one in mains if not any(other in mains for other in one.iterancestors())]
    inside = sum(len(_words_shown(one)) for one in outermost)
    return outermost if inside and inside >= _MAIN_SHARE * size else [page]


def _words_shown(element: _Element) -> list[str]:
    """Return the words that a page shows in an element, navigation too."""
    texts: list[str] = []
    stack = [element]
    while stack:
        one = stack.pop()
        if isinstance(one.tag, str) and one.tag not in _UNSEEN:
            texts += [str(one.text or ""), one.get("alt") or ""]
            texts += [str(child.tail or "") for child in one]
            stack += list(one)
    return _WORD.findall(clean(" ".join(texts)))


def _add_unseen(page: _Element, known: list[str], blocks: Blocks) -> None:
    """Append the window's title and the description where the page's text does not say the same."""
    words = set(_WORD.findall(" ".join(known).lower()))
    window = " ".join(str(text) for title in page.iter("title") for text in title.itertext())
    stated = [
        meta.get("content") or "" for meta in page.iter("meta") if (meta.get("name") or "").lower() == "description"
    ]
    for text in (window, *stated[:1]):
        own = set(_WORD.findall(clean(text).lower()))
        if len(own & words) < _SAID_SHARE * len(own):
            blocks.add(squeeze(text))


def _left_out(shown: list[str], document: Document) -> tuple[Omission, ...]:
    """Return the account of words that the page shows and the document lacks."""
    captions = document.metadata.get("captions")
    known = (document.text, document.title, *(map(str, captions) if isinstance(captions, list) else ()))
    kept = Counter(_WORD.findall(" ".join(known)))
    lost = sum((Counter(shown) - kept).values())
    return (
        (Omission("words of the page", "navigation and what surrounds the article is left out", lost),) if lost else ()
    )


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


def _article(html: str, whole: Blocks) -> Blocks | None:
    """Return the article that trafilatura finds, None if it is far less than the page shows."""
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
    if body is None:
        return None
    blocks = Blocks()
    add_blocks(body, blocks)
    enough = _size(blocks) >= _SHARE * _size(whole) and _headings(blocks) >= _SHARE * _headings(whole)
    return blocks if enough else None


def _size(blocks: Blocks) -> int:
    return sum(len(_WORD.findall(part)) for part in blocks.parts)


def _headings(blocks: Blocks) -> int:
    return sum(mark.kind == "heading" for mark in blocks.marks)


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
    return replace(document, marks=tuple(without_bare_headings(document.text, sorted(marks))))
