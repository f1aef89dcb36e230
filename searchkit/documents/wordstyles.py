"""What the styles and numberings of a Word file make of a paragraph: a heading's level, an item's number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from searchkit.documents.packages import attribute, child, local_name

_HEADING = re.compile(
    r"""^(?:heading|überschrift|titre|título|titulo|titolo|kop|rubrik|overskrift|otsikko|nagłówek|заголовок|nadpis|
      címsor|başlık|見出し|标题|標題|제목|naslov|antraštė|virsraksts|pealkiri|επικεφαλίδα|כותרת|عنوان)\s*([1-9])\b""",
    re.VERBOSE | re.IGNORECASE,
)
_TITLES = frozenset({"title", "titel", "titre", "título", "titolo", "tytuł", "название", "表題", "标题"})
_LIST = re.compile(r"^(?:list|liste|lista|elenco|lijst)\b", re.IGNORECASE)
_DEEPEST = 20  # styles that a style is based on: a guard against circles
_BODY_LEVEL = 9  # the outline level of what is no heading
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looks:
    """What a paragraph is: a heading's level from 1, 0 for none; the list it is numbered in and how deep."""

    heading: int = 0
    title: bool = False
    item: bool = False
    number: str = ""
    depth: int = 0


def heading_level(name: str) -> int:
    """Return the level of the headings that a style is for, by its name in many languages; 0 for other styles."""
    match = _HEADING.match(name)
    return int(match[1]) if match else 0


class Styles:
    """The styles of a Word file."""

    def __init__(self, root: Any | None) -> None:
        found = [style for style in (() if root is None else root) if local_name(style) == "style"]
        self._styles = {attribute(style, "styleId") or "": style for style in found}
        default = [style for style in found if attribute(style, "default") in ("1", "true")]
        self._default = next(
            (attribute(one, "styleId") or "" for one in default if attribute(one, "type") == "paragraph"), ""
        )

    def looks(self, properties: Any | None) -> Looks:
        """Return what a paragraph with these properties is."""
        chain = [element for element in [properties, *self._chain(_value(properties, "pStyle"))] if element is not None]
        names = [name for element in chain if (name := _value(element, "name"))]
        outline = next((level for element in chain if (level := _number(element, "outlineLvl")) is not None), None)
        named = next(filter(None, map(heading_level, names)), 0)
        level = outline + 1 if outline is not None and outline < _BODY_LEVEL else named if outline is None else 0
        numbering = [found for element in chain if (found := _numbering(element)) is not None]
        number = next(filter(None, (_value(numbered, "numId") for numbered in numbering)), "")
        depth = next((value for numbered in numbering if (value := _number(numbered, "ilvl")) is not None), 0)
        number = "" if number == "0" else number
        listed = bool(number) or any(map(_LIST.match, names[:1]))
        return Looks(level, bool(names) and names[0].lower() in _TITLES, listed, number, depth)

    def _chain(self, style_id: str) -> list[Any]:
        """Return a style and those it is based on."""
        chain: list[Any] = []
        style_id = style_id or self._default
        while style_id in self._styles and len(chain) < _DEEPEST:
            chain.append(self._styles[style_id])
            style_id = _value(chain[-1], "basedOn")
        return chain


def _value(element: Any | None, name: str) -> str:
    found = child(element, name) if element is not None else None
    found = child(element, "pPr", name) if found is None and element is not None else found
    return (attribute(found, "val") or "") if found is not None else ""


def _number(element: Any, name: str) -> int | None:
    value = _value(element, name)
    return int(value) if value.isdecimal() else None


def _numbering(element: Any) -> Any | None:
    found = child(element, "numPr")
    return child(element, "pPr", "numPr") if found is None else found


@dataclass(frozen=True, slots=True)
class _Level:
    """How the items of one level are numbered: a form ("decimal"), a text ("%1.%2"), and the first number."""

    form: str
    text: str
    start: int


@dataclass(slots=True)
class Numbers:
    """The numberings of a Word file, which count while it is read."""

    lists: dict[str, tuple[str, dict[int, _Level]]] = field(default_factory=dict)  # by number: its counter, its levels
    counters: dict[str, dict[int, int]] = field(default_factory=dict)

    def label(self, number: str, depth: int) -> str:
        """Count an item and return what stands before it: "3.", "a)" or "-"."""
        if number not in self.lists:
            return "-"
        counter, levels = self.lists[number]
        counts = self.counters.setdefault(counter, {})
        for deeper in [level for level in counts if level > depth]:
            del counts[deeper]
        own = levels.get(depth)
        counts[depth] = counts[depth] + 1 if depth in counts else own.start if own else 1
        if own is None or own.form == "bullet":
            return "-"
        if own.form == "none":
            return ""
        return re.sub(r"%([1-9])", lambda match: _counted(levels, counts, int(match[1]) - 1), own.text)


def numbers_of(root: Any | None) -> Numbers:
    """Return the numberings that a part of a Word file states."""
    numbers = Numbers()
    if root is None:
        return numbers
    abstract = {attribute(one, "abstractNumId"): _levels(one) for one in root if local_name(one) == "abstractNum"}
    for one in root:
        if local_name(one) != "num":
            continue
        own = attribute(one, "numId") or ""
        of = _value(one, "abstractNumId")
        levels, changed = dict(abstract.get(of, {})), False
        for override in (node for node in one if local_name(node) == "lvlOverride"):
            changed = True
            stated = attribute(override, "ilvl") or "0"
            depth = int(stated) if stated.isdecimal() else 0
            levels.update(_levels(override))
            start = _number(override, "startOverride")
            if start is not None and depth in levels:
                levels[depth] = _Level(levels[depth].form, levels[depth].text, start)
        numbers.lists[own] = (f"own {own}" if changed else of, levels)
    return numbers


def _levels(element: Any) -> dict[int, _Level]:
    return {
        int(attribute(level, "ilvl") or 0): _Level(
            _value(level, "numFmt") or "decimal", _value(level, "lvlText"), _number(level, "start") or 0
        )
        for level in element
        if local_name(level) == "lvl" and (attribute(level, "ilvl") or "0").isdecimal()
    }


def _counted(levels: dict[int, _Level], counts: dict[int, int], depth: int) -> str:
    level = levels.get(depth)
    count = counts.get(depth, level.start if level else 1)
    form = level.form if level else "decimal"
    if form.endswith("Letter") and count > 0:
        letters = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letters.upper() if form.startswith("upper") else letters
    if form.endswith("Roman"):
        return _roman(count).upper() if form.startswith("upper") else _roman(count)
    return f"{count:02d}" if form == "decimalZero" else str(count)


def _roman(count: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        written += letters * (count // value)
        count %= value
    return written
