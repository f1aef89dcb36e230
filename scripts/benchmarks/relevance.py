"""nDCG@10 and recall@100 of every arm and fusion on judged collections in BEIR's layout, as a table in Markdown.

Each collection is indexed once, with the defaults of `searchkit index`, into a cache outside the project;
a record is a document, and a document's score is that of its best passage. Below each collection: what the
default gains over reciprocal ranks and over the better arm, with p of a paired randomisation test. With --foreign:
what the confidences of the default are worth when a collection is asked other collections' questions too.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from searchkit import Index
from searchkit.evaluation import Evaluation, Question, Questions, compare, evaluate, read_questions, read_scores
from searchkit.evaluation.calibration import auroc
from searchkit.evaluation.runs import DEPTH, Answer
from searchkit.evaluation.scores import scores_of
from searchkit.evaluation.settings import DEFAULT, KNOWN
from searchkit.evaluation.sidebyside import assembled
from searchkit.models import embedders

MEASURES = ("nDCG@10", "R@100")
RRF = "rrf"
HEADER = "| collection | setting | nDCG@10 | R@100 | below better arm | p50 ms |\n|---|---|---|---|---|---|"


def index_of(folder: Path, cache: Path, *, name: str, embedder: str, max_tokens: int, language: str) -> Index:
    """Return the collection's index, built if its documents are not all there."""
    path = cache / f"{name}-{embedder}-{max_tokens}"
    if (path / "index.json").exists():
        index = Index.open(path)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        limits = {"target_tokens": min(200, max_tokens), "max_tokens": max_tokens}
        index = Index.create(path, embedder=embedder, language=language, **limits)
    with (folder / "corpus.jsonl").open("rb") as lines:
        if index.status()["documents"] == sum(1 for _ in lines):
            return index  # only read, so that several of these can run at a time
    started = time.perf_counter()
    report = index.sync(folder / "corpus.jsonl", embed="full")  # what is measured is no prediction of vectors
    if report.added or report.changed:
        rate = report.passages / (time.perf_counter() - started)
        print(f"  {name}: {len(report.added)} documents, {report.passages} passages, {rate:.0f} a second", flush=True)
    return index


def full_precision(index: Index, questions: Questions, embedder: str) -> dict[str, Answer]:
    """Return the vector arm's documents as they were without rounding to float16: everything embedded anew."""
    model = embedders.embedder(embedder)
    passages = [passage for doc_id in index.documents() for passage in index.passages(doc_id)]
    matrix = model.embed_passages([passage.embedded_text for passage in passages])
    run = {}
    for question in questions.items:
        scores: dict[str, float] = {}
        for passage, score in zip(passages, (matrix @ model.embed_query(question.text)).tolist(), strict=True):
            scores[passage.doc_id] = max(score, scores.get(passage.doc_id, -1.0))
        best = sorted(scores.items(), key=lambda item: -item[1])[:DEPTH]
        run[question.id] = Answer(*map(tuple, zip(*best, strict=True)))
    return run


def print_rows(name: str, made: Evaluation) -> None:
    """Print a line for each setting, and the default's differences."""
    for label, outcome in made.outcomes.items():
        regret = made.regret(label)
        below = f"{regret.worse:.1%}" if regret else "–"
        latency = f"{outcome.latency['p50']:.1f}" if outcome.latency else "–"
        cells = " | ".join(f"{made.mean(label, each):.4f}" for each in made.measures)
        print(f"| {name} | {label} | {cells} | {below} | {latency} |", flush=True)


def differences(made: Evaluation) -> dict[str, tuple[float, float]]:
    """Return mean difference of the default and p, against reciprocal ranks and the better arm where measured."""
    others = {"rrf": RRF if RRF in made.outcomes else None, "better arm": made.better_arm()}
    return {
        label: (made.mean(DEFAULT) - made.mean(other), made.p_value(DEFAULT, other))
        for label, other in others.items()
        if other and DEFAULT in made.outcomes
    }


def print_summary(evaluations: dict[str, Evaluation]) -> None:
    """Print what the default gains on each collection, the mean over collections, and how often it is below."""
    print("\n| collection | default − rrf | p | default − better arm | p | below better arm: default | rrf |")
    print("|---|---|---|---|---|---|---|")
    for name, made in evaluations.items():
        found = differences(made)
        if len(found) == 2:
            cells = " | ".join(f"{gain:+.4f} | {p:.4f}" for gain, p in found.values())
            print(f"| {name} | {cells} | {made.regret(DEFAULT).worse:.1%} | {made.regret(RRF).worse:.1%} |")
    print("\n| mean over collections | nDCG@10 | R@100 | below better arm |\n|---|---|---|---|")
    settings = [name for name in KNOWN if all(name in made.outcomes for made in evaluations.values())]
    for label in settings:
        means = [np.mean([made.mean(label, each) for made in evaluations.values()]) for each in MEASURES]
        regrets = [made.regret(label) for made in evaluations.values()]
        below = f"{np.mean([regret.worse for regret in regrets]):.1%}" if all(regrets) else "–"
        print(f"| {label} | {' | '.join(f'{mean:.4f}' for mean in means)} | {below} |")


