"""What `searchkit index` makes of folders that nobody prepared: what is read, fails or is left out, and what it takes.

Each folder gets an index of its own, with default settings. A document's format is the suffix of its file, .gz aside;
--include keeps to some, to know what they take. MB are those of the files that were read, packed as they lie there.
With --ask, the first hits of questions, and the milliseconds of each, asked once before.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

from searchkit import Index, SyncOptions

HEADER = "| folder | documents | passages | failed | skipped | omitted | MB | s | processor s | s a MB |"


def processor() -> float:
    """Return the seconds of processor time that this process and those it waited for have taken."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def file_format(source: str) -> str:
    """Return the suffix of a file, that of what is packed in it for .gz."""
    return Path(source.removesuffix(".gz")).suffix.lower() or "no suffix"


def measured(index: Index, folder: Path, options: SyncOptions) -> None:
    """Index a folder; print what was read, and of which formats it is."""
    wall, spent = time.perf_counter(), processor()
    done = index.sync(folder, options=options)
    wall, spent = time.perf_counter() - wall, processor() - spent
    sources = {doc_id: index.get(doc_id).metadata["source"] for doc_id in done.added}
    size = sum(Path(source).stat().st_size for source in set(sources.values())) / 1e6
    counts = f"{len(done.added):,} | {done.passages:,} | {len(done.failed)} | {sum(done.skipped.values()):,}"
    rate = f"{wall / size:.2f}" if size else "–"
    print(f"\n{HEADER}\n|{'---|' * HEADER.count(' | ')}---|")
    print(f"| {folder} | {counts} | {len(done.omitted)} | {size:.1f} | {wall:.1f} | {spent:.1f} | {rate} |")
    print("\n| format | documents | failed | omitted |\n|---|---|---|---|")
    read = Counter(map(file_format, sources.values()))
    failed = Counter(file_format(failure.source) for failure in done.failed)
    omitted = Counter(file_format(sources[doc_id]) for doc_id in done.omitted)
    for name, _ in (read | failed).most_common():
        print(f"| {name} | {read[name]:,} | {failed[name]} | {omitted[name]} |")
    for reason, count in sorted(done.skipped.items()):
        print(f"skipped: {count:,} {reason}")
    for failure in done.failed:
        print(f"failed: {failure.source}: {failure.reason}", flush=True)


def ask(index: Index, question: str) -> None:
    """Print how long a question takes and its first hits."""
    index.search(question)
    found = index.search(question, k=3)
    print(f"\n{question} ({found.elapsed_ms:.0f} ms)")
    for hit in found:
        print(f"  {hit.passage.metadata['source']}:{hit.passage.line}  {' '.join(hit.passage.text.split())[:100]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--include", action="append", default=[], metavar="GLOB", help="may be repeated")
    parser.add_argument("--ask", action="append", default=[], metavar="QUESTION", help="may be repeated")
    parser.add_argument("--embedder", default="minilm")
    given = parser.parse_args()
    options = SyncOptions(include=tuple(given.include))
    for folder in given.folders:
        with tempfile.TemporaryDirectory() as home, Index.create(Path(home, "index"), embedder=given.embedder) as index:
            measured(index, folder, options)
            for question in given.ask:
                ask(index, question)


if __name__ == "__main__":
    main()
