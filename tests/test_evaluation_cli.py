"""The commands that measure: what they print and write, and how they end."""

import json

import pytest
from typer.testing import CliRunner

from searchkit import Document, Index
from searchkit.cli.commands import app
from searchkit.evaluation import prefer
from tests.worlds import NEWS


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Run a command in a folder with an index of the news and two judged questions, one without an answer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEARCHKIT_INDEX", raising=False)
    with Index.create("indexes/default", embedder="none") as index:
        index.add(NEWS)
    lines = [
        {"id": "q1", "question": "coffee prices", "kind": "fact", "relevant": [
            {"doc": "coffee", "quote": "Coffee prices rose", "grade": 2}]},
        {"id": "q2", "question": "when do the Philippines vote", "kind": "time", "relevant": [
            {"doc": "manila", "quote": "will vote in May", "grade": 2}]},
        {"id": "q3", "question": "cheese of Norway", "kind": "unanswerable", "relevant": []},
    ]  # fmt: skip
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)))

    def run(*arguments: str):
        return CliRunner().invoke(app, list(arguments), prog_name="searchkit")

    return run


def test_evaluate_prints_each_setting_and_kind(call):
    done = call("evaluate", "questions.jsonl")
    assert done.exit_code == 0, done.output
    assert "2 questions, judged by passage, and 1 without an answer" in done.stdout
    assert "keyword    1.0000" in done.stdout
    assert "nDCG@10 by kind" in done.stdout


def test_evaluate_prints_precision_by_kind_beside_the_most_that_is_possible(call):
    done = call("evaluate", "questions.jsonl", "--setting", "keyword")
    table = done.stdout[done.stdout.index("P@3 by kind") :]
    assert "at most" in table.splitlines()[0]
    (row,) = (line.split() for line in table.splitlines() if line.strip().startswith("fact"))
    assert row == ["fact", "1", "0.3333", "0.3333"]
    assert "at most: what a perfect ranking reaches" in table


def test_evaluate_says_what_confidences_are_worth(call):
    done = call("evaluate", "questions.jsonl", "--setting", "keyword")
    assert all(name in done.stdout for name in ("ECE", "AUROC", "refused", "lost"))
    shape = json.loads(call("evaluate", "questions.jsonl", "--setting", "keyword", "--json").stdout)
    trust = shape["settings"]["keyword"]["confidence"]
    assert 0 <= trust["ece"] <= 1
    assert trust["auroc"] == 1  # the one question without an answer shares no word with the news


def test_evaluate_as_json_with_the_settings_and_measures_asked_for(call):
    done = call("evaluate", "questions.jsonl", "--json", "--setting", "keyword", "--measure", "P@1")
    shape = json.loads(done.stdout)
    assert shape["measures"] == ["P@1"]
    assert list(shape["settings"]) == ["keyword"]
    assert shape["settings"]["keyword"]["queries"]["q2"] == {"P@1": 1}


def test_a_run_that_was_written_measures_the_same_when_read(call, tmp_path):
    first = json.loads(call("evaluate", "questions.jsonl", "--run", "r.run", "--json").stdout)
    assert sorted(path.name for path in tmp_path.glob("*.run")) == ["r-default.run", "r-keyword.run"]
    again = json.loads(call("evaluate", "questions.jsonl", "--from-run", "r-keyword.run", "--json").stdout)
    assert again["settings"]["r-keyword"]["means"] == first["settings"]["keyword"]["means"]


def test_bad_questions_end_with_an_error_that_names_the_line(call, tmp_path):
    (tmp_path / "bad.jsonl").write_text("{}\n")
    done = call("evaluate", "bad.jsonl")
    assert done.exit_code == 3
    assert "bad.jsonl:1:" in done.stderr


def test_an_unknown_setting_is_wrong_usage(call):
    assert call("evaluate", "questions.jsonl", "--setting", "best").exit_code == 2


# --- the gate, compare, tune --------------------------------------------------------------------------------


def test_the_gate_passes_what_it_stored_and_trips_on_less(call, tmp_path):
    assert call("evaluate", "questions.jsonl", "--save-baseline", "baseline.json").exit_code == 0
    same = call("evaluate", "questions.jsonl", "--gate", "baseline.json")
    assert same.exit_code == 0, same.output
    assert "not significantly worse" in same.stderr
    runs = "".join(f"q{n} Q0 coffee#0 1 1 x\n" for n in range(1, 21))
    many = [
        {"id": f"q{n}", "question": "coffee", "relevant": [{"doc": "coffee", "quote": "Coffee prices", "grade": 1}]}
        for n in range(1, 21)
    ]
    (tmp_path / "many.jsonl").write_text("\n".join(map(json.dumps, many)))
    (tmp_path / "mine.run").write_text(runs)
    call("evaluate", "many.jsonl", "--from-run", "mine.run", "--save-baseline", "mine.json")
    (tmp_path / "mine.run").write_text(runs.replace("coffee#0", "hanoi#0"))
    worse = call("evaluate", "many.jsonl", "--from-run", "mine.run", "--gate", "mine.json", "--json")
    assert worse.exit_code == 4
    assert json.loads(worse.stdout)["gate"]["ok"] is False


def test_compare_prints_the_difference_and_the_questions(call):
    call("evaluate", "questions.jsonl", "--run", "r.run")
    done = call("compare", "r-keyword.run", "r-default.run", "--questions", "questions.jsonl")
    assert done.exit_code == 0, done.output
    assert "nDCG@10   1.0000   1.0000   +0.0000" in done.stdout


def test_compare_as_json(call):
    call("evaluate", "questions.jsonl", "--save-baseline", "e.json")
    done = call("compare", "e.json", "e.json", "--setting", "keyword", "--json")
    assert json.loads(done.stdout)["differences"][0]["ties"] == 2


def test_tune_needs_questions_or_the_wish_to_forget(call):
    assert call("tune").exit_code == 2
    assert call("tune", "questions.jsonl", "--forget").exit_code == 2
    assert call("tune", "--forget").exit_code == 0


def test_status_tells_what_was_fitted(call):
    assert "calibration    searchkit's own" in call("status").stdout
    with Index.open("indexes/default") as index:
        prefer(index, {"fusion": "minmax", "weights": {"keyword": 0.3, "vector": 0.7}}, {"slope": 1.5, "shift": -0.25})
    shown = call("status").stdout
    assert "minmax, keyword 0.3, vector 0.7 (tuned)" in shown
    assert "slope 1.5, shift -0.25 (tuned)" in shown
    assert call("tune", "--forget").exit_code == 0
    assert "tuned" not in call("status").stdout


def test_tune_says_what_is_missing(call):
    done = call("tune", "questions.jsonl")
    assert done.exit_code == 3
    assert "holds no vectors" in done.stderr


def test_evaluate_needs_questions_or_makes_them_up(call):
    assert call("evaluate").exit_code == 2
    assert call("evaluate", "questions.jsonl", "--self").exit_code == 2
    with Index.open("indexes/default") as index:
        words = (
            "Traders in London bought robusta coffee while farmers of Vietnam harvested less because storms came late."
        )
        index.add([Document("long", words)])
    done = call("evaluate", "--self", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["count"] == 1
