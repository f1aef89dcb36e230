"""A function of short strings that remembers what it returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

LONGEST = 40  # characters of a written word that is remembered; longer ones hardly come twice

Value = TypeVar("Value")


class Remembered(dict[str, Value], Generic[Value]):
    """The values of a function by its argument; forgets all when full, which is cheaper than choosing."""

    def __init__(self, function: Callable[[str], Value], size: int, longest: int = LONGEST) -> None:
        """size: most values that are remembered. longest: characters of an argument whose value is."""
        super().__init__()
        self._function = function
        self._size = size
        self._longest = longest

    def __missing__(self, key: str) -> Value:
        value = self._function(key)
        if len(key) <= self._longest:
            if len(self) >= self._size:
                self.clear()
            self[key] = value
        return value
