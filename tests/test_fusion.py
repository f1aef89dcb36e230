import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from searchkit.search import fusion

EQUAL = {"keyword": 1.0, "vector": 1.0}


def scores(**arms: list[float]) -> dict[str, np.ndarray]:
    return {arm: np.array(values, float) for arm, values in arms.items()}


def test_minmax_is_the_mean_of_scores_mapped_to_the_unit_range():
    fused = fusion.minmax(scores(keyword=[10, 5, 0], vector=[0.2, 0.8, 0.5]), EQUAL)
    assert fused == pytest.approx([0.5, 0.75, 0.25])


def test_minmax_weights_are_shares():
    fused = fusion.minmax(scores(keyword=[10, 0], vector=[0, 1]), {"keyword": 3, "vector": 1})
    assert fused == pytest.approx([0.75, 0.25])


def test_zscore_is_the_mean_of_standard_scores():
    fused = fusion.zscore(scores(keyword=[3, 1], vector=[0.5, 0.5]), EQUAL)
    assert fused == pytest.approx([0.5, -0.5])


def test_rrf_adds_reciprocal_ranks_of_the_arms_that_found_the_row():
    fused = fusion.rrf(scores(keyword=[7, 9, 0], vector=[0.9, 0.1, 0.5]), EQUAL)
    assert fused == pytest.approx([1 / 62 + 1 / 61, 1 / 61 + 1 / 63, 1 / 62])


def test_row_found_by_both_arms_beats_row_found_first_by_one_under_rrf():
    fused = fusion.rrf(scores(keyword=[9, 8, 0], vector=[np.nan, 0.8, 0.9]), EQUAL)
    assert fused.argmax() == 1


def test_equal_scores_get_equal_ranks_in_rrf():
    fused = fusion.rrf(scores(keyword=[5, 5, 1]), {"keyword": 1.0})
    assert fused == pytest.approx([1 / 61, 1 / 61, 1 / 63])


@pytest.mark.parametrize("fuse", [fusion.minmax, fusion.zscore])
def test_a_passage_without_a_vector_counts_as_the_least_similar(fuse):
    fused = fuse(scores(keyword=[1, 1, 0], vector=[np.nan, 0.1, 0.9]), EQUAL)
    assert fused[0] == pytest.approx(fused[1])


@pytest.mark.parametrize("fuse", [fusion.minmax, fusion.zscore, fusion.rrf])
def test_an_arm_that_cannot_say_anything_changes_no_order(fuse):
    fused = fuse(scores(keyword=[1, 3, 2], vector=[np.nan] * 3), EQUAL)
    assert np.argsort(-fused).tolist() == [1, 2, 0]


def test_a_lone_match_gets_the_full_score_of_its_arm():
    assert fusion.minmax(scores(keyword=[4.2]), EQUAL) == pytest.approx([1.0])


@given(
    st.sampled_from(sorted(fusion.FUSIONS)),
    hnp.arrays(float, 6, elements=st.floats(0, 50)),
    hnp.arrays(float, 6, elements=st.floats(-1, 1)),
    st.permutations(range(6)),
)
def test_fused_scores_do_not_depend_on_the_order_of_candidates(name, keyword, vector, order):
    fuse = fusion.FUSIONS[name]
    fused = fuse({"keyword": keyword, "vector": vector}, EQUAL)
    shuffled = fuse({"keyword": keyword[order], "vector": vector[order]}, EQUAL)
    assert shuffled == pytest.approx(fused[order], abs=1e-9)


@given(st.sampled_from(sorted(fusion.FUSIONS)), hnp.arrays(float, 6, elements=st.floats(0, 50)))
def test_a_better_score_never_ranks_worse_when_the_arms_agree(name, values):
    fused = fusion.FUSIONS[name]({"keyword": values, "vector": values}, EQUAL)
    order = np.argsort(-values, kind="stable")
    assert (np.diff(fused[order]) <= 1e-9).all()
