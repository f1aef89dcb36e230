"""What people hold in their hands, as documents: mappings, rows of frames, pairs; values of numpy and pandas."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from pathlib import PurePath
from typing import Any
from uuid import UUID

import numpy as np

from searchkit.errors import DocumentError, document_bug
from searchkit.types import Document, Failure

FRAME_ROWS = 1_000  # of a pandas frame, turned into mappings at once
_FIELDS = ("id", "text", "title", "metadata")
_WHOLE_DAYS = ("Y", "M", "W", "D")  # units of numpy's dates that tell no time
_MISSING_TYPES = ("NAType", "NaTType")  # pandas', which is not imported for them
_EXACT_DIGITS = 18  # of a decimal number without a fraction, up to which it is a whole number


def given(items: Any) -> Iterator[Document | Failure]:
    """Yield each item as a document, or why it is none. Raises DocumentError for what is no collection of them.

    An item is a Document, a mapping (or a frame's row) with id and text, whose other keys but title are metadata, or a
    pair of id and text. A mapping of nothing but text, and a title, gets an id from its text.
    """
    for number, item in enumerate(_items(items), 1):
        try:
            yield _document(item, f"item {number}")
        except DocumentError as error:
            yield Failure(f"item {number}", str(error))
        except Exception as error:  # noqa: BLE001 - whatever one item does, the others go in
            yield Failure(f"item {number}", str(document_bug(error)), bug=True)


def _items(items: Any) -> Iterable[Any]:
    """Return the items of a collection; those of a frame are its rows, by the names of its columns."""
    if callable(getattr(items, "iter_rows", None)):  # polars
        _require_columns(items.columns)
        rows: Iterable[Any] = items.iter_rows(named=True)
        return rows
    if hasattr(items, "iloc") and hasattr(items, "columns"):  # pandas
        frame = items.reset_index() if getattr(items.index, "name", None) == "id" else items
        _require_columns(frame.columns)
        parts = (frame.iloc[start : start + FRAME_ROWS] for start in range(0, len(frame), FRAME_ROWS))
        return (row for part in parts for row in part.to_dict("records"))
    if isinstance(items, str | bytes | Document | Mapping) or not isinstance(items, Iterable):
        raise DocumentError(
            f"documents are added from a list, a frame or another iterable, not from {type(items).__name__}"
        )
    return items


def _require_columns(columns: Iterable[Any]) -> None:
    """Raise DocumentError for a frame in which every row would lack the same."""
    names = [str(column) for column in columns]
    wanted = ["text"] if set(names) <= {"text", "title"} else ["id", "text"]
    lacking = [name for name in wanted if name not in names]
    if lacking:
        none = " and none ".join(map(repr, lacking))
        raise DocumentError(
            f"the frame has no column {none}, but {', '.join(names) or 'none'}; rename the one that holds it"
        )


def _document(item: Any, place: str) -> Document | Failure:
    if isinstance(item, Document | Failure):
        return item
    fields = _fields(item)
    if fields is not None:
        return _of_fields(fields, place)
    if isinstance(item, tuple | list) and len(item) == 2:
        return Document(id_text(item[0]), item[1])
    raise DocumentError(f"is {type(item).__name__}; give a Document, a mapping with id and text, or a pair of both")


def _fields(item: Any) -> dict[Any, Any] | None:
    """Return what is named in an item, None where nothing is: in a mapping, a named tuple, a row of a database."""
    if isinstance(item, Mapping):
        return {name: item[name] for name in item}
    if callable(getattr(item, "_asdict", None)):
        return dict(item._asdict())
    if callable(getattr(item, "keys", None)) and hasattr(item, "__getitem__"):
        return {name: item[name] for name in item.keys()}  # noqa: SIM118 - going through a row of sqlite3 yields values
    return None


def _of_fields(fields: dict[Any, Any], place: str) -> Document | Failure:
    keys = ", ".join(map(str, fields))
    doc_id, text, title, metadata = (fields.pop(name, None) for name in _FIELDS)
    if isinstance(metadata, Mapping):
        fields = {**metadata, **fields}
    elif not is_missing(metadata):
        fields["metadata"] = metadata
    if is_missing(text):
        known = place if is_missing(doc_id) else id_text(doc_id)
        return Failure(known, f"has no text; its keys are: {keys}. Name the one that holds the text 'text'")
    if is_missing(doc_id):
        if fields:
            return Failure(place, f"has no id; its keys are: {keys}. Name the one that tells it from others 'id'")
        doc_id = f"text-{hashlib.blake2b(repr(text).encode('utf-8', 'replace'), digest_size=8).hexdigest()}"
    return Document(id_text(doc_id), text, "" if is_missing(title) else _simple_text("title", title), fields)


def id_text(value: Any) -> str:
    """Return an id as text. Raises DocumentError for what is no simple value."""
    return value if type(value) is str else _simple_text("id", value)


def _simple_text(name: str, value: Any) -> str:
    plain = simple(value)
    if isinstance(plain, str):
        return plain
    if isinstance(plain, float) and plain.is_integer():  # a column of whole numbers in which one is missing
        return str(int(plain))
    if isinstance(plain, bool | int | float):
        return str(plain)
    raise DocumentError(f"{name} is {'missing' if plain is None else type(value).__name__}; give text, or a number")


def is_missing(value: Any) -> bool:
    """Tell whether a value says that there is none: None, NaN, NaT, NA."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, float | np.floating | np.datetime64 | np.timedelta64) and bool(value != value)  # noqa: PLR0124


def simple(value: Any) -> Any:
    """Return a value of numpy, pandas or the standard library as text, number, truth or None; others as they are."""
    if is_missing(value):
        return None
    return next((convert(value) for types, convert in _CONVERSIONS if isinstance(value, types)), value)


def _iso(value: np.datetime64) -> str:
    """Return a date, or a time to the microsecond, in ISO 8601."""
    days = np.datetime_data(value.dtype)[0] in _WHOLE_DAYS
    found = value.astype("datetime64[D]" if days else "datetime64[us]").item()
    return found.isoformat() if isinstance(found, date) else str(value)


def _scalar(value: np.generic) -> Any:
    item = value.item()
    return item if isinstance(item, str | bool | int | float) else value


def _number(value: Decimal) -> int | float:
    exact = abs(value.adjusted()) < _EXACT_DIGITS and value == value.to_integral_value()
    return int(value) if exact else float(value)


_CONVERSIONS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (str, lambda text: text),
    (np.datetime64, _iso),
    (np.generic, _scalar),
    ((date, time), lambda when: when.isoformat()),  # a datetime is a date too
    (Decimal, _number),
    ((UUID, PurePath), str),
)
