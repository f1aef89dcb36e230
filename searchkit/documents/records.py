"""Records to documents: lines of JSON, rows of a table, objects and whatever else JSON holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from searchkit.documents.decoding import bad_bytes, bad_signs, clean, unify_newlines
from searchkit.documents.lines import squeeze
from searchkit.documents.options import ReadOptions
from searchkit.documents.properties import canonical, flatten
from searchkit.errors import DocumentError, document_bug
from searchkit.types import Document, Failure, Mark, Omission, Scalar

_ID_FIELDS = ("_id", "id", "doc_id", "docid")
_COUNTING_FIELD = "id"
_TITLE_FIELDS = ("title", "headline")
_TEXT_FIELDS = ("text", "body", "content", "contents", "article", "passage", "maintext", "abstract")
_SHORT_TEXT_FIELDS = ("description",)  # one field among others in a list of goods: read only where nothing else is
USUAL_FIELDS = frozenset({*_ID_FIELDS, *_TITLE_FIELDS, *_TEXT_FIELDS, *_SHORT_TEXT_FIELDS})
_DEEPEST = 100  # objects in objects
_LONG = 160  # characters: a longer value is a paragraph of its own
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)  # json.loads would make one each time


def read_records(lines: Iterable[str], name: str, options: ReadOptions | None = None) -> Iterator[Document | Failure]:
    """Yield a document for each line of JSON, a failure for each that holds none; blank lines are passed over."""
    chosen = options or ReadOptions()
    for number, line in enumerate(lines, 1):
        if line.strip():
            place = f"{name}:{number}"
            yield attempted(place, partial(_parse, line, chosen, place, name))


def attempted(place: str, make: Callable[[], Document]) -> Document | Failure:
    """Return the document of one record, a failure where a reader fails on it: the others are to be read."""
    try:
        return make()
    except DocumentError as error:
        return Failure(place, str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return Failure(place, str(document_bug(error)), bug=True)


def record_document(
    record: Mapping[str, Any],
    options: ReadOptions,
    place: str,
    source: str,
    *,
    typed: Mapping[str, Scalar] | None = None,
    omitted: tuple[Omission, ...] = (),
    extra: Mapping[str, str] | None = None,
) -> Document:
    """Return the document of one record.

    typed: values that stand in metadata for those of a table's cells; extra: metadata to add where it is not empty.
    Errors: DocumentError if a field asked for is missing or nothing is in it.
    """
    id_field = _field(record, options.id_field, _ID_FIELDS)
    title_field = _field(record, options.title_field, _TITLE_FIELDS)
    text_field = _text_field(record, options, {id_field, title_field})
    title = _as_text(record[title_field]) if title_field else ""
    used = {id_field, title_field, text_field}
    values = _metadata(record, used, options.metadata_fields)
    if text_field:
        text = _as_text(record[text_field])
    else:
        told = {key: value for key, value in record.items() if key != title_field and value not in (None, "", [], {})}
        text = "\n".join(value_lines(_nested_out(told, values, options.metadata_fields, id_field)))
        text = text if values or not title_field else ""
    if not (text.strip() or title.strip()):
        raise DocumentError("the record has no text")
    missing = {name for name, value in (typed or {}).items() if value is None}
    values = {name: value for name, value in {**values, **(typed or {})}.items() if name in values}
    metadata = canonical({name: value for name, value in values.items() if name not in missing})
    metadata.update((name, value) for name, value in (extra or {}).items() if value and name not in metadata)
    metadata.setdefault("source", source)
    doc_id = _doc_id(record, id_field, options, source, from_table=typed is not None)
    return Document(doc_id or place, text or title, squeeze(title), metadata, omitted=omitted)


def _doc_id(
    record: Mapping[str, Any], id_field: str | None, options: ReadOptions, source: str, *, from_table: bool
) -> str:
    """Return a record's id. A number under "id" counts the records of its file, so the file's name stands before it."""
    if id_field is None:
        return ""
    stated = record[id_field]
    doc_id = _as_text(stated).strip()
    counts = isinstance(stated, int) or (from_table and doc_id.isdecimal())
    is_local = counts and options.id_field is None and id_field.lower() == _COUNTING_FIELD
    return f"{source}/{doc_id}" if is_local else doc_id


def _nested_out(
    told: Mapping[str, Any], values: Mapping[str, Any], wanted: Sequence[str] | None, id_field: str | None
) -> Mapping[str, Any]:
    """Return what a record without a text field says: all of it, or the fields that were asked for."""
    if wanted is not None:
        return values
    return {key: value for key, value in _unnested(told).items() if key != id_field or key.lower() != "_id"}


def value_lines(value: Any, path: str = "", depth: int = 0) -> Iterator[str]:
    """Yield "key: value" lines for whatever JSON holds; keys of objects in objects as "a.b"."""
    if isinstance(value, Mapping) and value and depth < _DEEPEST:
        for key, item in value.items():
            yield from value_lines(item, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list) and any(isinstance(item, list | Mapping) for item in value) and depth < _DEEPEST:
        for item in value:
            yield from value_lines(item, path, depth + 1)
    else:
        words = ", ".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
        yield clean(unify_newlines(f"{path}: {words}" if path else words)).rstrip()


def json_document(value: Any, doc_id: str) -> Document:
    """Return the document of JSON that is no list of records. Errors: DocumentError if nothing is in it."""
    blocks = list(_json_blocks(value))
    text = "\n\n".join(blocks)
    if not any(map(str.isalnum, text)) or not isinstance(value, str | list | Mapping):
        raise DocumentError(f"{doc_id} holds no text.")
    marks, start = list[Mark](), 0
    for block in blocks:
        if "\n" in block and len(max(block.split("\n"), key=len)) <= _LONG:
            marks.append(Mark(start, start + len(block), "list"))
        start += len(block) + 2
    return Document(doc_id, text, "", {}, tuple(marks))


def _json_blocks(value: Any) -> Iterator[str]:
    """Yield runs of short lines, and long values by themselves; what is nested begins anew."""
    parts = value.items() if isinstance(value, Mapping) else [("", value)]
    run: list[str] = []
    for key, item in parts:
        lines = [line for line in value_lines(item, str(key)) if line.strip()]
        if len(lines) > 1 and run:
            yield "\n".join(run)
            run = []
        for line in lines:
            if len(line) > _LONG or "\n" in line:
                if run:
                    yield "\n".join(run)
                yield line
                run = []
            else:
                run.append(line)
        if len(lines) > 1 and run:
            yield "\n".join(run)
            run = []
    if run:
        yield "\n".join(run)


def _plain(value: Any) -> str:
    """Return a value as JSON writes it, texts without quotation marks."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return ""


