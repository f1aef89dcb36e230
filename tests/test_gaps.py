"""Ascending lists come back from their gaps as they were, in any order and number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.errors import IndexCorrupt
from searchkit.ragged import Ragged
from searchkit.storage.vectors import gaps
from searchkit.storage.vectors.gaps import Gaps

NUMBERS = st.one_of(st.integers(0, 300), st.integers(0, 65_535), st.sampled_from([127, 128, 16_383, 16_384, 65_535]))
LISTS = st.lists(st.sets(NUMBERS, max_size=8).map(sorted), max_size=9)


def listed(ragged):
    return [part.tolist() for part in np.split(ragged.values, ragged.ends)][:-1]


@given(LISTS, st.lists(st.integers(0, 8), max_size=6), st.integers(1, 4))
def test_lists_come_back_as_they_were(lists, wanted, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gaps, "BLOCK", block)
        found = Gaps.of(Ragged.of(lists))
        at = [place for place in wanted if place < len(lists)]
        assert listed(found.take(np.array(at, np.int64))) == [lists[place] for place in at]
        assert listed(found.whole()) == lists
    assert found.values.dtype == np.uint8


def test_near_numbers_take_a_byte_each():
    assert len(Gaps.of(Ragged.of([[5, 7, 130], [], [200, 300]])).values) == 3 + 3


@pytest.mark.parametrize("lists", [[[1], [3, 2]], [[1, 1]]])
def test_lists_that_do_not_ascend_have_no_gaps(lists):
    assert Gaps.of(Ragged.of(lists)) is None


def test_a_list_that_breaks_off_is_damage():
    with pytest.raises(IndexCorrupt, match="does not end where it should"):
        Gaps(np.array([5, 0x81], np.uint8), np.array([2])).take(np.array([0]))
