"""The façade: one class that creates, fills, searches and keeps an index."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from searchkit.holdings import Holdings
from searchkit.models.held import HeldModel
from searchkit.parameters import checks_arguments, checks_methods, lengths
from searchkit.search.answering import search
from searchkit.search.request import SearchOptions, SearchRequest, preferred, shows_options, takes
from searchkit.storage import keywords, store
from searchkit.storage.contract import View
from searchkit.storage.latest import Current
from searchkit.storage.settings import Settings
from searchkit.text.analysis import Analyzer
from searchkit.types import Embedder, Progress, Results, Statement, SyncReport, silent

# The write path, and what few questions need, is imported when it is called: a search from a fresh shell waits
# for neither.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.indexing.improve import ImproveReport
    from searchkit.indexing.ingest import Ingest
    from searchkit.indexing.sync import SyncOptions
    from searchkit.search.context import Context
    from searchkit.search.why_not import WhyNot
    from searchkit.storage.inspection import VerifyReport

DEFAULT_EMBEDDER = "minilm"
CONTEXT_HITS = 30  # candidates from which a context is filled
REACHED = 50  # passages that a question given to `improve` reaches
PROGRESSIVE, FULL = "progressive", "full"  # see `Index.sync`

EmbedderLike = str | Embedder | Callable[..., Any] | None


@checks_methods
class Index(Holdings):
    """Passages in one folder, searched from several threads if need be. What is given wrong raises ArgumentError."""

    def __init__(self, path: str | Path, embedder: EmbedderLike = None) -> None:
        """Open the index at `path`; `Index.open` is the same. See there for errors."""
        self.path = Path(path)
        self._current = Current(self.path)
        self._reading = self._current.reading
        self._held = HeldModel(self.path)
        try:
            self._analyzer = self.settings.analysis(self.path)
            if embedder is not None:
                from searchkit.models.embedders import embedder as model_called

                self._held.give(model_called(embedder), *self.settings.model)
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
        from searchkit.models.embedders import embedder as model_called
        from searchkit.storage import creation

        model = model_called(embedder)
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
        return self._held.called(*self.settings.model)

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
        timeout: float | None = None,
    ) -> SyncReport:
        """Make the index match files and folders: all that is under `paths`, or all that was synced before.

        Documents from elsewhere stay. Options are remembered for the paths, and hold until others are given. What
        could not be read is in the report; with strict, it raises DocumentError after everything readable is in.
        embed: "progressive" has the model embed a sample of many new passages and predicts the other vectors, which
        `improve` replaces later; with "full" the model embeds them all, and those predicted before.
        timeout: seconds to wait for another writer, here and wherever something is written. Unless it is given, threads
        of one process take turns, and another process that writes is not waited for. Raises IndexLocked.
        """
        from searchkit.indexing.sync import sync

        given = [paths] if isinstance(paths, str | Path) else list(paths)

        def work(ingest: Ingest, writer: store.Writer) -> None:
            chosen = [Path(path) for path in given or writer.catalog.sources.roots()]
            sync(ingest, writer.catalog, chosen, options)

        return self._ingest(work, strict=strict, progress=progress, embed=embed, timeout=timeout)

    def add(
        self,
        items: Iterable[Any],
        *,
        strict: bool = False,
        embed: str = PROGRESSIVE,
        progress: Progress | None = None,
        timeout: float | None = None,
    ) -> SyncReport:
        """Put documents in; one whose id is there already replaces it if it differs. embed, timeout: see `sync`.

        items: any iterable of Document, of mappings with id and text (title if there is one, all else is metadata), or
        of pairs of id and text; or a pandas or polars frame with such columns. What is none of these is in the report.
        """
        from searchkit.indexing.sync import add

        def work(ingest: Ingest, _: store.Writer) -> None:
            add(ingest, items)

        return self._ingest(work, strict=strict, progress=progress, embed=embed, timeout=timeout)

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

        model = self.embedder
        reached = [self.search(question, REACHED) for question in questions]
        report = improve(self.path, model, reached, Budget(seconds, passages, timeout), progress or silent)
        self.reload()
        return report

    def remove(self, doc_ids: str | Iterable[str], *, timeout: float | None = None) -> SyncReport:
        """Remove documents by id or glob. A later sync of their folder brings them back. timeout: see `sync`."""
        from searchkit.indexing.sync import remove

        ids = [doc_ids] if isinstance(doc_ids, str) else list(doc_ids)

        def work(ingest: Ingest, writer: store.Writer) -> None:
            remove(ingest, writer.catalog, ids)

        return self._ingest(work, timeout=timeout)

    def verify(self) -> VerifyReport:
        """Check every file and that all parts agree."""
        from searchkit.storage.inspection import verify

        return verify(self._current.path)

    def compact(self, *, timeout: float | None = None) -> int:
        """Reclaim the space of what was removed; return the new generation. timeout: see `sync`."""
        from searchkit.indexing.maintenance import compact

        with store.writing(self._current.path, timeout) as writer:
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
        from searchkit.indexing.maintenance import rebuilt

        chosen = self._held.model if embedder is None else embedder
        with store.writing(self._current.path, timeout) as writer:
            generation, self._held.model = rebuilt(writer, chosen, progress or silent, full=embed == FULL)
        self.reload()
        return generation

    def export(self, path: str | Path) -> int:
        """Write everything to one portable file; return the number of documents."""
        from searchkit.indexing.archive import export

        with store.opened(self._current.path) as snapshot:  # of its own: searches need not wait
            return export(snapshot, Path(path))

    @classmethod
    def import_(
        cls, source: str | Path, path: str | Path, *, embedder: EmbedderLike = None, progress: Progress | None = None
    ) -> Self:
        """Make an index at `path` from an exported file; its vectors are not computed again.

        If that fails or is cut off, there is no index. Raises IndexExists, IndexCorrupt, EmbedderMismatch.
        """
        from searchkit.indexing.archive import imported

        return cls(path, imported(Path(source), Path(path), embedder, progress or silent))

    # --- inside -------------------------------------------------------------------------------------------

    def _ingest(
        self,
        work: Callable[[Ingest, store.Writer], None],
        *,
        strict: bool = False,
        progress: Progress | None = None,
        embed: str = PROGRESSIVE,
        timeout: float | None = None,
    ) -> SyncReport:
        """Run `work` as the one writer, then see what it did."""
        from searchkit.indexing.ingest import Ingest
        from searchkit.indexing.sync import whole
        from searchkit.models.embedders import token_counter

        with store.writing(self._current.path, timeout) as writer:
            model = self._held.called(*writer.settings.model)
            ingest = Ingest(writer, model, token_counter(model), progress or silent, full=embed == FULL)
            with self._current.released(), contextlib.closing(ingest):
                work(ingest, writer)
                report = ingest.finish()
        return whole(report) if strict else report

    def _model(self, view: View, mode: str) -> Embedder | None:
        return None if mode == "keyword" else self._held.called(*view.settings.model)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


@checks_arguments
def rebuild(
    path: str | Path,
    *,
    embedder: EmbedderLike = None,
    embed: str = PROGRESSIVE,
    progress: Progress | None = None,
    timeout: float | None = None,
) -> int:
    """Rebuild an index whose derived parts may be too damaged to open it; see `Index.rebuild`."""
    from searchkit.indexing.maintenance import rebuilt

    with store.writing(Path(path), timeout) as writer:
        return rebuilt(writer, embedder, progress or silent, full=embed == FULL)[0]