def print_changes(evaluations: dict[str, Evaluation], before: dict[str, Path]) -> None:
    """Print the default beside the same of another checkout, which saved its evaluations; p as above."""
    print("\n| nDCG@10 | before | now | gain | p |\n|---|---|---|---|---|")
    found = {
        label: compare(read_scores(before[label]), scores_of(made, DEFAULT)).differences[0]
        for label, made in evaluations.items()
    }
    for label, told in found.items():
        print(f"| {label} | {told.a:.4f} | {told.b:.4f} | {told.b - told.a:+.4f} | {told.p:.4f} |")
    then, now = (float(np.mean([getattr(told, side) for told in found.values()])) for side in "ab")
    print(f"| **mean** | {then:.4f} | {now:.4f} | {now - then:+.4f} | |")


def with_foreign(questions: Questions, name: str, others: dict[str, Questions], count: int) -> Questions:
    """Return the questions with `count` of each other collection's, which this one is taken not to answer.

    Their kind is the collection that they come from.
    """
    foreign = [
        Question(f"{other}/{question.id}", question.text, kind=other)
        for other, found in others.items()
        if other != name
        for question in found.sample(count).items
    ]
    return replace(questions, items=(*questions.items, *foreign))


def print_confidence(evaluations: dict[str, Evaluation]) -> None:
    """Print what the default's confidences are worth, against all foreign questions and the closest collection's."""
    print("\n| collection | ECE | AUROC | closest collection, its AUROC | refused | lost |\n|---|---|---|---|---|---|")
    for name, made in evaluations.items():
        found = made.calibration(DEFAULT) if DEFAULT in made.outcomes else None
        if found is None or found.auroc is None:
            print(f"| {name} | no confidences, or no foreign questions | | | | |")
            continue
        run = made.outcomes[DEFAULT].run
        own = np.array([run[question.id].confidence for question in made.answerable])
        foreign: dict[str, list[float]] = {}
        for question in made.questions:
            if not question.answerable:
                foreign.setdefault(question.kind, []).append(run[question.id].confidence)
        aurocs = {other: auroc(own, np.array(values)) for other, values in foreign.items()}
        closest = min(aurocs, key=aurocs.__getitem__)
        shares = " | ".join("–" if share is None else f"{share:.1%}" for share in (found.refused, found.lost))
        print(f"| {name} | {found.ece:.3f} | {found.auroc:.3f} | {closest} {aurocs[closest]:.3f} | {shares} |")


def collections_in(data: Path, split: str) -> list[str]:
    """Return the names of the folders that have this split's judgments."""
    return sorted(path.parent.parent.name for path in data.glob(f"*/qrels/{split}.tsv"))


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds the collections")
    parser.add_argument("collections", nargs="*", help="all that have the split, unless given")
    parser.add_argument("--split", default="test")
    parser.add_argument("--setting", action="append", default=[], choices=list(KNOWN), help="may be repeated")
    parser.add_argument("--sample", type=int, default=1000, help="queries at most")
    parser.add_argument("--foreign", type=int, default=0, help="mix in so many questions of each other collection")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "searchkit-bench")
    parser.add_argument("--save", type=Path, help="folder for a JSON of each collection, for searchkit compare")
    parser.add_argument("--before", type=Path, help="folder that another checkout saved to: print what changed since")
    parser.add_argument("--embedder", default="minilm")
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--language", default="en")
    parser.add_argument("--float32", action="store_true", help="also the vector arm without rounding to float16")
    options = parser.parse_args(arguments)
    print(HEADER)
    evaluations: dict[str, Evaluation] = {}
    before: dict[str, Path] = {}
    names = options.collections or collections_in(options.data, options.split)
    everything = {
        name: read_questions(options.data / name, split=options.split, sample=options.sample) for name in names
    }
    for name, own in everything.items():
        folder, plain = options.data / name, name.replace("/", "-")
        label = f"{name} ({options.split}, {len(own.items)})"
        questions = with_foreign(own, name, everything, options.foreign)
        with index_of(
            folder, options.cache, name=plain, embedder=options.embedder,
            max_tokens=options.max_tokens, language=options.language,
        ) as index:  # fmt: skip
            made = evaluations[label] = evaluate(index, questions, names=options.setting, measures=MEASURES)
            print_rows(label, made)
            if options.float32:
                run = full_precision(index, questions, options.embedder)
                print_rows(label, assembled(questions, {"vector, float32": run}, MEASURES))
        if options.before:
            before[label] = options.before / f"{plain}-{options.split}.json"
        if options.save:
            options.save.mkdir(parents=True, exist_ok=True)
            (options.save / f"{plain}-{options.split}.json").write_text(json.dumps(made.to_dict(), indent=1))
    print_summary(evaluations)
    if before:
        print_changes(evaluations, before)
    if options.foreign:
        print_confidence(evaluations)


if __name__ == "__main__":
    main()
