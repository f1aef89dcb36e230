"""What a session took is known whether it is committed or not, and costs little memory."""

import pytest

from searchkit import Document, Index
from searchkit.indexing import folder_stock, taken
from searchkit.indexing.taken import Ids

IDS = [f"d{number}" for number in range(7)]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(taken, "CHUNK", 3)
    monkeypatch.setattr(folder_stock, "BATCH_PASSAGES", 2)


def packed(ids):
    found = Ids()
    for each in ids:
        found.append(each)
    return found


@pytest.mark.usefixtures("small")
def test_packed_ids_are_the_sequence_that_they_were():
    ids = packed(IDS)
    assert (len(ids), list(ids), ids[0], ids[5], ids[-1]) == (7, IDS, "d0", "d5", "d6")
    assert ids[1:6:2] == ["d1", "d3", "d5"]
    assert ids == tuple(IDS)
    assert ids != tuple(reversed(IDS))
    assert "d4" in ids
    assert repr(ids) == "Ids('d0', 'd1', 'd2', and 4 more)"
    with pytest.raises(IndexError):
        ids[7]
    assert packed(IDS[:2]).settled() == ("d0", "d1")
    assert ids.settled() is ids


@pytest.mark.usefixtures("small")
def test_an_id_that_comes_twice_is_refused_before_and_after_a_commit(tmp_path):
    """Of five documents the first four are committed when the others come."""
    documents = [Document(doc_id, f"Tea {doc_id}.") for doc_id in IDS[:5]]
    with Index.create(tmp_path / "index", embedder="none") as index:
        report = index.add([*documents, Document("d0", "Again."), Document("d4", "Again.")])
        assert report.added == tuple(IDS[:5])
        assert [failure.source for failure in report.failed] == ["d0", "d4"]
        assert report.to_dict()["added"] == IDS[:5]
        again = index.add([*documents, Document("d1", "Again.")])
        assert (again.kept, [failure.source for failure in again.failed]) == (5, ["d1"])


@pytest.mark.usefixtures("small")
def test_what_a_file_holds_no_more_goes_though_the_rest_was_committed_before(tmp_path):
    lines = [f'{{"id": "{doc_id}", "text": "Tea {doc_id}."}}' for doc_id in IDS]
    source = tmp_path / "tea.jsonl"
    source.write_text("\n".join(lines))
    with Index.create(tmp_path / "index", embedder="none") as index:
        assert len(index.sync(source).added) == 7
        source.write_text("\n".join([*lines[:5], '{"id": "new", "text": "New."}']))
        report = index.sync(source)
        assert (report.added, report.kept, report.removed) == (("new",), 5, ("d5", "d6"))
