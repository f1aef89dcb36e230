"""The values of a column against a comparison: for each whether it holds, all at once where that can be told.

What is true of a value is what `queries.filters.matching` says; what follows here says the same of many.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.queries.filters.instants import Instant
from searchkit.queries.filters.matching import Held, holds
from searchkit.queries.filters.tree import ORDERING, Operator, Period, Value
from searchkit.storage.catalog.columns import LISTED, NUMBER, TEXT, TRUTH, Column
from searchkit.storage.haystack import Haystack, Mask
from searchkit.threads import kept

FEW = 8  # texts of a column that are looked for one by one, before a dictionary is made of it
LONGEST = 64  # bytes of a text up to which all are ordered against it at once
MIDNIGHT = np.frombuffer(b"0000-00-00T00:00:00", np.uint8)  # what a date leaves unsaid, byte by byte
_DATE_LENGTH, _CLOCK_LENGTH = len("2024-06-18"), len(MIDNIGHT)
_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Values:
    """A column as comparisons see it. Masks are of its n values."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._kinds = column.kinds & ~np.uint8(LISTED)
        self._listed = column.kinds >= LISTED
        self._texts = Haystack(column.text, column.starts, column.ends)
        self._asked = 0  # texts that were looked for

    def __len__(self) -> int:
        return len(self._kinds)

    @property
    def size(self) -> int:
        """How many bytes it takes in memory."""
        return len(self._column.text) + 24 * len(self) + self._column.codes.nbytes + self._column.documents.nbytes

    def documents(self, values: Mask) -> npt.NDArray[Any]:
        """Return the places of the documents that have one of these values."""
        found = values[self._column.codes]
        return self._column.documents if found.all() else self._column.documents[found]

    def of(self, documents: Mask) -> Mask:
        """Tell which values some of these documents have."""
        found = np.zeros(len(self), np.bool_)
        found[self._column.codes[documents[self._column.documents]]] = True
        return found

    def plain_texts(self) -> Mask:
        """Tell which values are texts with something in them, and no elements of lists."""
        return np.asarray((self._column.kinds == TEXT) & (self._texts.ends > self._texts.starts))

    def kinds(self, values: Mask) -> frozenset[str]:
        """Return of which kinds these values are."""
        dates = values & (self._kinds == TEXT) & self._dates(any_end=True)
        found = {
            "date": dates,
            "text": values & (self._kinds == TEXT) & ~dates,
            "number": values & (self._kinds == NUMBER),
            "truth": values & (self._kinds == TRUTH),
        }
        return frozenset(kind for kind, mask in found.items() if mask.any())

    def passing(self, name: str, sign: Operator, wanted: Sequence[Value]) -> Mask:
        """Tell which values stand in this relation to any of those wanted."""
        texts = [value for value in wanted if isinstance(value, str)]
        numbers = [value for value in wanted if isinstance(value, int | float) and not isinstance(value, bool)]
        found = np.zeros(len(self), np.bool_)
        if texts:
            found |= self._text(name, sign, texts) & (self._kinds == TEXT)
        if numbers:
            found |= self._number(sign, numbers)
        for value in wanted:
            if isinstance(value, Period):
                found |= self._in_time(name, sign, value) & (self._kinds == TEXT)
            elif isinstance(value, bool | Instant):
                found |= self._each(name, sign, value, self._kinds == (TRUTH if isinstance(value, bool) else TEXT))
        return found

    def in_days(self, sign: Operator, wanted: Sequence[Value]) -> Mask:
        """Tell which values, each the ordinal of a day, stand in this relation to any of these periods."""
        days = np.array(self._values, np.int64)
        found = np.zeros(len(self), np.bool_)
        for first, last in (period.days for period in wanted if isinstance(period, Period)):
            bound = first if sign in ("<", ">=") else last
            found |= (days >= first) & (days <= last) if sign == "=" else _ORDER[sign](days, bound)
        return found

    @kept
    def _has_ends(self) -> bool:
        """Whether no value has a NUL in it, which ends texts."""
        return self._column.text.count(b"\0") == len(self) + 1

    @kept
    def _values(self) -> list[Any]:
        return self._column.values()

    def _each(self, name: str, sign: Operator, wanted: Value, among: Mask) -> Mask:
        """Tell one by one which of some values stand in this relation to one."""
        at = np.flatnonzero(among).tolist()
        each = ((place, Held(self._column.value(place), bool(self._listed[place]))) for place in at)
        return self._at([place for place, value in each if holds(name, sign, value, wanted)])

    def _text(self, name: str, sign: Operator, wanted: Sequence[str]) -> Mask:
        """Tell the same of texts; of values that are none, anything."""
        if sign == "~" or (sign == "=" and name == "path"):
            whole = [text for text in wanted if is_whole(name, sign, text)]
            return self._equal(whole) | self._any(self._fitting, [text for text in wanted if text not in whole])
        if sign == "=":
            return self._equal(wanted)
        if sign == "contains":
            inside = self._any(self._texts.containing, wanted)
            return np.where(self._listed, self._equal(wanted), inside) if self._listed.any() else inside
        return self._any(lambda text: self._ordered(name, sign, text), wanted)

    def _equal(self, wanted: Sequence[str]) -> Mask:
        self._asked += len(wanted)
        if self._asked <= FEW:
            return self._any(self._texts.equal, wanted)
        return self._at([at for text in wanted for at in self._by_written.get(text.encode(), ())])

    @kept
    def _by_written(self) -> dict[bytes, list[int]]:
        return _places(written for _, written in self._column.written())

    def _fitting(self, pattern: str) -> Mask:
        if "?" not in pattern:
            return self._texts.fitting(pattern)
        rough = self._texts.fitting(pattern.replace("?", "*"))
        return self._each("", "~", pattern, rough & (self._kinds == TEXT))

    def _ordered(self, name: str, sign: Operator, text: str) -> Mask:
        wanted = text.encode()  # whose order is that of the characters
        if len(wanted) >= LONGEST or not self._has_ends:
            return self._each(name, sign, text, self._kinds == TEXT)
        return np.asarray(_ORDER[sign](_joined(self._texts.first(len(wanted) + 1)), np.bytes_(wanted)))

    def _number(self, sign: Operator, wanted: Sequence[float]) -> Mask:
        if sign not in ORDERING:
            at = [at for number in wanted for at in self._by_value.get(number, ())]
            return np.asarray(self._at(at) & (self._kinds == NUMBER))
        bound = min(wanted) if sign in (">", ">=") else max(wanted)
        compare = _ORDER[sign]
        if (self._kinds == NUMBER).all():
            return np.array([compare(number, bound) for number in self._values], np.bool_)
        at = np.flatnonzero(self._kinds == NUMBER).tolist()
        return self._at([place for place in at if compare(self._values[place], bound)])

    @kept
    def _by_value(self) -> dict[Any, list[int]]:
        return _places(self._values)

    def _any(self, test: Callable[[str], Mask], wanted: Sequence[str]) -> Mask:
        return np.asarray(np.logical_or.reduce([self._at([]), *map(test, wanted)]))

    def _at(self, places: Sequence[int]) -> Mask:
        """Return the mask of the values at these places."""
        found = np.zeros(len(self), np.bool_)
        found[np.array(places, np.int64)] = True
        return found

    def _in_time(self, name: str, sign: Operator, period: Period) -> Mask:
        """Tell which texts are dates or times in this relation to a period."""
        if name == "date" and not period.has_time:
            return self._each(name, sign, period, self._kinds == TEXT)
        read = self._texts.first(_CLOCK_LENGTH)
        odd = (read >= 128).any(axis=1) | (not self._has_ends)  # where bytes are no characters
        read = np.where(read == ord(" "), np.uint8(ord("T")), read)
        read = np.where(read == 0, MIDNIGHT, read)[:, : len(period.prefix)]
        compare = _ORDER["=" if sign == "contains" else sign]
        found = np.asarray(compare(_joined(read), np.bytes_(period.prefix.encode()))) & self._dates()
        return found & ~odd | self._each(name, sign, period, odd & (self._kinds == TEXT))

    def _dates(self, *, any_end: bool = False) -> Mask:
        """Tell which texts begin with a date, and a time or nothing after it unless `any_end`, as ISO 8601 has it."""
        read = self._texts.first(_DATE_LENGTH + 1)
        found = np.ones(len(self), np.bool_)
        for place, sign in enumerate("dddd-1d-3d"):
            own = read[:, place]
            if sign == "-":
                found &= own == ord("-")
            else:
                found &= (own >= ord("0")) & (own <= ord("9" if sign == "d" else sign))
        after = read[:, _DATE_LENGTH]
        return found if any_end else found & ((after == 0) | (after == ord("T")) | (after == ord(" ")))


def is_whole(name: str, sign: str, value: Value) -> bool:
    """Tell whether a comparison holds for values that are the same alone."""
    if isinstance(value, Period | Instant):
        return False
    if sign == "~" or (sign == "=" and name == "path"):
        return not isinstance(value, str) or not ("*" in value or "?" in value)
    return sign == "="


def _places(values: Iterable[Hashable]) -> dict[Any, list[int]]:
    """Return where each value stands."""
    found: dict[Any, list[int]] = {}
    for at, value in enumerate(values):
        found.setdefault(value, []).append(at)
    return found


def _joined(read: npt.NDArray[np.uint8]) -> npt.NDArray[np.bytes_]:
    """Return the rows of (n, m) as n strings of bytes."""
    return np.ascontiguousarray(read).view(f"S{read.shape[1]}").ravel()
