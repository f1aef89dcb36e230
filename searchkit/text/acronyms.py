"""Acronyms by their case: WHO is not who, IT is not it, US is not us. Index terms have no case, so these get one more.

The term of an acronym is the word in capitals. No other term has capitals, so that the two kinds never meet.
"""

from __future__ import annotations

import re
from functools import cache

from searchkit.text.parts import UPPER

LONGEST = 6  # letters; what is longer in capitals is emphasis
SHOUTED = 0.5  # share of capitals among the letters of a line of several words from which on they tell nothing


@cache
def _acronym() -> re.Pattern[str]:
    """Return the pattern of a word in capitals: US, U.S., WHO; begins with few characters, so that the search is fast."""
    more = LONGEST - 1
    return re.compile(
        rf"[{UPPER}](?=[{UPPER}.])(?<!\w.)(?:[{UPPER}]{{1,{more}}}|(?:\.[{UPPER}]){{1,{more}}})(?!\w)"
    )


def in_capitals(text: str) -> list[str]:
    """Return the terms of words in capitals, in order."""
    return [word.replace(".", "") for word in _acronym().findall(text)]


def acronyms(text: str) -> list[str]:
    """Return the terms of words in capitals, in order, without lines that are mostly in capitals, as headings are."""
    found: list[str] = []
    end = 0
    while first := _acronym().search(text, end):
        start = text.rfind("\n", end, first.start()) + 1 or end
        end = text.find("\n", first.end())
        end = len(text) if end < 0 else end
        line = text[start:end]
        if line.strip() == first[0] or not _is_shouted(line):
            found += in_capitals(line)
    return found


def is_acronym(term: str) -> bool:
    """Tell whether an index term is that of an acronym."""
    return term.isupper()


def _is_shouted(line: str) -> bool:
    letters = [letter for letter in line if letter.isalpha()]
    return sum(map(str.isupper, letters)) > SHOUTED * len(letters)
