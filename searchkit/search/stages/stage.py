"""What a stage is."""

from __future__ import annotations

from typing import Protocol

from searchkit.search.first import First


class Stage(Protocol):
    """Looks at the first passages of a ranking once more."""

    @property
    def name(self) -> str:
        """What requests and explanations call it."""

    def refine(self, first: First) -> First:
        """Return the passages with other scores, or as they are where the stage has nothing to say."""
