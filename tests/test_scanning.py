import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit import scanning


def unit(count: int, dim: int = 384, seed: int = 0) -> np.ndarray:
    matrix = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@given(st.lists(st.integers(0, 39), min_size=1, max_size=40), st.integers(1, 5), st.integers(0, 9))
def test_a_product_has_the_same_bits_in_any_company(dtype, chosen, queries, seed):
    vectors = unit(40, seed=seed).astype(dtype)
    questions = unit(5, seed=seed + 1)
    alone = np.array([[scanning.products(vectors[at : at + 1], own[None])[0, 0] for own in questions] for at in chosen])
    assert (scanning.products(vectors[chosen], questions[:queries]) == alone[:, :queries]).all()


def test_products_are_those_of_a_matrix():
    vectors, questions = unit(30), unit(3, seed=1)
    assert scanning.products(vectors, questions) == pytest.approx(vectors @ questions.T, abs=1e-6)
    assert scanning.products(vectors[:, ::2], questions[:, ::2].astype(np.float64)) == pytest.approx(
        vectors[:, ::2] @ questions[:, ::2].T, abs=1e-6
    )


def test_products_of_nothing_are_empty():
    assert scanning.products(unit(0), unit(3)).shape == (0, 3)
    assert scanning.products(unit(3), unit(0)).shape == (3, 0)


def test_every_float16_is_the_same_number_in_float32():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]
    assert (scanning.singles(finite).view(np.uint32) == finite.astype(np.float32).view(np.uint32)).all()
    np.testing.assert_array_equal(scanning.singles(every), every.astype(np.float32))


@pytest.mark.parametrize("vectors", [unit(6).astype(np.float16)[::2, ::3], unit(0).astype(np.float16), unit(4)])
def test_vectors_of_any_shape_come_in_float32(vectors):
    found = scanning.singles(vectors)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, vectors.astype(np.float32))
