"""Import, cold start, sync, memory, disk, and the keyword arm beside raw tantivy-py, on paragraphs of a JSONL file.

Systems that are compared do the same work in one run, in turn, several times; medians and their ratio count.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import lzma
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import tantivy

from searchkit import Document, Index, queries
from searchkit.indexing import jobs, prepare
from searchkit.storage import keywords
from searchkit.text.analysis import Analyzer
from searchkit.text.parts import OtherWritings

QUESTION = "What did analysts say about Vietnam?"


def read(path: Path, count: int) -> list[dict[str, str]]:
    """Return the first records of a .jsonl or .jsonl.xz file."""
    with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in islice(lines, count)]


def read_texts(path: Path, count: int) -> list[str]:
    """Return the field `text` of the first records."""
    return [record["text"] for record in read(path, count)]


def questions(records: list[dict[str, str]], count: int, words: int) -> list[str]:
    """Return questions of words that stand together in a random paragraph; seeded."""
    chance = random.Random(0)
    found = []
    while len(found) < count:
        candidates = sorted(set(re.findall(r"[a-z]{4,}", chance.choice(records)["text"].lower())))
        if len(candidates) >= words:
            found.append(" ".join(chance.sample(candidates, words)))
    return found


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def row(name: str, value: str, note: str = "") -> None:
    print(f"| {name} | {value} | {note} |", flush=True)


# --- raw tantivy-py, as its documentation shows it -----------------------------------------------------------


def build_tantivy(home: Path, records: list[dict[str, str]]) -> tantivy.Index:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("title", stored=True, tokenizer_name="en_stem")
    builder.add_text_field("body", stored=True, tokenizer_name="en_stem")
    builder.add_integer_field("id", stored=True, indexed=True)
    index = tantivy.Index(builder.build(), path=str(home))
    writer = index.writer(128_000_000)
    for number, record in enumerate(records):
        writer.add_document(tantivy.Document(id=number, title=record.get("title", ""), body=record["text"]))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


def ask_tantivy(index: tantivy.Index) -> Callable[[str], object]:
    searcher = index.searcher()

    def ask(question: str) -> object:
        query = index.parse_query(question, ["title", "body"])
        return [searcher.doc(address)["id"] for _, address in searcher.search(query, 10).hits]

    return ask


# --- searchkit -----------------------------------------------------------------------------------------------


def build_searchkit(home: Path, records: list[dict[str, str]], engine: str = "tantivy") -> Index:
    shutil.rmtree(home, ignore_errors=True)
    index = Index.create(home, embedder="none", engine=engine)
    index.add(Document(str(number), record["text"], record.get("title", "")) for number, record in enumerate(records))
    return index


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Have no other process help with indexing."""
    worthwhile, jobs.WORTHWHILE = jobs.WORTHWHILE, float("inf")
    yield
    jobs.WORTHWHILE = worthwhile


def build_alone(home: Path, records: list[dict[str, str]]) -> None:
    with alone():
        build_searchkit(home, records).close()


def ask_arm(index: Index) -> Callable[[str], object]:
    """Return the keyword arm alone, as search uses it: parse, look up, rank, rows of the ten best."""
    analyzer = Analyzer(index.settings.language)
    with index._reading() as view:
        reader = view.snapshot.keywords
    return lambda question: reader.search(queries.parse(question, analyzer).tree, 10)


def build_engine(home: Path, entries: list[keywords.Entry]) -> None:
    """Index terms that were analysed beforehand: what of searchkit's time is the engine's."""
    shutil.rmtree(home, ignore_errors=True)
    writer = keywords.engine("tantivy").write(home)
    writer.add(entries)
    writer.commit()


def analysed(records: list[dict[str, str]]) -> list[keywords.Entry]:
    analyzer = Analyzer("en")
    return [
        keywords.Entry(row, analyzer.joined(record.get("title", "")), "", analyzer.joined(record["text"]), None)
        for row, record in enumerate(records)
    ]


def other_writings(records: list[dict[str, str]]) -> list[list[str]]:
    written = OtherWritings(Analyzer("en"))
    return [written(record["text"]) for record in records]


