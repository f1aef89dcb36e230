"""One way in for every format: a path becomes documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import IO, TypeAlias, cast

from searchkit.documents.decoding import clean, decode, find_encoding, unify_newlines
from searchkit.documents.extras import missing
from searchkit.documents.formats import FORMATS, STREAMED
from searchkit.documents.options import ReadOptions
from searchkit.documents.plain import read_plain
from searchkit.documents.records import parse_json, read_records, read_rows, record_document
from searchkit.errors import DocumentBug, DocumentError, document_bug, is_own
from searchkit.types import Document, Failure

TextReader: TypeAlias = Callable[[str, str], Document]
BytesReader: TypeAlias = Callable[[bytes, str], Document]

# A reader is imported when its first file comes: none of them costs a search anything.
_TEXT_READERS = {
    ".txt": "plain:read_plain",
    ".text": "plain:read_plain",
    ".md": "markdown:read_markdown",
    ".markdown": "markdown:read_markdown",
    ".rst": "restructured:read_restructured",
}
_BYTES_READERS = {
    ".html": "webpage:read_webpage",
    ".htm": "webpage:read_webpage",
    ".eml": "mail:read_mail",
    ".pdf": "portable:read_pdf",
    ".docx": "office:read_word",
    ".pptx": "office:read_slides",
    ".xlsx": "office:read_workbook",
    ".epub": "books:read_epub",
    ".odt": "opendocument:read_odt",
}
_SAMPLE = 65_536  # bytes that tell a record file's encoding


def read(path: Path, doc_id: str, options: ReadOptions | None = None) -> Iterator[Document | Failure]:
    """Return the documents of a file, failures in place of bad records.

    A file of one document gives it the id `doc_id`; a record without an id of its own gets `doc_id:line`.
    Errors: DocumentError, before the first document, if the file as a whole cannot be read.
    """
    chosen = options or ReadOptions()
    suffix = path.suffix.lower()
    if suffix not in FORMATS:  # whoever names it wants it read
        suffix = ".txt"
    try:
        return _watched(_read(path, doc_id, chosen, suffix), path, suffix)
    except Exception as error:
        raise _translated(error, path, suffix) from error


def _read(path: Path, doc_id: str, options: ReadOptions, suffix: str) -> Iterator[Document | Failure]:
    if suffix in STREAMED:
        return _stream(path, doc_id, options, suffix)
    data = _load(path, options.max_bytes)
    if suffix == ".json":
        return _read_json(decode(data, str(path)), doc_id, options)
    return iter([_read_one(path, data, doc_id, suffix)])


def _watched(items: Iterator[Document | Failure], path: Path, suffix: str) -> Iterator[Document | Failure]:
    """Yield what a file holds; whatever a reader raises on the way becomes a DocumentError."""
    try:
        yield from items
    except Exception as error:
        raise _translated(error, path, suffix) from error


def _translated(error: Exception, path: Path, suffix: str) -> DocumentError:
    """Return what to say of a file whose reader raised something: parsers raise anything at all on damaged files."""
    match error:
        case DocumentError():
            return error
        case ImportError():
            return DocumentError(f"{path}: {missing(error, 'searchkit', FORMATS[suffix].extra)}")
        case OSError() if error.errno is not None:  # the system's, not a parser's
            return DocumentError(f"{path} cannot be read: {error.strerror or error}.")
        case _ if is_own(error):
            return DocumentBug(f"{path}: {document_bug(error)}")
        case _:
            return DocumentError(f"{path} is damaged or no {suffix} file: {type(error).__name__}: {error}")


def is_streamed(path: Path) -> bool:
    """Tell whether a file is read record by record, so that it may be of any size."""
    return path.suffix.lower() in STREAMED


def read_text(text: str, doc_id: str) -> Document:
    """Return the document of a plain text or news article."""
    return read_plain(clean(unify_newlines(text.removeprefix("\ufeff"))), doc_id)


def _load(path: Path, max_bytes: int) -> bytes:
    """Return a file's bytes, never more than `max_bytes` of them: a file may grow between stat and read."""
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise DocumentError(f"{path} is larger than {max_bytes:,} bytes. Raise max_bytes or exclude it.")
    if not data.strip():
        raise DocumentError(f"{path} is empty.")
    return data


