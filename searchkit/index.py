"""The façade: one class that creates, fills, searches and keeps an index."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from searchkit import keywords, search, store
from searchkit.current import Current
from searchkit.errors import DocumentError, EmbedderMismatch, UnsupportedFormat
from searchkit.parameters import checks_arguments, checks_methods, lengths
from searchkit.request import SearchOptions, SearchRequest, preferred
from searchkit.snapshot import Settings, Snapshot
from searchkit.text import Analyzer
from searchkit.types import Document, Embedder, Failure, Passage, Progress, Results, Statement, SyncReport

# The write path, and what few questions need, is imported when it is called: a search from a fresh shell waits
# for neither.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.context import Context
    from searchkit.improve import ImproveReport
    from searchkit.ingest import Ingest
    from searchkit.maintenance import VerifyReport
    from searchkit.sync import SyncOptions
    from searchkit.whynot import WhyNot

DEFAULT_EMBEDDER = "minilm"
CONTEXT_HITS = 30  # candidates from which a context is filled
REACHED = 50  # passages that a question given to `improve` reaches
PROGRESSIVE = "progressive"  # see `Index.sync`; the other way is "full"

EmbedderLike = str | Embedder | Callable[..., Any] | None


def _silent(stage: str, done: int, total: int | None) -> None:
    """Report nothing."""


@checks_methods
class Index:
    """Passages in one folder, searched from several threads if need be. What is given wrong raises ArgumentError."""

    def __init__(self, path: str | Path, embedder: EmbedderLike = None) -> None:
        """Open the index at `path`; `Index.open` is the same. See there for errors."""
        self.path = Path(path)
        self._current = Current(self.path)
        self._reading = self._current.reading
        self._embedder: Embedder | None = None
        self._analyzer = Analyzer(self.settings.language)
        found = self.settings.analyzer
        if found != self._analyzer.name:
            self.close()
            raise UnsupportedFormat(
                f"{self.path} was analysed by the rules {found}; this searchkit has {self._analyzer.name}. "
                "Run: searchkit rebuild"
            )
        if embedder is not None:
            try:
                self._embedder = self._checked(_model_called(embedder))
            except BaseException:
                self.close()
                raise

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        embedder: EmbedderLike = DEFAULT_EMBEDDER,
        engine: str = "tantivy",
        language: str = "en",
        target_tokens: int | None = None,
        max_tokens: int = 256,
    ) -> Self:
        """Make an empty index and open it. What is given here is fixed from now on.

        embedder: "minilm", "none", "st:MODEL", an Embedder or a callable; engine: "tantivy" or "whoosh";
        language: of stemming, ISO 639-1; tokens: of the embedder, what a passage aims at (200, or the maximum if that
        is less) and never passes. Raises IndexExists, and ArgumentError before anything is made.
        """
        model = _model_called(embedder)
        keywords.engine(engine)
        settings = Settings(engine, language, Analyzer(language).name, *lengths(target_tokens, max_tokens))
        store.create(Path(path), settings.with_model(model))
        return cls(path, model)

    @classmethod
    def open(cls, path: str | Path, *, embedder: EmbedderLike = None) -> Self:
        """Open an index; its model is found by the name it recorded unless `embedder` gives it.

        Raises IndexNotFound, IndexCorrupt, UnsupportedFormat, EmbedderMismatch.
        """
        return cls(path, embedder)

    # --- reading ------------------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """What was fixed when the index was created, and what `tune` fitted."""
        with self._reading() as snapshot:
            return snapshot.settings

    @property
    def generation(self) -> int:
        """The number of the commit that this object sees."""
        with self._reading() as snapshot:
            return snapshot.generation

    @property
    def embedder(self) -> Embedder | None:
        """The model of the index, None for keyword only."""
        return self._embedder_of(self.settings)

    def search(self, query: str, k: int = 10, **options: Unpack[SearchOptions]) -> Results:
        """Return the k best passages for a question or an advanced query. Raises QueryError."""
        with self._reading() as snapshot:
            request = SearchRequest(query, k, **preferred(snapshot.settings.ranking, options))
            return search.search(snapshot, self._model(snapshot, request.mode), self._analyzer, request)

    def search_many(self, queries: Iterable[str], k: int = 10, **options: Unpack[SearchOptions]) -> list[Results]:
        """Return for each query, in order, what `search` returns; many at once are answered faster."""
        from searchkit.batch import search_many

        with self._reading() as snapshot:
            requests = [SearchRequest(each, k, **preferred(snapshot.settings.ranking, options)) for each in queries]
            model = self._model(snapshot, options.get("mode", "hybrid"))
            return search_many(snapshot, model, self._analyzer, requests)

    def why_not(self, passage_id: str, query: str, k: int = 10, **options: Unpack[SearchOptions]) -> WhyNot:
        """Say why a passage is not among the k best, and what would bring it in."""
        from searchkit.whynot import why_not

        with self._reading() as snapshot:
            request = SearchRequest(query, k, **preferred(snapshot.settings.ranking, options))
            return why_not(snapshot, self._model(snapshot, request.mode), self._analyzer, passage_id, request)

    def context(
        self, question: str, max_tokens: int = 1500, *, k: int = CONTEXT_HITS, **options: Unpack[SearchOptions]
    ) -> Context:
        """Return passages for a prompt, of the k best those that fit a budget of tokens, with citations.

        Empty if the index seems to hold no answer; with a `min_confidence` of your own, that alone decides.
        """
        from searchkit.context import context
        from searchkit.embedders import token_counter

        options.setdefault("collapse", True)
        results = self.search(question, k, **options)
        with self._reading() as snapshot:
            counter = token_counter(self._model(snapshot, results.mode))
            return context(results, max_tokens, counter, honest="min_confidence" not in options)

    def who_said(self, name: str, *, about: str | None = None, k: int = 10) -> list[Statement]:
        """Return k statements of those whose names hold all words of `name`; `about` ranks and filters the claims."""
        from searchkit.said import who_said

        with self._reading() as snapshot:
            return who_said(snapshot, self._analyzer, name, about, k)

    def get(self, item_id: str) -> Document | Passage | None:
        """Return the document or, for an id that ends in #number, the passage of this id; None if there is none."""
        with self._reading() as snapshot, snapshot.lock:
            document = snapshot.catalog.document(item_id)
            row = snapshot.catalog.row_of(item_id) if document is None else None
            return document if row is None else snapshot.catalog.passages([row])[row]

    def passages(self, doc_id: str) -> list[Passage]:
        """Return a document's passages in order, none for an unknown id."""
        with self._reading() as snapshot, snapshot.lock:
            return list(snapshot.catalog.passages_of(doc_id).values())

    def documents(self, pattern: str = "*") -> list[str]:
        """Return the ids of the documents that match a glob, sorted."""
        with self._reading() as snapshot, snapshot.lock:
            return snapshot.catalog.document_ids(pattern)

    def status(self) -> dict[str, Any]:
        """Return counts, settings, size on disk in bytes, and the folders that were synced."""
        from searchkit.maintenance import status

        with self._reading() as snapshot, snapshot.lock:
            return status(self.path, snapshot)

    def reload(self) -> bool:
        """Go to the latest commit; tell whether there was a newer one than this object saw."""
        return self._current.reload()

    def close(self) -> None:
        """Let go of every file. Whatever is asked for afterwards raises IndexClosed."""
        self._current.close()

    # --- writing ------------------------------------------------------------------------------------------

    def sync(
        self,
        paths: str | Path | Sequence[str | Path] = (),
        *,
        options: SyncOptions | None = None,
        strict: bool = False,
        embed: str = PROGRESSIVE,
        progress: Progress | None = None,
    ) -> SyncReport:
        """Make the index match files and folders: all that is under `paths`, or all that was synced before.

        Documents from elsewhere stay. Options are remembered for the paths, and hold until others are given. What
        could not be read is in the report; with strict, it raises DocumentError after everything readable is in.
        embed: "progressive" has the model embed a sample of many new passages and predicts the other vectors, which
        `improve` replaces later; with "full" the model embeds them all, and those predicted before. Raises IndexLocked.
        """
        from searchkit.sync import sync

        given = [paths] if isinstance(paths, str | Path) else list(paths)

        def work(ingest: Ingest, writer: store.Writer) -> None:
            chosen = [Path(path) for path in given or writer.catalog.roots()]
            sync(ingest, writer.catalog, chosen, options)

        return self._ingest(work, strict=strict, progress=progress, embed=embed)

    def add(
        self,
        items: Iterable[Document | Failure],
        *,
        strict: bool = False,
        embed: str = PROGRESSIVE,
        progress: Progress | None = None,
    ) -> SyncReport:
        """Put documents in; one whose id is there already replaces it if it differs. embed: see `sync`."""
        from searchkit.sync import add

        return self._ingest(lambda ingest, _: add(ingest, items), strict=strict, progress=progress, embed=embed)

    def improve(
        self,
        *,
        seconds: float | None = None,
        passages: int | None = None,
        questions: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> ImproveReport:
        """Have the model embed passages whose vectors are predicted, within a budget: see `improve.improve`."""
        from searchkit.improve import Budget, improve

        model = self.embedder
        reached = [self.search(question, REACHED) for question in questions]
        report = improve(self.path, model, reached, Budget(seconds, passages), progress or _silent)
        self.reload()
        return report

    def remove(self, doc_ids: str | Iterable[str]) -> SyncReport:
        """Remove documents by id or glob. A later sync of their folder brings them back."""
        from searchkit.sync import remove

        ids = [doc_ids] if isinstance(doc_ids, str) else list(doc_ids)
        return self._ingest(lambda ingest, writer: remove(ingest, writer.catalog, ids), strict=False, progress=None)

    def verify(self) -> VerifyReport:
        """Check every file and that all parts agree."""
        from searchkit.maintenance import verify

        return verify(self._current.path)

    def compact(self) -> int:
        """Reclaim the space of what was removed; return the new generation."""
        from searchkit.maintenance import compact

        with store.writing(self._current.path) as writer:
            generation = compact(writer)
        self.reload()
        return generation

    def rebuild(
        self, *, embedder: EmbedderLike = None, embed: str = PROGRESSIVE, progress: Progress | None = None
    ) -> int:
        """Make keywords and vectors anew from the catalog; with `embedder`, change the model ("none": drop it).

        Readers go on with what there was until all is complete. embed: see `sync`. Returns the new generation.
        """
        chosen = self._embedder if embedder is None else embedder
        generation, self._embedder = _rebuild(self._current.path, chosen, progress, embed)
        self.reload()
        return generation

    def export(self, path: str | Path) -> int:
        """Write everything to one portable file; return the number of documents."""
        from searchkit.archive import export

        with self._reading() as snapshot, snapshot.lock:
            return export(snapshot, Path(path))

    @classmethod
    def import_(
        cls, source: str | Path, path: str | Path, *, embedder: EmbedderLike = None, progress: Progress | None = None
    ) -> Self:
        """Make an index at `path` from an exported file; its vectors are not computed again."""
        from searchkit.archive import Archive
        from searchkit.sync import add

        opened = Archive(Path(source))
        with contextlib.closing(opened):
            settings = replace(opened.settings, analyzer=Analyzer(opened.settings.language).name)
            model = _model_called(embedder if embedder is not None else settings.embedder or "none")
            if model is not None and model.digest != settings.embedder_digest:
                settings = settings.with_model(model)
            store.create(Path(path), settings)
            index = cls(path, model)
            given = opened.vectors() if settings.embedder_digest == opened.settings.embedder_digest else {}
            documents = opened.documents()
            index._ingest(lambda ingest, _: add(ingest, documents), strict=True, progress=progress, given=given)
        return index

    # --- inside -------------------------------------------------------------------------------------------

    def _ingest(
        self,
        work: Callable[[Ingest, store.Writer], None],
        *,
        strict: bool,
        progress: Progress | None,
        given: dict[bytes, Any] | None = None,
        embed: str = PROGRESSIVE,
    ) -> SyncReport:
        """Run `work` as the one writer, then see what it did."""
        from searchkit.embedders import token_counter
        from searchkit.embedding import is_full
        from searchkit.ingest import Ingest

        with store.writing(self._current.path) as writer:
            model = self._embedder_of(writer.settings)
            ingest = Ingest(
                writer, model, token_counter(model), progress or _silent, given=given or {}, full=is_full(embed)
            )
            with self._current.released(), contextlib.closing(ingest):
                work(ingest, writer)
                report = ingest.finish()
        if strict and report.failed:
            lines = "\n".join(f"  {failure.source}: {failure.reason}" for failure in report.failed)
            raise DocumentError(f"{len(report.failed)} sources could not be read; the rest is in.\n{lines}")
        return report

    def _model(self, snapshot: Snapshot, mode: str) -> Embedder | None:
        return None if mode == "keyword" else self._embedder_of(snapshot.settings)

    def _embedder_of(self, settings: Settings) -> Embedder | None:
        """Return the model that the index was built with, None for keyword only."""
        if settings.embedder is None:
            return None
        if self._embedder is None or self._embedder.digest != settings.embedder_digest:
            try:
                found = _model_called(settings.embedder)
            except ValueError as error:  # an object of the user's own, which has no name that could be looked up
                raise EmbedderMismatch(f"{self.path} needs its model: {error}") from error
            self._embedder = self._checked(found)
        return self._embedder

    def _checked(self, model: Embedder | None) -> Embedder | None:
        settings = self.settings
        if (model.digest if model else None) != settings.embedder_digest:
            raise EmbedderMismatch(
                f"{self.path} was built with {settings.embedder or 'no model'}, not with "
                f"{model.name if model else 'none'} as it is here. Open it with the model that built it, or run: "
                "searchkit rebuild --embedder NAME"
            )
        return model

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


@checks_arguments
def rebuild(
    path: str | Path, *, embedder: EmbedderLike = None, embed: str = PROGRESSIVE, progress: Progress | None = None
) -> int:
    """Rebuild an index whose derived parts may be too damaged to open it; see `Index.rebuild`."""
    return _rebuild(Path(path), embedder, progress, embed)[0]


def _model_called(wanted: EmbedderLike) -> Embedder | None:
    """Return the model that is meant, None for none. Raises ArgumentError for an unknown name."""
    from searchkit.embedders import embedder

    return embedder(wanted)


def _rebuild(path: Path, embedder: EmbedderLike, progress: Progress | None, embed: str) -> tuple[int, Embedder | None]:
    """Rebuild with this model, or else the one that the index names; return the generation and the model."""
    from searchkit import maintenance
    from searchkit.embedding import is_full

    with store.writing(path) as writer:
        model = _model_called(embedder if embedder is not None else writer.settings.embedder or "none")
        return maintenance.rebuild(writer, model, progress or _silent, full=is_full(embed)), model
