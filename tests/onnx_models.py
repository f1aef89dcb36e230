"""Tiny embedding models in ONNX, whose vectors can be worked out by hand, in folders as their authors lay them out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

WORDS = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "tea": 3, "coffee": 4, "ask": 5, "read": 6, "Tea": 7}
STATES = np.array(  # what the model makes of each word, whatever stands beside it
    [[0, 0, 1], [1, 0, 0], [0, 2, 0], [3, 1, 0], [0, 1, 4], [5, 0, 1], [0, 6, 1], [1, 1, 1]], np.float32
)
MEAN = {"pooling_mode": "mean", "embedding_dimension": 3}


def states_of(*words: str) -> np.ndarray:
    """Return the states of a text's words, with those of the special ones around it."""
    return STATES[[WORDS[word] for word in ("[CLS]", *words, "[SEP]")]]


def unit(vector: Sequence[float] | np.ndarray) -> np.ndarray:
    return np.asarray(vector, np.float32) / np.linalg.norm(vector)


def tiny_model(
    folder: Path,
    *,
    file: str = "onnx/model.onnx",
    pooling: Mapping[str, object] | None = MEAN,
    dense: Mapping[str, object] | None = None,
    inputs: Mapping[str, int] | None = None,
    output: str = "last_hidden_state",
    settings: Mapping[str, object] | None = None,
) -> Path:
    """Make a model's folder. inputs: what the graph takes, by name; output: see `graph`; settings: JSON by file."""
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    model = graph(inputs or {"input_ids": TensorProto.INT64, "attention_mask": TensorProto.INT64}, output)
    (folder / file).write_bytes(model.SerializeToString())
    words().save(str(folder / "tokenizer.json"))
    files = dict(settings or {})
    if pooling is not None:
        kinds = ["Transformer", "Pooling", *["Dense"] * (dense is not None), "Normalize"]
        files["modules.json"] = [
            {"idx": at, "path": f"{at}_{kind}" if at else "", "type": f"sentence_transformers.models.{kind}"}
            for at, kind in enumerate(kinds)
        ]
        files["1_Pooling/config.json"] = pooling
        if dense is not None:
            files["2_Dense/config.json"] = dense
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    return folder


def words() -> Tokenizer:
    made = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))  # noqa: S106 - no secret
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return made


def graph(inputs: Mapping[str, int], output: str) -> onnx.ModelProto:
    """Return a model that looks each token's state up, and multiplies it by its mask and adds what else it takes.

    output: the name of the states, or "sentence_embedding" for their sum, or both, joined by a comma.
    """
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["looked_up"])]
    last = "looked_up"
    for name in inputs:
        if name != "input_ids":
            kind = "Mul" if name == "attention_mask" else "Add"
            nodes += [
                helper.make_node("Cast", [name], [f"{name}_float"], to=TensorProto.FLOAT),
                helper.make_node("Unsqueeze", [f"{name}_float", "last"], [f"{name}_column"]),
                helper.make_node(kind, [last, f"{name}_column"], [f"after_{name}"]),
            ]
            last = f"after_{name}"
    given = []
    for name in output.split(","):
        if name == "sentence_embedding":
            nodes.append(helper.make_node("ReduceSum", [last, "tokens"], [name], keepdims=0))
            given.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]))
        else:
            nodes.append(helper.make_node("Identity", [last], [name]))
            given.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", "tokens", 3]))
    taken = [helper.make_tensor_value_info(name, kind, ["n", "tokens"]) for name, kind in inputs.items()]
    constants = [
        numpy_helper.from_array(STATES, "table"),
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        numpy_helper.from_array(np.array([1], np.int64), "tokens"),
    ]
    made = helper.make_graph(nodes, "tiny", taken, given, constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def save_tensors(path: Path, tensors: Mapping[str, np.ndarray], kind: str = "F32") -> None:
    """Write a safetensors file. kind: F32, F16, or BF16, for which the arrays hold the first half of each float32."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, array in tensors.items():
        header[name] = {
            "dtype": kind,
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + array.nbytes],
        }
        data += array.tobytes()
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
