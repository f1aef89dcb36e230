"""What users import: the names, that each resolves, and that each says what it is."""

import collections.abc
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import searchkit

PUBLIC = {
    "Address", "BackendUnavailable", "ArgumentError", "IndexClosed", "ModelError",
    "AnswerReport", "CheckedSentence", "Finding",
    "Citation", "Comparison", "Context", "Document", "DocumentError", "Embedder", "EmbedderMismatch", "Evaluation",
    "EvaluationError", "Failure", "Hit", "ImproveReport", "Index", "IndexCorrupt", "IndexExists", "IndexLocked",
    "IndexNotFound", "Mark", "MissingExtra", "Omission", "Passage", "Progress", "QueryError", "Question", "Questions",
    "ReadOptions", "Reranker", "Results", "Scores", "SearchOptions", "SearchkitError", "Settings", "Source",
    "Statement", "StorageError", "SyncOptions", "SyncReport", "Tuned", "UnsupportedFormat", "Verdict", "VerifyReport",
    "WhyNot",
    "compare", "evaluate", "gate", "pseudo_questions", "read", "read_questions", "read_text", "rebuild", "tune",
}  # fmt: skip
INDEX_METHODS = {
    "facets", "file_of", "forget", "improve", "watch",
    "check", "cite", "copy",
    "add", "close", "compact", "context", "create", "documents", "embedder", "export", "generation", "get", "import_",
    "open", "passages", "rebuild", "reload", "remove", "search", "search_many", "settings", "similar", "status", "sync",
    "verify", "who_said", "why_not",
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


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public functions, and the methods and properties of an index, by name."""
    for name in sorted(PUBLIC):
        if inspect.isfunction(getattr(searchkit, name)):
            yield name, getattr(searchkit, name)
    for name in ("__init__", *sorted(INDEX_METHODS)):
        member = inspect.getattr_static(searchkit.Index, name)
        yield f"Index.{name}", member.fget if isinstance(member, property) else getattr(member, "__func__", member)


def types_in(annotation: Any) -> Iterator[type]:
    """Yield every class that stands in an annotation."""
    for part in get_args(annotation):
        yield from types_in(part)
    if isinstance(annotation, list):  # what a callable takes
        yield from (found for part in annotation for found in types_in(part))
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation


@pytest.mark.parametrize("function", [each for _, each in functions()], ids=[name for name, _ in functions()])
def test_types_that_are_taken_and_returned_are_public(function):
    """A name that is neither public nor imported by its module when it runs cannot be looked up, which fails too."""
    known = vars(collections.abc) | {name: getattr(searchkit, name) for name in PUBLIC}
    found = [each for hint in get_type_hints(function, None, known).values() for each in types_in(hint)]
    assert {each.__name__ for each in found if each.__module__.startswith("searchkit")} <= PUBLIC


def test_type_checkers_know_every_public_name():
    """The block for them and the one that works when searchkit runs say the same."""
    text = Path(searchkit.__file__).read_text(encoding="utf-8")
    block = text.split("if TYPE_CHECKING:\n")[1].split("\n__version__")[0]
    code = "from __future__ import annotations\n" + inspect.cleandoc("\n" + block) + "\nprint(*sorted(globals()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name for name in done.stdout.split() if not name.startswith("_")} == PUBLIC | {"annotations"}


def test_the_package_says_that_it_is_typed():
    assert (Path(searchkit.__file__).parent / "py.typed").exists()
