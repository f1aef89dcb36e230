"""The moment that questions are answered from, while newer ones take its place."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from searchkit.cluster.address import Address
from searchkit.cluster.client import Client
from searchkit.cluster.moment import KEEP_ALIVE, PointInTime, generation
from searchkit.cluster.queries import scale_of
from searchkit.cluster.view import ClusterView
from searchkit.errors import IndexClosed
from searchkit.threads import Guard, renew_in_children

LOOKS = 30.0  # seconds after which a question looks whether there was a commit
IDLE = KEEP_ALIVE / 2  # seconds without a question after which the cluster may have forgotten a moment
LONGEST = 300.0  # seconds that a moment is asked: while it is open, no node can open anew a shard that it holds


class ClusterLatest:
    """The last moment that was opened; one that was replaced stays open as long as a question uses it.

    A question looks for newer commits if none did for a while, so that whoever only asks sees them too.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        """Open the index. Raises IndexNotFound, IndexCorrupt, UnsupportedFormat, BackendUnavailable."""
        self._client = client
        self._clock = clock
        self._lock = Guard()
        self._users: dict[PointInTime, int] = {}
        self._closed = False
        self._scale = scale_of(client.get("")["version"]["number"])
        self._moment: PointInTime | None = None
        self._looked = self._used = self._opened = clock()
        self._moment = self._last = PointInTime(client, self._scale)
        renew_in_children(self)

    def renew(self) -> None:
        """Open a moment anew in a forked process; the parent closes its own."""
        self._moment, self._users = None, {}

    @contextlib.contextmanager
    def reading(self) -> Iterator[ClusterView]:
        """Hold the present moment for a question: a reload in another thread closes it only afterwards."""
        with self._lock:
            self._require_open()
            moment = self._present()
            self._users[moment] = self._users.get(moment, 0) + 1
        try:
            yield ClusterView(moment)
        finally:
            with self._lock:
                self._used = self._clock()
                self._users[moment] = self._users.get(moment, 1) - 1
                if not self._users[moment]:
                    del self._users[moment]
                    if moment is not self._moment:
                        moment.close()

    def reload(self) -> bool:
        """Go to the latest commit; tell whether there was a newer one."""
        with self._lock:
            self._require_open()
            before = self._last.generation
            if self._moment is None or generation(self._client) != before:
                self._replace(PointInTime(self._client, self._scale))
            self._looked = self._clock()
            return self._last.generation != before

    def lost(self) -> None:
        """Open a moment anew: the cluster lost the one before."""
        with self._lock:
            self._require_open()
            self._replace(None)

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Load the latest commit after a block that writes."""
        yield
        with contextlib.suppress(IndexClosed):  # meanwhile, by another thread
            self.reload()

    def close(self) -> None:
        """Let go of the cluster."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._replace(None)
                self._client.close()

    @property
    def path(self) -> Address:
        """The index's address. Raises IndexClosed."""
        self._require_open()
        return self._client.address

    def _present(self) -> PointInTime:
        """Return the moment to ask, a new one if it is old, the cluster may have forgotten it or there was a commit."""
        now = self._clock()
        moment = self._moment
        is_idle = moment not in self._users and now - self._used > IDLE
        if moment is None or is_idle or now - self._opened > LONGEST:
            return self._replace(PointInTime(self._client, self._scale))
        if now - self._looked > LOOKS:
            self._looked = now
            if generation(self._client) != moment.generation:
                return self._replace(PointInTime(self._client, self._scale))
        return moment

    def _require_open(self) -> None:
        if self._closed:
            address = self._client.address
            raise IndexClosed(f"the index {address} is closed. Open it anew: Index.open({str(address)!r})")

    def _replace(self, newest: PointInTime | None) -> PointInTime:
        """Put another moment in place of the present one, which is closed unless a question still uses it."""
        before, self._moment = self._moment, newest
        self._opened = self._clock()
        if newest is not None:
            if self._last.card.name == newest.card.name:
                newest.kept = self._last.kept  # keys are never given again: they are worth as much as before
            self._last = newest
        if before is not None and before not in self._users:
            before.close()
        return self._last
