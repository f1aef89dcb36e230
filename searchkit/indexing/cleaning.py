"""A document as the index can hold it, or the reason why it cannot hold it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, get_args

from searchkit.errors import DocumentBug, DocumentError, document_bug
from searchkit.indexing.inputs import id_text, simple
from searchkit.normalization import nfc
from searchkit.types import Document, Failure, Mark, MarkKind, Metadata, Omission, Scalar
from searchkit.validation import whole

_CANONICAL = json.JSONEncoder(sort_keys=True)  # json.dumps would make one each time
_MARK_KINDS = frozenset(get_args(MarkKind))
_LARGEST_BITS = 1023  # of a whole number: readers of JSON take a larger one for infinity


class Cleaned(NamedTuple):
    """A document as the index can hold it, and the digest of all that the index keeps of it."""

    document: Document
    digest: bytes


def cleaned(document: Document, extra: Metadata | None = None) -> Cleaned | Failure:
    """Return the document, with more metadata, as the index can hold it; or why it cannot."""
    try:
        clean = _clean(document, extra or {})
        return Cleaned(clean, _digest(clean))
    except DocumentError as error:
        return failure(name_of(document), error)
    except Exception as error:  # noqa: BLE001 - whatever one document does, the others go in
        return failure(name_of(document), document_bug(error))


def failure(source: str, error: DocumentError) -> Failure:
    """Return what the report says of a source that raised an error."""
    return Failure(source, str(error), bug=isinstance(error, DocumentBug))


def name_of(document: Document) -> str:
    """Return what a report calls a document: its id, even where that is none."""
    try:
        return id_text(document.id)
    except DocumentError:
        return repr(document.id)


def _clean(document: Document, extra: Metadata) -> Document:
    """Return the document as the index has it: whole text, dates as text, composed id. Raises DocumentError."""
    doc_id = nfc(_whole(id_text(document.id)))
    text, title = (_text(name, getattr(document, name)) for name in ("text", "title"))
    if not doc_id or "\n" in doc_id:
        raise DocumentError(f"{doc_id!r} is no document id: give a line of text")
    if not isinstance(document.metadata, Mapping):
        raise DocumentError(f"metadata is {_type_of(document.metadata)}; give a mapping of names to values")
    metadata = {_whole(str(name)): _json_value(name, value) for name, value in {**document.metadata, **extra}.items()}
    marks = _marks(document.marks, len(text))
    page_starts = _page_starts(document.page_starts, len(text))
    omitted = _omitted(document.omitted)
    return Document(doc_id, text, title, metadata, marks, page_starts, omitted)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise DocumentError(f"{name} is {_type_of(value)}; give text")
    return _whole(value)


def _whole(text: str) -> str:
    """Return a text without lone surrogates, of a subclass too, which other processes may not know, as plain text."""
    return whole(str.__str__(text))


def _json_value(name: str, value: Any) -> Scalar | list[Scalar]:
    if type(value) is str:  # as most are
        return whole(value)
    if getattr(value, "ndim", None) == 1 or hasattr(
        value, "to_list"
    ):  # an array of numpy, a series of pandas or polars
        value = list(value)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        return [_scalar(name, item) for item in value]
    return _scalar(name, value)


def _scalar(name: str, value: Any) -> Scalar:
    value = simple(value)
    if isinstance(value, str):
        return _whole(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and value.bit_length() <= _LARGEST_BITS:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        raise DocumentError(f"metadata {name!r} is a list of lists; give a plain list")
    if isinstance(value, int | float):
        raise DocumentError(f"metadata {name!r} is a number that JSON cannot hold; give a finite one, or text")
    raise DocumentError(f"metadata {name!r} is {_type_of(value)}; give text, numbers, dates, or lists of them")


def _marks(marks: Any, length: int) -> tuple[Mark, ...]:
    """Return the marks of a text of this length. Raises DocumentError for those that mark nothing in it."""
    if marks == ():
        return ()
    found = _items("marks", marks, "Mark")
    for number, mark in enumerate(found):
        if not isinstance(mark, Mark):
            raise DocumentError(f"marks[{number}] is {_type_of(mark)}; give a Mark")
        if not all(isinstance(value, int) for value in (mark.start, mark.end, mark.level)):
            raise DocumentError(f"marks[{number}] is {mark}; give whole numbers as start, end and level")
        if not 0 <= mark.start <= mark.end <= length:
            raise DocumentError(f"marks[{number}] is {mark}, but the text has {length} characters")
        if mark.kind not in _MARK_KINDS:
            raise DocumentError(f"marks[{number}] is {mark}; its kind must be one of: {' '.join(sorted(_MARK_KINDS))}")
    if any(before.start > after.start for before, after in pairwise(found)):
        raise DocumentError("marks are not in the order of the text; sort them")
    return found


def _page_starts(starts: Any, length: int) -> tuple[int, ...]:
    """Return where the pages of a text of this length begin. Raises DocumentError for what is no such place."""
    if starts == ():
        return ()
    found = _items("page_starts", starts, "whole number")
    for number, start in enumerate(found):
        if not isinstance(start, int):
            raise DocumentError(f"page_starts[{number}] is {_type_of(start)}; give whole numbers")
        if not 0 <= start <= length:
            raise DocumentError(f"page_starts[{number}] is {start}, but the text has {length} characters")
    if any(before > after for before, after in pairwise(found)):
        raise DocumentError("page_starts are not in the order of the text; sort them")
    return found


def _omitted(omitted: Any) -> tuple[Omission, ...]:
    """Return the account of what was not read. Raises DocumentError for what is none."""
    if omitted == ():
        return ()
    found = _items("omitted", omitted, "Omission")
    for number, each in enumerate(found):
        if not isinstance(each, Omission):
            raise DocumentError(f"omitted[{number}] is {_type_of(each)}; give an Omission")
        if not isinstance(each.count, int):
            raise DocumentError(f"omitted[{number}].count is {_type_of(each.count)}; give a whole number")
    texts = ("what", "reason", "where")
    words_of = [
        {name: _text(f"omitted[{n}].{name}", getattr(each, name)) for name in texts} for n, each in enumerate(found)
    ]
    return tuple(Omission(count=each.count, **words) for each, words in zip(found, words_of, strict=True))


def _items(name: str, value: Any, of: str) -> tuple[Any, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise DocumentError(f"{name} is {_type_of(value)}; give a tuple, with a {of} for each")
    return tuple(value)


def _type_of(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def _digest(document: Document) -> bytes:
    """Return a digest of all that the index keeps of a document: 16 bytes."""
    rest = [document.title, dict(document.metadata), document.marks, document.page_starts]
    digest = hashlib.blake2b(_CANONICAL.encode(rest).encode(), digest_size=16)
    digest.update(document.text.encode())
    return digest.digest()
