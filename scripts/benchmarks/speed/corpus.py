"""Texts, vectors and fields that every system gets alike, kept on disk so that no system's memory holds them."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

DIM = 384
CHUNK = 2_500  # rows of a file of the teacher's vectors
SHARES = {"half": 2, "twentieth": 20, "thousandth": 1_000}  # field -> one in how many rows has a given value
NEIGHBOUR, NOISE = 0.35, 0.3  # of a made vector: weight of the neighbour, length of what is added at random
FIELD_SEED = 7

Vectors = npt.NDArray[np.floating[Any]]


class Record(NamedTuple):
    """A passage: its row is its id in every system."""

    row: int
    title: str
    text: str
    fields: dict[str, str]

    @property
    def full(self) -> str:
        """What is embedded, and what systems with one field of text index."""
        return embedded(self.title, self.text)


class Corpus:
    """A folder with texts.jsonl, vectors.npy (n, 384) float16 unit rows, and about.json."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about: dict[str, Any] = json.loads((folder / "about.json").read_text())

    def __len__(self) -> int:
        return int(self.about["rows"])

    def records(self) -> Iterator[Record]:
        values = fields(len(self))
        with (self.folder / "texts.jsonl").open(encoding="utf-8") as lines:
            for row, line in enumerate(lines):
                title, text = json.loads(line)
                yield Record(row, title, text, values_of(values[row]))

    def batches(self, size: int = 2_000) -> Iterator[tuple[list[Record], Vectors]]:
        """Yield records with their vectors, (size, 384) float32, read as they are needed."""
        records = self.records()
        with (self.folder / "vectors.npy").open("rb") as file:
            np.lib.format.read_magic(file)
            np.lib.format.read_array_header_1_0(file)
            while batch := list(islice(records, size)):
                yield batch, np.fromfile(file, np.float16, len(batch) * DIM).reshape(-1, DIM).astype(np.float32)

    def vectors(self) -> Vectors:
        """All vectors, memory-mapped: (n, 384) float16."""
        return np.load(self.folder / "vectors.npy", mmap_mode="r")

    @classmethod
    def write(cls, folder: Path, texts: Iterator[tuple[str, str]], vectors: Vectors, about: dict[str, Any]) -> Corpus:
        folder.mkdir(parents=True, exist_ok=True)
        digests = []
        with (folder / "texts.jsonl").open("w", encoding="utf-8") as file:
            for title, text in islice(texts, len(vectors)):
                file.write(json.dumps([title, text], ensure_ascii=False) + "\n")
                digests.append(digest(embedded(title, text)))
        np.save(folder / "vectors.npy", vectors.astype(np.float16, copy=False))
        order = np.argsort(np.array(digests, np.uint64), kind="stable")
        np.save(folder / "digests.npy", np.stack([np.array(digests, np.uint64)[order], order.astype(np.uint64)]))
        (folder / "about.json").write_text(json.dumps({"rows": len(vectors), **about}))
        return cls(folder)


class Lookup:
    """Vectors of a corpus's texts by their text, for systems that ask a function for vectors while they index."""

    def __init__(self, folder: Path) -> None:
        self._digests, self._rows = np.load(folder / "digests.npy")
        self._vectors = np.load(folder / "vectors.npy", mmap_mode="r")

    def find(self, texts: Sequence[str]) -> tuple[Vectors, npt.NDArray[np.bool_]]:
        """Return rows for texts, (len(texts), 384) float32, and which of them are known."""
        wanted = np.array([digest(text) for text in texts], np.uint64)
        at = np.minimum(np.searchsorted(self._digests, wanted), len(self._digests) - 1)
        return self._vectors[self._rows[at].astype(np.int64)].astype(np.float32), self._digests[at] == wanted


def embedded(title: str, text: str) -> str:
    return f"{title}\n{text}" if title else text


def digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def fields(count: int) -> npt.NDArray[np.int64]:
    """Seeded values of the fields by row: (count, fields), the same for a row whatever the count."""
    return np.random.default_rng(FIELD_SEED).integers(0, list(SHARES.values()), (count, len(SHARES)))


def values_of(row: Sequence[int]) -> dict[str, str]:
    return {name: f"{name[0]}{value}" for name, value in zip(SHARES, row, strict=True)}


def read(path: Path) -> Iterator[tuple[str, str]]:
    """Yield title and text of a .jsonl or .jsonl.xz file."""
    with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield record.get("title", ""), record["text"]


# --- vectors where the model has not read the passages --------------------------------------------------------


def teacher_vectors(cache: Path, count: int) -> tuple[Vectors, npt.NDArray[np.bool_]]:
    """Return the model's vectors from files NNNNNN.npy of 2,500 rows, (count, 384) float16, and which rows have one."""
    vectors = np.zeros((count, DIM), np.float16)
    known = np.zeros(count, bool)
    for start in range(0, count, CHUNK):
        path = cache / f"{start:06d}.npy"
        if path.exists():
            rows = np.load(path)[: count - start]
            vectors[start : start + len(rows)], known[start : start + len(rows)] = rows, True
    return vectors, known


def mixed(own: Vectors, other: Vectors, chance: np.random.Generator) -> Vectors:
    """Return unit rows near `own`, a little towards `other`, a real neighbour, with some noise: (n, 384) float32.

    Real vectors have neighbours at all distances; vectors drawn at random have none, which flatters or hurts
    approximate search by turns.
    """
    noise = chance.standard_normal(own.shape, np.float32) * np.float32(NOISE / DIM**0.5)
    rows = own.astype(np.float32) + NEIGHBOUR * other.astype(np.float32) + noise
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def completed(vectors: Vectors, known: npt.NDArray[np.bool_], seed: int = 0) -> Vectors:
    """Return the vectors with rows that are not known made of those that are."""
    chance = np.random.default_rng(seed)
    rows, missing = np.flatnonzero(known), np.flatnonzero(~known)
    if not len(rows):
        raise SystemExit("no vector is known: embed a part of the corpus first")
    drawn = chance.integers(0, len(rows), len(missing))
    beside = np.minimum(drawn + chance.integers(1, 4, len(missing)), len(rows) - 1)  # mostly the same article
    for start in range(0, len(missing), CHUNK):
        part = slice(start, start + CHUNK)
        vectors[missing[part]] = mixed(vectors[rows[drawn[part]]], vectors[rows[beside[part]]], chance)
    return vectors


def recombined(
    texts: list[tuple[str, str]], vectors: Vectors, count: int, seed: int = 0
) -> tuple[Iterator[tuple[str, str]], Vectors]:
    """Return `count` passages with vectors: the given ones, then new ones of their sentences.

    A new passage takes sentences of a drawn one and of one that stands just behind it, mostly of the same article,
    in a seeded order; its vector is mixed from theirs.
    """
    chance = np.random.default_rng(seed)
    given = len(texts)
    drawn = chance.integers(0, given, count - given)
    beside = np.minimum(drawn + chance.integers(1, 4, count - given), given - 1)
    grown = np.empty((count, DIM), np.float16)
    grown[:given] = vectors
    for start in range(0, count - given, CHUNK):
        part = slice(start, start + CHUNK)
        rows = mixed(vectors[drawn[part]], vectors[beside[part]], chance)
        grown[given + start : given + start + len(rows)] = rows

    def made() -> Iterator[tuple[str, str]]:
        yield from texts
        order = np.random.default_rng(seed + 1)
        for own, other in zip(drawn.tolist(), beside.tolist(), strict=True):
            sentences = sentences_of(texts[own][1]) + sentences_of(texts[other][1])[:2]
            kept = order.permutation(len(sentences))[: max(2, len(sentences) * 2 // 3)]
            yield texts[own][0], " ".join(sentences[each] for each in kept)

    return made(), grown


def sentences_of(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", text)
