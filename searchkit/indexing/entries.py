"""What is derived from passages: keyword entries, the texts that models read, near duplicates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.normalization import nfc
from searchkit.storage.catalog import Catalog
from searchkit.storage.catalog.bands import NOWHERE
from searchkit.storage.keywords import Entry
from searchkit.storage.vectors.journal import DIGEST_SIZE
from searchkit.text import minhash
from searchkit.text.analysis import Analyzer
from searchkit.text.days import day_of
from searchkit.types import Passage, Rows

SHORTEST = 3  # letters of a part of a file's name that is a word
_PARTS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")
_NAMESAKE = re.compile(r"~\d+$")


def embedded_texts(catalog: Catalog, rows: Rows) -> list[str]:
    """Return what the model reads for the passages of rows that exist: (n,)."""
    passages = catalog.passages.get(rows.tolist())
    return [passages[row].embedded_text for row in rows.tolist()]


def text_digest(text: str) -> bytes:
    """Return the digest by which a text's vector is found again: 16 bytes."""
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_SIZE).digest()


def file_words(passage: Passage) -> str:
    """Return the words of the file that is a passage's document, "" if the document is one of several in a file.

    What has digits is a number or a key more often than a word. They go where titles go, which count little.
    """
    source = passage.metadata.get("source")
    name = nfc(PurePath(source).name) if isinstance(source, str) else ""
    if not name or _NAMESAKE.sub("", passage.doc_id).rsplit("/", 1)[-1] != name:
        return ""
    parts = _PARTS.split(PurePath(name).stem)
    return " ".join(part for part in parts if len(part) >= SHORTEST and part.isalpha())


class EntryMaker:
    """Makes keyword entries; titles and sections, which passages share, are analysed once."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._joined = lru_cache(maxsize=64)(analyzer.joined)

    def body(self, passage: Passage) -> str:
        """Return the index terms of a passage's text, joined by spaces."""
        return self._analyzer.joined(passage.text)

    def entry(self, row: int, passage: Passage, body: str) -> Entry:
        """Return the entry of a passage whose terms are known.

        The title stands before a document's first passage, as on the page. Before every one it would make its words
        worthless in a small collection: a word in all passages of the only report about Vietnam tells none apart. The
        names of columns stand before each piece of a table: a row means nothing without them.
        """
        title, header = self._joined(passage.title), self._joined(passage.header)
        return Entry(
            row,
            f"{title} {self._named(passage, title)}".strip() if passage.ordinal == 0 else title,
            self._joined(passage.section),
            " ".join(part for part in (title if passage.ordinal == 0 else "", header, body) if part),
            day_of(str(passage.metadata.get("date") or "")),
        )

    def _named(self, passage: Passage, title: str) -> str:
        """Return the index terms of the file's name that the title lacks, joined by spaces."""
        known = set(title.split())
        return " ".join(term for term in self._analyzer.joined(file_words(passage)).split() if term not in known)

    def entries(self, passages: Mapping[int, Passage]) -> list[Entry]:
        """Return the entries of passages by row."""
        return [self.entry(row, passage, self.body(passage)) for row, passage in passages.items()]


class Signed(NamedTuple):
    """Rows with their MinHash signatures (n, P) and LSH bands (n, B)."""

    rows: Rows
    signatures: npt.NDArray[Any]
    bands: npt.NDArray[np.int64]


def signed(rows: Iterable[int], signatures: npt.NDArray[Any]) -> Signed:
    """Return rows with their signatures and the bands that follow from them."""
    return Signed(np.fromiter(rows, np.int64), signatures, minhash.bands(signatures))


def first_duplicates(catalog: Catalog, new: Signed) -> dict[int, int]:
    """Return the rows that are near duplicates of an earlier one, each with the first such.

    Only the first row of each band is compared: a passage repeated a thousand times costs no more than one.
    """
    if not len(new.rows):
        return {}
    first = _first_in_bands(catalog, new)
    doubtful = np.flatnonzero((first < new.rows[:, None]).any(axis=1))
    own = dict(zip(new.rows.tolist(), new.signatures, strict=True))
    others = {row for row in first[doubtful].ravel().tolist() if row not in own}
    stored = catalog.passages.signatures(others)
    known = own | {row: np.frombuffer(blob, minhash.DTYPE) for row, blob in stored.items()}
    found: dict[int, int] = {}
    for at in doubtful.tolist():
        row = int(new.rows[at])
        for candidate in sorted(set(first[at].tolist())):
            if candidate >= row:
                break
            if float(minhash.similarity(own[row], known[candidate])) >= minhash.THRESHOLD:
                found[row] = candidate
                break
    return found


def _first_in_bands(catalog: Catalog, new: Signed) -> npt.NDArray[np.int64]:
    """Return the lowest row in each of the new rows' bands, new or stored: (n, B)."""
    keys, inverse = np.unique(new.bands, return_inverse=True)
    lowest = np.full(len(keys), NOWHERE)
    np.minimum.at(lowest, inverse.ravel(), np.repeat(new.rows, new.bands.shape[1]))
    lowest = np.minimum(lowest, catalog.bands.first_rows(keys))
    first: npt.NDArray[np.int64] = lowest[inverse].reshape(new.bands.shape)
    return first
