"""Measures, regret, confidence and runs, on worlds worked out by hand."""

import json
import math

import numpy as np
import pytest

from searchkit import EvaluationError, MissingExtra, QueryError
from searchkit.evaluation import Question, Questions, evaluate, measures
from searchkit.evaluation.calibration import auroc, calibration, expected_error, reliability
from searchkit.evaluation.measures import measure, precision_at_recall
from searchkit.evaluation.pictures import _precision_recall, _reliability, draw
from searchkit.evaluation.regret import regret
from searchkit.evaluation.runs import Answer, read_run, write_run
from searchkit.evaluation.settings import SETTINGS, chosen
from searchkit.evaluation.sidebyside import assembled
from searchkit.evaluation.significance import bootstrap_interval, randomisation_test

QUESTIONS = (Question("q1", "one", {"a": 1}), Question("q2", "two", {"b": 2, "c": 1}))
UNANSWERABLE = Question("q3", "three")


def answer(*ids, **facts):
    return Answer(ids, tuple(1.0 for _ in ids), **facts)


# --- measures -----------------------------------------------------------------------------------------------


def test_measures_are_a_row_a_question_in_the_order_asked_for():
    run = {"q1": answer("x", "a"), "q2": answer("b", "c")}
    values = measure(QUESTIONS, run, ["RR@10", "nDCG@10", "P@3"])
    assert values == pytest.approx(np.array([[1 / 2, 1 / math.log2(3), 1 / 3], [1, 1, 2 / 3]]))


def test_equal_scores_keep_the_order_that_users_see():
    assert measure(QUESTIONS[:1], {"q1": answer("a", "z")}, ["P@1"]) == 1


def test_a_question_without_an_answer_in_the_run_counts_as_missed():
    assert measure(QUESTIONS, {"q1": answer("a"), "q2": answer()}, ["RR@10"]).tolist() == [[1], [0]]


def test_precision_at_recall_falls_where_the_second_answer_comes_late():
    curve = precision_at_recall(QUESTIONS[1:], {"q2": answer("b", "x", "x2", "c")})
    assert curve.tolist() == pytest.approx([1] * 6 + [0.5] * 5)


def test_an_unknown_measure_is_an_error_that_names_some():
    with pytest.raises(EvaluationError, match=r"'goodness' is no measure .* nDCG@10"):
        measures.parse(["goodness"])


def test_a_missing_package_names_the_extra(monkeypatch):
    with pytest.raises(MissingExtra, match=r"pip install 'searchkit\[eval\]'"):
        measures.require_eval("no_such_package")


# --- statistics ---------------------------------------------------------------------------------------------


def test_p_of_three_equal_gains_is_two_of_eight():
    assert randomisation_test(np.array([0.1, 0.1, 0.1])) == 2 / 8
    assert randomisation_test(np.array([-0.1, -0.1, -0.1]), drop=True) == 1 / 8
    assert randomisation_test(np.array([0.1, 0.1, 0.1]), drop=True) == 1


def test_p_of_no_difference_is_one():
    assert randomisation_test(np.zeros(9)) == 1


def test_sampled_p_agrees_with_enumeration():
    gains = np.random.default_rng(1).normal(0.3, 1, 13)
    assert randomisation_test(gains, rounds=4000) == pytest.approx(randomisation_test(gains, rounds=2**13), abs=0.02)


