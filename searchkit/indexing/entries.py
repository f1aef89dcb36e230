"""What is derived from passages: keyword entries, the texts that models read, near duplicates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from searchkit.queries.acronyms import trusted_acronyms
from searchkit.storage.catalog import Catalog
from searchkit.storage.catalog.bands import NOWHERE
from searchkit.storage.keywords import Entry
from searchkit.storage.vectors.journal import DIGEST_SIZE
from searchkit.text import minhash
from searchkit.text.analysis import Analyzer
from searchkit.text.days import day_of
from searchkit.text.filenames import file_words
from searchkit.text.parts import OtherWritings
from searchkit.text.splitting import SECTION_JOINER
from searchkit.types import Passage, Rows

WHOLE = 3  # terms of a name that is given whole where any of them is new

Analysed: TypeAlias = tuple[int, Passage, str]  # row, passage, index terms of its text, joined by spaces


def embedded_texts(catalog: Catalog, rows: Rows) -> list[str]:
    """Return what the model reads for the passages of rows that exist: (n,)."""
    passages = catalog.passages.get(rows.tolist())
    return [passages[row].embedded_text for row in rows.tolist()]


def text_digest(text: str) -> bytes:
    """Return the digest by which a text's vector is found again: 16 bytes."""
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_SIZE).digest()


class EntryMaker:
    """Makes keyword entries; titles and sections, which passages share, are analysed once."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._joined = lru_cache(maxsize=64)(analyzer.joined)
        self._others = OtherWritings(analyzer)
        self._shared_others = lru_cache(maxsize=64)(self._named_above)

    def body(self, passage: Passage) -> str:
        """Return the index terms of a passage's text, joined by spaces."""
        return self._analyzer.joined(passage.text)

    def entries(self, passages: Mapping[int, Passage]) -> list[Entry]:
        """Return the entries of whole documents' passages by row."""
        return self.analysed((row, passage, self.body(passage)) for row, passage in passages.items())

    def analysed(self, passages: Iterable[Analysed]) -> list[Entry]:
        """Return the entries of whole documents' passages whose terms are known, document by document."""
        entries: list[Entry] = []
        for _, group in groupby(passages, lambda each: each[1].doc_id):
            document = list(group)
            named = self._named_by_file(document)
            for row, passage, body in document:
                entries.append(self._entry(row, passage, body, named))
                named = ""
        return entries

    def _entry(self, row: int, passage: Passage, body: str, named: str) -> Entry:
        """Return the entry of a passage. named: the terms of its document's file name.

        The title stands before a document's first passage, as on the page. Before every one it would make its words
        worthless in a small collection: a word in all passages of the only report about Vietnam tells none apart. The
        names of columns stand before each piece of a table: a row means nothing without them. Other writings of names
        and acronyms follow the section, where they count little and make neither titles nor texts longer.
        """
        title, header, section = map(self._joined, (passage.title, passage.header, passage.section))
        others = self._shared_others(passage.title, passage.section, passage.header) + self._other_terms(passage.text)
        lacking = _lacking(others, f" {title} {section} {header} {body} ") if others else ""
        return Entry(
            row,
            title,
            " ".join(part for part in (section, lacking, named) if part) if lacking or named else section,
            " ".join(part for part in (title if passage.ordinal == 0 else "", header, body) if part),
            day_of(str(passage.metadata.get("date") or "")),
        )

    def _named_above(self, title: str, section: str, header: str) -> list[str]:
        """Return the other terms of what stands above a passage, each heading on a line of its own."""
        return self._other_terms("\n".join((title, *section.split(SECTION_JOINER), header)))

    def _other_terms(self, text: str) -> list[str]:
        """Return what else the words of a text are called, and the acronyms in it."""
        return self._others(text) + trusted_acronyms(text, self._analyzer)

    def _named_by_file(self, document: Sequence[Analysed]) -> str:
        """Return the terms of the document's file name that the document lacks, joined by spaces."""
        first = document[0][1]
        terms = self._joined(" ".join(file_words(first)))
        if not terms:
            return ""
        held = [
            self._joined(first.title),
            *(part for _, each, body in document for part in (body, self._joined(each.section))),
        ]
        return " ".join(term for term in terms.split() if not any(_holds(part, term) for part in held))


def _lacking(others: Iterable[str], held: str) -> str:
    """Return those of `others` that an entry's terms lack, joined by spaces.

    What it holds is not said again, or passages with such names would come before those with plain words. Only long
    names are given whole, for phrases.
    """
    lacking: list[str] = []
    for other in dict.fromkeys(others):
        terms = other.split()
        new = [term for term in terms if f" {term} " not in held]
        lacking += terms if new and len(terms) >= WHOLE else new
    return " ".join(lacking)


def _holds(terms: str, term: str) -> bool:
    return term in terms and term in terms.split()


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
