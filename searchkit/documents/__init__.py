"""Sources into documents: every file format, records, and the heads of news articles."""

from searchkit.documents.formats import FORMATS, Format, Found, asked_for, reader_for
from searchkit.documents.options import ReadOptions
from searchkit.documents.reading import is_streamed, read, read_text
from searchkit.documents.records import read_records
from searchkit.documents.walking import FoundFile, Walk, device, passes_over, walk

__all__ = [
    "FORMATS",
    "Format",
    "Found",
    "FoundFile",
    "ReadOptions",
    "Walk",
    "asked_for",
    "device",
    "is_streamed",
    "passes_over",
    "read",
    "read_records",
    "read_text",
    "reader_for",
    "walk",
]
