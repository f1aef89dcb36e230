"""Very many passages end to end: from files to hybrid answers, filters, one changed document, memory, disk, recall.

DATA holds wiki-250k/corpus.jsonl.xz and squad-dev/queries.jsonl. The first 250,000 passages are its paragraphs; each
further one has sentences of four of them, chosen by its number, so that its words are real and no passage is another's
copy. They stand in files of 1,000 JSON lines with a number from 0 to 999, by which filters let .1, 1, 10 and 50 %
through. Indexing, asking and syncing are processes of their own.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from scripts.benchmarks.engine import read_texts
from scripts.benchmarks.memory import memory
from scripts.benchmarks.speed.corpus import read
from searchkit import Index
from searchkit.storage import store
from searchkit.text.sentences import sentences

REAL, PARENTS, FILE = 250_000, 4, 1_000
FACTORS = (7_919, 104_729, 611_953, 15_485_863)  # primes: which parents a passage has
SHARES = {".1 %": "n < 1", "1 %": "n < 10", "10 %": "n < 100", "50 %": "n < 500"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path, help="for the files and the index, which are kept and used again")
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--ask", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    index, files = given.folder / "index", given.folder / "files"
    if given.ask:
        print(json.dumps(answers(index, given.data / "squad-dev" / "queries.jsonl", given.questions)))
        return
    if not files.exists():
        write(files, passages(given.data / "wiki-250k" / "corpus.jsonl.xz", given.passages))
    size = sum(
        len(json.loads(line)["text"].encode()) for path in files.iterdir() for line in path.open(encoding="utf-8")
    )
    print(f"{time.strftime('%Y-%m-%d')}, {given.passages:,} passages, {size / 1e6:,.0f} MB of text\n")
    print("| what | found |\n|---|---|")
    if not index.exists():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        row("indexed until hybrid answers, s", seconds(run(index, files)))
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        row("of processor time", f"{used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime:.1f}")
        row("resident at most of one process, MB", f"{used.ru_maxrss // 1_000:,}")
    ask = [sys.executable, "-m", "scripts.benchmarks.million", str(given.data), str(given.folder), "--ask"]
    found = json.loads(
        subprocess.run([*ask, "--questions", str(given.questions)], check=True, capture_output=True).stdout
    )
    for name, value in found.items():
        row(name, value)
    row("one changed document, s", seconds(lambda: changed(index, files)))
    disk(index, size, given.passages)


def row(name: str, value: object) -> None:
    print(f"| {name} | {value} |", flush=True)


def seconds(work: Any) -> str:
    started = time.perf_counter()
    work()
    return f"{time.perf_counter() - started:.1f}"


# --- files --------------------------------------------------------------------------------------------------------


def passages(path: Path, count: int) -> Iterator[tuple[str, str]]:
    """Yield title and text of so many passages."""
    real = list(islice(read(path), min(count, REAL)))
    yield from real
    split = [[text[start:end] for start, end in sentences(text)] for _, text in real] if count > len(real) else []
    for number in range(len(real), count):
        parents = [number * factor % len(real) for factor in FACTORS]
        chosen = [
            split[parent][(number // len(real) + place) % len(split[parent])] for place, parent in enumerate(parents)
        ]
        yield real[parents[0]][0], " ".join(sentence.strip() for sentence in chosen)


def write(folder: Path, texts: Iterable[tuple[str, str]]) -> None:
    folder.mkdir(parents=True)
    draw = np.random.default_rng(14)
    numbered = enumerate(texts)
    while batch := list(islice(numbered, FILE)):
        with (folder / f"{batch[0][0] // FILE:06d}.jsonl").open("w", encoding="utf-8") as file:
            for (number, (title, text)), n in zip(batch, draw.integers(0, 1_000, len(batch)).tolist(), strict=True):
                record = {"_id": f"passage-{number}", "title": title, "text": text, "n": n}
                file.write(json.dumps(record, ensure_ascii=False) + "\n")


# --- the index ----------------------------------------------------------------------------------------------------


def run(index: Path, files: Path) -> Any:
    command = [sys.executable, "-m", "searchkit", "index", str(files), "-i", str(index)]
    return lambda: subprocess.run(command, check=True, capture_output=True)


def changed(index: Path, files: Path) -> None:
    """Change one document, and sync."""
    path = min(files.iterdir())
    first, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
    record = json.loads(first)
    path.write_text(
        "".join([json.dumps(record | {"text": record["text"] + " It was changed."}) + "\n", *rest]), "utf-8"
    )
    run(index, files)()


def disk(index: Path, size: int, count: int) -> None:
    sizes: dict[str, int] = {}
    for path in index.rglob("*"):
        if path.is_file():
            kind = path.name.split(".")[1] if path.parent.name == "vectors" else path.relative_to(index).parts[0]
            sizes[kind] = sizes.get(kind, 0) + path.stat().st_size
    for kind, found in sorted(sizes.items(), key=lambda each: -each[1]):
        row(f"bytes a passage, {kind}", f"{found / count:.0f}")
    row("disk, MB", f"{sum(sizes.values()) / 1e6:,.0f}")
    row("disk, times the text", f"{sum(sizes.values()) / size:.2f}")


# --- asking -------------------------------------------------------------------------------------------------------


def answers(path: Path, questions: Path, count: int) -> dict[str, str]:
    """Return what asking takes: milliseconds by way, memory, recall."""
    asked = read_texts(questions, count + 1)
    found: dict[str, str] = {}
    with Index.open(path) as index:
        index.search(asked.pop())
        medians = {}
        for name, where in {"all": None, **SHARES}.items():
            started = time.perf_counter()
            if where is not None:
                index.search(asked[0], where=where)
                found[f"first question among {name}, ms"] = f"{1e3 * (time.perf_counter() - started):.1f}"
            medians[name], slow = timed(index, asked, where)
            found[f"hybrid among {name}, p50 and p95, ms"] = f"{medians[name]:.1f}, {slow:.1f}"
        found["filtered, times unfiltered, at most"] = f"{max(medians.values()) / medians['all']:.2f}"
        whole, fixed = memory()
        found["memory while searching, MB; of it no pages of files"] = f"{whole:,}; {fixed:,}"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000
        found["resident at most, MB"] = f"{peak:,}"
        vectors = [index.embedder.embed_query(question) for question in asked]
    found["recall@10 of the vector arm"] = f"{recall(path, np.stack(vectors)):.3f}"
    return found


def timed(index: Index, asked: list[str], where: str | None) -> tuple[float, float]:
    spent = []
    for question in asked:
        started = time.perf_counter()
        index.search(question, where=where)
        spent.append(1e3 * (time.perf_counter() - started))
    return statistics.median(spent), statistics.quantiles(spent, n=20)[-1]


def recall(path: Path, queries: Any) -> float:
    """Return the share of the ten nearest vectors that the arm finds."""
    with store.opened(path) as snapshot:
        approximate = snapshot.vectors.search_many(queries, 10)
        exact = snapshot.vectors.search_many(queries, 10, recall=1)
    shared = [len(np.intersect1d(own.rows, other.rows)) for own, other in zip(approximate, exact, strict=True)]
    return sum(shared) / sum(len(own.rows) for own in exact)


if __name__ == "__main__":
    main()
