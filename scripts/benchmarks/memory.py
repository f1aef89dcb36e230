"""Memory that indexing takes as documents go in: a JSON-lines file of any size is made and indexed.

Documents are drawn from sentences of made-up words whose frequencies fall as Zipf's, the same in every run. What is
reported is the proportional share (Pss) of all processes, its highest so far, and of it what is no page of a file: that
the system cannot drop. Linux alone tells it.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from searchkit import Index

WORDS, SENTENCES = 50_000, 200_000
EVERY = 0.5  # seconds between two looks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1_000, help="size of the file")
    parser.add_argument("--minutes", type=float, default=60, help="after which the rest is left")
    parser.add_argument("--embedder", default="none")
    parser.add_argument("--folder", type=Path, help="for the file and the index; default: a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as home:
        source = Path(home, "documents.jsonl")
        write(source, given.megabytes * 1_000_000)
        print(f"{time.strftime('%Y-%m-%d')}, {given.megabytes:,} MB, embedder {given.embedder}")
        print("| documents | s | peak, MB | no pages of files |\n|---|---|---|---|", flush=True)
        watch = Watch(60 * given.minutes)
        try:
            with Index.create(Path(home, "index"), embedder=given.embedder) as index:
                index.sync(source, progress=watch)
        except TimeoutError:
            print(f"stopped after {given.minutes:g} minutes")
        watch.tell()


def write(path: Path, size: int) -> None:
    """Write documents of some 1,000 characters, as JSON lines, until there are so many bytes."""
    choose = random.Random(14)
    with path.open("w", encoding="utf-8") as file:
        for number, text in enumerate(texts(choose)):
            written = file.write(json.dumps({"id": f"document-{number}", "text": text, "group": number % 100}) + "\n")
            size -= written
            if size <= 0:
                return


def texts(choose: random.Random) -> Iterator[str]:
    """Yield texts of ten sentences without end."""
    letters = "etaoinshrdlu"
    words = ["".join(choose.choices(letters, k=choose.randint(2, 9))) for _ in range(WORDS)]
    shares = np.cumsum(1 / np.arange(1, WORDS + 1)).tolist()
    sentences = [
        " ".join(choose.choices(words, cum_weights=shares, k=choose.randint(10, 24))).capitalize() + "."
        for _ in range(SENTENCES)
    ]
    while True:
        yield " ".join(choose.choices(sentences, k=10))


class Watch:
    """Progress that notes the memory of this process and its children, and tells of it every 50,000 documents."""

    def __init__(self, seconds: float) -> None:
        self._start = self._looked = time.monotonic()
        self._end = self._start + seconds
        self._documents, self._next = 0, 50_000
        self._peak = self._fixed = 0

    def __call__(self, stage: str, done: int, _: int | None) -> None:
        if stage == "read":
            self._documents = done
        now = time.monotonic()
        if now > self._looked + EVERY:
            self._looked = now
            whole, fixed = memory()
            self._peak, self._fixed = max(self._peak, whole), max(self._fixed, fixed)
        if self._documents >= self._next:
            self.tell()
            self._next += 50_000
        if now > self._end:
            raise TimeoutError

    def tell(self) -> None:
        """Print where it stands."""
        seconds = time.monotonic() - self._start
        print(f"| {self._documents:,} | {seconds:,.0f} | {self._peak:,} | {self._fixed:,} |", flush=True)


def memory() -> tuple[int, int]:
    """Return the megabytes of this process and those below it, and how many are no pages of files."""
    found = [0, 0]
    for status in [Path("/proc/self"), *children()]:
        try:
            lines = dict(line.split(":") for line in (status / "smaps_rollup").read_text().splitlines()[1:])
        except OSError:
            continue  # it has ended
        found[0] += int(lines["Pss"].split()[0])
        found[1] += int(lines["Pss_Anon"].split()[0])
    return found[0] // 1000, found[1] // 1000


def children() -> Iterator[Path]:
    """Yield the folders of the processes that this one has started."""
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text().split():
            yield Path("/proc", pid)


if __name__ == "__main__":
    main()
