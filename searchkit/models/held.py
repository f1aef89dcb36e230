"""The model that an index keeps at hand."""

from __future__ import annotations

from typing import Any

from searchkit.errors import EmbedderMismatch
from searchkit.threads import Guard
from searchkit.types import Embedder


class HeldModel:
    """The model of the index at `path`: one that was given, or else loaded once, by the thread that needs it first.

    While another takes over, what is searched still needs the one before.
    """

    def __init__(self, path: object) -> None:
        self._path = path
        self._guard = Guard()
        self._known: dict[str | None, Embedder] = {}  # by digest

    def give(self, model: Embedder | None, name: str | None, digest: str | None) -> None:
        """Hold a model. Raises EmbedderMismatch unless it is the one that the index recorded by name and digest."""
        if (model.digest if model else None) != digest:
            raise EmbedderMismatch(
                f"{self._path} was built with {name or 'no model'}, not with {model.name if model else 'none'} as it "
                "is here. Open it with the model that built it, or run: searchkit rebuild --embedder NAME"
            )
        self.add(model)

    def add(self, model: Embedder | None) -> None:
        """Hold a model beside those that are held."""
        if model is not None:
            self._known[model.digest] = model

    def chosen(self, wanted: Any, digest: str | None) -> Any:
        """Return what a rebuild is to take: what is wanted, or else the index's own model if it is at hand.

        It is held from now on, for other threads may see the commit before the one that rebuilds does; besides, only
        the present model is.
        """
        from searchkit.models.embedders import embedder  # noqa: PLC0415 - who never rebuilds needs none by name

        with self._guard:
            own = self._known.get(digest)
            model = own if wanted is None else embedder(wanted)
            self._known = {each.digest: each for each in (own, model) if each is not None}
            return wanted if model is None else model

    def called(self, name: str | None, digest: str | None) -> Embedder | None:
        """Return the model that the index recorded, None for keyword only. Raises EmbedderMismatch."""
        if name is None:
            return None
        with self._guard:
            if digest not in self._known:
                from searchkit.models.embedders import recorded  # noqa: PLC0415 - keywords alone need no models

                self.give(recorded(name, self._path), name, digest)
            return self._known[digest]
