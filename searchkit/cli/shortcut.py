"""A question answered by the server of the index, where this user runs one: it has the model at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import searchkit
from searchkit import errors
from searchkit.storage.sockets import connected
from searchkit.types import Hit, Passage, Results, Source

if TYPE_CHECKING:
    import socket

    from searchkit.cluster.address import Place

SECONDS = 60.0  # for an answer


def search(index: Place, query: str, k: int, options: Mapping[str, Any]) -> Results | None:
    """Return what `Index.search` would, None without a server that can tell. Raises what `Index.search` raises."""
    if not isinstance(index, Path) or ":" in (options.get("reranker") or ""):  # or a model that the server lacks
        return None
    connection = connected(index)
    if connection is None:
        return None
    with connection:
        answered = _asked(connection, {"version": searchkit.__version__, "query": query, "k": k, **options})
    if answered is None:
        return None
    if "error" in answered:
        raise getattr(errors, answered["error"])(answered["message"])
    return _results(answered)


def _asked(connection: socket.socket, question: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the answer to a question: results, or an error that is meant for the user; None for any other."""
    body = json.dumps(question).encode()
    head = "POST /shell HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    try:
        connection.settimeout(SECONDS)
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        said = b"".join(iter(lambda: connection.recv(2**16), b""))
        status, _, text = said.partition(b"\r\n\r\n")
        answered = json.loads(text)
    except (OSError, ValueError):
        return None
    meant = status.startswith(b"HTTP/1.1 200") or isinstance(answered.get("error"), str)
    return answered if meant else None


def _results(shape: dict[str, Any]) -> Results:
    """Return results from what `Results.to_dict` gave."""
    given = {name: value for name, value in shape.items() if name != "answerable"}
    return Results(**given | {"hits": tuple(map(_hit, shape["hits"])), "warnings": tuple(shape["warnings"])})


def _hit(shape: dict[str, Any]) -> Hit:
    parts: dict[str, Any] = {
        "passage": Passage(**shape["passage"]),
        "sources": {arm: Source(**source) for arm, source in shape["sources"].items()},
        "highlights": tuple(map(tuple, shape["highlights"])),
        "duplicates": tuple(shape.get("duplicates", ())),
    }
    around = {side: tuple(Passage(**each) for each in shape.get(side, ())) for side in ("before", "after")}
    return Hit(**shape | parts | around)
