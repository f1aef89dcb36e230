import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.cluster.filters import filtered
from searchkit.errors import QueryError
from searchkit.queries.filters import AllOf, AnyOf, Compared, Exists, Not, Period, from_mapping, matches, parse_where
from searchkit.queries.filters.instants import Instant, seconds
from searchkit.storage.catalog.columns import SCHEMA, MetadataColumns
from searchkit.storage.filtering import Filtering
from searchkit.types import Document
from tests.cluster import opensearch


def in_columns(condition, documents):
    """Return the ids of the documents that pass, each of two passages, whether they came in one run or one by one."""
    placed = [(document, 2 * place, 2) for place, document in enumerate(documents)]
    (rows, again) = (rows_in(condition, runs) for runs in ([placed], [[each] for each in placed]))
    assert rows == again == sorted({*rows, *(row ^ 1 for row in rows)})
    return [documents[row // 2].id for row in rows[::2]]


def rows_in(condition, runs):
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SCHEMA)
        columns = MetadataColumns(database)
        for run in runs:
            columns.add(run)
        return Filtering(columns, np.empty(0, np.int64)).rows(condition).tolist()


def on_cluster(condition, documents):
    """Return the ids that the query of a cluster selects."""
    query = filtered(condition)
    return [document.id for document in documents if opensearch.selects(query, opensearch.row_of(document))]


def found(where, documents):
    """Return the ids that pass, after making sure that columns, Python and OpenSearch's queries agree."""
    condition = parse_where(where) if isinstance(where, str) else from_mapping(where)
    passing = [document.id for document in documents if matches(condition, document)]
    assert in_columns(condition, documents) == passing
    assert on_cluster(condition, documents) == passing
    return passing


NEWS = [
    Document(
        "world/a.txt",
        "…",
        "Vietnam grows",
        {
            "section": "WORLD",
            "date": "2024-06-30T23:30:00+07:00",
            "authors": ["Ann Lee", "Bob"],
            "year": 2024,
            "score": 2.5,
            "live": True,
            "source": "/news/world/a.txt",
            "og.type": "article",
        },
    ),
    Document(
        "world/b.txt",
        "…",
        "Rain",
        {"section": "WORLD", "date": "2024-07-01", "authors": ["Eve"], "year": 2025, "live": False, "place": {"x": 1}},
    ),
    Document("sport/c.txt", "…", "Ann wins", {"section": "sport", "date": "2023-12-31", "year": "2024", "note": None}),
    Document("d.html", "…", "", {"published": "2024-06-18 09:30", "year": 1, "tags": []}),
]
A, B, C, D = (document.id for document in NEWS)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('section = "WORLD"', [A, B]),
        ("section = WORLD", [A, B]),
        ("section == 'WORLD'", [A, B]),
        ("section = world", []),
        ("section != WORLD", [C, D]),
        ("section <> WORLD", [C, D]),
        ("section in (WORLD, sport)", [A, B, C]),
        ("section not in (WORLD, sport)", [D]),
        ("section exists", [A, B, C]),
        ("exists section", [A, B, C]),
        ("not exists section", [D]),
        ("section not exists", [D]),
        ("section = null", [D]),
        ("section != null", [A, B, C]),
        ("section in (null, sport)", [C, D]),
        ("note = null and tags = null", [A, B, C, D]),
        ("authors = Bob", [A]),
        ("authors contains Bob", [A]),
        ("authors contains Bo", []),
        ("authors not contains Bob", [B, C, D]),
        ("authors ~ A*", [A]),
        ("title contains Ann", [C]),
        ("title like *n*", [A, B, C]),
        ("title not like *n*", [D]),
        ("title !~ *n*", [D]),
        ("year = 2024", [A]),
        ('year = "2024"', [C]),
        ("year < 2025", [A, D]),
        ("year >= 2024.5", [B]),
        ("score > 2", [A]),
        ("live = true", [A]),
        ("live != true", [B, C, D]),
        ("year = true", []),
        ("doc = d.html", [D]),
        ("doc ~ *.txt", [A, B, C]),
        ("path = world/*", [A, B]),
        ("path = /news/*", [A]),
        ("path != *.txt", [D]),
        ("path in (sport/*, d.*)", [C, D]),
        ("og.type = article", [A]),
        ("place.x = 1", [B]),
        ('"og.type" exists', [A]),
        ("section = WORLD and not year = 2024", [B]),
        ("section = sport or section = WORLD and year = 2024", [A, C]),
        ("(section = sport or section = WORLD) AND year = 2024", [A]),
        ("date = 2024", [A, B]),
        ("date = 2024-06", [A]),
        ("date <= 2024-06", [A, C]),
        ("date < 2024-06", [C]),
        ("date < 2024-07", [A, C]),
        ("date > 2024-06", [B]),
        ("date >= 2024-06-30 and date <= 2024-06-30", [A]),
        ('date = "2024-06-30"', [A]),
        ("date != 2024", [C, D]),
        ("date in (2023, 2024-07)", [B, C]),
        ("date >= 2024-06-30T23:30", [A, B]),
        ("date > 2024-06-30T23:30", [B]),
        ("date < 2024-06-30T23:31", [A, C]),
        ("date = 2024-07-01T00:00", [B]),
        ("date ~ *+07:00", [A]),
        ("published = 2024-06-18", [D]),
        ("published < 2024-06-18T09:31", [D]),
        ("published > 2024-06-18T09:30", []),
        ('published >= "2024-06"', [D]),
        ("published contains 2024-06-18", [D]),
    ],
)
def test_filter_lets_through(where, expected):
    assert found(where, NEWS) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, [A, B, C, D]),
        ({"section": "WORLD"}, [A, B]),
        ({"section": "WORLD", "year": 2024}, [A]),
        ({"date": {">=": "2024-06-01", "<": date(2024, 7, 1)}}, [A]),
        ({"date": datetime(2024, 7, 1)}, [B]),
        ({"date": 2023}, [C]),
        ({"authors": {"contains": "Eve"}}, [B]),
        ({"doc": [A, D]}, [A, D]),
        ({"path": "world/*.txt"}, [A, B]),
        ({"year": {"in": [1, 2025]}}, [B, D]),
        ({"year": {"not in": [1, 2025]}}, [A, C]),
        ({"year": []}, []),
        ({"live": {"!=": True}}, [B, C, D]),
        ({"live": {"exists": True}}, [A, B]),
        ({"live": {"exists": False}}, [C, D]),
        ({"section": None}, [D]),
        ({"title": {"like": "V*"}}, [A]),
        ({"published": {">": date(2024, 6, 17)}}, [D]),
    ],
)
def test_mapping_lets_through(where, expected):
    assert found(where, NEWS) == expected


