"""Word pieces in an index: kept in step with the passages, made up for where they are missing, checked."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit import Document, Index, IndexCorrupt, rebuild
from searchkit.storage import store
from tests.test_formats import FIXTURES
from tests.worlds import NEWS, WordHashEmbedder, WordPieceEmbedder

OLD = [path for path in FIXTURES if path.name.startswith("index-format-1-")]
QUESTION = "What did analysts say about Vietnam?"


@pytest.fixture
def embedder():
    return WordPieceEmbedder()


def held(index: Index) -> dict[str, list[int]] | None:
    """Return the word pieces of every passage, as the files have them; None if they are not known."""
    with store.opened(index.path) as snapshot:
        rows = snapshot.catalog.passages.rows()
        pieces = snapshot.vectors.pieces(rows)
        ids = snapshot.catalog.passages.ids(rows.tolist())
    if pieces is None:
        return None
    lists = np.split(pieces.values, pieces.ends[:-1]) if len(rows) else []
    return {ids[row]: part.tolist() for row, part in zip(rows.tolist(), lists, strict=True)}


def due(index: Index) -> dict[str, list[int]]:
    """Return the word pieces that every passage ought to have."""
    passages = [passage for doc_id in index.documents() for passage in index.passages(doc_id)]
    found = WordPieceEmbedder().pieces([passage.embedded_text for passage in passages])
    return {passage.id: pieces.tolist() for passage, pieces in zip(passages, found, strict=True)}


def stages_of(index: Index) -> set[str]:
    return set(index.search(QUESTION, explain=True).explain["stages"])


def lose_pieces(index: Index) -> None:
    for name in ("pieces", "ends"):
        for file in (index.path / "vectors").glob(f"*.{name}.npy"):
            file.unlink()


def test_every_passage_has_the_pieces_of_its_title_and_text(news):
    assert held(news) == due(news)
    assert all(held(news).values())
    assert "pieces" in stages_of(news)


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "add", "remove", "compact", "rebuild"]), st.integers(0, 3), st.integers(0, 9)),
    min_size=2,
    max_size=5,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_pieces_stay_in_step_through_any_sequence_of_edits(tmp_path_factory, embedder, steps):
    with Index.create(tmp_path_factory.mktemp("edits") / "index", embedder=embedder) as index:
        for step, number, words in steps:
            if step == "add":
                index.add(
                    [Document(str(number), f"Report {number}.\n\n{'coffee and tea ' * words}is {words}.", "Drinks")]
                )
            elif step == "remove":
                index.remove(str(number))
            else:
                getattr(index, step)()
            assert held(index) == due(index)
        assert index.verify().problems == ()


def test_segments_that_are_merged_keep_their_pieces(empty):
    for number in range(9):
        empty.add([Document(str(number), f"Report {number} on coffee, of {'many ' * number}words.")])
    assert len(list((empty.path / "vectors").glob("*.ends.npy"))) < 9
    assert held(empty) == due(empty)


def test_an_export_comes_back_with_its_pieces(news, tmp_path):
    news.export(tmp_path / "news.zip")
    with Index.import_(tmp_path / "news.zip", tmp_path / "copy", embedder=WordPieceEmbedder()) as copy:
        assert held(copy) == due(news)


def test_a_model_that_tells_no_pieces_has_none_and_answers(tmp_path):
    with Index.create(tmp_path / "index", embedder=WordHashEmbedder()) as index:
        index.add(NEWS)
        index.remove("manila")
        index.compact()
        assert held(index) is None
        assert index.search(QUESTION)[0].passage.id == "hanoi#0"
        assert "pieces" not in stages_of(index)
        assert index.verify().ok


@pytest.mark.parametrize(
    "write",
    [
        lambda index: index.add([Document("tea", "Tea is steamed.")]),
        lambda index: index.add([]),
        lambda index: index.remove("manila"),
        lambda index: index.rebuild(),
    ],
    ids=["add", "add nothing", "remove", "rebuild"],
)
def test_an_index_without_pieces_answers_and_gets_them_by_the_next_write(tmp_path, write):
    with Index.create(tmp_path / "index", embedder=WordHashEmbedder()) as index:
        index.add(NEWS[:1])
        index.add(NEWS[1:])
    embedder = WordPieceEmbedder()
    with Index.open(tmp_path / "index", embedder=embedder) as index:
        assert index.search(QUESTION)[0].passage.id == "hanoi#0"
        assert "pieces" not in stages_of(index)
        write(index)
        assert held(index) == due(index)
        assert "pieces" in stages_of(index)
        assert index.verify().problems == ()
    assert [text for text in embedder.embedded if "Tea" not in text] == []  # vectors are as they were


def test_an_index_that_lost_its_pieces_says_so_answers_and_is_mended_by_rebuild(news):
    before = [hit.passage.id for hit in news.search(QUESTION)]
    news.close()
    lose_pieces(news)
    with Index.open(news.path, embedder=WordPieceEmbedder()) as index:
        assert index.search(QUESTION)[0].passage.id == before[0]
        assert sum(".npy is missing" in problem for problem in index.verify().problems) == 2
        index.rebuild()
        assert held(index) == due(index)
        assert [hit.passage.id for hit in index.search(QUESTION)] == before
        assert index.verify().ok


@pytest.mark.parametrize("fixture", OLD, ids=lambda path: path.name)
def test_an_index_of_format_1_answers_without_pieces_and_gets_them(fixture, tmp_path):
    shutil.copytree(fixture, tmp_path / "index")
    with Index.open(tmp_path / "index", embedder=WordPieceEmbedder()) as index:
        assert held(index) is None
        assert index.search(QUESTION)[0].passage.id == "hanoi#0"
        index.add([])
        assert held(index) == due(index)
        assert index.status()["format"] == store.FORMAT
        assert index.verify().problems == ()


@pytest.mark.parametrize("part", ["pieces", "ends"])
def test_a_changed_file_of_pieces_is_named_by_verify_and_mended_by_rebuild(news, part):
    (file,) = (news.path / "vectors").glob(f"*.{part}.npy")
    content = bytearray(file.read_bytes())
    content[-2 if part == "pieces" else -8] ^= 1  # of the last piece; of the last end, which then leads beyond
    file.write_bytes(content)
    assert any(file.name in problem and "was changed" in problem for problem in news.verify().problems)
    news.close()
    rebuild(news.path, embedder=WordPieceEmbedder())
    with Index.open(news.path, embedder=WordPieceEmbedder()) as again:
        assert again.verify().ok
        assert held(again) == due(again)


def test_ends_that_lead_beyond_the_pieces_are_refused(news):
    news.close()
    (file,) = (news.path / "vectors").glob("*.ends.npy")
    np.save(file, np.load(file) + 1)
    with pytest.raises(IndexCorrupt, match=r"pieces\.npy does not hold"):
        Index.open(news.path)


def test_pieces_beyond_the_vocabulary_are_damage_not_a_bug(tmp_path):
    with Index.create(tmp_path / "index") as index:
        index.add([Document("a", "Coffee is dear."), Document("b", "Tea is cheap.")])
        (file,) = (index.path / "vectors").glob("*.pieces.npy")
        values = np.load(file)
        np.save(file, np.full_like(values, np.iinfo(values.dtype).max))
    with Index.open(tmp_path / "index") as index, pytest.raises(IndexCorrupt, match="searchkit rebuild"):
        index.search("coffee")
