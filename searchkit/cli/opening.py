"""Opening the index that a command is about."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from searchkit.cli.arguments import STDIN
from searchkit.cli.options import Creation
from searchkit.errors import EmbedderMismatch, IndexNotFound

# An index is imported when a command opens one: --help and completion do without.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.cluster.address import Place
    from searchkit.index import Index
    from searchkit.types import Embedder

_loaded: list[Embedder | None] = []  # ahead, and kept at hand


def existing(path: Place) -> Index:
    """Open an index. Raises IndexNotFound and what else opening raises."""
    from searchkit.index import Index

    return Index.open(path)


def load_ahead(path: Path) -> None:
    """Have another thread load the model of an index while this one imports and opens what else a question needs."""
    threading.Thread(target=_load_model, args=(path,), daemon=True).start()


def _load_model(path: Path) -> None:
    with contextlib.suppress(Exception):  # whoever opens the index says what is wrong
        from searchkit.models import embedders
        from searchkit.storage import store

        name = store.settings_of(path).embedder
        if name == embedders.MINILM_NAME:  # which is loaded once, whoever asks for it
            model = embedders.embedder(name)
            _loaded.append(model)
            if isinstance(model, embedders.OnnxEmbedder):
                model.prepare_questions()


def import_ahead() -> None:
    """Import what a hybrid question needs later, while another thread loads the model."""
    import simsimd  # noqa: F401

    import searchkit.search.stages
    import searchkit.text.attribution.question  # noqa: F401


@contextlib.contextmanager
def existing_or_new(path: Place, creation: Creation, *, create: bool, dry: bool = False) -> Iterator[Index]:
    """Open an index whose settings are those given, or create it. Raises BadParameter.

    dry: one that is not there is made for the length of the block, elsewhere.
    """
    import tempfile

    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="searchkit-")) if dry else ""
        new = Path(scratch) / "index" if scratch else path
        yield stack.enter_context(_opened(path, creation, create=create, new=new))


def _opened(path: Place, creation: Creation, *, create: bool, new: Place) -> Index:
    from searchkit.index import Index

    model = model_called(creation.embedder)
    try:
        return _same(Index.open(path, embedder=model), creation)
    except IndexNotFound:
        if not create:
            raise
    except EmbedderMismatch as error:
        raise typer.BadParameter(str(error), param_hint="--embedder") from None
    try:
        return Index.create(new, **creation.given() | ({"embedder": model} if model else {}))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def model_called(name: str | None) -> Embedder | str | None:
    """Return the model called `name`; None and "none" as they are. Raises BadParameter."""
    from searchkit.models import embedders

    try:
        return name if name in (None, "none") else embedders.embedder(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--embedder") from None


def _same(opened: Index, creation: Creation) -> Index:
    """Return an index that has the settings given. Raises BadParameter."""
    for name, value in creation.given().items():
        fixed = getattr(opened.settings, name)
        if name != "embedder" and fixed != value:
            opened.close()
            hint = f"--{name.replace('_', '-')}"
            raise typer.BadParameter(
                f"{opened.path} was created with {fixed}; make a new index for {value}", param_hint=hint
            )
    return opened


def require_sources(opened: Index, paths: list[Path] | None) -> None:
    """Raise BadParameter if there is nothing to sync."""
    if not paths and not opened.status()["sources"]:
        raise typer.BadParameter("give files or folders: none was indexed before", param_hint="PATH")


def is_piped(paths: list[Path] | None) -> bool:
    """Tell whether standard input is the source. Raises BadParameter for it beside others."""
    piped = STDIN in (paths or ())
    if piped and len(paths or ()) > 1:
        raise typer.BadParameter("- (standard input) cannot stand beside other paths; index it by itself")
    return piped
