"""Which words of a question name something, so that a passage that answers should hold them."""

from __future__ import annotations

from collections.abc import Iterable

from searchkit.queries.function_words import function_words
from searchkit.text.analysis import Analyzer

MOST_CAPITALS = 0.6  # share of capitalised words from which on capitals are a headline's and name nothing
NOUNS_TOO = frozenset({"de"})  # languages that write all nouns with a capital


def names(question: str, analyzer: Analyzer, apart: Iterable[tuple[int, int]] = ()) -> list[frozenset[str]]:
    """Return the index terms of each word that has a capital or a digit, in order.

    The first word's capital says nothing. apart: (start, end) of what is left out, such as times.
    """
    apart = list(apart)
    function = function_words(analyzer.language)
    every = list(analyzer.words(question))
    first = every[0].start if every else 0
    words = [word for word in every if question[word.start : word.end].casefold() not in function]
    telling = [word for word in words if word.start > first] or words
    capitals = sum(question[word.start].isupper() for word in telling)
    trusted = analyzer.language not in NOUNS_TOO and capitals <= max(1.0, MOST_CAPITALS * len(telling))
    found = []
    for word in words:
        text = question[word.start : word.end]
        capital = trusted and any(map(str.isupper, text[1:] if word.start == first else text))
        if (capital or any(map(str.isdigit, text))) and not any(a < word.end and word.start < b for a, b in apart):
            found.append(frozenset(term for _, _, term in word.spans))
    return [terms for terms in found if terms]
