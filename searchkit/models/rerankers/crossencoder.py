"""Any cross-encoder that sentence-transformers loads, as a reranker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from searchkit.errors import SearchkitError
from searchkit.models.embedders.checks import require, valid_text
from searchkit.models.embedders.hub import model_folder, refuse_code
from searchkit.models.rerankers.checks import Scores, checked
from searchkit.threads import Guard


class CrossEncoderReranker:
    """A cross-encoder from the hub, its cache or a folder; safetensors only, and no code of the model runs."""

    def __init__(
        self, model: str, *, revision: str | None = None, device: str | None = None, batch_size: int = 16
    ) -> None:
        package = require("sentence_transformers", "sentence-transformers")
        folder, commit = model_folder(model, revision, "torch")
        refuse_code(folder, "torch")
        try:
            self._model = package.CrossEncoder(
                str(folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # transformers raises whatever it meets
            raise SearchkitError(f"sentence-transformers cannot load {folder} as a cross-encoder: {error}") from error
        self._batch_size = batch_size
        self._lock = Guard()  # a fast tokenizer changes its settings while it works
        self.name = f"st-ce:{model}{'@' + commit if commit else ''}"

    def score(self, query: str, passages: Sequence[str]) -> Scores:
        """Return one score a passage: (len(passages),) float32."""
        if not passages:
            return np.empty(0, np.float32)
        pairs = [(valid_text(query), valid_text(passage)) for passage in passages]
        with self._lock:
            scores = self._model.predict(
                pairs, batch_size=self._batch_size, show_progress_bar=False, convert_to_numpy=True
            )
        return checked(scores, passages, self.name)
