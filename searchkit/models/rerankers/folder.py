"""A cross-encoder from a folder with model.onnx and tokenizer.json, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from searchkit.errors import SearchkitError
from searchkit.models.embedders.checks import valid_text
from searchkit.models.embedders.runtime import TextInputs, session, tokenizer
from searchkit.models.rerankers.checks import Scores, checked
from searchkit.threads import PerProcess, cores, parallel

LONGEST = 512  # tokens of question and passage; what BERT models have positions for


class OnnxReranker:
    """A cross-encoder exported to ONNX: question and passage in, one logit out (or two, of which the last is "yes").

    The files are read into memory and nothing else of the folder is. Each pair runs alone, unpadded, on one core; as
    many run at a time as there are cores. Of a passage that is too long the end is cut off.
    """

    def __init__(self, folder: Path, *, max_tokens: int = LONGEST, threads: int | None = None) -> None:
        model = folder.absolute() / "model.onnx"
        if not model.exists():
            _read(model)  # which says what is missing
        words = _read(folder / "tokenizer.json")
        self.name = f"onnx:{folder}"
        self._threads = threads or cores()
        try:
            self._tokenizer = tokenizer(words)
            self._tokenizer.enable_truncation(max_tokens, strategy="only_second")
            self._session = PerProcess(lambda: session(_read(model), optimise=True))
            self._inputs = TextInputs(self._session().get_inputs(), str(folder))
        except SearchkitError:
            raise
        except Exception as error:  # both libraries raise bare ones of their own
            raise SearchkitError(f"{folder} holds no cross-encoder that ONNX Runtime can load: {error}") from error

    def score(self, query: str, passages: Sequence[str]) -> Scores:
        """Return one logit a passage: (len(passages),) float32."""
        question = valid_text(query)
        logits = parallel(lambda passage: self._logit(question, valid_text(passage)), passages, self._threads)
        return checked(logits if passages else np.empty(0), passages, self.name)

    def _logit(self, query: str, passage: str) -> float:
        try:
            pair = self._tokenizer.encode(query, passage)
        except Exception as error:  # a question longer than the model reads leaves nothing to cut
            raise SearchkitError(f"the reranker {self.name} cannot read the question: {error}") from error
        output: Any = self._session().run(None, self._inputs.of(pair.ids, pair.type_ids))[0]
        logits = np.ravel(output)
        if len(logits) not in (1, 2):
            raise SearchkitError(f"the reranker {self.name} returns {len(logits)} numbers a passage, not one or two")
        return float(logits[-1] - logits[0]) if len(logits) == 2 else float(logits[0])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SearchkitError(
            f"{path}: {error.strerror}. A reranker's folder holds model.onnx and tokenizer.json"
        ) from error
