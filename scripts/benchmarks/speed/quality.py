"""nDCG@10 of every system on judged collections in BEIR's layout, each record one passage, vectors as for speed."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import numpy as np

from scripts.benchmarks.speed import measure
from scripts.benchmarks.speed.corpus import Corpus, embedded, read
from scripts.benchmarks.speed.questions import Asked

FLIPS = 10_000
PATIENCE = 3_600  # seconds to build
BUDGET = 120  # seconds of answers a system and mode may take; who is slower is compared on fewer questions


def judged(data: Path, cache: Path, systems: list[str], count: int) -> dict[str, Any]:
    """Return by mode and system the mean nDCG@10 and, beside searchkit's hybrid, the difference and its p."""
    folder = cache / "speed" / f"judged-{data.name}"
    corpus, ids = corpus_of(data, folder / "corpus")
    grades, questions = questions_of(data, count)
    asked = [Asked(text, {}) for text in questions.values()]
    problems = {}
    for name in systems:
        try:
            measure.built(name, corpus, folder / name, asked[0].text, PATIENCE)
        except measure.Failed as error:
            problems[name] = str(error)
    result: dict[str, Any] = {"set": data.name, "questions": len(asked), "problems": problems}
    with measure.opened([name for name in systems if name not in problems], folder) as (children, errors):
        problems |= errors
        for mode in measure.MODES:
            print(f"{time.strftime('%H:%M:%S')} {data.name}, {mode}", flush=True)
            answers = measure.in_turn(children, asked, mode, None, BUDGET)
            gains = {name: ndcg(grades, list(questions), found["rows"], ids) for name, found in answers.items()}
            result[mode] = {
                name: {"nDCG@10": float(each.mean()), "asked": len(each)} for name, each in gains.items() if len(each)
            }
            if mode == "hybrid" and "searchkit" in gains:
                for name in result[mode].keys() - {"searchkit"}:
                    result[mode][name] |= compared(gains["searchkit"], gains[name])
    return result


def corpus_of(data: Path, folder: Path) -> tuple[Corpus, list[str]]:
    """Return the collection with the model's vectors, and the records' ids by row."""
    from searchkit.models.embedders import OnnxEmbedder

    path = data / "corpus.jsonl"
    with path.open(encoding="utf-8") as lines:
        ids = [json.loads(line)["_id"] for line in lines]
    if (folder / "about.json").exists():
        return Corpus(folder), ids
    vectors = OnnxEmbedder().embed_passages([embedded(*each) for each in read(path)])
    return Corpus.write(folder, read(path), vectors, {"source": data.name}), ids


def questions_of(data: Path, count: int) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """Return grades by question and document of the test judgments, and at most `count` judged questions; seeded."""
    grades: dict[str, dict[str, int]] = {}
    for line in (data / "qrels" / "test.tsv").read_text().splitlines()[1:]:
        question, document, grade = line.split("\t")
        grades.setdefault(question, {})[document] = int(grade)
    with (data / "queries.jsonl").open(encoding="utf-8") as lines:
        texts = {record["_id"]: record["text"] for record in map(json.loads, lines) if record["_id"] in grades}
    chosen = random.Random(0).sample(sorted(texts), min(count, len(texts)))
    return grades, {each: texts[each] for each in chosen}


def ndcg(grades: dict[str, dict[str, int]], questions: list[str], answers: list[list[int]], ids: list[str]) -> Any:
    """nDCG@10 of each question by trec_eval's code: (questions,)."""
    import ir_measures

    run = {
        question: {ids[row]: -float(rank) for rank, row in enumerate(rows)}
        for question, rows in zip(questions, answers, strict=False)
    }
    kept = {question: grades[question] for question in run}
    found = {each.query_id: each.value for each in ir_measures.iter_calc([ir_measures.nDCG @ 10], kept, run)}
    return np.array([found.get(question, 0.0) for question in run])


def compared(ours: Any, other: Any) -> dict[str, float]:
    """Mean of ours minus the other's, and p of a paired randomisation test."""
    difference = ours[: len(other)] - other
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (FLIPS, len(difference)))
    as_far = np.abs((signs * difference).mean(axis=1)) >= abs(difference.mean()) - 1e-12
    return {"ours_ahead": float(difference.mean()), "p": float((as_far.sum() + 1) / (FLIPS + 1))}


def show(results: list[dict[str, Any]], systems: list[str]) -> None:
    heads = [f"{each['set']}, {mode}" for each in results for mode in measure.MODES]
    heads += [f"searchkit's hybrid ahead on {each['set']} (p)" for each in results]
    print("| nDCG@10 | " + " | ".join(heads) + " |\n|" + "---|" * (len(heads) + 1))
    for name in systems:
        cells = []
        for each in results:
            cells += [f"{each[mode][name]['nDCG@10']:.3f}" if name in each[mode] else "–" for mode in measure.MODES]
        for each in results:
            beside = each["hybrid"].get(name, {})
            cells.append(f"{beside['ours_ahead']:+.3f} ({beside['p']:.4f})" if "p" in beside else "–")
        print(f"| {name} | " + " | ".join(cells) + " |")
    for each in results:
        for name, problem in each["problems"].items():
            print(f"- {each['set']}, {name}: {problem}")
    print(flush=True)
