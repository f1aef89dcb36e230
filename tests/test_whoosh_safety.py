"""A Whoosh index is data: opening and searching one that a stranger made runs no code."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import struct
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from searchkit.errors import IndexCorrupt
from searchkit.queries.syntax import Boolean, Fuzzy, Phrase, Prefix, Term
from searchkit.storage import keywords
from searchkit.storage.keywords import Entry
from searchkit.storage.keywords.engine import FieldWeights
from tests.keyword_world import BruteForce, build, passages

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Whoosh is older than some of what Python now warns of
    from whoosh.filedb.filestore import FileStorage
    from whoosh.index import _CURRENT_TOC_VERSION

WHOOSH = keywords.engine("whoosh")
QUERY = Boolean(should=(Term("tea"), Phrase(("green", "tea")), Prefix("gr"), Fuzzy("rice")))


class Exploit:
    """Makes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.marker,)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "exploited"


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A generation with every kind of file: two segments, one of them with a removed passage."""
    bodies = ["green tea", "rice", "green tea and rice"] * 40
    first = build(WHOOSH, tmp_path / "first", passages(*bodies))
    writer = WHOOSH.write(tmp_path / "whole", first)
    writer.remove([0])
    writer.add([Entry(999, "tea", "", "rice", 738_000)])
    writer.commit()
    return tmp_path / "whole"


def use(folder: Path) -> None:
    """Do everything one does with a generation; complaints are fine, code is not."""
    try:
        reader = WHOOSH.read(folder)
        reader.search(QUERY, 10)
        reader.score(QUERY, np.arange(5))
        reader.document_frequency("tea")
    except IndexCorrupt:
        pass
    try:
        writer = WHOOSH.write(folder.parent / "next", folder)
        writer.remove([1])
        writer.add(passages("tea"))
        writer.commit()
    except IndexCorrupt:
        pass


def saved(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([array], dtype=object), allow_pickle=True)
    return file.getvalue()


def crafted(marker: Path) -> Iterator[bytes]:
    """Contents that run code where they are unpickled."""
    payload = pickle.dumps(Exploit(marker), 2)
    yield payload
    yield struct.pack("!i", len(payload)) + payload
    yield saved(Exploit(marker))


def stock_contents(folder: Path, payload: bytes) -> None:
    """Write the table of contents of a stock Whoosh index whose schema is `payload`."""
    file = FileStorage(str(folder)).create_file("_MAIN_1.toc")
    for size in (4, 8, 4):
        file.write_varint(size)
    file.write_int(-12345)
    file.write_int(_CURRENT_TOC_VERSION)
    for number in (2, 7, 4):
        file.write_varint(number)
    file.write_string(payload)
    file.close()


def test_the_exploit_works_on_stock_whoosh(tmp_path: Path, marker: Path) -> None:
    (tmp_path / "stock").mkdir()
    stock_contents(tmp_path / "stock", pickle.dumps(Exploit(marker), 2))
    opening = f"from whoosh.index import open_dir; open_dir({str(tmp_path / 'stock')!r})"
    assert subprocess.run([sys.executable, "-c", opening], capture_output=True, check=False).returncode == 1
    assert marker.exists()


def test_exploit_in_the_place_of_any_file_does_not_run(tmp_path: Path, whole: Path, marker: Path) -> None:
    for name in [path.name for path in whole.iterdir()]:
        for content in crafted(marker):
            shutil.copytree(whole, tmp_path / "crafted")
            (tmp_path / "crafted" / name).write_bytes(content)
            manifest = json.loads((whole / "segments.json").read_bytes())
            if name in manifest["sizes"]:
                manifest["sizes"][name] = len(content)
                (tmp_path / "crafted" / "segments.json").write_text(json.dumps(manifest))
            use(tmp_path / "crafted")
            assert not marker.exists(), name
            shutil.rmtree(tmp_path / "crafted")


def test_whooshs_own_files_beside_ours_are_never_read(whole: Path, marker: Path) -> None:
    payload = pickle.dumps(Exploit(marker), 2)
    stock_contents(whole, payload)
    for name in ("_segment_1.toc", "segment_a.seg", "segment_a.trm", "segment_a.pst", "MAIN_a.seg"):
        (whole / name).write_bytes(payload)
    use(whole)
    assert not marker.exists()
    assert WHOOSH.read(whole).count == 120


@pytest.mark.parametrize("name", ["../first/segment", "/etc/passwd", "a/b", "", ".", "x\0y", 7, None])
def test_segment_named_outside_the_folder_is_corrupt(whole: Path, name: object) -> None:
    manifest = json.loads((whole / "segments.json").read_bytes())
    manifest["segments"][0]["name"] = name
    (whole / "segments.json").write_text(json.dumps(manifest))
    with pytest.raises(IndexCorrupt, match=r"segments\.json"):
        WHOOSH.read(whole)


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b"{}", b'{"segments": 3, "sizes": {}}', b"\xff", b"[" * 100_000])
def test_manifest_of_the_wrong_shape_is_corrupt(whole: Path, content: bytes) -> None:
    (whole / "segments.json").write_bytes(content)
    with pytest.raises(IndexCorrupt, match=r"segments\.json"):
        WHOOSH.read(whole)


def test_arrays_that_contradict_each_other_are_corrupt_or_harmless(tmp_path: Path, whole: Path) -> None:
    manifest = json.loads((whole / "segments.json").read_bytes())
    names = {name.split(".", 1)[1]: name for name in manifest["sizes"]}  # one of each kind
    for name in names.values():
        for number in (-1, 2**31):
            for kind in (np.int64, np.uint8, np.float64):
                shutil.copytree(whole, tmp_path / "crafted")
                array = np.full_like(np.load(whole / name), 0).astype(kind)
                with np.errstate(all="ignore"):
                    array[...] = np.array(number).astype(kind)
                np.save(tmp_path / "crafted" / name, array)
                sizes = manifest["sizes"] | {name: (tmp_path / "crafted" / name).stat().st_size}
                (tmp_path / "crafted" / "segments.json").write_text(json.dumps(manifest | {"sizes": sizes}))
                use(tmp_path / "crafted")
                shutil.rmtree(tmp_path / "crafted")


WHOLE_LIFE = """
import sys
from pathlib import Path

