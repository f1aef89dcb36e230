"""What follow-ups of conversations gain by the turns before them, and what a change of subject costs.

COLLECTION is in BEIR's layout, its queries with a history. Each follow-up is asked by itself, with earlier questions
put in front as text, with its history, and with that of another conversation. The halves are those on which weights
were chosen and not; --beside names collections of single questions, which ought to stand alone.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from searchkit import Index
from searchkit.evaluation import Question, read_questions
from searchkit.evaluation.calibration import auroc
from searchkit.evaluation.measures import measure
from searchkit.evaluation.runs import Answer
from searchkit.evaluation.significance import randomisation_test
from searchkit.queries.conversation import taken, turns
from searchkit.queries.standing import standing
from searchkit.text.analysis import Analyzer
from searchkit.types import Results

SEED = 0
LOST = 0.05  # share of answerable turns
Values = npt.NDArray[np.float64]
Text = Callable[[Question], str]


def earlier(question: Question) -> list[str]:
    """Return what the user asked before, oldest first."""
    return [turn.content for turn in question.history if turn.role == "user"]


IN_FRONT: dict[str, Text] = {
    "by itself": lambda question: question.text,
    "the turn before in front": lambda question: "\n".join([*earlier(question)[-1:], question.text]),
    "… and itself twice": lambda question: "\n".join([*earlier(question)[-1:], question.text, question.text]),
    "all turns": lambda question: "\n".join([*earlier(question), question.text]),
}


def values(questions: Sequence[Question], found: Sequence[Results]) -> Values:
    """Return nDCG@10 of each question: (n,)."""
    run = {
        question.id: Answer(tuple(hit.passage.doc_id for hit in results), tuple(hit.score for hit in results))
        for question, results in zip(questions, found, strict=True)
    }
    return measure(questions, run, ["nDCG@10"])[:, 0]


def print_rows(rows: dict[str, Values], groups: dict[str, npt.NDArray[np.bool_]]) -> None:
    """Print a line for each way to ask, with p against the history."""
    print(f"| follow-ups | all | {' | '.join(f'{name} ({mask.sum()})' for name, mask in groups.items())} | p |")
    print("|---" * (3 + len(groups)) + "|")
    for name, found in rows.items():
        cells = " | ".join(f"{found[mask].mean():.4f}" for mask in groups.values())
        print(f"| {name} | {found.mean():.4f} | {cells} | {randomisation_test(found - rows['history=']):.3f} |")


def print_confidence(index: Index, collection: Path) -> None:
    """Print how well the best hit's confidence tells judged turns from those that are marked as unanswerable."""
    judged = [(question.text, question.history) for question in read_questions(collection).items]
    with (collection / "queries.jsonl").open(encoding="utf-8") as lines:
        records = [record for record in map(json.loads, lines) if record.get("answerability") == "UNANSWERABLE"]
    without = [(record["text"], turns("history", record["history"])) for record in records]
    for name, given in (("by itself", False), ("history=", True)):
        sure, unsure = (
            np.array([
                max((hit.confidence for hit in found), default=0.0)
                for found in index.search_many(
                    [text for text, _ in asked], history=[history if given else () for _, history in asked]
                )
            ])
            for asked in (judged, without)
        )  # fmt: skip
        refused = float((unsure < np.quantile(sure, LOST)).mean())
        print(
            f"{name}: AUROC {auroc(sure, unsure):.3f}; {refused:.1%} of {len(unsure)} refused where {LOST:.0%} are lost"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection", type=Path)
    parser.add_argument("index", type=Path, help="its index")
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="collections of single questions")
    given = parser.parse_args()
    asked = [question for question in read_questions(given.collection).items if question.history]
    draw = np.random.default_rng(SEED)
    half = draw.permutation(len(asked)) < len(asked) // 2
    others = [asked[(at + int(draw.integers(1, len(asked)))) % len(asked)] for at in range(len(asked))]
    english = Analyzer("en")
    leans = np.array([taken(each.text, each.history, english) is not None for each in asked])
    with Index.open(given.index) as index:
        texts, histories = [each.text for each in asked], [each.history for each in asked]

        def found(texts: Sequence[str], **options: object) -> Values:
            return values(asked, index.search_many(texts, 20, per_document=1, **options))  # type: ignore[arg-type]

        rows = {name: found([text(each) for each in asked]) for name, text in IN_FRONT.items()}
        rows["history="] = found(texts, history=histories)
        rows["history= of another conversation"] = found(texts, history=[each.history for each in others])
        print_rows(rows, {"chosen on": half, "the others": ~half, "leans": leans, "stands alone": ~leans})
        print_confidence(index, given.collection)
    for path in given.beside:
        alone = [standing(question.text, english).alone for question in read_questions(path).items]
        print(f"{path.name}: {np.mean(alone):.1%} of {len(alone)} questions stand alone")


if __name__ == "__main__":
    main()
