"""Many changes as few requests: bounded in size, sent again where the cluster is busy, whole or refused.

Acknowledged means on the primary and on every replica that there is to be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from searchkit.cluster.client import CONFLICT, MISSING, TRIES, UNAVAILABLE, Client, Refused, wait
from searchkit.errors import BackendUnavailable

LARGEST = 4_000_000  # bytes of a request, about
MOST = 1_000  # changes


class Change(NamedTuple):
    """One change of one document: to index, create, update or delete it.

    condition: the state that it is for, if it must be that.
    """

    action: str
    target: str  # index
    id: str
    body: Mapping[str, Any] | None = None
    routing: str | None = None
    condition: Mapping[str, int] = {}

    @property
    def lines(self) -> str:
        """What a request says of it, a line each."""
        head: dict[str, Any] = {"_index": self.target, "_id": self.id, **self.condition}
        if self.routing is not None:
            head["routing"] = self.routing
        body = [] if self.body is None else [{"doc": self.body} if self.action == "update" else self.body]
        return "".join(f"{json.dumps(each)}\n" for each in ({self.action: head}, *body))


class Done(NamedTuple):
    """What became of a change: its HTTP status, and the state that it left."""

    status: int
    seq_no: int
    primary_term: int


def apply(client: Client, changes: Iterable[Change], *, copies: int = 1) -> list[Done]:
    """Make changes, and return what became of each, in order; those of one document in the order given.

    copies: on so many shards each has to be. A conflict or a document that is missing is told by its status. Raises
    Refused for what the cluster will never take, BackendUnavailable where it could not be done now: some may be made.
    """
    return [done for chunk in _chunks(changes) for done in _send(client, chunk, copies)]


def _chunks(changes: Iterable[Change]) -> Iterator[list[str]]:
    """Yield the lines of each change, as many changes at a time as one request takes."""
    chunk: list[str] = []
    size = 0
    for change in changes:
        lines = change.lines
        if chunk and (size + len(lines) > LARGEST or len(chunk) >= MOST):
            yield chunk
            chunk, size = [], 0
        chunk.append(lines)
        size += len(lines)
    if chunk:
        yield chunk


def _send(client: Client, chunk: Sequence[str], copies: int) -> list[Done]:
    """Send changes until each is made or refused; those that the cluster has no room for again, after a while."""
    found: dict[int, Done] = {}
    waiting = list(range(len(chunk)))
    said = ""
    for tried in range(TRIES):
        wait(tried)
        answer = client.request("POST", "_bulk", "".join(chunk[at] for at in waiting))
        left = []
        for at, item in zip(waiting, answer["items"], strict=True):
            told = next(iter(item.values()))
            status = int(told["status"])
            if status in UNAVAILABLE or _copies(told) < copies:
                left.append(at)
                said = f"HTTP {status}: {told.get('error', {}).get('reason', 'not on every copy')}"
            elif status >= 400 and status not in (CONFLICT, MISSING):
                raise _refused(client, told)
            else:
                found[at] = Done(status, told.get("_seq_no", -1), told.get("_primary_term", -1))
        waiting = left
        if not waiting:
            return [found[at] for at in range(len(chunk))]
    raise BackendUnavailable(f"{client.address} could not take {len(waiting)} changes ({said}). Run it again.")


def _copies(told: Mapping[str, Any]) -> int:
    """Return on how many shards a change is; very many where there was none to make."""
    shards = told.get("_shards")
    return int(shards["successful"]) if shards and int(told["status"]) < 300 else 1_000_000


def _refused(client: Client, told: Mapping[str, Any]) -> Refused:
    error = told["error"]
    cause = error.get("caused_by", {}).get("reason", "")
    reason = f"{error['reason']}{f' ({cause})' if cause else ''}"
    return Refused(f"{client.address} refuses {told['_id']}: {reason}", int(told["status"]), error["type"])