def bench_keywords(home: Path, records: list[dict[str, str]], repeats: int) -> None:
    asked = questions(records, 200, 5)
    entries = analysed(records)
    builds = {
        "raw tantivy-py": lambda: build_tantivy(home / "raw", records),
        "searchkit, all of it (split, analyse, find duplicates, who said what, store, index)": lambda: build_searchkit(
            home / "ours", records
        ).close(),
        "searchkit, all of it, in one process": lambda: build_alone(home / "ours", records),
        "searchkit, analysis of text alone": lambda: analysed(records),
        "searchkit, other writings of names alone": lambda: other_writings(records),
        "searchkit, keyword engine alone, terms analysed before": lambda: build_engine(home / "engine", entries),
    }
    rates: dict[str, list[float]] = {name: [] for name in builds}
    for _ in range(repeats):
        for name, build in builds.items():
            rates[name].append(len(records) / seconds(build))
    raw = build_tantivy(home / "raw", records)
    with build_searchkit(home / "ours", records) as ours:
        systems = {
            "raw tantivy-py": ask_tantivy(raw),
            "searchkit, keyword arm": ask_arm(ours),
            "searchkit, whole search in keyword mode": lambda question: ours.search(question, mode="keyword"),
        }
        latencies: dict[str, list[float]] = {name: [] for name in systems}
        for question in asked * repeats:
            for name, ask in systems.items():
                latencies[name].append(seconds(lambda ask=ask, question=question: ask(question)) * 1000)
    base = statistics.median(rates["raw tantivy-py"])
    for name, values in rates.items():
        middle = statistics.median(values)
        row(f"indexing, {name}", f"{middle:,.0f} passages/s", f"{middle / base:.2f} of raw")
    base = statistics.median(latencies["raw tantivy-py"])
    for name, values in latencies.items():
        middle = statistics.median(values)
        tail = statistics.quantiles(values, n=20)[-1]
        row(f"five words, {name}", f"p50 {middle:.2f} ms, p95 {tail:.2f} ms", f"{middle / base:.2f} times raw")


def bench_statements(home: Path, records: list[dict[str, str]], repeats: int) -> None:
    """Time indexing in one process with and without the pass that takes down who said what."""
    real = prepare.attributions
    passes = {"with who said what": real, "without who said what": lambda texts: [[] for _ in texts]}
    times: dict[str, list[float]] = {name: [] for name in passes}
    for _ in range(repeats):
        for name, found in passes.items():
            prepare.attributions = found
            times[name].append(seconds(lambda: build_alone(home / "statements", records)))
    prepare.attributions = real
    base = statistics.median(times["without who said what"])
    for name, values in times.items():
        middle = statistics.median(values)
        row(f"indexing, {name}", f"{len(records) / middle:,.0f} passages/s", f"{middle / base:.2f} of the time without")


