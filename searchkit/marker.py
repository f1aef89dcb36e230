"""How a folder is known to be an index: by a small file, which is the last to be made."""

from __future__ import annotations

from pathlib import Path

MARKER = "index.json"
HEAD = 4_096  # bytes of it that name searchkit


def is_index(folder: Path) -> bool:
    """Tell whether a folder is an index, of whatever format."""
    try:
        with (folder / MARKER).open("rb") as file:
            return b'"searchkit' in file.read(HEAD)
    except OSError:
        return False
