"""The cluster that tests run on: started by `scripts/cluster start`, and asked for by CI."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterable, Iterator

import pytest

from scripts.opensearch.cluster import NODES, health, url
from searchkit import Document, Index
from searchkit.cluster import home
from searchkit.cluster.address import parsed

REQUIRED = "SEARCHKIT_CLUSTER_REQUIRED"  # set, as CI is, where tests may not be skipped


def hosts() -> str:
    """Return the nodes that answer, as an address has them; skip the test where there are none, or fail in CI."""
    found = [url(node).removeprefix("http://") for node in NODES if health(node)]
    if found:
        return ",".join(found)
    why = "no cluster runs: scripts/cluster start (needs Java 17 and Maven)"
    if os.environ.get(REQUIRED) or os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def fresh(**sizes: int) -> str:
    """Return the address of an index that is not there yet."""
    query = "&".join(f"{name}={size}" for name, size in sizes.items())
    return f"opensearch://{hosts()}/test-{uuid.uuid4().hex[:12]}{'?' if query else ''}{query}"


@contextlib.contextmanager
def index(documents: Iterable[Document], embedder: object, *, shards: int = 1, **settings: int) -> Iterator[Index]:
    """Make an index of documents on the cluster, open it for the length of a block, and remove it."""
    address = parsed(fresh(shards=shards))
    try:
        with Index.create(address, embedder=embedder, **settings) as made:
            made.add(documents)
            yield made
    finally:
        home.drop(home.client(address))
