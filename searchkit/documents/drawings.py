"""What drawings in office files show: text boxes, pictures' descriptions, charts, diagrams, objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from searchkit.documents.account import OBJECTS, PICTURES
from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze
from searchkit.documents.numberformats import shown_text
from searchkit.documents.packages import Package, attribute, child, local_name
from searchkit.documents.tables import add_table

_SHAPE_TEXTS = frozenset({"txbxContent", "txBody"})
_DESCRIBED = frozenset({"docPr", "cNvPr"})
_FILE_NAME = re.compile(
    r"^\S+\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|webp)$", re.IGNORECASE
)  # what programs put there
_PICTURES = frozenset({"pic", "imagedata"})


def walk(element: Any) -> Iterator[Any]:
    """Yield the elements below one; of alternatives only the first, and nothing that is inside a text."""
    for node in element:
        name = local_name(node)
        if name == "AlternateContent":
            yield from walk(chosen(node))
        elif name:
            yield node
            if name not in _SHAPE_TEXTS:
                yield from walk(node)


def chosen(alternatives: Any) -> Any:
    """Return the first of the alternatives that holds something; an empty tuple without any."""
    return next((one for one in alternatives if local_name(one) in ("Choice", "Fallback") and len(one)), ())


def add_drawing(drawing: Any, package: Package, part: str, blocks: Blocks) -> list[Any]:
    """Append a drawing's descriptions, charts and diagrams; return the texts of its shapes."""
    texts: list[Any] = []
    descriptions: list[str] = []
    pictures = 0
    for node in walk(drawing):
        name = local_name(node)
        if name in _SHAPE_TEXTS:
            texts.append(node)
        elif name in _DESCRIBED:
            descriptions += _description(node, descriptions)
        elif name == "shape" and (description := squeeze(node.get("alt") or "")):
            descriptions.append(description)
        elif name in _PICTURES:
            pictures += not _is_decorative(node)
        elif name in ("OLEObject", "oleObj"):
            package.account.add(OBJECTS, node.get("ProgID") or node.get("progId") or "")
            pictures -= 1  # an object is drawn as a picture of itself
        elif name in ("chart", "relIds"):
            _add_part(node, package, part, blocks)
    if pictures > len(descriptions):
        package.account.add(PICTURES, count=pictures - len(descriptions))
    for description in descriptions:
        blocks.add(description)
    return texts


def _description(node: Any, known: list[str]) -> list[str]:
    description = squeeze(node.get("descr") or node.get("title") or "")
    named = not description or _FILE_NAME.search(description)
    return [description] if not named and description not in known else []


def _is_decorative(picture: Any) -> bool:
    return any(local_name(node) == "decorative" and node.get("val") in ("1", "true") for node in picture.iter())


def _add_part(node: Any, package: Package, part: str, blocks: Blocks) -> None:
    """Append what a chart or diagram shows, which stands in a part of its own."""
    relation = package.relations(part).get(attribute(node, "dm" if local_name(node) == "relIds" else "id") or "")
    root = package.xml(relation.target) if relation else None
    if root is None:
        return
    if local_name(node) == "chart":
        add_chart(root, blocks)
    else:
        blocks.add("\n".join(f"- {text}" for text in diagram_texts(root)), "list")


def diagram_texts(root: Any) -> Iterator[str]:
    """Yield the texts of a diagram's nodes."""
    for node in root.iter("{*}pt"):
        text = child(node, "t")
        words = squeeze(" ".join(shape_lines(text))) if text is not None else ""
        if words:
            yield words


def add_chart(root: Any, blocks: Blocks, *, values: bool = True) -> None:
    """Append a chart's titles and, unless they stand in a sheet beside it, its values as a table."""
    for title in root.iter("{*}title"):
        blocks.add(squeeze(" ".join(_drawn_or_cached(title))))
    series = list(root.iter("{*}ser")) if values else []
    names = [squeeze(" ".join(_drawn_or_cached(child(one, "tx")))) for one in series]
    columns = [dict(_points(one, ("val", "yVal", "bubbleSize"))) for one in series]
    categories: dict[int, str] = {}
    for one in series:
        categories.update(_points(one, ("cat", "xVal")))
    rows = sorted({number for column in [*columns, categories] for number in column})
    table = [[categories.get(row, ""), *(column.get(row, "") for column in columns)] for row in rows]
    if table:
        add_table(blocks, [["", *names], *table], header=any(names) or None)


def _drawn_or_cached(element: Any | None) -> Iterator[str]:
    """Yield the texts below a chart's element: drawn ones and those copied from cells."""
    for node in () if element is None else element.iter("{*}t", "{*}v"):
        yield node.text or ""


def _points(series: Any, names: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    for element in series:
        if local_name(element) not in names:
            continue
        code = next((node.text for node in element.iter("{*}formatCode")), None) or "General"
        for point in element.iter("{*}pt"):
            value = child(point, "v")
            if value is not None and (point.get("idx") or "").isdecimal():
                yield int(point.get("idx")), shown_text(value.text or "", point.get("formatCode") or code)


def shape_lines(text: Any) -> Iterator[str]:
    """Yield the paragraphs of a shape's text body."""
    for paragraph in text.iter("{*}p"):
        yield paragraph_text(paragraph)


def paragraph_text(paragraph: Any) -> str:
    """Return the text of a paragraph in a shape; the number of the slide is left out."""
    words: list[str] = []
    for node in walk(paragraph):
        name = local_name(node)
        if name == "t" and not _is_slide_number(node):
            words.append(node.text or "")
        elif name == "br":
            words.append("\n")
        elif name == "tab":
            words.append("\t")
    return "".join(words)


def _is_slide_number(node: Any) -> bool:
    parent = node.getparent()
    return local_name(parent) == "fld" and (parent.get("type") or "") == "slidenum"
