"""A view that counts what is asked of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

READERS = ("keywords", "vectors", "passages", "statements")


class Counted:
    """A view, or a reader of one, that counts calls of its methods by name: "scores", "passages.get".

    It has whatever the view has, so that it stands for one in every place.
    """

    def __init__(self, inner: Any, calls: Counter[str] | None = None, reader: str = "") -> None:
        self._inner = inner
        self._reader = reader
        self.calls: Counter[str] = Counter() if calls is None else calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in READERS:
            return Counted(found, self.calls, f"{name}.")
        if not callable(found):
            return found

        def counted(*values: Any, **options: Any) -> Any:
            self.calls[self._reader + name] += 1
            result = found(*values, **options)
            return Counted(result, self.calls) if name == "with_vectors" else result

        return counted

    def __len__(self) -> int:
        return len(self._inner)
