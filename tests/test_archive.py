"""An export and its import hold a chunk at a time, and one that is damaged leaves no index behind."""

import tracemalloc
import zipfile
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from searchkit import Document, DocumentError, EmbedderMismatch, Index, IndexCorrupt, StorageError
from searchkit.indexing.archive import Archive, VectorFile
from searchkit.storage import store
from tests.worlds import NEWS, OtherEmbedder, WordHashEmbedder

DIM = 2_048


class WideEmbedder(WordHashEmbedder):
    """The same model with vectors that outweigh everything else: 4 kB each."""

    name = digest = "wide"
    dim = DIM

    def embed_passages(self, texts):
        return np.pad(super().embed_passages(texts), ((0, 0), (0, DIM - WordHashEmbedder.dim)))


def wide(path, count):
    """Return an archive of so many documents of a passage each.

    Their words are letters alone: names such as number17 would fill the caches of other writings, which have a bound
    of their own.
    """
    letters = str.maketrans("0123456789", "abcdefghij")
    with Index.create(path / f"index{count}", embedder=WideEmbedder()) as index:
        index.add([Document(f"d{number}", f"number{number} storm".translate(letters)) for number in range(count)])
        index.export(path / f"{count}.zip")
    return path / f"{count}.zip"


def imported(source, path, model):
    Index.import_(source, path, embedder=model).close()


