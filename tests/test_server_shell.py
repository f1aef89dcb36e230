"""`searchkit search` asks the server of its index, where the same user runs one: the answer is the same."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")

from searchkit import Index, QueryError
from searchkit.cli import shortcut
from searchkit.storage import sockets
from tests.served import made, serving

if not hasattr(socket, "AF_UNIX"):
    pytest.skip("this system has no such sockets", allow_module_level=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with an index and a server of it, which goes by a short path: that of a socket must not be long."""
    home = Path(os.path.realpath(tmp_path_factory.mktemp("s")))
    path = made(home)
    command = [sys.executable, "-m", "searchkit", "serve", "-i", f"news={path}", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=home) as process:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
        while (connection := sockets.connected(path)) is None:
            pass
        connection.close()
        yield home, int(found[1])
        process.send_signal(signal.SIGTERM)
        log = process.stderr.read()
    assert process.returncode == 0
    assert '"route": "/shell"' in log
    assert "Traceback" not in log
    assert not (path / sockets.NAME).exists()


OPTIONS = (
    {},
    {"k": 1, "context": 2, "explain": True},
    {"collapse": True, "where": "date >= 2024-09", "per_document": 1},
    {"history": [["user", "And tea?"], ["assistant", "No."]]},
    {"stages": ("time",), "mode": "keyword", "weights": {"keyword": 2.0}},
)


@pytest.mark.parametrize("options", OPTIONS)
def test_the_answer_is_the_same(home, options):
    more = {name: value for name, value in options.items() if name != "k"}
    found = shortcut.search(home[0] / "index", "Vietnam coffee", options.get("k", 10), more).to_dict()
    with Index.open(home[0] / "index") as index:
        wanted = index.search("Vietnam coffee", **options).to_dict()
    assert found | {"elapsed_ms": 0} == wanted | {"elapsed_ms": 0}


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--jsonl"], ["--csv"], ["--explain", "--context", "1"]])
def test_a_shell_prints_the_same(home, arguments):
    copy = home[0] / "elsewhere"
    shutil.copytree(home[0] / "index", copy, ignore=shutil.ignore_patterns(sockets.NAME), dirs_exist_ok=True)
    said = []
    for path in (home[0] / "index", copy):
        command = [sys.executable, "-m", "searchkit", "search", "Vietnam coffee", "-i", path, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said.append((done.returncode, re.sub(r'("elapsed_ms": |took )[\d.]+', "", done.stdout), done.stderr))
    assert said[0] == said[1]
    assert said[0][1]


def test_an_error_is_raised_as_by_the_index(home):
    with pytest.raises(QueryError, match="character"):
        shortcut.search(home[0] / "index", "coffee", 3, {"where": "section ="})


def test_the_newest_commit_answers(home):
    with Index.open(home[0] / "index") as index:
        index.add([{"id": "tea", "text": "Tea was steamed."}])
        found = shortcut.search(home[0] / "index", "steamed tea", 1, {})
        assert (found[0].passage.id, found.generation) == ("tea#0", index.generation)
        index.remove("tea")


def test_what_a_server_cannot_tell_is_answered_without_it(home, monkeypatch):
    path = home[0] / "index"
    assert shortcut.search(path, "coffee", 3, {"reranker": "onnx:folder"}) is None
    assert shortcut.search(path, "coffee", 3, {"upgrade": 5}) is None
    monkeypatch.setattr("searchkit.__version__", "0.0.0")
    assert shortcut.search(path, "coffee", 3, {}) is None


def test_over_the_network_there_is_no_such_address(home):
    with socket.create_connection(("127.0.0.1", home[1])) as client:
        client.sendall(b"POST /shell HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
        assert client.recv(65536).startswith(b"HTTP/1.1 404 ")


def test_a_test_client_has_no_such_address_either(home):
    with serving(home[0] / "index") as client:
        assert client.post("/shell", json={}).status_code == 404


def test_only_a_socket_of_this_user_alone_is_asked(tmp_path):
    assert sockets.connected(tmp_path) is None
    (tmp_path / sockets.NAME).write_text("no socket")
    assert sockets.connected(tmp_path) is None
    with sockets.listening(tmp_path) as opened:  # somebody's file is left alone
        assert opened is None
    assert (tmp_path / sockets.NAME).read_text() == "no socket"
    (tmp_path / sockets.NAME).unlink()
    with sockets.listening(tmp_path) as opened:
        assert opened is not None
        mode = (tmp_path / sockets.NAME).stat().st_mode
        assert mode & 0o777 == 0o600
        sockets.connected(tmp_path).close()
        (tmp_path / sockets.NAME).chmod(0o666)
        assert sockets.connected(tmp_path) is None


def test_a_socket_that_a_killed_server_left_is_replaced_and_a_living_ones_is_not(tmp_path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / sockets.NAME))
    (tmp_path / sockets.NAME).chmod(0o600)
    left.close()
    assert sockets.connected(tmp_path) is None
    with sockets.listening(tmp_path) as first:
        assert first is not None
        with sockets.listening(tmp_path) as second:
            assert second is None
    assert not (tmp_path / sockets.NAME).exists()


def test_a_folder_that_cannot_hold_a_socket_is_served_without(tmp_path):
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    with sockets.listening(deep) as opened:
        assert opened is None
