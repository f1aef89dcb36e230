"""A query's text to what is asked: plain words by a short way, anything else by Whoosh's parser."""

from __future__ import annotations

from dataclasses import dataclass

from searchkit.errors import QueryError
from searchkit.queries import grammar
from searchkit.queries.function_words import function_words
from searchkit.queries.syntax import NOTHING, Boolean, Query, Term
from searchkit.queries.words import MAX_CLAUSES, OPERATORS, any_of, plain
from searchkit.text.analysis import Analyzer

LONGEST_QUERY = 2_000  # characters with syntax; a longer text was pasted, and its marks are punctuation
LONGEST_TEXT = 20_000  # characters; enough for MAX_CLAUSES words

_CLEANED = {ord(quote): '"' for quote in "“”„‟"} | dict.fromkeys(
    range(0xD800, 0xE000), " "
)  # halves of surrogate pairs


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a query asks for.

    `text` is its plain words for the embedder, without operators, exclusions and dates; empty if there are
    none. `advanced` says that the tree limits what may be found (operators, fields, dates, a lone phrase or
    pattern) and does not only rank it. `warnings` say what was understood otherwise than written.
    """

    text: str
    tree: Query
    warnings: tuple[str, ...] = ()
    advanced: bool = False


def parse(query: str, analyzer: Analyzer, *, strict: bool = False) -> Parsed:
    """Read a query, never failing: what cannot be understood is read as plain words, with a warning.

    With `strict`, raises QueryError instead.
    """
    query = query.translate(_CLEANED).strip()
    wrong = _fault(query)
    if wrong is None and not strict and len(query) <= LONGEST_QUERY and (options := grammar.options(query)):
        named = ", ".join(options)
        return _plain(
            query, analyzer, f"{named}: read as part of the question; to leave a word out, write NOT before it"
        )
    if wrong is None and len(query) <= LONGEST_QUERY and grammar.has_syntax(query) and not _shouts(query):
        try:
            return _advanced(query, analyzer)
        except QueryError as error:
            wrong = str(error)
    if wrong is None:
        return _plain(query, analyzer)
    if strict:
        raise QueryError(f"{wrong}: {query[:100]}")
    return _plain(query, analyzer, f"{wrong}; all was read as plain words")


def _plain(query: str, analyzer: Analyzer, *warnings: str) -> Parsed:
    clauses = plain(query[:LONGEST_TEXT], analyzer)
    if len(clauses) > MAX_CLAUSES or len(query) > LONGEST_TEXT:
        warnings = (*warnings, f"only the first {min(len(clauses), MAX_CLAUSES)} different words were looked up")
    return Parsed(query if clauses else "", any_of(clauses[:MAX_CLAUSES]), warnings)


def _advanced(query: str, analyzer: Analyzer) -> Parsed:
    """Read a query that holds syntax. Raises QueryError."""
    from searchkit.queries.translation import Translator, positive_words  # noqa: PLC0415  # only now: brings in Whoosh

    parsed = grammar.parsed(query)
    tree = Translator(query, analyzer).translate(parsed)
    if tree == NOTHING:
        raise QueryError("there are no words to look up")
    excluding = isinstance(tree, Boolean) and not tree.must and not tree.should
    warnings = ("the query only says what is not wanted, so nothing ranks the rest",) if excluding else ()
    return Parsed(" ".join(positive_words(parsed)), tree, warnings, advanced=_limits(tree))


def _limits(tree: Query) -> bool:
    """Say whether the tree keeps passages out, where plain words among its alternatives would let any in."""
    if not isinstance(tree, Boolean) or tree.must or tree.must_not:
        return True
    return not any(isinstance(child, Term) and not child.field for child in tree.should)


def _fault(query: str) -> str | None:
    if len(query) <= LONGEST_QUERY:
        return grammar.fault(query)
    if grammar.has_syntax(query[:LONGEST_QUERY]):
        return f"a query of more than {LONGEST_QUERY} characters takes no syntax"
    return None


def _shouts(query: str) -> bool:
    """Say whether a sentence stands in capitals, so that its AND, OR and NOT are words."""
    if not query.isupper():
        return False
    words = {word.strip('.,;:!?()"') for word in query.split() if word not in OPERATORS and len(word) > 1}
    return not function_words("en").isdisjoint(word.lower() for word in words)