def _read_one(path: Path, data: bytes, doc_id: str, suffix: str) -> Document:
    """Return the one document of a file. Errors: DocumentError that names the file, and whatever its parser raises."""
    try:
        if suffix in _TEXT_READERS:
            read_as_text = cast("TextReader", _reader(_TEXT_READERS[suffix]))
            document = read_as_text(decode(data, str(path)), doc_id)
        else:
            document = cast("BytesReader", _reader(_BYTES_READERS[suffix]))(data, doc_id)
    except DocumentError as error:
        message = str(error)
        raise DocumentError(message if str(path) in message else f"{path}: {message}") from error
    if not document.text.strip():
        raise DocumentError(f"{path} holds no text.")
    return document


def _reader(name: str) -> Callable[..., Document]:
    module, function = name.split(":")
    return cast("Callable[..., Document]", getattr(import_module(f"searchkit.documents.{module}"), function))


def _read_json(text: str, doc_id: str, options: ReadOptions) -> Iterator[Document | Failure]:
    value = parse_json(text)
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return _list_documents(value, doc_id, options)
    joined = "\n\n".join(_strings(value))
    if not joined:
        raise DocumentError(f"{doc_id} holds no text.")
    return iter([Document(doc_id, clean(unify_newlines(joined)))])


def _list_documents(records: list[object], doc_id: str, options: ReadOptions) -> Iterator[Document | Failure]:
    for number, record in enumerate(records, 1):
        place = f"{doc_id}:{number}"
        try:
            if not isinstance(record, dict):
                raise DocumentError("not an object like the others in the list")
            document = record_document(record, options, place, doc_id)
        except DocumentError as error:
            yield Failure(place, str(error))
        except Exception as error:  # noqa: BLE001 - the other records are to be read
            yield Failure(place, str(document_bug(error)), bug=True)
        else:
            yield document


def _strings(value: object) -> Iterator[str]:
    """Yield the texts in a JSON value, outermost first in their order."""
    if isinstance(value, str):
        if value.strip():
            yield value.strip()
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _stream(path: Path, doc_id: str, options: ReadOptions, suffix: str) -> Iterator[Document | Failure]:
    """Return the documents of a record file after a look at its beginning."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    if not sample.strip():
        raise DocumentError(f"{path} is empty.")
    encoding, mark = find_encoding(sample, str(path), whole=len(sample) < _SAMPLE)
    return _records(path, doc_id, options, suffix, (encoding, mark))


def _records(
    path: Path, doc_id: str, options: ReadOptions, suffix: str, coding: tuple[str, int]
) -> Iterator[Document | Failure]:
    encoding, mark = coding
    # One bad byte fails its record, not the file: it becomes half a surrogate pair that the record reader finds.
    errors = "surrogateescape" if encoding == "utf-8" else "replace"
    newline = None if suffix == ".jsonl" else ""
    with path.open(encoding=encoding, errors=errors, newline=newline) as file:
        if mark:
            file.read(1)
        lines = _lines(file, options.max_bytes)
        if suffix == ".jsonl":
            yield from read_records(lines, doc_id, options)
        else:
            yield from read_rows(lines, doc_id, options, "\t" if suffix == ".tsv" else "")


def _lines(file: IO[str], longest: int) -> Iterator[str]:
    """Yield lines, one character more than `longest` of those that exceed it."""
    while line := file.readline(longest + 1):
        yield line
        while len(line) > longest and not line.endswith("\n"):
            line = file.readline(longest + 1)
            if len(line) <= longest:
                break
