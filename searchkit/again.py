"""A question whose state a cluster lost is asked once more, of a new one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from searchkit.errors import BackendUnavailable

Kind = TypeVar("Kind", bound=type)

ASKING = (  # methods that change nothing, and ask one state of the index
    "search", "search_many", "similar", "why_not", "context", "cite", "check", "who_said", "get", "passages",
    "documents", "file_of", "status", "facets", "__len__", "__iter__", "__contains__", "__repr__",
)  # fmt: skip


def asks_again(kind: Kind) -> Kind:
    """Have the methods of a class that ask do so once more if the cluster lost the state that they asked of."""
    for name in ASKING:
        method = vars(kind).get(name)
        if method is not None:
            setattr(kind, name, _again(method))
    return kind


def _again(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def asked(self: Any, *given: Any, **named: Any) -> Any:
        try:
            return method(self, *given, **named)
        except BackendUnavailable as error:
            from searchkit.cluster.client import ViewLost  # noqa: PLC0415 - of a cluster alone

            if not isinstance(error, ViewLost):
                raise
        self._latest.lost()
        return method(self, *given, **named)

    return asked
