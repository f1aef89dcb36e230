"""What can be asked of an index: a question and how to answer it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from typing import Any, Concatenate, ParamSpec, TypedDict, TypeVar, cast, get_args

from searchkit.errors import QueryError
from searchkit.search.choices import ARMS, FUSIONS, MODES, MOST_RERANKED, MOST_WEIGHT, OPTIONS, STAGES
from searchkit.types import Reranker
from searchkit.validation import (
    Check,
    count,
    day,
    flag,
    function,
    number,
    one_of,
    optional,
    settle,
    share,
    some_of,
    text,
    whole_number,
    wrong,
)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Method = TypeVar("Method", bound=Callable[..., Any])

DEFAULT_FUSION: str = OPTIONS["fusion"].default


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A question and how to answer it. Raises QueryError for values that make no sense.

    The options, their defaults and what they mean are in `choices.OPTIONS`; CHECKS has what is taken for each.
    """

    query: str
    k: int = 10
    mode: str = "hybrid"
    where: str | Mapping[str, Any] | None = None
    since: str | date | None = None
    until: str | date | None = None
    fusion: str = "zscore"
    weights: Mapping[str, float] = field(default_factory=dict)
    offset: int = 0
    context: int = 0
    per_document: int | None = None
    collapse: bool = False
    diversity: float = 0.0
    explain: bool = False
    strict: bool = False
    said_by: str | None = None
    stages: Collection[str] = tuple(STAGES)
    recency: float = 0.0
    history: Sequence[Any] = ()
    rewrite: Callable[[list[dict[str, str]], str], str] | None = None
    today: date | None = None
    min_confidence: float = 0.0
    reranker: str | Reranker | Callable[[str, Sequence[str]], Any] | None = None
    rerank_depth: int = 30
    rerank_weight: float = 0.7
    upgrade: int = 0
    upgrade_seconds: float | None = None
    recall: float = 0.98

    def __post_init__(self) -> None:
        settle(self, CHECKS, QueryError)


def _filter(name: str, value: Any) -> Any:
    """Return a filter, which is read when there is an index to apply it to."""
    if isinstance(value, str):
        return text(name, value)
    if not isinstance(value, Mapping):
        from searchkit.queries.filters import Filter  # noqa: PLC0415 - whoever has one made it with these

        if not isinstance(value, get_args(Filter)):
            raise wrong(name, "the text of a filter or a mapping", value)
    return value


def _period(name: str, value: Any) -> str:
    """Return a year, month or day as a filter reads it."""
    from searchkit.queries.filters import Period  # noqa: PLC0415 - most questions name none

    written = value.isoformat() if isinstance(value, date) else value
    if not isinstance(written, str) or Period.parse(written) is None:
        raise wrong(name, "a date such as 2024-06-18, 2024-06 or 2024", value)
    return written


def _weights(name: str, value: Any) -> dict[str, float]:
    """Return the weights of arms, which leave something to divide by."""
    if not isinstance(value, Mapping) or not set(value) <= set(ARMS):
        raise wrong(name, f"a mapping of {' and '.join(ARMS)} to numbers", value)
    found = {arm: number(f"{name}[{arm!r}]", weight, most=MOST_WEIGHT) for arm, weight in value.items()}
    if not sum({**dict.fromkeys(ARMS, 1.0), **found}.values()):
        raise wrong(name, "numbers with a sum above 0", value)
    return found


def _reranker(name: str, value: Any) -> Any:
    """Return a reranker, which is looked up or loaded when it is needed."""
    if isinstance(value, type) or not (isinstance(value, str) or hasattr(value, "score") or callable(value)):
        raise wrong(name, "a name, an object with score, or a function", value)
    return value


def _history(name: str, value: Any) -> Any:
    """Return the turns of a conversation; None is none."""
    if value is None or (isinstance(value, tuple | list) and not value):
        return ()
    from searchkit.queries.conversation import turns  # noqa: PLC0415 - for conversations alone

    return turns(name, value)


CHECKS: Mapping[str, Check] = {
    "query": text,
    "k": partial(count, least=1),
    "mode": partial(one_of, choices=MODES),
    "where": optional(_filter),
    "since": optional(_period),
    "until": optional(_period),
    "fusion": partial(one_of, choices=FUSIONS),
    "weights": _weights,
    "offset": count,
    "context": count,
    "per_document": optional(partial(count, least=1)),
    "collapse": flag,
    "diversity": partial(number, most=1),
    "explain": flag,
    "strict": flag,
    "said_by": optional(text),
    "stages": partial(some_of, choices=STAGES),
    "recency": partial(number, most=MOST_WEIGHT),
    "history": _history,
    "rewrite": optional(function),
    "today": optional(day),
    "min_confidence": partial(number, most=1),
    "reranker": optional(_reranker),
    "rerank_depth": partial(whole_number, least=1, most=MOST_RERANKED),
    "rerank_weight": partial(number, most=1),
    "upgrade": partial(whole_number, most=MOST_RERANKED),
    "upgrade_seconds": optional(number),
    "recall": share,
}


class SearchOptions(TypedDict, total=False):
    """A request's fields but for the query and k, as the keyword arguments of `Index.search`."""

    mode: str
    where: Any
    since: Any
    until: Any
    fusion: str
    weights: dict[str, float]
    offset: int
    context: int
    per_document: int | None
    collapse: bool
    diversity: float
    explain: bool
    strict: bool
    said_by: str | None
    stages: Collection[str]
    recency: float
    history: Sequence[Any]
    rewrite: Callable[[list[dict[str, str]], str], str] | None
    today: Any
    min_confidence: float
    reranker: Any
    rerank_depth: int
    rerank_weight: float
    upgrade: int
    upgrade_seconds: float | None
    recall: float


def preferred(ranking: Mapping[str, Any] | None, options: SearchOptions) -> SearchOptions:
    """Return the options with the index's own fusion and weights, unless they choose either."""
    if not ranking or options.keys() & {"fusion", "weights"}:
        return options
    return cast("SearchOptions", {"fusion": ranking["fusion"], "weights": ranking["weights"], **options})


def takes(
    declared: Callable[Parameters, object],
) -> Callable[[Callable[..., Result]], Callable[Concatenate[Any, Parameters], Result]]:
    """Give a method the parameters of a request, for editors and `help`."""

    def give(method: Callable[..., Result]) -> Callable[Concatenate[Any, Parameters], Result]:
        own = next(iter(inspect.signature(method).parameters.values()))
        options = inspect.signature(declared).parameters.values()
        return _with_signature(method, [own, *options])

    return give


def shows_options(method: Method) -> Method:
    """Have the signature of a method that takes the options of a search show each with its default."""
    own = inspect.signature(method).parameters
    named = [each for each in own.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    rest = [each for name, each in _options().items() if name not in own]
    return cast(Method, _with_signature(method, [*named, *rest]))


@cache
def _options() -> dict[str, inspect.Parameter]:
    """Return the options of a request, as parameters by name."""
    declared = inspect.signature(SearchRequest).parameters.values()
    return {each.name: each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in declared if each.name != "query"}


def _with_signature(method: Callable[..., Result], parameters: Sequence[inspect.Parameter]) -> Callable[..., Result]:
    method.__signature__ = inspect.signature(method).replace(parameters=parameters)  # type: ignore[attr-defined]
    return method
