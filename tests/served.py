"""A server of small indexes for tests, and what a client of it does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from searchkit import Document, Index
from searchkit.server.application import application
from searchkit.server.config import ServerOptions
from searchkit.server.hub import Hub
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


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
