"""From Whoosh's query tree, whose words are still as written, to ours, whose terms are analysed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from searchkit.errors import QueryError
from searchkit.queries import dates, forms
from searchkit.queries.syntax import NOTHING, Boolean, DateRange, Query
from searchkit.queries.words import any_of, exact, plain, strict
from searchkit.text.analysis import Analyzer

MOST_EDITS = 2


class Translator:
    """Translates the nodes of one parsed query; `source` is the query's text."""

    def __init__(self, source: str, analyzer: Analyzer) -> None:
        self._source = source
        self._analyzer = analyzer

    def translate(self, node: Any) -> Query:
        """Return our form of a node, NOTHING if it holds no words. Raises QueryError."""
        match type(node).__name__:
            case "Or":
                query = self._words_and_more(node)
            case "And":
                query = _all_of(self._children(node))
            case "DisjunctionMax":
                query = any_of(self._children(node))
            case "Not":
                query = _none_of(self.translate(node.query))
            case "_NullQuery":
                return NOTHING
            case _:
                query = self._leaf(node)
        return _boosted(query, float(node.boost)) if hasattr(node, "boost") else query

    def _children(self, node: Any) -> list[Query]:
        return [child for child in map(self.translate, node) if child != NOTHING]

    def _words_and_more(self, node: Any) -> Query:
        """Return words that follow each other without an operator: they rank; dates and exclusions among them bind."""
        texts = [child.text for child in node if _is_plain(child)]
        others = [query for child in node if not _is_plain(child) and (query := self.translate(child)) != NOTHING]
        binding = [query for query in others if isinstance(query, DateRange) or _excludes(query)]
        ranking = [query for query in others if query not in binding]
        words = plain(" ".join(texts), self._analyzer, keep_some=not ranking)
        wanted = any_of([*words, *ranking])
        return _all_of([*([] if wanted == NOTHING else [wanted]), *binding])

    def _leaf(self, node: Any) -> Query:
        if node.fieldname == "date":
            return self._date(node)
        query = self._text(node)
        return _in_field(query, node.fieldname) if node.fieldname else query

    def _text(self, node: Any) -> Query:
        match type(node).__name__:
            case "Term":
                return strict(node.text, self._analyzer)
            case "Phrase":
                return exact(" ".join(node.words), self._analyzer, slop=self._slop(node))
            case "Prefix":
                return forms.pattern(node.text + "*", self._analyzer)
            case "Wildcard":
                return forms.pattern(node.text, self._analyzer)
            case "FuzzyTerm":
                return self._fuzzy(node)
            case other:
                raise QueryError(f"{other} is not part of the query language")

    def _slop(self, node: Any) -> int:
        """Return the number after ~; Whoosh reads 1 where none is written, and we mean 0."""
        return 0 if self._source[: node.endchar].endswith('"') else int(node.slop)

    def _fuzzy(self, node: Any) -> Query:
        if not 1 <= node.maxdist <= MOST_EDITS:
            raise QueryError(f"{node.text}~{node.maxdist} allows {node.maxdist} edits; write ~1 or ~{MOST_EDITS}")
        return forms.fuzzy(node.text, node.maxdist, self._analyzer)

    def _date(self, node: Any) -> Query:
        match type(node).__name__:
            case "Term":
                return dates.named(node.text)
            case "Phrase":
                return dates.named(" ".join(node.words))
            case "TermRange":
                return dates.between(node.start, node.end, after=node.startexcl, before=node.endexcl)
            case _:
                raise QueryError(
                    "a date is written date:2024-06-18, date:2024-06, date:2024 or date:[2024-06 TO 2024-07]"
                )


def positive_words(node: Any) -> Iterator[str]:
    """Yield the words of a Whoosh tree as written, without exclusions and dates: what an embedder should read."""
    name = type(node).__name__
    if name in ("And", "Or", "DisjunctionMax"):
        for child in node:
            yield from positive_words(child)
    elif name == "Phrase" and node.fieldname != "date":
        yield from node.words
    elif name in ("Term", "Prefix", "Wildcard", "FuzzyTerm") and node.fieldname != "date":
        yield node.text.replace("*", "") if name != "Term" else node.text


def _is_plain(node: Any) -> bool:
    return type(node).__name__ == "Term" and not node.fieldname and node.boost == 1


def _excludes(query: Query) -> bool:
    """Say whether the query only says what is not wanted."""
    return isinstance(query, Boolean) and bool(query.must_not) and not query.must and not query.should


def _all_of(queries: Sequence[Query]) -> Query:
    """Return what matches all of `queries`, those that only exclude being taken apart."""
    wanted = [query for query in queries if not _excludes(query)]
    unwanted = [each for query in queries if isinstance(query, Boolean) and _excludes(query) for each in query.must_not]
    if len(wanted) == 1 and not unwanted:
        return wanted[0]
    return Boolean(must=tuple(wanted), must_not=tuple(unwanted))


def _none_of(query: Query) -> Query:
    return NOTHING if query == NOTHING else Boolean(must_not=(query,))


def _in_field(query: Query, field: str) -> Query:
    """Return the query with every leaf in `field`."""
    if isinstance(query, Boolean):
        parts = (query.must, query.should, query.must_not)
        must, should, must_not = (tuple(_in_field(each, field) for each in part) for part in parts)
        return replace(query, must=must, should=should, must_not=must_not)
    return query if isinstance(query, DateRange) else replace(query, field=field)


def _boosted(query: Query, boost: float) -> Query:
    if boost == 1 or isinstance(query, DateRange):
        return query
    return replace(query, boost=query.boost * boost)
