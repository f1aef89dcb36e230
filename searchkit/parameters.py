"""What the methods of an index take: a check for each argument by its name, which means the same in all of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from searchkit.cluster.address import Address, Place, is_address, parsed
from searchkit.errors import ArgumentError, QueryError
from searchkit.search.request import SearchOptions
from searchkit.storage.keywords import ENGINES
from searchkit.validation import (
    Check,
    checked,
    count,
    flag,
    function,
    number,
    one_of,
    optional,
    path,
    paths,
    text,
    text_or_texts,
    texts,
    wrong,
)

if TYPE_CHECKING:
    from searchkit.indexing.roots import SyncOptions

Kind = TypeVar("Kind", bound=type)

TARGET_TOKENS = 200  # that a passage aims at
MAX_TOKENS = 256  # that a passage never passes
EMBED = ("progressive", "full")
QUESTIONS = (
    "search",
    "search_many",
    "similar",
    "why_not",
    "context",
    "who_said",
)  # methods whose arguments make a question


def _sync_options(name: str, value: Any) -> SyncOptions:
    from searchkit.indexing.roots import SyncOptions  # noqa: PLC0415 - the write path, for calls that have such options alone

    if not isinstance(value, SyncOptions):
        raise wrong(name, "SyncOptions", value)
    return value


def _place(name: str, value: Any) -> Place:
    """Return where an index is: a folder, or an address on a cluster."""
    return value if isinstance(value, Address) else parsed(value) if is_address(value) else path(name, value)


ARGUMENTS: Mapping[str, Check] = {
    "path": _place,
    "source": path,
    "paths": paths,
    "roots": paths,
    "engine": partial(one_of, choices=ENGINES),
    "language": text,
    "target_tokens": optional(partial(count, least=1)),
    "max_tokens": partial(count, least=1),
    "query": text,
    "queries": texts,
    "question": text,
    "answer": text,
    "k": partial(count, least=1),
    "passage_id": text,
    "ids": texts,
    "name": text,
    "about": optional(text),
    "item_id": text,
    "doc_id": text,
    "doc_ids": text_or_texts,
    "pattern": text,
    "options": optional(_sync_options),
    "replace": flag,
    "strict": flag,
    "only_about": flag,
    "dry_run": flag,
    "allow_removals": flag,
    "sources": flag,
    "embed": partial(one_of, choices=EMBED),
    "progress": optional(function),
    "seconds": optional(number),
    "timeout": optional(number),
    "workers": optional(text),
    "passages": optional(count),
    "questions": texts,
}

OF_METHODS: Mapping[str, Mapping[str, Check]] = {"create": {"max_tokens": optional(partial(count, least=1))}}

checks_arguments = checked(ARGUMENTS)


def checks_methods(kind: Kind) -> Kind:
    """Have every method of a class check its arguments: QueryError for those of a question, else ArgumentError."""
    for name, method in list(vars(kind).items()):
        options = SearchOptions.__annotations__ if name in QUESTIONS and name != "who_said" else ()
        checks = {**ARGUMENTS, **OF_METHODS.get(name, {})}
        decorate = checked(checks, QueryError if name in QUESTIONS else ArgumentError, options)
        if isinstance(method, classmethod):
            setattr(kind, name, classmethod(decorate(method.__func__)))
        elif isinstance(method, FunctionType) and (name == "__init__" or not name.startswith("_")):
            setattr(kind, name, decorate(method))
    return kind


def lengths(target_tokens: int | None, max_tokens: int | None, read: int | None = None) -> tuple[int, int]:
    """Return how long passages are to be and may be; a target that is not given gives way to a lower maximum.

    read: tokens that the model reads of a passage, None for all; a maximum that is not given is no higher. Raises
    ArgumentError.
    """
    maximum = min(MAX_TOKENS, read or MAX_TOKENS) if max_tokens is None else max_tokens
    target = min(TARGET_TOKENS, maximum) if target_tokens is None else target_tokens
    if target > maximum:
        raise ArgumentError(
            f"target_tokens must be at most max_tokens, which is {maximum}, not {target}: a passage that aims at "
            "more than it may have cannot be made"
        )
    return target, maximum
