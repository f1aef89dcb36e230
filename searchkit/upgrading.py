"""The model's own vectors for passages that a question finds, computed while it waits, and kept."""

from __future__ import annotations

import contextlib
import time

import numpy as np

from searchkit.derive import embedded_texts
from searchkit.embedders.checks import passage_vectors
from searchkit.embedding import chunks
from searchkit.journal import reached
from searchkit.snapshot import Snapshot
from searchkit.threads import cores
from searchkit.types import Embedder, Rows

MOST = 50_000  # vectors kept in memory


def upgraded(snapshot: Snapshot, embedder: Embedder, rows: Rows, seconds: float | None = None) -> tuple[Snapshot, int]:
    """Return the snapshot with the model's own vectors for those of the rows that have drafts, and how many these are.

    The first rows come first, as many as the time allows; without a limit, all do. Vectors are kept: in memory for
    later questions, where they count only if these ask for an upgrade too, so that an answer never depends on what was
    asked before; and in a journal, for `improve`.
    """
    drafts = rows[snapshot.vectors.drafts(rows)]
    missing = np.array([row for row in drafts.tolist() if row not in snapshot.computed], np.int64)
    end = None if seconds is None else time.monotonic() + seconds
    for chunk in chunks(missing, len(missing) if end is None else cores()):
        if end is not None and time.monotonic() >= end:
            break
        _compute(snapshot, embedder, chunk)
    found = {row: snapshot.computed[row] for row in np.sort(drafts).tolist() if row in snapshot.computed}
    if not found:
        return snapshot, 0
    return snapshot.upgraded(np.array(list(found), np.int64), np.stack(list(found.values()))), len(found)


def _compute(snapshot: Snapshot, embedder: Embedder, rows: Rows) -> None:
    with snapshot.lock:
        texts = embedded_texts(snapshot.catalog, rows)
        digests = snapshot.catalog.digests(rows.tolist())
    matrix = passage_vectors(embedder, texts)
    with snapshot.lock:
        snapshot.computed.update(zip(rows.tolist(), matrix.astype(np.float32), strict=True))
        for row in list(snapshot.computed)[: max(0, len(snapshot.computed) - MOST)]:
            snapshot.computed.pop(row, None)
        with contextlib.suppress(OSError):  # an index that cannot be written is searched all the same
            journal = reached(snapshot.path / "vectors", embedder.digest, embedder.dim)
            journal.append([digests[row] for row in rows.tolist()], matrix)
