"""ONNX Runtime and tokenizers: sessions, and more outputs of a model."""

from __future__ import annotations

from typing import Any

from searchkit.models.embedders.checks import require

# Numbers of fields in ONNX's protobuf schema (onnx.proto), and the code of float32 in it.
MODEL_GRAPH, GRAPH_OUTPUT, VALUE_NAME, VALUE_TYPE, TYPE_TENSOR, TENSOR_ELEMENT, FLOAT32 = 7, 12, 1, 2, 1, 1, 1


def tokenizer(data: bytes) -> Any:
    """Return the tokenizer of a tokenizer.json, which neither cuts nor pads."""
    made = require("tokenizers").Tokenizer.from_buffer(data)
    made.no_truncation()
    made.no_padding()
    return made


def session(model: bytes, *, optimise: bool = False) -> Any:
    """Return a session whose runs use the calling thread alone and may overlap.

    optimise: let ONNX Runtime rewrite the graph; the file that travels with searchkit is optimised already.
    """
    runtime = require("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # every length would keep its own
    if not optimise:
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def with_output(model: bytes, name: str) -> bytes:
    """Return the ONNX model with an inner float32 value as one more output.

    The file and its digest, which indexes record, stay as they are. A protobuf message may come in pieces, which
    its reader merges: a second piece of the graph that holds nothing but the output is appended.
    """
    tensor = _field(TYPE_TENSOR, bytes([TENSOR_ELEMENT << 3, FLOAT32]))
    output = _field(VALUE_NAME, name.encode()) + _field(VALUE_TYPE, tensor)
    return model + _field(MODEL_GRAPH, _field(GRAPH_OUTPUT, output))


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
