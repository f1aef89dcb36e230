"""Where an index is: a folder, or a cluster. The one module that knows both; what a cluster needs, it alone imports."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from searchkit.cluster.address import Address, Place
from searchkit.errors import ArgumentError
from searchkit.storage import store
from searchkit.storage.latest import Latest
from searchkit.types import Embedder, Progress

# ruff: noqa: PLC0415 - a question of an index in a folder does not wait for what writes, or for a cluster's modules

if TYPE_CHECKING:
    from searchkit.cluster.latest import ClusterLatest
    from searchkit.indexing.copying import Original
    from searchkit.indexing.embedding import Given
    from searchkit.indexing.jobs import Workers
    from searchkit.indexing.stock import Stock
    from searchkit.storage.inspection import VerifyReport
    from searchkit.storage.settings import Settings

ModelOf = Callable[[str | None, str | None], Embedder | None]  # by the name and digest that settings have


class Home(Protocol):
    """An index that is open, wherever it is."""

    @property
    def latest(self) -> Latest | ClusterLatest:
        """The view that questions are answered from."""

    def status(self, *, sources: bool) -> dict[str, Any]:
        """Return counts, settings, size on disk in bytes, and what was synced; sources: and what each did not give."""

    def facets(self) -> dict[str, Any]:
        """Return what documents can be narrowed down by, see `storage.facets`."""

    def original(self) -> AbstractContextManager[Original]:
        """Hold all of it as of one state, to copy it."""


def opened(place: Place) -> Home:
    """Open the index at a place. Raises IndexNotFound, IndexCorrupt, UnsupportedFormat, BackendUnavailable."""
    return FolderHome(place) if isinstance(place, Path) else ClusterHome(place)


def create(place: Place, settings: Settings) -> None:
    """Make an empty index. Raises IndexExists, IndexLocked, BackendUnavailable."""
    if isinstance(place, Path):
        from searchkit.storage import creation

        creation.create(place, settings)
        return
    from searchkit.cluster import home

    with contextlib.closing(home.client(place)) as client:
        home.create(client, settings)


@contextlib.contextmanager
def filling(
    place: Place, settings: Settings, model: Embedder | None, progress: Progress, given: Given
) -> Iterator[Stock]:
    """Make an index and fill it in the block; an error leaves none. Raises IndexExists."""
    if isinstance(place, Path):
        from searchkit.indexing.folder_stock import FolderStock
        from searchkit.storage import creation

        with creation.creating(place, settings) as writer:
            yield FolderStock(writer, model, progress, given=given)
        return
    from searchkit.cluster import home, session
    from searchkit.indexing.cluster_stock import ClusterStock

    with contextlib.closing(home.client(place)) as client:
        home.create(client, settings)
        try:
            with session.writing(client) as held:
                yield ClusterStock(held, model, progress, given=given)
        except BaseException:
            home.drop(client)
            raise


def rebuilt(
    place: Place, wanted: Any, progress: Progress, *, full: bool = False, timeout: float | None = None
) -> tuple[int, Embedder | None]:
    """Rebuild an index, which may be too damaged or old to open it; return the generation and the model.

    wanted: the model, None for the one that the index names. full: see `Embedding`. Raises IndexLocked.
    """
    if isinstance(place, Path):
        from searchkit.indexing.maintenance import rebuilt

        with store.writing(place, timeout) as writer:
            return rebuilt(writer, wanted, progress, full=full)
    from searchkit.indexing.cluster_rebuild import rebuilt as rebuilt_there

    return rebuilt_there(place, wanted, progress, timeout=timeout)


def prefer(place: Place, change: Callable[[Settings], Settings]) -> None:
    """Change settings that were fitted to judgments. Raises IndexLocked."""
    if isinstance(place, Path):
        with store.writing(place) as writer:
            writer.begin()
            writer.set_settings(change(writer.settings))
            writer.commit()
        return
    from searchkit.cluster import home, session

    with contextlib.closing(home.client(place)) as client, session.writing(client) as held:
        held.set_settings(change(held.settings))


def verify(place: Place) -> VerifyReport:
    """Check every part of an index, which may be too damaged to open it."""
    from searchkit.storage import inspection

    if isinstance(place, Path):
        return inspection.verify(place)
    from searchkit.cluster import home
    from searchkit.cluster.inspection import verify as verify_there

    with contextlib.closing(home.client(place)) as client:
        return verify_there(client)


def folder(place: Place, why_not: str) -> Path:
    """Return the folder of an index. Raises ArgumentError for one on a cluster, which says why it needs none."""
    if isinstance(place, Path):
        return place
    raise ArgumentError(f"{place} is on a cluster: {why_not}")


@contextlib.contextmanager
def stock(
    place: Place,
    model_of: ModelOf,
    progress: Progress,
    *,
    full: bool = False,
    dry: bool = False,
    timeout: float | None = None,
    given: Given | None = None,
    workers: Workers | None = None,
) -> Iterator[tuple[Stock, Embedder | None]]:
    """Be the one writer of an index for the length of a block. Raises IndexLocked.

    full, given, workers: see `Embedding`; on a cluster the model always embeds all. dry: nothing is stored.
    """
    if isinstance(place, Path):
        from searchkit.indexing.folder_stock import FolderStock

        with store.writing(place, timeout) as writer:
            model = model_of(*writer.settings.model)
            yield FolderStock(writer, model, progress, given=given, full=full, dry=dry, workers=workers), model
        return
    from searchkit.cluster import home, session
    from searchkit.indexing.cluster_stock import ClusterStock

    with contextlib.closing(home.client(place)) as client, session.writing(client, timeout) as held:
        model = model_of(*held.settings.model)
        yield ClusterStock(held, model, progress, given=given, dry=dry, workers=workers), model


class FolderHome:
    """An index in a folder."""

    def __init__(self, place: Path) -> None:
        self.latest = Latest(place)

    def status(self, *, sources: bool) -> dict[str, Any]:
        """Return counts, settings, size on disk in bytes, and what was synced; sources: and what each did not give."""
        from searchkit.storage.inspection import status

        with self.latest.reading() as view:
            return status(view.snapshot.path, view.snapshot, sources=sources)

    def facets(self) -> dict[str, Any]:
        """Return what documents can be narrowed down by."""
        from searchkit.storage.facets import facets

        with self.latest.reading() as view:
            return facets(view.passages.places())

    @contextlib.contextmanager
    def original(self) -> Iterator[Original]:
        """Hold all of it as of one state, to copy it."""
        from searchkit.indexing.copying import FolderOriginal

        with store.opened(self.latest.path) as snapshot:  # of its own: searches need not wait
            yield FolderOriginal(snapshot)


class ClusterHome:
    """An index on a cluster."""

    def __init__(self, place: Address) -> None:
        from searchkit.cluster import home
        from searchkit.cluster.latest import ClusterLatest

        client = home.client(place)
        try:
            self.latest = ClusterLatest(client)
        except BaseException:
            client.close()
            raise

    def status(self, *, sources: bool) -> dict[str, Any]:
        """Return counts, settings, size on disk in bytes, and what was synced; sources: and what each did not give."""
        from searchkit.cluster.inspection import status

        with self.latest.reading() as view:
            return status(view, accounts=sources)

    def facets(self) -> dict[str, Any]:
        """Return what documents can be narrowed down by."""
        from searchkit.cluster.inspection import places
        from searchkit.storage.facets import facets

        with self.latest.reading() as view:
            return facets(list(places(view)))

    @contextlib.contextmanager
    def original(self) -> Iterator[Original]:
        """Hold all of it as of one state, to copy it."""
        from searchkit.indexing.copying import ClusterOriginal

        with self.latest.reading() as view:
            yield ClusterOriginal(view)