def refuse(event, arguments):
    if event == "pickle.find_class":
        raise SystemExit(f"unpickled {arguments}")

from searchkit.storage import keywords
from searchkit.storage.keywords import Entry
from searchkit.queries.syntax import Term
engine, folder, base = keywords.engine("whoosh"), Path(sys.argv[1]), None
import pickle
for name in ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"):
    setattr(pickle, name, None)
sys.addaudithook(refuse)
for number in range(8):
    writer = engine.write(folder / str(number), base)
    writer.remove([number - 3])
    writer.add([Entry(number, "title", "", "tea", None)])
    writer.commit()
    base = folder / str(number)
print(engine.read(base).search(Term("tea"), 9).rows.tolist())
"""


def test_whole_life_of_an_index_goes_without_pickle(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WHOLE_LIFE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent)
    assert (done.stdout.strip(), done.stderr) == ("[5, 6, 7]", "")
    assert not [path for path in tmp_path.rglob("*") if path.suffix in {".toc", ".seg", ".trm", ".pst", ".run"}]


def test_many_passages_are_cut_into_segments_that_stay_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("whoosh_codec", "whoosh_engine"):
        monkeypatch.setattr(f"searchkit.storage.keywords.{module}.MAX_SEGMENT", 3)
    entries = passages(*("tea " * (1 + row % 4) + "rice" * (row % 3) for row in range(20)))
    reader = WHOOSH.read(build(WHOOSH, tmp_path / "1", entries))
    manifest = json.loads((tmp_path / "1" / "segments.json").read_bytes())
    assert len(manifest["segments"]) == 7
    found, expected = reader.search(Term("tea"), 20), BruteForce(entries, FieldWeights()).ranking(Term("tea"))
    assert found.rows.tolist() == expected.rows.tolist()
    assert found.scores == pytest.approx(expected.scores, rel=1e-5)


def test_everything_written_is_flushed_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = set()
    monkeypatch.setattr("os.fsync", lambda descriptor: flushed.add(Path(f"/proc/self/fd/{descriptor}").readlink().name))
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to see which file is flushed")
    folder = build(WHOOSH, tmp_path / "1", passages("tea"))
    written = {path.name for path in folder.iterdir()} - {"segments.json"}
    assert flushed == written | {"segments.json.tmp", "1", tmp_path.name}


def test_scores_of_an_incremental_index_are_those_of_a_fresh_one(tmp_path: Path) -> None:
    entries = passages("tea", "green tea", "rice", "tea rice")
    first = build(WHOOSH, tmp_path / "1", entries[:2])
    writer = WHOOSH.write(tmp_path / "2", first)
    writer.remove([0])
    writer.add(entries[2:])
    writer.commit()
    fresh = WHOOSH.read(build(WHOOSH, tmp_path / "3", entries[1:]))
    grown = WHOOSH.read(tmp_path / "2")
    assert grown.score(QUERY, np.arange(4)).tolist() == fresh.score(QUERY, np.arange(4)).tolist()
