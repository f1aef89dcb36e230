"""Questions in other languages than the index's: what words that cannot match do to a model that reads all of them.

No multilingual model travels with searchkit, so one is put together: it reads a question as its translation into the
index's language, by the question's id, and noise brings it to what such models reach. Passages have the vectors of the
model that travels. What is measured is the fusion, not a model.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from scripts.benchmarks.relevance import index_of
from searchkit import Index
from searchkit.evaluation import evaluate, read_questions
from searchkit.models.embedders import embedder
from searchkit.types import FloatMatrix, FloatVector

SETTINGS = ("keyword", "vector", "rrf", "default")


class Translating:
    """The model that travels, of whose questions the meaning is known; noise: the length of what is added to it."""

    def __init__(self, meanings: Mapping[str, str], noise: float) -> None:
        self._model = embedder("minilm")
        self.name, self.digest, self.dim = self._model.name, self._model.digest, self._model.dim
        self._meanings, self._noise = meanings, noise

    def embed_passages(self, texts: Sequence[str]) -> FloatMatrix:
        return self._model.embed_passages(texts)

    def embed_query(self, text: str) -> FloatVector:
        meant = self._meanings[" ".join(text.split())]
        noise = np.random.default_rng(crc32(meant.encode())).standard_normal(self.dim).astype(np.float32)
        vector = self._model.embed_query(meant) + self._noise * noise / np.linalg.norm(noise)
        return np.asarray(vector / np.linalg.norm(vector))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._model.count_tokens(texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with a collection of each language, questions of the same ids")
    parser.add_argument("languages", nargs="*", default=["en", "de", "ru", "zh"], help="the index's first")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "searchkit-bench")
    parser.add_argument("--count", type=int, default=300, help="questions")
    parser.add_argument("--noise", type=float, nargs="*", default=[0.0, 1.5])
    given = parser.parse_args()
    own, name = given.languages[0], f"{given.data.name}-{given.languages[0]}"
    index_of(given.data / own, given.cache, name=name, embedder="minilm", max_tokens=256, language=own).close()
    meanings = {each.id: each.text for each in read_questions(given.data / own).items}
    print(f"| noise | questions in | {' | '.join(SETTINGS)} |\n|---|---|{'---|' * len(SETTINGS)}")
    for noise in given.noise:
        for language in given.languages:
            questions = read_questions(given.data / language).sample(given.count)
            read = {" ".join(each.text.split()): meanings[each.id] for each in questions.items}
            with Index.open(given.cache / f"{name}-minilm-256", embedder=Translating(read, noise)) as index:
                made = evaluate(index, questions, names=SETTINGS)
            cells = " | ".join(f"{made.mean(each, 'nDCG@10'):.4f}" for each in SETTINGS)
            print(f"| {noise:g} | {language} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
