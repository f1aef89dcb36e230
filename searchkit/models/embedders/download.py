"""ONNX models from the model hub: the files that are needed, and no others."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from searchkit.errors import ArgumentError, SearchkitError
from searchkit.models.embedders import recipe
from searchkit.models.embedders.checks import require
from searchkit.models.embedders.folder import DATA, MODELS, WORDS, FolderEmbedder
from searchkit.models.embedders.hub import HUB_SECONDS
from searchkit.models.embedders.options import Options

NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
Get = Callable[[str], Path | None]  # a file of the model, None if the model has none of that name


class _UnknownError(Exception):
    """The cache does not know whether the model has a file."""


def from_hub(name: str, revision: str | None = None, options: Options | None = None) -> FolderEmbedder:
    """Return a model of the hub: from its cache if that has all that is needed, or else after one attempt to fetch it.

    Its name tells the commit, so that an index finds the same files again, without a network. Raises SearchkitError.
    """
    if not NAME.fullmatch(name):
        raise ArgumentError(f"{name!r} is no model of the hub; those are named OWNER/NAME, or OWNER/NAME@REVISION")
    options = options or Options()
    folder = _cached(name, revision, options) or _fetched(name, revision, options)
    return FolderEmbedder(folder, options, name=f"hf:{name}@{folder.name}")


def _cached(name: str, revision: str | None, options: Options) -> Path | None:
    """Return the model's folder in the hub's cache, None unless the cache knows of all files that matter."""
    hub = require("huggingface_hub", "hub")

    def get(file: str) -> Path | None:
        found = hub.try_to_load_from_cache(name, file, revision=revision)
        if found is None:
            raise _UnknownError
        return Path(found) if isinstance(found, str) else None  # what else it returns means that there is none

    try:
        return _gathered(get, name, options)
    except _UnknownError:
        return None


def _fetched(name: str, revision: str | None, options: Options) -> Path:
    """Return the model's folder in the cache once all that is needed of it has been fetched."""
    hub = require("huggingface_hub", "hub")
    errors = require("huggingface_hub.errors", "hub")

    def get(commit: str, file: str) -> Path | None:
        try:  # also a file that is not listed: that there is none is kept in the cache
            return Path(hub.hf_hub_download(name, file, revision=commit, etag_timeout=HUB_SECONDS))
        except errors.LocalEntryNotFoundError:
            raise
        except errors.EntryNotFoundError:
            return None

    try:  # one short question first: a fetch that fails tries again, for minutes
        found = hub.HfApi().model_info(name, revision=revision, timeout=HUB_SECONDS)
        folder = _gathered(partial(get, found.sha), name, options, [each.rfilename for each in found.siblings or ()])
        hub.hf_hub_download(name, WORDS, revision=revision, etag_timeout=HUB_SECONDS)  # keeps which commit that means
        return folder
    except SearchkitError:
        raise
    except Exception as error:  # the hub's HTTP client, and so its errors, change with its version
        reason = str(error).split("\n", 1)[0] or type(error).__name__
        raise SearchkitError(
            f"the model {name!r} is not whole in the cache of the model hub, and the hub did not give it: "
            f"{reason.rstrip('. ')}. Download it where there is a network and give its folder: onnx:/path/to/model"
        ) from error


def _gathered(get: Get, name: str, options: Options, listed: list[str] | None = None) -> Path:
    """Return the model's folder when all that is needed of it has been got.

    The weights come last: where they are, all is. listed: the files that the model has, if that is known: weights may
    be in any number of files.
    """
    words = get(WORDS)
    if words is None:
        raise SearchkitError(f"the model {name!r} has no {WORDS}, which searchkit needs")
    for file in recipe.FILES:
        get(file)
    for module in recipe.modules(words.parent):
        for file in recipe.MODULE_FILES.get(module.kind, ()):
            get(f"{module.path}/{file}")
    for model in (options.file,) if options.file else MODELS:
        for file in listed or ():
            if file.startswith(tuple(model + end for end in DATA)):
                get(file)
        if get(model):
            return words.parent
    others = [file for file in listed or () if file.endswith(".onnx")]
    raise SearchkitError(
        f"the model {name!r} has no {options.file or ' and no '.join(MODELS)}; "
        + (f'say which by {{"file": …}}: {", ".join(others)}' if others else "it has no ONNX file that is known")
    )
