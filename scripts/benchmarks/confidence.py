"""Fit the coefficients of searchkit/search/confidence.py, and measure them on collections that took no part.

A collection is asked questions of its own and questions of others, which it cannot answer; and some of its own with a
name or number swapped for one of another question, which are about the right subject and have no answer. The best ten
hits of each are examples; of a swapped or foreign question none is right. Collections have many shapes: those that are
judged (indexed by `scripts/bench relevance`, or `--cache`), neighbourhoods of single documents in them, which are about
one topic and are asked also what the rest of the collection answers, and the small ones of `shapes`.

What is printed of a collection comes from coefficients to which it, its neighbourhoods and its kin gave no example;
--fit prints those of all together, which confidence.py holds. After a change of what is evidence, or of the ranking:
`scripts/bench confidence DATA --fit`.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from scripts.benchmarks.shapes import shapes
from searchkit import Index
from searchkit.evaluation import Question, Questions, read_questions
from searchkit.evaluation.calibration import auroc, expected_error, reliability
from searchkit.models.embedders import OnnxEmbedder
from searchkit.search.confidence import MODELS
from searchkit.search.evidence import evidence
from searchkit.search.inquiry import Inquiry
from searchkit.search.ranked import Ranked
from searchkit.search.request import SearchRequest
from searchkit.text.analysis import Analyzer
from searchkit.types import ANSWERABLE, CITED, QuestionStates

JUDGED = {"scifact": "train", "nfcorpus": "dev"} | dict.fromkeys(
    (
        "squad-dev", "multihoprag-pool", "nq-utd", "cranfield", "hotpotqa-200", "cisi", "npl-vaswani", "musique-200",
        "2wiki-200", "covidqa-para", "pubmedqa-l-para", "chat-dev",
    ),
    "test",
)  # fmt: skip
ONE_TOPIC = ("scifact", "nq-utd", "hotpotqa-200", "squad-dev", "covidqa-para", "pubmedqa-l-para", "musique-200")
REPORTED = 1_000  # questions of SQuAD that scripts/bench relevance reports: they stay out of this
DEPTH, OWN, FOREIGN, NEAR, SWAPPED = 10, 150, 9, 30, 60  # hits; questions, foreign ones of each other collection
SIZES, FEWEST = (40, 100), 12  # documents of a neighbourhood; its own questions at least
PENALTY = 1e-3
WEIGHTS = {"swapped": 0.1, "near": 0.5}  # of examples whose question some passage may answer all the same
Example = dict[str, object]


class Reader(OnnxEmbedder):
    """Reads each question once, whatever number of indexes are asked it."""

    @cached_property
    def _read(self) -> dict[str, QuestionStates]:
        return {}

    def read_question(self, text: str) -> QuestionStates:
        if text not in self._read:
            self._read[text] = super().read_question(text)
        return self._read[text]


class Asked(NamedTuple):
    """A collection with its examples: features, right, kind of question ("own", "foreign", …), question, rank.

    family: what must not lie on both sides of a split.
    """

    name: str
    family: str
    examples: list[Example]


# --- questions -----------------------------------------------------------------------------------------------------


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


def judged_questions(data: Path, name: str) -> list[Question]:
    """Return a collection's questions, but for those that another benchmark reports."""
    found = read_questions(data / name, split=JUDGED[name], sample=10**6)
    if len(found.items) <= REPORTED or JUDGED[name] != "test":
        return list(found.items)
    reported = {question.id for question in found.sample(REPORTED).items}
    return [question for question in found.items if question.id not in reported] or list(found.items)


def drawn(questions: Sequence[Question], count: int, seed: str) -> list[Question]:
    return random.Random(seed).sample(list(questions), min(count, len(questions)))


def foreign_to(family: str, pools: Mapping[str, Sequence[Question]], count: int) -> list[Question]:
    """Return so many questions of each other family."""
    others = {name: questions for name, questions in pools.items() if name != family}
    return [
        Question(f"{name}/{question.id}", question.text)
        for name, questions in others.items()
        for question in drawn(questions, count, family + name)
    ]


# --- examples ------------------------------------------------------------------------------------------------------


def examples(index: Index, question: Question) -> Iterator[tuple[dict[str, float], bool]]:
    """Yield what speaks for each of the best hits, and whether it is right."""
    with index._reading() as view:
        analyzer, request = Analyzer(index.settings.language), SearchRequest(question.text)
        ranked = Ranked(Inquiry(view, index.embedder, analyzer, request))
        rows = [row for row, _ in itertools.islice(ranked, DEPTH)]
        if not rows or not ranked.stretch.question.asks:
            return
        passages = view.passages.get(rows)
        features = evidence(ranked.stretch, [(row, passages[row]) for row in rows]).features()
        for at, row in enumerate(rows):
            if passages[row].doc_id != question.id:
                right = {passages[row].doc_id, passages[row].id} & question.grades.keys()
                yield {name: float(values[at]) for name, values in features.items()}, bool(right)


