"""Rows that a session removed are found by the digests of their texts as in a dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from searchkit.indexing.buried import Buried

DIGESTS = st.sampled_from([bytes([a, *bytes(13), b, c]) for a in (0, 1, 255) for b in (0, 1) for c in (0, 7)])
PAIRS = st.lists(st.tuples(DIGESTS, st.integers(0, 2**40)), max_size=30)


@given(PAIRS, st.lists(DIGESTS, max_size=8), PAIRS)
def test_each_digest_has_the_row_that_came_last(pairs, wanted, later):
    buried, known = Buried(), {}
    for added in (pairs, later):
        for digest, row in added:
            buried.add(digest, row)
            known[digest] = row
        assert buried.find(wanted) == [(known[digest], digest) for digest in wanted if digest in known]
    assert len(buried) == len(pairs) + len(later)


@given(PAIRS, st.integers(1, 40))
def test_all_come_in_their_order_so_many_at_a_time(pairs, size):
    buried = Buried()
    for digest, row in pairs:
        buried.add(digest, row)
    parts = list(buried.pairs(size))
    assert [(digest, row) for part in parts for row, digest in part] == pairs
    assert all(len(part) == size for part in parts[:-1])
