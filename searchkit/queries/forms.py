"""Prefixes, wildcards and fuzzy words, made to fit an index of stems."""

from __future__ import annotations

import re
from string import ascii_lowercase

from searchkit.queries.syntax import NOTHING, Boolean, Fuzzy, Prefix, Query, Term, Wildcard
from searchkit.queries.words import any_of, exact
from searchkit.text.analysis import Analyzer, is_unspaced

_PART = re.compile(r"(?:[^\W_]|[*?.+#'’])+")
_LITERAL = re.compile(r"[^*?]+")
# Stand-ins while a pattern is stemmed: letters of no stemmed alphabet, so no stemmer cuts or changes them.
_STAND_INS = str.maketrans({"?": "ꙮ", "*": "ꙭ"})
_WILD = str.maketrans({"ꙮ": "?", "ꙭ": "*"})
# What may follow a prefix, so that the stem comes out shorter: "running" goes to "run", "nationa" to "nation".
_ENDINGS = ("", *ascii_lowercase, "ed", "er", "es", "ies", "ing", "ion", "ation", "ly", "ment", "ness", "ss")


def pattern(text: str, analyzer: Analyzer) -> Query:
    """Return what matches a word with * or ? in it, part by part where punctuation divides it."""
    parts = [_pattern(part[0].strip(".+#'’"), analyzer) for part in _PART.finditer(text)]
    return parts[0] if len(parts) == 1 else Boolean(must=tuple(parts))


def fuzzy(text: str, distance: int, analyzer: Analyzer) -> Query:
    """Return what matches a word within `distance` edits, of its plain form or its stem."""
    word = analyzer.normalize(text)
    if not word or is_unspaced(word):
        return exact(text, analyzer)
    forms = dict.fromkeys((word, analyzer.stem(word)))
    return any_of([Fuzzy(form, distance) for form in forms])


def _pattern(text: str, analyzer: Analyzer) -> Query:
    folded = _LITERAL.sub(lambda literal: analyzer.normalize(literal[0]), text)
    body = folded.rstrip("*")
    if not _LITERAL.search(body):
        return NOTHING
    if "*" not in body and "?" not in body:
        return exact(text, analyzer) if body == folded else _prefix(body, analyzer)
    return _wildcard(folded, analyzer)


def _prefix(prefix: str, analyzer: Analyzer) -> Query:
    if is_unspaced(prefix):
        return exact(prefix, analyzer)
    stems = dict.fromkeys(analyzer.stem(prefix + ending) for ending in _ENDINGS)
    shorter = [Term(stem) for stem in stems if not stem.startswith(prefix) and _is_cut_of(stem, prefix)]
    return any_of([Prefix(prefix), *shorter])


def _is_cut_of(stem: str, prefix: str) -> bool:
    """Say whether a stem is a prefix cut short, its last letter perhaps changed (y to i)."""
    return prefix.startswith(stem[:-1]) and len(stem) > 1


def _wildcard(folded: str, analyzer: Analyzer) -> Query:
    """Return the pattern and, where it ends in letters that a stemmer cuts, the pattern cut."""
    if folded.endswith("*"):
        return Wildcard(folded)
    cut = analyzer.stem(folded.translate(_STAND_INS)).translate(_WILD)
    return any_of([Wildcard(each) for each in dict.fromkeys((folded, cut))])
