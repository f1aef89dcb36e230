"""Indexes go to a cluster and back; commands and the server take an address where they take a folder."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from searchkit import Document, EmbedderMismatch, Index, IndexExists
from searchkit.cli.commands import app
from searchkit.cluster import home
from searchkit.cluster.address import parsed
from searchkit.types import Mark, Omission
from tests.cluster import running
from tests.served import serving
from tests.test_contract import DOCUMENTS
from tests.worlds import WordPieceEmbedder

QUESTIONS = ("Vietnam", "analysts", "coffee prices", '"bamboo diplomacy"', "coffee -vietnam", "han*", "zzz")


@pytest.fixture
def address():
    found = parsed(running.fresh(shards=2))
    yield found
    home.drop(home.client(found))


@pytest.fixture
def call():
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments], prog_name="searchkit")


def answers(index: Index, mode: str) -> list[dict]:
    told = [index.search(question, 20, mode=mode, context=1).to_dict() for question in QUESTIONS]
    return [{name: value for name, value in each.items() if name not in ("elapsed_ms", "generation")} for each in told]


# --- copies ---------------------------------------------------------------------------------------------------------


def test_there_and_back_every_answer_is_the_same_to_the_last_bit(tmp_path, address):
    model = WordPieceEmbedder()
    with Index.create(tmp_path / "first", embedder=model, target_tokens=1) as first:
        first.add(DOCUMENTS)
        model.embedded.clear()
        with first.copy(address) as there, there.copy(tmp_path / "back") as back:
            assert model.embedded == []
            for mode in ("hybrid", "keyword", "vector"):
                assert answers(back, mode) == answers(first, mode)
            assert [back.get(doc_id) for doc_id in back] == [first.get(doc_id) for doc_id in first]
            assert back.who_said("analysts") == first.who_said("analysts")
            assert there.verify().ok
            assert back.verify().ok


def test_all_of_a_document_goes_along(tmp_path, address):
    metadata = {"tags": ["x"], "date": "2024-06-18", "in": {"deep": 1}}
    marks, omitted = (Mark(0, 4, "heading", 1),), (Omission("pictures", "they hold no text", 2),)
    document = Document("a", "Head\n\nSome text.", "T", metadata, marks, (0,), omitted)
    with Index.create(tmp_path / "first", embedder="none") as first:
        first.add([document])
        with first.copy(address) as there, there.copy(tmp_path / "back") as back:
            assert (there.get("a"), back.get("a")) == (first.get("a"), first.get("a"))


def test_what_was_synced_goes_along(tmp_path, address):
    (tmp_path / "news").mkdir()
    for name in "ab":
        (tmp_path / "news" / f"{name}.txt").write_text(f"Text {name}.")
    with Index.create(tmp_path / "first", embedder="none") as first:
        first.sync(tmp_path / "news")
        with first.copy(address) as there, there.copy(tmp_path / "back") as back:
            (tmp_path / "news" / "a.txt").unlink()
            for index in (there, back):
                done = index.sync(allow_removals=True)
                assert (done.kept, done.removed, done.added) == (1, ("news/a.txt",), ())


def test_a_copy_does_not_take_the_place_of_anything_and_one_that_fails_leaves_nothing(tmp_path, address, monkeypatch):
    with Index.create(tmp_path / "first", embedder="none") as first:
        first.add([("a", "Tea.")])
        monkeypatch.setattr("searchkit.indexing.copying.fill", failing)
        with pytest.raises(ZeroDivisionError):
            first.copy(address)
        monkeypatch.undo()
        first.copy(address).close()
        with pytest.raises(IndexExists):
            first.copy(address)


def failing(*given):
    raise ZeroDivisionError


def test_an_index_opens_only_with_the_model_that_built_it(address):
    Index.create(address, embedder=WordPieceEmbedder()).close()
    with pytest.raises(EmbedderMismatch, match=r"opensearch://.* was built with word-hash"):
        Index.open(address, embedder="minilm")


# --- commands -------------------------------------------------------------------------------------------------------


def test_commands_take_an_address_where_they_take_a_folder(tmp_path, address, call):
    (tmp_path / "a.txt").write_text("Coffee prices rose in Hanoi.")
    (tmp_path / "b.txt").write_text("Tea prices fell in Manila.")
    done = call("index", tmp_path / "a.txt", "-i", address, "--embedder", "none", "--json")
    assert (done.exit_code, json.loads(done.stdout)["added"]) == (0, ["a.txt"])
    assert call("index", tmp_path / "b.txt", "-i", address).exit_code == 0
    found = call("search", "coffee", "-i", address, "--json")
    assert [hit["passage"]["id"] for hit in json.loads(found.stdout)["hits"]] == ["a.txt#0"]
    facts = json.loads(call("status", "-i", address, "--json").stdout)
    assert (facts["path"], facts["documents"], facts["engine"], facts["shards"]) == (str(address), 2, "opensearch", 1)
    assert "all is well" in call("verify", "-i", address).stdout
    assert call("list", "-i", address).stdout.split() == ["a.txt", "b.txt"]
    assert call("remove", "b.txt", "-i", address).exit_code == 0
    assert call("search", "tea", "-i", address).exit_code == 1
    refused = call("compact", "-i", address)
    assert (refused.exit_code, "is on a cluster" in refused.stderr) == (2, True)
    assert call("copy", address, tmp_path / "copy").exit_code == 0
    assert call("list", "-i", tmp_path / "copy").stdout.split() == ["a.txt"]
    assert call("forget", tmp_path / "a.txt", "-i", address).exit_code == 0
    assert call("search", "coffee", "-i", parsed(running.fresh())).exit_code == 3


def test_a_server_answers_from_a_cluster(address):
    with Index.create(address, embedder="none") as index:
        index.add([("a", "Coffee prices rose in Hanoi.")])
    with serving(address, writable=True) as client:
        hits = client.get("/v1/indexes/news/search", params={"q": "coffee"}).json()["hits"]
        assert [hit["passage"]["doc_id"] for hit in hits] == ["a"]
        told = client.get("/v1/indexes/news/status").json()
        assert (told["documents"], "path" in told) == (1, False)
