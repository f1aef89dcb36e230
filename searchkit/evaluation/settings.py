"""The settings that are measured side by side: a name, and what `Index.search` is given for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

from searchkit.errors import QueryError
from searchkit.search.choices import FUSIONS, STAGES
from searchkit.search.request import SearchOptions

DEFAULT = "default"


def _without(stage: str) -> tuple[str, ...]:
    return tuple(other for other in STAGES if other != stage)


ABLATIONS: Mapping[str, SearchOptions] = {f"no {stage}": {"stages": _without(stage)} for stage in STAGES}
SETTINGS: Mapping[str, SearchOptions] = {
    "keyword": {"mode": "keyword"},
    "vector": {"mode": "vector"},
    **{name: cast("SearchOptions", {"fusion": name, "stages": ()}) for name in FUSIONS},
    **ABLATIONS,
    DEFAULT: {},
}
COSTLY: Mapping[str, SearchOptions] = {"late": {"reranker": "late"}}  # measured only when they are asked for
APART: Mapping[str, SearchOptions] = {"no history": {"history": ()}}  # measured if questions follow others
KNOWN = {**SETTINGS, **COSTLY, **APART}
WITHOUT_VECTORS = ("keyword", DEFAULT)


def chosen(
    names: Collection[str] = (), *, vectors: bool = True, conversations: bool = False
) -> dict[str, SearchOptions]:
    """Return the settings of these names, or all but the costly that an index with or without vectors can answer in.

    conversations: some questions follow others. Raises QueryError for an unknown name.
    """
    for name in names:
        if name not in KNOWN:
            raise QueryError(f"no setting is called {name!r}; there are {', '.join(KNOWN)}")
    usable = names or (*(SETTINGS if vectors else WITHOUT_VECTORS), *(APART if conversations else ()))
    return {name: options for name, options in KNOWN.items() if name in usable}
