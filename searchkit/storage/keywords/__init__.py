"""The keyword arm: an inverted index in a folder, kept by tantivy or, in pure Python, by Whoosh.

Both score with BM25 (k1 1.2, b 0.75) and Lucene's idf, ln(1 + (N - n + 0.5) / (n + 0.5)), times k1 + 1 and
the field's weight; N and n may still count removed passages until their segment is merged. A prefix,
wildcard or fuzzy match scores its boost times the field's weight.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import cast

from searchkit.errors import ArgumentError, MissingExtra
from searchkit.storage.keywords.engine import Engine, EngineReader, EngineWriter, Entry, FieldWeights

__all__ = ["ENGINES", "Engine", "EngineReader", "EngineWriter", "Entry", "FieldWeights", "engine"]

ENGINES: Mapping[str, str] = {  # by the name of its package: module:class
    "tantivy": "tantivy_engine:TantivyEngine",
    "whoosh": "whoosh_engine:WhooshEngine",
}
DEFAULT_WEIGHTS = FieldWeights()


def engine(name: str, weights: FieldWeights = DEFAULT_WEIGHTS) -> Engine:
    """Return the engine called `name`. Raises ArgumentError if there is none, MissingExtra if it is not installed."""
    if name not in ENGINES:
        raise ArgumentError(f"engine is {name!r}: there is no such keyword engine; there are {' and '.join(ENGINES)}.")
    try:
        return _engine(name, weights)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise MissingExtra(f"the keyword engine {name!r} is not installed. Run: pip install {name}") from error


def _engine(name: str, weights: FieldWeights) -> Engine:
    """Import the engine only now: each takes a while to load, and its package may be absent."""
    module, _, kind = ENGINES[name].partition(":")
    home = f"{__name__}.{module}"
    if home not in sys.modules:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Whoosh 2.7.4 is older than some of what Python now warns of
            import_module(home)
    return cast(Engine, getattr(sys.modules[home], kind)(weights))
