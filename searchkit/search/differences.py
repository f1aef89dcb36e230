"""Whether one of two texts that are nearly the same states something that the other doesn't."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cached_property

from searchkit.search.facts import Token, tokens

_FACTS = frozenset({"number", "date", "name", "sign", "turn"})
_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "mis")  # of words that deny others


class Stated:
    """A text, its tokens, and what they are compared by; read when they are asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def tokens(self) -> Sequence[Token]:
        """All of its tokens."""
        return tokens(self.text)

    @cached_property
    def facts(self) -> frozenset[str]:
        """The keys of its figures, dates, names, signs, negations and opposites."""
        return frozenset(token.key for token in self.tokens if token.kind in _FACTS)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of all tokens."""
        return frozenset(token.key for token in self.tokens)


def says_no_more(text: Stated, other: Stated) -> bool:
    """Tell whether `text` states no figure, unit, date, name, negation or opposite that `other` does not state there.

    Punctuation, case, writings of numbers and other words may differ, and `other` may be longer.
    """
    if text.text == other.text:
        return True
    if not text.facts <= other.keys:
        return False
    return not any(_differ(*sides) for sides in _changes(other.tokens, text.tokens))


Side = tuple[Sequence[Token], int, int]  # tokens, and from where to where they differ


def _changes(old: Sequence[Token], new: Sequence[Token]) -> Iterator[tuple[Side, Side]]:
    """Yield the stretches in which tokens differ."""
    least = min(len(old), len(new))
    same = (at for at in range(least) if old[at].key != new[at].key)
    head = next(same, least)
    tail = next((at for at in range(least - head) if old[-1 - at].key != new[-1 - at].key), least - head)
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    matcher = SequenceMatcher(None, [each.key for each in left], [each.key for each in right], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield (old, head + a, head + b), (new, head + c, head + d)


def _differ(old: Side, new: Side) -> bool:
    """Tell whether what stands in `new` in place of what stands in `old` states something else."""
    gone, come = (side[0][side[1] : side[2]] for side in (old, new))
    if any(each.kind == "turn" or (come and each.kind in _FACTS) for each in gone):
        return True
    if any(each.kind in _FACTS for each in come):
        return True
    return _units(new) - _units(old) != set() or any(_denies(one.key, two.key) for one in gone for two in come)


def _units(side: Side) -> set[str]:
    """Return the words of a stretch right behind a figure: what is counted."""
    every, start, end = side
    return {every[at].key.rstrip("s") for at in range(max(1, start), end) if every[at - 1].kind == "number"}


def _denies(one: str, two: str) -> bool:
    return any(one == prefix + two or two == prefix + one for prefix in _PREFIXES)
