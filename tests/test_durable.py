import os
import subprocess
import sys

import pytest

from searchkit.errors import IndexLocked
from searchkit.storage import durable

HOLD = (
    "import sys\nfrom pathlib import Path\nfrom searchkit.storage.durable import writer_lock\n"
    "with writer_lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
)


def test_replace_file_leaves_no_temporary(tmp_path):
    path = tmp_path / "pointer"
    durable.replace_file(path, b"one")
    durable.replace_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert [child.name for child in tmp_path.iterdir()] == ["pointer"]


def test_a_second_writer_is_told_who_holds_the_lock(tmp_path):
    lock = tmp_path / "writer.lock"
    with (
        durable.writer_lock(lock),
        pytest.raises(IndexLocked, match=f"process {os.getpid()} on "),
        durable.writer_lock(lock),
    ):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    lock = tmp_path / "writer.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(IndexLocked, match=str(holder.pid)), durable.writer_lock(lock):
            pass
        holder.kill()
        holder.wait()
    with durable.writer_lock(lock):
        assert str(os.getpid()) in lock.read_text()


def test_a_file_is_in_use_while_a_reader_holds_it(tmp_path):
    lease = tmp_path / "lease"
    assert not durable.in_use(lease)
    lease.touch()
    with durable.shared_lock(lease), durable.shared_lock(lease):
        assert durable.in_use(lease)
    assert not durable.in_use(lease)


def test_checksum_is_sha256(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert durable.checksum(tmp_path / "file") == ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


def test_a_lock_that_has_lost_its_name_is_nobodys(tmp_path, monkeypatch):
    lock, try_lock = tmp_path / "writer.lock", durable._try_lock

    def removed_meanwhile(descriptor):
        lock.unlink()
        return try_lock(descriptor)

    monkeypatch.setattr(durable, "_try_lock", removed_meanwhile)
    with pytest.raises(IndexLocked), durable.writer_lock(lock):
        pass


def test_an_error_leaves_the_file_that_was_there(tmp_path):
    path = tmp_path / "pointer"
    durable.replace_file(path, b"one")
    with pytest.raises(FileNotFoundError), durable.replacing(path) as temporary:
        temporary.with_name("missing").replace(temporary)
    with pytest.raises(TypeError), durable.replacing(path) as temporary, temporary.open("wb") as file:
        file.write("no bytes")
    assert path.read_bytes() == b"one"
    assert [child.name for child in tmp_path.iterdir()] == ["pointer"]
