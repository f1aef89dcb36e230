"""A tree of HTML elements, or of trafilatura's, to blocks of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from searchkit.documents.blocks import Blocks
from searchkit.documents.headings import BOLD, heads_by_type
from searchkit.documents.lines import squeeze
from searchkit.documents.tables import add_table
from searchkit.types import MarkKind

if TYPE_CHECKING:
    from lxml.etree import _Element

_HEADINGS = {f"h{level}": level for level in range(1, 7)} | {"head": 2}
_LISTS = frozenset({"ul", "ol", "dl", "list", "menu", "dir"})
_ITEMS = frozenset({"li", "item", "dt", "dd"})
_CELLS = frozenset({"td", "th", "cell"})
_ROWS = frozenset({"tr", "row"})
_BREAKS = frozenset({"br", "lb"})
_INLINE = frozenset(
    ("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "button", "cite", "code", "data", "del", "dfn", "em", "font",
     "hi", "i", "ins", "kbd", "label", "legend", "mark", "math", "meter", "mfrac", "mi", "mn", "mo", "mrow", "msub",
     "msup", "mtext", "nobr", "output", "progress", "q", "rb", "ref", "rp", "rt", "ruby", "s", "samp", "semantics",
     "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr")
)  # fmt: skip
_SKIPPED = frozenset(
    ("script", "style", "noscript", "template", "svg", "iframe", "object", "head", "nav", "select", "textarea", "input",
     "audio", "video", "canvas", "graphic", "title", "annotation", "annotation-xml", "datalist", "map", "embed")
)  # fmt: skip
_APART = frozenset({"pre", "table", "dl", "details", "blockquote", "figure", *(f"h{n}" for n in range(1, 7))})
_LONG_ITEM = 600  # characters: an item of several such paragraphs is text, not a line of a list
_LONG_CELL = 400  # characters of a cell with blocks in it: the table is for layout
_MOST_ROWS_SPANNED = 1_000
_SHORT_BUTTON = 2  # words: "Copy", "Show more"
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BULLET = re.compile(r"^\s*- ")


@dataclass(slots=True)
class _Flow:
    """Blocks, and the words of the paragraph that is being read. `lead` stands above the next block, in one with it."""

    blocks: Blocks
    kind: MarkKind | None = None
    words: list[str] = field(default_factory=list)
    lead: str = ""

    def flush(self) -> None:
        """End the paragraph."""
        if not self.words:
            return
        lines = "".join(self.words).split("\n")
        self.words.clear()
        self.add("\n".join(squeeze(line) for line in lines).strip(), self.kind)

    def add(self, text: str, kind: MarkKind | None = None, level: int = 0) -> None:
        """Append a block, below what leads to it."""
        if not text.strip():
            return
        lead, self.lead = self.lead, ""
        if lead and kind in (None, "list"):
            self.blocks.add(f"{lead}\n{text}", kind, level)
            return
        self.blocks.add(lead)
        self.blocks.add(text, kind, level)

    def lead_out(self) -> None:
        """Append what leads to the next block, by itself."""
        self.blocks.add(self.lead)
        self.lead = ""


def add_blocks(element: _Element, blocks: Blocks) -> None:
    """Append what stands in an element to `blocks`, in order."""
    flow = _Flow(blocks)
    _read(element, flow)
    flow.flush()
    flow.lead_out()


def is_hidden(element: _Element) -> bool:
    """Tell whether a page does not show an element, now or when somebody opens it."""
    if element.get("role") == "navigation":
        return True
    if element.get("hidden") is not None:
        return element.get("hidden") != "until-found" and element.get("role") != "tabpanel"
    return bool(_HIDDEN.search(element.get("style") or "")) and element.get("role") != "tabpanel"


def _read(element: _Element, flow: _Flow) -> None:
    flow.words.append(_one_line(element.text))
    for child in element:
        if isinstance(child.tag, str):
            _read_child(child, _tag(child), flow)
        flow.words.append(_one_line(child.tail))


def _read_child(child: _Element, tag: str, flow: _Flow) -> None:
    if tag in _BREAKS:
        flow.words.append("\n")
    elif tag == "img":
        flow.words.append(f" {_one_line(child.get('alt'))} ")
    elif is_hidden(child) or (tag == "button" and _is_control(child)):
        flow.words.append(" ")
    elif tag in _INLINE and not (tag == "code" and _is_block(child)):
        _read(child, flow)
    elif tag not in _SKIPPED or (tag == "head" and child.get("rend")):
        flow.flush()
        _add_block(child, tag, flow)
        flow.flush()


def _is_control(button: _Element) -> bool:
    """Tell whether a button does something on the page, rather than being the heading of what it opens."""
    above = button.getparent()
    heads = above is not None and (_tag(above) in _HEADINGS or _tag(above) in ("dt", "summary"))
    return not heads and len(_text(button).split()) <= _SHORT_BUTTON


def _add_block(element: _Element, tag: str, flow: _Flow) -> None:
    if tag in _HEADINGS:
        flow.add(_line(element), "heading", _level(element, tag))
    elif tag == "dl" or (tag == "list" and element.get("rend") == "dl"):
        _add_definitions(element, flow)
    elif tag in _LISTS:
        _add_list(element, flow)
    elif tag == "table" and not element.xpath(".//*[local-name()='table']"):
        _add_table(element, flow)
    elif tag in ("pre", "code", "listing", "xmp") or (tag == "quote" and not len(element) and _is_block(element)):
        flow.add(_text(element), "code")  # a <pre> without <code> comes from trafilatura as a quote
    elif tag == "details":
        _add_details(element, flow)
    elif tag == "p" and _is_bold(element) and heads_by_type(_line(element)):
        flow.add(_line(element), "heading", BOLD)
    else:
        _read(element, flow)


def _is_bold(paragraph: _Element) -> bool:
    """Tell whether all that a paragraph says is in bold type."""
    inner = [child for child in paragraph if isinstance(child.tag, str) and _text(child).strip()]
    outside = "".join(text or "" for text in (paragraph.text, *(child.tail for child in paragraph)))
    return (
        bool(inner)
        and not outside.strip()
        and all(_tag(child) in ("b", "strong") or child.get("rend") == "#b" for child in inner)
    )


def _add_details(element: _Element, flow: _Flow) -> None:
    """Append what can be opened: its summary, mostly a question, in one block with the beginning of its answer."""
    summary = next((child for child in element if isinstance(child.tag, str) and _tag(child) == "summary"), None)
    if summary is None:
        _read(element, flow)
        return
    flow.blocks.add(flow.lead)
    flow.lead = _line(summary)
    flow.words.append(_one_line(element.text))
    for child in element:
        if isinstance(child.tag, str) and child is not summary:
            _read_child(child, _tag(child), flow)
        flow.words.append(_one_line(child.tail))
    flow.flush()
    flow.lead_out()


def _is_block(code: _Element) -> bool:
    return "\n" in _text(code).strip()


def _level(element: _Element, tag: str) -> int:
    stated = element.get("rend") or ""
    return _HEADINGS.get(stated, _HEADINGS[tag])


# --- lists


def _add_list(element: _Element, flow: _Flow) -> None:
    """Append a list as lines, or, where its items hold more than lines, as what they hold."""
    if any(_holds_blocks(item) for item in element.iter() if isinstance(item.tag, str) and _tag(item) in _ITEMS):
        _read(element, flow)
    else:
        flow.add("\n".join(_list_lines(element, 0)), "list")


def _holds_blocks(item: _Element) -> bool:
    inner = [_tag(child) for child in item.iter() if isinstance(child.tag, str) and child is not item]
    return any(tag in _APART for tag in inner) or (inner.count("p") > 1 and len(_text(item)) > _LONG_ITEM)


def _list_lines(element: _Element, depth: int) -> Iterator[str]:
    if words := squeeze(element.text or ""):
        yield f"{'  ' * depth}- {words}"
    for child in element:
        if isinstance(child.tag, str) and not is_hidden(child):
            yield from _item_lines(child, depth)
        if words := squeeze(child.tail or ""):
            yield f"{'  ' * depth}- {words}"


def _item_lines(child: _Element, depth: int) -> Iterator[str]:
    tag = _tag(child)
    if tag in _ITEMS:
        if words := squeeze("".join(_own_words(child))):
            yield f"{'  ' * depth}- {words}"
        for inner in child.iter():
            if isinstance(inner.tag, str) and _tag(inner) in _LISTS and _nearest(inner, _ITEMS) is child:
                yield from _list_lines(inner, depth + 1)
    elif tag in _LISTS:
        yield from _list_lines(child, depth + 1)
    elif tag not in _SKIPPED:
        yield from _list_lines(child, depth)


def _nearest(element: _Element, names: frozenset[str]) -> _Element | None:
    """Return the nearest element of some names around another."""
    return next((above for above in element.iterancestors() if _tag(above) in names), None)


def _own_words(item: _Element) -> Iterator[str]:
    """Yield an item's words without those of lists inside it."""
    yield item.text or ""
    for child in item:
        if isinstance(child.tag, str) and _tag(child) not in _LISTS | _SKIPPED and not is_hidden(child):
            yield " " if _tag(child) not in _INLINE else ""
            yield child.get("alt") or "" if _tag(child) == "img" else ""
            yield from _own_words(child)
            yield " " if _tag(child) not in _INLINE else ""
        yield child.tail or ""


