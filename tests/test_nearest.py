"""Search among so many vectors that codes choose: bounds are lowered, so that a few thousand are many."""

import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit.errors import IndexCorrupt
from searchkit.storage.vectors import arm, codes, nearest, segments
from searchkit.storage.vectors.segments import Part

DIM, COUNT = 64, 3_000
NONE_DEAD = np.empty(0, np.int64)
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def unit(matrix: np.ndarray) -> np.ndarray:
    return (matrix / np.linalg.norm(matrix, axis=-1, keepdims=True)).astype(np.float32)


def passages(count: int, seed: int = 0) -> np.ndarray:
    """Vectors with near neighbours, some topics denser than others, all of them to one side as models have it."""
    world = np.random.default_rng(40)
    topics, spread = world.normal(size=(40, DIM)), world.uniform(0.3, 1.5, 40)
    draw = np.random.default_rng(seed)
    own = draw.integers(0, 40, count)
    return unit(topics[own] + spread[own, None] * draw.normal(size=(count, DIM)) + 0.8)


def questions(count: int, seed: int = 1) -> np.ndarray:
    """Between passages of several topics."""
    return unit(passages(5 * count, seed).reshape(count, 5, DIM).sum(axis=1))


@pytest.fixture(scope="module")
def matrix():
    return passages(COUNT)


