"""The retrieval step of a chatbot: passages that fit a budget, each with a citation that can be checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from searchkit.types import CITED, Hit, Passage, Results


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage in a context under its marker: `document.text[passage.start:passage.end]` is what was quoted."""

    marker: str
    rank: int
    score: float
    passage: Passage

    def to_dict(self) -> dict[str, Any]:
        """Return the citation as JSON-ready values."""
        return {"marker": self.marker, "rank": self.rank, "score": self.score, "passage": self.passage.to_dict()}


@dataclass(frozen=True, slots=True)
class Context:
    """What to paste into a prompt. Without citations nothing was found, and `text` is empty.

    confidence: that the best passage found answers; what is below CITED is not cited unless it was asked for.
    """

    question: str
    text: str
    citations: tuple[Citation, ...]
    tokens: int
    generation: int
    confidence: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the context as JSON-ready values."""
        return {
            "question": self.question,
            "text": self.text,
            "citations": [citation.to_dict() for citation in self.citations],
            "tokens": self.tokens,
            "generation": self.generation,
            "confidence": self.confidence,
        }


def context(
    results: Results, max_tokens: int, count_tokens: Callable[[Sequence[str]], list[int]], *, honest: bool = True
) -> Context:
    """Take hits, best first, as long as they fit in `max_tokens`; put them in reading order per document.

    Documents come in the order of their best passage. A hit that does not fit is passed over, for a shorter
    one may. Each document has one heading line, which counts. honest: take only hits of at least the
    confidence CITED.
    """
    taken: list[Hit] = []
    worthy = [hit for hit in results.hits if hit.confidence >= CITED]
    for hit in worthy if honest else results.hits:
        if count_tokens([_render(_ordered([*taken, hit]))])[0] <= max_tokens:
            taken.append(hit)
    citations = _ordered(taken)
    text = _render(citations)
    tokens = count_tokens([text])[0] if text else 0
    best = max((hit.confidence for hit in results.hits), default=0.0)
    return Context(results.query, text, citations, tokens, results.generation, best)


def _ordered(hits: Sequence[Hit]) -> tuple[Citation, ...]:
    """Return citations numbered from 1, documents by their best rank, passages in reading order."""
    best: dict[str, int] = {}
    for hit in hits:
        best.setdefault(hit.passage.doc_id, hit.rank)
    reading = sorted(hits, key=lambda hit: (best[hit.passage.doc_id], hit.passage.ordinal))
    return tuple(Citation(f"[{at}]", hit.rank, hit.score, hit.passage) for at, hit in enumerate(reading, 1))


def _render(citations: Sequence[Citation]) -> str:
    blocks = []
    for _, group in groupby(citations, key=lambda citation: citation.passage.doc_id):
        cited = list(group)
        paragraphs = [f"{citation.marker} {citation.passage.shown_text}" for citation in cited]
        blocks.append("\n\n".join([_heading(cited), *paragraphs]))
    return "\n\n".join(blocks)


def _heading(cited: Sequence[Citation]) -> str:
    """Return a document's heading: title, date, source, and the place of each passage."""
    passage = cited[0].passage
    when = str(passage.metadata.get("date") or "")[:10]
    places = ", ".join(f"{c.marker} characters {c.passage.start}-{c.passage.end}" for c in cited)
    facts = [passage.title, passage.section, when, f"source: {passage.doc_id}", places]
    return "Source: " + " | ".join(fact for fact in facts if fact).replace("source: ", "")
