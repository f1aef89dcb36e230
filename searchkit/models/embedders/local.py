"""The model that travels with searchkit, run by ONNX Runtime."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import ArgumentError, SearchkitError
from searchkit.models.embedders import scripts
from searchkit.models.embedders.checks import digest_of, valid_text
from searchkit.models.embedders.runtime import one_more_output, session, tokenizer
from searchkit.models.embedders.wordpieces import WordPieces
from searchkit.models.student import Prior, unit
from searchkit.rankings import distinct
from searchkit.threads import PerProcess, cores, meanwhile, once, parallel
from searchkit.types import FloatMatrix, FloatVector, QuestionStates

MINILM = Path(__file__).parent.parent / "minilm"
POSITIONS = 512  # the longest text that a BERT model has position vectors for
VECTOR = "embedding"  # the output that holds the text's vector
READ = 8_000_000  # bytes of a file at a time: after each another thread may have the interpreter for a while
TOKENS = 256  # what all-MiniLM-L6-v2 is meant to read, from its sentence_bert_config.json


class OnnxEmbedder:
    """The model in a folder such as searchkit/models/minilm, run by ONNX Runtime on the processor.

    Each text runs alone, unpadded, on one core; as many run at a time as there are cores. That is as fast as the
    best batches, and equal texts get equal bits: in a batch, dynamic quantisation scales a text by its neighbours.
    Digests of the files are checked before they are loaded. max_tokens: what is read of a text, with the two
    special tokens; the rest is cut off.
    """

    def __init__(self, folder: Path = MINILM, *, max_tokens: int = TOKENS, threads: int | None = None) -> None:
        if not 3 <= max_tokens <= POSITIONS:
            raise ArgumentError(f"max_tokens must be from 3 to {POSITIONS}; got {max_tokens}")
        manifest = manifest_of(folder)
        self.name: str = manifest["name"]
        self.dim: int = manifest["dim"]
        self.background: float | None = manifest.get("background")  # see the module of this name; None: to be measured
        self.digest = digest_of([*manifest["files"].values(), str(max_tokens)])
        self.max_tokens = max_tokens
        self._threads = threads or cores()
        self._states: str | None = manifest.get("token_states")
        self._folder, self._piece_files = folder, manifest["pieces"]
        self._session = PerProcess(partial(_session, folder.absolute(), manifest))
        with meanwhile(self._session):  # now, so that what is wrong with it is told here
            self._tokenizer = tokenizer(_file(folder, "tokenizer.json", manifest))
            self._word_pieces = WordPieces(self._tokenizer)

    def embed_passages(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one row a text: (len(texts), dim) float32, whatever their order and company."""
        rows = np.empty((len(texts), self.dim), np.float32)
        longest_first = sorted(range(len(texts)), key=lambda row: -len(texts[row]))  # so that all cores end together
        vectors = parallel(lambda row: self.embed_query(texts[row]), longest_first, self._threads)
        for row, vector in zip(longest_first, vectors, strict=True):
            rows[row] = vector
        return rows

    def embed_query(self, text: str) -> FloatVector:
        """Return the text's vector: (dim,) float32."""
        tokens = np.array([self._tokens(text)], np.int64)
        vector: FloatVector = self._session().run([VECTOR], {"input_ids": tokens})[0][0]
        return vector

    def embed_tokens(self, text: str) -> FloatMatrix:
        """Return what the model's last layer makes of each token, special tokens too: (tokens, dim) float32.

        The states are of any length; their mean at unit length is the text's vector.
        """
        if self._states is None:
            raise SearchkitError(f"the model {self.name} does not say which output holds its token states")
        tokens = np.array([self._tokens(text)], np.int64)
        states: FloatMatrix = self._session().run([self._states], {"input_ids": tokens})[0][0]
        return states

    def read_question(self, text: str) -> QuestionStates:
        """Return the question's vector and its word pieces in context, from one run of the model."""
        encoded = self._tokenizer.encode(valid_text(text))
        tokens = np.array([self._cut(encoded.ids)], np.int64)
        vector, states = (output[0] for output in self._session().run([VECTOR, self._states], {"input_ids": tokens}))
        places = np.array(encoded.offsets[1 : len(states) - 1], np.int64).reshape(-1, 2)
        return QuestionStates(vector, places, unit(states[1:-1] @ self._piece_table[1]))

    def prepare_questions(self) -> None:
        """Load now what the first question would load."""
        self.piece_states(np.empty(0, np.uint16))

    def pieces(self, texts: Sequence[str]) -> list[npt.NDArray[np.uint16]]:
        """Return the word pieces that stand in each text, ascending, each once; also those beyond the model's limit."""
        return [pieces for pieces, _ in self.pieces_and_read(texts)]

    def read_pieces(self, texts: Sequence[str]) -> list[npt.NDArray[np.uint16]]:
        """Return the word pieces of each text in order, those that the model reads."""
        return [read for _, read in self.pieces_and_read(texts)]

    def pieces_and_read(self, texts: Sequence[str]) -> Iterator[tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]]:
        """Yield of each text what `pieces` and what `read_pieces` return, from cutting it into pieces once."""
        for text in texts:
            whole = np.array(self._encode(text)[1:-1], np.uint16)
            yield distinct(whole), whole[: self.max_tokens - 2]

    def piece_states(self, pieces: npt.NDArray[np.uint16]) -> FloatMatrix:
        """Return the state of each word piece that stands alone, in fewer dimensions: (len(pieces), d) unit rows."""
        return self._piece_rows(pieces)

    @once
    def _piece_rows(self) -> UnitRows:
        return UnitRows(self._piece_table[0])

    @once
    def _piece_table(self) -> tuple[npt.NDArray[np.int8], FloatMatrix]:
        """The states of the vocabulary, (pieces, d), and the projection into their dimensions, (dim, d)."""
        table, projection = _arrays(self._folder, self._piece_files)
        return table, projection

    @property
    def prior(self) -> Prior | None:
        """What a student of the model starts from, by word piece; None in a folder without one.

        It is as large as its use is rare, so it is read anew each time. Like the states of pieces it is no part of the
        digest: it decides no vector of the model's own.
        """
        if not (self._folder / "student.json").exists():
            return None
        table, rows, centre = _arrays(self._folder, manifest_of(self._folder, "student.json")["files"])
        weights, scales = rows.astype(np.float32).T
        codes = np.stack([table >> 4, table & 15], axis=2).reshape(len(table), -1)  # two in a byte, centred on 7.5
        return Prior(weights, (codes.astype(np.float32) - 7.5) * scales[:, None], centre)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's tokens, also those beyond what the model reads; special tokens left out."""
        return self._word_pieces.count(texts)

    def reads(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Tell which texts the model can read: (len(texts),). See `scripts`."""
        return np.array([self._reads(text) for text in texts], np.bool_)

    def _reads(self, text: str) -> bool:
        if text.isascii():
            return True
        pieces = self._encode(text)[1:-1]
        unknown = 0 if self._unknown is None else pieces.count(self._unknown)
        return unknown <= scripts.MOST * len(pieces) and not scripts.strange(text, self._scripts)

    @once
    def _scripts(self) -> frozenset[str]:
        """The scripts that the vocabulary was made from."""
        return scripts.known_scripts(self._tokenizer.get_vocab())

    @once
    def _unknown(self) -> int | None:
        """The piece that stands for what is in no vocabulary."""
        found: int | None = self._tokenizer.token_to_id(self._tokenizer.model.unk_token)
        return found

    def token_counter(self) -> TokenCounter:
        """Return what counts as `count_tokens` does, without the model."""
        return TokenCounter(self._folder)

    def _tokens(self, text: str) -> list[int]:
        return self._cut(self._encode(text))

    def _cut(self, tokens: list[int]) -> list[int]:
        return tokens if len(tokens) <= self.max_tokens else [*tokens[: self.max_tokens - 1], tokens[-1]]

    def _encode(self, text: str) -> list[int]:
        return self._word_pieces.encode(valid_text(text))


class UnitRows:
    """Rows of a table at unit length, each brought to it when it is first asked for."""

    def __init__(self, table: npt.NDArray[Any]) -> None:
        """table: (n, d)."""
        self._table = table
        self._rows = np.empty(table.shape, np.float32)
        self._known = np.zeros(len(table), np.bool_)

    def __call__(self, at: npt.NDArray[Any]) -> FloatMatrix:
        """Return the rows at these places, (m, d) float32. Raises IndexError."""
        known = self._known.take(at)
        if not known.all():
            new = at[~known]
            self._rows[new] = unit(self._table[new].astype(np.float32))
            self._known[new] = True
        return self._rows.take(at, axis=0)


class TokenCounter:
    """Counts a model's tokens; goes to another process as the name of the model's folder.

    Of the model that travels with searchkit even that stays: on another machine it stands elsewhere.
    """

    def __init__(self, folder: Path = MINILM) -> None:
        self._folder = folder

    def __reduce__(self) -> tuple[type[TokenCounter], tuple[Path, ...]]:
        return TokenCounter, () if self._folder == MINILM else (self._folder,)

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Return each text's tokens; special tokens left out."""
        return self._word_pieces.count(texts)

    @once
    def _word_pieces(self) -> WordPieces:
        return WordPieces(tokenizer(_file(self._folder, "tokenizer.json", manifest_of(self._folder))))


def manifest_of(folder: Path, name: str = "manifest.json") -> dict[str, Any]:
    """Return what a model folder says of itself: name, dim, licence, and the digests of its files."""
    try:
        manifest: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SearchkitError(f"{folder} is no model folder: {name}: {error}") from error
    return manifest


def _session(folder: Path, manifest: dict[str, Any]) -> Any:
    """Return a session of a folder's model that gives out the states of tokens too, if it says which they are."""
    states = manifest.get("token_states")
    return session(_file(folder, "model.onnx", manifest, one_more_output(states) if states else b""))


def _file(folder: Path, name: str, manifest: dict[str, Any], more: bytes = b"") -> bytes:
    return _checked(folder / name, manifest["files"][name], more)


def _arrays(folder: Path, digests: Mapping[str, str]) -> list[npt.NDArray[Any]]:
    """Return the arrays in these files, whose digests are known."""
    return [
        np.load(io.BytesIO(_checked(folder / name, digest)), allow_pickle=False) for name, digest in digests.items()
    ]


def _checked(path: Path, digest: str, more: bytes = b"") -> bytes:
    """Return a file's bytes if they are the expected ones, and `more` behind them; what was checked gets loaded.

    They are never copied as a whole, which would be a tenth of the time that a model takes to load.
    """
    own, data = hashlib.sha256(), io.BytesIO()
    try:
        with path.open("rb", buffering=0) as file:
            while part := file.read(READ):
                own.update(part)
                data.write(part)
    except OSError as error:
        raise SearchkitError(f"{path}: {error.strerror}. Reinstall searchkit.") from error
    found = own.hexdigest()
    if found != digest:
        raise SearchkitError(f"{path} is damaged: its sha256 is {found}, not {digest}. Reinstall searchkit.")
    data.write(more)
    return data.getvalue()
