"""What follows from each document alone, which is most of the work of indexing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import NamedTuple, TypeAlias

from searchkit import documents
from searchkit.errors import DocumentError, SearchkitError, document_bug
from searchkit.indexing.cleaning import Cleaned, cleaned, failure
from searchkit.text import minhash
from searchkit.text.analysis import Analyzer
from searchkit.text.attribution.document import LANGUAGE, Attribution, attributions
from searchkit.text.splitting import CountTokens, Limits, Place, places
from searchkit.types import Document, Failure, Mark, Metadata


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
    """A document's passages: where they are, their index terms joined by spaces, their statements, and their MinHash
    signatures as the catalog has them, all in order.
    """

    places: list[Place]
    bodies: list[str]
    heard: list[list[Attribution]]
    signatures: list[bytes]


class Bug(NamedTuple):
    """Why nothing follows from a document: searchkit's own code failed on it."""

    reason: str


class Read(NamedTuple):
    """A document from a file, with its digest and what follows from it."""

    document: Document
    digest: bytes
    prepared: Prepared | Bug


class Contents(NamedTuple):
    """What a file holds, and in place of what cannot be read, why."""

    items: list[Read | Failure]


Job: TypeAlias = Text | File
Result: TypeAlias = Prepared | Bug | Contents  # of a Text, of a Text, of a File


class _Found(NamedTuple):
    items: list[Cleaned | Failure]


class Preparer:
    """Does jobs."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._analyzer = Analyzer(recipe.language)

    def __call__(self, jobs: Sequence[Job]) -> list[Result]:
        """Return the result of each job."""
        found = [_read(job) if isinstance(job, File) else job for job in jobs]
        prepared = iter(self._prepare_each([text for one in found for text in _texts(one)]))
        return [next(prepared) if isinstance(one, Text) else _contents(one, prepared) for one in found]

    def _prepare_each(self, texts: Sequence[Text]) -> Sequence[Prepared | Bug]:
        """Return what follows from each text; one on which our code fails takes no other with it."""
        try:
            return self._prepare(texts)
        except SearchkitError:  # what a user can mend: a model that is missing, say
            raise
        except Exception as error:  # noqa: BLE001 - a bug, which the report tells
            if len(texts) == 1:
                return [Bug(str(document_bug(error)))]
        return [result for text in texts for result in self._prepare_each([text])]

    def _prepare(self, texts: Sequence[Text]) -> list[Prepared]:
        limits, count = self._recipe.limits, self._recipe.count_tokens
        split = [places(text.text, text.marks, limits, count, text.page_starts) for text in texts]
        passages = [[text.text[p.start : p.end] for p in own] for text, own in zip(texts, split, strict=True)]
        bodies = [[self._analyzer.joined(passage) for passage in own] for own in passages]
        understood = self._analyzer.language == LANGUAGE
        heard: list[list[list[Attribution]]] = [attributions(p) if understood else [[] for _ in p] for p in passages]
        signatures = [row.tobytes() for row in minhash.signatures(list(chain.from_iterable(bodies)))]
        signed = [signatures[start:end] for start, end in pairwise([0, *accumulate(map(len, bodies))])]
        return [Prepared(*parts) for parts in zip(split, bodies, heard, signed, strict=True)]


def _read(job: File) -> _Found:
    items: list[Cleaned | Failure] = []
    try:
        found = documents.read(job.path, job.doc_id, job.options)
        items.extend(item if isinstance(item, Failure) else cleaned(item, job.extra) for item in found)
    except DocumentError as error:
        items.append(failure(str(job.path), error))
    return _Found(items)


def _texts(found: Text | _Found) -> list[Text]:
    if isinstance(found, Text):
        return [found]
    documents = [item.document for item in found.items if isinstance(item, Cleaned)]
    return [Text(document.text, document.marks, document.page_starts) for document in documents]


def _contents(found: _Found, prepared: Iterator[Prepared | Bug]) -> Contents:
    """Return what was found with what follows from each document."""
    return Contents([Read(*item, next(prepared)) if isinstance(item, Cleaned) else item for item in found.items])
