"""How many candidates codes ask for: as the index has it, and as it is measured now; milliseconds, recall of ten.

Only the vector arm is asked, with the questions' vectors, and all rows of the segments count. Milliseconds are of
processor time, the least of three turns, median of the questions. Recall is told by identity, and by score: who is as
near as the tenth of all, to within `codes.NEAR`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from scripts.benchmarks.engine import read_texts
from searchkit import Index
from searchkit.storage.vectors import codes, segments
from searchkit.storage.vectors.arm import Vectors
from searchkit.storage.vectors.segments import Segment
from searchkit.types import RECALL, FloatMatrix, Ranking

LIMIT = 200  # rows that a question wants of the arm


def asked(parts: Sequence[Segment], queries: FloatMatrix) -> tuple[float, list[Ranking]]:
    """Return the milliseconds of a question, and what each found."""
    arm = Vectors(parts, np.empty(0, np.int64))
    spent, found = [], []
    for query in queries:
        turns = []
        for _ in range(3):
            started = time.process_time()
            ranking = arm.search(query, LIMIT)
            turns.append(time.process_time() - started)
        spent.append(1000 * min(turns))
        found.append(ranking)
    return statistics.median(spent), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path, help="a JSON-lines file with the field text")
    parser.add_argument("--count", type=int, default=30)
    given = parser.parse_args()
    asked = read_texts(given.questions, given.count)
    with Index.open(given.index) as index:
        model = index.embedder
        if model is None:
            raise SystemExit("this index has no vectors")
        queries = np.stack([model.embed_query(text) for text in asked])
        names = sorted(path.name.split(".")[0] for path in Path(given.index, "vectors").glob("*.rows.npy"))
        parts = [segments.open_segment(Path(given.index, "vectors"), name, model.dim) for name in names]
    measured = [part if part.codes is None else replace(part, codes=codes.encode(part.vectors)) for part in parts]
    exact = [Vectors(parts, np.empty(0, np.int64)).search(query, codes.NEAREST, recall=1) for query in queries]
    print("| ranks | candidates by segment | ms | recall by identity | by score |\n|---|---|---|---|---|")
    for way, own in (("of the index", parts), ("measured now", measured)):
        took, found = asked(own, queries)
        pairs = list(zip(exact, found, strict=True))
        same = np.mean([np.isin(right.rows, ranking.rows[: codes.NEAREST]).mean() for right, ranking in pairs])
        near = np.mean(
            [(ranking.scores[: codes.NEAREST] >= right.scores[-1] - codes.NEAR).mean() for right, ranking in pairs]
        )
        depths = ", ".join(f"{part.codes.depth(RECALL)[0]:,}" for part in own if part.codes)
        print(f"| {way} | {depths} | {took:.1f} | {same:.3f} | {near:.3f} |", flush=True)


if __name__ == "__main__":
    main()
