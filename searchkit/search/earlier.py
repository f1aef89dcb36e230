"""What a question takes from earlier turns of its conversation: for the words, and for the vector.

The weights were chosen on half of the conversations of MTRAG-UN's development turns; BENCHMARKS.md has what they gain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import QueryError
from searchkit.queries.conversation import Taken, taken
from searchkit.queries.highlight import query_terms
from searchkit.queries.parsing import Parsed
from searchkit.queries.syntax import Boolean, DateRange, Query
from searchkit.queries.words import any_of, plain
from searchkit.search.request import SearchRequest
from searchkit.text.analysis import Analyzer
from searchkit.types import FloatVector

SHARE = 0.5  # of a word or word piece of an earlier question, beside 1 of the present one
ANSWER = 0.3  # of the vector of the last answer, beside 1 of the question and 1 of it with the one before
LEAST_COSINE = 0.1  # to an earlier question: what is further away, and names its own subject, is on something new

Vectors = Callable[[str], FloatVector]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A question read with earlier turns. parsed: both; own: the question by itself, from `begins` in parsed.text on.

    shares: of the terms that only earlier questions have, how much they count.
    """

    taken: Taken
    parsed: Parsed
    own: str
    begins: int
    shares: Mapping[str, float]

    def vector(self, together: FloatVector, vectors: Vectors) -> FloatVector:
        """Return the vector to search by: (dim,), of unit length; that of the text, of the question and of the answer.

        together: that of the text.
        """
        moved = together + vectors(self.own)
        if self.taken.answer:
            moved = moved + ANSWER * vectors(self.taken.answer)
        length = float(np.linalg.norm(moved))
        return together if length < 1e-6 else moved / np.float32(length)

    def weighed(self, weights: FloatVector, pieces: npt.NDArray[np.int64]) -> FloatVector:
        """Return the weights of word pieces, (m,) of sum 1, with those of the earlier turn lowered. pieces: (m, 2)."""
        lowered = np.where(pieces[:, 0] < self.begins, weights * SHARE, weights)
        found: FloatVector = (lowered / lowered.sum()).astype(np.float32) if len(lowered) else weights
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return what was taken, as JSON-ready values."""
        return {"why": self.taken.why, "questions": list(self.taken.questions), "answer": self.taken.answer}


def earlier(parsed: Parsed, request: SearchRequest, analyzer: Analyzer, vectors: Vectors | None) -> Earlier | None:
    """Return how a question reads with the turns before it, None if it stands alone.

    A query with operators says all that it wants. vectors: of texts, None without a model that has a say.
    """
    found = None if parsed.advanced or not parsed.text.strip() else taken(parsed.text, request.history, analyzer)
    if found is None or (vectors is not None and not found.surely and _is_far(parsed.text, found, vectors)):
        return None
    clauses = tuple(_own(parsed, analyzer))
    added = tuple(_added(found.questions, clauses, analyzer))
    if not clauses and not added:
        return None
    own = set(query_terms(any_of(clauses)))
    tree = any_of([*clauses, *added])
    before = found.questions[0]
    text = f"{before}\n{parsed.text}"
    shares = {term: SHARE for term in query_terms(tree) if term not in own}
    return Earlier(found, replace(parsed, text=text, tree=tree), parsed.text, len(before), shares)


def rewritten(request: SearchRequest) -> str:
    """Return what the request's function makes of the question and what was said before. Raises QueryError."""
    if request.rewrite is None:
        return request.query
    found = request.rewrite([turn._asdict() for turn in request.history], request.query)
    if not isinstance(found, str) or not found.strip():
        raise QueryError(f"rewrite must return the question as text, not {found!r:.60}")
    return found


def _is_far(question: str, found: Taken, vectors: Vectors) -> bool:
    own = vectors(question)
    return all(float(own @ vectors(each)) < LEAST_COSINE for each in found.questions)


def _own(parsed: Parsed, analyzer: Analyzer) -> Iterator[Query]:
    """Yield what the question asks for; mere function words give way to the words before them."""
    if plain(parsed.text, analyzer, keep_some=False):
        tree = parsed.tree
        yield from tree.should if isinstance(tree, Boolean) else (tree,)


def _added(questions: tuple[str, ...], own: tuple[Query, ...], analyzer: Analyzer) -> Iterator[Query]:
    """Yield what earlier questions ask for, and the question does not, each once."""
    known = {_key(each) for each in own}
    for question in questions:
        for clause in plain(question, analyzer, keep_some=False):
            if _key(clause) not in known:
                known.add(_key(clause))
                yield replace(clause, boost=clause.boost * SHARE)


def _key(clause: Query) -> Query:
    return clause if isinstance(clause, Boolean | DateRange) else replace(clause, boost=1.0)
