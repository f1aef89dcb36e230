"""XML that is no web page: texts as paragraphs, data as lines of "name: value"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze
from searchkit.errors import DocumentError
from searchkit.types import Document

if TYPE_CHECKING:
    from lxml.etree import _Element

_TITLES = frozenset({"title", "head", "heading", "subtitle", "titleabbrev"})
_CODE = frozenset({"programlisting", "screen", "literallayout", "code", "codeblock", "pre", "synopsis", "listing"})
_PAGE = frozenset({"html", "body"})
_FIELD = 200  # characters of a value at most; longer ones are paragraphs
_DEEPEST = 6
_FIELDS_OF_TAGS = frozenset({"xmlns", "id", "class", "style", "space"})


def read_xml_document(data: bytes, doc_id: str) -> Document:
    """Return the document of an XML file; of XHTML that of a web page. Errors: DocumentError for what is no XML."""
    from lxml import etree  # noqa: PLC0415 - only such files cost the time that lxml takes

    parser: Any = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root: _Element | None = etree.fromstring(data.lstrip(), parser)
    if root is None:
        raise DocumentError("it is no XML.")
    if _name(root) in _PAGE:
        from searchkit.documents.webpage import read_webpage  # noqa: PLC0415

        return read_webpage(data, doc_id)
    blocks = Blocks()
    fields: list[str] = []
    _read(root, blocks, fields, 0)
    _add_fields(fields, blocks)
    title = next((squeeze(_text(one)) for one in root.iter() if _name(one) in _TITLES and _text(one).strip()), "")
    return blocks.document(doc_id, title if len(title) <= _FIELD else "", {})


def _read(element: _Element, blocks: Blocks, fields: list[str], depth: int) -> None:
    """Append an element: a text as a paragraph, a short value beside its like as a field, else what is inside."""
    name = _name(element)
    fields += _attributes(element, name)
    children = [child for child in element if isinstance(child.tag, str)]
    words = squeeze(_text(element))
    if name in _CODE and words:
        _add_fields(fields, blocks)
        blocks.add(_text(element), "code")
    elif name in _TITLES and words and len(words) <= _FIELD:
        _add_fields(fields, blocks)
        blocks.add(words, "heading", max(1, min(depth, _DEEPEST)))
    elif children and not _is_mixed(element):
        for child in children:
            _read(child, blocks, fields, depth + 1)
    elif words and not children and len(words) <= _FIELD and not _is_sentence(words):
        fields.append(f"{name}: {words}")
    elif words:
        _add_fields(fields, blocks)
        blocks.add(words)
        for child in element.iter():
            if child is not element:
                fields += _attributes(child, _name(child))


def _attributes(element: _Element, name: str) -> list[str]:
    """Return an element's attributes as fields, without those that hold no words for people."""
    found = []
    for key, value in element.attrib.items():
        plain = str(key).rpartition("}")[2]
        if plain not in _FIELDS_OF_TAGS and str(value).strip():
            found.append(f"{name}.{plain}: {squeeze(str(value))}")
    return found


def _add_fields(fields: list[str], blocks: Blocks) -> None:
    if fields:
        blocks.add("\n".join(fields), "list" if len(fields) > 1 else None)
        fields.clear()


def _is_mixed(element: _Element) -> bool:
    """Tell whether words stand beside an element's children."""
    return bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)


def _is_sentence(words: str) -> bool:
    return words[-1] in ".!?" and " " in words


def _text(element: _Element) -> str:
    """Return the texts in an element, comments and instructions left out; those of blocks are parted by a space."""
    parts = [str(element.text or "")]
    for child in element:
        if isinstance(child.tag, str):
            parts.append(_text(child))
            parts.append("" if (child.tail or "").strip() else " ")
        parts.append(str(child.tail or ""))
    return "".join(parts)


def _name(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""
