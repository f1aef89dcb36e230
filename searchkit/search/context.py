"""The retrieval step of a chatbot: passages that fit a budget, each with a citation that can be checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from searchkit.errors import ArgumentError
from searchkit.search.prompt import MOST_MARKERS, written
from searchkit.storage.contract import View
from searchkit.types import CITED, Hit, Passage, Results
from searchkit.validation import Check, count, each_of, fields_of, mapping, number, optional, text, texts, wrong

if TYPE_CHECKING:
    from searchkit.search.checking import AnswerReport

_MARKER = re.compile(r"\[[1-9][0-9]{0,2}\]")


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage in a context under its marker: `document.text[passage.start:passage.end]` is what was quoted.

    `digest` is the SHA-256 of that text in UTF-8, in hexadecimal: who keeps it can tell later whether the text is still
    the same. `duplicates` are ids of passages that say the same and were left out.
    """

    marker: str
    rank: int
    score: float
    passage: Passage
    digest: str
    duplicates: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the citation as JSON-ready values; without duplicates, none are named."""
        shape = {name: getattr(self, name) for name in ("marker", "rank", "score", "digest")}
        copies = {"duplicates": list(self.duplicates)} if self.duplicates else {}
        return {**shape, "passage": self.passage.to_dict(), **copies}

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any], name: str = "citation") -> Self:
        """Return the citation of which `to_dict` gave the values. Raises ArgumentError, which calls it by `name`."""
        return cls(**fields_of(name, shape, _CITATION, ("duplicates",)))


@dataclass(frozen=True, slots=True)
class Context:
    r"""What to paste into a prompt. Without citations nothing was found, and `text` is empty.

    `text` has a line for each section of a document, "Source: ID | characters [1] 0-40 | TITLE | SECTION | DATE", and
    below it the passages, each behind its marker. No title and no passage can pass for such a line or marker: all but
    their first lines begin with a space, characters that do not show are left out, and what looks like ours is marked
    ("\[1]", "> Source:"). The exact texts are in the citations.
    confidence: that the best passage found answers; what is below CITED is not cited unless it was asked for.
    warnings: what was understood otherwise than written, as of a search. understood: how the question was read if not
    as it stands: with earlier turns of its conversation, or rewritten.
    """

    question: str
    text: str
    citations: tuple[Citation, ...]
    tokens: int
    generation: int
    confidence: float = 0.0
    warnings: tuple[str, ...] = ()
    understood: str | None = None

    def check(self, answer: str) -> AnswerReport:
        """Say which markers of an answer have a citation, which statements cite nothing, and what is not borne out.

        The passages are taken for what the context says they are; `Index.check` reads them again.
        """
        from searchkit.search.checking import check  # noqa: PLC0415 - who asks for a context has no answer yet

        return check(text("answer", answer), self.question, self.citations)

    def to_dict(self) -> dict[str, Any]:
        """Return the context as JSON-ready values."""
        return {
            "question": self.question,
            "text": self.text,
            "citations": [citation.to_dict() for citation in self.citations],
            "tokens": self.tokens,
            "generation": self.generation,
            "confidence": self.confidence,
            "warnings": list(self.warnings),
            "understood": self.understood,
        }

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> Self:
        """Return the context of which `to_dict` gave the values, by way of JSON or not. Raises ArgumentError.

        Nothing in it is known to be true: `Index.check` looks whether the index holds what it cites.
        """
        made = cls(**fields_of("context", shape, _CONTEXT, ("warnings", "understood")))
        if len({citation.marker for citation in made.citations}) < len(made.citations):
            raise ArgumentError("context.citations must each have a marker of its own")
        return made


def _marker(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _MARKER.fullmatch(value):
        raise wrong(name, "a marker such as [1]", value)
    return value


def _passage(name: str, value: Any) -> Passage:
    return Passage(**fields_of(name, value, _PASSAGE, ("header",)))


def _citation(name: str, value: Any) -> Citation:
    return Citation.from_dict(value, name)


_PASSAGE: Mapping[str, Check] = {
    **dict.fromkeys(("id", "doc_id", "text", "title", "section", "header"), text),
    **dict.fromkeys(("ordinal", "start", "end", "line", "end_line"), count),
    "page": optional(count),
    "metadata": mapping,
}
_CITATION: Mapping[str, Check] = {
    "marker": _marker, "rank": partial(count, least=1), "score": partial(number, least=float("-inf")),
    "passage": _passage, "digest": text, "duplicates": texts,
}  # fmt: skip
_CONTEXT: Mapping[str, Check] = {
    "question": text, "text": text, "citations": partial(each_of, check=_citation), "tokens": count,
    "generation": count, "confidence": partial(number, most=1), "warnings": texts,
    "understood": optional(text),
}  # fmt: skip


def digest_of(passage: Passage) -> str:
    """Return the SHA-256 of a passage's exact text, in hexadecimal."""
    return sha256(passage.text.encode("utf-8", "replace")).hexdigest()


