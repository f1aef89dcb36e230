"""What a question costs where all passages are one document, beside the same passages as documents of their own.

Both indexes hold the paragraphs of a JSON-lines file, by keywords alone, so that nothing but texts differs. Questions
run in turn on both; processor time counts, since other programs' load changes it little.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.benchmarks.engine import read, read_texts
from searchkit import Document, Index

WARM_UP = 20


def made(path: Path, documents: Iterator[Document]) -> Index:
    """Make an index in which every paragraph is a passage."""
    index = Index.create(path, embedder="none", target_tokens=1)
    index.add(documents)
    return index


def medians(indexes: dict[str, Index], questions: list[str], context: int) -> dict[str, float]:
    """Return the median milliseconds of processor time a question takes in each index."""
    spent: dict[str, list[float]] = {name: [] for name in indexes}
    for number, question in enumerate([*questions[:WARM_UP], *questions]):
        for name in (list(indexes), list(indexes)[::-1])[number % 2]:
            started = time.process_time()
            indexes[name].search(question, context=context)
            if number >= WARM_UP:
                spent[name].append(1_000 * (time.process_time() - started))
    return {name: statistics.median(times) for name, times in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="JSON lines with a field text, .xz or not")
    parser.add_argument("questions", type=Path, help="JSON lines with a field text")
    parser.add_argument("--passages", type=int, default=20_000)
    parser.add_argument("--count", type=int, default=150, help="questions")
    given = parser.parse_args()
    questions = read_texts(given.questions, given.count)
    paragraphs = [" ".join(record["text"].split()) for record in read(given.corpus, given.passages)]  # a paragraph each
    with tempfile.TemporaryDirectory() as folder:
        indexes = {
            "many": made(Path(folder, "many"), (Document(str(number), text) for number, text in enumerate(paragraphs))),
            "one": made(Path(folder, "one"), iter([Document("all", "\n\n".join(paragraphs))])),
        }
        print("| | many documents, ms | one document, ms | ratio |\n|---|---|---|---|")
        for context in (0, 1):
            found = medians(indexes, questions, context)
            ratio = found["one"] / found["many"]
            print(f"| context={context} | {found['many']:.2f} | {found['one']:.2f} | {ratio:.2f} |", flush=True)
        for index in indexes.values():
            index.close()


if __name__ == "__main__":
    main()