def test_under_the_null_hypothesis_few_differences_are_significant():
    random = np.random.default_rng(2)
    p = [randomisation_test(random.normal(0, 1, 30), rounds=500) for _ in range(400)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09


def test_the_bootstrap_interval_holds_the_mean_and_narrows_with_more_questions():
    values = np.random.default_rng(3).random(40)
    few, many = bootstrap_interval(values), bootstrap_interval(np.tile(values, 16))
    assert few.low < values.mean() < few.high
    assert many.high - many.low == pytest.approx((few.high - few.low) / 4, rel=0.15)
    assert few == bootstrap_interval(values)


def test_regret_is_against_the_better_arm_of_each_question():
    keyword, vector, fused = np.array([0.8, 0.2, 0.5]), np.array([0.4, 0.6, 0.5]), np.array([0.6, 0.9, 0.5])
    found = regret(fused, keyword, vector)
    assert found == pytest.approx((-0.1 / 3, 1 / 3, 1 / 3))


# --- confidence ---------------------------------------------------------------------------------------------


def test_auroc_counts_pairs_in_the_right_order_and_half_the_ties():
    assert auroc(np.array([0.9, 0.5]), np.array([0.5, 0.1])) == (1 + 1 + 0.5 + 1) / 4


def test_the_expected_error_is_the_distance_of_bins_by_size():
    confidence, right = np.array([0.9, 0.9, 0.9, 0.2]), np.array([True, True, False, False])
    assert expected_error(confidence, right) == pytest.approx(3 / 4 * (0.9 - 2 / 3) + 1 / 4 * 0.2)
    assert [each.size for each in reliability(confidence, right)] == [1, 3]


def test_confidence_one_lies_in_the_last_bin():
    assert reliability(np.array([1.0]), np.array([True])) == [(1.0, 1.0, 1)]


def test_calibration_tells_refused_from_lost():
    run = {
        "q1": answer("a", confidence=0.9, answerable=True),
        "q2": answer("x", confidence=0.3, answerable=False),
        "q3": answer("y", confidence=0.1, answerable=False),
    }
    found = calibration((*QUESTIONS, UNANSWERABLE), run)
    assert (found.auroc, found.refused, found.lost) == (1, 1, 0.5)
    assert found.ece == pytest.approx((0.1 + 0.3 + 0.1) / 3)


def test_a_search_without_confidences_has_no_calibration():
    assert calibration(QUESTIONS, {"q1": answer("a"), "q2": answer("b")}) is None


# --- runs ---------------------------------------------------------------------------------------------------


def test_a_run_file_comes_back_as_it_was(tmp_path):
    run = {"q1": Answer(("my file.txt#3", "b"), (2.5, 0.5))}
    write_run(tmp_path / "r.run", run, "default")
    assert (tmp_path / "r.run").read_text().splitlines()[1] == "q1 Q0 b 2 0.500000 default"
    assert [(key, found.ids, found.scores) for key, found in read_run(tmp_path / "r.run").items()] == [
        ("q1", *run["q1"][:2])
    ]


def test_a_run_file_is_ordered_by_score_then_rank(tmp_path):
    (tmp_path / "r.run").write_text("q1 Q0 low 1 1 x\nq1 Q0 second 3 7 x\nq1 Q0 first 2 7 x\n")
    assert read_run(tmp_path / "r.run")["q1"].ids == ("first", "second", "low")


def test_a_bad_run_file_is_said_with_its_line(tmp_path):
    (tmp_path / "r.run").write_text("q1 Q0 a 1 1 x\nq1 a 1\n")
    with pytest.raises(EvaluationError, match=r"r\.run:2: 'q1 a 1' is no line of a TREC run"):
        read_run(tmp_path / "r.run")


# --- side by side -------------------------------------------------------------------------------------------


@pytest.fixture
def judged():
    items = (Question("q1", "coffee prices", {"coffee": 1}), Question("q2", "voters in Manila", {"manila": 1}))
    return Questions("made up", "document", items)


def test_every_setting_is_measured_with_latency_and_regret(news, judged):
    made = evaluate(news, judged)
    assert list(made.outcomes) == list(SETTINGS)
    assert made.mean("default") == 1
    assert all(outcome.latency["p50"] > 0 for outcome in made.outcomes.values())
    assert made.regret("default").worse == 0


def test_an_index_without_vectors_is_measured_in_what_it_can_do(tmp_path, judged):
    from searchkit import Index  # noqa: PLC0415 - as in conftest
    from tests.worlds import NEWS  # noqa: PLC0415

    with Index.create(tmp_path / "plain", embedder="none") as index:
        index.add(NEWS)
        assert list(evaluate(index, judged).outcomes) == ["keyword", "default"]


def test_an_unknown_setting_is_an_error():
    with pytest.raises(QueryError, match="no setting is called 'best'; there are keyword"):
        chosen(["best"])


def test_a_costly_setting_is_measured_only_when_asked_for():
    assert "late" not in chosen()
    assert list(chosen(["late", "keyword"])) == ["keyword", "late"]


def test_a_document_that_is_the_question_itself_is_passed_over(news):
    items = (Question("coffee", "coffee prices in Vietnam", {"hanoi": 1}),)
    made = evaluate(news, Questions("made up", "document", items), names=["keyword"], measures=["P@1"])
    assert "coffee" not in made.outcomes["keyword"].run["coffee"].ids
    assert made.mean("keyword") == 1


def test_run_files_need_no_index_when_documents_are_judged(tmp_path, judged):
    (tmp_path / "mine.run").write_text("q1 Q0 coffee 1 9 x\nq2 Q0 hanoi 1 9 x\n")
    made = evaluate(None, judged, runs=[tmp_path / "mine.run"])
    assert made.mean("mine", "RR@10") == 0.5
    assert made.outcomes["mine"].latency is None


def test_a_run_file_named_as_a_setting_stands_beside_it(tmp_path, news, judged):
    (tmp_path / "keyword.run").write_text("q1 Q0 hanoi 1 9 x\n")
    made = evaluate(news, judged, names=["keyword"], runs=[tmp_path / "keyword.run"])
    assert (made.mean("keyword"), made.mean("keyword.run")) == (1, 0)


def test_the_json_holds_means_kinds_and_a_row_a_question():
    questions = Questions("made up", "document", (Question("q1", "one", {"a": 1}, "fact"), UNANSWERABLE))
    made = assembled(questions, {"keyword": {"q1": answer("x", "a")}}, ["RR@10"])
    shape = json.loads(json.dumps(made.to_dict()))
    assert (shape["count"], shape["answerable"]) == (2, 1)
    found = shape["settings"]["keyword"]
    assert found["means"] == {"RR@10": 0.5}
    assert found["kinds"] == {"fact": {"RR@10": 0.5}}
    assert found["queries"] == {"q1": {"RR@10": 0.5}}


def test_the_most_that_judgments_allow_is_told_for_each_kind():
    items = (Question("q1", "one", {"a": 1}, "fact"), Question("q2", "two", {"a": 1, "b": 2, "c": 1}, "who-said"))
    run = {"q1": answer("a"), "q2": answer("c", "a", "b")}
    made = assembled(Questions("made up", "document", items), {"keyword": run}, ["nDCG@10", "P@3"])
    assert made.ceilings("fact") == pytest.approx({"nDCG@10": 1, "P@3": 1 / 3})
    assert made.ceilings() == pytest.approx({"nDCG@10": 1, "P@3": 2 / 3})
    assert made.to_dict()["kinds"]["who-said"] == {"count": 1, "ceilings": {"nDCG@10": 1, "P@3": 1}}


def test_the_confidence_of_a_document_that_is_the_question_itself_is_passed_over_too(news):
    items = (Question("coffee", "coffee prices in Vietnam", {"hanoi": 1}),)
    made = evaluate(news, Questions("made up", "document", items), names=["default"], measures=["P@1"])
    hits = news.search("coffee prices in Vietnam", 100, per_document=1)
    assert made.outcomes["default"].run["coffee"].confidence == hits[1].confidence < hits[0].confidence


class Panel:
    """Axes that remember the labels of their lines."""

    def __init__(self):
        self.labels = []

    def plot(self, *_, label="", **__):
        self.labels.append(label)
        return [self]

    def get_color(self):
        return "black"

    def __getattr__(self, name):
        return lambda *_, **__: None


def test_a_picture_leaves_out_what_lacks_a_stage_where_too_many_lines_would_cross(news, judged):
    panel = Panel()
    _precision_recall(panel, evaluate(news, judged))
    assert panel.labels == ["keyword", "vector", "minmax", "zscore", "rrf", "default"]
    panel = Panel()
    _precision_recall(panel, evaluate(news, judged, names=["no time", "default"]))
    assert panel.labels == ["no time", "default"]


def test_a_picture_shows_how_far_the_default_can_be_trusted(news, judged):
    panel = Panel()
    _reliability(panel, evaluate(news, judged))
    assert [label for label in panel.labels if label.startswith("default, ECE 0.")] == panel.labels[:1]
    assert panel.labels[1:] == [""]  # the diagonal


@pytest.mark.parametrize(("name", "magic"), [("p.png", b"\x89PNG"), ("p.svg", b"<?xml")])
def test_a_picture_is_drawn_as_its_name_says(tmp_path, news, judged, name, magic):
    made = evaluate(news, judged)
    trusted = {key: found._replace(confidence=0.5) for key, found in made.outcomes["default"].run.items()}
    made = assembled(judged, {name: outcome.run for name, outcome in made.outcomes.items()} | {"trusted": trusted})
    draw(made, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(magic)


def test_a_picture_of_another_kind_is_an_error(tmp_path):
    made = assembled(Questions("made up", "document", QUESTIONS), {"keyword": {"q1": answer("a")}})
    with pytest.raises(EvaluationError, match=r"\.png or \.svg"):
        draw(made, tmp_path / "p.gif")