def context(
    results: Results, max_tokens: int, count_tokens: Callable[[Sequence[str]], list[int]], *, honest: bool = True
) -> Context:
    """Take hits, best first, as long as they fit in `max_tokens`; put them in reading order per document.

    Documents come in the order of their best passage. A hit that does not fit is passed over, for a shorter
    one may. All that is written counts, headings and markers too. honest: take only hits of at least the
    confidence CITED.
    """
    taken: list[Hit] = []
    worthy = [hit for hit in results.hits if hit.confidence >= CITED]
    for hit in worthy if honest else results.hits:
        if len(taken) < MOST_MARKERS and count_tokens([written(_ordered([*taken, hit]))])[0] <= max_tokens:
            taken.append(hit)
    citations = _ordered(taken)
    prompt = written(citations)
    tokens = count_tokens([prompt])[0] if prompt else 0
    best = max((hit.confidence for hit in results.hits), default=0.0)
    said = results.warnings, results.understood
    return Context(results.query, prompt, citations, tokens, results.generation, best, *said)


def cited(view: View, ids: Sequence[str], question: str, count_tokens: Callable[[Sequence[str]], list[int]]) -> Context:
    """Return the context of passages that were found elsewhere, the first under [1]. Raises ArgumentError."""
    if len(ids) > MOST_MARKERS:
        raise ArgumentError(f"ids must be at most {MOST_MARKERS}, as many as there are markers")
    rows = [view.passages.row_of(each) for each in ids]
    there = view.passages.get([row for row in rows if row is not None])
    for name, row in zip(ids, rows, strict=True):
        if row not in there:
            raise ArgumentError(f"ids holds {name!r}, which is no passage of this index; give those of its results")
    passages = [there[row] for row in rows if row is not None]
    citations = tuple(Citation(f"[{at}]", at, 0.0, each, digest_of(each)) for at, each in enumerate(passages, 1))
    text = written(citations)
    return Context(question, text, citations, count_tokens([text])[0] if text else 0, view.generation)


def _ordered(hits: Sequence[Hit]) -> tuple[Citation, ...]:
    """Return citations numbered from 1, documents by their best rank, passages in reading order."""
    best: dict[str, int] = {}
    for hit in hits:
        best.setdefault(hit.passage.doc_id, hit.rank)
    reading = sorted(hits, key=lambda hit: (best[hit.passage.doc_id], hit.passage.ordinal))
    return tuple(
        Citation(f"[{at}]", hit.rank, hit.score, hit.passage, digest_of(hit.passage), hit.duplicates)
        for at, hit in enumerate(reading, 1)
    )


def rechecked(view: View, answer: str, given: Context) -> AnswerReport:
    """Check an answer against passages as an index has them; those of the context are not believed."""
    from searchkit.search.checking import check  # noqa: PLC0415 - as in Context.check

    rows = {cited.marker: view.passages.row_of(cited.passage.id) for cited in given.citations}
    there = view.passages.get([row for row in rows.values() if row is not None])
    current = {marker: there[row] for marker, row in rows.items() if row in there}
    stale = {
        cited.marker
        for cited in given.citations
        if cited.marker not in current or not _is_same(cited, current[cited.marker])
    }
    own = [replace(cited, passage=current.get(cited.marker, cited.passage)) for cited in given.citations]
    return check(answer, given.question, own, stale)


def _is_same(cited: Citation, passage: Passage) -> bool:
    """Tell whether a passage is what was cited: the same text at the same place."""
    place = (cited.passage.doc_id, cited.passage.start, cited.passage.end)
    return cited.digest == digest_of(passage) and place == (passage.doc_id, passage.start, passage.end)
