"""What search keeps of its nDCG@10 when the model has seen a tenth of the passages and a student predicts the rest.

Each collection is indexed in full, as by `scripts/bench relevance` and in the same cache. A copy of the index gets
predicted vectors for all passages but a sample. Both answer the same questions with the default settings and by vectors
alone; the copy also with the first 20 passages of each question upgraded, for which the vectors of the full index stand
in.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scripts.benchmarks.relevance import collections_in, index_of
from searchkit import Index
from searchkit.evaluation import Questions, read_questions
from searchkit.evaluation.runs import Answer, ask
from searchkit.evaluation.sidebyside import assembled
from searchkit.models import student
from searchkit.models.embedders import OnnxEmbedder
from searchkit.storage import store
from searchkit.storage.vectors.segments import DTYPE, Part
from searchkit.types import Embedder

MEASURE = "nDCG@10"
MOST, UPGRADED = 5_000, 20
PLAIN = {"hybrid": {}, "vector": {"mode": "vector"}}
COLUMNS = ("hybrid", f"{UPGRADED} upgraded", "vector")


class Remembering(OnnxEmbedder):
    """The default model, for texts whose vectors are known already."""

    def __init__(self, known: dict[str, np.ndarray]) -> None:
        super().__init__()
        self._known = known

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Return the texts' vectors as the full index has them: (n, dim) float32."""
        return np.stack([self._known[text] for text in texts]).astype(np.float32)


def known_vectors(path: Path) -> dict[str, np.ndarray]:
    """Return each embedded text of an index and its vector."""
    with store.opened(path) as snapshot:
        rows = snapshot.vectors.all_rows()
        passages = snapshot.catalog.passages.get(rows.tolist())
        matrix = snapshot.vectors.get(rows)
        return {passages[row].embedded_text: vector for row, vector in zip(rows.tolist(), matrix, strict=True)}


def draft(path: Path, model: Embedder, share: float, prior: student.Prior | None) -> str:
    """Replace the vectors of an index by a student's, but for a sample; return a line on how well it predicts."""
    with store.writing(path) as writer:
        writer.begin()
        vectors = writer.open_vectors()
        rows = vectors.all_rows()
        pieces, matrix = vectors.pieces(rows), vectors.get(rows)
        passages = writer.catalog.passages.get(rows.tolist())
        features = student.features(model, [passages[row].embedded_text for row in rows.tolist()])
        chosen = np.isin(rows, student.sample(rows, min(MOST, int(share * len(rows)))))
        taught, others = np.flatnonzero(chosen), np.flatnonzero(~chosen)
        started = time.perf_counter()
        learner = student.fit(features.take(taught), matrix[taught], prior)
        fitted = time.perf_counter()
        guesses = learner.predict(features.take(others))
        rate = len(others) / (time.perf_counter() - fitted)
        doubts = learner.uncertainty(pieces.take(others))
        cosines = (guesses * matrix[others]).sum(axis=1)
        told = np.corrcoef(np.argsort(np.argsort(doubts)), np.argsort(np.argsort(-cosines)))[0, 1]
        drafts = np.ones(len(others), np.bool_)
        writer.write_vectors([Part(rows[others], guesses.astype(DTYPE), pieces.take(others), drafts)])
        writer.commit()
    return (
        f"{len(taught)} of {len(rows)} passages seen, fitted in {fitted - started:.1f} s, {rate:.0f} predicted a "
        f"second, mean cosine {cosines.mean():.3f}, rank correlation of uncertainty and error {told:.2f}"
    )


def mean(questions: Questions, runs: dict[str, dict[str, Answer]]) -> dict[str, float]:
    made = assembled(questions, runs, (MEASURE,))
    return {name: made.mean(name) for name in runs}


def measured(
    path: Path, questions: Questions, share: float, prior: student.Prior | None
) -> dict[str, tuple[float, float]]:
    """Return nDCG@10 of the full index and of its copy with drafts, by column."""
    model = Remembering(known_vectors(path))
    with Index.open(path, embedder=model) as index:
        full = mean(questions, ask(index, questions, PLAIN))
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "index"
        shutil.copytree(path, copy)
        print(f"  {draft(copy, model, share, prior)}", flush=True)
        with Index.open(copy, embedder=model) as index:
            found = mean(questions, ask(index, questions, {**PLAIN, COLUMNS[1]: {"upgrade": UPGRADED}}))
    return {name: (full["vector" if name == "vector" else "hybrid"], found[name]) for name in COLUMNS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds the collections")
    parser.add_argument("collections", nargs="*", help="all that have the split, unless given")
    parser.add_argument("--split", default="test")
    parser.add_argument("--sample", type=int, default=1000, help="queries at most")
    parser.add_argument("--share", type=float, default=0.1, help="of passages that the model embeds")
    parser.add_argument("--no-prior", action="store_true", help="as with a model that brings no prior")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "searchkit-bench")
    options = parser.parse_args()
    prior = None if options.no_prior else student.prior(OnnxEmbedder())
    kept: dict[str, list[float]] = {name: [] for name in COLUMNS}
    lines = []
    for name in options.collections or collections_in(options.data, options.split):
        folder, plain = options.data / name, name.replace("/", "-")
        with index_of(folder, options.cache, name=plain, embedder="minilm", max_tokens=256, language="en") as index:
            path = index.path
        questions = read_questions(folder, split=options.split, sample=options.sample)
        print(f"{name} ({options.split}, {len(questions.items)})", flush=True)
        made = measured(path, questions, options.share, prior)
        for column, (full, found) in made.items():
            kept[column].append(found / full)
        cells = " | ".join(f"{full:.4f} | {found:.4f} | {found / full:.1%}" for full, found in made.values())
        lines.append(f"| {name} | {cells} |")
        print(f"  {lines[-1]}", flush=True)
    print(f"\n| collection | {' | '.join(f'{name}: full | drafts | kept' for name in COLUMNS)} |\n|---{'|---' * 9}|")
    print("\n".join(lines))
    for column, shares in kept.items():
        print(f"{column}: {np.mean(shares):.1%} kept on the mean, {min(shares):.1%} at least")


if __name__ == "__main__":
    main()
