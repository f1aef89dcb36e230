"""Order and sets of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.rankings import EMPTY, among, by_row, distinct, look_up
from searchkit.storage.keywords.ranking import best, is_decided, runs, settle
from searchkit.types import Ranking

SCORES = st.lists(st.sampled_from([0.0, 1.0, 1.0 + 1e-7, 1.00001, 2.0, 7.5, -1.0]), max_size=30)


def ranked(rows, scores):
    return settle(np.array(rows, np.int64), np.array(scores, np.float32)).rows.tolist()


@given(st.lists(st.integers(-9, 9)), st.sampled_from([np.int64, np.float64]))
def test_distinct_values_ascend_and_come_once(values, dtype):
    found = distinct(np.array(values, dtype))
    assert found.tolist() == sorted(set(values))
    assert found.dtype == dtype


def test_higher_scores_come_first_and_ties_by_row():
    assert ranked([9, 3, 5, 1], [1.0, 2.0, 2.0, 0.5]) == [3, 5, 9, 1]
    assert ranked([], []) == []


def test_scores_apart_by_rounding_only_are_the_same():
    found = settle(np.array([9, 3]), np.array([1.0000001, 1.0], np.float32))
    assert found.rows.tolist() == [3, 9]
    assert found.scores[0] == found.scores[1]


def test_a_long_run_of_close_scores_is_not_one_tie():
    scores = 1 - np.arange(100, dtype=np.float32) * np.float32(1e-6)
    found = settle(np.arange(100)[::-1].copy(), scores)
    assert found.scores[0] - found.scores[-1] > 9e-5
    assert (np.diff(found.scores) <= 0).all()


@given(scores=SCORES, limit=st.integers(1, 40))
def test_best_is_the_beginning_of_settle(scores, limit):
    rows = np.arange(len(scores))[::-1].copy()
    whole, cut = settle(rows, np.array(scores, np.float32)), best(rows, np.array(scores, np.float32), limit)
    assert cut.rows.tolist() == whole.rows[:limit].tolist()
    assert cut.scores.tolist() == whole.scores[:limit].tolist()


def test_limit_is_decided_when_the_last_score_is_clearly_lower():
    scores = np.array([3.0, 2.0, 2.0, 1.0], np.float32)
    assert is_decided(scores, 1)
    assert not is_decided(scores[:3], 2)
    assert is_decided(scores, 3)
    assert not is_decided(scores, 4)


def test_among_and_look_up_find_rows_in_any_order():
    assert among(np.array([5, 1, 9, 5]), np.array([1, 5])).tolist() == [True, True, False, True]
    assert among(np.array([5]), np.array([], np.int64)).tolist() == [False]
    found = look_up(np.array([7, 4, 7, 1]), by_row(Ranking(np.array([9, 7, 4]), np.array([0.5, 2.0, 3.0], np.float32))))
    assert found.tolist() == [2.0, 3.0, 2.0, 0.0]
    assert look_up(np.array([1]), EMPTY).tolist() == [0.0]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [([4], [(4, 4)]), ([1, 2, 3], [(1, 3)]), ([1, 2, 5, 7, 8], [(1, 2), (5, 5), (7, 8)]), ([1, 3, 5, 7], None)],
)
def test_runs_are_stretches_of_consecutive_rows(rows, expected):
    assert runs(np.array(rows), at_most=3) == expected
