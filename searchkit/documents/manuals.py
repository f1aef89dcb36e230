"""Manual pages (man and mdoc macros of roff) and GNU Info manuals."""

from __future__ import annotations

import re
from collections.abc import Sequence

from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze
from searchkit.documents.roff import Roff
from searchkit.errors import DocumentError
from searchkit.types import Document

_LEVELS = {"*": 1, "=": 2, "-": 3, ".": 4}
_UNDERLINE = re.compile(r"([*=.-])\1{2,}$")
_NODE = re.compile(r"(?:File:\s*[^,\n]+,\s+)?Node:\s")
_TABLES = ("Tag Table:", "Indirect:", "End Tag Table", "Local Variables:", "End:")
_OVERSTRUCK = re.compile(r".\x08")


def read_man(text: str, doc_id: str) -> Document:
    """Return the document of a manual page. Errors: DocumentError for one that only refers to another."""
    page = Roff()
    page.read(text.split("\n"))
    document = page.blocks.document(doc_id, page.title, page.metadata)
    if not document.text.strip() and page.refers_to:
        raise DocumentError(f"it holds no text: it only refers to {page.refers_to}.")
    return document


def read_info(text: str, doc_id: str) -> Document:
    """Return the document of an Info manual, or of one of the files that it is split into."""
    blocks = Blocks()
    for node in _OVERSTRUCK.sub("", text).split("\x1f"):
        lines = node.strip("\n\x0c").split("\n")
        if lines[0].strip().startswith(_TABLES):
            continue
        _add_node(lines[1:] if _NODE.match(lines[0]) else lines, blocks)
    return blocks.document(doc_id, blocks.first_heading(), {})


def _add_node(lines: Sequence[str], blocks: Blocks) -> None:
    paragraph: list[str] = []

    def flush() -> None:
        blocks.add("\n".join(paragraph), "list" if paragraph and paragraph[0].startswith("* ") else None)
        paragraph.clear()

    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        rule = _UNDERLINE.match(below.strip())
        if rule and line.strip() and abs(len(line.strip()) - len(below.strip())) <= 2 and not paragraph:
            blocks.add(squeeze(line), "heading", _LEVELS[rule[1]])
        elif not line.strip():
            flush()
        elif not (_UNDERLINE.match(line.strip()) and number and lines[number - 1].strip() and not paragraph):
            paragraph.append(line.rstrip())
    flush()
