"""What users import: the names, that each resolves, and that each says what it is."""

import inspect

import pytest

import searchkit

PUBLIC = {
    "ArgumentError", "IndexClosed", "ModelError",
    "Citation", "Comparison", "Context", "Document", "DocumentError", "Embedder", "EmbedderMismatch", "Evaluation",
    "EvaluationError", "Failure", "Hit", "Index", "IndexCorrupt", "IndexExists", "IndexLocked", "IndexNotFound",
    "Mark", "MissingExtra", "Passage", "QueryError", "Question", "Questions", "ReadOptions", "Reranker", "Results",
    "SearchkitError", "Source", "Statement", "StorageError", "SyncOptions", "SyncReport", "Tuned", "UnsupportedFormat",
    "Verdict",
    "compare", "evaluate", "gate", "pseudo_questions", "read", "read_questions", "read_text", "rebuild", "tune",
}  # fmt: skip
INDEX_METHODS = {
    "forget", "improve", "watch",
    "add", "close", "compact", "context", "create", "documents", "embedder", "export", "generation", "get", "import_",
    "open", "passages", "rebuild", "reload", "remove", "search", "search_many", "settings", "status", "sync", "verify",
    "who_said", "why_not",
}  # fmt: skip


def test_the_public_names_are_these():
    assert set(searchkit.__all__) == PUBLIC
    assert set(dir(searchkit)) == PUBLIC | {"__version__"}


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_resolves_and_is_documented(name):
    assert inspect.getdoc(getattr(searchkit, name))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Indx"):
        searchkit.Indx  # noqa: B018 - the access is what is tested


def test_the_index_has_these_methods_and_documents_them():
    public = {name for name in dir(searchkit.Index) if not name.startswith("_")}
    assert public == INDEX_METHODS
    assert [name for name in public if not inspect.getdoc(getattr(searchkit.Index, name))] == []


def test_errors_form_one_tree():
    errors = [getattr(searchkit, name) for name in PUBLIC if isinstance(getattr(searchkit, name), type)]
    errors = [error for error in errors if issubclass(error, Exception)]
    assert all(issubclass(error, searchkit.SearchkitError) for error in errors)
    assert issubclass(searchkit.MissingExtra, ImportError)
    assert issubclass(searchkit.QueryError, ValueError)
