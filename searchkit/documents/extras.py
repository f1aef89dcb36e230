"""Packages that readers need: what to say where one is missing or broken."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from searchkit.errors import DocumentError

_DISTRIBUTIONS = {  # by module, where pip knows the package by another name
    "lxml.html.clean": "lxml_html_clean",
    "markdown_it": "markdown-it-py",
    "yaml": "PyYAML",
}


def require(module: str, extra: str) -> Any:
    """Import a package of an extra. Errors: DocumentError with the command that installs it."""
    try:
        return import_module(module)
    except (ImportError, OSError) as error:  # OSError: a library of the system that is not there
        raise DocumentError(missing(error, module, extra)) from error


def missing(error: ImportError | OSError, module: str, extra: str) -> str:
    """Return which package could not be imported, and what installs it. extra: that it belongs to, "" for none."""
    wanted = getattr(error, "name", None) or _raised_in(error) or module
    top = wanted.partition(".")[0]
    package = _DISTRIBUTIONS.get(wanted) or _DISTRIBUTIONS.get(top, top)
    if isinstance(error, ModuleNotFoundError):
        install = f"'searchkit[{extra}]'" if extra else package
        return f"the package {package} that reads this format is not installed. Run: pip install {install}"
    return (
        f"the package {package} that reads this format is missing or broken ({' '.join(str(error).split())}). "
        f"Run: pip install --force-reinstall {package}"
    )


def _raised_in(error: BaseException) -> str:
    """Return the module whose line raised an error, "" where that is one of ours or of Python's machinery."""
    module, at = "", error.__traceback__
    while at is not None:
        module, at = str(at.tb_frame.f_globals.get("__name__", "")), at.tb_next
    return "" if module.partition(".")[0] in ("searchkit", "importlib", "_frozen_importlib", "ctypes") else module
