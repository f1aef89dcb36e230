"""Arrays in .npy files, which damage may have made into anything."""

from __future__ import annotations

from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import numpy.typing as npt


def load(path: Path, *, mapped: bool) -> npt.NDArray[Any]:
    """Return the array in a file, which runs no code. Raises OSError, or ValueError for anything but an array."""
    try:
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (EOFError, SyntaxError, TokenError, MemoryError) as error:  # NumPy parses the header as Python's own text
        raise ValueError(str(error)) from error
    return np.asarray(array)  # np.memmap's own slices are slow
