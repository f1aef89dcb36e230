"""A document's text put together from extracted blocks, with their marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from searchkit.documents.decoding import clean
from searchkit.documents.headings import first_heading, without_bare_headings
from searchkit.documents.lines import says_same, squeeze
from searchkit.types import Document, Mark, MarkKind


@dataclass(slots=True)
class Blocks:
    """Blocks of text, a blank line between them."""

    parts: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    page_starts: list[int] = field(default_factory=list)
    length: int = 0
    section_ended: bool = False

    def add(self, text: str, kind: MarkKind | None = None, level: int = 0) -> None:
        """Append a block; one without anything but space is left out."""
        text = clean(text.strip("\n").rstrip())
        if not text.strip():
            return
        start = self.length + 2 if self.parts else 0
        if self.section_ended:
            self.marks.append(Mark(start - 1, start, "heading", 1))
            self.section_ended = False
        self.parts.append(text)
        self.length = start + len(text)
        if kind:
            self.marks.append(Mark(start, self.length, kind, level))

    def extend(self, other: Blocks) -> None:
        """Append another's blocks with their marks."""
        shift = self.length + 2 if self.parts else 0
        if other.parts:
            self.parts += other.parts
            self.marks += [Mark(mark.start + shift, mark.end + shift, mark.kind, mark.level) for mark in other.marks]
            self.length = shift + other.length

    def begin_page(self) -> None:
        """Let the next block begin a page."""
        self.page_starts.append(self.length + 2 if self.parts else 0)

    def end_section(self) -> None:
        """Let the blocks that follow stand under no heading: a heading mark on the space before them says so."""
        self.section_ended = bool(self.parts)

    def first_heading(self) -> str:
        """Return the words of the first heading, "" without one."""
        first = first_heading(self.marks)
        return "\n\n".join(self.parts)[first.start : first.end] if first else ""

    def document(self, doc_id: str, title: str, metadata: Mapping[str, Any]) -> Document:
        """Return the document. A first heading that only repeats the title becomes front matter."""
        text = "\n\n".join(self.parts)
        marks = [self._as_title(number, mark, text, title) for number, mark in enumerate(self.marks)]
        marks = without_bare_headings(text, marks)
        pages = tuple(min(start, len(text)) for start in self.page_starts)
        return Document(doc_id, text, squeeze(title), metadata, tuple(marks), pages)

    def _as_title(self, number: int, mark: Mark, text: str, title: str) -> Mark:
        is_first = mark.kind == "heading" and all(before.kind != "heading" for before in self.marks[:number])
        if is_first and says_same(text[mark.start : mark.end], title):
            return Mark(mark.start, mark.end, "front")
        return mark