def test_tree_is_plain_data():
    assert parse_where("a = 1 and not (b ~ x* or c exists)") == AllOf(
        (Compared("a", "=", (1,)), Not(AnyOf((Compared("b", "~", ("x*",)), Exists("c")))))
    )
    assert parse_where("date = 2024-02") == from_mapping({"date": "2024-02"})
    assert Period.parse("2024-02") == Period("2024-02", (date(2024, 2, 1).toordinal(), date(2024, 2, 29).toordinal()))


def test_strings_may_hold_quotes_and_signs():
    documents = [Document("d", "", "the \"big\" and 'small' (1)", {"a": "it's"})]
    assert found('title = "the \\"big\\" and \'small\' (1)"', documents) == ["d"]
    assert found("a = 'it\\'s'", documents) == ["d"]
    assert found("a = “it's”", documents) == ["d"]


def test_brackets_in_patterns_are_plain():
    documents = [Document("[1].txt", ""), Document("1.txt", ""), Document("[x]]/^.txt", "")]
    assert found("path = [1]*", documents) == ["[1].txt"]
    assert found("path = ?1*", documents) == ["[1].txt"]
    assert found("path = [*^*", documents) == ["[x]]/^.txt"]


def test_sql_in_a_value_stays_a_value():
    attack = "x'; DROP TABLE documents; --"
    documents = [Document("d", "", "", {"a": attack, "x') --": 1})]
    assert found({"a": attack}, documents) == ["d"]
    assert found({"x') --": 1}, documents) == ["d"]


def test_long_lists_and_chains_are_no_deep_expressions():
    documents = [Document("d1999", "", "", {"n": 1999})]
    assert found({"doc": [f"d{n}" for n in range(2000)], "n": list(range(2000))}, documents) == ["d1999"]
    assert found(" or ".join(f"n = {n}" for n in range(900, 2000)), documents) == ["d1999"]
    assert found({"path": [f"d{n}" for n in range(2000)]}, documents) == ["d1999"]


def test_a_pattern_without_a_wildcard_is_the_whole_value():
    documents = [Document("a[1]", "", "T"), Document("a1", "", "Tea")]
    assert found({"path": ["a[1]", "b"]}, documents) == ["a[1]"]
    assert found({"title": {"~": "T"}}, documents) == ["a[1]"]
    assert found({"title": {"~": ["T", "?ea"]}}, documents) == ["a[1]", "a1"]


