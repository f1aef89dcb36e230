import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.text import minhash
from searchkit.text.minhash import BANDS, DTYPE, PERMUTATIONS, SHINGLE, THRESHOLD, bands
from searchkit.text.minhash import similarity as similarity_of


def terms(text):
    return text.split()


def signatures(texts_terms):
    return minhash.signatures([" ".join(each) for each in texts_terms])


def plain_signature(terms):
    """Return the signature as its definition has it, term by term."""
    base, most = minhash._BASE, 2**64
    padded = [sum((ord(c) + 1) * base**n for n, c in enumerate(term)) for term in terms]
    padded += [0] * (SHINGLE - len(terms))
    places = minhash._PLACES.tolist()
    sums = [
        sum(term * place for term, place in zip(padded[n:], places, strict=False)) % most
        for n in range(len(padded) - SHINGLE + 1)
    ]
    shingles = minhash._mix(np.array(sums, np.uint64)) >> np.uint64(32)
    permuted = (shingles.astype(np.uint32)[:, None] ^ minhash._MASKS) * minhash._FACTORS
    return permuted.min(axis=0).astype(DTYPE)


STORY = terms(
    "Vietnam's economy grew faster than expected in the second quarter as exports of electronics and textiles "
    "recovered, the statistics office said on Saturday, though analysts warned that weak demand from Europe and "
    "power shortages in the north could slow factories later this year"
)
REWORDED = terms(
    "Vietnam's economy grew faster than expected in the second quarter as exports of electronics and textiles "
    "recovered, the statistics office said on Sunday, though economists warned that weak demand from Europe and "
    "power shortages in the north could slow factories later this year"
)
SAME_TOPIC = terms(
    "Exports from Vietnam rose in the second quarter and the economy grew by nearly seven percent, but analysts said "
    "that factories in the north still suffer from power shortages and that orders from Europe remain weak"
)


# Written down once: indexes on disk hold such values, so a change here needs a new index format.
PINNED_SIGNATURES = [[4, 117], [211, 114]]
PINNED_BANDS = [930211905, 845902987]


def similarity(left, right):
    one, two = signatures([left, right])
    return float(similarity_of(one, two))


def shingles(words):
    return {tuple(words[n : n + 3]) for n in range(max(1, len(words) - 2))}


def test_lightly_reworded_story_is_a_near_duplicate():
    assert similarity(STORY, REWORDED) >= THRESHOLD


def test_other_story_on_the_same_topic_is_none():
    assert similarity(STORY, SAME_TOPIC) < 0.2


def test_reworded_story_shares_a_band_and_another_story_none():
    story, reworded, other = bands(signatures([STORY, REWORDED, SAME_TOPIC])).tolist()
    assert set(story) & set(reworded)
    assert not set(story) & set(other)


def test_same_terms_have_the_same_signature_wherever_they_stand():
    alone = signatures([STORY])[0]
    among = signatures([["a"], [], STORY, SAME_TOPIC, STORY])
    assert np.array_equal(among[2], alone)
    assert np.array_equal(among[4], alone)


def test_signature_does_not_depend_on_the_batch():
    texts = [[f"word{(n * place) % 97}" for place in range(60)] for n in range(2000)]  # three batches
    assert len(minhash._batches([" ".join(each) for each in texts])) == 3
    assert np.array_equal(signatures(texts)[1990:], signatures(texts[1990:]))


def test_estimate_is_close_to_the_true_similarity():
    left = [f"a{n}" for n in range(100)]
    for kept in range(0, 101, 20):
        right = left[:kept] + [f"b{n}" for n in range(100 - kept)]
        true = len(shingles(left) & shingles(right)) / len(shingles(left) | shingles(right))
        assert similarity(left, right) == pytest.approx(true, abs=0.19)  # three standard errors


def test_texts_shorter_than_a_shingle_are_compared_whole():
    assert similarity(["stock", "prices"], ["stock", "prices"]) == 1
    assert similarity(["stock", "prices"], ["prices", "stock"]) < 0.1
    assert similarity(["stock"], ["stock", "prices"]) < 0.1
    assert similarity(["stock"], []) < 0.1


def test_terms_are_not_confused_by_where_they_are_cut():
    assert similarity(["ab", "c", "d"], ["a", "bc", "d"]) < 0.1
    assert similarity(["a\0", "b", "c"], ["a", "b", "c"]) < 0.1


def test_no_texts_and_empty_texts_have_signatures():
    assert signatures([]).shape == (0, PERMUTATIONS)
    assert bands(signatures([])).shape == (0, BANDS)
    assert similarity([], []) == 1


def test_shapes_and_types_are_as_promised():
    rows = signatures([STORY, SAME_TOPIC])
    assert (rows.shape, rows.dtype) == ((2, PERMUTATIONS), DTYPE)
    assert (bands(rows).shape, bands(rows).dtype) == ((2, BANDS), np.int64)
    assert similarity_of(rows, rows[0]).tolist()[0] == 1


def test_bands_of_one_text_differ():
    assert len(set(bands(signatures([STORY]))[0].tolist())) == BANDS


def test_stored_values_stay_valid():
    rows = signatures([["stock", "prices", "fell"], ["数", "字"]])
    assert rows[:, :2].tolist() == PINNED_SIGNATURES
    assert bands(rows)[:, 0].tolist() == PINNED_BANDS


def test_hashes_are_the_same_in_another_process():
    code = "from searchkit.text.minhash import *; print(bands(signatures(['stock prices fell']))[0].tolist())"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == str(bands(signatures([["stock", "prices", "fell"]]))[0].tolist())


TERMS = st.lists(st.text(max_size=4), max_size=12)


@given(st.lists(TERMS, max_size=6))
def test_any_terms_have_a_signature_that_only_they_decide(texts):
    together = signatures(texts)
    assert all(np.array_equal(row, signatures([text])[0]) for row, text in zip(together, texts, strict=True))


@given(
    st.lists(st.lists(st.text("ab數\0é", min_size=1, max_size=4), max_size=6), min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_signatures_are_those_of_the_definition(texts, spaces):
    found = minhash.signatures([(" " * spaces).join(["", *each, ""]) for each in texts])
    assert found.tolist() == [plain_signature(each).tolist() for each in texts]
