"""Those who watch a cluster fail know right from wrong."""

from searchkit import Document, Index
from tests.cluster.actors import LENGTHS, OVER, Notes, fault_of, moving, noted, repeat
from tests.worlds import WordHashEmbedder


def test_what_is_not_clear_counts_as_wrong(tmp_path):
    def stumble():
        (tmp_path / OVER).touch()
        raise ValueError("no clear error")

    repeat(stumble, tmp_path, Notes(tmp_path / "read1.jsonl"))
    assert [(kind, "no clear error" in about) for kind, _, about in noted(tmp_path)] == [("wrong", True)]


def test_an_acknowledged_document_is_to_be_found_whole_and_not_in_an_older_version(tmp_path):
    with Index.create(tmp_path / "index", embedder=WordHashEmbedder(), **LENGTHS) as index:
        index.add([moving((1, 0), 2), moving((1, 1), 1), moving((1, 2), 1)])
        assert fault_of(index, (1, 0), 1) is None
        assert fault_of(index, (1, 0), 2) is None
        assert "was in with version 3; a search found versions [2]" in fault_of(index, (1, 0), 3)
        assert "found versions [] in 0 hits" in fault_of(index, (1, 7), 1)
        first, second, _ = moving((1, 1), 1).text.split("\n\n")
        index.add([Document("w1-1", f"{first}\n\n{second}"), Document("w1-2", f"{first}\n\n{moving((1, 2), 2).text}")])
        assert "found a part of version 1" in fault_of(index, (1, 1), 1)
