"""How a model's folder says that texts become vectors: files as sentence-transformers and transformers write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from searchkit.errors import SearchkitError
from searchkit.models.embedders import safetensors
from searchkit.models.embedders.options import Options
from searchkit.models.embedders.pooling import POOLINGS
from searchkit.types import FloatMatrix, FloatVector

PROMPTS = (  # families whose models need a prompt that their configuration does not state: (name, query, passage)
    (re.compile(r"(^|[/_-])e5-(small|base|large)(?!.*instruct)", re.IGNORECASE), "query: ", "passage: "),
    (
        re.compile(r"bge-(small|base|large)-en", re.IGNORECASE),
        "Represent this sentence for searching relevant passages: ",
        "",
    ),
)
OF_MODULES, OF_PROMPTS, OF_SENTENCES = "modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"
OF_TOKENIZER, OF_MODEL, WEIGHTS = "tokenizer_config.json", "config.json", "model.safetensors"
FILES = (OF_MODULES, OF_PROMPTS, OF_SENTENCES, OF_TOKENIZER, OF_MODEL)
MODULE_FILES = {"Pooling": (OF_MODEL,), "Dense": (OF_MODEL, WEIGHTS)}  # what the folders of modules hold
SILENT = ("Normalize", "Dropout")  # modules that change no direction of the vector that leaves the last one
OWN_CODE = "sentence_transformers."
FEWEST = 512  # tokens that a model reads whose files state no limit: BERT's
OFFSET = ("roberta", "xlm-roberta", "camembert", "mpnet")  # kinds of models that count places from behind the padding's
OLD_FLAGS = {  # how versions of sentence-transformers before 5.4 write what is now the list `pooling_mode`
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


class Module(NamedTuple):
    """A step of a model, by its class's name, and the folder of its files below the model's."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Dense:
    """A linear map of the pooled vector: weight (out, in), bias (out,) or None, through tanh if so."""

    weight: FloatMatrix
    bias: FloatVector | None
    tanh: bool

    def __call__(self, vector: FloatVector) -> FloatVector:
        """Return the vector that comes out: (out,)."""
        out = self.weight @ vector if self.bias is None else self.weight @ vector + self.bias
        return np.asarray(np.tanh(out) if self.tanh else out, np.float32)


@dataclass(frozen=True, slots=True)
class VectorRecipe:
    """How a text becomes a vector, as the files of a model state it.

    pooling: ways, whose results stand one after the other; empty where no file tells. skips_prompt: whether the
    prompt's tokens are left out of it. lower: texts are brought to lower case first; lower_pieces: the tokenizer does,
    None for as its own file has it. dim: the first numbers of the vector that are kept, None for all.
    """

    pooling: tuple[str, ...]
    skips_prompt: bool
    denses: tuple[Dense, ...]
    query_prompt: str
    passage_prompt: str
    max_tokens: int
    lower: bool
    lower_pieces: bool | None
    dim: int | None

    @property
    def prompts(self) -> str:
        """The prompts together: empty where there are none."""
        return self.query_prompt + self.passage_prompt

    def parts(self) -> list[str]:
        """Return what of it decides vectors, as text."""
        weights = [array for dense in self.denses for array in (dense.weight, dense.bias) if array is not None]
        said = [f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.name != "denses"]
        return [*said, *(sha256(array.tobytes()).hexdigest() for array in weights), *(f"{d.tanh}" for d in self.denses)]


def read_recipe(folder: Path, name: str, options: Options) -> VectorRecipe:
    """Return the recipe of the model in a folder; what is given in the options comes before what its files state.

    name: what tells the model's family, whose prompts may be known. Raises SearchkitError.
    """
    try:
        return _recipe(folder, name, options)
    except (TypeError, AttributeError, KeyError, ValueError) as error:  # JSON, but not what those files hold
        raise SearchkitError(f"{folder} describes its model in a way that searchkit cannot read: {error}") from error


