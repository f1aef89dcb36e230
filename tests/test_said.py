"""Statements in an index: kept in step with the documents, found by speaker, and used to filter and rank."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from searchkit import Document, Index
from searchkit.cli.commands import app
from searchkit.search.inquiry import Inquiry
from searchkit.search.request import SearchRequest
from searchkit.search.stages import speaker
from searchkit.storage import store
from searchkit.types import Passage

HARBOUR = Document(
    "harbour",
    "Analysts at Tidewater Bank said rents would fall. The pier is old.\n\n"
    '"Nobody rents a pier," said Lena Okafor, an economist at the Skagen Institute. She expects a mild winter.\n\n'
    "The pier was built in 1911 and rents were low then.",
    "Rents at the harbour",
)
FERRY = Document(
    "ferry",
    "The ferry to Skagen was late again on Monday, an official of the harbour office said.\n\n"
    "Rents were not mentioned.",
    "Ferry late",
)


def coffee_or_not(texts: list[str]) -> np.ndarray:
    """Return rows of a model to which "coffee" and "beans" are the same, and all else is one other thing."""
    return np.array([[1, 0] if "coffee" in text or "beans" in text else [0, 1] for text in texts], np.float32)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    made = Index.create(tmp_path / "index", embedder="none", target_tokens=12)
    made.add([HARBOUR, FERRY])
    return made


def claims(index: Index, name: str, about: str | None = None) -> list[tuple[str, str]]:
    """Return source and claim of the statements of those who have the name, best first."""
    return [(one.source, one.claim) for one in index.who_said(name, about=about) if one.match == "name"]


def test_statements_are_found_by_the_words_of_the_speakers_name(index):
    assert claims(index, "analysts") == [("Analysts at Tidewater Bank", "rents would fall.")]
    assert claims(index, "an analyst at Tidewater") == [("Analysts at Tidewater Bank", "rents would fall.")]
    assert claims(index, "analysts at Skagen") == []


def test_a_pronoun_is_found_by_the_name_it_stands_for(index):
    assert claims(index, "okafor") == [
        ("Lena Okafor", '"Nobody rents a pier,"'),
        ("She", "a mild winter."),
    ]


def test_a_statement_says_where_it_stands(index):
    (one,) = index.who_said("official")
    assert isinstance(one.passage, Passage)
    assert one.passage.id == "ferry#0"
    assert one.passage.text[slice(*one.claim_span)] == one.claim == "The ferry to Skagen was late again on Monday"
    assert one.passage.text[slice(*one.source_span)] == one.source
    assert (one.speaker, one.verb) == ("an official of the harbour office", "say")
    assert one.to_dict()["passage"]["id"] == "ferry#0"


def test_about_puts_claims_that_hold_the_subject_before_those_beside_it(index):
    assert claims(index, "Okafor", about="the winter") == [
        ("She", "a mild winter."),
        ("Lena Okafor", '"Nobody rents a pier,"'),
    ]


def test_about_leaves_out_statements_without_the_subject_only_where_that_is_asked_for(index):
    assert [one.score for one in index.who_said("Okafor", about="eels")] == [0, 0]
    assert index.who_said("Okafor", about="eels", only_about=True) == []
    (one,) = index.who_said("Okafor", about="a mild winter", only_about=True, k=1)
    assert (one.claim, one.score) == ("a mild winter.", 1)


def test_those_of_the_same_kind_come_behind_those_of_the_name(index):
    found = index.who_said("analysts")
    assert [(one.source, one.match) for one in found] == [
        ("Analysts at Tidewater Bank", "name"),
        ("Lena Okafor", "kind"),
        ("She", "kind"),
    ]
    assert [one.score for one in found] == [1, 0.9, 0.9]


def test_what_fits_the_subject_comes_first_whoever_of_the_kind_said_it(index):
    found = index.who_said("analysts", about="the winter")
    assert [(one.source, one.match) for one in found[:2]] == [("She", "kind"), ("Lena Okafor", "kind")]
    assert found[0].score > found[1].score > found[2].score == 0


def test_all_other_words_of_the_name_must_be_there(index):
    assert [one.source for one in index.who_said("analysts at Skagen")] == ["Lena Okafor", "She"]
    assert index.who_said("analysts at Borg") == []


def test_the_meaning_of_a_passage_ranks_statements_that_have_none_of_the_words(tmp_path):
    texts = {"far": "Analysts said the ferry was late.", "near": "Analysts said beans were dear."}
    with Index.create(tmp_path / "index", embedder=coffee_or_not) as made:
        made.add([Document(name, text) for name, text in texts.items()])
        found = made.who_said("analysts", about="coffee")
        assert [(one.passage.doc_id, one.score) for one in found] == [("near", 0.5), ("far", 0)]
        assert made.who_said("analysts", about="coffee", only_about=True) == []


def test_k_limits_the_statements(index):
    assert len(index.who_said("Okafor", k=1)) == 1


@pytest.mark.parametrize("name", ["", "the", "nobody"])
def test_a_name_that_nobody_has_finds_nothing(index, name):
    assert index.who_said(name) == []


def test_said_by_keeps_passages_in_which_that_speaker_speaks(index):
    assert [hit.passage.id for hit in index.search("rents", said_by="analysts at Tidewater")] == ["harbour#0"]
    assert {hit.passage.doc_id for hit in index.search("rents")} == {"harbour", "ferry"}
    assert len(index.search("rents", said_by="pilots")) == 0


def test_said_by_keeps_passages_in_which_one_of_the_kind_speaks(index):
    assert {hit.passage.id for hit in index.search("rents", said_by="analysts")} == {"harbour#0", "harbour#1"}


def test_said_by_goes_with_a_filter(index):
    assert len(index.search("rents ferry", said_by="official", where="id = 'harbour'")) == 0


def test_statements_go_with_their_document(index):
    index.remove("harbour")
    assert claims(index, "Okafor") == []
    assert index.status()["statements"] == 1
    index.compact()
    with sqlite3.connect(index.path / "catalog.sqlite") as db:
        assert db.execute("SELECT name FROM speakers").fetchall() == [("an official of the harbour office",)]


def test_a_changed_document_says_what_it_says_now(index):
    index.add([Document("ferry", "The ferry was early, the captain said.")])
    assert claims(index, "official") == []
    assert claims(index, "captain") == [("the captain", "The ferry was early")]


def test_rebuild_and_import_keep_statements(index, tmp_path):
    before = claims(index, "Okafor")
    index.rebuild()
    assert claims(index, "Okafor") == before
    index.export(tmp_path / "archive.zip")
    with Index.import_(tmp_path / "archive.zip", tmp_path / "again") as again:
        assert claims(again, "Okafor") == before
        assert again.status()["statements"] == index.status()["statements"]


def test_verify_finds_a_statement_outside_its_passage(index):
    with sqlite3.connect(index.path / "catalog.sqlite") as db:
        db.execute("UPDATE said SET claim_end = 9999 WHERE row = 0")
    assert any("outside its passage" in problem for problem in index.verify().problems)
    index.rebuild()
    assert index.verify().ok


def test_verify_finds_a_speaker_without_terms(index):
    with sqlite3.connect(index.path / "catalog.sqlite") as db:
        db.execute("DELETE FROM speaker_terms")
    assert any("cannot be found by name" in problem for problem in index.verify().problems)


def test_another_language_has_no_statements(tmp_path):
    with Index.create(tmp_path / "index", embedder="none", language="de") as index:
        index.add([HARBOUR])
        assert index.status()["statements"] == 0
        assert index.who_said("analysts") == []


# --- indexes of format 1 ------------------------------------------------------------------------------------


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old"
    shutil.copytree(Path(__file__).parent / "data" / "index-format-1-tantivy", path)
    return path


def test_an_old_index_knows_nobody_and_says_so(old):
    with Index.open(old) as index:
        assert index.status()["format"] == 1
        assert index.who_said("analysts") == []
        found = index.search("Vietnam", mode="keyword", said_by="analysts")
        assert len(found) == 0
        assert any("searchkit rebuild" in warning for warning in found.warnings)


def test_any_write_brings_an_old_index_up_to_date(old):
    with store.writing(old) as writer:
        from searchkit.indexing.maintenance import compact  # noqa: PLC0415 - the one test that needs it

        compact(writer)
    with Index.open(old) as index:
        assert index.status()["format"] == store.FORMAT
        assert claims(index, "analysts") == [("Analysts", "Vietnam balances the great powers.")]
        assert index.verify().ok


def test_statements_of_older_rules_are_found_anew_by_the_next_write(index):
    before = claims(index, "Okafor")
    with sqlite3.connect(index.path / "catalog.sqlite") as db:
        db.execute("DELETE FROM counters WHERE name = 'statements'")
        db.execute("DELETE FROM said WHERE row = 1")
    with Index.open(index.path) as again:
        assert claims(again, "Okafor") == []
        again.add([Document("tide", "The tide was high.")])
        assert claims(again, "Okafor") == before
        assert again.verify().ok


def test_statements_of_these_rules_are_left_alone(index, monkeypatch):
    monkeypatch.setattr("searchkit.indexing.statements.attributions", lambda _: 1 // 0)
    index.compact()
    assert claims(index, "official")


# --- ranking ------------------------------------------------------------------------------------------------


def bonus(index: Index, question: str) -> dict[str, float] | None:
    """Return the bonus of every passage by id, None if there is none."""
    with index._reading() as view:
        rows = view.snapshot.catalog.passages.rows()
        found = speaker.bonus(Inquiry(view, None, index._analyzer, SearchRequest(question)), rows)
        ids = view.passages.ids(rows.tolist())
    return None if found is None else {ids[row]: float(one) for row, one in zip(rows.tolist(), found, strict=True)}


def test_the_asked_speaker_on_the_asked_subject_gets_most(index):
    found = bonus(index, "What did analysts say about rents?")
    assert found["harbour#0"] == max(found.values()) == 1
    assert found["ferry#0"] == found["ferry#1"] == 0


def test_an_economist_counts_as_an_analyst_but_for_less(index):
    found = bonus(index, "What did analysts say about rents?")
    assert 0 < found["harbour#1"] < found["harbour#0"]


def test_another_kind_of_speaker_from_the_same_place_is_not_who_was_asked_for(index):
    assert bonus(index, "What did officials of Tidewater Bank say about rents?")["harbour#0"] == 0


def test_a_statement_of_another_time_gets_less(tmp_path):
    days = {"then": "2024-06-20", "later": "2024-09-20"}
    with Index.create(tmp_path / "index", embedder="none") as made:
        made.add([Document(name, "Analysts said rents fell.", metadata={"date": day}) for name, day in days.items()])
        found = bonus(made, "What did analysts say about rents in June 2024?")
        assert found["then#0"] == 1
        assert 0 < found["later#0"] < 0.1


def test_the_speaker_on_another_subject_gets_nothing(index):
    assert set(bonus(index, "What did the harbour office say about eels?").values()) == {0}


def test_without_a_subject_the_speaker_is_all(index):
    assert bonus(index, "What did the harbour office say?")["ferry#0"] == 1


def test_words_beside_the_claim_count_for_less(index):
    assert bonus(index, "What did analysts say about rents?")["harbour#0"] == 1
    assert 0 < bonus(index, "What did analysts say about the pier?")["harbour#0"] < 1


def test_where_one_fact_is_asked_for_the_bonus_is_smaller(index):
    everything = bonus(index, "What did Okafor say about the winter?")
    fact = bonus(index, "What did Okafor say the winter would be?")
    assert fact["harbour#1"] == pytest.approx(speaker.ONE_FACT * everything["harbour#1"])


def test_who_said_asks_for_the_claim_alone(index):
    found = bonus(index, "Who said that the ferry was late?")
    assert max(found, key=found.get) == "ferry#0"


@pytest.mark.parametrize("question", ["How old is the pier?", "What did pilots say about rents?", ""])
def test_no_bonus_where_nobody_was_asked_for_or_found(index, question):
    assert bonus(index, question) is None


def test_the_bonus_has_a_value_for_each_row(index):
    with index._reading() as view:
        question = Inquiry(view, None, index._analyzer, SearchRequest("What did analysts say about rents?"))
        found = speaker.bonus(question, np.array([1, 0], np.int64))
    assert found.dtype == np.float32
    assert found.shape == (2,)
    assert found[1] == 1


# --- the command line ---------------------------------------------------------------------------------------


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments), prog_name="searchkit")


def test_who_said_prints_speaker_claim_and_place(index):
    done = run("who-said", "Okafor", "--about", "winter", "-k", "1", "-i", str(index.path))
    assert done.exit_code == 0
    assert "Lena Okafor, an economist at the Skagen Institute" in done.stdout
    assert "a mild winter." in done.stdout
    assert "    harbour:3  #1" in done.stdout


def test_who_said_tells_a_kind_from_a_name(index):
    done = run("who-said", "analysts", "--about", "winter", "--only-about", "-i", str(index.path))
    assert "Lena Okafor" in done.stdout
    assert "of the same kind" in done.stdout
    assert "Tidewater" not in done.stdout
    shown = json.loads(run("who-said", "analysts", "--json", "-i", str(index.path)).stdout)
    assert [one["match"] for one in shown] == ["name", "kind", "kind"]


def test_who_said_as_json(index):
    (one,) = json.loads(run("who-said", "official", "--json", "-i", str(index.path)).stdout)
    assert (one["source"], one["verb"]) == ("an official of the harbour office", "say")
    assert one["claim"] == one["passage"]["text"][slice(*one["claim_span"])]


def test_who_said_exits_with_1_when_nobody_did(index):
    done = run("who-said", "pilots", "-i", str(index.path))
    assert done.exit_code == 1
    assert "pilots" in done.stderr


def test_who_said_tells_how_to_bring_an_old_index_up_to_date(old):
    assert "searchkit rebuild" in run("who-said", "analysts", "-i", str(old)).stderr


def test_said_by_on_the_command_line(index):
    done = run("search", "rents", "--said-by", "Tidewater", "--jsonl", "-i", str(index.path))
    assert [json.loads(line)["passage"]["id"] for line in done.stdout.splitlines()] == ["harbour#0"]
