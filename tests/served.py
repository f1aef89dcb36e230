"""A server of small indexes for tests, and what a client of it does."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.testclient import TestClient

from searchkit import Document, Index
from searchkit.server.application import application
from searchkit.server.config import ServerOptions
from searchkit.server.hub import Hub
from searchkit.server.running import protocol
from tests.worlds import NEWS

BASE = "http://127.0.0.1:7720"
READER, WRITER = "reader-0123456789", "writer-0123456789"
TOKENS = {READER: "read", WRITER: "write"}


def made(home: Path, *documents: Document) -> Path:
    """Return an index by keywords alone, of the small news unless documents are given."""
    with Index.create(home / "index", embedder="none") as index:
        index.add(documents or NEWS)
    return home / "index"


@contextlib.contextmanager
def serving(path: Path, **options: Any) -> Iterator[TestClient]:
    """Yield a client of a server of the index `news`."""
    hub = Hub(ServerOptions(indexes={"news": path}, **options))
    with TestClient(application(hub), base_url=BASE, raise_server_exceptions=False) as client:
        client.hub = hub
        yield client


@contextlib.contextmanager
def listening(hub: Hub) -> Iterator[int]:
    """Yield the port of a real server in a thread."""
    config = uvicorn.Config(application(hub), http=protocol(hub.options.limits), log_config=None, port=0, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        hub.stop()
        server.should_exit = True
        thread.join()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
