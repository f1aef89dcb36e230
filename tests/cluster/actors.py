"""Those who use indexes on a cluster while its nodes fail: writers and readers, each a process that notes what it saw.

Two indexes: one stands still, so that each answer must be the one before; into the other two writers write, and what
they were told is in must be found, whole, in the version that they were told of or a later one.

python -m tests.cluster.actors write FOLDER NUMBER
python -m tests.cluster.actors read FOLDER NUMBER
"""

from __future__ import annotations

import faulthandler
import json
import random
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from searchkit import Document, Index, IndexLocked
from searchkit.errors import BackendUnavailable
from tests.worlds import WORDS, WordHashEmbedder

STILL, MOVING = "still", "moving"  # files that hold the indexes' addresses
OVER = "over"  # a file that ends all
LENGTHS = {"target_tokens": 20, "max_tokens": 40}
PARAGRAPHS = 3  # of a document; a passage each
QUESTIONS = [f"{first} {second}" for first, second in zip(WORDS, [*WORDS[5:], *WORDS[:5]], strict=True)]
STANDING = 120  # documents that nobody changes
BATCH = 4  # new documents of a writer at a time, beside one that it writes anew
PATIENCE = 20.0  # seconds that a writer waits for the other
PAUSE = 0.2  # seconds after what was refused
REST = 1.0  # seconds after a batch, at most: longer than the other writer takes to see that it may write
CLEAR = (BackendUnavailable, IndexLocked)  # what may be told instead of an answer

Key = tuple[int, int]  # of a document: its writer, and which of that one's it is
Answer = list[list[Any]]  # hits: passage id, score, confidence


def standing() -> Iterator[Document]:
    """Yield the documents that nobody changes."""
    chance = random.Random(0)
    for number in range(STANDING):
        lines = [" ".join(chance.choices(WORDS, k=chance.randint(6, 14))) + "." for _ in range(PARAGRAPHS)]
        yield Document(f"standing{number}", "\n\n".join(lines), metadata={"half": number % 2})


def answers(index: Index) -> list[Answer]:
    """Return what each question finds in the index that stands still."""
    return [answer(index, number) for number in range(len(QUESTIONS))]


def answer(index: Index, number: int) -> Answer:
    """Return what one question finds; every second one is narrowed down."""
    found = index.search(QUESTIONS[number], k=10, where="half = 1" if number % 2 else None)
    return [[hit.passage.id, round(hit.score, 5), round(hit.confidence or 0, 5)] for hit in found]


def moving(key: Key, version: int) -> Document:
    """Return a version of a document that a writer adds; each of its passages names both."""
    line = f"{word_of(key)} version{version} {' '.join(WORDS)}"
    return Document(name_of(key), "\n\n".join(f"{line} part{part}." for part in range(PARAGRAPHS)))


def name_of(key: Key) -> str:
    return f"w{key[0]}-{key[1]}"


def word_of(key: Key) -> str:
    """Return the word that stands in one document alone."""
    return f"token{key[0]}x{key[1]}"


def opened(folder: Path, which: str) -> Index:
    """Open an index, by the name of the file that holds its address."""
    return Index.open((folder / which).read_text("utf-8"), embedder=WordHashEmbedder())


class Notes:
    """What a process saw: a line of JSON with its kind, when, and what about it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, kind: str, about: Any = "") -> None:
        """Note something, so that it is there whatever comes next."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([kind, time.time(), about]) + "\n")


def noted(folder: Path, name: str = "*") -> Iterator[tuple[str, float, Any]]:
    """Yield the notes of processes."""
    for path in sorted(folder.glob(f"{name}.jsonl")):
        yield from (tuple(json.loads(line)) for line in path.read_text("utf-8").splitlines() if line.endswith("]"))


def acknowledged(folder: Path) -> dict[Key, int]:
    """Return the version of each document that a writer was told is in."""
    found: dict[Key, int] = {}
    for kind, _, about in noted(folder, "write*"):
        if kind == "in":
            for writer, number, version in about:
                found[writer, number] = max(version, found.get((writer, number), 0))
    return found


