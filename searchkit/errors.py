"""Everything searchkit raises on purpose, in one tree."""

from __future__ import annotations

_LONGEST_REASON = 300  # characters of an exception that nothing foresaw: it may hold a whole document


class SearchkitError(Exception):
    """Base of all errors that a user, not a programmer, can cause and mend."""


class IndexNotFound(SearchkitError):
    """No index stands at the given path."""


class IndexExists(SearchkitError):
    """An index already stands where a new one was to be created."""


class IndexLocked(SearchkitError):
    """Another process is writing to the index; the message names its pid, host and start."""


class IndexClosed(SearchkitError, ValueError):
    """The index object was closed; open the index anew."""


class IndexCorrupt(SearchkitError):
    """A file of the index is missing or damaged; the message names it."""


class StorageError(SearchkitError):
    """The disk is full, failing or read-only, a permission is missing, or a file system has no locks."""


class BackendUnavailable(SearchkitError):
    """The cluster that holds the index does not answer, or not with all that it holds; asked again later, it may."""


class UnsupportedFormat(SearchkitError):
    """The index has a format number that this version does not read."""


class EmbedderMismatch(SearchkitError):
    """The index was built with another embedding model than the one given."""


class MissingExtra(SearchkitError, ImportError):
    """An optional package is not installed; the message gives the pip command."""


class DocumentError(SearchkitError):
    """A document cannot be read; collected in the sync report, raised only with strict=True."""


class DocumentBug(DocumentError):
    """searchkit's own code failed on a document; the message says where, and asks to report it."""


class ArgumentError(SearchkitError, ValueError):
    """An argument has the wrong type or makes no sense; the message names it."""


class QueryError(ArgumentError):
    """A query, filter or search option cannot be understood."""


class ModelError(SearchkitError, ValueError):
    """A model, or a function given as one, returned what cannot be used; the message names it, and the text."""


class EvaluationError(SearchkitError):
    """Questions, judgments or runs cannot be read, or do not fit the index; the message names file and line."""


def document_bug(error: Exception) -> DocumentBug:
    """Return what to say of an exception that nothing foresaw: where it came from, and that it is to be reported."""
    what = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]
    return DocumentBug(f"searchkit failed on it at {_place(error)} ({what}). This is a bug, please report it.")


def is_own(error: Exception) -> bool:
    """Tell whether an exception came from searchkit's own lines, rather than from a library that they call."""
    places = _places(error)
    return bool(places) and places[-1][0].startswith("searchkit.") and type(error).__module__ == "builtins"


def _place(error: Exception) -> str:
    """Return the line that raised, and the last of our own that led there if that is another's."""
    places = _places(error)
    own = [place for place in places if place[0].startswith("searchkit.")]
    shown = dict.fromkeys((*own[-1:], *places[-1:]))
    return ", ".join(f"{module} line {line}" for module, line in shown)


def _places(error: Exception) -> list[tuple[str, int]]:
    """Return the module and line of each call on the way to where an exception was raised."""
    places, at = [], error.__traceback__
    while at is not None:
        places.append((str(at.tb_frame.f_globals.get("__name__", "")), at.tb_lineno))
        at = at.tb_next
    return places
