"""Rerankers: slower and better judges of the few passages that the arms ranked first.

Late interaction with the model that travels with searchkit, cross-encoders by sentence-transformers or from an ONNX
folder, and any function.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import cast

from searchkit.errors import QueryError
from searchkit.models.embedders import OnnxEmbedder
from searchkit.models.embedders import embedder as by_name
from searchkit.models.embedders.hub import split_revision
from searchkit.models.rerankers.crossencoder import CrossEncoderReranker
from searchkit.models.rerankers.folder import OnnxReranker
from searchkit.models.rerankers.function import CallableReranker, Function
from searchkit.models.rerankers.late import LateReranker
from searchkit.threads import Guard
from searchkit.types import Embedder, Reranker

__all__ = [
    "SPECS",
    "CallableReranker",
    "CrossEncoderReranker",
    "LateReranker",
    "OnnxReranker",
    "reranker",
]

SPECS = ("late", "onnx:FOLDER", "st-ce:MODEL", "none")
KEPT = 2  # rerankers called by name that stay loaded
_loading = Guard()


def reranker(wanted: str | Reranker | Function | None, embedder: Embedder | None = None) -> Reranker | None:
    """Return the wanted reranker; None for "none" and None. Raises QueryError for an unknown name.

    wanted: "late", "st-ce:MODEL" (a hub name, with @REVISION if need be, or a folder), "onnx:FOLDER", a Reranker, or
    a function from a question and a list of passages to one score a passage. embedder: the index's own, which "late"
    uses if it can, so that the model is not loaded twice.
    """
    if wanted is None or wanted == "none":
        return None
    if isinstance(wanted, str):
        own = wanted == "late" and isinstance(embedder, OnnxEmbedder)
        if own:
            return LateReranker(cast(OnnxEmbedder, embedder))
        with _loading:  # one thread loads what others want too
            return _by_name(wanted)
    if hasattr(wanted, "score"):
        return cast(Reranker, wanted)
    if callable(wanted):
        return CallableReranker(wanted)
    raise QueryError(f"a reranker is a name, an object with score, or a function; got {type(wanted).__name__}")


@lru_cache(maxsize=KEPT)
def _by_name(name: str) -> Reranker:
    kind, _, model = name.partition(":")
    if name == "late":
        return LateReranker(cast(OnnxEmbedder, by_name("minilm")))
    if kind == "onnx" and model:
        return OnnxReranker(Path(model))
    if kind == "st-ce" and model:
        model, revision = split_revision(model)
        return CrossEncoderReranker(model, revision=revision)
    raise QueryError(f"unknown reranker {name!r}; there are: {', '.join(SPECS)}")
