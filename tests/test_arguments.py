"""What a caller gives wrong is one error that names the argument, before anything is on disk."""

import datetime
import math
from fractions import Fraction

import numpy as np
import pytest
from typer.testing import CliRunner

from searchkit import (
    ArgumentError,
    Document,
    Index,
    IndexClosed,
    QueryError,
    ReadOptions,
    SearchkitError,
    SyncOptions,
    rebuild,
)
from searchkit.cli.commands import app
from searchkit.search.request import CHECKS, SearchOptions, SearchRequest
from searchkit.validation import ALL, number, shown, text, whole_number
from tests.worlds import WordHashEmbedder

NAN, INFINITE = math.nan, math.inf
WRONG_OPTIONS = [
    *(("k", value) for value in ("3", 2.5, 2.0, None, True, 0, -1, NAN, [1], np.float32(3), np.array(3))),
    *(("offset", value) for value in ("1", -1, 1.5, False, None)),
    *(("context", value) for value in (1.5, "1", -1, True)),
    *(("per_document", value) for value in (0, "1", 1.0)),
    *(("weights", value) for value in ([1, 2], None, "keyword", {"vector": NAN}, {"vector": "1"}, {"vector": True})),
    *(("weights", value) for value in ({"vector": INFINITE}, {"vector": -1}, {5: 1})),
    *(("weights", value) for value in ({"vector": 1e308, "keyword": 1e308}, {"vector": 1e38}, {"keyword": 1_000_001})),
    *(("today", value) for value in ("yesterday", "2024-13-01", 20240101, True, "")),
    *(("recency", value) for value in (INFINITE, NAN, "0.1", -1, True, None, 10**400, 1e39)),
    *(("min_confidence", value) for value in (NAN, "0.5", 2, None)),
    *(("diversity", value) for value in (NAN, "high", 1.5)),
    *(("recall", value) for value in (0, 1.1, NAN, "all")),
    *(("upgrade", value) for value in ("5", 201, 1.5)),
    *(("upgrade_seconds", value) for value in ("5", -1, NAN)),
    *(("rerank_depth", value) for value in (0, "30", 201)),
    *(("rerank_weight", value) for value in (NAN, "1", 2)),
    *(("where", value) for value in (5, b"a = 1", [("a", 1)], True)),
    *(("stages", value) for value in ("pieces", None, 5, ["piece"], [["pieces"]], [None], np.array(1))),
    *((name, value) for name in ("collapse", "explain", "strict") for value in ("yes", 1, None, [])),
    *(("said_by", value) for value in (5, b"analysts", ["analysts"])),
    *((name, value) for name in ("mode", "fusion") for value in (None, 5, "best", ["hybrid"])),
    *(("reranker", value) for value in (5, WordHashEmbedder, [])),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG_OPTIONS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(WRONG_OPTIONS)])
def test_a_senseless_option_of_a_search_is_a_query_error_that_names_it(news, name, value):
    for ask in (
        lambda: news.search("vietnam", **{name: value}),
        lambda: news.search_many(["vietnam"], **{name: value}),
        lambda: news.why_not("hanoi#0", "vietnam", **{name: value}),
        lambda: news.context("vietnam", **{name: value}),
    ):
        with pytest.raises(QueryError, match=rf"^{name}\b"):
            ask()


WRONG_QUESTIONS = [
    ("query", lambda index, value: index.search(value)),
    ("queries", lambda index, value: index.search_many(value)),
    (r"queries\[1\]", lambda index, value: index.search_many(["vietnam", value])),
    ("query", lambda index, value: index.why_not("hanoi#0", value)),
    ("passage_id", lambda index, value: index.why_not(value, "vietnam")),
    ("question", lambda index, value: index.context(value)),
    ("name", lambda index, value: index.who_said(value)),
]


@pytest.mark.parametrize(("name", "ask"), WRONG_QUESTIONS, ids=[str(at) for at in range(len(WRONG_QUESTIONS))])
@pytest.mark.parametrize("value", [None, b"vietnam", 5, True])
def test_a_question_is_text(news, name, ask, value):
    with pytest.raises(QueryError, match=rf"^{name} must be "):
        ask(news, value)


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("queries", lambda index: index.search_many("vietnam")),
        ("about", lambda index: index.who_said("analysts", about=5)),
        ("k", lambda index: index.who_said("analysts", k="3")),
        ("k", lambda index: index.search_many([], k=0)),
        *(("max_tokens", lambda index, v=v: index.context("vietnam", v)) for v in (0, -5, "100", 1.5, None, True)),
    ],
)
def test_other_arguments_of_questions_are_named_too(news, name, ask):
    with pytest.raises(QueryError, match=rf"^{name} must "):
        ask(news)


