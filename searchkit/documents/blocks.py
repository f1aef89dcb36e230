"""A document's text put together from extracted blocks, with their marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from searchkit.documents.decoding import clean
from searchkit.documents.lines import says_same, squeeze
from searchkit.types import Document, Mark, MarkKind


@dataclass(slots=True)
class Blocks:
    """Blocks of text, a blank line between them."""

    parts: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    page_starts: list[int] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, kind: MarkKind | None = None, level: int = 0) -> None:
        """Append a block; one without anything but space is left out."""
        text = clean(text.strip("\n").rstrip())
        if not text.strip():
            return
        start = self.length + 2 if self.parts else 0
        self.parts.append(text)
        self.length = start + len(text)
        if kind:
            self.marks.append(Mark(start, self.length, kind, level))

    def begin_page(self) -> None:
        """Let the next block begin a page."""
        self.page_starts.append(self.length + 2 if self.parts else 0)

    def document(self, doc_id: str, title: str, metadata: Mapping[str, Any]) -> Document:
        """Return the document. A first heading that only repeats the title becomes front matter."""
        text = "\n\n".join(self.parts)
        marks = [self._as_title(number, mark, text, title) for number, mark in enumerate(self.marks)]
        pages = tuple(min(start, len(text)) for start in self.page_starts)
        return Document(doc_id, text, squeeze(title), metadata, tuple(marks), pages)

    def _as_title(self, number: int, mark: Mark, text: str, title: str) -> Mark:
        is_first = mark.kind == "heading" and all(before.kind != "heading" for before in self.marks[:number])
        if is_first and says_same(text[mark.start : mark.end], title):
            return Mark(mark.start, mark.end, "front")
        return mark


def add_all(blocks: Blocks, others: Blocks) -> None:
    """Append other blocks with their marks."""
    shift = blocks.length + 2 if blocks.parts else 0
    if others.parts:
        blocks.parts += others.parts
        blocks.marks += [Mark(mark.start + shift, mark.end + shift, mark.kind, mark.level) for mark in others.marks]
        blocks.length = shift + others.length
