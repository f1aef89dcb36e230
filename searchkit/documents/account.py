"""The account of what a reader leaves out of a document's text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from searchkit.documents.lines import squeeze
from searchkit.types import Document, Omission

OBJECTS = ("embedded objects", "what is inside them is not read")
ATTACHMENTS = ("attachments", "files inside the document are not read; save them beside it")
PICTURES = ("pictures without a description", "the text in pictures is not read")

_MOST_PLACES = 10


@dataclass(slots=True)
class Account:
    """Counts what is left out, by kind and reason, and remembers where it stood."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    places: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, kind: tuple[str, str], where: str = "", count: int = 1) -> None:
        """Count parts of a kind: what they are and why they are not read."""
        self.counts[kind] += count
        if place := squeeze(where):
            known = self.places.setdefault(kind, [])
            if place not in known:
                known.append(place)

    def attached(self, document: Document) -> Document:
        """Return the document with this account."""
        return replace(document, omitted=tuple(self._omission(*kind) for kind in self.counts))

    def _omission(self, what: str, reason: str) -> Omission:
        places = self.places.get((what, reason), [])
        more = ["…"] if len(places) > _MOST_PLACES else []
        return Omission(what, reason, self.counts[what, reason], ", ".join(places[:_MOST_PLACES] + more))