def test_an_option_that_does_not_exist_is_named_with_those_that_do(news):
    with pytest.raises(QueryError, match=r"top_k is no option; there are .*mode"):
        news.search("vietnam", top_k=3)
    with pytest.raises(QueryError, match="query is no option"):
        news.context("vietnam", query="coffee")


def test_a_context_takes_no_more_passages_than_k(news):
    whole = news.context("vietnam analysts coffee", min_confidence=0)
    one = news.context("vietnam analysts coffee", k=1, min_confidence=0)
    assert len(whole.citations) > len(one.citations) == 1
    assert one.citations[0].passage.id == news.search("vietnam analysts coffee", 1)[0].passage.id


def test_every_option_has_its_check_and_every_default_passes():
    assert set(CHECKS) == {"query", "k", *SearchOptions.__annotations__}
    assert SearchRequest("vietnam").k == 10


def test_numbers_of_numpy_are_numbers(news):
    plain = news.search("vietnam", 2, context=1, offset=1, diversity=0.5, where={"date": {">=": "2024-01-01"}})
    given = news.search(
        "vietnam", np.int64(2), context=np.int32(1), offset=np.uint8(1), diversity=np.float32(0.5),
        collapse=np.bool_(False), where={"date": {">=": np.datetime64("2024-01-01")}},
    )  # fmt: skip
    assert [hit.to_dict() for hit in given] == [hit.to_dict() for hit in plain]
    assert type(given[0].rank) is int
    assert SearchRequest("a", recency=Fraction(1, 2)).recency == 0.5


def test_more_than_there_can_be_means_all(news):
    assert len(news.search("vietnam", 10**30, context=2**70)) == len(news.search("vietnam", 100))
    assert SearchRequest("a", 2**63, offset=2**63).offset == ALL


@pytest.mark.parametrize("value", ["2024-09-01", "2024-09-01T23:00:00+08:00", datetime.datetime(2024, 9, 1, 23)])
def test_today_may_be_iso_text_or_a_time(value):
    assert SearchRequest("storms last week", today=value).today == datetime.date(2024, 9, 1)


def test_half_a_character_is_replaced_as_in_documents(empty):
    empty.add([Document("a\ud800", "Tea was served.")])
    assert empty.get("a\ud800").id == "a\ufffd"
    assert empty.search("tea \udfff").query == "tea \ufffd"


# --- what is no question --------------------------------------------------------------------------------------

WRONG_CALLS = [
    *(("item_id", lambda index, v=v: index.get(v)) for v in (5, None, b"a")),
    *(("doc_id", lambda index, v=v: index.passages(v)) for v in (5, None)),
    ("pattern", lambda index: index.documents(5)),
    *(("doc_ids", lambda index, v=v: index.remove(v)) for v in (5, None, b"hanoi", {"hanoi": 1})),
    (r"doc_ids\[1\]", lambda index: index.remove(["hanoi", 5])),
    *(("paths", lambda index, v=v: index.sync(v)) for v in (5, None, b"news", "a\0b", {"news": 1})),
    (r"paths\[0\]", lambda index: index.sync([5])),
    *(("options", lambda index, v=v: index.sync("news", options=v)) for v in ({"include": "a"}, ReadOptions())),
    *(("strict", lambda index, v=v: index.sync("news", strict=v)) for v in ("yes", 1, None)),
    *(("embed", lambda index, v=v: index.sync("news", embed=v)) for v in ("x", None, True)),
    *(("embed", lambda index, v=v: index.add([], embed=v)) for v in ("x", 5)),
    ("strict", lambda index: index.add([], strict="no")),
    ("progress", lambda index: index.add([], progress="bar")),
    *(("seconds", lambda index, v=v: index.improve(seconds=v)) for v in ("5", -1, NAN, INFINITE, True)),
    *(("passages", lambda index, v=v: index.improve(passages=v)) for v in ("5", -1, 2.5, True)),
    *(("questions", lambda index, v=v: index.improve(questions=v)) for v in ("vietnam", 5, None)),
    (r"questions\[0\]", lambda index: index.improve(questions=[None])),
    ("embed", lambda index: index.rebuild(embed="half")),
    ("embedder", lambda index: index.rebuild(embedder=5)),
    *(("path", lambda index, v=v: index.export(v)) for v in (5, None, b"a.zip")),
    ("path", lambda _: Index.open(5)),
    ("path", lambda _: Index(None)),
    ("path", lambda _: rebuild(5)),
    ("source", lambda _: Index.import_(5, "nowhere")),
    ("embedder", lambda index: Index.open(index.path, embedder=5)),
]


