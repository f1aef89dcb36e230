"""The arms' scores of each question's candidates, kept so that many fusions can be tried without searching anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit import search, store
from searchkit.evaluation.questions import Question, Questions
from searchkit.fusion import Scores
from searchkit.request import SearchRequest
from searchkit.snapshot import Snapshot
from searchkit.text import Analyzer
from searchkit.types import Progress, Rows

if TYPE_CHECKING:
    from searchkit.index import Index

CUT = 10  # of nDCG


class Candidates(NamedTuple):
    """One question's candidates, n of them in order of rows.

    scores: arm -> (n,). owners: (n,), equal for passages of one document where documents are judged. grades: (n,).
    ideal: the DCG@10 of a perfect ranking.
    """

    scores: Mapping[str, Scores]
    owners: npt.NDArray[np.int64]
    grades: npt.NDArray[np.float64]
    ideal: float


def collect(index: Index, questions: Questions, progress: Progress | None = None) -> list[Candidates]:
    """Return the candidates of every answerable question, as a search sees them."""
    asked = [question for question in questions.items if question.answerable]
    model, analyzer, found = index.embedder, Analyzer(index.settings.language), []
    with store.opened(index.path) as snapshot:
        for number, question in enumerate(asked, 1):
            run = search.Search(snapshot, model, analyzer, SearchRequest(question.text))
            found.append(_candidates(snapshot, run, question, questions.unit))
            if progress:
                progress("ask", number, len(asked))
    return found


def _candidates(snapshot: Snapshot, run: search.Search, question: Question, unit: str) -> Candidates:
    rankings = [arm.search(search.DEPTHS[0]).rows for arm in run.arms.values()]
    rows: Rows = np.unique(np.concatenate(rankings)) if rankings else np.empty(0, np.int64)
    passages = snapshot.catalog.passage_ids(rows.tolist())
    names = [passages[row].rpartition("#")[0] if unit == "document" else passages[row] for row in rows.tolist()]
    kept = np.array([name != question.id for name in names], bool)  # collections of questions hold themselves
    _, owners = np.unique(np.array(names, object), return_inverse=True) if names else (None, np.empty(0, np.int64))
    scores = {name: np.asarray(arm.score(rows), np.float64)[kept] for name, arm in run.arms.items()}
    grades = np.array([question.grades.get(name, 0) for name in names], np.float64)
    return Candidates(scores, owners[kept], grades[kept], _dcg(np.sort(list(question.grades.values()))[::-1]))


def ndcg(candidates: Candidates, fused: Scores) -> float:
    """Return nDCG@10 of fused scores, a document standing where its best passage does.

    As trec_eval: the gain is the grade. Järvelin & Kekäläinen, ACM TOIS 2002. fused: (n,), ties by row.
    """
    order = np.argsort(-fused, kind="stable")
    _, first = np.unique(candidates.owners[order], return_index=True)
    best = order[np.sort(first)[:CUT]]
    return _dcg(candidates.grades[best]) / candidates.ideal


def _dcg(grades: npt.ArrayLike) -> float:
    top = np.asarray(grades, np.float64)[:CUT]
    return float((top / np.log2(np.arange(2, len(top) + 2))).sum())
