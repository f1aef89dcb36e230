"""What can be asked of an index: a question and how to answer it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypedDict, cast

from searchkit import fusion
from searchkit.errors import QueryError
from searchkit.types import RECALL, Reranker

MODES = ("hybrid", "keyword", "vector")
STAGES = ("guard", "neighbours", "pieces", "feedback", "speaker", "time")  # in the order in which they run
DEFAULT_FUSION = "zscore"
MOST_RERANKED = 200


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A question and how to answer it. Raises QueryError for values that make no sense.

    where: a mapping, or the text of a filter; applied before ranking. weights: of the arms in fusion,
    {"keyword": 1, "vector": 1} unless given. offset: how many hits to pass over. context: how many
    neighbours to return on each side. per_document: at most so many hits of one document. collapse: near
    duplicates become one hit. diversity: 0 (none) to 1, by maximal marginal relevance. strict: a malformed
    advanced query is an error, not plain words. said_by: only passages in which somebody of this name says something.
    stages: what is done in hybrid mode beyond fusion, any of STAGES (see `refine`). recency: in hybrid mode, weight of
    how new a document is, beside a score in [0, 1]. today: what "last week" counts from, the clock's day unless given.
    min_confidence: hits that are less likely to answer are left out. reranker: "late", "onnx:FOLDER", "st-ce:MODEL",
    a Reranker or a function; it judges the first rerank_depth passages anew, and rerank_weight is its share in their
    scores. upgrade: of the first so many passages, predicted vectors are replaced by the model's own before the final
    ranking, and kept for later; upgrade_seconds: no more than fit into this time, None for all. recall: among very many
    passages, the share of the 10 nearest vectors that must be found, on average; 1: all vectors are compared.
    """

    query: str
    k: int = 10
    mode: str = "hybrid"
    where: str | Mapping[str, Any] | None = None
    fusion: str = DEFAULT_FUSION
    weights: Mapping[str, float] = field(default_factory=dict)
    offset: int = 0
    context: int = 0
    per_document: int | None = None
    collapse: bool = False
    diversity: float = 0.0
    explain: bool = False
    strict: bool = False
    said_by: str | None = None
    stages: Collection[str] = STAGES
    recency: float = 0.0
    today: date | None = None
    min_confidence: float = 0.0
    reranker: str | Reranker | Callable[[str, Sequence[str]], Any] | None = None
    rerank_depth: int = 30
    rerank_weight: float = 0.7
    upgrade: int = 0
    upgrade_seconds: float | None = None
    recall: float = RECALL

    def __post_init__(self) -> None:
        checks = {
            f"mode must be one of {', '.join(MODES)}, not {self.mode!r}": self.mode in MODES,
            f"fusion must be one of {', '.join(fusion.FUSIONS)}, not {self.fusion!r}": self.fusion in fusion.FUSIONS,
            f"k must be at least 1, not {self.k}": self.k >= 1,
            f"offset must not be negative, as {self.offset} is": self.offset >= 0,
            f"context must not be negative, as {self.context} is": self.context >= 0,
            f"diversity must lie between 0 and 1, unlike {self.diversity}": 0 <= self.diversity <= 1,
            f"per_document must be at least 1, not {self.per_document}": self.per_document is None
            or self.per_document >= 1,
            f"stages must be some of {', '.join(STAGES)}, not {self.stages!r}": not isinstance(self.stages, str)
            and set(self.stages) <= set(STAGES),
            f"recency must not be negative, as {self.recency} is": self.recency >= 0,
            f"min_confidence must lie between 0 and 1, unlike {self.min_confidence}": 0 <= self.min_confidence <= 1,
            f"rerank_depth must lie between 1 and {MOST_RERANKED}, unlike {self.rerank_depth}": 1
            <= self.rerank_depth
            <= MOST_RERANKED,
            f"recall must lie above 0 and up to 1, unlike {self.recall}": 0 < self.recall <= 1,
            f"upgrade must lie between 0 and {MOST_RERANKED}, unlike {self.upgrade}": 0
            <= self.upgrade
            <= MOST_RERANKED,
            f"upgrade_seconds must not be negative, as {self.upgrade_seconds} is": (self.upgrade_seconds or 0) >= 0,
            f"rerank_weight must lie between 0 and 1, unlike {self.rerank_weight}": 0 <= self.rerank_weight <= 1,
            f"weights must be positive numbers for keyword and vector, not {dict(self.weights)}": all(
                arm in ("keyword", "vector") and weight >= 0 for arm, weight in self.weights.items()
            )
            and sum({"keyword": 1.0, "vector": 1.0, **self.weights}.values()) > 0,
        }
        for message, fine in checks.items():
            if not fine:
                raise QueryError(message)


class SearchOptions(TypedDict, total=False):
    """A request's fields but for the query and k, as the keyword arguments of `Index.search`."""

    mode: str
    where: Any
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
    today: date | None
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