@pytest.mark.parametrize(("name", "call"), WRONG_CALLS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(WRONG_CALLS)])
def test_a_senseless_argument_is_an_error_that_names_it_and_changes_nothing(news, name, call):
    before = news.generation
    with pytest.raises(ArgumentError, match=rf"^{name} must "):
        call(news)
    assert (news.reload(), news.generation) == (False, before)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        *(("include", lambda v=v: SyncOptions(include=v)) for v in ("*.txt", 5)),
        *(("exclude", lambda v=v: SyncOptions(exclude=v)) for v in ("*.txt", 5)),
        ("read", lambda: SyncOptions(read={})),
        *(("max_bytes", lambda v=v: ReadOptions(max_bytes=v)) for v in ("1", 0, 1.5)),
        ("text_field", lambda: ReadOptions(text_field=5)),
        ("metadata_fields", lambda: ReadOptions(metadata_fields="date")),
    ],
)  # fmt: skip
def test_options_of_reading_are_checked_when_they_are_made(name, make):
    with pytest.raises(ArgumentError, match=rf"^{name} must "):
        make()


def test_one_error_is_enough_to_catch_them_all():
    assert issubclass(QueryError, ArgumentError)
    assert issubclass(ArgumentError, SearchkitError)
    assert issubclass(ArgumentError, ValueError)


class Unspeakable:
    def __repr__(self):
        raise RuntimeError("no comment")


@pytest.mark.parametrize(
    "value",
    [10**5000, Unspeakable(), "x" * 10_000, [Unspeakable()] * 1000],
    ids=["digits", "object", "text", "list"],
)
def test_an_error_shows_any_value_shortly(value):
    assert len(shown(value)) < 500
    with pytest.raises(ArgumentError, match="size must"):
        whole_number("size", value, most=3)


def test_a_number_that_no_float_holds_is_not_finite():
    with pytest.raises(ArgumentError, match="size must be a finite number"):
        number("size", 10**400)


def test_text_that_is_whole_stays_the_same_object():
    whole = "grüße 👍"
    assert text("query", whole) is whole


# --- creating ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("max_tokens", value) for value in (0, -1, "100", 1.5, True)),
        *(("target_tokens", value) for value in (0, "100", 257)),
        *(("engine", value) for value in ("lucene", None, 5)),
        *(("language", value) for value in ("xx-nope", None, 5, "")),
        *(("embedder", value) for value in (5, WordHashEmbedder)),
    ],
)
def test_settings_are_checked_before_anything_is_on_disk(tmp_path, name, value):
    with pytest.raises(ArgumentError, match=name):
        Index.create(tmp_path / "index", **{"embedder": "none", name: value})
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_embedder_is_an_argument_error(tmp_path):
    with pytest.raises(ArgumentError, match="unknown embedder 'maxilm'"):
        Index.create(tmp_path / "index", embedder="maxilm")
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_is_not_given_gives_way_to_a_lower_maximum(tmp_path):
    with Index.create(tmp_path / "index", embedder="none", max_tokens=np.int64(100)) as index:
        index.add([Document("a", "word " * 1000)])
        assert (index.settings.target_tokens, index.settings.max_tokens) == (100, 100)
        assert len(index.passages("a")) >= 10
    with Index.create(tmp_path / "other", embedder="none", max_tokens=300) as index:
        assert (index.settings.target_tokens, index.settings.max_tokens) == (200, 300)


class ShortSighted(WordHashEmbedder):
    """A model that reads the first sixty tokens of a text."""

    name, digest, max_tokens = "short", "short-1", 60


