"""A student predicts a model's vectors: as ridge regression says, in small worlds that can be worked out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.models import student
from searchkit.ragged import Ragged

COLOURS, DIM = 12, 5


def some_lists(seed: int, count: int) -> Ragged:
    random = np.random.default_rng(seed)
    return Ragged.of([random.integers(0, COLOURS, random.integers(1, 6)) for _ in range(count)])


def some_units(seed: int, *shape: int) -> np.ndarray:
    return student.unit(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def some_prior() -> student.Prior:
    random = np.random.default_rng(5)
    parts = random.uniform(0.1, 1, COLOURS), random.normal(size=(COLOURS, DIM)), random.normal(size=DIM)
    return student.Prior(*(part.astype(np.float32) for part in parts))


def dense(features: Ragged, weights: np.ndarray) -> np.ndarray:
    """Return weighted bags, over the root of the weights' squares, written out: (n, v)."""
    bags = np.zeros((len(features.ends), len(weights)))
    for bag, values in zip(bags, np.split(features.values, features.ends[:-1]), strict=True):
        np.add.at(bag, values, weights[values] / np.linalg.norm(weights[values]))
    return bags


def test_without_examples_to_correct_it_the_prior_decides():
    prior = some_prior()
    bag = np.array([prior.weights[2], prior.weights[7]]) / np.hypot(prior.weights[2], prior.weights[7])
    expected = bag @ prior.table[[2, 7]] + prior.centre
    features = Ragged.of([[2, 7]])
    taught = student.fit(features, student.unit(expected[None]) * np.linalg.norm(expected), prior)
    np.testing.assert_allclose(taught.predict(features)[0], expected / np.linalg.norm(expected), atol=1e-5)


def test_passages_whose_words_tell_them_apart_get_the_models_own_vectors(monkeypatch):
    monkeypatch.setattr(student, "RIDGES", np.array([1e-5]))
    features, vectors = Ragged.of([[1, 2], [3], [4, 5, 6]]), some_units(1, 3, DIM)
    for prior in (None, some_prior()):
        np.testing.assert_allclose(student.fit(features, vectors, prior).predict(features), vectors, atol=1e-3)


def test_a_passage_takes_after_the_example_that_it_shares_words_with():
    vectors = np.eye(3, dtype=np.float32)
    taught = student.fit(Ragged.of([[1, 2], [3, 4], [5, 6]]), vectors)
    assert np.argmax(taught.predict(Ragged.of([[3, 9], [6, 1, 5], [2]])) @ vectors.T, axis=1).tolist() == [1, 2, 0]


def test_a_passage_of_unknown_words_or_none_gets_the_mean_of_the_examples():
    vectors = some_units(2, 3, DIM)
    taught = student.fit(Ragged.of([[1], [2], [3]]), vectors)
    mean = student.unit(vectors.mean(axis=0, keepdims=True))[0]
    np.testing.assert_allclose(taught.predict(Ragged.of([[40_000, 65_535], []])), [mean, mean], atol=1e-6)


def test_what_shares_no_word_with_an_example_is_less_certain():
    taught = student.fit(Ragged.of([[1, 2], [1, 3], [4, 5], [4, 6]]), np.eye(4, dtype=np.float32)[[0, 0, 1, 1]])
    known, unknown = taught.uncertainty(Ragged.of([[1, 2], [10, 11]]))
    assert known < unknown


def test_an_empty_list_among_others_changes_none_of_them():
    taught = student.fit(some_lists(1, 20), some_units(1, 20, DIM), some_prior())
    with_empty = taught.predict(Ragged.of([[], [1, 2], [], [3], []]))
    np.testing.assert_array_equal(with_empty[[1, 3]], taught.predict(Ragged.of([[1, 2], [3]])))
    assert np.isfinite(with_empty).all()
    assert taught.predict(Ragged.of([])).shape == (0, DIM)


@settings(deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 90))
def test_products_are_those_of_the_bags_written_out(seed, count):
    features, weights = some_lists(seed, count), np.random.default_rng(seed).uniform(0.1, 1, COLOURS)
    bags = dense(features, weights)
    np.testing.assert_allclose(student.products(*student.counted(features, weights)), bags @ bags.T, atol=1e-5)


@settings(deadline=None)
@given(st.integers(0, 1_000), st.integers(2, 40))
def test_a_fit_is_ridge_regression_on_the_residuals_of_the_prior(seed, count):
    features, new, prior = some_lists(seed, count), some_lists(seed + 1, 7), some_prior()
    vectors = some_units(seed, count, DIM)
    bags, others = dense(features, prior.weights), dense(new, prior.weights)
    first, second = bags @ prior.table + prior.centre, others @ prior.table + prior.centre
    first_unit, second_unit = student.unit(first), student.unit(second)
    kernel = (bags @ bags.T + np.exp(2 * (first_unit @ first_unit.T - 1))) / 2
    across = (others @ bags.T + np.exp(2 * (second_unit @ first_unit.T - 1))) / 2
    residuals = vectors - first
    ridge = student.best_ridge(kernel, residuals)
    expected = second + across @ np.linalg.solve(kernel + ridge * np.eye(count), residuals)
    taught = student.fit(features, vectors, prior)
    np.testing.assert_allclose(taught.guess(new), expected, atol=0.01)
    np.testing.assert_allclose(taught.predict(new), student.unit(expected), atol=0.05)
    np.testing.assert_allclose(taught.uncertainty(new), 1 - np.linalg.norm(expected, axis=1), atol=0.02)


def test_the_ridge_has_the_least_error_on_examples_left_out_one_by_one():
    features, vectors = some_lists(3, 30), some_units(3, 30, DIM)
    bags = dense(features, np.ones(COLOURS))
    kernel = bags @ bags.T

    def left_out(ridge: float) -> float:
        total = 0.0
        for out in range(30):
            kept = np.delete(np.arange(30), out)
            duals = np.linalg.solve(kernel[np.ix_(kept, kept)] + ridge * np.eye(29), vectors[kept])
            total += float(((vectors[out] - kernel[out, kept] @ duals) ** 2).sum())
        return total

    assert student.best_ridge(kernel, vectors) == min(student.RIDGES, key=left_out)


def test_a_fit_and_its_predictions_are_the_same_each_time():
    features, vectors = some_lists(4, 300), some_units(4, 300, DIM)
    one, two = (student.fit(features, vectors, some_prior()).predict(features) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_predictions_are_unit_rows_of_single_precision():
    taught = student.fit(some_lists(6, 50), some_units(6, 50, DIM).astype(np.float16), some_prior())
    found = taught.predict(some_lists(7, 600))
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_nothing_is_learnt_from_no_example():
    with pytest.raises(ValueError, match="example"):
        student.fit(Ragged.of([]), np.empty((0, DIM), np.float32))


def test_a_word_that_stands_twice_counts_twice():
    vectors = np.eye(2, dtype=np.float32)
    taught = student.fit(Ragged.of([[1], [2]]), vectors)
    assert np.argmax(taught.predict(Ragged.of([[1, 2, 2], [1, 1, 2]])), axis=1).tolist() == [1, 0]


def test_words_are_hashed_in_order_whatever_their_case():
    (one,), (two,) = (student.words([text]) for text in ("Rain, rain in Spain", "in spain RAIN"))
    assert one[0] == one[1] == two[2]
    assert one[2:].tolist() == two[:2].tolist()


def test_the_first_words_of_a_text_are_read_twice():
    text = " ".join(f"word{number}" for number in range(20))
    (once,) = student.words([text])
    assert student.features(object(), [text, ""]).values.tolist() == [*once, *once[:16]]
