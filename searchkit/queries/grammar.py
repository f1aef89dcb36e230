"""What counts as syntax, and Whoosh's parser made to see just that.

Whoosh's own plugins see syntax in every colon, question mark and apostrophe. They take patterns, so the
patterns below decide: once for whether a query holds syntax at all, and once inside Whoosh.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import Any

from searchkit.errors import QueryError

_OPENS = r"(?<![^\s(\-:])"  # a word may begin here
_CLOSES = r"(?=[\s)^]|$)"  # a word with its marks ends here
_LETTER = r"[^\W\d_]"

_SPACED = "0-9A-Za-z\u00c0-\u052f"  # Chinese and Japanese put quotation marks between letters, others do not
_QUOTE = rf'(?<![{_SPACED}_.,;!?)\]}}*~^])"'

PHRASE = rf'{_QUOTE}(?=[^"]*[^\W_])(?P<text>[^"]*)"(?![{_SPACED}_])(?:~(?P<slop>[1-9][0-9]?)(?![^\W_]))?'
FIELD = r"(?<![^\s(\-])(?P<text>title|section|body|date):(?=[\w\"(\[{<>=*])"
DATE_RANGE = (
    r"(?<=date:)(?P<open>[\[{])\s*(?:(?P<start>[^\s\[\]{}]+)\s+)?TO(?:\s+(?P<end>[^\s\[\]{}]+))?\s*(?P<close>[\]}])"
)
WILDCARD = (
    rf"(?P<text>(?<=[^\W_])\*(?=[\s).,;:!?^]|$|{_LETTER})"  # analy*, f*ck, but neither 2*3 nor **bold**
    rf"|{_OPENS}\*(?={_LETTER}{{2}})"  # *ology
    r"|(?<=[^\W_])\?(?=[^\W_]+(?:[\s*?).,;:!^]|$)))"  # wom?n, but neither really? nor page?id=7
)
FUZZY = rf"(?<={_LETTER})~(?P<maxdist>[0-9])?(?P<prefix>(?!))?{_CLOSES}"
BOOST = (
    rf"(?:(?<={_LETTER}{_LETTER})|(?<={_LETTER}[^\W_][^\W_])|(?<=[)\"*~])|(?<=~[0-9]))"  # word^2, but not x^2 or 10^6
    r"\^(?P<boost>[0-9]{1,4}(?:\.[0-9]{1,4})?)(?=[\s)]|$)"
)
AND = r"(?<=\s)AND(?=\s+\S)"
OR = r"(?<=\s)OR(?=\s+\S)"
NOT = r"(?:^|(?<=[\s(]))NOT(?=\s+\S)"
MINUS = (
    r"(?:^|(?<=[\s(]))(?<!und )(?<!oder )(?<!och )(?<!og )"  # Vor- und -nachteile
    rf"-(?={_LETTER}|\"(?=[^\"]*[^\W_])[^\"]*\"|\()"  # neither -5 nor --
)

_HINT = re.compile(r'["*~^:-]|\?[^\W_]|AND|OR|NOT')  # without any of these, the costly patterns need not run
_ASKS = re.compile(
    r"(?:how|what|which|who|whom|whose|when|where|why|does|do|did|is|are|was|were|can|could|should|will|would)\s",
    re.IGNORECASE,
)
DEEPEST = 40  # parentheses inside parentheses; Whoosh and the engines walk trees by recursion


def has_syntax(query: str) -> bool:
    """Say whether anything in the query is more than plain words."""
    return _HINT.search(query) is not None and _syntax().search(query) is not None


def options(query: str) -> list[str]:
    """Return the words after a minus, each with it, if the query asks in a sentence and holds no other syntax.

    "why does ps -aux complain" names an option of a program and leaves nothing out.
    """
    if not _ASKS.match(query):
        return []
    found = re.findall(rf"{MINUS}[^\s?!.,;]+", query)
    return found if found and not has_syntax(re.sub(rf"{MINUS}", "", query)) else []


def fault(query: str) -> str | None:
    """Return what is wrong with operators, quotation marks and parentheses, None if nothing is."""
    if _HINT.search(query) is None:
        return None
    bare = re.sub(PHRASE, "", query)
    if re.search(r"^(?:AND|OR)\s|(?<!,)\s(?:AND|OR|NOT)$", bare):  # but not: Portland, OR
        return "an operator stands first or last"
    if re.search(rf"{_QUOTE}(?=[^\W_])", bare):
        return "a quotation mark is not closed"
    return _nesting_fault(bare) if has_syntax(query) else None


def _nesting_fault(query: str) -> str | None:
    depth = deepest = 0
    for mark in re.findall("[()]", query):
        depth += 1 if mark == "(" else -1
        deepest = max(deepest, depth)
        if depth < 0:
            return "a parenthesis is closed that was not opened"
    if depth:
        return "a parenthesis is not closed"
    return f"parentheses nest more than {DEEPEST} deep" if deepest > DEEPEST else None


@cache
def _syntax() -> re.Pattern[str]:
    """Return the pattern of all syntax, compiled when a query first looks like it."""
    patterns = (PHRASE, FIELD, WILDCARD, FUZZY, BOOST, AND, OR, NOT, MINUS)
    return re.compile("|".join(re.sub(r"\(\?P<\w+>", "(?:", pattern) for pattern in patterns))


def parsed(query: str) -> Any:
    """Return Whoosh's tree of a query. Raises QueryError."""
    try:
        return _parser().parse(query, normalize=False)
    except Exception as error:  # Whoosh raises AttributeError, NotImplementedError, bare Exception …
        raise QueryError("an operator lacks what it stands between or before") from error


@cache
def _parser() -> Any:
    """Return Whoosh's parser for this language; words are left as they are, to be analysed afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Whoosh 2.7.4 has invalid escapes that new Pythons warn of
        from whoosh.qparser import QueryParser, plugins, syntax  # type: ignore[import-untyped]  # noqa: PLC0415

    tagger = plugins.OperatorsPlugin.OpTagger
    operators = [
        (tagger(MINUS, syntax.NotGroup, syntax.PrefixOperator), 0),
        (tagger(NOT, syntax.NotGroup, syntax.PrefixOperator), 0),
        (tagger(AND, syntax.AndGroup), 0),
        (tagger(OR, syntax.DisMaxGroup), 0),  # not OrGroup, which words make that merely follow each other
    ]
    chosen = [
        plugins.FieldsPlugin(FIELD, remove_unknown=False),
        plugins.PhrasePlugin(PHRASE),
        plugins.RangePlugin(re.compile(DATE_RANGE)),
        plugins.WildcardPlugin(WILDCARD),
        plugins.FuzzyTermPlugin(FUZZY),
        plugins.GroupPlugin(),
        plugins.BoostPlugin(BOOST),
        plugins.OperatorsPlugin(operators, clean=True),
    ]
    return QueryParser("", None, plugins=chosen, group=syntax.OrGroup)
