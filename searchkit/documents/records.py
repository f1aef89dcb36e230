"""Records to documents: lines of JSON, rows of a table, lists of objects."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from searchkit.documents.decoding import clean, unify_newlines
from searchkit.documents.lines import squeeze
from searchkit.documents.options import ReadOptions
from searchkit.documents.properties import canonical, flatten
from searchkit.errors import DocumentError
from searchkit.types import Document, Failure

_ID_FIELDS = ("_id", "id", "doc_id", "docid")
_TITLE_FIELDS = ("title", "headline")
_TEXT_FIELDS = ("text", "body", "content", "contents", "article", "passage", "maintext", "abstract", "description")
_UNDECODED = re.compile(r"[\udc80-\udcff]")  # what Python's surrogateescape makes of bytes that do not decode
_LONGEST_COLUMN_NAME = 100
_DELIMITERS = ",;\t|"


def read_records(lines: Iterable[str], name: str, options: ReadOptions | None = None) -> Iterator[Document | Failure]:
    """Yield a document for each line of JSON, a failure for each that holds none; blank lines are passed over."""
    chosen = options or ReadOptions()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _parse(line, chosen, f"{name}:{number}", name)
        except DocumentError as error:
            yield Failure(f"{name}:{number}", str(error))


def read_rows(
    lines: Iterable[str], name: str, options: ReadOptions, delimiter: str = ""
) -> Iterator[Document | Failure]:
    """Yield a document for each row of a table whose first row names the columns; "" finds the delimiter."""
    csv.field_size_limit(options.max_bytes)  # Python's own limit, 128 kB for all readers, is less than an article
    stream = iter(lines)
    first = next(stream, "")
    reader = csv.reader(chain([first], stream), delimiter=delimiter or _delimiter(first))
    columns: list[str] = []
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Failure(f"{name}:{reader.line_num}", f"not a row of a table: {error}")
            continue
        if not columns:
            columns = _columns(row)
            if columns == row:
                continue
        if any(cell.strip() for cell in row):
            yield _row_document(row, columns, options, f"{name}:{reader.line_num}", name)


def record_document(record: Mapping[str, Any], options: ReadOptions, place: str, source: str) -> Document:
    """Return the document of one record. Errors: DocumentError if a field asked for is missing or nothing is in it."""
    id_field = _field(record, options.id_field, _ID_FIELDS)
    title_field = _field(record, options.title_field, _TITLE_FIELDS)
    text_field = _field(record, options.text_field, _TEXT_FIELDS)
    title = _as_text(record[title_field]) if title_field else ""
    values = _metadata(record, {id_field, title_field, text_field}, options.metadata_fields)
    text = _as_text(record[text_field]) if text_field else _all_values(values)
    if not (text.strip() or title.strip()):
        raise DocumentError("the record has no text")
    doc_id = _as_text(record[id_field]).strip() if id_field else ""
    metadata = canonical(values)
    metadata.setdefault("source", source)
    return Document(doc_id or place, text or title, squeeze(title), metadata)


def _parse(line: str, options: ReadOptions, place: str, source: str) -> Document:
    """Return the document of a line of JSON."""
    if not line.isascii() and _UNDECODED.search(line):
        raise DocumentError("the line is not valid UTF-8")
    if len(line) > options.max_bytes:
        raise DocumentError(f"the record is longer than {options.max_bytes:,} characters (max_bytes)")
    record = parse_json(line.lstrip("\ufeff"))
    if not isinstance(record, dict):
        raise DocumentError(f'the line holds {_kind(record)}, not an object like {{"text": …}}')
    return record_document(record, options, place, source)


def parse_json(text: str) -> Any:
    """Return the value of a JSON text. Errors: DocumentError."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise DocumentError(f"not valid JSON: {error.msg} at {where}") from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"not readable JSON: {error}") from error


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def _row_document(
    row: Sequence[str], columns: Sequence[str], options: ReadOptions, place: str, source: str
) -> Document | Failure:
    cells = {column: unify_newlines(cell) for column, cell in zip(columns, row, strict=False)}
    if any(_UNDECODED.search(cell) for cell in row if not cell.isascii()):
        return Failure(place, "the row is not valid UTF-8")
    try:
        return record_document(cells, options, place, source)
    except DocumentError as error:
        return Failure(place, str(error))


def _columns(first: Sequence[str]) -> list[str]:
    """Return the column names: the first row if it looks like names, else numbers."""
    names = [cell.strip().lstrip("\ufeff") for cell in first]
    named = len(set(names)) == len(names) and all(name and len(name) <= _LONGEST_COLUMN_NAME for name in names)
    return names if named else [f"column {number}" for number in range(1, len(first) + 1)]


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=lambda mark: (header.count(mark), -_DELIMITERS.index(mark)))


def _field(record: Mapping[str, Any], asked: str | None, usual: Sequence[str]) -> str | None:
    """Return the name of a record's field: the one asked for, else the first usual one that holds something."""
    if asked is not None:
        if asked not in record:
            raise DocumentError(f"the record has no field {asked!r}; it has {', '.join(map(repr, list(record)[:12]))}")
        return asked
    by_name = {str(name).lower(): str(name) for name in reversed(list(record))}
    present = (by_name[name] for name in usual if name in by_name)
    return next((name for name in present if record[name] not in (None, "")), None)


def _metadata(record: Mapping[str, Any], used: set[str | None], wanted: Sequence[str] | None) -> dict[str, Any]:
    """Return the record's other fields, those of a nested "metadata" as if they stood in the record itself."""
    rest = {name: value for name, value in record.items() if name not in used}
    if isinstance(nested := rest.get("metadata"), Mapping):
        rest = {**{name: value for name, value in rest.items() if name != "metadata"}, **nested}
    values = flatten(rest)
    return values if wanted is None else {name: values[name] for name in wanted if name in values}


def _as_text(value: Any) -> str:
    """Return a field's value as text; a list of paragraphs is joined by blank lines."""
    if isinstance(value, list):
        return "\n\n".join(_as_text(item) for item in value if item is not None)
    return clean(unify_newlines(value)) if isinstance(value, str) else clean(json.dumps(value, ensure_ascii=False))


def _all_values(values: Mapping[str, Any]) -> str:
    """Return a record without a text field as lines of "name: value"."""
    return "\n".join(
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in values.items()
    )
