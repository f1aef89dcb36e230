"""How well questions find answers whose headings ask them: in files of their own, in one text, and under headings.

The collections of frequent questions of `scripts/bench confidence`, asked by the heading itself and in other words, and
what the others' questions find there, which is nothing. Run it in two checkouts to compare them.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from scripts.benchmarks.confidence.examples import Reader, made
from scripts.benchmarks.confidence.shapes import Entry, frequent, written
from searchkit import Index
from searchkit.evaluation import Question, Questions
from searchkit.types import CITED


def asked(index: Index, questions: list[Question]) -> tuple[float, float]:
    """Return the mean reciprocal rank of the first answer among ten hits, and the share that a context would cite."""
    ranks, cited = [], []
    for question in questions:
        found = index.search(question.text, 10).hits
        places = [at for at, hit in enumerate(found, 1) if hit.passage.id in question.grades]
        ranks.append(1 / places[0] if places else 0.0)
        cited.append(bool(found) and found[0].confidence >= CITED)
    return float(np.mean(ranks)), float(np.mean(cited))


def foreign(index: Index, collections: dict[str, list[Entry]], name: str) -> float:
    """Return the share of the other collections' questions of which a context would cite something."""
    own = [asked for other, entries in collections.items() if other != name for _, _, asked in entries]
    first = (index.search(question, 1).hits for question in own)
    return float(np.mean([bool(hits) and hits[0].confidence >= CITED for hits in first]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    model, collections = Reader(), written()
    print("| collection | MRR: other words | the heading | cited: other words | the heading | foreign |")
    print("|---|---|---|---|---|---|")
    for name, entries in collections.items():
        for shape in frequent(name, entries):
            with tempfile.TemporaryDirectory() as home, made(Path(home, "i"), shape.documents, model) as index:
                judged = list(Questions(shape.name, "passage", tuple(shape.questions)).judged_in(index).items)
                found = [asked(index, judged[form::2]) for form in (0, 1)]
                (words, words_cited), (heading, heading_cited) = found
                other = foreign(index, collections, name)
            row = (words, heading), (words_cited, heading_cited, other)
            cells = [f"{each:.3f}" for each in row[0]] + [f"{each:.2f}" for each in row[1]]
            print(f"| {shape.name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