@pytest.fixture(scope="module")
def parts(matrix, tmp_path_factory):
    """Segments of 2,000, 900 and 100 rows, of which the last has no codes; every seventh row number is not used."""
    folder = tmp_path_factory.mktemp("vectors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "CODED_ROWS", 500)
        for name, start, stop in (("1", 0, 2_000), ("2", 2_000, 2_900), ("3", 2_900, COUNT)):
            segments.write_segment(folder, name, [Part(ROWS[start:stop], matrix[start:stop])])
    return [segments.open_segment(folder, name, DIM) for name in "123"]


ROWS = np.arange(4_000)[np.arange(4_000) % 7 != 3][:COUNT]


@pytest.fixture(autouse=True)
def many(monkeypatch):
    monkeypatch.setattr(arm, "EXACT_ROWS", 1_000)
    monkeypatch.setattr(arm, "FEW", 20)
    monkeypatch.setattr(arm, "PRODUCTS", 10_000)
    monkeypatch.setattr(nearest, "SHARED", 700)


def brute_force(matrix, query, limit, allowed=None, dead=NONE_DEAD):
    """Return the rows that a search of all must find, best first."""
    cosines = matrix.astype(np.float16).astype(np.float32) @ query
    cosines[np.isin(ROWS, dead) if allowed is None else ~np.isin(ROWS, allowed) | np.isin(ROWS, dead)] = -np.inf
    order = np.argsort(-cosines, kind="stable")
    return ROWS[order[cosines[order] > -np.inf]][:limit].tolist()


def recall(index, matrix, asked, *, limit=10, **options) -> float:
    """Return the share of the first ten that are as near as the tenth nearest, to within NEAR, on average."""
    shares = []
    for query in asked:
        right = brute_force(matrix, query, 10, options.get("allowed"))
        found = index.search(query, limit, **options)
        least = index.score(query[None], np.array(right))[0].min() - codes.NEAR
        shares.append((found.scores[: len(right)] >= least).mean())
    return float(np.mean(shares))


@pytest.mark.parametrize("target", [0.9, 0.98, 1.0])
def test_the_recall_that_is_asked_for_is_reached(parts, matrix, target):
    index = arm.Vectors(parts, NONE_DEAD)
    assert recall(index, matrix, questions(100), recall=target) >= target - 0.01


@pytest.mark.parametrize("share", [0.5, 0.24, 0.05, 0.01])
def test_a_filter_costs_no_recall(parts, matrix, share):
    allowed = np.flatnonzero(np.random.default_rng(2).random(4_000) < share)
    index = arm.Vectors(parts, NONE_DEAD)
    assert recall(index, matrix, questions(50), allowed=allowed) >= 0.97


def test_few_candidates_are_read(parts):
    chosen = nearest.coded([nearest.Open.of(own, None, None) for own in parts], questions(1)[0], 10, 0.9)
    assert 30 <= sum(len(own.positions) for own in chosen) < COUNT / 4


@CALM
@given(
    allowed=st.none() | st.sets(st.integers(0, 4_100), max_size=60) | st.integers(2, 50),
    dead=st.sets(st.integers(0, 4_000), max_size=300),
    limit=st.sampled_from([1, 3, 10, 200, 5_000]),
    target=st.sampled_from([0.5, 0.98, 1.0]),
    seed=st.integers(0, 50),
)
def test_what_is_found_may_be_found_and_has_its_exact_score(parts, matrix, allowed, dead, limit, target, seed):
    if isinstance(allowed, int):
        allowed = range(0, 4_000, allowed)
    rows = None if allowed is None else np.array(sorted(allowed), np.int64)
    index = arm.Vectors(parts, np.array(sorted(dead), np.int64))
    query = questions(1, seed)[0]
    found = index.search(query, limit, rows, target)
    right = brute_force(matrix, query, limit, rows, sorted(dead))
    assert len(found.rows) == len(right)  # no filter starves it
    assert set(found.rows.tolist()) <= set(brute_force(matrix, query, COUNT, rows, sorted(dead)))
    assert (found.scores == index.score(query[None], found.rows)[0]).all()
    assert found.rows.tolist() == [row for _, row in sorted(zip(-found.scores, found.rows.tolist(), strict=True))]
    if target == 1 or len(right) < limit:
        assert set(found.rows.tolist()) == set(right)


@CALM
@given(
    count=st.sampled_from([1, 2, 70]), limit=st.sampled_from([1, 10, 300]), exact=st.booleans(), filtered=st.booleans()
)
def test_many_questions_at_once_find_what_each_finds_alone(parts, count, limit, exact, filtered):
    index = arm.Vectors(parts, np.array([8, 2_500], np.int64))
    asked, allowed = questions(count), np.arange(0, 4_000, 2) if filtered else None
    target = 1.0 if exact else 0.9
    together = index.search_many(asked, limit, allowed, target)
    for query, found in zip(asked, together, strict=True):
        alone = index.search(query, limit, allowed, target)
        assert found.rows.tolist() == alone.rows.tolist()
        assert (found.scores == alone.scores).all()


def test_a_row_in_two_segments_has_the_vector_of_the_newer(parts, matrix, tmp_path):
    query = questions(1)[0]
    moved = arm.Vectors(parts, NONE_DEAD).search(query, 1).rows
    segments.write_segment(tmp_path, "4", [Part(moved, -query[None])])
    index = arm.Vectors([*parts, segments.open_segment(tmp_path, "4", DIM)], NONE_DEAD)
    assert moved[0] not in index.search(query, 100).rows
    assert index.search(-query, 1).rows.tolist() == moved.tolist()


def test_of_more_vectors_than_may_stay_in_memory_small_segments_may(matrix, monkeypatch, tmp_path):
    for name, start, stop in (("1", 0, 2_000), ("2", 2_000, 2_100)):
        segments.write_segment(tmp_path, name, [Part(ROWS[start:stop], matrix[start:stop])])
    row = 2 * DIM

    def in_memory(mapped, small):
        monkeypatch.setattr(segments, "MAPPED", mapped * row)
        monkeypatch.setattr(segments, "SMALL", small * row)
        return [segment.file is None for segment in segments.open_segments(tmp_path, ["1", "2"], DIM)]

    assert in_memory(3_000, 0) == [True, True]
    assert in_memory(2_050, 100) == [False, True]
    assert in_memory(2_050, 99) == [False, False]


def test_rows_of_a_large_file_are_read_one_by_one(parts, matrix, monkeypatch, tmp_path):
    monkeypatch.setattr(segments, "MAPPED", 0)
    segments.write_segment(tmp_path, "1", [Part(ROWS, matrix)])
    large = segments.open_segment(tmp_path, "1", DIM)
    at = np.array([7, 0, COUNT - 1, 7])
    assert (large.file is not None) == hasattr(segments.os, "pread")
    assert (large.read(at) == matrix.astype(np.float16)[at]).all()
    assert large.read(at[:0]).shape == (0, DIM)


def test_estimates_of_a_mean_far_from_zero_follow_the_products():
    """Models put all texts to one side; without the mean most bits would be the same in all codes."""
    far = unit(passages(2_000) + 2)
    made = codes.encode(far.astype(np.float16))
    assert 0.4 < np.unpackbits(made.bits).mean() < 0.6
    query = unit(questions(1)[0] + 1)
    asked = codes.ask(made.frame, query)
    assert np.corrcoef(codes.by_planes(made.bits, asked), far @ query)[0, 1] > 0.8
    signs = codes.by_signs(made.bits, asked)
    first = asked.base + asked.scale * (2 * signs - DIM)
    assert np.corrcoef(first, far @ query)[0, 1] > 0.6
    assert np.abs(first - codes.by_planes(made.bits, asked)).mean() < 0.1


@pytest.mark.parametrize("dim", [3, 8, 61])
def test_planes_add_up_to_the_question(dim):
    """sum of weights * (dim - 2 * differing bits) is the product of signs with the question's rounded distances."""
    draw = np.random.default_rng(4)
    frame = np.stack([draw.normal(size=dim), draw.uniform(0.5, 1, dim)]).astype(np.float32)
    stored, query = draw.normal(size=(50, dim)).astype(np.float32), draw.normal(size=dim).astype(np.float32)
    bits = np.packbits(stored > frame[0], axis=1)
    asked = codes.ask(frame, query)
    signs = np.where(stored > frame[0], 1, -1)
    exact = frame[0] @ query + signs @ (frame[1] * (query - frame[0]))
    step = np.abs(frame[1] * (query - frame[0])).max() / 15
    assert np.abs(codes.by_planes(bits, asked) - exact).max() <= dim * step * 1.001
    own = np.where(frame[1] * (query - frame[0]) > 0, 1, -1)
    assert codes.by_signs(bits, asked).tolist() == (signs == own).sum(axis=1).tolist()


def test_depths_hold_the_share_that_is_asked_for():
    made = codes.Codes(
        np.empty((0, 1), np.uint8), np.empty((2, 8), np.float32), np.array([(n, 5) for n in range(1, 101)])
    )
    assert made.depth(0.9) == (95, 5)
    assert made.depth(1.0) == (100, 5)
    assert made.depth(0.0) == (50, 5)


def test_of_rows_that_are_nearly_the_same_any_will_do():
    """Which of four hundred are the nearest ten, the last digits say, and no codes: by identity all had to be kept."""
    draw = np.random.default_rng(6)
    topics = np.repeat(passages(5), 400, axis=0)
    first, second = codes.encode(unit(topics + 1e-3 * draw.normal(size=topics.shape))).depth(0.98)
    assert max(first, second) <= 40


def test_few_vectors_have_codes_too():
    for count in (1, 2, 7, 30):
        made = codes.encode(passages(count).astype(np.float16))
        assert made.bits.shape == (count, DIM // 8)
        assert ((made.ranks >= 1) & (made.ranks <= count)).all()


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, -np.inf]) | st.floats(-1, 1, width=32), max_size=300), st.data())
def test_the_highest_are_those_of_the_sorted_and_their_ties(scores, data):
    scores = np.array(scores, np.float32)
    n = data.draw(st.integers(1, len(scores) + 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "SAMPLED", 16)
        patch.setattr(nearest, "SPARE", 2)
        found = nearest.highest(scores, n)
    finite = np.sort(scores[scores > -np.inf])
    least = finite[-n] if n <= len(finite) else -1
    assert found.tolist() == [at for at, score in enumerate(scores) if score >= least]


@pytest.mark.parametrize("kind", ["codes", "frame", "ranks"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "other type", "other shape", "number"])
def test_codes_that_do_not_fit_the_rows_are_refused(monkeypatch, tmp_path, kind, damage):
    monkeypatch.setattr(segments, "CODED_ROWS", 10)
    segments.write_segment(tmp_path, "1", [Part(np.arange(20), passages(20))])
    path = tmp_path / f"1.{kind}.npy"
    array = np.load(path)
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        np.save(
            path, {"other type": array.astype(np.float64), "other shape": array[:, 1:], "number": array[0, 0]}[damage]
        )
    if (kind, damage) == ("codes", "missing"):  # as before there were codes
        assert segments.open_segment(tmp_path, "1", DIM).codes is None
        return
    with pytest.raises(IndexCorrupt, match=rf"1\.{kind}\.npy"):
        segments.open_segment(tmp_path, "1", DIM)


def test_comparing_leaves_what_everybody_shares_alone():
    """simsimd with `out` gives back a reference to None that it never took, until there is none left."""
    bits = np.zeros((3, 8), np.uint8)
    before = sys.getrefcount(None)
    for _ in range(1_000):
        codes.differing(bits, bits[:1])
    assert abs(sys.getrefcount(None) - before) < 500
