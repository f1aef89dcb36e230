"""What `searchkit index` makes of folders that nobody prepared: what is read, what it takes, and what is found there.

All folders go into one index with default settings, in turn. A document's format is the suffix of its file, .gz aside;
--include keeps to some, to know what they take, --exclude leaves some out. MB are those of the files that were read,
packed as they lie there. --index keeps the index in a folder, so that it can be asked again without being made again.

With --questions, each question of a file of JSON lines is asked and the place of its first answer among ten hits told:
a hit from a file that fits the pattern, whose text (in lower case, white space made one) holds the words. Answers were
written down before anything was asked. Those "held_out" had no part in any change of searchkit. What lies on the
machine decides: files.jsonl fits a Debian 12 with documentation and manual pages of common programs.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

from searchkit import Hit, Index, SyncOptions
from searchkit.marker import is_index

HEADER = "| folder | documents | passages | failed | skipped | omitted | MB | s | processor s | s a MB |"
SEEN = 3  # of the hits, those that a person looks at
QUESTIONS = Path(__file__).with_suffix(".jsonl")


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


def answers(hit: Hit, wanted: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a hit is one of the answers: patterns of files, each with words that the passage holds.

    The ids of what it stands for, being near duplicates, end as their sources do.
    """
    text = " ".join(hit.passage.text.split()).lower()
    sources = [str(hit.passage.metadata["source"]), *(f"/{each.rpartition('#')[0]}" for each in hit.duplicates)]
    return any(
        words.lower() in text and any(fnmatch(source, pattern) for source in sources) for pattern, words in wanted
    )


def ask(index: Index, question: dict[str, Any], *, verbose: bool) -> int:
    """Return the place of a question's first answer, 0 if it is not among ten hits; print it, and what came first."""
    ask_for = partial(index.search, question["question"], collapse=True)  # as the command line does
    ask_for()  # once before, so that the time is that of a question and not of opening
    found = ask_for()
    place = next((at for at, hit in enumerate(found, 1) if answers(hit, question["answers"])), 0)
    held_out = " (held out)" if question.get("held_out") else ""
    print(f"{place or '–':>3}  {found.elapsed_ms:4.0f} ms  {question['question']}{held_out}")
    if verbose and not 0 < place <= SEEN:
        for hit in found.hits[:SEEN]:
            print(
                f"       {hit.passage.metadata['source']}:{hit.passage.line}  {' '.join(hit.passage.text.split())[:90]}"
            )
    return place


def ask_all(index: Index, questions: Sequence[dict[str, Any]], *, verbose: bool) -> None:
    """Ask all questions; print for how many an answer is among the first three, those held out by themselves."""
    places = [ask(index, question, verbose=verbose) for question in questions]
    for held_out in (False, True):
        group = [
            place for place, each in zip(places, questions, strict=True) if each.get("held_out", False) == held_out
        ]
        seen = sum(0 < place <= SEEN for place in group)
        print(f"{'held out' if held_out else 'known'}: {seen} of {len(group)} among the first {SEEN}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--include", action="append", default=[], metavar="GLOB", help="may be repeated")
    parser.add_argument("--exclude", action="append", default=[], metavar="GLOB", help="may be repeated")
    parser.add_argument("--questions", nargs="?", type=Path, const=QUESTIONS, help=f"{QUESTIONS.name} unless given")
    parser.add_argument("--verbose", action="store_true", help="show what comes first instead of an answer")
    parser.add_argument("--index", type=Path, help="a folder to keep the index in")
    parser.add_argument("--embedder", default="minilm")
    given = parser.parse_args()
    options = SyncOptions(include=tuple(given.include), exclude=tuple(given.exclude))
    with tempfile.TemporaryDirectory() as home:
        place = given.index or Path(home, "index")
        with Index.open(place) if is_index(place) else Index.create(place, embedder=given.embedder) as index:
            for folder in given.folders:
                measured(index, folder, options)
            if given.questions:
                lines = given.questions.read_text().splitlines()
                ask_all(index, [json.loads(line) for line in lines], verbose=given.verbose)


if __name__ == "__main__":
    main()
