"""The half of the façade that reads: open, search, look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from searchkit import homes
from searchkit.again import asks_again
from searchkit.cluster.address import Address, placed
from searchkit.holdings import Holdings
from searchkit.models.held import HeldModel
from searchkit.parameters import checks_methods
from searchkit.search.answering import search
from searchkit.search.request import SearchOptions, SearchRequest, preferred, shows_options, takes
from searchkit.storage import store
from searchkit.storage.contract import View
from searchkit.storage.settings import Settings
from searchkit.types import Embedder, Results, Statement

# What few questions need is imported when it is called: a search from a fresh shell does not wait for it.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.search.checking import AnswerReport
    from searchkit.search.context import Context
    from searchkit.search.why_not import WhyNot
    from searchkit.storage.inspection import VerifyReport

CONTEXT_HITS = 30  # candidates from which a context is filled

EmbedderLike = str | Embedder | Callable[..., Any] | None


@asks_again
@checks_methods
class IndexReader(Holdings):
    """Passages in one folder or on a cluster, searched from several threads if need be.

    What is given wrong raises ArgumentError.
    """

    def __init__(self, path: str | Path | Address, embedder: EmbedderLike = None) -> None:
        """Open the index at `path`; `Index.open` is the same. See there for errors."""
        self.path = placed(path)
        self._home = homes.opened(self.path)
        self._latest = self._home.latest
        self._reading = self._latest.reading
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
    def open(cls, path: str | Path | Address, *, embedder: EmbedderLike = None) -> Self:
        """Open an index; its model is found by the name it recorded unless `embedder` gives it.

        path: a folder, or an address on a cluster: opensearch://user@host:9200/name.
        Raises IndexNotFound, IndexCorrupt, UnsupportedFormat, EmbedderMismatch; of a cluster, BackendUnavailable.
        """
        return cls(path, embedder)

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
        since: only documents from this year, month or day on: a date, or text such as 2024-06.
        until: only documents up to this year, month or day, included.
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
        stages: what hybrid does beyond fusion: all stages unless some are named.
        recency: in hybrid, the weight of how new a document is, beside a score in [0, 1]: .1 is a nudge.
        history: the turns before the question, oldest first: mappings or pairs of role and content.
        rewrite: a function of the turns and the question, which returns the question as it would stand alone.
        today: what "last week" counts from: a date, or its ISO 8601 text; the clock's day unless given.
        min_confidence: leave out hits that are less likely to answer, 0 to 1.
        reranker: judge the first hits anew: late (with the model at hand), onnx:FOLDER or st-ce:MODEL; in
            Python also a Reranker, or a function.
        rerank_depth: how many it judges, at most 200.
        rerank_weight: its share in their scores, 0 to 1.
        upgrade: have the model read so many of the first passages whose vectors are predicted.
        upgrade_seconds: as many of them as fit into this time; all unless given.
        recall: of the 10 nearest of very many vectors, find this share, or as near ones; 1 compares all.
        """
        with self._reading() as view:
            request = SearchRequest(query, k, **preferred(view.settings.ranking, options))
            return search(view, self._model(view, request.mode), self._analyzer, request)

    @shows_options
    def search_many(self, queries: Iterable[str], k: int = 10, **options: Unpack[SearchOptions]) -> list[Results]:
        """Return for each query, in order, what `search` returns; many at once are answered faster.

        Of very many, other processes answer a share, if this is the main thread, and the index is in a folder and has
        the model that travels with searchkit, or none. history: one conversation for each query, or none.
        """
        from searchkit.search.batch import SHARE, requests_of, search_many

        with self._reading() as view:
            requests = requests_of(queries, k, preferred(view.settings.ranking, options))
            model = self._model(view, options.get("mode", "hybrid"))
            if len(requests) <= SHARE:  # as of a command that asks one
                return search_many(view, model, self._analyzer, requests)
            from searchkit.answerer import asker

            return search_many(view, model, self._analyzer, requests, asker(self.path, view, model))

    @shows_options
    def similar(self, item_id: str, k: int = 10, **options: Unpack[SearchOptions]) -> Results:
        """Return the passages of other documents that are most like a document or passage, whose id is given.

        Their stored vectors are compared: the model reads nothing anew. Options: as of `search`. Raises QueryError for
        an unknown id.
        """
        from searchkit.search.similar import similar

        with self._reading() as view:
            request = SearchRequest(item_id, k, **preferred(view.settings.ranking, options))
            model = self._model(view, request.mode) if request.reranker or request.upgrade else None
            return similar(view, model, self._analyzer, request)

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

    def cite(self, ids: Sequence[str], question: str = "") -> Context:
        """Return passages, by their ids, as the context of an answer: the first under [1], and so on.

        For those who have found or chosen passages by another way than `context`, such as a framework's own reranker.
        Their scores and confidences are not known here and 0. Raises ArgumentError for ids of anything else.
        """
        from searchkit.models.embedders import token_counter
        from searchkit.search.context import cited

        with self._reading() as view:
            return cited(view, ids, question, token_counter(self._model(view, "hybrid")))

    def check(self, answer: str, context: Context | Mapping[str, Any]) -> AnswerReport:
        """Compare an answer with the passages that it cites, as the index has them now.

        context: what `context` returned, or what its `to_dict` gave, perhaps by way of a client that may have changed
        it: markers and digests are taken from it, all else is read again. A passage that is gone or no longer the same
        is no evidence, and its marker is among the `stale`. Raises ArgumentError.
        """
        from searchkit.search.context import Context, rechecked

        given = context if isinstance(context, Context) else Context.from_dict(context)
        with self._reading() as view:
            return rechecked(view, answer, given)

    def who_said(
        self, name: str, *, about: str | None = None, k: int = 10, only_about: bool = False
    ) -> list[Statement]:
        """Return k statements of those who have all words of `name`, and of their kind: an expert's for analysts.

        `about` ranks them, by words and meaning of claim, passage and title; else those by name come first. only_about:
        leave out statements without any of its words.
        """
        from searchkit.search.who_said import who_said

        with self._reading() as view:
            model = self._model(view, "hybrid") if about else None
            return who_said(view, model, self._analyzer, name, about, k, only_about=only_about)

    def reload(self) -> bool:
        """Go to the latest commit; tell whether there was a newer one than this object saw."""
        return self._latest.reload()

    def close(self) -> None:
        """Let go of every file. Whatever is asked for afterwards raises IndexClosed."""
        self._latest.close()

    def verify(self) -> VerifyReport:
        """Check every file and that all parts agree."""
        return homes.verify(self._latest.path)

    def export(self, path: str | Path) -> int:
        """Write everything to one portable file; return the number of documents."""
        from searchkit.indexing.archive import export

        folder = homes.folder(self._latest.path, "copy it into a folder first: searchkit copy.")
        with store.opened(folder) as snapshot:  # of its own: searches need not wait
            return export(snapshot, Path(path))

    def _model(self, view: View, mode: str) -> Embedder | None:
        return None if mode == "keyword" else self._held.called(*view.settings.model)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()
