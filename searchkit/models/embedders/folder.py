"""Any embedding model in a folder, exported to ONNX, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import MissingExtra, SearchkitError
from searchkit.models.embedders.checks import digest_of, file_digest, unit_rows, valid_text
from searchkit.models.embedders.options import Options
from searchkit.models.embedders.pooling import POOLINGS, pooled
from searchkit.models.embedders.recipe import read_recipe
from searchkit.models.embedders.runtime import TextInputs, session, tokenizer
from searchkit.models.embedders.wordpieces import WordPieces
from searchkit.threads import PerProcess, cores, once, parallel
from searchkit.types import FloatMatrix, FloatVector

MODELS = ("onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx")  # the first that is there: the most precise
DATA = ("_data", ".data")  # how the names of files go on, after the model's own, that hold weights apart from it
WORDS = "tokenizer.json"
VECTOR, STATES = "sentence_embedding", ("token_embeddings", "last_hidden_state")  # outputs, as exporters name them
HEAD = "logits"  # the output of models for other tasks
TRIAL = "dimension"
UNREAD = (
    0.5  # share of unknown pieces from which on a text is not read; some tokenizers have a known one, "▁", for each
)


class FolderEmbedder:
    """An embedding model in a folder of its own, as sentence-transformers and transformers write it, run from ONNX.

    The folder holds the weights as ONNX, and tokenizer.json; pooling, prompts and lengths are read from the model's own
    files, and options say what these do not. No code of the model runs, and no pickle is read. Each text runs alone,
    unpadded, on one core, and as many at a time as there are cores: equal texts get equal bits. name: what an index
    records, the folder's path unless given. Raises SearchkitError for a folder that cannot work, and says why.
    """

    def __init__(
        self, folder: Path, options: Options | None = None, *, name: str = "", threads: int | None = None
    ) -> None:
        options, folder = options or Options(), folder.absolute()
        self.name = options.appended(name or f"onnx:{folder}")
        self._threads = threads or cores()
        self._model = model_file(folder, options.file)
        self._recipe = read_recipe(folder, name or folder.name, options)
        self.max_tokens = self._recipe.max_tokens
        self._words = folder / WORDS
        self._word_pieces = WordPieces(_tokenizer(self._words, self._recipe.lower_pieces))
        self._session = PerProcess(partial(_session, self._model))
        self._inputs = TextInputs(self._session().get_inputs(), str(self._model))
        pools = bool(options.pooling or (self._recipe.skips_prompt and self._recipe.prompts))
        self._output = _output([each.name for each in self._session().get_outputs()], self._model, pools=pools)
        self._check(self._run(self._encoded(TRIAL)), pools=pools)
        self.dim = len(self._vector(TRIAL, ""))
        files = [self._model, *weights_apart(self._model), self._words]
        self.digest = digest_of([*map(file_digest, files), *self._recipe.parts()])

    def embed_passages(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one row a text: (len(texts), dim) float32, whatever their order and company."""
        rows = np.empty((len(texts), self.dim), np.float32)
        longest_first = sorted(range(len(texts)), key=lambda row: -len(texts[row]))  # so that all cores end together
        prompt = self._recipe.passage_prompt
        vectors = parallel(lambda row: self._vector(texts[row], prompt), longest_first, self._threads)
        for row, vector in zip(longest_first, vectors, strict=True):
            rows[row] = vector
        return unit_rows(rows, texts, self.name) if texts else rows

    def embed_query(self, text: str) -> FloatVector:
        """Return the question's vector: (dim,) float32."""
        row: FloatVector = unit_rows(self._vector(text, self._recipe.query_prompt)[None], [text], self.name)[0]
        return row

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's tokens, also those beyond what the model reads; special tokens and prompts left out."""
        return self._word_pieces.count(texts)

    def reads(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Tell which texts the model can read: (len(texts),); not those whose pieces are mostly unknown to it."""
        return np.array([self._word_pieces.unknown(valid_text(text)) < UNREAD for text in texts], np.bool_)

    def token_counter(self) -> FolderCounter:
        """Return what counts as `count_tokens` does, without the model."""
        return FolderCounter(self._words, self._recipe.lower_pieces)

    def _vector(self, text: str, prompt: str) -> FloatVector:
        """Return what the model makes of a text, of any length: (dim,)."""
        read, pieces = self._recipe, self._word_pieces
        ids = pieces.cut(self._encoded(prompt + text), read.max_tokens) or [0]  # of no token some models make no vector
        found = self._run(ids)[0]
        if found.ndim == 2:
            skipped = pieces.before(self._encoded(prompt)) if read.skips_prompt and prompt else 0
            found = pooled(found, read.pooling, skipped)
            for dense in read.denses:
                found = dense(found)
        return np.asarray(found[: read.dim], np.float32)

    def _encoded(self, text: str) -> list[int]:
        return self._word_pieces.encode(valid_text(text.lower() if self._recipe.lower else text))

    def _run(self, ids: Sequence[int]) -> Any:
        try:
            return self._session().run([self._output], self._inputs.of(ids))[0]
        except Exception as error:  # ONNX Runtime raises whatever a graph meets
            raise SearchkitError(f"{self._model} cannot read a text of {len(ids)} tokens: {error}") from error

    def _check(self, trial: Any, *, pools: bool) -> None:
        """Raise SearchkitError unless the recipe makes a vector of what the model gives for a text."""
        denses, model = self._recipe.denses, self._model
        ready = trial.ndim == 2
        if trial.ndim not in (2, 3) or (ready and pools):
            raise SearchkitError(f"{model} gives {self._output} of shape {trial.shape}; wanted are states of tokens")
        if not ready and not self._recipe.pooling:
            raise SearchkitError(
                f"no file beside {model} says how the states of tokens become one vector (modules.json and the Pooling "
                'module that it names). Say behind its name what its authors say: {"pooling": "mean"}, or one of '
                f"{', '.join(POOLINGS)}"
            )
        length = trial.shape[-1] * (1 if ready else len(self._recipe.pooling))
        for dense in denses[-1:] if ready else denses:
            into, out = (dense.weight.shape[0], length) if ready else (dense.weight.shape[1], length)
            if into != out:
                raise SearchkitError(f"{model} gives vectors of {out} numbers where its Dense module has {into}")
            length = dense.weight.shape[0]
        if (self._recipe.dim or 0) > length:
            raise SearchkitError(f"{model} gives vectors of {length} numbers, fewer than {self._recipe.dim}")


class FolderCounter:
    """Counts a model's tokens; goes to another process as the name of the tokenizer's file."""

    def __init__(self, words: Path, lower: bool | None) -> None:
        self._words, self._lower = words, lower

    def __reduce__(self) -> tuple[type[FolderCounter], tuple[Path, bool | None]]:
        return FolderCounter, (self._words, self._lower)

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Return each text's tokens; special tokens left out."""
        return self._word_pieces.count(texts)

    @once
    def _word_pieces(self) -> WordPieces:
        return WordPieces(_tokenizer(self._words, self._lower))


def model_file(folder: Path, wanted: str | None = None) -> Path:
    """Return the ONNX file in a model's folder: the wanted one, or else the most precise. Raises SearchkitError."""
    if not folder.is_dir():
        raise SearchkitError(f"{folder} is no folder; an ONNX model is a folder with tokenizer.json and {MODELS[0]}")
    for name in (wanted,) if wanted else MODELS:
        if (folder / name).is_file():
            return folder / name
    others = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.onnx"))
    there = f'it has {", ".join(others)}: say which by {{"file": …}}' if others else "it has no ONNX file"
    raise SearchkitError(f"{folder} has no {wanted or ' and no '.join(MODELS)}; {there}")


def weights_apart(model: Path) -> list[Path]:
    """Return the files that hold weights of an ONNX model beside it."""
    return sorted(
        path for path in model.parent.iterdir() if path.name.startswith(tuple(model.name + end for end in DATA))
    )


def _session(model: Path) -> Any:
    try:
        return session(str(model), optimise=True)
    except MissingExtra:
        raise
    except Exception as error:  # ONNX Runtime raises bare ones of its own
        raise SearchkitError(f"{model} is no model that ONNX Runtime can load: {error}") from error


def _output(names: Sequence[str], model: Path, *, pools: bool) -> str:
    """Return the output that holds a text's vector, or else the states of its tokens, which alone do if it `pools`."""
    known = STATES if pools else (VECTOR, *STATES)
    chosen = next((name for name in known if name in names), names[0] if len(names) == 1 else HEAD)
    if chosen == HEAD:
        raise SearchkitError(f"{model} gives {', '.join(names)}; an embedding model gives {', '.join(known)}")
    return chosen


def _tokenizer(path: Path, lower: bool | None) -> Any:
    """Return the tokenizer of a file. Raises SearchkitError.

    lower: whether it brings texts to lower case; None for as its file has it.
    """
    try:
        found = tokenizer(path.read_bytes())
    except OSError as error:
        raise SearchkitError(f"{path}: {error.strerror}. A folder with an ONNX model holds it too") from error
    except MissingExtra:
        raise
    except Exception as error:  # tokenizers raises bare ones
        raise SearchkitError(f"{path} is no tokenizer: {error}") from error
    normalizer = found.normalizer
    if lower is not None and type(normalizer).__name__ == "BertNormalizer":
        normalizer.lowercase = lower
        found.normalizer = normalizer
    return found
