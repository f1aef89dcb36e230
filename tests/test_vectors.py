import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit import scanning
from searchkit.errors import IndexCorrupt
from searchkit.ragged import Ragged
from searchkit.rankings import best_first
from searchkit.storage.vectors import arm, nearest, segments
from searchkit.storage.vectors.segments import Part

DIM = 4
NONE_DEAD = np.empty(0, np.int64)


def unit(count: int, seed: int = 0, dim: int = DIM) -> np.ndarray:
    matrix = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def segment(folder, name, rows, matrix, pieces=None, drafts=None):
    """Write rows with their vectors and, unless None, their word pieces and drafts; open what was written."""
    ragged = None if pieces is None else Ragged.of(pieces)
    flags = None if drafts is None else np.array(drafts)
    segments.write_segment(folder, name, [Part(np.array(rows, np.int64), matrix, ragged, flags)])
    return segments.open_segment(folder, name, matrix.shape[1])


def test_rows_come_back_best_first(tmp_path):
    matrix = np.eye(DIM, dtype=np.float32)
    index = arm.Vectors([segment(tmp_path, "1", [10, 11, 12, 13], matrix)], NONE_DEAD)
    found = index.search(np.array([0.1, 0.9, 0.5, 0.0], np.float32), 3)
    assert found.rows.tolist() == [11, 12, 10]
    assert found.scores == pytest.approx([0.9, 0.5, 0.1])


def test_ties_come_in_the_order_of_rows_even_when_cut(tmp_path):
    matrix = np.tile(np.array([1, 0, 0, 0], np.float32), (6, 1))
    index = arm.Vectors([segment(tmp_path, "1", [5, 3, 9, 1, 7, 2], matrix)], NONE_DEAD)
    assert index.search(np.array([1, 0, 0, 0], np.float32), 3).rows.tolist() == [1, 2, 3]


def test_dead_rows_are_skipped(tmp_path):
    index = arm.Vectors([segment(tmp_path, "1", [0, 1, 2, 3], np.eye(DIM))], np.array([1], np.int64))
    assert 1 not in index.search(np.array([0, 1, 0, 0], np.float32), 10).rows
    assert len(index) == 3


@settings(deadline=None)  # it writes files
@given(st.sets(st.integers(0, 40), max_size=20), st.integers(1, 50), st.integers(0, 100))
def test_allowed_rows_are_ranked_as_by_brute_force(tmp_path_factory, allowed, limit, seed):
    folder = tmp_path_factory.mktemp("vectors")
    matrix = unit(40, seed)
    parts = [segment(folder, "1", range(25), matrix[:25]), segment(folder, "2", range(25, 40), matrix[25:])]
    index = arm.Vectors(parts, np.array([3, 30], np.int64))
    query = unit(1, seed + 1)[0]
    found = index.search(query, limit, np.array(sorted(allowed), np.int64))
    stored = matrix.astype(np.float16).astype(np.float32) @ query
    living = [row for row in allowed if row < 40 and row not in (3, 30)]
    expected = sorted(living, key=lambda row: (-stored[row], row))[:limit]
    assert found.scores == pytest.approx(stored[expected], abs=1e-6)
    assert set(found.rows.tolist()) <= set(living)


def test_score_is_not_a_number_for_a_row_without_vector(tmp_path):
    index = arm.Vectors([segment(tmp_path, "1", [4, 6], np.eye(DIM)[:2])], NONE_DEAD)
    scores = index.score(np.eye(DIM, dtype=np.float32)[:1], np.array([6, 5, 4, 99], np.int64))[0]
    assert scores[[0, 2]] == pytest.approx([0, 1])
    assert np.isnan(scores[[1, 3]]).all()


def test_get_returns_the_stored_vectors(tmp_path):
    matrix = unit(3)
    index = arm.Vectors([segment(tmp_path, "1", [7, 5, 6], matrix)], NONE_DEAD)
    assert index.get(np.array([5, 7], np.int64)) == pytest.approx(matrix[[1, 0]], abs=1e-3)


def test_no_segments_find_nothing():
    index = arm.Vectors([], NONE_DEAD)
    assert len(index.search(np.ones(DIM, np.float32), 5).rows) == 0
    assert len(index) == 0


def test_rough_products_choose_and_exact_ones_rank(tmp_path):
    # 400 rows whose products lie closer together than float16 can tell apart
    near = np.random.default_rng(3).normal(np.ones(384), 1e-3, (400, 384)).astype(np.float32)
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    query = near[0]
    index = arm.Vectors([segment(tmp_path, "1", range(400), near)], NONE_DEAD)
    exact = scanning.products(near.astype(np.float16).astype(np.float32), query[None])[:, 0]
    assert np.ptp(exact) < 1e-4
    found = index.search(query, 20)
    assert found.rows.tolist() == best_first(np.arange(400), exact, 20).rows.tolist()


def test_rough_products_stay_within_their_bound():
    rows, query = unit(300, dim=384), unit(1, 9, dim=384)[0]
    stored = rows.astype(np.float16)
    assert (
        np.abs(nearest.rough_products(stored, query[None])[0] - stored.astype(np.float32) @ query).max()
        < nearest.ROUGH / 2
    )


