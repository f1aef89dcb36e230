"""Which texts a model can read at all: by the scripts of its vocabulary, and the pieces that are unknown to it.

A vocabulary that was made from English holds the letters of many scripts, so that a text in Thai or Russian falls apart
into letters, or into pieces that are not known. Vectors of such texts are close to each other whatever they say.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache

WORDS = 100  # pieces of several letters from which on a vocabulary knows a script: bert-base-uncased has 8 in Cyrillic
LETTERS = 2_000  # pieces in all that show the same where a letter is a word: of 20,000 Chinese ones, 488 are in there
MOST = 0.5  # share of a text's letters in strange scripts, and of its pieces that are unknown, up to which it is read


def known_scripts(pieces: Iterable[str]) -> frozenset[str]:
    """Return the scripts that a vocabulary of these word pieces was made from."""
    words: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for piece in pieces:
        letters = [script for script in map(script_of, piece) if script]
        if letters:
            every[letters[0]] += 1
            words[letters[0]] += len(letters) > 1
    return frozenset(script for script in every if words[script] >= WORDS or every[script] >= LETTERS)


def strange(text: str, scripts: frozenset[str]) -> bool:
    """Tell whether most letters of a text are of other scripts than these."""
    if text.isascii():
        return False
    letters = [(script, count) for character, count in Counter(text).items() if (script := script_of(character))]
    strangers = sum(count for script, count in letters if script not in scripts)
    return strangers > MOST * sum(count for _, count in letters)


@cache
def script_of(character: str) -> str:
    """Return the script of a letter as Unicode's names begin with it ("LATIN", "CJK"), "" for what is no letter.

    Signs that stand on a letter count as such: much of Thai and Hindi is written by them.
    """
    if unicodedata.category(character)[0] not in "LM":
        return ""
    script = unicodedata.name(character, "").partition(" ")[0]
    return "" if script in ("COMBINING", "MODIFIER", "VARIATION") else script