def _add_definitions(element: _Element, flow: _Flow) -> None:
    """Append terms with what they mean: a line each, or where that is long, the term above its text."""
    if not any(_holds_blocks(item) for item in element.iter() if isinstance(item.tag, str) and _tag(item) in _ITEMS):
        flow.add("\n".join(_definition_lines(element)), "list")
        return
    for item in element.iter():
        if (
            not isinstance(item.tag, str)
            or _tag(item) not in ("dt", "dd")
            or _nearest(item, _DEFINITIONS) is not element
        ):
            continue
        if _tag(item) == "dt":
            flow.flush()
            flow.lead = "\n".join(filter(None, (flow.lead, _line(item))))
        else:
            _read(item, flow)
            flow.flush()
    flow.lead_out()


_DEFINITIONS = frozenset({"dl", "list"})


def _definition_lines(element: _Element) -> Iterator[str]:
    terms: list[str] = []
    meanings: list[str] = []
    for item in element.iter():
        tag = _tag(item) if isinstance(item.tag, str) else ""
        if tag not in _ITEMS:
            continue
        if tag == "dt" or item.get("rend", "").startswith("dt"):
            if meanings:
                yield _definition(terms, meanings)
                terms, meanings = [], []
            terms.append(squeeze("".join(_own_words(item))))
        else:
            meanings.append(squeeze("".join(_own_words(item))))
    if terms or meanings:
        yield _definition(terms, meanings)