def _parse(line: str, options: ReadOptions, place: str, source: str) -> Document:
    """Return the document of a line of JSON."""
    if len(line) > options.max_bytes:
        raise DocumentError(f"the record is longer than {options.max_bytes:,} characters (max_bytes)")
    omitted = bad_bytes(bad_signs(line))
    record = parse_json((clean(line) if omitted else line).lstrip("\ufeff"))
    if not isinstance(record, dict):
        raise DocumentError(f'the line holds {_kind(record)}, not an object like {{"text": …}}')
    return record_document(record, options, place, source, omitted=omitted)


def parse_json(text: str) -> Any:
    """Return the value of a JSON text. Errors: DocumentError."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise DocumentError(f"not valid JSON: {error.msg} at {where}") from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"not readable JSON: {error}") from error


def read_json(text: str, doc_id: str, options: ReadOptions) -> Iterator[Document | Failure]:
    """Return the documents of a JSON file: one a record of a list, else one. Errors: DocumentError."""
    try:
        value = parse_json(text)
    except DocumentError:
        if _is_record(text.lstrip().partition("\n")[0]):
            return read_records(text.splitlines(), doc_id, options)
        raise
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return _list_documents(value, doc_id, options)
    if isinstance(value, dict) and isinstance(value.get(_field(value, options.text_field, _TEXT_FIELDS) or ""), str):
        found = record_document(value, options, doc_id, doc_id)
        metadata = {key: item for key, item in found.metadata.items() if (key, item) != ("source", doc_id)}
        return iter([Document(doc_id, found.text, found.title, metadata)])
    return iter([json_document(value, doc_id)])


def _is_record(line: str) -> bool:
    """Tell whether a line alone is an object, so that its file holds one a line whatever it is called."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _list_documents(records: list[object], doc_id: str, options: ReadOptions) -> Iterator[Document | Failure]:
    for number, record in enumerate(records, 1):
        place = f"{doc_id}:{number}"
        if isinstance(record, dict):
            yield attempted(place, partial(record_document, record, options, place, doc_id))
        else:
            yield Failure(place, "not an object like the others in the list")


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def _text_field(record: Mapping[str, Any], options: ReadOptions, others: set[str | None]) -> str | None:
    found = _field(record, options.text_field, _TEXT_FIELDS)
    if found is not None:
        return found
    short = _field(record, None, _SHORT_TEXT_FIELDS)
    rest = [key for key, value in record.items() if key not in {short, *others} and value not in (None, "", [], {})]
    return None if rest else short


def _field(record: Mapping[str, Any], asked: str | None, usual: Sequence[str]) -> str | None:
    """Return the name of a record's field: the one asked for, else the first usual one that holds something."""
    if asked is not None:
        if asked not in record:
            raise DocumentError(f"the record has no field {asked!r}; it has {', '.join(map(repr, list(record)[:12]))}")
        return asked
    return next((name for name in _present(tuple(record), tuple(usual)) if record[name] not in (None, "")), None)


@lru_cache(maxsize=64)
def _present(fields: tuple[Any, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the usual names that fields have, in any case; the records of a file mostly have the same."""
    by_name = {str(name).lower(): str(name) for name in reversed(fields)}
    return tuple(by_name[name] for name in usual if name in by_name)


def _metadata(record: Mapping[str, Any], used: set[str | None], wanted: Sequence[str] | None) -> dict[str, Any]:
    """Return the record's other fields."""
    rest = {name: value for name, value in record.items() if name not in used}
    values = flatten(_unnested(rest)) if rest else {}
    return values if wanted is None else {name: values[name] for name in wanted if name in values}


def _unnested(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record with the fields of a nested "metadata" as if they stood in the record itself."""
    nested = record.get("metadata")
    if not isinstance(nested, Mapping):
        return record
    return {**{name: value for name, value in record.items() if name != "metadata"}, **nested}


def _as_text(value: Any) -> str:
    """Return a field's value as text; a list of paragraphs is joined by blank lines."""
    if isinstance(value, list):
        return "\n\n".join(_as_text(item) for item in value if item is not None)
    return clean(unify_newlines(value)) if isinstance(value, str) else clean(json.dumps(value, ensure_ascii=False))
