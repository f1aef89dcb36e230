"""Packages that only some formats need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from searchkit.errors import DocumentError


def require(module: str, extra: str) -> Any:
    """Import a package of an extra. Errors: DocumentError with the command that installs it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise DocumentError(
            f"the package {error.name or module} that reads this format is not installed. "
            f"Run: pip install 'searchkit[{extra}]'"
        ) from error
