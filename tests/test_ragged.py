"""Lists of different lengths in two flat arrays do what Python's own lists do."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from searchkit.ragged import Ragged

LISTS = st.lists(st.lists(st.integers(0, 2**16 - 1), max_size=4), max_size=6)


def plain(ragged: Ragged) -> list[list[int]]:
    return [part.tolist() for part in np.split(ragged.values, ragged.ends[:-1])] if len(ragged.ends) else []


@given(LISTS)
def test_lists_come_back_in_order_with_the_empty_ones_among_them(lists):
    ragged = Ragged.of(lists)
    assert plain(ragged) == lists
    assert ragged.lengths.tolist() == [len(numbers) for numbers in lists]
    assert (ragged.values.dtype, ragged.ends.dtype) == (np.uint16, np.int64)


@given(st.lists(LISTS, max_size=4))
def test_joined_parts_are_their_lists_one_part_after_the_other(parts):
    joined = Ragged.joined(map(Ragged.of, parts))
    assert plain(joined) == [numbers for lists in parts for numbers in lists]
    assert (joined.values.dtype, joined.ends.dtype) == (np.uint16, np.int64)


@given(LISTS, st.data())
def test_take_gives_the_lists_at_these_positions_in_their_order_and_as_often_as_asked(lists, data):
    at = data.draw(st.lists(st.integers(0, max(0, len(lists) - 1)), max_size=8 if lists else 0))
    taken = Ragged.of(lists).take(np.array(at, np.int64))
    assert plain(taken) == [lists[position] for position in at]
    assert taken.lengths.tolist() == [len(lists[position]) for position in at]


def test_the_lists_of_nothing_are_none():
    assert plain(Ragged.of([])) == plain(Ragged.joined([])) == []
    assert plain(Ragged.joined([Ragged.of([]), Ragged.of([[7]]), Ragged.of([])])) == [[7]]
