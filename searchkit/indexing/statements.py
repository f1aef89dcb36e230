"""What is derived from passages about who said what: statements for the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from searchkit.storage import store
from searchkit.storage.catalog import Catalog
from searchkit.storage.contract import Said, Speaker
from searchkit.text.analysis import Analyzer
from searchkit.text.attribution.document import LANGUAGE, REVISION, Attribution, attributions


class Listener:
    """Takes down what is said in documents, until it is stored with their passages."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._understands = analyzer.language == LANGUAGE
        self._heard: list[tuple[int, int, Attribution]] = []

    def hear(self, first_row: int, texts: Sequence[str]) -> None:
        """Note the statements in a document's passages, whose rows follow each other."""
        if self._understands:
            self.note(first_row, attributions(texts))

    def note(self, first_row: int, heard: Iterable[Sequence[Attribution]]) -> None:
        """Note the statements that were found in passages, whose rows follow each other."""
        for row, found in enumerate(heard, first_row):
            self._heard += ((row, ordinal, attribution) for ordinal, attribution in enumerate(found))

    def store(self, catalog: Catalog) -> None:
        """Put what was heard into the catalog, whose passages are there by now."""
        keys = catalog.statements.add_speakers(
            (Speaker(heard.resolved, heard.among) for _, _, heard in self._heard), self._analyzer.terms
        )
        catalog.statements.add(
            Said(
                row, ordinal, keys[Speaker(heard.resolved, heard.among)], heard.verb, heard.source_start,
                heard.source_end, heard.claim_start, heard.claim_end,
            )
            for row, ordinal, heard in self._heard
        )  # fmt: skip
        self._heard = []


def ensure_statements(writer: store.Writer) -> None:
    """Fill the tables of who said what where an index of format 1 has none, or older rules filled them."""
    if not writer.catalog.statements.exist():
        writer.catalog.statements.create()
        _fill(writer)
    elif writer.catalog.statements.revision() != REVISION:
        rewrite_statements(writer)


def rewrite_statements(writer: store.Writer) -> None:
    """Derive all statements anew from the catalog's texts."""
    if writer.catalog.statements.exist():
        writer.catalog.statements.clear()
        _fill(writer)
    else:
        ensure_statements(writer)


def _fill(writer: store.Writer) -> None:
    listener = Listener(Analyzer(writer.settings.language))
    for chunk in writer.catalog.all_passages():
        for _, group in groupby(chunk.items(), key=lambda item: item[1].doc_id):
            passages = dict(group)
            listener.hear(min(passages), [passage.text for passage in passages.values()])
        listener.store(writer.catalog)
    writer.catalog.statements.set_revision(REVISION)
