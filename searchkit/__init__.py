"""searchkit: point it at a folder, ask a question, get the right paragraph with its place in the source.

from searchkit import Index
index = Index.open("indexes/default")
print(index.search("What did analysts say about Vietnam?")[0].passage.text)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from searchkit.cluster.address import Address
    from searchkit.documents import ReadOptions, read, read_text
    from searchkit.errors import (
        ArgumentError,
        BackendUnavailable,
        DocumentError,
        EmbedderMismatch,
        EvaluationError,
        IndexClosed,
        IndexCorrupt,
        IndexExists,
        IndexLocked,
        IndexNotFound,
        MissingExtra,
        ModelError,
        QueryError,
        SearchkitError,
        StorageError,
        UnsupportedFormat,
    )
    from searchkit.evaluation import (
        Comparison,
        Evaluation,
        Question,
        Questions,
        Scores,
        Tuned,
        Verdict,
        compare,
        evaluate,
        gate,
        pseudo_questions,
        read_questions,
        tune,
    )
    from searchkit.index import Index, rebuild
    from searchkit.indexing.improve import ImproveReport
    from searchkit.indexing.roots import SyncOptions
    from searchkit.search.checking import AnswerReport, CheckedSentence, Finding
    from searchkit.search.context import Citation, Context
    from searchkit.search.request import SearchOptions
    from searchkit.search.why_not import WhyNot
    from searchkit.storage.inspection import VerifyReport
    from searchkit.storage.settings import Settings
    from searchkit.types import (
        Document,
        Embedder,
        Failure,
        Hit,
        Mark,
        Omission,
        Passage,
        Progress,
        Reranker,
        Results,
        Source,
        Statement,
        SyncReport,
    )

__version__ = "0.1.0"

_HOMES = {
    "cluster.address": ("Address",),
    "documents": ("ReadOptions", "read", "read_text"),
    "errors": (
        "ArgumentError", "BackendUnavailable", "DocumentError", "EmbedderMismatch", "EvaluationError", "IndexClosed",
        "IndexCorrupt", "IndexExists", "IndexLocked", "IndexNotFound", "MissingExtra", "ModelError", "QueryError",
        "SearchkitError", "StorageError", "UnsupportedFormat",
    ),
    "evaluation": (
        "Comparison", "Evaluation", "Question", "Questions", "Scores", "Tuned", "Verdict", "compare", "evaluate",
        "gate", "pseudo_questions", "read_questions", "tune",
    ),
    "index": ("Index", "rebuild"),
    "indexing.improve": ("ImproveReport",),
    "indexing.roots": ("SyncOptions",),
    "search.checking": ("AnswerReport", "CheckedSentence", "Finding"),
    "search.context": ("Citation", "Context"),
    "search.request": ("SearchOptions",),
    "search.why_not": ("WhyNot",),
    "storage.inspection": ("VerifyReport",),
    "storage.settings": ("Settings",),
    "types": (
        "Document", "Embedder", "Failure", "Hit", "Mark", "Omission", "Passage", "Progress", "Reranker", "Results",
        "Source", "Statement", "SyncReport",
    ),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*_HOME_OF]  # noqa: PLE0604 - strings, all of them


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import searchkit` itself loads nothing."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'searchkit' has no attribute {name!r}")
    return getattr(import_module(f"searchkit.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
