"""Acronyms that their case alone tells from common words: WHO and who, IT and it, US and us, AIDS and aids.

Index terms have no case. A word in capitals that other letters would make a function word, or another form of a word,
gets one more term, the word in capitals. No other term has capitals, so that the two kinds never meet.
"""

from __future__ import annotations

import re
from functools import cache

from searchkit.queries.function_words import function_words
from searchkit.text.analysis import Analyzer, fold
from searchkit.text.parts import UPPER

LONGEST = 6  # letters; what is longer in capitals is emphasis
SHOUTED = 0.5  # share of capitals among the letters of a line of several words from which on they tell nothing

_SMALL = bytes(range(ord("a"), ord("z") + 1))


@cache
def _capitals() -> re.Pattern[str]:
    """Return the pattern of a word in capitals: US, U.S., WHO. It begins with few characters, to be fast."""
    more = LONGEST - 1
    return re.compile(rf"[{UPPER}](?=[{UPPER}.])(?<!\w.)(?:[{UPPER}]{{1,{more}}}|(?:\.[{UPPER}]){{1,{more}}})(?!\w)")


def acronyms(text: str, analyzer: Analyzer) -> list[str]:
    """Return the terms of acronyms that would be common words, in order."""
    found = (word.replace(".", "") for word in _capitals().findall(text))
    return [term for term in found if _is_ambiguous(term, analyzer)]


def trusted_acronyms(text: str, analyzer: Analyzer) -> list[str]:
    """Return the same without those in lines that are mostly in capitals, as headings are."""
    found: list[str] = []
    end = 0
    while first := _capitals().search(text, end):
        start = text.rfind("\n", end, first.start()) + 1 or end
        end = text.find("\n", first.end())
        end = len(text) if end < 0 else end
        line = text[start:end]
        if (terms := acronyms(line, analyzer)) and (line.strip() == first[0] or not _is_shouted(line)):
            found += terms
    return found


def is_acronym(term: str) -> bool:
    """Tell whether an index term is that of an acronym."""
    return term.isupper()


def _is_ambiguous(term: str, analyzer: Analyzer) -> bool:
    folded = fold(term)
    return folded in function_words(analyzer.language) or analyzer.joined(term) != folded


def _is_shouted(line: str) -> bool:
    written = line.encode("ascii", "ignore")
    small = len(written) - len(written.translate(None, _SMALL))
    if small >= (1 - SHOUTED) * len(line):  # as in most: were all others capitals, they would be too few
        return False
    letters = [letter for letter in line if letter.isalpha()]
    return sum(map(str.isupper, letters)) > SHOUTED * len(letters)
