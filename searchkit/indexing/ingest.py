"""Documents into the index: compared with what is known, split, analysed, embedded, committed in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from searchkit.errors import DocumentError
from searchkit.indexing.cleaning import cleaned
from searchkit.indexing.jobs import Pipeline, Workers
from searchkit.indexing.prepare import Bug, Contents, File, Prepared, Recipe, Text
from searchkit.indexing.stock import Stock
from searchkit.indexing.taken import NOT_TAKEN, Ids, TakenDocuments
from searchkit.models.embedders import portable_counter
from searchkit.text.splitting import Limits
from searchkit.types import Document, Embedder, Failure, Metadata, Omission, Progress, SyncReport


class Ingest:
    """One write session: `put`, `put_file`, `then` and `drop` any number of times, `finish`, and `close` in any case.

    What follows from each document alone is worked out while others are put. Whatever depends on order happens in the
    order of the calls to `put` and `put_file`; what shall come after these needs `then` or `flush`.
    """

    def __init__(
        self,
        stock: Stock,
        embedder: Embedder | None,
        count_tokens: Callable[[Sequence[str]], list[int]],
        progress: Progress,
        *,
        dry: bool = False,
        workers: Workers | None = None,
    ) -> None:
        """Begin with what is in stock. dry: nothing is stored, and the report says what would have been.

        workers: who prepares documents; without them, this machine.
        """
        self._dry = dry
        self._stock = stock
        self.catalog = stock.catalog
        self._progress = progress
        settings = stock.settings
        limits = Limits(target=settings.target_tokens, maximum=settings.max_tokens)
        portable = portable_counter(embedder)
        self._pipeline = Pipeline(
            Recipe(settings.language, limits, portable or count_tokens), portable=portable is not None, workers=workers
        )
        self._known = TakenDocuments(self.catalog)
        self._added = Ids()
        self._changed = Ids()
        self._removed: list[str] = []
        self._kept = 0
        self._omitted: dict[str, tuple[Omission, ...]] = {}
        self.failed: list[Failure] = []
        self.replaces = False  # whether what comes from no file takes the ids of what does
        self.skipped: dict[str, int] = {}
        self.gone: set[int] = set()  # keys of files that are no longer there: they claim nothing
        self.disputed: set[int] = set()  # keys of files that lost a document to another: to be read again
        self.released: set[str] = set()  # ids of documents that their files no longer hold: others may claim them
        self.misread = 0  # documents and files that could not be read
        self.stale: list[str] = []
        self.withheld: list[str] = []
        self.warnings: list[str] = []
        self.keeps_vectors = False  # of what it removes, for the next session

    def fail(self, source: str, reason: str) -> None:
        """Record a source that could not be read."""
        self.failed.append(Failure(source, reason))

    def misses(self, failure: Failure) -> None:
        """Record something in a file that could not be read."""
        self.failed.append(failure)
        self.misread += 1

    @property
    def taken(self) -> int:
        """How many documents are in: added, changed or kept."""
        return self._known.count

    @property
    def added(self) -> int:
        """How many documents were added so far."""
        return len(self._added)

    def keep(self, documents: int) -> None:
        """Count documents of a file that has not changed."""
        self._kept += documents

    def put(self, document: Document, file: int | None = None, extra: Metadata | None = None) -> None:
        """Add a document with more metadata, or replace the one of the same id if its content differs."""
        item = cleaned(document, extra)
        if isinstance(item, Failure):
            self.then(partial(self.misses, item))
            return
        document, digest = item
        known = self._stock.state(document.id)
        job = Text(document.text, document.marks, document.page_starts) if known is None or known[2] != digest else None
        self._pipeline.put(job, partial(self._take, document, digest, file))

    def put_file(self, job: File, file: int) -> None:
        """Read a file that holds few documents, and put them."""
        self._pipeline.put(job, partial(self._take_file, file))

    def then(self, action: Callable[[], object]) -> None:
        """Do something when all that was put so far is in."""
        self._pipeline.put(None, lambda _: action())

    def flush(self) -> None:
        """Wait until all that was put is in."""
        self._pipeline.flush()

    def close(self) -> None:
        """End what helped. What was not committed is lost."""
        self._pipeline.close()

    def _take_file(self, file: int, contents: Contents) -> None:
        for item in contents.items:
            if isinstance(item, Failure):
                self.misses(item)
            else:
                self._take(item.document, item.digest, file, item.prepared)

    def _take(self, document: Document, digest: bytes, file: int | None, prepared: Prepared | Bug | None) -> None:
        """Put a document in, whose passages are known unless the index seemed to have it as it is."""
        try:
            state = self._state(document, file)
        except DocumentError as error:
            self.fail(document.id, str(error))
            return
        if state is not None and state[2] == digest:
            self.catalog.documents.adopt(state[0], file, document.omitted)
            self._kept += 1
            self._note(document)
            self._known.note(state[0])
            return
        if prepared is None:
            prepared = self._pipeline.do(Text(document.text, document.marks, document.page_starts))
        if isinstance(prepared, Bug) or not prepared.places:
            reason, bug = (prepared.reason, True) if isinstance(prepared, Bug) else ("holds no text", False)
            self.misses(Failure(document.id, reason, bug))
            return
        if state is not None:
            self._stock.bury(document.id, state[0])
        (self._added if state is None else self._changed).append(document.id)
        self._note(document)
        self._known.wait(document.id, self._stock.accept(document, file, digest, prepared), file)
        if self._stock.is_full:
            self._stock.commit()
            self._known.stored()

    def _note(self, document: Document) -> None:
        if document.omitted:
            self._omitted[document.id] = document.omitted

    def _state(self, document: Document, file: int | None) -> tuple[int, int | None, bytes] | None:
        """Return what is known under the document's id. Raises DocumentError if the id is another's."""
        state = self._stock.state(document.id)
        before = self._known.file(document.id, state and state[0])
        if before != NOT_TAKEN:
            raise DocumentError(
                f"this id came before in the same run{self._in_file(before)}; the first one was taken"
                f"{self._not_from(file)}"
            )
        if state is not None and state[1] is not None and state[1] != file:
            self._settle_claim(document.id, state[1], file)
        self._progress("read", self.taken + 1, None)
        return state

    def _settle_claim(self, doc_id: str, owner: int, claimant: int | None) -> None:
        """Let the file that comes first by path have an id that two claim, whichever was read first.

        The loser is read again by every sync, so that it gets the id as soon as the winner gives it up.
        """
        if owner in self.gone or doc_id in self.released or (claimant is None and self.replaces):
            return
        path = self.catalog.sources.file_path(owner)
        if claimant is None or path < self.catalog.sources.file_path(claimant):
            raise DocumentError(
                f"this id belongs to a document of {path}, which was kept{self._not_from(claimant)}; give it another id"
            )
        self.catalog.sources.unsettle_file(owner)
        self.disputed.add(owner)

    def _in_file(self, file: int | None) -> str:
        return "" if file is None else f", in {self.catalog.sources.file_path(file)}"

    def _not_from(self, file: int | None) -> str:
        return "" if file is None else f", not the one of {self.catalog.sources.file_path(file)}"

    def drop(self, doc_id: str) -> bool:
        """Remove a document; tell whether there was one."""
        state = self.catalog.documents.state(doc_id)
        if state is None:
            return False
        self._stock.bury(doc_id, state[0])
        self._removed.append(doc_id)
        self._omitted.pop(doc_id, None)
        return True

    def drop_file(self, key: int) -> None:
        """Remove a file's documents, and forget the file."""
        for _, doc_id in list(self.catalog.documents.of_file(key)):
            self.drop(doc_id)
        self.catalog.sources.forget_file(key)

    def took(self, doc_id: str) -> bool:
        """Tell whether `put` took a document of this id in this session."""
        state = self._stock.state(doc_id)
        return self._known.file(doc_id, state and state[0]) != NOT_TAKEN

    def missing(self, file: int) -> list[str]:
        """Return the documents that the catalog has of a file and that `put` did not take in this session."""
        return [doc_id for key, doc_id in self.catalog.documents.of_file(file) if self._known.lacks(doc_id, key)]

    def finish(self) -> SyncReport:
        """Commit what is left, if anything; return what was done."""
        self.flush()
        self.close()  # the model may want the memory
        if not self._dry:
            self._stock.complete(keeps_vectors=self.keeps_vectors)
        return self._report()

    def _report(self) -> SyncReport:
        done = self._stock.tally()
        return SyncReport(
            self._added.settled(), self._changed.settled(), tuple(self._removed), self._kept, tuple(self.failed),
            self.skipped, done.passages, done.embedded, done.reused, done.predicted, done.unread, done.generation,
            self._omitted, tuple(self.stale), tuple(self.withheld), tuple(self.warnings), self._dry,
        )  # fmt: skip
