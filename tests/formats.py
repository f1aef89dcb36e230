"""Makes tests/data/index-format-N: a small index of the present format, once per format, never again."""

from __future__ import annotations

from pathlib import Path

from searchkit import Index
from searchkit.storage import store
from tests.worlds import NEWS, WordPieceEmbedder

DATA = Path(__file__).parent / "data"


def make(engine: str) -> Path:
    path = DATA / f"index-format-{store.FORMAT}-{engine}"
    if path.exists():
        raise SystemExit(f"{path} exists: an index of a format that was shipped is never made again")
    DATA.mkdir(exist_ok=True)
    with Index.create(path, embedder=WordPieceEmbedder(), engine=engine) as index:
        index.add(NEWS)
        index.remove("manila")
    (path / "writer.lock").unlink()
    for leftover in path.glob("catalog.sqlite-*"):
        leftover.unlink()
    return path


if __name__ == "__main__":
    for name in ("tantivy", "whoosh"):
        print(make(name))