def peak(work):
    """Return the most memory that Python objects and arrays took while `work` ran."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def altered(source, target, changes):
    """Copy an archive with other contents for some of its files; None leaves a file out."""
    with zipfile.ZipFile(source) as read, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for name in read.namelist():
            change = changes.get(name, lambda content: content)
            if change is not None:
                written.writestr(name, change(read.read(name)))
    return target


@pytest.fixture
def exported(news, tmp_path):
    news.export(tmp_path / "news.zip")
    return tmp_path / "news.zip"


def test_memory_does_not_grow_with_the_number_of_vectors(tmp_path, monkeypatch):
    sizes = dict.fromkeys(("indexing.archive.CHUNK", "indexing.embedding.DRAFT_CHUNK", "indexing.embedding.CHUNK"), 16)
    sizes |= {
        "storage.vectors.segments.BLOCK": 16,
        "indexing.folder_stock.BATCH_PASSAGES": 50,
        "indexing.jobs.CHUNK": 500,
    }
    for name, size in sizes.items():
        monkeypatch.setattr(f"searchkit.{name}", size)
    few, many = 60, 600
    peaks = {}
    for count in (few, many):
        source = wide(tmp_path, count)
        model = WideEmbedder()
        with Index.open(tmp_path / f"index{count}", embedder=model) as index:
            exporting = peak(lambda: index.export(tmp_path / "again.zip"))
        importing = peak(partial(imported, source, tmp_path / f"copy{count}", model))
        assert model.embedded == []
        peaks[count] = exporting, importing
    added = (many - few) * DIM * np.dtype(np.float16).itemsize
    assert peaks[many][0] - peaks[few][0] < added / 10
    assert peaks[many][1] - peaks[few][1] < added / 5


def test_documents_are_read_one_by_one(exported, tmp_path):
    broken = altered(exported, tmp_path / "broken.zip", {"documents.jsonl": lambda lines: lines + b"{\n"})
    documents = Archive(broken).documents()
    assert [next(documents).id for _ in NEWS] == [document.id for document in NEWS]
    with pytest.raises(IndexCorrupt, match=r"broken\.zip: line 4 of documents\.jsonl is damaged"):
        next(documents)


def test_vectors_are_found_by_the_whole_digest(tmp_path):
    digests = np.zeros((4, 16), np.uint8)
    digests[:, 15] = [3, 1, 2, 9]  # they begin with the same bytes
    vectors = np.arange(8).reshape(4, 2)
    with (tmp_path / "given").open("w+b", buffering=0) as file:
        found = VectorFile(file, iter([digests[:3], digests[3:]]), iter([vectors[:3], vectors[3:]]))
        asked = [digests[2].tobytes(), b"x" * 16, digests[0].tobytes()]
        assert {digest[15]: vector.tolist() for digest, vector in found.find(asked).items()} == {2: [4, 5], 3: [0, 1]}
        assert found.find([]) == {}


def test_an_archive_without_vectors_of_the_model_is_filled_up(exported, tmp_path):
    model = WordHashEmbedder()
    empty = {"digests.npy": header((0, 16), "|u1"), "vectors.npy": header((0, model.dim), "<f2")}
    bare = altered(exported, tmp_path / "bare.zip", {name: lambda _, new=new: new for name, new in empty.items()})
    with Index.import_(bare, tmp_path / "copy", embedder=model) as copy:
        assert copy.status()["vectors"] == len(model.embedded) == 5


def test_another_model_embeds_anew_and_none_leaves_keywords(exported, tmp_path):
    other = OtherEmbedder()
    with Index.import_(exported, tmp_path / "other", embedder=other) as copy:
        assert copy.settings.embedder == "other"
        assert len(other.embedded) == 5
    with Index.import_(exported, tmp_path / "none", embedder="none") as copy:
        assert copy.search("Vietnam").mode == "keyword"


def test_what_was_fitted_to_judgments_comes_along(news, embedder, tmp_path):
    ranking = {"fusion": "rrf", "weights": {"keyword": 1.0, "vector": 2.0}}
    with store.writing(news.path) as writer:
        writer.begin()
        writer.set_settings(replace(writer.settings, ranking=ranking))
        writer.commit()
    news.reload()
    news.export(tmp_path / "news.zip")
    with Index.import_(tmp_path / "news.zip", tmp_path / "copy", embedder=embedder) as copy:
        assert copy.settings.ranking == ranking


def test_a_model_that_cannot_be_looked_up_must_be_given(exported, tmp_path):
    with pytest.raises(EmbedderMismatch, match=r"news\.zip needs its model"):
        Index.import_(exported, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def header(shape, dtype):
    described = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(described).to_bytes(2, "little") + described


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("documents.jsonl", lambda content: content[:-9]),
        ("documents.jsonl", lambda content: content + b'["a", "list"]\n'),
        ("documents.jsonl", lambda content: content + b'{"id": "a", "marks": 5}\n'),
        ("documents.jsonl", lambda content: content + b"\xff\n"),
        ("documents.jsonl", None),
        ("digests.npy", None),
        ("digests.npy", lambda content: content[:-16]),
        ("digests.npy", lambda _: header((10**12, 16), "|u1")),
        ("digests.npy", lambda _: header((5,), "|u1")),
        ("vectors.npy", None),
        ("vectors.npy", lambda content: content[:-1]),
        ("vectors.npy", lambda content: content + b"more"),
        ("vectors.npy", lambda _: header((5, 64), "|O")),
        ("vectors.npy", lambda _: header((4, 64), "<f2") + bytes(4 * 128)),
        ("vectors.npy", lambda _: b"no array"),
    ],
)
def test_a_damaged_archive_is_named_and_leaves_no_index(exported, tmp_path, embedder, name, change):
    broken = altered(exported, tmp_path / "broken.zip", {name: change})
    with pytest.raises(IndexCorrupt, match=r"broken\.zip"):
        Index.import_(broken, tmp_path / "copy", embedder=embedder)
    assert not (tmp_path / "copy").exists()
    with Index.import_(exported, tmp_path / "copy", embedder=embedder) as copy:
        assert copy.verify().ok


def test_an_archive_is_refused_wherever_it_was_cut_off_or_changed(exported, tmp_path, embedder):
    content = exported.read_bytes()
    broken = tmp_path / "broken.zip"
    for place in range(0, len(content), len(content) // 25):
        broken.write_bytes(content[:place])
        with pytest.raises(IndexCorrupt, match=r"broken\.zip"):
            Index.import_(broken, tmp_path / "copy", embedder=embedder)
    with zipfile.ZipFile(exported) as read:
        starts = [read.getinfo(name).header_offset for name in ("documents.jsonl", "digests.npy", "vectors.npy")]
    for start in starts:
        place = start + 100
        broken.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        with pytest.raises(IndexCorrupt, match=r"broken\.zip"):
            Index.import_(broken, tmp_path / "copy", embedder=embedder)
    assert not (tmp_path / "copy").exists()


def test_documents_that_cannot_be_taken_leave_no_index(exported, tmp_path, embedder):
    twice = altered(exported, tmp_path / "twice.zip", {"documents.jsonl": lambda lines: lines + lines})
    with pytest.raises(DocumentError, match="3 documents cannot be taken; nothing was imported"):
        Index.import_(twice, tmp_path / "copy", embedder=embedder)
    assert not (tmp_path / "copy").exists()


def test_a_model_that_fails_leaves_no_index(exported, tmp_path):
    class Failing(OtherEmbedder):
        def embed_passages(self, _):
            raise RuntimeError("no more memory on the device")

    with pytest.raises(RuntimeError, match="device"):
        Index.import_(exported, tmp_path / "copy", embedder=Failing())
    Index.import_(exported, tmp_path / "copy", embedder=OtherEmbedder()).close()


def test_an_archive_that_is_not_there_is_not_called_damaged(tmp_path):
    with pytest.raises(StorageError, match=r"missing\.zip: No such file"):
        Index.import_(tmp_path / "missing.zip", tmp_path / "copy")
