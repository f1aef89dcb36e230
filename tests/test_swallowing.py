"""Which segments of vectors become one with new rows: see `store.Writer.write_vectors`."""

import numpy as np
import pytest

from searchkit.storage import store
from searchkit.storage.store import FEW_ROWS, SWALLOWED_FEW
from searchkit.storage.vectors.segments import DTYPE, Part
from tests.worlds import DIM


def written(path, *counts):
    """Write so many rows one after the other; return the rows of each segment."""
    row = 0
    with store.writing(path) as writer:
        for count in counts:
            writer.begin()
            rows, row = np.arange(row, row + count), row + count
            writer.write_vectors([Part(rows, np.eye(1, DIM, dtype=DTYPE).repeat(count, axis=0))])
            writer.commit()
        return list(writer.catalog.parts.segments().values())


@pytest.mark.parametrize(
    ("counts", "left"),
    [
        ((640, 10), [650]),
        ((641, 10), [641, 10]),
        ((FEW_ROWS, FEW_ROWS // SWALLOWED_FEW), [FEW_ROWS + FEW_ROWS // SWALLOWED_FEW]),
        ((FEW_ROWS + 1, FEW_ROWS // SWALLOWED_FEW), [FEW_ROWS + 1, FEW_ROWS // SWALLOWED_FEW]),
        ((FEW_ROWS + 2, FEW_ROWS // 2 + 1), [FEW_ROWS + FEW_ROWS // 2 + 3]),
        ((641, 10, 1, 1), [652, 1]),
    ],
)
def test_what_is_not_many_times_as_large_is_written_again_with_new_rows(empty, counts, left):
    assert written(empty.path, *counts) == left