def test_passages_are_no_longer_than_the_model_reads_unless_asked_for(tmp_path):
    with Index.create(tmp_path / "index", embedder=ShortSighted()) as index:
        assert (index.settings.target_tokens, index.settings.max_tokens) == (60, 60)
    with Index.create(tmp_path / "longer", embedder=ShortSighted(), max_tokens=100) as index:
        assert (index.settings.target_tokens, index.settings.max_tokens) == (100, 100)


def test_a_model_that_reads_too_little_of_passages_is_refused_by_rebuild_and_import(tmp_path):
    with Index.create(tmp_path / "index", embedder=WordHashEmbedder()) as index:
        index.add([Document("a", "The keel is cracked.")])
        with pytest.raises(ArgumentError, match="short reads 60 tokens of a passage, and the passages here aim at 200"):
            index.rebuild(embedder=ShortSighted())
        assert index.search("keel").hits[0].passage.id == "a#0"
        index.export(tmp_path / "a.zip")
    with pytest.raises(ArgumentError, match="Index the documents anew"):
        Index.import_(tmp_path / "a.zip", tmp_path / "other", embedder=ShortSighted())
    assert not (tmp_path / "other").exists()


def test_a_target_above_the_maximum_is_an_error_that_names_both(tmp_path):
    with pytest.raises(ArgumentError, match="target_tokens must be at most max_tokens, which is 100, not 150"):
        Index.create(tmp_path / "index", embedder="none", target_tokens=150, max_tokens=100)
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_takes_a_maximum_below_the_default_target(tmp_path):
    (tmp_path / "news.txt").write_text("word " * 1000)
    path = tmp_path / "index"
    command = ["index", str(tmp_path / "news.txt"), "-i", str(path), "--embedder", "none"]
    for _ in range(2):  # the second time it must find the settings that it asks for
        done = CliRunner().invoke(app, [*command, "--max-tokens", "100"])
        assert done.exit_code == 0, done.output
    with Index.open(path) as index:
        assert index.settings.target_tokens == 100


def test_the_command_line_refuses_settings_that_contradict_each_other(tmp_path):
    (tmp_path / "news.txt").write_text("Some news.")
    path = tmp_path / "index"
    lengths = ["--max-tokens", "100", "--target-tokens", "150"]
    done = CliRunner().invoke(
        app, ["index", str(tmp_path / "news.txt"), "-i", str(path), "--embedder", "none", *lengths]
    )
    assert done.exit_code == 2
    assert "target_tokens" in done.output
    assert not path.exists()


# --- closed -----------------------------------------------------------------------------------------------------

CLOSED = {
    "search": lambda index: index.search("vietnam"),
    "search_many": lambda index: index.search_many(["vietnam"]),
    "context": lambda index: index.context("vietnam"),
    "get": lambda index: index.get("hanoi"),
    "status": lambda index: index.status(),
    "generation": lambda index: index.generation,
    "embedder": lambda index: index.embedder,
    "reload": lambda index: index.reload(),
    "verify": lambda index: index.verify(),
    "export": lambda index: index.export(index.path.parent / "out.zip"),
    "add": lambda index: index.add([Document("new", "Some text.")]),
    "sync": lambda index: index.sync(),
    "remove": lambda index: index.remove("hanoi"),
    "improve": lambda index: index.improve(),
    "compact": lambda index: index.compact(),
    "rebuild": lambda index: index.rebuild(),
}


@pytest.mark.parametrize("name", CLOSED)
def test_nothing_can_be_asked_of_a_closed_index_and_nothing_is_written(news, embedder, name):
    before = news.generation
    news.close()
    news.close()  # twice is once
    with pytest.raises(IndexClosed, match=r"is closed. Open it anew") as raised:
        CLOSED[name](news)
    assert isinstance(raised.value, SearchkitError)
    assert isinstance(raised.value, ValueError)
    with Index.open(news.path, embedder=embedder) as again:
        assert again.generation == before


def test_an_index_closed_while_it_writes_is_written_and_stays_closed(news, embedder):
    def items():
        yield Document("late", "The last report.")
        news.close()

    assert news.add(items()).added == ("late",)
    with pytest.raises(IndexClosed):
        news.search("report")
    with Index.open(news.path, embedder=embedder) as again:
        assert again.get("late").text == "The last report."
