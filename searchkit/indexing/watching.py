"""An index kept current: a sync now, and one after each burst of changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from searchkit.documents.gitrules import IGNORE_FILE
from searchkit.errors import DocumentError, IndexLocked, MissingExtra
from searchkit.indexing.roots import SyncOptions, those_with
from searchkit.types import SyncReport

QUIET = 500  # milliseconds without a change that end a burst
LONGEST = 10_000  # milliseconds that a burst may last, where changes never end
CHECKED = 5_000  # milliseconds after which it is looked whether sources came back, or another writer is done

Events = Iterable[Iterable[str | Path]]


class Sync(Protocol):
    """Brings paths up to date."""

    def __call__(self, paths: Sequence[Path], *, options: SyncOptions | None = None) -> SyncReport:
        """Return what was done."""


def watch(
    sync: Sync,
    roots: Callable[[], Sequence[str]],
    index: Path | None,
    paths: Sequence[Path],
    options: SyncOptions | None,
    events: Events | None,
) -> Iterator[SyncReport]:
    """Return what each sync did, except for those after a burst that changed nothing. Raises MissingExtra.

    roots: tells what was synced; index: the index's folder, if it has one; paths: what to watch of that, all without
    any; options: of the first sync. events: paths that changed, burst by burst, in place of what the file system tells.
    """
    sources: list[Path] = []

    def work(chosen: Sequence[Path], given: SyncOptions | None = None) -> SyncReport:
        done = sync(chosen, options=given)
        sources[:] = those_with(paths, map(Path, roots()))
        return done

    seen = bursts(lambda: sources, index) if events is None else events
    return _follow(partial(work, paths, options), work, sources, seen)


def _follow(
    begin: Callable[[], SyncReport], work: Callable[[Sequence[Path]], SyncReport], sources: list[Path], events: Events
) -> Iterator[SyncReport]:
    """Yield what is done. An empty burst is a time to try again what another writer kept us from."""
    yield begin()
    touched: set[Path] = set()
    for changed in events:
        touched |= set(_touched(map(Path, changed), sources))
        if not touched:
            continue
        try:
            done = work(sorted(touched))
        except IndexLocked:
            continue
        touched = set()
        if done.added or done.changed or done.removed or done.failed or done.withheld:
            yield done


def _touched(changed: Iterable[Path], sources: Sequence[Path]) -> Iterator[Path]:
    """Yield the sources in which any of the paths could be read, or tells what is."""
    for path in changed:
        for source in sources:
            if path == source or (source in path.parents and not _is_hidden(path.relative_to(source))):
                yield source


def _is_hidden(below: Path) -> bool:
    return any(part.startswith(".") for part in below.parts if part != IGNORE_FILE)


def bursts(sources: Callable[[], Sequence[Path]], index: Path | None) -> Iterator[list[str]]:
    """Return the paths that changed together below the sources, outside the index. Raises MissingExtra.

    At times it yields nothing. Sources that come back count as changed, and all of them once it looks: what changed
    before that would be missed. Raises DocumentError when no source is left.
    """
    try:
        from watchfiles import watch as watch_files  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtra("watchfiles is not installed. Run: pip install 'searchkit[watch]'") from error
    own = os.path.realpath(index) if index else None

    def look(present: Sequence[Path]) -> Iterator[set[tuple[Any, str]]]:
        return watch_files(
            *present,
            watch_filter=lambda _, path: own is None or not Path(path).is_relative_to(own),
            debounce=LONGEST,
            step=QUIET,
            rust_timeout=CHECKED,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )

    return _bursts(sources, look)


def _bursts(
    sources: Callable[[], Sequence[Path]], look: Callable[[Sequence[Path]], Iterator[set[tuple[Any, str]]]]
) -> Iterator[list[str]]:
    while True:
        present = _present(sources())
        if not present:
            raise DocumentError("none of the sources is there; there is nothing to watch")
        missed = [str(source) for source in present]
        for changes in look(present):
            yield [*missed, *(path for _, path in changes)]
            missed = []
            if _present(sources()) != present:
                break


def _present(sources: Sequence[Path]) -> list[Path]:
    return [source for source in sources if os.path.exists(source)]  # noqa: PTH110 - never raises
