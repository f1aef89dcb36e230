"""What follows from each document alone, which is most of the work of indexing."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from searchkit import documents, duplicates
from searchkit.attribution.document import LANGUAGE, Attribution, attributions
from searchkit.errors import DocumentError
from searchkit.splitter import CountTokens, Limits, Place, places
from searchkit.text import Analyzer
from searchkit.types import Document, Failure, Mark, Metadata, Scalar

_CANONICAL = json.JSONEncoder(sort_keys=True)  # json.dumps would make one each time


class Recipe(NamedTuple):
    """What decides the results. `count_tokens` must be fit to be sent to another process if others shall help."""

    language: str
    limits: Limits
    count_tokens: CountTokens


class Text(NamedTuple):
    """A job: a document that is at hand."""

    text: str
    marks: tuple[Mark, ...]
    page_starts: tuple[int, ...] = ()


class File(NamedTuple):
    """A job: a file to read, with metadata to add to its documents."""

    path: Path
    doc_id: str
    options: documents.ReadOptions
    extra: Metadata
    size: int


class Prepared(NamedTuple):
    """A document's passages: where they are, their index terms joined by spaces, their statements, all in order, and
    their MinHash signatures: (n, PERMUTATIONS) uint8.
    """

    places: list[Place]
    bodies: list[str]
    heard: list[list[Attribution]]
    signatures: duplicates.Signatures


class Read(NamedTuple):
    """A document from a file, with its digest and what follows from it."""

    document: Document
    digest: bytes
    prepared: Prepared


class Contents(NamedTuple):
    """What a file holds, or the problem why it holds nothing."""

    items: list[Read | Failure]
    problem: str


Job: TypeAlias = Text | File
Result: TypeAlias = Prepared | Contents  # of a Text, of a File


class _Cleaned(NamedTuple):
    document: Document
    digest: bytes


class _Found(NamedTuple):
    items: list[_Cleaned | Failure]
    problem: str


class Preparer:
    """Does jobs."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._analyzer = Analyzer(recipe.language)

    def __call__(self, jobs: Sequence[Job]) -> list[Result]:
        """Return the result of each job."""
        found = [_read(job) if isinstance(job, File) else job for job in jobs]
        prepared = iter(self._prepare([text for one in found for text in _texts(one)]))
        return [next(prepared) if isinstance(one, Text) else _contents(one, prepared) for one in found]

    def _prepare(self, texts: Sequence[Text]) -> list[Prepared]:
        limits, count = self._recipe.limits, self._recipe.count_tokens
        split = [places(text.text, text.marks, limits, count, text.page_starts) for text in texts]
        passages = [[text.text[p.start : p.end] for p in own] for text, own in zip(texts, split, strict=True)]
        bodies = [[self._analyzer.joined(passage) for passage in own] for own in passages]
        understood = self._analyzer.language == LANGUAGE
        heard: list[list[list[Attribution]]] = [attributions(p) if understood else [[] for _ in p] for p in passages]
        signatures = duplicates.signatures([body.split() for own in bodies for body in own])
        signed = [signatures[start:end] for start, end in pairwise([0, *accumulate(map(len, bodies))])]
        return [Prepared(*parts) for parts in zip(split, bodies, heard, signed, strict=True)]


def _read(job: File) -> _Found:
    items: list[_Cleaned | Failure] = []
    try:
        found = documents.read(job.path, job.doc_id, job.options)
        items.extend(item if isinstance(item, Failure) else _cleaned(item, job.extra) for item in found)
    except DocumentError as error:
        return _Found(items, str(error))
    return _Found(items, "")


def _cleaned(document: Document, extra: Metadata) -> _Cleaned | Failure:
    try:
        cleaned = clean(replace(document, metadata={**document.metadata, **extra}))
        return _Cleaned(cleaned, document_digest(cleaned))
    except DocumentError as error:
        return Failure(document.id, str(error))


def _texts(found: Text | _Found) -> list[Text]:
    if isinstance(found, Text):
        return [found]
    documents = [item.document for item in found.items if isinstance(item, _Cleaned)]
    return [Text(document.text, document.marks, document.page_starts) for document in documents]


def _contents(found: _Found, prepared: Iterator[Prepared]) -> Contents:
    """Return what was found with what follows from each document."""
    items = [Read(*item, next(prepared)) if isinstance(item, _Cleaned) else item for item in found.items]
    return Contents(items, found.problem)


def clean(document: Document) -> Document:
    """Return the document as the index can hold it: lone surrogates replaced, dates as text.

    Raises DocumentError for metadata that JSON cannot hold, and for an empty id.
    """
    if not document.id or "\n" in document.id:
        raise DocumentError(f"{document.id!r} is no document id: give a line of text")
    metadata = {str(name): _json_value(name, value) for name, value in document.metadata.items()}
    doc_id, text, title = _whole(document.id), _whole(document.text), _whole(document.title)
    return Document(doc_id, text, title, metadata, document.marks, document.page_starts)


def _whole(text: str) -> str:
    """Replace lone surrogates, which no file can hold, character by character: offsets stay."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def _json_value(name: str, value: Any) -> Scalar | list[Scalar]:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, str):
        return _whole(value)
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Sequence):
        return [_scalar(name, item) for item in value]
    raise DocumentError(f"metadata {name!r} is {type(value).__name__}; give text, numbers, dates, or lists of them")


def _scalar(name: str, value: Any) -> Scalar:
    plain = _json_value(name, value)
    if isinstance(plain, list):
        raise DocumentError(f"metadata {name!r} is a list of lists; give a plain list")
    return plain


def document_digest(document: Document) -> bytes:
    """Return a digest of all that the index keeps of a document: 16 bytes."""
    rest = [document.title, dict(document.metadata), document.marks, document.page_starts]
    digest = hashlib.blake2b(_CANONICAL.encode(rest).encode(), digest_size=16)
    digest.update(document.text.encode())
    return digest.digest()
