"""An index as a server shows it: without the paths of this machine, each answer of one commit."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any, TypeVar
from urllib.parse import urlencode

from searchkit.index import Index
from searchkit.types import Passage, SyncReport

Found = TypeVar("Found")

MOST_LISTED = 1_000  # failures in the report of a write
_PLACES = ("path", "bytes", "sources", "ranking", "calibration")  # of a status: paths, and what is no server's business


class Served:
    """An index under the name that addresses have. `roots`: the sources that it had when the server started."""

    def __init__(self, name: str, index: Index) -> None:
        self.name = name
        self.index = index
        self.roots: tuple[str, ...] = tuple(index.status()["sources"])

    def warm(self) -> None:
        """Load the model, and what a first question would wait for."""
        self.index.search("warm", 1)

    def consistent(self, read: Callable[[Index], Found]) -> tuple[Found, int]:
        """Return what several calls of an index give, all of one commit, and its generation."""
        while True:
            before = self.index.generation
            found = read(self.index)
            if self.index.generation == before:
                return found, before

    # --- what is shown ---------------------------------------------------------------------------------------

    def source(self, given: str) -> str:
        """Return a file's path relative to its root; addresses of the web stay, other paths lose their folders."""
        if not PurePath(given).is_absolute() and not PureWindowsPath(given).is_absolute():
            return given
        for root in sorted(self.roots, key=len, reverse=True):
            if PurePath(given).is_relative_to(root):
                below = PurePath(given).relative_to(root).as_posix()
                return PurePath(root).name if below == "." else below
        return PureWindowsPath(given).name

    def passage(self, found: Passage | Mapping[str, Any]) -> dict[str, Any]:
        """Return a passage, or its shape, as clients see it."""
        shape = dict(found.to_dict() if isinstance(found, Passage) else found)
        return shape | {"metadata": self.metadata(shape["metadata"])}

    def metadata(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document's metadata without paths of this machine."""
        source = found.get("source")
        return {**found, "source": self.source(source)} if isinstance(source, str) else dict(found)

    def placed(self, shape: Mapping[str, Any], base: str) -> dict[str, Any]:
        """Return the shape of a hit, citation or statement with its passages as clients see them, and its url."""
        passage = self.passage(shape["passage"])
        around = {side: [self.passage(each) for each in shape[side]] for side in ("before", "after") if side in shape}
        return {**shape, "passage": passage, **around, "url": self.url(base, passage["doc_id"], passage)}

    def url(self, base: str, doc_id: str, marked: Mapping[str, Any] | None = None) -> str:
        """Return the address of a document on the server's page; marked: the shape of a passage that is marked there.

        A checksum of its text goes along: the page marks nothing where another text stands by then.
        """
        place: dict[str, Any] = {}
        if marked is not None:
            check = zlib.crc32(marked["text"].encode("utf-8", "replace"))
            place = {"start": marked["start"], "end": marked["end"], "check": f"{check:08x}"}
        return f"{base}/?{urlencode({'index': self.name, 'id': doc_id, **place})}"

    def status(self) -> dict[str, Any]:
        """Return what the index holds; its sources by the names of their folders."""
        facts = self.index.status()
        shown = {name: value for name, value in facts.items() if name not in _PLACES}
        return {"name": self.name, **shown, "sources": [PurePath(root).name for root in facts["sources"]]}

    def report(self, done: SyncReport) -> dict[str, Any]:
        """Return the report of a write: counts, and each failure with its reason."""
        counted = {name: len(getattr(done, name)) for name in ("added", "changed", "removed", "stale", "withheld")}
        plain = {name: getattr(done, name) for name in ("kept", "passages", "embedded", "predicted", "generation")}
        failed = [{"source": self.source(each.source), "reason": self.hide(each.reason)} for each in done.failed]
        return {
            **counted,
            **plain,
            "failed": len(failed),
            "failures": failed[:MOST_LISTED],
            "skipped": dict(done.skipped),
            "warnings": [self.hide(each) for each in done.warnings],
            "dry_run": done.dry_run,
        }

    def hide(self, said: str) -> str:
        """Return a message without the paths of the index and its sources."""
        here = self.index.path
        names = {str(here), *((str(here.absolute()), str(here.resolve())) if isinstance(here, Path) else ())}
        for path in sorted(names, key=len, reverse=True):
            said = said.replace(path, self.name)
        for root in sorted(self.roots, key=len, reverse=True):
            said = said.replace(root, PurePath(root).name)
        return said
