"""From searchkit's query tree to tantivy's queries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tantivy import FieldType, Occur, Query, Schema, SchemaBuilder

from searchkit.errors import QueryError
from searchkit.queries import syntax
from searchkit.storage.keywords.engine import FieldWeights, check
from searchkit.storage.keywords.ranking import runs
from searchkit.types import Rows

MAX_EDITS = 2  # tantivy's Levenshtein automata go no further
MAX_RUNS = 8  # up to here a set of rows is tested as ranges, which cost next to nothing
MAX_TERMS = 5_000  # up to here rows are cheaper looked up one by one than as a set (measured on 250,000 passages)
SPECIAL = frozenset("\\.+*?()|[]{}^$#&-~")  # of the regular expressions that tantivy reads

Clause = tuple[Occur, Query]


def build_schema() -> Schema:
    """Return the fields of an index. Terms arrive analysed, so texts are only cut at spaces."""
    builder = SchemaBuilder()
    builder.add_integer_field("row", indexed=True, fast=True)
    builder.add_integer_field("day", fast=True)
    for name in syntax.TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    return builder.build()


class TantivyTranslator:
    """Turns query trees into tantivy queries over one schema."""

    def __init__(self, schema: Schema, weights: FieldWeights) -> None:
        self._schema = schema
        self._weights = weights

    def translate(self, query: syntax.Query) -> Query:
        """Return the tantivy query. Raises QueryError."""
        check(query)
        return self._translate(query, 1.0)

    def term(self, text: str, field: str | None = None) -> Query:
        """Return the query for a term in this field, or in any, without weights."""
        fields = [field] if field else syntax.TEXT_FIELDS
        return _any_of([Query.term_query(self._schema, name, text) for name in fields])

    def restrict(self, query: Query, rows: Rows) -> Query:
        """Return `query` among `rows` (sorted, not empty), its scores unchanged."""
        return Query.boolean_query([(Occur.Must, query), (Occur.Must, _unscored(self._row_filter(rows)))])

    def _row_filter(self, rows: Rows) -> Query:
        stretches = runs(rows, at_most=MAX_RUNS)
        if stretches:
            return _any_of(
                [Query.range_query(self._schema, "row", FieldType.Integer, *stretch) for stretch in stretches]
            )
        if len(rows) <= MAX_TERMS:
            return _any_of([Query.term_query(self._schema, "row", row) for row in rows.tolist()])
        return Query.term_set_query(self._schema, "row", rows.tolist())

    def _translate(self, query: syntax.Query, boost: float) -> Query:
        return _any_of(list(self._alternatives(query, boost)))

    def _alternatives(self, query: syntax.Query, boost: float) -> Iterator[Query]:
        """Yield queries of which one must match and whose scores add up.

        Nested alternatives are laid out flat, because tantivy skips what cannot win (block-max WAND) only in a
        flat list of terms.
        """
        if isinstance(query, syntax.DateRange):
            yield self._date_range(query)
        elif not isinstance(query, syntax.Boolean):
            yield from self._in_fields(query, boost * query.boost)
        elif query.must or query.must_not:
            yield Query.boolean_query(list(self._clauses(query, boost * query.boost)))
        else:
            for child in query.should:
                yield from self._alternatives(child, boost * query.boost)

    def _clauses(self, query: syntax.Boolean, boost: float) -> Iterator[Clause]:
        for child in query.must:
            yield Occur.Must, self._translate(child, boost)
        for child in query.should:
            for alternative in self._alternatives(child, boost):
                yield Occur.Should, alternative
        for child in query.must_not:
            yield Occur.MustNot, self._translate(child, boost)
        if not query.must and not query.should:  # tantivy would find nothing where only exclusions are given
            yield Occur.Must, _unscored(Query.all_query())

    def _in_fields(self, query: syntax.Term | _Pattern, boost: float) -> Iterator[Query]:
        for name in (query.field,) if query.field else syntax.TEXT_FIELDS:
            leaf = self._leaf(query, name)
            if leaf is not None:
                yield _boosted(leaf, boost * float(getattr(self._weights, name)))

    def _leaf(self, query: syntax.Term | _Pattern, name: str) -> Query | None:
        match query:
            case syntax.Term(text=text):
                return Query.term_query(self._schema, name, text, index_option="freq")
            case syntax.Phrase(terms=terms, slop=slop):
                return self._phrase(name, terms, slop)
            case syntax.Prefix(text=text):
                return Query.fuzzy_term_query(self._schema, name, text, distance=0, prefix=True)
            case syntax.Fuzzy(text=text, distance=distance):
                return self._fuzzy(name, text, distance)
            case syntax.Wildcard(pattern=pattern):
                return self._wildcard(name, pattern)

    def _phrase(self, name: str, terms: tuple[str, ...], slop: int) -> Query | None:
        if len(terms) > 1:
            return Query.phrase_query(self._schema, name, list(terms), slop=slop)
        return Query.term_query(self._schema, name, terms[0], index_option="freq") if terms else None

    def _fuzzy(self, name: str, text: str, distance: int) -> Query:
        if not 0 <= distance <= MAX_EDITS:
            raise QueryError(f"{text}~{distance} asks for {distance} edits; at most {MAX_EDITS} are possible.")
        return Query.fuzzy_term_query(self._schema, name, text, distance=distance, transposition_cost_one=True)

    def _wildcard(self, name: str, pattern: str) -> Query:
        try:
            return Query.regex_query(self._schema, name, "".join(map(_regex, re.sub(r"\*+", "*", pattern))))
        except ValueError as error:  # the automaton would be too large
            raise QueryError(f"the wildcard {pattern[:50]!r} is too complex. Use fewer characters.") from error

    def _date_range(self, query: syntax.DateRange) -> Query:
        if query.start is None and query.end is None:
            return _unscored(Query.exists_query("day"))
        first, last = (day.toordinal() if day else None for day in (query.start, query.end))
        return _unscored(Query.range_query(self._schema, "day", FieldType.Integer, first, last))


_Pattern = syntax.Phrase | syntax.Prefix | syntax.Wildcard | syntax.Fuzzy


def _any_of(queries: list[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def _unscored(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)


def _boosted(query: Query, boost: float) -> Query:
    return query if boost == 1.0 else Query.boost_query(query, boost)


def _regex(character: str) -> str:
    """Return the regular expression of one character of a wildcard pattern."""
    if character in "?*":
        return {"?": ".", "*": ".*"}[character]
    return f"\\{character}" if character in SPECIAL else character
