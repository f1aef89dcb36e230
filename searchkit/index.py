"""The façade: one class that creates, fills, searches and keeps an index."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from searchkit import homes, validation
from searchkit.cluster.address import Address, placed
from searchkit.parameters import checks_arguments, checks_methods, lengths
from searchkit.reader import EmbedderLike, IndexReader
from searchkit.storage import keywords, store
from searchkit.storage.settings import Settings
from searchkit.text.analysis import Analyzer
from searchkit.types import Progress, SyncReport, silent

# The write path is imported when it is called: a search from a fresh shell does not wait for it.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.indexing.improve import ImproveReport
    from searchkit.indexing.ingest import Ingest
    from searchkit.indexing.ray_workers import RayWorkers
    from searchkit.indexing.roots import SyncOptions

DEFAULT_EMBEDDER = "minilm"
REACHED = 50  # passages that a question given to `improve` reaches
PROGRESSIVE, FULL = "progressive", "full"  # see `Index.sync`


@checks_methods
class Index(IndexReader):
    """Passages in one folder, searched from several threads if need be. What is given wrong raises ArgumentError.

    It also creates and fills the index, and keeps it in order.
    """

    @classmethod
    def create(
        cls,
        path: str | Path | Address,
        *,
        embedder: EmbedderLike = DEFAULT_EMBEDDER,
        engine: str = "tantivy",
        language: str = "en",
        target_tokens: int | None = None,
        max_tokens: int | None = None,
    ) -> Self:
        """Make an empty index and open it. What is given here is fixed from now on.

        path: a folder, or the address of an index on a cluster: opensearch://HOST:9200/NAME?shards=3&replicas=1.
        embedder: "minilm", "none", "onnx:FOLDER", "hf:OWNER/NAME", "st:MODEL" …, an Embedder or a callable; engine:
        "tantivy" or "whoosh" …; language: of stemming, ISO 639-1; tokens: of the embedder, what a passage aims at (200,
        or the maximum if that is less) and never passes (256, or what the embedder reads if that is less). Raises
        IndexExists, and ArgumentError before anything is made.
        """
        from searchkit.models.embedders import embedder as model_called

        model = model_called(embedder)
        keywords.engine(engine)
        limits = lengths(target_tokens, max_tokens, getattr(model, "max_tokens", None))
        settings = Settings(engine, language, Analyzer(language).name, *limits)
        homes.create(placed(path), settings.with_model(model))
        return cls(path, model)

    def sync(  # noqa: PLR0913 - nine things that a run may be told, all but the paths by keyword
        self,
        paths: str | Path | Sequence[str | Path] = (),
        *,
        options: SyncOptions | None = None,
        strict: bool = False,
        embed: str = PROGRESSIVE,
        dry_run: bool = False,
        allow_removals: bool = False,
        progress: Progress | None = None,
        timeout: float | None = None,
        workers: str | None = None,
    ) -> SyncReport:
        """Make the index match files and folders: all that is under `paths`, or all that was synced before.

        Documents from elsewhere stay. Options are remembered for the paths, and hold until others are given. What
        could not be read is in the report; with strict, it raises DocumentError after everything readable is in.
        What cannot be read now keeps its last good version (`stale`). A source that lost all or more than half of its
        documents keeps them (`withheld`), and other filters than before take none away, unless with allow_removals.
        dry_run: do nothing, and report what would have been done.
        embed: "progressive" has the model embed a sample of many new passages and predicts the other vectors, which
        `improve` replaces later; with "full" the model embeds them all, and those predicted before.
        timeout: seconds to wait for another writer, here and wherever something is written. Unless it is given, threads
        of one process take turns, and another process that writes is not waited for. Raises IndexLocked.
        workers: a Ray cluster whose machines prepare and embed: "ray" (one of this machine's cores, started for this
        call), "ray://auto" (the one that runs here), "ray://HOST:10001". The index is the same. Raises MissingExtra.
        """
        from searchkit.indexing.sync import sync

        given = validation.paths("paths", paths)

        def work(ingest: Ingest) -> None:
            sync(ingest, ingest.catalog, given, options, allow_removals=allow_removals)

        return self._ingest(
            work, strict=strict, progress=progress, embed=embed, timeout=timeout, workers=workers, dry=dry_run
        )

    def watch(
        self,
        paths: str | Path | Sequence[str | Path] = (),
        *,
        options: SyncOptions | None = None,
        embed: str = PROGRESSIVE,
        allow_removals: bool = False,
        events: Iterable[Iterable[str | Path]] | None = None,
        progress: Progress | None = None,
        timeout: float | None = None,
    ) -> Iterator[SyncReport]:
        """Sync now and after each burst of changes below the paths, for as long as the reports are asked for.

        events: the paths that changed together, burst by burst, in place of those that the file system tells. Raises
        MissingExtra.
        """
        from searchkit.indexing.watching import watch

        given = validation.paths("paths", paths)
        sync = partial(self.sync, embed=embed, allow_removals=allow_removals, progress=progress, timeout=timeout)
        own = self.path if isinstance(self.path, Path) else None
        return watch(sync, lambda: self.status()["sources"], own, given, options, events)

    def forget(self, roots: str | Path | Sequence[str | Path], *, timeout: float | None = None) -> SyncReport:
        """Let folders or files go that were synced, with their documents, whether they are still there or not."""
        from searchkit.indexing.sync import forget

        paths = validation.paths("roots", roots)
        return self._ingest(lambda ingest: forget(ingest, ingest.catalog, paths), timeout=timeout)

    def add(
        self,
        items: Iterable[Any],
        *,
        replace: bool = False,
        strict: bool = False,
        embed: str = PROGRESSIVE,
        progress: Progress | None = None,
        timeout: float | None = None,
        workers: str | None = None,
    ) -> SyncReport:
        """Put documents in; one whose id is there already replaces it if it differs. embed, timeout, workers: see
        `sync`.

        items: any iterable of Document, of mappings with id and text (title if there is one, all else is metadata), or
        of pairs of id and text; or a pandas or polars frame with such columns. What is none of these is in the report.
        replace: also documents that came from files, until these change; else the report says that their ids are taken.
        """
        from searchkit.indexing.sync import add

        def work(ingest: Ingest) -> None:
            ingest.replaces = replace
            add(ingest, items)

        return self._ingest(work, strict=strict, progress=progress, embed=embed, timeout=timeout, workers=workers)

    def improve(
        self,
        *,
        seconds: float | None = None,
        passages: int | None = None,
        questions: Iterable[str] = (),
        progress: Progress | None = None,
        timeout: float | None = None,
    ) -> ImproveReport:
        """Have the model embed passages whose vectors are predicted, within a budget: see `improve.improve`.

        timeout: seconds that each commit waits for another writer, 60 unless given.
        """
        from searchkit.indexing.improve import Budget, improve

        folder = homes.folder(self._latest.path, "it has no predicted vectors, the model embeds every passage.")
        model = self.embedder
        reached = [self.search(question, REACHED) for question in questions]
        report = improve(folder, model, reached, Budget(seconds, passages, timeout), progress or silent)
        self.reload()
        return report

    def remove(self, doc_ids: str | Iterable[str], *, timeout: float | None = None) -> SyncReport:
        """Remove documents by id or glob. A later sync of their folder brings them back. timeout: see `sync`."""
        from searchkit.indexing.sync import remove

        ids = validation.text_or_texts("doc_ids", doc_ids)

        def work(ingest: Ingest) -> None:
            remove(ingest, ingest.catalog, ids)

        return self._ingest(work, timeout=timeout)

    def compact(self, *, timeout: float | None = None) -> int:
        """Reclaim the space of what was removed; return the new generation. timeout: see `sync`."""
        from searchkit.indexing.maintenance import compact

        folder = homes.folder(self._latest.path, "it reclaims the space of what was removed by itself.")
        with store.writing(folder, timeout) as writer:
            generation = compact(writer)
        self.reload()
        return generation

    def rebuild(
        self,
        *,
        embedder: EmbedderLike = None,
        embed: str = PROGRESSIVE,
        progress: Progress | None = None,
        timeout: float | None = None,
    ) -> int:
        """Make keywords and vectors anew from the catalog; with `embedder`, change the model ("none": drop it).

        Readers go on with what there was until all is complete. embed, timeout: see `sync`. Returns the new generation.
        """
        wanted = self._held.chosen(embedder, self.settings.embedder_digest)
        generation, model = homes.rebuilt(
            self._latest.path, wanted, progress or silent, full=embed == FULL, timeout=timeout
        )
        self._held.add(model)
        self.reload()
        return generation

    @classmethod
    def import_(
        cls,
        source: str | Path,
        path: str | Path | Address,
        *,
        embedder: EmbedderLike = None,
        progress: Progress | None = None,
    ) -> Self:
        """Make an index at `path` from an exported file; its vectors are not computed again.

        If that fails or is cut off, there is no index. Raises IndexExists, IndexCorrupt, EmbedderMismatch.
        """
        from searchkit.indexing.archive import imported

        folder = homes.folder(placed(path), "import into a folder first, then copy that: searchkit copy.")
        return cls(folder, imported(Path(source), folder, embedder, progress or silent))

    def copy(self, path: str | Path | Address, *, progress: Progress | None = None) -> Self:
        """Make an index at another place, folder or cluster, of all that this one holds; return it, opened.

        Vectors are not computed again, except for those that are only predicted here. If that fails or is cut off,
        there is no index. Raises IndexExists.
        """
        from searchkit.indexing.copying import fill
        from searchkit.indexing.ingest import Ingest
        from searchkit.indexing.sync import whole
        from searchkit.models.embedders import token_counter

        place, told = placed(path), progress or silent
        model = self.embedder
        with (
            self._home.original() as original,
            homes.filling(place, self.settings, model, told, original) as stock,
            contextlib.closing(Ingest(stock, model, token_counter(model), told)) as ingest,
        ):
            fill(ingest, ingest.catalog, original)
            whole(ingest.finish())
        return type(self)(place, model)

    def _ingest(
        self,
        work: Callable[[Ingest], None],
        *,
        strict: bool = False,
        progress: Progress | None = None,
        embed: str = PROGRESSIVE,
        timeout: float | None = None,
        workers: str | None = None,
        dry: bool = False,
    ) -> SyncReport:
        """Run `work` as the one writer, then see what it did."""
        from searchkit.indexing.ingest import Ingest
        from searchkit.indexing.sync import whole
        from searchkit.models.embedders import token_counter

        told = progress or silent
        with contextlib.ExitStack() as stack:
            joined = stack.enter_context(contextlib.closing(_joined(workers))) if workers else None
            opened = homes.stock(
                self._latest.path, self._held.called, told, full=embed == FULL, dry=dry, timeout=timeout, workers=joined
            )
            stock, model = stack.enter_context(opened)
            ingest = Ingest(stock, model, token_counter(model), told, dry=dry, workers=joined)
            with self._latest.released(), contextlib.closing(ingest):
                work(ingest)
                report = ingest.finish()
        return whole(report) if strict else report


def _joined(workers: str) -> RayWorkers:
    from searchkit.indexing.ray_workers import RayWorkers

    return RayWorkers(workers)


@checks_arguments
def rebuild(
    path: str | Path | Address,
    *,
    embedder: EmbedderLike = None,
    embed: str = PROGRESSIVE,
    progress: Progress | None = None,
    timeout: float | None = None,
) -> int:
    """Rebuild an index whose derived parts may be too damaged to open it; see `Index.rebuild`."""
    return homes.rebuilt(placed(path), embedder, progress or silent, full=embed == FULL, timeout=timeout)[0]
