"""Words that a line's end divides: put together again, compounds with their hyphen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+")
_COMPOUND = re.compile(r"\w+(?:-\w+)+")
_LAST_WORD = re.compile(r"(-?)([^\W\d_]+)$")
_SHORTEST_PART = 3  # letters of a word that is taken for half of a compound
_OPENS = (
    "well self long high low short half full part non two three four five six seven eight nine ten twenty thirty forty "
    "fifty sixty seventy eighty ninety second third first cross"
)
_CLOSES = "known based related term year years old sized driven specific friendly oriented minded"
_SUFFIX = (
    "ness ing ish ner ners way ways est ment ments tion tions ful less able ible ity ship ward wards hood land lands "
    "ence ance ally ever some ism ist ists gest gevity"
)
_CLOSED = (  # "something", "without", "however": one word, though both halves stand alone too
    "some any every how what when where who with out over under up down in on off there here mean other further never "
    "none back for fore after may can not"
)
_OPENS_COMPOUNDS, _CLOSES_COMPOUNDS = frozenset(_OPENS.split()), frozenset(_CLOSES.split())
_SUFFIXES, _OPENS_CLOSED_WORDS = frozenset(_SUFFIX.split()), frozenset(_CLOSED.split())


@dataclass(frozen=True, slots=True)
class Hyphens:
    """The words and compounds of a document, by which its divided words are judged."""

    words: frozenset[str]
    compounds: frozenset[str]

    def join(self, before: str, after: str) -> str:
        """Return two lines as one. The hyphen between them was taken out; a compound gets it back."""
        start, end = _LAST_WORD.search(before), _WORD.match(after)
        if start and end and not self._is_compound(start[2], end[0], within=bool(start[1])):
            return f"{before}{after}"
        return f"{before}-{after}"

    def _is_compound(self, start: str, end: str, *, within: bool) -> bool:
        """Tell whether a hyphen belongs to a word; `within` tells of one before it, as in "state-of-" and "the-art"."""
        first, last = start.lower(), end.lower()
        if f"{first}{last}" in self.words:
            return False
        capital = end[0].isupper() and not (len(start) > 1 and start.isupper())  # "Nord-" and "Süd"
        if within or capital or f"{first}-{last}" in self.compounds:
            return True
        if min(len(first), len(last)) < _SHORTEST_PART or last in _SUFFIXES:
            return False
        if first in _OPENS_COMPOUNDS or last in _CLOSES_COMPOUNDS:
            return True
        return {first, last} <= self.words and first not in _OPENS_CLOSED_WORDS


def hyphens_of(lines: Iterable[tuple[str, bool]]) -> Hyphens:
    """Return the words and compounds that stand whole within lines: (text, whether a hyphen was taken from its end)."""
    words: set[str] = set()
    compounds: set[str] = set()
    divided = False
    for text, hyphenated in lines:
        lowered = text.lower()
        compounds.update(_COMPOUND.findall(lowered))
        whole = _WORD.findall(lowered)
        goes_on = hyphenated or lowered.endswith("-")
        words.update(whole[int(divided) : len(whole) - int(goes_on)])
        divided = goes_on
    return Hyphens(frozenset(words), frozenset(compounds))
