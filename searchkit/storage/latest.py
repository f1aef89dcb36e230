"""The view that questions are answered from, while newer ones take its place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from searchkit.errors import IndexClosed
from searchkit.storage import refusals, store
from searchkit.storage.view import FolderView
from searchkit.threads import Guard, renew_in_children

_inherited: list[FolderView | None] = []  # in a forked process, kept from the garbage collector, which would close them


class Latest:
    """The view of the latest snapshot that was loaded; one that was replaced stays open as long as a search uses it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Guard()
        self._reloading = Guard()
        self._users: dict[FolderView, int] = {}
        self._closed = False
        self._view: FolderView | None = FolderView(store.snapshot(path, shared=True))
        self._last = self._view  # the same, or the one before while none is open
        renew_in_children(self)

    def renew(self) -> None:
        """Open the index anew in a forked process; what its parent opened is left as it is."""
        _inherited.extend((self._view, *self._users))
        self._view, self._users = None, {}

    @contextlib.contextmanager
    def reading(self) -> Iterator[FolderView]:
        """Hold the present view open: a reload in another thread closes it only afterwards."""
        with self._lock:
            self._require_open()
            view = self._view or self._load(FolderView(store.snapshot(self._path, shared=True)))
            self._users[view] = self._users.get(view, 0) + 1
        try:
            with refusals.translated(self._path):
                yield view
        finally:
            with self._lock:
                self._users[view] -= 1
                if not self._users[view]:
                    del self._users[view]
                    if view is not self._view:
                        view.snapshot.close()

    def reload(self) -> bool:
        """Go to the latest commit; tell whether there was a newer one."""
        with self._reloading:  # one at a time: an older commit must not take the place of a newer one
            with self._lock:
                self._require_open()
                view = self._view
            if view is not None and store.is_latest(view.snapshot):
                return False
            before, newest = self._last.generation, FolderView(store.snapshot(self._path, shared=True))
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
        with contextlib.suppress(IndexClosed):  # meanwhile, by another thread
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

    def _replace(self, newest: FolderView | None) -> None:
        """Put another view in place of the present one, which is closed unless a search still uses it."""
        with self._lock:
            if self._closed and newest is not None:  # while it was opened
                newest.snapshot.close()
                self._require_open()
            before, self._view = self._view, None
            if newest is not None:
                self._load(newest)
            if before is not None and before not in self._users:
                before.snapshot.close()

    def _load(self, newest: FolderView) -> FolderView:
        if self._last.settings.embedder_digest == newest.settings.embedder_digest:
            newest.kept = self._last.kept  # rows are never reused: they are worth as much as before
        self._view = self._last = newest
        return newest
