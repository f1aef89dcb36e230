"""One way in for every format: a path becomes documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TypeAlias, cast

from searchkit.documents.decoding import clean, decoded, unify_newlines
from searchkit.documents.extras import missing
from searchkit.documents.files import find_coding, lines_of_file, load
from searchkit.documents.formats import FORMATS, Found, reader_for
from searchkit.documents.options import ReadOptions
from searchkit.documents.plain import read_plain
from searchkit.documents.records import read_json, read_records
from searchkit.errors import DocumentBug, DocumentError, document_bug, is_own
from searchkit.types import Document, Failure, Omission

TextReader: TypeAlias = Callable[[str, str], Document]
BytesReader: TypeAlias = Callable[[bytes, str], Document]


def read(path: Path, doc_id: str, options: ReadOptions | None = None) -> Iterator[Document | Failure]:
    """Return the documents of a file, failures in place of bad records.

    A file of one document gives it the id `doc_id`; a record without an id of its own gets `doc_id:line`. A file of
    an unknown format is read as text if it is text. Errors: DocumentError, before the first document, if the file as a
    whole cannot be read.
    """
    chosen = options or ReadOptions()
    found = Found(None, path.suffix)
    try:
        found = reader_for(path, named=True)
        return _watched(_read(path, doc_id, chosen, found), path, found)
    except Exception as error:
        raise _translated(error, path, found) from error


def _read(path: Path, doc_id: str, options: ReadOptions, found: Found) -> Iterator[Document | Failure]:
    if found.format is None:
        raise DocumentError(f"{path} is not read: {found.reason}.")
    if found.format.takes == "records":
        return _stream(path, doc_id, options, found)
    data = load(path, options.max_bytes, packed=found.packed)
    if found.format.takes == "json":
        text = decoded(data, str(path))
        return _with_omitted(read_json(text.text, doc_id, options), text.omitted)
    return iter([_read_one(path, data, doc_id, found)])


def _watched(items: Iterator[Document | Failure], path: Path, found: Found) -> Iterator[Document | Failure]:
    """Yield what a file holds; whatever a reader raises on the way becomes a DocumentError."""
    try:
        yield from items
    except Exception as error:
        raise _translated(error, path, found) from error


def _translated(error: Exception, path: Path, found: Found) -> DocumentError:
    """Return what to say of a file whose reader raised something: parsers raise anything at all on damaged files."""
    match error:
        case DocumentError():
            return error
        case ImportError():
            return DocumentError(f"{path}: {missing(error, 'searchkit', found.format.extra if found.format else '')}")
        case OSError() if error.errno is not None:  # the system's, not a parser's
            return DocumentError(f"{path} cannot be read: {error.strerror or error}.")
        case _ if is_own(error):
            return DocumentBug(f"{path}: {document_bug(error)}")
        case _:
            return DocumentError(f"{path} is damaged or no {found.suffix} file: {type(error).__name__}: {error}")


def is_streamed(path: Path) -> bool:
    """Tell whether a file is read record by record, so that it may be of any size."""
    try:
        found = reader_for(path, named=True)
    except OSError:
        return False
    return found.format is not None and found.format.takes == "records"


def read_text(text: str, doc_id: str) -> Document:
    """Return the document of a plain text or news article."""
    return read_plain(clean(unify_newlines(text.removeprefix("\ufeff"))), doc_id)


def is_held_format(name: str) -> bool:
    """Tell whether a file that another file holds has a format of its own: PDF, office files, e-books."""
    found = FORMATS.get(Path(name).suffix.lower())
    return found is not None and found.takes == "bytes"


def read_held(name: str, data: bytes) -> Document:
    """Return the document of a file that another file holds, of a format of its own. Errors: DocumentError."""
    path = Path(name)
    found = Found(FORMATS[path.suffix.lower()], path.suffix)
    try:
        return _read_one(path, data, name, found)
    except Exception as error:
        raise _translated(error, path, found) from error


def _read_one(path: Path, data: bytes, doc_id: str, found: Found) -> Document:
    """Return the one document of a file. Errors: DocumentError that names the file, and whatever its parser raises."""
    reader = found.format.reader if found.format else ""
    try:
        if found.format and found.format.takes == "text":
            text = decoded(data, str(path))
            document = cast("TextReader", _reader(reader))(text.text, doc_id)
            document = replace(document, omitted=(*text.omitted, *document.omitted)) if text.bad else document
        else:
            document = cast("BytesReader", _reader(reader))(data, doc_id)
    except DocumentError as error:
        message = str(error)
        raise DocumentError(message if str(path) in message else f"{path}: {message}") from error
    if not document.text.strip():
        raise DocumentError(f"{path} holds no text.")
    return document


def _reader(name: str) -> Callable[..., Document]:
    """Return a reader, imported when its first file comes: none of them costs a search anything."""
    module, function = name.split(":")
    return cast("Callable[..., Document]", getattr(import_module(f"searchkit.documents.{module}"), function))


def _with_omitted(items: Iterator[Document | Failure], omitted: tuple[Omission, ...]) -> Iterator[Document | Failure]:
    for item in items:
        yield replace(item, omitted=omitted) if omitted and isinstance(item, Document) else item


def _stream(path: Path, doc_id: str, options: ReadOptions, found: Found) -> Iterator[Document | Failure]:
    """Return the documents of a record file after a look at its beginning."""
    kind = found.format.reader if found.format else ""
    if kind == "mailbox":
        from searchkit.documents.mailbox import read_mailbox  # noqa: PLC0415 - brings the email package

        return read_mailbox(path, doc_id, options.max_bytes, packed=found.packed)
    coding = find_coding(path, packed=found.packed)
    is_table = kind == "rows"
    lines = partial(
        lines_of_file, path, coding, options.max_bytes, packed=found.packed, newline="" if is_table else None
    )
    if is_table:
        from searchkit.documents.tabular import read_rows  # noqa: PLC0415 - only tables cost what typing columns takes

        return read_rows(lines, doc_id, options, "\t" if found.suffix == ".tsv" else "")
    return read_records(lines(), doc_id, options)
