"""A conversation in a file, as `--history` names it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer


def read(path: Path) -> list[Any]:
    """Return the turns in a file: a JSON list of them, or a turn a line. Raises BadParameter."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(f"{path} cannot be read: {error}") from error
    if text.lstrip().startswith("["):
        return list(_parsed(text, f"{path}"))
    lines = enumerate(text.split("\n"), 1)
    return [_parsed(line, f"{path}:{number}") for number, line in lines if line.strip()]


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        example = '{"role": "user", "content": "…"}'
        raise _bad(f"{where} is no JSON ({error}); a turn looks like {example}") from error


def _bad(what: str) -> typer.BadParameter:
    return typer.BadParameter(what, param_hint="--history")
