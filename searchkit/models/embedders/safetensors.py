"""Arrays in a safetensors file: a length, a header in JSON, and the numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import SearchkitError

Floats = npt.NDArray[np.float32]
KINDS: Mapping[str, Callable[[bytes], npt.NDArray[Any]]] = {
    "F32": lambda data: np.frombuffer(data, "<f4"),
    "F16": lambda data: np.frombuffer(data, "<f2"),
    "BF16": lambda data: (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(
        np.float32
    ),  # a float32's first half
}


def read(path: Path) -> dict[str, Floats]:
    """Return the arrays of a file by name. Raises SearchkitError for one that is missing, damaged or not of floats."""
    try:
        data = path.read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:start])
        header.pop("__metadata__", None)
        return {name: _array(entry, data[start:]) for name, entry in header.items()}
    except OSError as error:
        raise SearchkitError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SearchkitError(f"{path} is no safetensors file of floats: {error}") from error


def _array(entry: Mapping[str, Any], data: bytes) -> Floats:
    start, end = entry["data_offsets"]
    return KINDS[entry["dtype"]](data[start:end]).reshape(entry["shape"]).astype(np.float32)
