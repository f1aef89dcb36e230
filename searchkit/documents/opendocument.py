"""OpenDocument text (.odt): headings, paragraphs, lists and tables of content.xml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from searchkit.documents.archives import open_archive, read_xml
from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze
from searchkit.documents.properties import metadata_of
from searchkit.types import Document

if TYPE_CHECKING:
    from lxml.etree import _Element

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_PROPERTIES = {
    "title": "title", "creator": "author", "initial-creator": "author", "date": "date", "creation-date": "date",
    "language": "language", "subject": "description", "keyword": "tags",
}  # fmt: skip
_LEFT_OUT = frozenset({f"{_OFFICE}annotation", f"{_TEXT}note", f"{_TEXT}tracked-changes", f"{_TEXT}sequence-decls"})
_SPACES = {f"{_TEXT}s": " ", f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}


def read_odt(data: bytes, doc_id: str) -> Document:
    """Return the document of an OpenDocument text."""
    with open_archive(data) as archive:
        content = read_xml(archive, "content.xml")
        properties = _properties(read_xml(archive, "meta.xml")) if "meta.xml" in archive.namelist() else {}
    blocks = Blocks()
    body = content.find(f"{_OFFICE}body/{_OFFICE}text")
    for element in content if body is None else body:
        _add(element, blocks)
    title, metadata = metadata_of(properties)
    return blocks.document(doc_id, title, metadata)


def _add(element: _Element, blocks: Blocks) -> None:
    tag = element.tag
    if tag == f"{_TEXT}h":
        blocks.add(squeeze(_words(element)), "heading", int(element.get(f"{_TEXT}outline-level") or 1))
    elif tag == f"{_TEXT}p":
        blocks.add(_words(element))
    elif tag == f"{_TEXT}list":
        blocks.add("\n".join(_items(element, 0)), "list")
    elif tag == f"{_TABLE}table":
        rows = (
            [squeeze(_words(cell)) for cell in row.iter(f"{_TABLE}table-cell")]
            for row in element.iter(f"{_TABLE}table-row")
        )
        blocks.add("\n".join(" | ".join(cells) for cells in rows if any(cells)), "table")
    elif tag not in _LEFT_OUT:
        for child in element:
            _add(child, blocks)


def _items(listing: _Element, depth: int) -> Iterator[str]:
    for item in listing.iter(f"{_TEXT}list-item"):
        if item.getparent() is not listing:
            continue
        words = squeeze(" ".join(_words(child) for child in item if child.tag != f"{_TEXT}list"))
        if words:
            yield f"{'  ' * depth}- {words}"
        for child in item.findall(f"{_TEXT}list"):
            yield from _items(child, depth + 1)


def _words(element: _Element) -> str:
    """Return an element's text with its spaces, tabs and line breaks; notes and comments left out."""
    parts = [str(element.text or "")]
    for child in element:
        if child.tag in _SPACES:
            parts.append(_SPACES[str(child.tag)])
        elif child.tag not in _LEFT_OUT:
            parts.append(_words(child))
        parts.append(str(child.tail or ""))
    return "".join(parts)


def _properties(meta: _Element) -> dict[str, str]:
    stated: dict[str, str] = {}
    for element in meta.iter():
        name = str(element.tag).rpartition("}")[2]
        if name in _PROPERTIES and element.text:
            stated.setdefault(_PROPERTIES[name], element.text)
    return stated
