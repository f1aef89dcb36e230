"""Texts into vectors: the model that travels with searchkit, others in ONNX, sentence-transformers, or a function."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast
from weakref import WeakValueDictionary

from searchkit import validation
from searchkit.errors import ArgumentError, EmbedderMismatch, MissingExtra, SearchkitError
from searchkit.models.embedders.checks import estimate_all, estimate_tokens, token_counter
from searchkit.models.embedders.function import CallableEmbedder, Function, function_name
from searchkit.models.embedders.hub import SentenceTransformersEmbedder, split_revision
from searchkit.models.embedders.local import MINILM, OnnxEmbedder, manifest_of
from searchkit.threads import Guard
from searchkit.types import Embedder

__all__ = [
    "CallableEmbedder",
    "ModelInfo",
    "OnnxEmbedder",
    "SentenceTransformersEmbedder",
    "available",
    "embedder",
    "estimate_all",
    "estimate_tokens",
    "portable_counter",
    "recorded",
    "token_counter",
]

METHODS = ("embed_passages", "embed_query", "count_tokens")
MINILM_NAME = "all-MiniLM-L6-v2-int8"
_loaded: WeakValueDictionary[str, OnnxEmbedder] = WeakValueDictionary()
_loading = Guard()


class ModelInfo(NamedTuple):
    """A model that `embedder` knows: how to ask for it, and whether it would run here."""

    spec: str
    name: str
    dim: int | None
    installed: bool
    licence: str
    megabytes: float | None


def available() -> list[ModelInfo]:
    """Return the models and model families that can be asked for."""
    manifest = manifest_of(MINILM)
    size = sum((MINILM / name).stat().st_size for name in manifest["files"]) / 1e6
    runs = all(map(_installed, ("onnxruntime", "tokenizers")))
    hub, extra = _installed("huggingface_hub"), _installed("sentence_transformers")
    return [
        ModelInfo("minilm", manifest["name"], manifest["dim"], runs, manifest["licence"], round(size, 1)),
        ModelInfo("onnx:FOLDER", "any embedding model that was exported to ONNX", None, runs, "the model's", None),
        ModelInfo("hf:OWNER/NAME", "the same from the model hub", None, runs and hub, "the model's", None),
        ModelInfo("st:MODEL", "any sentence-transformers model or folder", None, extra, "the model's", None),
        ModelInfo("st-onnx:MODEL", "the same with ONNX weights", None, extra, "the model's", None),
        ModelInfo("none", "keyword search only", None, True, "", None),
    ]


def embedder(wanted: str | Embedder | Function | None) -> Embedder | None:
    """Return the wanted model; None for "none" and None, which mean keyword search only.

    wanted: "minilm", "onnx:FOLDER", "hf:OWNER/NAME", "st:MODEL", "st-onnx:MODEL" (a hub name, with @REVISION if need
    be, or a folder), the name that an index recorded, an Embedder, or a named function from texts to rows. After
    "onnx:" and "hf:" models may stand a JSON object with what their files do not say, see `options.Options`.
    """
    if wanted is None:
        return None
    if isinstance(wanted, str):
        return None if wanted == "none" else _by_name(wanted)
    if hasattr(wanted, "embed_passages"):
        return _whole(wanted)
    if callable(wanted) and not isinstance(wanted, type):
        return CallableEmbedder(wanted, name=function_name(wanted))
    got = f"the class {wanted.__name__}, not an object" if isinstance(wanted, type) else type(wanted).__name__
    raise ArgumentError(f"embedder must be a name, an object with embed_passages, or a function; got {got}")


def _whole(wanted: Any) -> Embedder:
    """Return an object that has all that an embedder has. Raises ArgumentError."""
    if isinstance(wanted, type):
        raise ArgumentError(f"embedder must be an object; got the class {wanted.__name__}: call it")
    own = f"embedder of {type(wanted).__name__}"
    for method in METHODS:
        validation.function(f"{own}: {method}", getattr(wanted, method, None))
    for fact in ("name", "digest"):
        if not validation.text(f"{own}: {fact}", getattr(wanted, fact, None)):
            raise ArgumentError(f"{own}: {fact} must not be empty: an index recognises its model by it")
    validation.whole_number(f"{own}: dim", getattr(wanted, "dim", None), least=1)
    return cast(Embedder, wanted)


def recorded(name: str | None, place: object) -> Embedder | None:
    """Return the model that the index or archive at `place` names. Raises EmbedderMismatch."""
    try:
        return embedder(name)
    except ValueError as error:  # an object of the user's own, which has no name that could be looked up
        raise EmbedderMismatch(f"{place} needs its model: {error}") from error
    except MissingExtra:
        raise
    except SearchkitError as error:
        raise EmbedderMismatch(
            f"{place} needs its model: {error}. If the model is elsewhere now: searchkit rebuild --embedder NAME, "
            "which keeps the vectors of the same model"
        ) from error


def portable_counter(model: Embedder | None) -> Callable[[Sequence[str]], list[int]] | None:
    """Return what counts the model's tokens and may be sent to another process; None of a model that offers none."""
    if model is None:
        return estimate_all
    counter = getattr(model, "token_counter", None)
    return counter() if counter else None


def _by_name(name: str) -> Embedder:
    if name in ("minilm", MINILM_NAME):
        return _minilm()
    kind, _, model = name.partition(":")
    if kind in ("onnx", "hf") and model:
        return _from_onnx(kind, model)
    if kind in ("st", "st-onnx") and model:
        model, revision = split_revision(model)
        return SentenceTransformersEmbedder(model, revision=revision, backend="torch" if kind == "st" else "onnx")
    known = ", ".join(info.spec for info in available())
    raise ArgumentError(
        f"unknown embedder {name!r}; there are: {known}. "
        "An index built with an embedder of your own needs that object: Index.open(path, embedder=...)"
    )


def _from_onnx(kind: str, name: str) -> Embedder:
    """Return the model of a folder or of the hub. Raises SearchkitError."""
    from searchkit.models.embedders import download, folder, options  # noqa: PLC0415 - few have such a model

    model, said = options.split_options(name)
    return (
        folder.FolderEmbedder(Path(model), said) if kind == "onnx" else download.from_hub(*split_revision(model), said)
    )


def _minilm() -> OnnxEmbedder:
    """Return the model that travels with searchkit, loaded once as long as anybody uses it."""
    with _loading:
        model = _loaded.get(MINILM_NAME)
        if model is None:
            model = _loaded[MINILM_NAME] = OnnxEmbedder()
        return model


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