def fault_of(index: Index, key: Key, version: int) -> str | None:
    """Return what is wrong with a document that is in: it is to be found whole, in this version or a later one."""
    hits = [hit for hit in index.search(word_of(key), k=20) if hit.passage.doc_id == name_of(key)]
    texts = sorted(hit.passage.text for hit in hits)
    versions = sorted({int(found) for text in texts for found in re.findall(r"version(\d+)", text)})
    if len(versions) != 1 or versions[0] < version:
        return f"{name_of(key)} was in with version {version}; a search found versions {versions} in {len(hits)} hits"
    if texts != sorted(moving(key, versions[0]).text.split("\n\n")):
        return f"{name_of(key)}: a search found a part of version {versions[0]}: {texts}"
    text = index.get(name_of(key)).text
    held = re.search(r"version(\d+)", text)
    if held is None or int(held[1]) < version or text != moving(key, int(held[1])).text:
        return f"{name_of(key)} was in with version {version}; get returned {text[:60]!r}"
    return None


class Writer:
    """Adds documents and writes some anew; what was refused is tried again as it was."""

    def __init__(self, folder: Path, number: int, notes: Notes) -> None:
        self._folder, self._number, self._notes = folder, number, notes
        self._chance = random.Random(number)
        self._versions: dict[int, int] = {}
        self._batch: dict[int, int] = {}
        self._index: Index | None = None

    def step(self) -> None:
        """Add a batch."""
        self._index = self._index or opened(self._folder, MOVING)
        if not self._batch:
            first = len(self._versions)
            self._batch = dict.fromkeys(range(first, first + BATCH), 1)
            if self._versions:
                anew = self._chance.choice(list(self._versions))
                self._batch[anew] = self._versions[anew] + 1
        items = [moving((self._number, number), version) for number, version in self._batch.items()]
        report = self._index.add(items, timeout=PATIENCE)
        if report.failed:
            self._notes.add("wrong", f"sound documents were not taken: {report.failed}")
        self._notes.add("in", [(self._number, number, version) for number, version in self._batch.items()])
        self._versions |= self._batch
        self._batch = {}
        time.sleep(self._chance.uniform(0.6, 1) * REST)


class Reader:
    """Asks both indexes in turn."""

    def __init__(self, folder: Path, number: int, notes: Notes) -> None:
        self._folder, self._notes = folder, notes
        self._chance = random.Random(number)
        self._wanted: list[Answer] = json.loads((folder / "answers").read_text("utf-8"))
        self._indexes: dict[str, Index] = {}

    def step(self) -> None:
        """Ask a question of each."""
        number = self._chance.randrange(len(QUESTIONS))
        found = answer(self._index(STILL), number)
        wanted = self._wanted[number]
        self._note(None if found == wanted else f"{QUESTIONS[number]}: found {found}, not {wanted}")
        known = acknowledged(self._folder)
        if known:
            key = self._chance.choice(list(known))
            self._index(MOVING).reload()  # or it may be a while until it looks for what others commit
            self._note(fault_of(self._index(MOVING), key, known[key]))

    def _index(self, which: str) -> Index:
        if which not in self._indexes:
            self._indexes[which] = opened(self._folder, which)
        return self._indexes[which]

    def _note(self, fault: str | None) -> None:
        self._notes.add("wrong" if fault else "answer", fault or "")


def repeat(step: Callable[[], None], folder: Path, notes: Notes) -> None:
    """Do something until all is over. What is refused clearly is noted; any other error is wrong."""
    while not (folder / OVER).exists():
        try:
            step()
        except CLEAR as error:
            notes.add("refused", f"{type(error).__name__}: {error}")
            time.sleep(PAUSE)
        except Exception:  # noqa: BLE001 - it is what the test is about
            notes.add("wrong", traceback.format_exc()[-3_000:])
            time.sleep(PAUSE)


def main() -> None:
    """Be one of them."""
    faulthandler.register(signal.SIGUSR1)  # tells where it waits
    role, folder, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    notes = Notes(folder / f"{role}{number}.jsonl")
    actor = {"write": Writer, "read": Reader}[role](folder, number, notes)
    repeat(actor.step, folder, notes)


if __name__ == "__main__":
    main()