@pytest.mark.parametrize(
    "where",
    [
        {"path": [f"{n}*" for n in range(501)]},
        {"title": {"contains": [str(n) for n in range(501)]}},
        " or ".join("n > 1" for _ in range(501)),
        " or ".join("date = 2024-06-18" for _ in range(501)),
        " or ".join("title = x" for _ in range(501)),
    ],
)
def test_a_filter_that_takes_for_ever_is_refused(where):
    with pytest.raises(QueryError, match="filter looks through the values of all documents 501 times"):
        found(where, [Document("d", "")])


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("", "a name such as section or date expected, found the end; character 1"),
        ("section", "operator such as = or >= expected, found the end; character 8"),
        ("section = ", "a value such as .* expected, found the end; character 11"),
        ("section = WORLD sport", "`and`, `or` or the end .* expected, found sport; character 17"),
        ("section WORLD", "operator such as .* found WORLD; character 9"),
        ("(section = WORLD", r"`\)` expected, found the end; character 17"),
        ("section in WORLD", r"`\(` expected, found WORLD; character 12"),
        ("section in ()", r"a value .* expected, found \); character 13"),
        ("section not = WORLD", "`like`, `contains`, `in` or `exists` expected, found =; character 13"),
        ("= WORLD", "a name .* expected, found =; character 1"),
        ('section = "WORLD', 'a value .* expected, found "; character 11'),
        ("section = and", "a value .* expected, found and; character 11"),
        ("date > yesterday", "'yesterday' is no date; write 2024, 2024-06.*; character 6"),
        ("date = 2024-02-30", "'2024-02-30' is no date"),
        ("date > 2024-06-18T09:30+25:00", "is no date"),
        ("live < true", "null, true and false have no order"),
        ("n = 1e999", "finite numbers"),
        ("n = " + "9" * 5000, "finite numbers"),
        ('"a\\"b" = 1', "is no name to filter by.*character 1"),
        ("(" * 60 + "a = 1" + ")" * 60, "nested over 50 levels"),
        ("not " * 60 + "a = 1", "nested over 50 levels"),
        ("path = " + "*" * 2000, "over 1000 characters"),
        ("a = " + "x" * 20_000, "it may have 20000"),
    ],
)
def test_filter_that_cannot_be_read_says_where_and_what_was_expected(where, message):
    with pytest.raises(QueryError, match=message):
        parse_where(where)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"a": {"$gte": 1}}, "'\\$gte' is no operator for a; there are =, !="),
        ({"a": {">": [1, 2]}}, "takes one value, not a list"),
        ({"a": object()}, "compared with object"),
        ({"a": {"exists": 1}}, "true or false"),
        ({1: "a"}, "names are text"),
        ({"a\\": "a"}, "is no name"),
        ({"": "a"}, "is no name"),
        ({"a": float("nan")}, "finite"),
        ({"a": 10**400}, "finite"),
        ({"a": "\ud800"}, "surrogate"),
        ({"a": list(range(10_001))}, "at most 10000"),
        (["a"], "not list"),
    ],
)
def test_mapping_that_cannot_be_used_says_why(where, message):
    with pytest.raises(QueryError, match=message):
        from_mapping(where)


NAMES = st.sampled_from(["doc", "title", "section", "path", "date", "k", "a.b", "a", "ключ", "x y"])
TEXTS = st.one_of(
    st.sampled_from(["", "a", "A", "ab", "a*", "[a]", "é", "e\u0301", "👍", "2024", "true", "WORLD", "%", "_", "a'b"]),
    st.sampled_from(
        ["2024-06-18", "2024-06-30T23:59:59+07:00", "2024-07-01 00:00", "2024-06-18T09:30:00.5Z", "2024-06"]
    ),
    st.sampled_from(["2024-13-01", "20240618", "2024-W25-2", "9999-12-31", "0001-01-01", "2024-06-18x", "-2024-06-18"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4),
)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2024, 0.5, -0.0, 2.0**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 1e30]),
)
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(st.sampled_from("bc"), SCALARS, max_size=2))
DATES = st.one_of(
    st.sampled_from(["2024", "2024-06", "2024-06-18", "2024-06-18T09:30", "2024-06-18 09:30:00", "9999", "9999-12"]),
    st.dates(date(2024, 6, 17), date(2024, 7, 2)),
    st.just(datetime(2024, 7, 1)),
)


@st.composite
def documents(draw, number):
    metadata = draw(
        st.dictionaries(st.sampled_from(["section", "source", "date", "k", "a.b", "a", "ключ", "x y"]), VALUES)
    )
    return Document(f"{draw(st.sampled_from(['d', 'a/', '2024']))}{number}", "", draw(TEXTS), metadata)


