"""Many drafts are kept in a byte a dimension, and are read as the unit vectors that they stand for."""

import numpy as np
import pytest

from searchkit.storage.vectors import arm, segments
from searchkit.storage.vectors.coarse import CoarseRows, coarse, fine
from searchkit.storage.vectors.segments import Part, apart
from tests.test_nearest import DIM, passages, questions

NONE_DEAD = np.empty(0, np.int64)


@pytest.fixture
def many(monkeypatch):
    """Let three drafts be many."""
    monkeypatch.setattr(segments, "COARSE_ROWS", 3)


def part(rows, *, drafts, seed=0):
    rows = np.array(rows, np.int64)
    return Part(rows, passages(len(rows), seed), None, np.array([row in drafts for row in rows.tolist()]))


def written(folder, name, parts):
    segments.write_segment(folder, name, parts)
    return segments.open_segment(folder, name, DIM)


def test_a_vector_in_bytes_is_nearly_the_vector_and_is_the_same_in_bytes_again():
    units = passages(200)
    stored = coarse(units)
    assert stored.dtype == np.int8
    assert (fine(stored) * units).sum(axis=1).min() > 0.999
    assert np.allclose(np.linalg.norm(fine(stored), axis=1), 1, atol=1e-6)
    assert np.array_equal(coarse(fine(stored)), stored)
    assert np.array_equal(coarse(fine(stored).astype(np.float16)), stored)


@pytest.mark.usefixtures("many")
def test_drafts_go_apart_where_they_are_many_and_a_row_in_two_parts_goes_with_the_first():
    newer, older = part([1, 5], drafts=[]), part([1, 2, 3, 4], drafts=[1, 2, 3, 4], seed=1)
    drafts, own = apart([newer, older])
    assert [each.rows.tolist() for each in drafts] == [[], [2, 3, 4]]
    assert [each.rows.tolist() for each in own] == [[1, 5], []]
    assert apart([part([1, 2], drafts=[1, 2]), part([3], drafts=[])])[0][0].rows.tolist() == [1, 2]  # too few
    assert len(apart([older])) == 1
    assert apart([]) == []


@pytest.mark.usefixtures("many")
def test_drafts_alone_are_written_in_bytes_and_others_as_they_are(tmp_path):
    drafts, mixed = part(range(4), drafts=range(4)), part(range(4), drafts=[0, 1])
    assert isinstance(written(tmp_path, "1", [drafts]).vectors, CoarseRows)
    assert written(tmp_path, "2", [mixed]).vectors.dtype == np.float16
    opened = written(tmp_path, "1", [drafts])
    again = written(tmp_path, "3", [segments.part_of(opened, None)])  # merged with nothing
    assert np.array_equal(again.vectors.rows, opened.vectors.rows)


@pytest.mark.parametrize("recall", [1, 0.98])
def test_search_ranks_vectors_in_bytes_as_brute_force_does(tmp_path, monkeypatch, recall):
    """With codes and without, read through the map and from the file."""
    monkeypatch.setattr(segments, "COARSE_ROWS", 500)
    monkeypatch.setattr(segments, "CODED_ROWS", 500)
    monkeypatch.setattr(segments, "MAPPED", 0)
    monkeypatch.setattr(arm, "EXACT_ROWS", 1_000)
    monkeypatch.setattr(arm, "FEW", 10)
    matrix = passages(2_000)
    drafts = written(tmp_path, "1", [Part(np.arange(1_500), matrix[:1_500], None, np.ones(1_500, np.bool_))])
    exact = written(tmp_path, "2", [Part(np.arange(1_500, 2_000), matrix[1_500:])])
    vectors = arm.Vectors([drafts, exact], NONE_DEAD)
    stored = np.concatenate([fine(coarse(matrix[:1_500])), matrix[1_500:].astype(np.float16).astype(np.float32)])
    shared = []
    for question, found in zip(questions(20), vectors.search_many(questions(20), 10, None, recall), strict=True):
        products = stored @ question
        assert np.allclose(found.scores, products[found.rows], atol=1e-5)
        shared.append(len(set(found.rows.tolist()) & set(np.argsort(-products)[:10].tolist())))
    assert sum(shared) >= 200 * (1 if recall == 1 else 0.95)
    assert np.allclose(vectors.get(np.array([3, 1_700])), stored[[3, 1_700]], atol=1e-6)
    assert vectors.drafts(np.array([3, 1_700])).tolist() == [True, False]
    assert not len(vectors.broken())
