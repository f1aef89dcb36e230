"""Other writings of names: getUserById is also "get user by id", ADR-016 is also adr016, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import chain

from searchkit.text.analysis import LONGEST_TERM, Analyzer

MOST_PARTS = 6  # of a hyphenated or snake_case word; what has more is an address or a sentence
CHUNKS_KEPT = 30_000  # of what stands between white space, about 5 MB

_LOWER, UPPER = "a-zß-öø-ÿα-ωа-яё", "A-ZÀ-ÖØ-ÞΑ-ΩА-ЯЁ"
_LINKED = re.compile(r"[^\W_]+(?:[-_‐‑][^\W_]+)*")
_LINK = re.compile(r"[-_‐‑]")
_PART = re.compile(
    rf"Mc[{UPPER}][{_LOWER}]+"  # McDonald is one word
    rf"|[{UPPER}]+s?(?![{_LOWER}])"  # XML in XMLHttpRequest; URLs
    rf"|[{UPPER}]?[{_LOWER}]+|\d+"
)


@cache
def _telling() -> re.Pattern[str]:
    """Return where a word may have another writing; begins with few characters, so that the search for it is fast."""
    return re.compile(
        rf"[{UPPER}0-9_‐‑-](?<=[^\W_].)(?:(?<=[{_LOWER}][{UPPER}])|(?<=[{UPPER}]{{2}})(?=[{_LOWER}]{{2}})"
        rf"|(?<=[{_LOWER}{UPPER}]{{2}}\d)|(?<=[-_‐‑])(?=[^\W_]))"
    )


def parts(word: str) -> list[str]:
    """Return the words inside a word that is written in camelCase or ends in a number, [] if it is only one.

    What falls into single letters is a key or a formula (pH, HbA1c, aGVsbG8), and what begins with a number is an
    amount (15mg): the analysis cuts those.
    """
    if (word.islower() and word.isalpha()) or len(word) > LONGEST_TERM:  # as most are; as data are
        return []
    found = _PART.findall(word)
    lengths = [len(part) for part in found if not part.isdigit()]
    if len(found) < 2 or 2 * len(lengths) > sum(lengths) or (len(lengths) == 1 and found[0].isdigit()):
        return []
    return found


def joined(word: str) -> str:
    """Return a hyphenated or snake_case word without what links it, "" if it is not linked or a range of numbers."""
    pieces = _LINK.split(word)
    whole = "".join(pieces)
    linked = 2 <= len(pieces) <= MOST_PARTS and all(piece.isalnum() for piece in pieces)
    return whole if linked and not whole.isdigit() else ""


class OtherWritings:
    """Finds what else the words of a text are called, as index terms of one language."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._telling = _telling()
        self._of_chunk = lru_cache(maxsize=CHUNKS_KEPT)(self._found)

    def __call__(self, text: str) -> list[str]:
        """Return the other writings, in the order of the text: of each the terms, joined by spaces."""
        found: list[str] = []
        end = 0
        while telling := self._telling.search(text, end):
            start = text.rfind(" ", end, telling.start()) + 1 or end
            end = text.find(" ", telling.end())
            end = len(text) if end < 0 else end
            found += self._of_chunk(text[start:end])
        return found

    def _found(self, chunk: str) -> tuple[str, ...]:
        """Return the other writings of what stands between spaces."""
        words = (match[0] for match in _LINKED.finditer(chunk))
        return tuple(chain.from_iterable(self._writings(word) for word in words if len(word) <= LONGEST_TERM))

    def _writings(self, word: str) -> Iterator[str]:
        for piece in _LINK.split(word):
            if inside := parts(piece):
                yield self._analyzer.joined(" ".join(inside))
        whole = joined(word)
        if whole.isascii() and whole.isalpha():
            yield self._analyzer.stem(whole)
        elif whole and " " not in (terms := self._analyzer.joined(whole)):
            yield terms
