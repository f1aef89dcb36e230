"""Rows of documents and passages as a cluster holds them, and back. Arrays are stored as base64 of their bytes."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.cluster.mapping import DOCUMENT, PASSAGE, SPEAKER
from searchkit.cluster.metadata import values
from searchkit.storage.contract import Said, Speaker
from searchkit.storage.keywords import Entry
from searchkit.text.days import day_of
from searchkit.types import Document, Mark, Omission, Passage

VECTOR = np.dtype("<f2")  # as in a folder, to the last bit
PIECES = np.dtype("<u2")

_SHOWN = ("text", "title", "section", "start", "end", "line", "end_line", "page", "header")

Source = Mapping[str, Any]


class Spoken(NamedTuple):
    """A statement in a passage: who, by which verb, and offsets of source and claim in the passage's text."""

    speaker: Speaker
    verb: str
    source_start: int
    source_end: int
    claim_start: int
    claim_end: int


class HeldPassage(NamedTuple):
    """A passage with all that a cluster holds of it.

    section of the passage: its own, or its document's. vector: (dim,) float16, None without; pieces: (n,) uint16, None
    for a model that tells none.
    """

    passage: Passage
    entry: Entry
    digest: bytes  # of the text that models read
    signature: bytes
    said: Sequence[Spoken]
    vector: npt.NDArray[np.float16] | None = None
    pieces: npt.NDArray[np.uint16] | None = None


def speaker_key(speaker: Speaker) -> int:
    """Return the number by which statements name a speaker: the same wherever it is worked out."""
    said = f"{speaker.name}\0{speaker.among}".encode()
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest()) >> 1


def speaker_source(speaker: Speaker, terms_of: Callable[[str], Iterable[str]]) -> dict[str, Any]:
    """Return the row of a speaker, found by the terms of name and group."""
    terms = sorted({*terms_of(speaker.name), *terms_of(speaker.among)})
    return {"kind": SPEAKER, "key": speaker_key(speaker), **speaker._asdict(), "terms": terms}


def passage_source(held: HeldPassage, key: int, born: str, *, count: int, embedded: bool | None) -> dict[str, Any]:
    """Return the row of a passage. key: of its document's version; born: the batch's token.

    count: how many passages its document has, so that a search knows its neighbours.
    embedded: whether it has a vector, False if the model cannot read it, None in an index without a model.
    """
    passage, entry = held.passage, held.entry
    source: dict[str, Any] = {
        "kind": PASSAGE,
        "key": key,
        "born": born,
        "doc": passage.doc_id,
        "ordinal": passage.ordinal,
        "count": count,
        "day": entry.day,
        "title": entry.title,
        "section": entry.section,
        "body": entry.body,
        "meta": values(passage.doc_id, passage.title, passage.metadata),
        "speakers": sorted({speaker_key(each.speaker) for each in held.said}),
        "statements": len(held.said) or None,
        "digest": held.digest.hex(),
        "embedded": embedded,
        "stored": {
            **{name: getattr(passage, name) for name in _SHOWN},
            "metadata": dict(passage.metadata),
            "signature": _text(held.signature),
            "said": [[speaker_key(each.speaker), *each[1:]] for each in held.said],
        },
    }
    if held.vector is not None:
        source["vector"] = held.vector.astype(np.float32).tolist()
        source["stored"]["vector"] = _text(held.vector.astype(VECTOR).tobytes())
    if held.pieces is not None:
        source["stored"]["pieces"] = _text(held.pieces.astype(PIECES).tobytes())
    return {name: value for name, value in source.items() if value not in (None, "", [])}


def passage_of(source: Source) -> Passage:
    """Return the passage of a row's `_source`; it needs doc, ordinal and stored."""
    stored = source["stored"]
    doc_id, ordinal = source["doc"], source["ordinal"]
    shown = {name: stored[name] for name in _SHOWN}
    return Passage(f"{doc_id}#{ordinal}", doc_id, ordinal, metadata=stored["metadata"], **shown)


def said_of(source: Source) -> list[Said]:
    """Return the statements of a row's `_source`, with its number under "row"."""
    return [Said(source["row"], ordinal, *said) for ordinal, said in enumerate(source["stored"]["said"])]


def vector_of(source: Source) -> npt.NDArray[np.float16] | None:
    """Return the vector of a row's `_source`, None without one: (dim,)."""
    text = source["stored"].get("vector")
    return None if text is None else np.frombuffer(b64decode(text), VECTOR)


def pieces_of(source: Source) -> npt.NDArray[np.uint16] | None:
    """Return the word pieces of a row's `_source`, None where they are not known."""
    text = source["stored"].get("pieces")
    return None if text is None else np.frombuffer(b64decode(text), PIECES)


def signature_of(source: Source) -> bytes:
    """Return the MinHash signature of a row's `_source`."""
    return b64decode(source["stored"]["signature"])


def document_source(
    document: Document, key: int, born: str, *, file: int | None, digest: bytes, count: int
) -> dict[str, Any]:
    """Return the row of a document with so many passages. file: the key of the file that it came from."""
    source = {
        "kind": DOCUMENT,
        "key": key,
        "born": born,
        "doc": document.id,
        "day": day_of(str(document.metadata.get("date") or "")),
        "meta": values(document.id, document.title, document.metadata),
        "file": file,
        "content": digest.hex(),
        "count": count,
        "partial": bool(document.omitted),
        "stored": {
            "text": document.text,
            "title": document.title,
            "metadata": dict(document.metadata),
            "marks": [list(mark) for mark in document.marks],
            "page_starts": list(document.page_starts),
            "omitted": [astuple(each) for each in document.omitted],
        },
    }
    return {name: value for name, value in source.items() if value is not None}


def document_of(source: Source) -> Document:
    """Return the document of a row's `_source`; it needs doc and stored."""
    stored = source["stored"]
    return Document(
        source["doc"],
        stored["text"],
        stored["title"],
        stored["metadata"],
        tuple(Mark(*mark) for mark in stored["marks"]),
        tuple(stored["page_starts"]),
        tuple(Omission(*each) for each in stored["omitted"]),
    )


def _text(content: bytes) -> str:
    return b64encode(content).decode()
