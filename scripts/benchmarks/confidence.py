"""Fit the coefficients of searchkit/search/confidence.py, and measure them on collections that took no part.

For each training collection the index is asked its own questions, questions of the others, which it cannot answer,
and its own questions with a name or number swapped for one from another question: the hardest of all, about the right
subject and without an answer. The best ten hits of each are examples; of a swapped or foreign question none is right.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from searchkit import Index
from searchkit.evaluation import read_questions
from searchkit.evaluation.calibration import auroc, expected_error
from searchkit.evaluation.questions import Question
from searchkit.search.confidence import MODELS
from searchkit.search.evidence import evidence
from searchkit.search.inquiry import Inquiry
from searchkit.search.ranked import Ranked
from searchkit.search.request import SearchRequest
from searchkit.text.analysis import Analyzer
from searchkit.types import ANSWERABLE

TRAIN = (("scifact", "train"), ("nfcorpus", "dev"), ("squad-dev", "test"))
DEPTH, OWN, FOREIGN, SEED = 10, 200, 35, 0
PENALTY = 1e-3
SWAPPED_WEIGHT = 0.1  # of an example from a swapped question: some of them have an answer all the same
Example = dict[str, float]


def swapped(questions: list[Question], draw: random.Random) -> Iterator[Question]:
    """Yield questions with a name or number of another question in place of one of their own."""
    found = {question.id: list(marked(question.text)) for question in questions}
    pools = {kind: [text for spans in found.values() for text, own in spans if own == kind] for kind in (True, False)}
    for question in questions:
        if found[question.id]:
            text, number = draw.choice(found[question.id])
            others = [other for other in pools[number] if other not in question.text]
            if others:
                yield Question(
                    f"swapped/{question.id}", question.text.replace(text, draw.choice(others)), kind="swapped"
                )


def marked(text: str) -> Iterator[tuple[str, bool]]:
    """Yield runs of capitalised words behind the first, and numbers, with whether they are numbers."""
    words = text.rstrip("?. ").split()
    for capital, run in itertools.groupby(words[1:], key=lambda word: word[0].isupper()):
        if capital:
            yield " ".join(run).strip(",;:'\""), False
    yield from ((word.strip(",;:"), True) for word in words if any(map(str.isdigit, word)))


def examples(index: Index, question: Question) -> Iterator[tuple[Example, bool]]:
    """Yield what speaks for each of the best hits, and whether it is right."""
    with index._reading() as view:
        analyzer, request = Analyzer(index.settings.language), SearchRequest(question.text)
        ranked = Ranked(Inquiry(view, index.embedder, analyzer, request))
        rows = [row for row, _ in itertools.islice(ranked, DEPTH)]
        if not rows:
            return
        passages = view.passages.get(rows)
        features = evidence(ranked.stretch, [(row, passages[row]) for row in rows]).features()
        for at, row in enumerate(rows):
            if passages[row].doc_id != question.id:
                right = question.grades.get(passages[row].doc_id, 0) > 0
                yield {name: float(values[at]) for name, values in features.items()}, right


def collected(data: Path, cache: Path, name: str, split: str, splits: Mapping[str, str]) -> list[dict[str, object]]:
    """Return the examples of a collection: features, right, kind of question, rank."""
    draw = random.Random(SEED)
    own = list(read_questions(data / name, split=split, sample=10**6).items)
    if (name, split) in TRAIN and split == "test":  # what scripts/bench relevance reports stays out of training
        reported = {question.id for question in read_questions(data / name, split=split, sample=1000).items}
        own = [question for question in own if question.id not in reported]
    own = draw.sample(own, min(OWN, len(own)))
    asked = [("own", question) for question in own] + [("swapped", question) for question in swapped(own, draw)]
    for other, other_split in splits.items():
        if other != name:
            foreign = read_questions(data / other, split=other_split, sample=10**6).items
            asked += [(other, Question(f"{other}/{q.id}", q.text)) for q in draw.sample(list(foreign), FOREIGN)]
    with Index.open(cache / f"{name}-minilm-256") as index:
        return [
            {"features": features, "right": right, "kind": kind, "first": at == 0}
            for kind, question in asked
            for at, (features, right) in enumerate(examples(index, question))
        ]


def fitted(sets: list[list[dict[str, object]]], names: list[str]) -> dict[str, float]:
    """Return coefficients by feature; each collection counts the same, and a hit at rank r as 1 / r."""
    matrix = np.array([[e["features"][name] for name in names] for found in sets for e in found])
    right = np.array([e["right"] for found in sets for e in found], float)
    weights = np.array([weight(e) / len(found) for found in sets for e in found])
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0)
    scaled = (matrix - mean) / spread

    def loss(coefficients: np.ndarray) -> float:
        logit = scaled @ coefficients[1:] + coefficients[0]
        return float(
            (weights * (np.logaddexp(0, logit) - right * logit)).sum() + PENALTY * (coefficients[1:] ** 2).sum()
        )

    best = minimize(loss, np.zeros(len(names) + 1)).x
    slopes = best[1:] / spread
    found = {name: round(float(slope), 2) for name, slope in zip(names, slopes, strict=True)}
    return {**found, "": round(float(best[0] - slopes @ mean), 2)}


def weight(example: dict[str, object]) -> float:
    return (SWAPPED_WEIGHT if example["kind"] == "swapped" else 1.0) / float(np.exp(example["features"]["rank"]))


def report(name: str, found: list[dict[str, object]], model: Mapping[str, float]) -> None:
    best = [e for e in found if e["first"]]
    logit = [sum(w * e["features"].get(name, 0) for name, w in model.items() if name) + model[""] for e in best]
    sure, kinds = 1 / (1 + np.exp(-np.array(logit))), np.array([e["kind"] for e in best])
    right = np.array([e["right"] for e in best])
    own, swap = sure[kinds == "own"], sure[kinds == "swapped"]
    mixed = kinds != "swapped"
    foreign = {kind: auroc(own, sure[kinds == kind]) for kind in sorted(set(kinds)) if kind not in ("own", "swapped")}
    print(
        f"| {name} | {expected_error(sure[mixed], right[mixed]):.3f} "
        f"| {auroc(own, sure[mixed & (kinds != 'own')]):.3f} "
        f"| {min(foreign.values()):.3f} | {auroc(own, swap) if len(swap) else float('nan'):.3f} "
        f"| {(own < ANSWERABLE).mean():.1%} | {(sure[mixed & (kinds != 'own')] < ANSWERABLE).mean():.1%} |"
    )


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("collections", nargs="*", help="collections to measure on, by their test questions")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "searchkit-bench")
    options = parser.parse_args(arguments)
    train = [collected(options.data, options.cache, name, split, dict(TRAIN)) for name, split in TRAIN]
    tests = dict.fromkeys(options.collections, "test")
    others = {name: collected(options.data, options.cache, name, "test", tests) for name in tests}
    for model in MODELS:
        made = fitted(train, [name for name in model if name])
        print(f"\n{made}\n")
        print("| collection | ECE | AUROC | worst other | swapped | own declined | others declined |")
        print("|---|---|---|---|---|---|---|")
        for (name, split), found in zip(TRAIN, train, strict=True):
            report(f"{name} ({split})", found, made)
        for name, found in others.items():
            report(f"{name} (test)", found, made)


if __name__ == "__main__":
    main()
