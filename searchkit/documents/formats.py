"""The formats that can be read, and which optional packages they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: what it is in a few words, and the extra that reads it ("" for none)."""

    description: str
    extra: str = ""


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".txt": Format("plain text, news articles"),
        ".text": Format("plain text, news articles"),
        ".md": Format("Markdown with front matter"),
        ".markdown": Format("Markdown with front matter"),
        ".rst": Format("reStructuredText"),
        ".html": Format("web page: the article in it"),
        ".htm": Format("web page: the article in it"),
        ".json": Format("a list of records, or one document"),
        ".jsonl": Format("one record a line, BEIR corpora"),
        ".csv": Format("one record a row"),
        ".tsv": Format("one record a row"),
        ".eml": Format("e-mail message"),
        ".pdf": Format("PDF with page numbers", "pdf"),
        ".docx": Format("Word document"),
        ".docm": Format("Word document with macros, which are not read"),
        ".dotx": Format("Word template"),
        ".pptx": Format("PowerPoint slides"),
        ".pptm": Format("PowerPoint slides with macros, which are not read"),
        ".ppsx": Format("PowerPoint show"),
        ".xlsx": Format("Excel workbook"),
        ".xlsm": Format("Excel workbook with macros, which are not read"),
        ".epub": Format("e-book"),
        ".odt": Format("OpenDocument text"),
        ".ods": Format("OpenDocument sheets"),
        ".odp": Format("OpenDocument slides"),
        ".rtf": Format("rich text"),
    }
)

STREAMED = frozenset({".jsonl", ".csv", ".tsv"})
"""Formats read record by record, of any size."""
