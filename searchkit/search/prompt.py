r"""How passages are written into a prompt, so that no text among them passes for what we say of it.

    Source: ID | characters [1] START-END, [2] START-END | TITLE | SECTION | DATE

    [1] the first line of a passage
     each further line of it, behind a space

    [2] the next passage

A heading begins with "Source: " and stands above passages that follow each other in one section of one document; empty
fields at its end are left out. Blocks are apart by an empty line, and nothing else is one: an empty line of a passage
is a space. Lines of ours begin at the margin, a passage behind its marker, and all its further lines with a space.

Of fields and passages only what shows is left (`text.visible`), fields on one line. What looks like ours is marked, so
that it can be undone from last to first: a bracket of numbers that would be read as a marker has one more backslash in
front (`\[3]`), then a bar in a field too (`\|`), and a line of a passage that begins like a heading, in any alphabet,
has "> " in front.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Protocol

from searchkit.text.visible import one_line, visible
from searchkit.types import Passage

MOST_MARKERS = 999  # more digits are a year, not a marker
SOURCE = "Source: "

_GAP = r"[ \t\u00a0]*+"
MARKER = re.compile(  # [1], [1, 2], [1-3], also full-width
    rf"[\[［【]{_GAP}\d{{1,3}}+(?:{_GAP}(?:[,，、;；&–—‐‑-]|and\b|to\b){_GAP}\d{{1,3}}+)*+{_GAP}[\]］】]"
)
_SOURCE_LETTERS = "".join(rf"(?:{letter}|[^\x00-\x7f])" for letter in "source")  # many alphabets have such letters
_LIKE_HEADING = re.compile(rf"^(?=[^\w\n]*+{_SOURCE_LETTERS}[^:：|\n]{{0,12}}[:：|])", re.IGNORECASE | re.MULTILINE)
_NUMBERS = re.compile(r"(\d+)(?:[^\d,，、;；&]*?(?:[–—‐‑-]|to)\s*(\d+))?")


def numbers_of(marker: str) -> list[tuple[int, int]]:
    """Return the numbers that a marker names, as ranges: "[1, 3-5]" gives (1, 1) and (3, 5)."""
    return [(int(first), int(last or first)) for first, last in _NUMBERS.findall(marker)]


class Cited(Protocol):
    """A passage under its marker."""

    @property
    def marker(self) -> str:
        """What an answer writes to cite it: "[1]"."""

    @property
    def passage(self) -> Passage:
        """What it cites."""


def written(citations: Sequence[Cited]) -> str:
    """Return the text for a prompt; those of one document must come together."""
    groups = groupby(citations, key=lambda cited: _told(cited.passage))
    return "\n\n".join(block for told, group in groups for block in _blocks(told, list(group)))


def _told(passage: Passage) -> tuple[str, ...]:
    """Return what a heading tells of a passage: document, title, section, day."""
    day = str(passage.metadata.get("date") or "")[:10]
    return tuple(map(_field, (passage.doc_id, passage.title, passage.section, day)))


def _blocks(told: Sequence[str], cited: Sequence[Cited]) -> list[str]:
    places = ", ".join(f"{each.marker} {each.passage.start}-{each.passage.end}" for each in cited)
    fields = [told[0], f"characters {places}", *told[1:]]
    while not fields[-1]:
        fields.pop()
    return [SOURCE + " | ".join(fields), *(f"{each.marker} {_body(each.passage.shown_text)}" for each in cited)]


def _field(text: str) -> str:
    return _without_markers(one_line(text)).replace("|", r"\|")


def _body(text: str) -> str:
    return _LIKE_HEADING.sub("> ", _without_markers(visible(text))).replace("\n", "\n ")


def _without_markers(text: str) -> str:
    return MARKER.sub(lambda found: "\\" + found[0], text)