def bench_start(home: Path, records: list[dict[str, str]], repeats: int) -> None:
    """Time whole processes: import, and a question from a fresh shell on 2,000 passages."""
    path = home / "cold"
    with Index.create(path) as index:
        index.add(Document(str(n), record["text"], record.get("title", "")) for n, record in enumerate(records))
    search = [sys.executable, "-m", "searchkit", "search", QUESTION, "-i", str(path)]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import searchkit": [sys.executable, "-c", "import searchkit"],
        f"cold search, hybrid, {len(records):,} passages": search,
        f"cold search, keyword, {len(records):,} passages": [*search, "--mode", "keyword"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(repeats + 1):
        for name, command in commands.items():
            times[name].append(
                seconds(lambda command=command: subprocess.run(command, capture_output=True, check=True))
            )
    for name, values in times.items():
        row(name, f"{statistics.median(values[1:]):.3f} s", f"whole process, median of {repeats}")


def bench_sync(home: Path, records: Iterator[dict[str, str]], files: int) -> None:
    """Time a sync of a folder with nothing changed, then with one file changed."""
    folder = home / "files"
    folder.mkdir()
    for number in range(files):
        (folder / f"{number:05d}.txt").write_text("\n\n".join(record["text"] for record in islice(records, 3)))
    time.sleep(2.1)  # until the files' times can be trusted
    with Index.create(home / "synced", embedder="none") as index:
        row(f"sync, {files:,} new files", f"{seconds(lambda: index.sync(folder)):.2f} s", "keywords only")
        row("sync, nothing changed", f"{seconds(lambda: index.sync(folder)):.2f} s")
        (folder / "00007.txt").write_text("One new paragraph about a storm in Hanoi and what analysts said of it.")
        row(
            "sync, one file changed",
            f"{seconds(lambda: index.sync(folder)):.2f} s",
            f"{index.status()['passages']:,} passages",
        )


def build_measured(home: Path, corpus: Path, count: int, embedder: str) -> None:
    """Index in this process, for its memory's sake, and print what it took as JSON."""
    import resource  # noqa: PLC0415 - not on Windows

    log = home / "catalog.sqlite-wal"
    longest = text = 0

    def documents() -> Iterator[Document]:
        nonlocal longest, text
        with (lzma.open if corpus.suffix == ".xz" else open)(corpus, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(islice(lines, count)):
                record = json.loads(line)
                text += len((record.get("title", "") + record["text"]).encode())
                if number % 1_000 == 0 and log.exists():
                    longest = max(longest, log.stat().st_size)
                yield Document(str(number), record["text"], record.get("title", ""))

    with Index.create(home, embedder=embedder) as index:
        took = seconds(lambda: index.add(documents()))
    unit = 1 if sys.platform == "darwin" else 1024
    memory = [resource.getrusage(who).ru_maxrss * unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = [sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"seconds": took, "memory": memory, "cpu": cpu, "log": longest, "text": text}))


def bench_size(home: Path, corpus: Path, count: int, embedder: str) -> None:
    """Measure time, memory and disk of indexing, disk by part."""
    path = home / "size"
    command = [
        sys.executable,
        "-m",
        "scripts.benchmarks.engine",
        str(corpus),
        "--passages",
        str(count),
        "--embedder",
        embedder,
    ]
    done = subprocess.run([*command, "--build", str(path)], capture_output=True, text=True, check=True)
    took = json.loads(done.stdout)
    row(f"indexing {count:,}, embedder {embedder}", f"{count / took['seconds']:,.0f} passages/s")
    own, helpers = (part / count * 1e6 for part in took["cpu"])
    row("processor time a passage", f"{own:.0f} us", f"helpers {helpers:.0f} us")
    row("peak memory", f"{took['memory'][0] / 1e6:.0f} MB", f"each helper {took['memory'][1] / 1e6:.0f} MB")
    row("longest log of SQLite", f"{took['log'] / 1e6:.0f} MB")
    sizes: dict[str, float] = {}
    for file in path.rglob("*"):
        if file.is_file() and file.name != "catalog.sqlite":
            part = f"{file.relative_to(path).parts[0]} {'.'.join(file.name.split('.')[1:]) or file.name}"
            sizes[part] = sizes.get(part, 0) + file.stat().st_size
    with contextlib.closing(sqlite3.connect(path / "catalog.sqlite")) as db:
        pages = db.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
    sizes |= {f"catalog {name}": size for name, size in pages}
    text = took["text"] / count
    for part, size in sorted(sizes.items(), key=lambda item: -item[1]):
        if size >= count / 2:
            row(f"disk, {part}", f"{size / count:.1f} bytes a passage")
    total = sum(sizes.values()) / count
    row("disk, all", f"{total:.0f} bytes a passage", f"{total / text:.2f} times the text of {text:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, help="a .jsonl or .jsonl.xz file with title and text")
    parser.add_argument("--passages", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=["keywords", "start", "sync", "statements", "size"])
    parser.add_argument("--embedder", default="none", help="the model of the index whose size is measured")
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build:
        build_measured(options.build, options.corpus, options.passages, options.embedder)
        return
    records = read(options.corpus, options.passages)
    home = Path(tempfile.mkdtemp())
    print("| what | measured | note |\n|---|---|---|")
    if options.only in (None, "start"):
        bench_start(home, records[:2_000], 5)
    if options.only in (None, "sync"):
        bench_sync(home, iter(records), 5_000)
    if options.only in (None, "statements"):
        bench_statements(home, records[:20_000], options.repeats)
    if options.only in (None, "keywords"):
        bench_keywords(home, records, options.repeats)
    if options.only in (None, "size"):
        bench_size(home, options.corpus, options.passages, options.embedder)
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