@pytest.mark.parametrize("part", [0, 1])
def test_a_truncated_file_is_named(tmp_path, part):
    segment(tmp_path, "1", [0, 1], np.eye(DIM)[:2])
    path = tmp_path / segments.segment_files("1")[part]
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(IndexCorrupt, match=path.name):
        segments.open_segment(tmp_path, "1", DIM)


@pytest.mark.parametrize("header", ["{'descr': '<i8', 'shape': (2,", "{'descr': '<i8', 'shape': (02,)}"])
def test_a_header_that_is_no_python_is_named(tmp_path, header):
    segment(tmp_path, "1", [0, 1], np.eye(DIM)[:2])
    path = tmp_path / "1.rows.npy"
    path.write_bytes(path.read_bytes()[:10] + header.ljust(117).encode() + b"\n" + bytes(16))
    with pytest.raises(IndexCorrupt, match=path.name):
        segments.open_segment(tmp_path, "1", DIM)


@pytest.mark.parametrize("rows", [[1, 0], [1, 1]])
def test_rows_that_do_not_rise_are_refused(tmp_path, rows):
    segment(tmp_path, "1", [0, 1], np.eye(DIM)[:2])
    np.save(tmp_path / "1.rows.npy", np.array(rows, np.int64))
    with pytest.raises(IndexCorrupt, match=r"1\.rows\.npy does not hold row numbers"):
        segments.open_segment(tmp_path, "1", DIM)


def test_a_pickled_array_is_refused(tmp_path):
    segment(tmp_path, "1", [0], np.eye(DIM)[:1])
    with (tmp_path / "1.rows.npy").open("wb") as file:
        np.save(file, np.array([{"an": "object"}], dtype=object), allow_pickle=True)
    with pytest.raises(IndexCorrupt, match=r"1\.rows\.npy"):
        segments.open_segment(tmp_path, "1", DIM)


def test_another_dimension_is_refused(tmp_path):
    segment(tmp_path, "1", [0], np.eye(DIM)[:1])
    with pytest.raises(IndexCorrupt, match="rows of 5"):
        segments.open_segment(tmp_path, "1", 5)


def pieces_of(index, *rows):
    found = index.pieces(np.array(rows, np.int64))
    return [part.tolist() for part in np.split(found.values, found.ends[:-1])]


def test_pieces_follow_their_rows_into_the_file_and_back(tmp_path):
    parts = [
        segment(tmp_path, "1", [7, 5, 6], unit(3), [[70], [], [60, 61]]),
        segment(tmp_path, "2", [9], unit(1), [[9]]),
    ]
    index = arm.Vectors(parts, NONE_DEAD)
    assert pieces_of(index, 9, 6, 5, 7, 6) == [[9], [60, 61], [], [70], [60, 61]]


def test_a_row_without_a_vector_has_no_pieces(tmp_path):
    index = arm.Vectors([segment(tmp_path, "1", [4, 6], unit(2), [[1], [2]])], NONE_DEAD)
    assert pieces_of(index, 5, 6, 99) == [[], [2], []]


def test_pieces_are_not_known_if_one_segment_lacks_them(tmp_path):
    parts = [segment(tmp_path, "1", [0], unit(1), [[1]]), segment(tmp_path, "2", [1], unit(1))]
    assert arm.Vectors(parts, NONE_DEAD).pieces(np.array([0], np.int64)) is None
    assert not (tmp_path / "2.pieces.npy").exists()


@pytest.mark.parametrize("part", [2, 3])
def test_a_truncated_file_of_pieces_is_named(tmp_path, part):
    segment(tmp_path, "1", [0, 1], unit(2), [[1, 2], [3]])
    path = tmp_path / segments.segment_files("1")[part]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IndexCorrupt, match=path.name):
        segments.open_segment(tmp_path, "1", DIM)


@pytest.mark.parametrize("part", ["pieces", "ends"])
def test_a_missing_file_of_pieces_is_named(tmp_path, part):
    segment(tmp_path, "1", [0], unit(1), [[1]])
    (tmp_path / f"1.{part}.npy").unlink()
    with pytest.raises(IndexCorrupt, match=rf"1\.{part}\.npy"):
        segments.open_segment(tmp_path, "1", DIM)


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        (np.zeros(3, np.uint16), np.array([1, 4])),
        (np.zeros(3, np.uint16), np.array([3])),
        (np.zeros(3, np.uint16), np.array([9, 3])),
        (np.zeros(3, np.uint16), np.array([-1, 3])),
        (np.zeros(3, np.int64), np.array([1, 3])),
        (np.zeros((3, 1), np.uint16), np.array([1, 3])),
    ],
    ids=[
        "ends beyond",
        "of one row",
        "ends that fall",
        "an end before the first",
        "of another type",
        "of two dimensions",
    ],
)
def test_pieces_that_do_not_fit_the_rows_are_refused(tmp_path, values, ends):
    segment(tmp_path, "1", [0, 1], unit(2), [[1, 2], [3]])
    np.save(tmp_path / "1.pieces.npy", values)
    np.save(tmp_path / "1.ends.npy", ends)
    with pytest.raises(IndexCorrupt, match=r"1\.pieces\.npy does not hold the word pieces of 2 rows"):
        segments.open_segment(tmp_path, "1", DIM)
