"""ONNX Runtime and tokenizers: sessions, and more outputs of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import SearchkitError
from searchkit.models.embedders.checks import require

INPUTS = ("input_ids", "attention_mask", "token_type_ids", "position_ids")  # of a text, as exporters name them
KINDS: Mapping[str, npt.DTypeLike] = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}

# Numbers of fields in ONNX's protobuf schema (onnx.proto), and the code of float32 in it.
MODEL_GRAPH, GRAPH_OUTPUT, VALUE_NAME, VALUE_TYPE, TYPE_TENSOR, TENSOR_ELEMENT, FLOAT32 = 7, 12, 1, 2, 1, 1, 1


def tokenizer(data: bytes) -> Any:
    """Return the tokenizer of a tokenizer.json, which neither cuts nor pads."""
    made = require("tokenizers").Tokenizer.from_buffer(data)
    made.no_truncation()
    made.no_padding()
    return made


class TextInputs:
    """What of a text a model takes, as its graph names it and in the whole numbers that it wants.

    inputs: as a session tells them. model: what an error calls it. Raises SearchkitError for one that takes more.
    """

    def __init__(self, inputs: Sequence[Any], model: str) -> None:
        self._kinds = {each.name: KINDS.get(each.type) for each in inputs}
        if "input_ids" not in self._kinds or not self._kinds.keys() <= {*INPUTS} or None in self._kinds.values():
            taken = ", ".join(f"{each.name} {each.type}" for each in inputs)
            raise SearchkitError(
                f"{model} takes {taken}; a model of texts takes whole numbers, some of {', '.join(INPUTS)}"
            )

    def of(self, ids: Sequence[int], types: Sequence[int] | None = None) -> dict[str, npt.NDArray[Any]]:
        """Return what is given for one unpadded text: (1, tokens) each. types: which of two texts each token is of."""
        count = len(ids)
        columns = (ids, np.ones(count), np.zeros(count) if types is None else types, np.arange(count))
        given = dict(zip(INPUTS, columns, strict=True))
        return {name: np.asarray(given[name], kind)[None] for name, kind in self._kinds.items()}


def session(model: bytes | str, *, optimise: bool = False) -> Any:
    """Return a session whose runs use the calling thread alone and may overlap. model: its bytes, or its path.

    optimise: let ONNX Runtime rewrite the graph; the file that travels with searchkit is optimised already.
    """
    runtime = require("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # what it warns of concerns who made the model, and what fails is raised
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # every length would keep its own
    if not optimise:
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def one_more_output(name: str) -> bytes:
    """Return what an ONNX model's bytes have to go on with to give out an inner float32 value too.

    The file and its digest, which indexes record, stay as they are. A protobuf message may come in pieces, which
    its reader merges: this is a second piece of the graph that holds nothing but the output.
    """
    tensor = _field(TYPE_TENSOR, bytes([TENSOR_ELEMENT << 3, FLOAT32]))
    output = _field(VALUE_NAME, name.encode()) + _field(VALUE_TYPE, tensor)
    return _field(MODEL_GRAPH, _field(GRAPH_OUTPUT, output))


def _field(number: int, content: bytes) -> bytes:
    """Return a protobuf field that holds bytes."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Return a number as protobuf writes it: seven bits a byte, lowest first."""
    digits = []
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])