def _definition(terms: list[str], meanings: list[str]) -> str:
    said = "; ".join(filter(None, meanings))
    term = ", ".join(filter(None, terms)).rstrip(":")
    return f"- {term}: {said}" if term and said else f"- {term or said}"


# --- tables


def _add_table(table: _Element, flow: _Flow) -> None:
    rows = [[cell for cell in row if _named(cell, _CELLS)] for row in table.iter() if _named(row, _ROWS)]
    cells = [cell for row in rows for cell in row]
    if max(map(len, rows), default=0) < 2 or any(map(_is_layout, cells)):
        _read(table, flow)
        return
    for caption in table.iter("caption"):
        flow.add(_line(caption))
    flow.lead_out()
    filled = [row for row in rows if row]
    add_table(flow.blocks, list(_texts(filled)), header=bool(filled) and all(map(_is_head, filled[0])))


def _is_layout(cell: _Element) -> bool:
    inner = {_tag(child) for child in cell.iter() if isinstance(child.tag, str)}
    return len(_text(cell)) > _LONG_CELL and bool(inner & (_APART | _LISTS | {"p", "div"}))


def _is_head(cell: _Element) -> bool:
    above = {_tag(element) for element in cell.iterancestors()}
    return _tag(cell) == "th" or cell.get("role") in ("head", "columnheader") or "thead" in above


def _texts(rows: list[list[_Element]]) -> Iterator[list[str]]:
    """Yield the texts of rows of cells; one that spans rows or columns stands in its place in each row."""
    spanning: dict[int, tuple[str, int]] = {}
    for row in rows:
        texts: list[str] = []
        for cell in row:
            _fill(texts, spanning)
            words = _cell_text(cell)
            if (span := _span(cell, "rowspan")) > 1:
                spanning[len(texts)] = (words, span - 1)
            texts += [words, *[""] * (min(_span(cell, "colspan"), 100) - 1)]
        _fill(texts, spanning)
        yield texts


def _fill(texts: list[str], spanning: dict[int, tuple[str, int]]) -> None:
    while len(texts) in spanning:
        words, left = spanning.pop(len(texts))
        if left > 1:
            spanning[len(texts)] = (words, left - 1)
        texts.append(words)


def _span(cell: _Element, name: str) -> int:
    stated = (cell.get(name) or "").strip()
    return min(int(stated), _MOST_ROWS_SPANNED) if stated.isascii() and stated.isdigit() else 1


def _cell_text(cell: _Element) -> str:
    inner = Blocks()
    add_blocks(cell, inner)
    lines = (squeeze(_BULLET.sub("", line)) for part in inner.parts for line in part.split("\n"))
    return "; ".join(line for line in lines if line)


# --- words


def _named(element: _Element, names: frozenset[str]) -> bool:
    return isinstance(element.tag, str) and _tag(element) in names


def _tag(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _line(element: _Element) -> str:
    """Return an element's words on one line."""
    flow = _Flow(Blocks())
    _read(element, flow)
    flow.flush()
    return squeeze(" ".join(flow.blocks.parts))


def _text(element: _Element) -> str:
    """Return an element's text as it stands, breaks as new lines."""
    parts = [str(element.text or "")]
    for child in element:
        if isinstance(child.tag, str):
            parts.append("\n" if _tag(child) in _BREAKS else _text(child))
        parts.append(str(child.tail or ""))
    return "".join(parts)


def _one_line(text: str | None) -> str:
    return (text or "").replace("\n", " ")