def asked(
    name: str,
    family: str,
    index: Index,
    own: list[Question],
    foreign: list[Question],
    near: Sequence[Question] = (),
) -> Asked:
    """Ask an index everything. near: questions about its topic that it does not answer."""
    others = itertools.islice(swapped(own, random.Random(0)), SWAPPED)
    kinds = {"own": own, "foreign": foreign, "near": near, "swapped": others}
    found: list[Example] = [
        {"features": features, "right": right and kind == "own", "kind": kind, "question": number, "first": at == 0}
        for kind, questions in kinds.items()
        for number, question in enumerate(questions)
        for at, (features, right) in enumerate(examples(index, question))
    ]
    return Asked(name, family, found)


def neighbourhood(index: Index, questions: Sequence[Question], size: int, seed: str) -> set[str]:
    """Return the documents nearest to one that answers a question."""
    with index._reading() as view:
        rows = np.sort(np.array([row for doc in index.documents() for row in first_row(view, doc)], np.int64))
        matrix = view.vectors.read(rows).vectors
        ids = [each.rpartition("#")[0] for each in view.passages.ids(rows.tolist()).values()]
    centre = sorted(drawn(questions, 1, seed)[0].grades)[0]
    nearest = np.argsort(-(matrix @ matrix[ids.index(centre)])) if centre in ids else []
    return {ids[at] for at in nearest[:size]}


def first_row(view: object, doc_id: str) -> list[int]:
    row = view.passages.row_of(f"{doc_id}#0")
    return [] if row is None else [row]


def made(path: Path, documents: Iterable, model: OnnxEmbedder) -> Index:
    """Return an index of documents, which is made once."""
    if (path / "index.json").exists():
        return Index.open(path, embedder=model)
    path.parent.mkdir(parents=True, exist_ok=True)
    index = Index.create(path, embedder=model)
    index.add(documents)
    return index


def plain(name: str) -> str:
    return name.replace(",", "").replace(" ", "-")


def neighbourhoods(
    name: str, index: Index, questions: list[Question], foreign: list[Question], place: Path
) -> Iterator[Asked]:
    """Yield a neighbourhood of each size in a judged collection."""
    for size in SIZES:
        for attempt in range(50):
            label = f"{name}, {size} around {attempt}"
            kept = neighbourhood(index, questions, size, label)
            own = [question for question in questions if question.grades.keys() <= kept]
            if len(own) >= FEWEST:
                near = [question for question in questions if not question.grades.keys() & kept]
                with made(
                    place / label.replace(", ", "-").replace(" ", "-"), map(index.get, sorted(kept)), index.embedder
                ) as small:
                    yield asked(label, name, small, drawn(own, SWAPPED, label), foreign, drawn(near, NEAR, label))
                break


def collected(data: Path, cache: Path) -> Iterator[Asked]:
    """Yield every collection that is there."""
    model = Reader()
    names = [name for name in JUDGED if (cache / f"{name}-minilm-256" / "index.json").exists()]
    pools = {name: judged_questions(data, name) for name in names}
    small = {shape.name: shape.questions for shape in shapes() if not shape.name.endswith("in one")}
    for name in names:
        with Index.open(cache / f"{name}-minilm-256", embedder=model) as index:
            foreign = foreign_to(name, pools, FOREIGN)
            yield asked(name, name, index, drawn(pools[name], OWN, name), foreign)
            if name in ONE_TOPIC:
                yield from neighbourhoods(name, index, pools[name], foreign[::2], cache / "confidence")
    for shape in shapes():
        family = shape.name.partition(",")[0].partition(" of ")[0]
        with made(
            cache / "confidence" / shape.name.replace(",", "").replace(" ", "-"), shape.documents, model
        ) as index:
            unit = "passage" if shape.questions[0].quotes else "document"
            own = list(Questions(shape.name, unit, tuple(shape.questions)).judged_in(index).items)
            others = {other: found for other, found in small.items() if not other.startswith(family)}
            foreign = foreign_to(shape.name, pools, 4) + foreign_to(shape.name, others, 6)
            yield asked(shape.name, family, index, own, foreign)


# --- fitting -------------------------------------------------------------------------------------------------------


