"""A filter that no document can satisfy says so, with the nearest names; one that can costs nothing more."""

import pytest

from searchkit import Document, Index
from searchkit.search.answering import search
from searchkit.search.request import SearchRequest
from searchkit.text.analysis import Analyzer
from tests.counting import Counted
from tests.memory_view import MemoryView

DOCUMENTS = [
    Document(
        "rich", "The olive harvest was rich.", "Olives",
        {"year": 2023, "price": "9.50", "organic": True, "date": "2023-10-01", "tags": ["oil", "so"], "og.type": "a"},
    ),
    Document("poor", "The grape harvest was poor.", "", {"year": 2021, "price": "12", "picked": "2021-09-01T10:00Z"}),
]  # fmt: skip
NEVER = "which never matches"


@pytest.fixture(scope="module", params=["folder", "memory"])
def view(request, tmp_path_factory):
    if request.param == "memory":
        yield MemoryView.of(DOCUMENTS)
        return
    with Index.create(tmp_path_factory.mktemp("unmatched") / "i", embedder="none") as index:
        index.add(DOCUMENTS)
        with index._reading() as found:
            yield found


def warnings(view, where):
    results = search(view, None, Analyzer("en"), SearchRequest("harvest", where=where, mode="keyword"))
    return list(results.warnings)


@pytest.mark.parametrize(
    ("where", "warned"),
    [
        ("yaer = 2023", "no document has 'yaer', which the filter asks for; the nearest names are: year"),
        ("Year = 2023", "no document has 'Year', which the filter asks for; the nearest names are: year"),
        ("type = a", "no document has 'type', which the filter asks for; the nearest names are: og.type"),
        ("exists tag", "no document has 'tag', which the filter asks for; the nearest names are: tags"),
        ({"prize": {"<": 3}}, "no document has 'prize', which the filter asks for; the nearest names are: price"),
        (
            "colour = red",
            "no document has 'colour', which the filter asks for; there are: date, doc, og.type, organic, path, "
            "picked, price, tags, title, year",
        ),
        ("section = WORLD", "no document has 'section', which the filter asks for"),
        (
            "price < 10",
            f"""'price' holds text, and the filter compares it with a number, {NEVER}; text stands in quotes: \
price < "10\"""",
        ),
        (
            'year = "2023"',
            f"'year' holds numbers, and the filter compares it with text, {NEVER}; write the value without",
        ),
        ("year = true", f"'year' holds numbers, and the filter compares it with true or false, {NEVER}"),
        (
            "organic = yes",
            f"'organic' holds true or false, and the filter compares it with text, {NEVER}; write the value",
        ),
        ("tags > 2023-01-01", f"'tags' holds text, and the filter compares it with a date, {NEVER}"),
        ("picked > 2020", f"'picked' holds dates, and the filter compares it with a number, {NEVER}"),
        ("year ~ 20*", f"'year' holds numbers, and the filter compares it with text, {NEVER}; compare it by = or >="),
    ],
)
def test_a_name_or_a_kind_that_there_is_not_is_told(view, where, warned):
    (found,) = warnings(view, where)
    assert found.startswith(warned)


@pytest.mark.parametrize(
    "where",
    [
        "year = 2023",
        "year = 1999",  # a value that might be there
        "year = 1999 and price = '7'",
        "tags = none",
        "picked = '2021-09-01'",
        "date > 2030-01-01",
        "picked > 2030-01-01T00:00Z",
        "year != 1999",
        "yaer = 1 or year = 2023",  # what it finds is not doubted
        "year = null",
        "colour not exists",
        "title = Grapes",
        {"year": []},
        {},
    ],
)
def test_a_filter_that_some_document_could_satisfy_is_not_doubted(view, where):
    assert warnings(view, where) == []


def test_each_part_is_told_once(view):
    where = "(yaer = 2023 or yaer = 2021) and price < 10"
    assert [each.split(",")[0] for each in warnings(view, where)] == ["no document has 'yaer'", "'price' holds text"]


def test_a_name_that_there_is_not_is_told_where_its_negation_lets_all_through(view):
    (found,) = warnings(view, "yaer != 2023")
    assert found.startswith("no document has 'yaer'")


def test_an_empty_index_has_no_names():
    assert warnings(MemoryView.of([]), "year = 1")[0].endswith("it holds no documents")


def test_only_a_filter_that_finds_nothing_asks_for_the_names(view):
    for where, asked in (("year = 2023", 0), ("year != 1999", 0), ("yaer = 1", 1), (None, 0)):
        counted = Counted(view)
        search(counted, None, Analyzer("en"), SearchRequest("harvest", where=where, mode="keyword"))
        assert counted.calls["passages.fields"] == asked


def test_many_questions_are_told_each(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as index:
        index.add(DOCUMENTS)
        for found in index.search_many(["olive", "grape"], where="yaer = 1"):
            assert found.warnings == ("no document has 'yaer', which the filter asks for; the nearest names are: year",)


def test_a_context_is_told_too(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as index:
        index.add(DOCUMENTS)
        assert (
            index.context("olive", where="yaer = 1").warnings == index.search("olive", where="yaer = 1").warnings != ()
        )
