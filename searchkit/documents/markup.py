"""A tree of HTML elements, or of trafilatura's, to blocks of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze
from searchkit.types import MarkKind

if TYPE_CHECKING:
    from lxml.etree import _Element

_HEADINGS = {f"h{level}": level for level in range(1, 7)} | {"head": 2}
_LISTS = frozenset({"ul", "ol", "dl", "list"})
_ITEMS = frozenset({"li", "item", "dt", "dd"})
_CELLS = frozenset({"td", "th", "cell"})
_ROWS = frozenset({"tr", "row"})
_BREAKS = frozenset({"br", "lb"})
_INLINE = frozenset(
    ("a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "hi", "i", "ins", "kbd",
     "label", "mark", "q", "ref", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr")
)  # fmt: skip
_SKIPPED = frozenset(
    ("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "head", "nav", "form", "button",
     "select", "textarea", "input", "audio", "video", "canvas", "graphic", "title")
)  # fmt: skip


@dataclass(slots=True)
class _Flow:
    """Blocks, and the words of the paragraph that is being read."""

    blocks: Blocks
    kind: MarkKind | None = None
    words: list[str] = field(default_factory=list)

    def flush(self) -> None:
        """End the paragraph."""
        lines = "".join(self.words).split("\n")
        self.words.clear()
        self.blocks.add("\n".join(squeeze(line) for line in lines).strip(), self.kind)


def add_blocks(element: _Element, blocks: Blocks) -> None:
    """Append what stands in an element to `blocks`, in order."""
    flow = _Flow(blocks)
    _read(element, flow)
    flow.flush()


def _read(element: _Element, flow: _Flow) -> None:
    flow.words.append(_one_line(element.text))
    for child in element:
        if isinstance(child.tag, str):
            _read_child(child, child.tag.rpartition("}")[2].lower(), flow)
        flow.words.append(_one_line(child.tail))


def _read_child(child: _Element, tag: str, flow: _Flow) -> None:
    if tag in _BREAKS:
        flow.words.append("\n")
    elif tag in _INLINE and not (tag == "code" and _is_block(child)):
        _read(child, flow)
    elif tag not in _SKIPPED or (tag == "head" and child.get("rend")):
        flow.flush()
        _add_block(child, tag, flow)
        flow.flush()


def _add_block(element: _Element, tag: str, flow: _Flow) -> None:
    if tag in _HEADINGS:
        flow.blocks.add(squeeze(_text(element)), "heading", _level(element, tag))
    elif tag in _LISTS:
        flow.blocks.add("\n".join(_list_lines(element, 0)), "list")
    elif tag == "table" and not element.xpath(".//*[local-name()='table']"):
        _add_table(element, flow)
    elif tag in ("pre", "code") or (tag == "quote" and not len(element) and _is_block(element)):
        flow.blocks.add(_text(element), "code")  # a <pre> without <code> comes from trafilatura as a quote
    elif tag == "figcaption":
        flow.blocks.add(squeeze(_text(element)), "caption")
    else:
        _read(element, flow)


def _is_block(code: _Element) -> bool:
    return "\n" in _text(code).strip()


def _level(element: _Element, tag: str) -> int:
    stated = element.get("rend") or ""
    return _HEADINGS.get(stated, _HEADINGS[tag])


def _list_lines(element: _Element, depth: int) -> Iterator[str]:
    for child in element:
        if not isinstance(child.tag, str):
            continue
        tag = child.tag.rpartition("}")[2].lower()
        if tag in _ITEMS:
            if words := squeeze("".join(_own_words(child))):
                yield f"{'  ' * depth}- {words}"
            yield from _list_lines(child, depth + 1)
        elif tag in _LISTS or tag == "div":
            yield from _list_lines(child, depth)


def _own_words(item: _Element) -> Iterator[str]:
    """Yield an item's words without those of lists inside it."""
    yield item.text or ""
    for child in item:
        if isinstance(child.tag, str) and child.tag.rpartition("}")[2].lower() not in _LISTS | _SKIPPED:
            yield " " if child.tag not in _INLINE else ""
            yield from _own_words(child)
        yield child.tail or ""


def _add_table(table: _Element, flow: _Flow) -> None:
    rows = [element for element in table.iter() if _named(element, _ROWS)]
    texts = [[squeeze(_text(cell)) for cell in row if _named(cell, _CELLS)] for row in rows]
    if max(map(len, texts), default=0) < 2:  # a table for layout
        _read(table, flow)
        return
    flow.blocks.add("\n".join(" | ".join(cells) for cells in texts if any(cells)), "table")


def _named(element: _Element, names: frozenset[str]) -> bool:
    return isinstance(element.tag, str) and element.tag.rpartition("}")[2].lower() in names


def _text(element: _Element) -> str:
    return "".join(str(text) for text in element.itertext())


def _one_line(text: str | None) -> str:
    return (text or "").replace("\n", " ")
