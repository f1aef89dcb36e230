"""The one writer of an index on a cluster: who it is, and that it lives.

A document names the writer and how often its heart has beaten. Whoever wants to write and sees no beat for as long as a
dead writer takes to be given up takes its place. Each change is made only to the state that was read, so that of two
that want it at once one gets it, and a writer that slept and woke up finds out at its next step.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from searchkit.cluster import mapping
from searchkit.cluster.client import CONFLICT, MISSING, Client, Refused
from searchkit.errors import IndexLocked, SearchkitError
from searchkit.threads import Guard

BEAT = 5.0  # seconds between two beats
GIVEN_UP = 30.0  # seconds without a beat after which a writer counts as dead
LOOK = 0.5  # seconds between two looks at another writer
LOCK_ID = "lock"


class Version(NamedTuple):
    """The state of a document that was read, for a change that holds only of that."""

    seq_no: int
    primary_term: int

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Version:
        """Return the state that an answer tells."""
        return cls(answer["_seq_no"], answer["_primary_term"])

    @property
    def condition(self) -> dict[str, int]:
        """What a request says to be done only to this state."""
        return {"if_seq_no": self.seq_no, "if_primary_term": self.primary_term}


_seen: dict[str, tuple[Version, float]] = {}  # by address: the last beat that this process saw, and when at first


class Lease:
    """Held by the one writer for as long as its block lasts."""

    def __init__(self, client: Client, version: Version) -> None:
        self._client = client
        self._version = version
        self._ends = threading.Event()
        self._lost = False
        self._name = me()
        self._session = uuid.uuid4().hex
        self._beats = 0
        self._guard = Guard()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="searchkit-lease")

    def renew(self) -> None:
        """Beat now. Raises IndexLocked if another writer took over."""
        self._write()
        if self._lost:
            raise taken_over(self._client, f", for this one was not heard of for {GIVEN_UP:.0f} s")

    def begin(self) -> bool:
        """Take the place of what was read, and beat from now on; tell whether no other was faster."""
        self._write()
        if not self._lost:
            self._thread.start()
        return not self._lost

    def end(self) -> None:
        """Let others write."""
        self._ends.set()
        if self._thread.is_alive():
            self._thread.join()
        with contextlib.suppress(SearchkitError):  # then others wait until it counts as dead
            if not self._lost:
                self._put({"holder": "", "beat": 0})

    def _beat(self) -> None:
        while not self._ends.wait(BEAT) and not self._lost:
            with contextlib.suppress(SearchkitError):  # the cluster may be away for a while
                self._write()

    def _write(self) -> None:
        with self._guard:
            if not self._lost:
                self._beats += 1
                self._put({"holder": self._name, "session": self._session, "beat": self._beats})

    def _put(self, stored: dict[str, Any]) -> None:
        try:
            answer = _put(self._client, stored, self._version)
        except Refused as error:
            if error.status != CONFLICT:
                raise
            there, version = _read(self._client)
            if there.get("session") == self._session and version is not None:  # an answer to us was lost on the way
                self._version = version
            else:
                self._lost = True
            return
        self._version = Version.of(answer)


@contextlib.contextmanager
def leased(client: Client, timeout: float | None = None) -> Iterator[Lease]:
    """Be the one writer for the length of a block. Raises IndexLocked.

    timeout: seconds to wait for another writer. Unless it is given, writers of this process take turns, and another
    process is waited for only if it seems to be dead.
    """
    lease = _taken(client, timeout)
    try:
        yield lease
    finally:
        lease.end()


def taken_over(client: Client, why: str = "") -> IndexLocked:
    """Return the error of a writer whose place another took."""
    return IndexLocked(
        f"another process took over writing to {client.address}{why}. What was committed is in; run it again for the "
        "rest."
    )


def me() -> str:
    """Return how this process is called as a writer."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def _taken(client: Client, timeout: float | None) -> Lease:
    """Wait until nobody else writes."""
    began = time.monotonic()
    before: object = None
    while True:
        there, version = _read(client)
        holder = there.get("holder")
        if version is None:
            with contextlib.suppress(Refused):  # another was faster
                _put(client, {"holder": "", "beat": 0}, None)
            continue
        now = time.monotonic()
        if holder and version != before:
            if before is not None and timeout is None and holder != me():
                raise _locked(client, holder)
            before = version
        if not holder or now - _first_seen(client, version, now) > GIVEN_UP:
            lease = Lease(client, version)
            if lease.begin():
                return lease
            before = None
            continue
        if timeout is not None and now - began > timeout:
            raise _locked(client, holder)
        time.sleep(LOOK)


def _first_seen(client: Client, version: Version, now: float) -> float:
    """Return when this process saw the present beat for the first time, be it in another attempt to write.

    So whoever waits for less than a dead writer takes to be given up takes its place all the same, in a later attempt.
    """
    place = str(client.address)
    if place not in _seen or _seen[place][0] != version:
        _seen[place] = (version, now)
    return _seen[place][1]


def _locked(client: Client, holder: object) -> IndexLocked:
    return IndexLocked(f"{client.address} is being written to by {holder}. Try again when it is done.")


def _read(client: Client) -> tuple[dict[str, Any], Version | None]:
    try:
        found = client.get(f"{mapping.sources(client.address.index)}/_doc/{LOCK_ID}")
    except Refused as error:
        if error.status != MISSING:
            raise
        return {}, None
    return found["_source"]["stored"], Version.of(found)


def _put(client: Client, stored: dict[str, Any], version: Version | None) -> dict[str, Any]:
    condition: dict[str, object] = {"op_type": "create"} if version is None else dict(version.condition)
    body = {"kind": mapping.LOCK, "stored": stored}
    path = f"{mapping.sources(client.address.index)}/_doc/{LOCK_ID}"
    return client.request("PUT", path, body, parameters=condition)