def fitted(sets: Sequence[Asked], names: list[str]) -> dict[str, float]:
    """Return coefficients by feature; collections of a family share its root's weight, a hit at rank r counts 1 / r."""
    matrix = np.array([[e["features"].get(name, np.nan) for name in names] for one in sets for e in one.examples])
    right = np.array([e["right"] for one in sets for e in one.examples], float)
    families = [one.family for one in sets]
    weights = np.concatenate([shares(one) / families.count(one.family) ** 0.5 for one in sets])
    known = np.isfinite(matrix).all(axis=1)
    matrix, right, weights = matrix[known], right[known], weights[known] / len(sets)
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0)
    scaled = (matrix - mean) / spread

    def loss(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        logit = scaled @ coefficients[1:] + coefficients[0]
        slope = weights * (1 / (1 + np.exp(-logit)) - right)
        value = weights @ (np.logaddexp(0, logit) - right * logit) + PENALTY * (coefficients[1:] ** 2).sum()
        return float(value), np.append(slope.sum(), slope @ scaled + 2 * PENALTY * coefficients[1:])

    best = minimize(loss, np.zeros(len(names) + 1), jac=True).x
    slopes = best[1:] / spread
    found = {name: round(float(slope), 2) for name, slope in zip(names, slopes, strict=True)}
    return {**found, "": round(float(best[0] - slopes @ mean), 2)}


def shares(one: Asked) -> np.ndarray:
    """Return what each example of a collection counts, of sum 1."""
    weights = np.array([weight(each) for each in one.examples])
    return weights / weights.sum()


def weight(example: Example) -> float:
    return WEIGHTS.get(example["kind"], 1.0) / float(np.exp(example["features"]["rank"]))


# --- measuring -----------------------------------------------------------------------------------------------------


class Judged(NamedTuple):
    """Of each question, (n,): the first hit's confidence, whether it was right, its kind, the best hit's confidence."""

    sure: np.ndarray
    right: np.ndarray
    kind: np.ndarray
    best: np.ndarray

    def auroc(self, kind: str) -> float:
        own, others = self.best[self.kind == "own"], self.best[self.kind == kind]
        return auroc(own, others) if len(own) and len(others) else float("nan")

    def below(self, kind: str, threshold: float) -> float:
        found = self.best[self.kind == kind]
        return float((found < threshold).mean()) if len(found) else float("nan")

    @property
    def mixed(self) -> np.ndarray:
        return np.isin(self.kind, ("own", "foreign"))


def judged(one: Asked, model: Mapping[str, float]) -> Judged:
    """Return what a model says of a collection's questions."""
    logit = np.array([sum(w * e["features"].get(f, 0) for f, w in model.items() if f) for e in one.examples])
    sure = 1 / (1 + np.exp(-(logit + model[""])))
    best: dict[tuple[object, object], float] = {}
    for each, value in zip(one.examples, sure.tolist(), strict=True):
        key = each["kind"], each["question"]
        best[key] = max(value, best.get(key, 0.0))
    first = [at for at, each in enumerate(one.examples) if each["first"]]
    return Judged(
        sure[first],
        np.array([one.examples[at]["right"] for at in first], bool),
        np.array([one.examples[at]["kind"] for at in first]),
        np.array([best[one.examples[at]["kind"], one.examples[at]["question"]] for at in first]),
    )


def report(sets: Sequence[Asked], names: list[str]) -> None:
    """Print how each collection fares with coefficients to which its family gave nothing, and the reliability."""
    print("| collection | ECE | right | AUROC: foreign | near | swapped | lost | refused | not cited | refused |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    every: list[Judged] = []
    lines: list[list[float]] = []
    for one in sets:
        found = judged(one, fitted([other for other in sets if other.family != one.family], names))
        every.append(found)
        own = found.kind == "own"
        lines.append([
            expected_error(found.sure[found.mixed], found.right[found.mixed]), float(found.right[own].mean()),
            *(found.auroc(kind) for kind in ("foreign", "near", "swapped")),
            *(found.below(kind, limit) for limit in (ANSWERABLE, CITED) for kind in ("own", "foreign")),
        ])  # fmt: skip
        print(row(one.name, lines[-1]))
    groups = {
        "mean of judged collections": [one.name == one.family for one in sets],
        "mean of neighbourhoods": [" around " in one.name for one in sets],
        "mean of written shapes": [one.family not in JUDGED for one in sets],
    }
    for label, inside in groups.items():
        columns = zip(*(line for line, is_in in zip(lines, inside, strict=True) if is_in), strict=True)
        known = [[value for value in column if not np.isnan(value)] for column in columns]
        print(row(label, [np.mean(values) if values else np.nan for values in known]))
    print("\n| confidence | mean | right | answers |\n|---|---|---|---|")
    sure = np.concatenate([found.sure[found.mixed] for found in every])
    for each in reliability(sure, np.concatenate([found.right[found.mixed] for found in every])):
        at = min(int(each.confidence * 10), 9) / 10
        print(f"| {at:.1f} to {at + 0.1:.1f} | {each.confidence:.2f} | {each.right:.2f} | {each.size} |")


def row(name: str, values: Iterable[float]) -> str:
    return f"| {name} | " + " | ".join("–" if np.isnan(value) else f"{value:.3f}" for value in values) + " |"


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds the judged collections")
    parser.add_argument("--fit", action="store_true", help="print the coefficients too, for confidence.py")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "searchkit-bench")
    options = parser.parse_args(arguments)
    sets = list(collected(options.data, options.cache))
    for model in MODELS:
        names = [name for name in model if name]
        if options.fit:
            print(f"\n{fitted(sets, names)}\n")
        report(sets, names)


if __name__ == "__main__":
    main()