@st.composite
def conditions(draw):
    name = draw(NAMES)
    sign = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "in", "not in", "~", "contains", "exists"]))
    if sign == "exists":
        return from_mapping({name: {sign: draw(st.booleans())}})
    ordered = sign[0] in "<>"
    values = st.one_of(TEXTS, NUMBERS, DATES) if ordered else st.one_of(SCALARS, DATES)
    if name == "date" and sign not in ("~", "contains"):
        values = DATES
    value = draw(values if ordered else st.one_of(values, st.lists(values, max_size=3)))
    return from_mapping({name: {sign: value}})


FILTERS = st.recursive(
    conditions(),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


@given(st.tuples(*(documents(number) for number in range(4))), FILTERS)
def test_columns_clusters_and_python_agree(some, condition):
    passing = [document.id for document in some if matches(condition, document)]
    assert in_columns(condition, some) == passing
    assert on_cluster(condition, some) == passing


@given(st.text(st.one_of(st.sampled_from(list("ab =<>!~(),\"'\\.*-2024")), st.characters())))
def test_any_text_is_a_filter_or_a_query_error(text):
    try:
        condition = parse_where(text)
    except QueryError:
        return
    assert in_columns(condition, NEWS) == [document.id for document in NEWS if matches(condition, document)]


TIMES = [
    Document("east", "", metadata={"date": "2024-06-01T10:00:00+02:00", "seen": ["2024-06-01T10:00+02:00"]}),
    Document("zulu", "", metadata={"date": "2024-06-01T09:00:00Z", "seen": "2024-06-01T09:00:00.250Z"}),
    Document("west", "", metadata={"date": "2024-05-31T23:30:00-09:30", "seen": "2024-05-31 23:30:00-09:30"}),
    Document("bare", "", metadata={"date": "2024-06-01T08:30", "seen": "2024-06-01T08:30:00"}),
    Document("day", "", metadata={"date": "2024-06-01", "seen": "2024-06-01"}),
    Document("none", "", metadata={"date": "in June", "seen": "2024-06-01 at ten"}),
]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (">= 2024-06-01T08:30Z", ["zulu", "west", "bare"]),
        ("< 2024-06-01T08:30Z", ["east", "day"]),
        ("= 2024-06-01T08:00Z", ["east"]),
        ("= 2024-06-01T04:00-04:00", ["east"]),
        ("= 2024-06-01T18:00:00+09:00", ["zulu", "west"]),
        ("> 2024-06-01T10:59+02:00", ["zulu", "west"]),
        ("<= 2024-06-01T08:00:00Z", ["east", "day"]),
        ("< 2024-06-01T08:00:00Z", ["day"]),
        ("!= 2024-06-01T09:00Z", ["east", "bare", "day", "none"]),
        ('>= "2024-06-01T10:30+02:00"', ["zulu", "west", "bare"]),
        ("in (2024-06-01T08:00Z, 2024-06-01T08:30Z)", ["east", "bare"]),
    ],
)
@pytest.mark.parametrize("name", ["date", "seen"])
def test_times_with_offsets_are_compared_as_instants(name, condition, expected):
    """A time without an offset counts as UTC, a date as its midnight."""
    assert found(f"{name} {condition}", TIMES) == expected


@pytest.mark.parametrize("name", ["date", "seen"])
def test_times_of_python_with_an_offset_are_instants(name):
    assert found({name: {">=": datetime(2024, 6, 1, 8, 30, tzinfo=UTC)}}, TIMES) == ["zulu", "west", "bare"]
    assert found({name: datetime(2024, 6, 1, 4, tzinfo=timezone(timedelta(hours=-4)))}, TIMES) == ["east"]
    assert found({name: {"<": "2024-06-01T10:30+02:00"}}, TIMES) == ["east", "day"]


def test_times_without_an_offset_are_those_that_each_document_states():
    assert found("date >= 2024-06-01T09:00", TIMES) == ["east", "zulu"]


@given(
    when=st.datetimes(datetime(1960, 1, 1), datetime(2060, 1, 1)),
    offset=st.sampled_from(["", "Z", "+00:00", "+05:45", "-11:30", "+14:00", "+0200", " ", " +01:00 ", "x"]),
    size=st.integers(9, 26),
    sign=st.sampled_from(["=", "<", "<=", ">", ">="]),
    minutes=st.integers(-800, 800),
)
def test_columns_and_python_read_every_time_alike(when, offset, size, sign, minutes):
    document = Document("d", "", metadata={"seen": when.isoformat()[:size] + offset})
    other = when.replace(microsecond=0) + timedelta(minutes=minutes)
    found({"seen": {sign: other.replace(tzinfo=UTC)}}, [document])


@given(st.integers(-(2**31), 2**32), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_second_that_it_names(second, offset):
    written = datetime.fromtimestamp(second, timezone(timedelta(minutes=offset))).isoformat()
    assert Instant.parse(written) == Instant(second, second)
    assert seconds(written) == second
