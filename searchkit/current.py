"""The snapshot that questions are answered from, while newer ones take its place."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from searchkit import store
from searchkit.errors import IndexClosed
from searchkit.snapshot import Snapshot


class Current:
    """The latest snapshot that was loaded; one that was replaced stays open as long as a search uses it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._users: dict[Snapshot, int] = {}
        self._closed = False
        self._snapshot: Snapshot | None = store.snapshot(path)
        self._last = self._snapshot  # the same, or the one before while none is open

    @contextlib.contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """Hold the present snapshot open: a reload in another thread closes it only afterwards."""
        with self._lock:
            self._require_open()
            snapshot = self._snapshot or self._load(store.snapshot(self._path))
            self._users[snapshot] = self._users.get(snapshot, 0) + 1
        try:
            yield snapshot
        finally:
            with self._lock:
                self._users[snapshot] -= 1
                if not self._users[snapshot]:
                    del self._users[snapshot]
                    if snapshot is not self._snapshot:
                        snapshot.close()

    def reload(self) -> bool:
        """Go to the latest commit; tell whether there was a newer one."""
        with self._lock:
            self._require_open()
        before, newest = self._last.generation, store.snapshot(self._path)
        self._replace(newest)
        return before != newest.generation

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Let go of the snapshot for the length of a block, after which the latest commit is loaded; so does a search.

        As long as a reader needs an old state, SQLite cannot move commits from its log into the catalog, and a write of
        many commits would make the log larger than the catalog.
        """
        self._replace(None)
        yield
        if not self._closed:
            self.reload()

    def close(self) -> None:
        """Let go of every file."""
        with self._lock:
            self._closed = True
        self._replace(None)

    @property
    def path(self) -> Path:
        """The index's folder. Raises IndexClosed."""
        self._require_open()
        return self._path

    def _require_open(self) -> None:
        if self._closed:
            raise IndexClosed(f"the index {self._path} is closed. Open it anew: Index.open({str(self._path)!r})")

    def _replace(self, newest: Snapshot | None) -> None:
        """Put another snapshot in place of the present one, which is closed unless a search still uses it."""
        with self._lock:
            if self._closed and newest is not None:  # while it was opened
                newest.close()
                self._require_open()
            before, self._snapshot = self._snapshot, None
            if newest is not None:
                self._load(newest)
            if before is not None and before not in self._users:
                before.close()

    def _load(self, newest: Snapshot) -> Snapshot:
        if self._last.settings.embedder_digest == newest.settings.embedder_digest:
            newest.computed = self._last.computed  # rows are never reused: they are worth as much as before
        self._snapshot = self._last = newest
        return newest
