"""Jupyter notebooks: text cells as Markdown, code cells with what they printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from searchkit.documents.decoding import clean, unify_newlines
from searchkit.documents.headings import without_bare_headings
from searchkit.documents.markdown import block_marks, heading_text
from searchkit.documents.properties import metadata_of
from searchkit.documents.records import parse_json
from searchkit.errors import DocumentError
from searchkit.types import Document, Mark, Omission

_PICTURES = ("outputs of cells", "they are pictures or programs of the notebook")
_TERMINAL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # colours


def read_notebook(text: str, doc_id: str) -> Document:
    """Return the document of a notebook. Errors: DocumentError for JSON that is none."""
    notebook = parse_json(text)
    cells = _cells(notebook)
    if cells is None:
        raise DocumentError("no notebook: it has no cells.")
    parts: list[str] = []
    marks: list[Mark] = []
    length, unread = 0, 0
    for cell in cells:
        unread += sum(_shown(output) is None for output in _outputs(cell))
        for part, own in _parts(cell):
            start = length + 2 if parts else 0
            parts.append(part)
            marks += [Mark(start + mark.start, start + mark.end, mark.kind, mark.level) for mark in own]
            length = start + len(part)
    joined = "\n\n".join(parts)
    stated = notebook.get("metadata")
    title, metadata = metadata_of(
        {key: stated[key] for key in ("title", "authors", "date") if key in stated} if isinstance(stated, dict) else {}
    )
    heading = next((heading_text(joined[mark.start : mark.end]) for mark in marks if mark.kind == "heading"), "")
    omitted = (Omission(*_PICTURES, unread),) if unread else ()
    kept = without_bare_headings(joined, marks)
    return Document(doc_id, joined, title or heading, metadata, tuple(kept), omitted=omitted)


def _cells(notebook: Any) -> list[dict[str, Any]] | None:
    """Return the cells, of old notebooks those of their worksheets."""
    if not isinstance(notebook, dict):
        return None
    sheets = notebook.get("worksheets")
    found = notebook.get("cells")
    if found is None and isinstance(sheets, list):
        found = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells") or []]
    return [cell for cell in found if isinstance(cell, dict)] if isinstance(found, list) else None


def _parts(cell: dict[str, Any]) -> Iterator[tuple[str, list[Mark]]]:
    source = _joined(cell.get("source", cell.get("input")))
    kind = cell.get("cell_type")
    if source.strip() and kind == "heading":
        yield source, [Mark(0, len(source), "heading", int(cell.get("level") or 1))]
    elif source.strip() and kind == "markdown":
        yield source, list(block_marks(source))
    elif source.strip():
        yield source, [Mark(0, len(source), "code")] if kind == "code" else []
    for output in _outputs(cell):
        if shown := _shown(output):
            yield shown, [Mark(0, len(shown), "code")]


def _outputs(cell: dict[str, Any]) -> list[dict[str, Any]]:
    outputs = cell.get("outputs")
    return [output for output in outputs if isinstance(output, dict)] if isinstance(outputs, list) else []


def _shown(output: dict[str, Any]) -> str | None:
    """Return the text of an output, None for one that has none."""
    data = output.get("data")
    parts = data if isinstance(data, dict) else output
    if output.get("output_type") in ("error", "pyerr"):
        return _TERMINAL.sub("", _joined(output.get("traceback"))) or _joined(output.get("evalue"))
    for kind in ("text/plain", "text/markdown", "text"):
        if kind in parts:
            only_names_it = bool(re.fullmatch(r"\s*<[^<>\n]*>\s*", _joined(parts[kind])))  # <Figure size 640x480 …>
            return None if only_names_it and len(parts) > 1 else _TERMINAL.sub("", _joined(parts[kind])).strip("\n")
    return None


def _joined(source: Any) -> str:
    lines = source if isinstance(source, list) else [source]
    return clean(unify_newlines("".join(line for line in lines if isinstance(line, str)))).strip("\n").rstrip()
