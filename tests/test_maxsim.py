"""What each word piece of a question finds in a passage, on states that can be compared by eye."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.ragged import Ragged
from searchkit.search.maxsim import LEAST_WEIGHT, distinct, maxsim, piece_weights, weighted

STATES = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)  # of the word pieces 0, 1 and 2
QUESTION = np.array([[1, 0], [0, 1]], np.float32)
EQUAL = np.array([0.5, 0.5], np.float32)
SPAN = np.array([(0, 4), (5, 9), (9, 12)], np.int64)  # "when harbours": when, harb, ours


def states(pieces):
    return STATES[pieces]


def score(weights=EQUAL, *passages: list[int]):
    return weighted(maxsim(QUESTION, Ragged.of(passages), states), np.array([weights], np.float32))[:, 0]


def test_each_piece_of_the_question_takes_the_best_of_the_passage():
    """The first finds 1, 0 and .6; the second 0, 1 and .8."""
    assert score(EQUAL, [0], [2], [0, 1]) == pytest.approx([0.5, 0.7, 1.0])


def test_a_piece_counts_by_its_weight():
    assert score([0.75, 0.25], [0], [2], [1]) == pytest.approx([0.75, 0.65, 0.25])


def test_each_part_of_the_question_is_scored_by_its_own_pieces():
    weights = np.array([[1, 0], [0, 1], [0.5, 0.5]], np.float32)
    found = weighted(maxsim(QUESTION, Ragged.of([[0], [2], []]), states), weights)
    np.testing.assert_allclose(found.T, [[1, 0.6, np.nan], [0, 0.8, np.nan], [0.5, 0.7, np.nan]], rtol=1e-6)


def test_a_passage_without_pieces_has_no_score_and_moves_no_other():
    found = score(EQUAL, [], [0], [], [2], [])
    assert np.isnan(found[[0, 2, 4]]).all()
    assert found[[1, 3]] == pytest.approx([0.5, 0.7])
    assert found.dtype == np.float32


def test_a_question_without_pieces_scores_nothing():
    found = maxsim(np.empty((0, 2), np.float32), Ragged.of([[0], [1]]), states)
    assert np.isnan(weighted(found, np.empty((1, 0), np.float32))).all()
    assert len(score(EQUAL)) == 0


def test_states_are_looked_up_once_for_each_piece_that_there_is():
    asked = []

    def counted(pieces):
        asked.append(pieces.tolist())
        return STATES[pieces]

    maxsim(QUESTION, Ragged.of([[2, 0], [0], [2]]), counted)
    assert asked == [[0, 2]]


def test_pieces_weigh_as_their_word_and_a_function_word_weighs_least():
    """4 : 4 : 1, since the function word is no term of the question."""
    weights = piece_weights(SPAN, [(5, 12, "harbour")], {"harbour": 4.0})
    assert weights == pytest.approx([LEAST_WEIGHT / 9, 4 / 9, 4 / 9])
    assert weights.dtype == np.float32


def test_a_piece_of_two_terms_weighs_as_the_rarer():
    terms = [(5, 12, "harbour"), (5, 9, "harb"), (9, 12, "our")]
    assert piece_weights(SPAN, terms, {"harbour": 3.0, "harb": 5.0, "our": 2.0}) == pytest.approx([1 / 9, 5 / 9, 3 / 9])


def test_a_term_that_most_passages_hold_weighs_no_less_than_a_function_word():
    assert piece_weights(SPAN, [(0, 4, "when")], {"when": 0.01}) == pytest.approx([1 / 3] * 3)


def test_a_term_of_the_text_that_the_question_leaves_out_weighs_least():
    assert piece_weights(SPAN, [(0, 4, "when"), (5, 12, "harbour")], {"harbour": 2.0}) == pytest.approx([0.2, 0.4, 0.4])


def test_no_pieces_have_no_weights():
    assert piece_weights(np.empty((0, 2), np.int64), [], {}).tolist() == []


@given(st.integers(0, 9), st.integers(1, 20))
def test_a_passage_scores_the_same_bits_in_any_company(seed, count):
    """Pages of different length must agree to the last digit."""
    draw = np.random.default_rng(seed)
    table = draw.normal(size=(200, 64)).astype(np.float32)
    question, weights = table[draw.integers(0, 200, 7)], np.full((1, 7), 1 / 7, np.float32)
    lists = [draw.integers(0, 200, draw.integers(1, 30)) for _ in range(20)]
    together = weighted(maxsim(question, Ragged.of(lists[:count]), table.__getitem__), weights)[:, 0]
    alone = [weighted(maxsim(question, Ragged.of([own]), table.__getitem__), weights)[0, 0] for own in lists[:count]]
    assert together.tolist() == alone


@given(st.lists(st.integers(0, 2**16 - 1)))
def test_distinct_pieces_and_their_places_lead_back_to_the_pieces(pieces):
    known, places = distinct(np.array(pieces, np.uint16))
    assert known.tolist() == sorted(set(pieces))
    assert known[places].tolist() == pieces
