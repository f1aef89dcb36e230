"""What may be said of a model in its name, where its own files do not say it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial

from searchkit import validation
from searchkit.errors import ArgumentError
from searchkit.models.embedders.pooling import POOLINGS

CHECKS = {
    "file": validation.optional(validation.text),
    "query_prompt": validation.optional(validation.text),
    "passage_prompt": validation.optional(validation.text),
    "pooling": validation.optional(partial(validation.one_of, choices=tuple(POOLINGS))),
    "max_tokens": validation.optional(partial(validation.whole_number, least=3)),
    "dim": validation.optional(partial(validation.whole_number, least=1)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What may be said of an ONNX model in its name, as JSON; None: as the model's own files have it.

    file: the weights, a path below the model's folder. query_prompt, passage_prompt: what is put before a text.
    pooling: how the states of tokens become one vector. max_tokens: what is read of a text, special tokens too.
    dim: how many of the first numbers of each vector are kept, in models that were trained for it (Matryoshka).
    """

    file: str | None = None
    query_prompt: str | None = None
    passage_prompt: str | None = None
    pooling: str | None = None
    max_tokens: int | None = None
    dim: int | None = None

    def __post_init__(self) -> None:
        validation.settle(self, CHECKS)

    def appended(self, name: str) -> str:
        """Return a model's name with what is said here, as `split_options` reads it."""
        said = {key: value for key, value in asdict(self).items() if value is not None}
        return f"{name} {json.dumps(said, ensure_ascii=False)}" if said else name


def split_options(name: str) -> tuple[str, Options]:
    """Split a name such as 'onnx:models/e5 {"query_prompt": "query: "}'. Raises ArgumentError."""
    model, brace, rest = name.partition(" {")
    if not brace:
        return name, Options()
    try:
        said = json.loads("{" + rest)
    except ValueError as error:
        raise ArgumentError(f"what follows the model in {name!r} is no JSON object: {error}") from error
    unknown = said.keys() - Options.__dataclass_fields__.keys()
    if unknown:
        known = ", ".join(Options.__dataclass_fields__)
        raise ArgumentError(f"{name!r} says {', '.join(sorted(unknown))} of the model; what can be said is {known}")
    return model, Options(**said)
