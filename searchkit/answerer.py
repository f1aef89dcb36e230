"""Another process that answers a share of many questions, from the same state of an index in a folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from searchkit.cluster.address import Place
from searchkit.errors import SearchkitError
from searchkit.models.embedders import OnnxEmbedder
from searchkit.models.held import HeldModel
from searchkit.search.batch import Asker, Batch
from searchkit.search.request import SearchRequest
from searchkit.storage import store
from searchkit.storage.contract import View
from searchkit.storage.view import FolderView
from searchkit.threads import use_cores
from searchkit.types import Embedder, Results


def asker(place: Place, view: View, model: Embedder | None) -> Asker | None:
    """Return what makes `answering` in another process; None where it could not answer alike, or would not help.

    Of models only the one that travels with searchkit goes along: others may not be found by name, or be too large to
    be in memory more than once. A program that asks in other threads than its main one, as a server does, has its cores
    at work already.
    """
    own = model is None or type(model) is OnnxEmbedder
    if not own or not isinstance(place, Path) or threading.current_thread() is not threading.main_thread():
        return None
    return answering, (place.absolute(), view.generation, model is not None)


def answering(path: Path, generation: int, reads: bool) -> Callable[[Sequence[SearchRequest]], list[Results]]:
    """Return what answers questions from an index on one core. Raises SearchkitError if it is at another commit by now.

    reads: whether the model reads the questions.
    """
    use_cores(1)
    view = FolderView(store.snapshot(path, shared=True))
    if view.generation != generation:
        raise SearchkitError(f"{path} is at commit {view.generation} now, not at {generation}")
    model = HeldModel(path).called(*view.settings.model) if reads else None
    return Batch(view, model, view.settings.analysis(path)).answers_on_one_core
