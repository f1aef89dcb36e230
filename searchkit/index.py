"""The façade: one class that creates, fills, searches and keeps an index."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from searchkit.errors import DocumentError, EmbedderMismatch, UnsupportedFormat
from searchkit.parameters import checks_arguments, checks_methods, lengths
from searchkit.search.answering import search
from searchkit.search.request import SearchOptions, SearchRequest, preferred, shows_options, takes
from searchkit.storage import creation, keywords, store
from searchkit.storage.contract import View
from searchkit.storage.latest import Current
from searchkit.storage.settings import Settings
from searchkit.text.analysis import Analyzer
from searchkit.types import Document, Embedder, Failure, Passage, Progress, Results, Statement, SyncReport

# The write path, and what few questions need, is imported when it is called: a search from a fresh shell waits
# for neither.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.indexing.improve import ImproveReport
    from searchkit.indexing.ingest import Ingest
    from searchkit.indexing.roots import SyncOptions
    from searchkit.search.context import Context
    from searchkit.search.why_not import WhyNot
    from searchkit.storage.inspection import VerifyReport

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
        creation.create(Path(path), settings.with_model(model))
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
        with self._reading() as view:
            return view.settings

    @property
    def generation(self) -> int:
        """The number of the commit that this object sees."""
        with self._reading() as view:
            return view.generation

    @property
    def embedder(self) -> Embedder | None:
        """The model of the index, None for keyword only."""
        return self._embedder_of(self.settings)

    @takes(SearchRequest)
    def search(self, query: str, k: int = 10, **options: Unpack[SearchOptions]) -> Results:
        """Return the best passages for a question or an advanced query. Raises QueryError.

        k: how many passages to return.
        mode: hybrid, keyword or vector.
        where: a filter, applied before ranking: its text, or a mapping.
        fusion: how hybrid joins both arms: minmax, zscore or rrf.
        weights: what each arm counts in hybrid: 1 unless given, as in {'keyword': 1.5}.
        offset: pass over so many hits.
        context: bring so many neighbours of each passage on each side.
        per_document: at most so many hits of one document.
        collapse: make near duplicates one hit.
        diversity: 0 to 1: prefer hits that say something new, by maximal marginal relevance.
        explain: say what each arm saw and each stage did.
        strict: a malformed advanced query is an error, not plain words.
        said_by: only passages in which somebody of this name says something.
        stages: what hybrid does beyond fusion, any of guard, neighbours, pieces, feedback, speaker, time.
        recency: in hybrid, the weight of how new a document is, beside a score in [0, 1]: .1 is a nudge.
        today: what "last week" counts from: a date, or its ISO 8601 text; the clock's day unless given.
        min_confidence: leave out hits that are less likely to answer, 0 to 1.
        reranker: judge the first hits anew: late (with the model at hand), onnx:FOLDER or st-ce:MODEL; in
            Python also a Reranker, or a function.
        rerank_depth: how many it judges, at most 200.
        rerank_weight: its share in their scores, 0 to 1.
        upgrade: have the model read so many of the first passages whose vectors are predicted.
        upgrade_seconds: as many of them as fit into this time; all unless given.
        recall: of the 10 nearest vectors among very many, find this share on average; 1 compares all.
        """
        with self._reading() as view:
            request = SearchRequest(query, k, **preferred(view.settings.ranking, options))
            return search(view, self._model(view, request.mode), self._analyzer, request)

    @shows_options
    def search_many(self, queries: Iterable[str], k: int = 10, **options: Unpack[SearchOptions]) -> list[Results]:
        """Return for each query, in order, what `search` returns; many at once are answered faster."""
        from searchkit.search.batch import search_many

        with self._reading() as view:
            requests = [SearchRequest(each, k, **preferred(view.settings.ranking, options)) for each in queries]
            model = self._model(view, options.get("mode", "hybrid"))
            return search_many(view, model, self._analyzer, requests)

    @shows_options
    def why_not(self, passage_id: str, query: str, k: int = 10, **options: Unpack[SearchOptions]) -> WhyNot:
        """Say why a passage is not among the k best, and what would bring it in. Options: as of `search`."""
        from searchkit.search.why_not import why_not

        with self._reading() as view:
            request = SearchRequest(query, k, **preferred(view.settings.ranking, options))
            return why_not(view, self._model(view, request.mode), self._analyzer, passage_id, request)

    @shows_options
    def context(
        self, question: str, max_tokens: int = 1500, *, k: int = CONTEXT_HITS, **options: Unpack[SearchOptions]
    ) -> Context:
        """Return passages for a prompt, of the k best those that fit a budget of tokens, with citations.

        Empty if the index seems to hold no answer; with a `min_confidence` of your own, that alone decides. Options: as
        of `search`; near duplicates are collapsed unless `collapse` says otherwise.
        """
        from searchkit.models.embedders import token_counter
        from searchkit.search.context import context

        options.setdefault("collapse", True)
        results = self.search(question, k, **options)
        with self._reading() as view:
            counter = token_counter(self._model(view, results.mode))
            return context(results, max_tokens, counter, honest="min_confidence" not in options)

    def who_said(self, name: str, *, about: str | None = None, k: int = 10) -> list[Statement]:
        """Return k statements of those whose names hold all words of `name`; `about` ranks and filters the claims."""
        from searchkit.search.who_said import who_said

        with self._reading() as view:
            return who_said(view, self._analyzer, name, about, k)

    def get(self, item_id: str) -> Document | Passage | None:
        """Return the document or, for an id that ends in #number, the passage of this id; None if there is none."""
        with self._reading() as view:
            document = view.passages.document(item_id)
            row = view.passages.row_of(item_id) if document is None else None
            return document if row is None else view.passages.get([row])[row]

    def passages(self, doc_id: str) -> list[Passage]:
        """Return a document's passages in order, none for an unknown id."""
        with self._reading() as view:
            return view.passages.of(doc_id)

    def documents(self, pattern: str = "*") -> list[str]:
        """Return the ids of the documents that match a glob, sorted."""
        with self._reading() as view:
            return view.passages.documents(pattern)

    def status(self) -> dict[str, Any]:
        """Return counts, settings, size on disk in bytes, and the folders that were synced."""
        from searchkit.storage.inspection import status

        with self._reading() as view:
            return status(self.path, view.snapshot)

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
        dry_run: bool = False,
        allow_removals: bool = False,
        progress: Progress | None = None,
    ) -> SyncReport:
        """Make the index match files and folders: all that is under `paths`, or all that was synced before.

        Documents from elsewhere stay. Options are remembered for the paths, and hold until others are given. What
        could not be read is in the report; with strict, it raises DocumentError after everything readable is in.
        What cannot be read now keeps its last good version (`stale`). A source that lost all or more than half of its
        documents keeps them (`withheld`), and other filters than before take none away, unless with allow_removals.
        dry_run: do nothing, and report what would have been done.
        embed: "progressive" has the model embed a sample of many new passages and predicts the other vectors, which
        `improve` replaces later; with "full" the model embeds them all, and those predicted before. Raises IndexLocked.
        """
        from searchkit.indexing.sync import sync

        given = [paths] if isinstance(paths, str | Path) else list(paths)

        def work(ingest: Ingest, writer: store.Writer) -> None:
            sync(ingest, writer.catalog, [Path(path) for path in given], options, allow_removals=allow_removals)

        return self._ingest(work, strict=strict, progress=progress, embed=embed, dry=dry_run)

    def watch(
        self,
        paths: str | Path | Sequence[str | Path] = (),
        *,
        options: SyncOptions | None = None,
        embed: str = PROGRESSIVE,
        allow_removals: bool = False,
        events: Iterable[Iterable[str | Path]] | None = None,
        progress: Progress | None = None,
    ) -> Iterator[SyncReport]:
        """Sync now and after each burst of changes below the paths, for as long as the reports are asked for.

        events: the paths that changed together, burst by burst, in place of those that the file system tells. Raises
        MissingExtra.
        """
        from searchkit.indexing.watching import watch

        given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
        sync = partial(self.sync, embed=embed, allow_removals=allow_removals, progress=progress)
        return watch(sync, lambda: self.status()["sources"], self.path, given, options, events)

    def forget(self, roots: str | Path | Sequence[str | Path]) -> SyncReport:
        """Let folders or files go that were synced, with their documents, whether they are still there or not."""
        from searchkit.indexing.sync import forget

        paths = [Path(root) for root in ([roots] if isinstance(roots, str | Path) else roots)]
        return self._ingest(lambda ingest, writer: forget(ingest, writer.catalog, paths), strict=False, progress=None)

    def add(
        self,
        items: Iterable[Document | Failure],
        *,
        strict: bool = False,
        embed: str = PROGRESSIVE,
        progress: Progress | None = None,
    ) -> SyncReport:
        """Put documents in; one whose id is there already replaces it if it differs. embed: see `sync`."""
        from searchkit.indexing.sync import add

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
        from searchkit.indexing.improve import Budget, improve

        model = self.embedder
        reached = [self.search(question, REACHED) for question in questions]
        report = improve(self.path, model, reached, Budget(seconds, passages), progress or _silent)
        self.reload()
        return report

    def remove(self, doc_ids: str | Iterable[str]) -> SyncReport:
        """Remove documents by id or glob. A later sync of their folder brings them back."""
        from searchkit.indexing.sync import remove

        ids = [doc_ids] if isinstance(doc_ids, str) else list(doc_ids)
        return self._ingest(lambda ingest, writer: remove(ingest, writer.catalog, ids), strict=False, progress=None)

    def verify(self) -> VerifyReport:
        """Check every file and that all parts agree."""
        from searchkit.storage.inspection import verify

        return verify(self._current.path)

    def compact(self) -> int:
        """Reclaim the space of what was removed; return the new generation."""
        from searchkit.indexing.maintenance import compact

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
        from searchkit.indexing.archive import export

        with self._reading() as view:
            return export(view.snapshot, Path(path))

    @classmethod
    def import_(
        cls, source: str | Path, path: str | Path, *, embedder: EmbedderLike = None, progress: Progress | None = None
    ) -> Self:
        """Make an index at `path` from an exported file; its vectors are not computed again.

        If that fails or is cut off, there is no index. Raises IndexExists, IndexCorrupt, EmbedderMismatch.
        """
        from searchkit.indexing.archive import Archive, restore
        from searchkit.models.embedders import recorded

        with contextlib.closing(Archive(Path(source))) as opened:
            model = recorded(opened.settings.embedder, source) if embedder is None else _model_called(embedder)
            restore(opened, Path(path), model, progress or _silent)
        return cls(path, model)

    # --- inside -------------------------------------------------------------------------------------------

    def _ingest(
        self,
        work: Callable[[Ingest, store.Writer], None],
        *,
        strict: bool,
        progress: Progress | None,
        embed: str = PROGRESSIVE,
        dry: bool = False,
    ) -> SyncReport:
        """Run `work` as the one writer, then see what it did."""
        from searchkit.indexing.embedding import is_full
        from searchkit.indexing.ingest import Ingest
        from searchkit.models.embedders import token_counter

        with store.writing(self._current.path) as writer:
            model = self._embedder_of(writer.settings)
            ingest = Ingest(writer, model, token_counter(model), progress or _silent, full=is_full(embed), dry=dry)
            with self._current.released(), contextlib.closing(ingest):
                work(ingest, writer)
                report = ingest.finish()
        if strict and report.failed:
            lines = "\n".join(f"  {failure.source}: {failure.reason}" for failure in report.failed)
            raise DocumentError(f"{len(report.failed)} sources could not be read; the rest is in.\n{lines}")
        return report

    def _model(self, view: View, mode: str) -> Embedder | None:
        return None if mode == "keyword" else self._embedder_of(view.settings)

    def _embedder_of(self, settings: Settings) -> Embedder | None:
        """Return the model that the index was built with, None for keyword only."""
        if settings.embedder is None:
            return None
        if self._embedder is None or self._embedder.digest != settings.embedder_digest:
            from searchkit.models.embedders import recorded

            self._embedder = self._checked(recorded(settings.embedder, self.path))
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
    from searchkit.models.embedders import embedder

    return embedder(wanted)


def _rebuild(path: Path, embedder: EmbedderLike, progress: Progress | None, embed: str) -> tuple[int, Embedder | None]:
    """Rebuild with this model, or else the one that the index names; return the generation and the model."""
    from searchkit.indexing import maintenance
    from searchkit.indexing.embedding import is_full

    with store.writing(path) as writer:
        model = _model_called(embedder if embedder is not None else writer.settings.embedder or "none")
        return maintenance.rebuild(writer, model, progress or _silent, full=is_full(embed)), model
