"""From searchkit's query tree to OpenSearch's queries, over fields of index terms that are only cut at spaces.

A cluster's BM25 may be tantivy's divided by k1 + 1, see `scale_of`: its scores are multiplied by that scale where they
are read, and what scores a constant here is divided by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import translate
from typing import Any

from searchkit.errors import QueryError
from searchkit.normalization import spellings
from searchkit.queries import syntax
from searchkit.storage.keywords.engine import K1, FieldWeights, check

Clause = dict[str, Any]

NEVER: Clause = {"match_none": {}}
ALWAYS: Clause = {"match_all": {}}
WEIGHTS = FieldWeights()

_Leaf = syntax.Term | syntax.Phrase | syntax.Prefix | syntax.Wildcard | syntax.Fuzzy

LACKS_FACTOR = 3  # version of OpenSearch
MAX_EDITS = 2  # Lucene's Levenshtein automata go no further
MOST_CLAUSES = 1_000  # of one query; a cluster takes 1,024 unless indices.query.bool.max_clause_count says otherwise
FAULTS = frozenset({"too_many_clauses", "too_many_nested_clauses", "too_complex_to_determinize_exception"})


def scale_of(version: str) -> float:
    """Return what a cluster's BM25 has to be multiplied by: from OpenSearch 3 on it lacks the factor k1 + 1."""
    return K1 + 1 if int(version.split(".", maxsplit=1)[0]) >= LACKS_FACTOR else 1.0


def translated(query: syntax.Query, scale: float = 1.0) -> Clause:
    """Return the OpenSearch query. scale: see `scale_of`. Raises QueryError.

    A query of very many words looks for those that name no field in texts alone: a cluster takes so many clauses.
    """
    check(query)
    count = _leaves(query)
    if count > MOST_CLAUSES:
        raise QueryError(f"the query has {count:,} words; a cluster takes {MOST_CLAUSES:,} at most. Use fewer.")
    fields = syntax.TEXT_FIELDS if count * len(syntax.TEXT_FIELDS) <= MOST_CLAUSES else ("body",)
    return _Translator(scale, fields).translated(query, 1.0)


def _leaves(query: syntax.Query) -> int:
    """Return how many terms, phrases and the like a query has."""
    if not isinstance(query, syntax.Boolean):
        return 1
    return sum(_leaves(child) for child in (*query.must, *query.should, *query.must_not))


def escaped(text: str) -> str:
    """Return text that a wildcard query takes as it stands, but for * and ?."""
    return text.replace("\\", "\\\\")


def fitting(pattern: str, ids_of: Callable[[Clause], Iterable[str]]) -> list[str]:
    """Return the ids of documents that match a glob, sorted. ids_of: those that match a query."""
    found: set[str] = set()
    for spelt in spellings(pattern):
        fits = re.compile(translate(spelt)).match
        begin = re.split(r"[*?\[]", spelt, maxsplit=1)[0]
        found |= {doc_id for doc_id in ids_of({"prefix": {"doc": begin}}) if fits(doc_id)}
    return sorted(found)


def any_of(clauses: list[Clause]) -> Clause:
    """Return the query that matches where one of these does, and scores their sum."""
    if not clauses:
        return NEVER
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses}}


class _Translator:
    """scale: constant scores are divided by it. fields: where what names no field is looked for."""

    def __init__(self, scale: float, fields: Sequence[str]) -> None:
        self._scale = scale
        self._fields = fields

    def translated(self, query: syntax.Query, boost: float) -> Clause:
        return any_of(list(self._alternatives(query, boost)))

    def _alternatives(self, query: syntax.Query, boost: float) -> Iterator[Clause]:
        """Yield queries of which one must match and whose scores add up.

        They are laid out flat: Lucene skips what cannot win in such a list.
        """
        if isinstance(query, syntax.DateRange):
            yield _unscored(_days(query))
        elif not isinstance(query, syntax.Boolean):
            yield from self._in_fields(query, boost * query.boost)
        elif query.must or query.must_not:
            yield self._boolean(query, boost * query.boost)
        else:
            for child in query.should:
                yield from self._alternatives(child, boost * query.boost)

    def _boolean(self, query: syntax.Boolean, boost: float) -> Clause:
        should = [each for child in query.should for each in self._alternatives(child, boost)]
        clauses: Clause = {
            "must": [self.translated(child, boost) for child in query.must],
            "should": should or [NEVER] * bool(query.should),  # of alternatives that match nothing none matches
            "must_not": [self.translated(child, boost) for child in query.must_not],
        }
        if not query.must and not query.should:
            clauses["filter"] = [ALWAYS]
        return {"bool": {occur: each for occur, each in clauses.items() if each}}

    def _in_fields(self, query: _Leaf, boost: float) -> Iterator[Clause]:
        for name in (query.field,) if query.field else self._fields:
            leaf = self._leaf(query, name, boost * float(getattr(WEIGHTS, name)))
            if leaf is not None:
                yield leaf

    def _leaf(self, query: _Leaf, name: str, boost: float) -> Clause | None:
        constant = boost / self._scale
        match query:
            case syntax.Term(text=text):
                return {"term": {name: {"value": text, "boost": boost}}}
            case syntax.Phrase(terms=terms, slop=slop):
                return _phrase(name, terms, slop, boost)
            case syntax.Prefix(text=text):
                return {"prefix": {name: {"value": text, "boost": constant, "rewrite": "constant_score"}}}
            case syntax.Fuzzy(text=text, distance=distance):
                return _fuzzy(name, text, distance, constant)
            case syntax.Wildcard(pattern=pattern):
                return {"wildcard": {name: {"value": escaped(pattern), "boost": constant, "rewrite": "constant_score"}}}


def _phrase(name: str, terms: tuple[str, ...], slop: int, boost: float) -> Clause | None:
    if len(terms) > 1:
        return {"match_phrase": {name: {"query": " ".join(terms), "slop": slop, "boost": boost}}}
    return {"term": {name: {"value": terms[0], "boost": boost}}} if terms else None


def _fuzzy(name: str, text: str, distance: int, constant: float) -> Clause:
    if not 0 <= distance <= MAX_EDITS:
        raise QueryError(f"{text}~{distance} asks for {distance} edits; at most {MAX_EDITS} are possible.")
    fuzzy = {"value": text, "fuzziness": distance, "rewrite": "constant_score"}
    return {"constant_score": {"filter": {"fuzzy": {name: fuzzy}}, "boost": constant}}


def _days(query: syntax.DateRange) -> Clause:
    if query.start is None and query.end is None:
        return {"exists": {"field": "day"}}
    ends = {"gte": query.start, "lte": query.end}
    return {"range": {"day": {end: day.toordinal() for end, day in ends.items() if day}}}


def _unscored(query: Clause) -> Clause:
    return {"constant_score": {"filter": query, "boost": 0.0}}