def _recipe(folder: Path, name: str, options: Options) -> VectorRecipe:
    steps = modules(folder)
    for step in steps:
        if step.kind not in ("Transformer", "Pooling", "Dense", *SILENT):
            raise SearchkitError(f"{folder} has a module {step.kind}, which searchkit cannot run")
    pooling = [_json(folder / step.path / OF_MODEL) for step in steps if step.kind == "Pooling"]
    texts, own = _json(folder / OF_SENTENCES), _json(folder / OF_PROMPTS)
    query, passage = prompts_of(
        name, options.query_prompt, options.passage_prompt, own.get("prompts") or {}, own.get("default_prompt_name")
    )
    return VectorRecipe(
        pooling=(options.pooling,) if options.pooling else _ways(pooling[0], folder) if pooling else (),
        skips_prompt=bool(pooling) and pooling[0].get("include_prompt", True) is False,
        denses=tuple(_dense(folder / step.path) for step in steps if step.kind == "Dense"),
        query_prompt=query,
        passage_prompt=passage,
        max_tokens=options.max_tokens or texts.get("max_seq_length") or _positions(folder),
        lower=bool(texts.get("do_lower_case")),
        lower_pieces=_json(folder / OF_TOKENIZER).get("do_lower_case"),
        dim=options.dim or own.get("truncate_dim"),
    )


def modules(folder: Path) -> list[Module]:
    """Return the steps of a model; none where modules.json is missing. Raises SearchkitError for code of its own."""
    try:
        steps = [(str(step["type"]), str(step["path"])) for step in _json(folder / OF_MODULES, [])]
    except (TypeError, KeyError) as error:
        raise SearchkitError(f"{folder / OF_MODULES} must list modules with type and path: {error}") from error
    for kind, _ in steps:
        if not kind.startswith(OWN_CODE):
            raise SearchkitError(f"{folder} needs code of its own ({kind}), which searchkit does not run")
    return [Module(kind.rpartition(".")[2], path) for kind, path in steps]


def prompts_of(
    name: str, query: str | None, passage: str | None, own: Mapping[str, str | None], default: str | None = None
) -> tuple[str, str]:
    """Return the prompts of queries and passages: as given, else the model's own, else its family's, else none.

    default: the name of the one of its own that stands for any that it has not.
    """
    family = next((prompts for pattern, *prompts in PROMPTS if pattern.search(name)), ["", ""])
    usual = own.get(default) if default else None
    stated_query = own.get("query") or usual
    stated_passage = own.get("document") or own.get("passage") or own.get("corpus") or usual
    if not (stated_query or stated_passage):
        stated_query, stated_passage = family
    return (
        query if query is not None else stated_query or "",
        passage if passage is not None else stated_passage or "",
    )


def _ways(stated: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    """Return the ways of pooling that a module's configuration states."""
    now = stated.get("pooling_mode")
    old = tuple(way for flag, way in OLD_FLAGS.items() if stated.get(flag))
    ways = (now,) if isinstance(now, str) else tuple(now or old)
    unknown = [way for way in ways if way not in POOLINGS]
    if unknown or not ways:
        raise SearchkitError(f"{folder} pools by {unknown or 'no way'}; searchkit knows {', '.join(POOLINGS)}")
    return ways


def _dense(folder: Path) -> Dense:
    """Return the linear map in a module's folder. Raises SearchkitError for one that is more than that."""
    stated = _json(folder / OF_MODEL)
    activation = str(stated.get("activation_function", "Tanh")).rpartition(".")[2]
    reads = stated.get("module_input_name", "sentence_embedding")
    residual = bool(stated.get("use_residual"))
    if activation not in ("Tanh", "Identity") or reads != "sentence_embedding" or residual:
        raise SearchkitError(
            f"{folder} is a Dense module of {reads} with {activation}{' and a residual' * residual}; searchkit runs "
            "those of sentence_embedding with Tanh or Identity and without a residual"
        )
    if not (folder / WEIGHTS).is_file():
        raise SearchkitError(f"{folder} has no {WEIGHTS}; weights of a Dense module in another format are not loaded")
    weights = safetensors.read(folder / WEIGHTS)
    if "linear.weight" not in weights:
        raise SearchkitError(f"{folder / WEIGHTS} holds no linear.weight")
    return Dense(weights["linear.weight"], weights.get("linear.bias"), activation == "Tanh")


def _positions(folder: Path) -> int:
    """Return how many tokens a model reads as far as its tokenizer and its positions tell."""
    model, limit = _json(folder / OF_MODEL), _json(folder / OF_TOKENIZER).get("model_max_length")
    places = model.get("max_position_embeddings")
    if places and model.get("model_type") in OFFSET:
        places -= model.get("pad_token_id", 1) + 1
    stated = [int(each) for each in (places, limit) if each]  # "no limit" is written as 10 ** 30
    return min(stated, default=FEWEST)


def _json(path: Path, default: Any = None) -> Any:
    """Return what a JSON file of a model holds, an empty mapping unless it is there. Raises SearchkitError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {} if default is None else default
    except (OSError, ValueError) as error:
        raise SearchkitError(f"{path} cannot be read: {error}") from error
