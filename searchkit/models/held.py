"""The model that an index keeps at hand."""

from __future__ import annotations

from pathlib import Path

from searchkit.errors import EmbedderMismatch
from searchkit.threads import Guard
from searchkit.types import Embedder


class HeldModel:
    """The model of the index at `path`: one that was given, or else loaded once, by the thread that needs it first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = Guard()
        self.model: Embedder | None = None

    def give(self, model: Embedder | None, name: str | None, digest: str | None) -> None:
        """Hold a model. Raises EmbedderMismatch unless it is the one that the index recorded by name and digest."""
        if (model.digest if model else None) != digest:
            raise EmbedderMismatch(
                f"{self._path} was built with {name or 'no model'}, not with {model.name if model else 'none'} as it "
                "is here. Open it with the model that built it, or run: searchkit rebuild --embedder NAME"
            )
        self.model = model

    def called(self, name: str | None, digest: str | None) -> Embedder | None:
        """Return the model that the index recorded, None for keyword only. Raises EmbedderMismatch."""
        if name is None:
            return None
        with self._guard:
            held = self.model
            if held is None or held.digest != digest:
                from searchkit.models.embedders import recorded  # noqa: PLC0415 - keywords alone need no models

                held = recorded(name, self._path)
                self.give(held, name, digest)
            return held
