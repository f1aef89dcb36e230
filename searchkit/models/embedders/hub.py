"""Any sentence-transformers model as an embedder: from the hub, its cache or a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from searchkit.errors import ArgumentError, SearchkitError
from searchkit.models.embedders.checks import digest_of, file_digest, require, unit_rows, valid_text
from searchkit.threads import Guard
from searchkit.types import FloatMatrix, FloatVector

HUB_SECONDS = 5  # how long a model hub may take to answer before it counts as unreachable
WEIGHTS = {"torch": "*.safetensors", "onnx": "*.onnx"}
SETTINGS = ("*.json", "*.txt", "*.model", "*.jinja")


class SentenceTransformersEmbedder:
    """Any model that sentence-transformers loads, from the hub, its cache or a folder.

    Weights are read as safetensors or ONNX only, and no code of the model runs. The cache is tried first, then the hub
    once. Prompts: the model's own, or those its family is known to need, unless given. device: the best there is.
    """

    def __init__(
        self,
        model: str,
        *,
        backend: str = "torch",
        revision: str | None = None,
        device: str | None = None,
        query_prompt: str | None = None,
        passage_prompt: str | None = None,
        max_tokens: int | None = None,
        batch_size: int = 32,
    ) -> None:
        if backend not in WEIGHTS:
            raise ArgumentError(f"backend must be one of {', '.join(WEIGHTS)}; got {backend!r}")
        from searchkit.models.embedders import recipe  # noqa: PLC0415 - few have such a model

        package = require("sentence_transformers", "sentence-transformers")
        folder, commit = model_folder(model, revision, backend)
        refuse_code(folder, backend)
        self._model = _load(package, folder, backend, device)
        if max_tokens:
            self._model.max_seq_length = max_tokens
        self._prompts = recipe.prompts_of(model, query_prompt, passage_prompt, self._model.prompts)
        self._batch_size = batch_size
        self._lock = Guard()  # a fast tokenizer changes its settings while it works
        self.name = f"{'st' if backend == 'torch' else 'st-onnx'}:{model}{'@' + commit if commit else ''}"
        self.dim = self._encode(["dimension"], "").shape[1]
        self.max_tokens: int | None = self._model.max_seq_length
        read = str(self.max_tokens)
        self.digest = digest_of([*_file_digests(folder, backend), backend, *self._prompts, read])

    def embed_passages(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one row a text: (len(texts), dim) float32."""
        return self._encode(texts, self._prompts[1]) if texts else np.empty((0, self.dim), np.float32)

    def embed_query(self, text: str) -> FloatVector:
        """Return the question's vector: (dim,) float32."""
        row: FloatVector = self._encode([text], self._prompts[0])[0]
        return row

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's tokens, special tokens and prompts left out."""
        if not texts:
            return []
        with self._lock:
            found = self._model.tokenizer([valid_text(text) for text in texts], add_special_tokens=False, verbose=False)
        return [len(tokens) for tokens in found["input_ids"]]

    def _encode(self, texts: Sequence[str], prompt: str) -> FloatMatrix:
        with self._lock:
            rows = self._model.encode(
                [valid_text(text) for text in texts],
                prompt=prompt,
                batch_size=self._batch_size,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        return unit_rows(rows, texts, self.name)


def split_revision(model: str) -> tuple[str, str | None]:
    """Split MODEL@REVISION; a folder's name may hold an @ of its own."""
    if Path(model).exists() or "@" not in model:
        return model, None
    name, _, revision = model.rpartition("@")
    return name, revision


def model_folder(model: str, revision: str | None, backend: str) -> tuple[Path, str]:
    """Return the model's folder and, from the hub, its commit: the cache first, then one attempt to download."""
    if Path(model).is_dir():
        return Path(model).resolve(), ""
    hub = require("huggingface_hub", "sentence-transformers")
    wanted = {"revision": revision, "allow_patterns": [WEIGHTS[backend], *SETTINGS], "etag_timeout": HUB_SECONDS}
    try:
        folder = Path(hub.snapshot_download(model, local_files_only=True, **wanted))
        if not any(folder.rglob(WEIGHTS[backend])):  # an interrupted download, or another backend's
            raise FileNotFoundError(folder)
    except (OSError, ValueError):
        folder = _download(hub, model, wanted)
    return folder, folder.name


def _download(hub: Any, model: str, wanted: Mapping[str, Any]) -> Path:
    try:
        return Path(hub.snapshot_download(model, **wanted))
    except Exception as error:  # the hub's HTTP client, and so its errors, change with its version
        reason = str(error).split("\n", 1)[0] or type(error).__name__
        raise SearchkitError(
            f"the model {model!r} is neither a folder nor in the cache of the model hub, and the hub did not give it: "
            f"{reason} Download it where there is a network and give its folder: st:/path/to/model"
        ) from error


def refuse_code(folder: Path, backend: str) -> None:
    """Raise SearchkitError for a model that could be loaded only by unpickling or by running code of its own."""
    from searchkit.models.embedders import recipe  # noqa: PLC0415 - few have such a model

    if not any(folder.rglob(WEIGHTS[backend])):
        raise SearchkitError(f"{folder} has no {WEIGHTS[backend]} file; weights in another format are not loaded")
    for module in recipe.modules(folder):
        pickled = [*(folder / module.path).glob("pytorch_model*.bin")]
        if pickled and not any((folder / module.path).glob("*.safetensors")) and backend == "torch":
            raise SearchkitError(f"{pickled[0]} is a pickle, which searchkit does not load; save it as safetensors")


def _load(package: Any, folder: Path, backend: str, device: str | None) -> Any:
    """Return the loaded model, in float32 on a processor: half precision without hardware is eight times slower."""
    options = {"use_safetensors": True} if backend == "torch" else {"export": False}
    progress = require("transformers.utils.logging", "sentence-transformers")
    shown = progress.is_progress_bar_enabled()
    progress.disable_progress_bar()
    try:
        model = package.SentenceTransformer(
            str(folder),
            backend=backend,
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs=options,
        )
    except Exception as error:  # a missing backend is a bare Exception there
        raise SearchkitError(f"sentence-transformers cannot load {folder}: {error}") from error
    finally:
        if shown:
            progress.enable_progress_bar()
    return model.float() if backend == "torch" and str(model.device) == "cpu" else model


def _file_digests(folder: Path, backend: str) -> list[str]:
    """Return the digests of the files that decide the vectors, so that a hub's copy and a folder's are one model."""
    files = sorted(path for pattern in (WEIGHTS[backend], *SETTINGS) for path in folder.rglob(pattern))
    return [file_digest(path) for path in files]
