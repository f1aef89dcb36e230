"""Everything searchkit raises on purpose, in one tree."""


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


class UnsupportedFormat(SearchkitError):
    """The index has a format number that this version does not read."""


class EmbedderMismatch(SearchkitError):
    """The index was built with another embedding model than the one given."""


class MissingExtra(SearchkitError, ImportError):
    """An optional package is not installed; the message gives the pip command."""


class DocumentError(SearchkitError):
    """A document cannot be read; collected in the sync report, raised only with strict=True."""


class ArgumentError(SearchkitError, ValueError):
    """An argument has the wrong type or makes no sense; the message names it."""


class QueryError(ArgumentError):
    """A query, filter or search option cannot be understood."""


class ModelError(SearchkitError, ValueError):
    """A model, or a function given as one, returned what cannot be used; the message names it, and the text."""


class EvaluationError(SearchkitError):
    """Questions, judgments or runs cannot be read, or do not fit the index; the message names file and line."""
