"""Comparing, gating, tuning: differences that are real are taken, noise is not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from searchkit import Document, EvaluationError, Index, QueryError
from searchkit.evaluation import Question, Questions, Scores, compare, evaluate, gate, prefer, read_scores, tune
from searchkit.evaluation.runs import Answer
from searchkit.evaluation.settings import DEFAULT
from searchkit.evaluation.sidebyside import assembled
from searchkit.evaluation.tuning import CUT, Point, fit, grid, out_of_fold, present, searched, values
from searchkit.search import fusion
from tests.worlds import NEWS, WordHashEmbedder

QUESTION_COUNT, POOL = 120, 50
NOW = Point("minmax", 0.5)
POINTS = [NOW, *(point for point in grid() if point != NOW)]


def scores(name, *values):
    return Scores(name, {"nDCG@10": {f"q{n}": value for n, value in enumerate(values)}})


# --- comparing ----------------------------------------------------------------------------------------------


def test_a_comparison_counts_wins_and_losses_of_b():
    found = compare(scores("a", 0.5, 0.5, 0.5, 0.2), scores("b", 0.9, 0.6, 0.4, 0.2))
    (row,) = found.differences
    assert (row.wins, row.losses, row.ties) == (2, 1, 1)
    assert row.difference == pytest.approx(0.1)
    assert row.interval.low < 0.1 < row.interval.high
    assert row.p == 6 / 8  # of the 8 sign assignments of .4 .1 .1, six reach .4 in size
    assert [contrast.question for contrast in found.contrasts] == ["q0", "q1", "q2"]


def test_only_shared_questions_are_compared():
    found = compare(scores("a", 0.5, 0.5), scores("b", 0.5, 0.5, 0.9))
    assert (found.count, found.unshared, found.differences[0].difference) == (2, 1, 0)


def test_runs_that_share_nothing_are_an_error():
    with pytest.raises(EvaluationError, match="share no question"):
        compare(scores("a", 0.5), Scores("b", {"nDCG@10": {"other": 1.0}}))
    with pytest.raises(EvaluationError, match="share no measure"):
        compare(scores("a", 0.5), Scores("b", {"P@1": {"q0": 1.0}}))


@pytest.fixture
def judged():
    items = (Question("q1", "coffee prices", {"coffee": 1}), Question("q2", "voters in Manila", {"manila": 1}))
    return Questions("made up", "document", items)


def test_two_settings_of_one_evaluation_are_compared(news, judged, tmp_path):
    (tmp_path / "e.json").write_text(json.dumps(evaluate(news, judged).to_dict()))
    found = compare(tmp_path / "e.json", tmp_path / "e.json", settings=["keyword", "rrf"])
    assert (found.a, found.b) == ("e: keyword", "e: rrf")


def test_run_files_are_compared_by_the_questions_that_judge_them(tmp_path, judged):
    (tmp_path / "a.run").write_text("q1 Q0 hanoi 1 9 x\nq1 Q0 coffee 2 8 x\n")
    (tmp_path / "b.run").write_text("q1 Q0 coffee 1 9 x\n")
    found = compare(tmp_path / "a.run", tmp_path / "b.run", questions=judged, measures=["RR@10"])
    assert found.differences[0][:4] == ("RR@10", 0.25, 0.5, 0.25)
    with pytest.raises(EvaluationError, match="--questions"):
        compare(tmp_path / "a.run", tmp_path / "b.run")


def test_a_setting_must_be_chosen_where_none_is_the_default(tmp_path, judged):
    runs = {name: {"q1": Answer(("coffee",), (1.0,))} for name in ("mine", "yours")}
    (tmp_path / "e.json").write_text(json.dumps(assembled(judged, runs).to_dict()))
    with pytest.raises(EvaluationError, match="mine, yours; choose one with --setting"):
        read_scores(tmp_path / "e.json")


def test_what_is_no_evaluation_is_an_error(tmp_path):
    (tmp_path / "e.json").write_text('{"a": 1}')
    with pytest.raises(EvaluationError, match="is no evaluation"):
        read_scores(tmp_path / "e.json")


# --- the gate -----------------------------------------------------------------------------------------------


def evaluation(random, *, spread, relevance=1.0):
    """Evaluate rankings of 50 documents of which five are relevant: their scores are `relevance` above the rest.

    spread: of the noise on each score, which differs from run to run; ties are broken anew each time.
    """
    questions = Questions(
        "made up",
        "document",
        tuple(Question(f"q{n}", "", {f"d{d}": 1 for d in range(5)}) for n in range(QUESTION_COUNT)),
    )
    steady = np.random.default_rng(1_000).normal(0, 1, (QUESTION_COUNT, POOL))
    steady[:, :5] += relevance
    noisy = np.round(steady, 1) + random.normal(0, spread, steady.shape)
    order = np.lexsort((random.random(noisy.shape), -noisy))
    run = {f"q{n}": Answer(tuple(f"d{d}" for d in row), tuple(range(POOL, 0, -1))) for n, row in enumerate(order)}
    return assembled(questions, {DEFAULT: run}, ["nDCG@10"])


@pytest.fixture(scope="module")
def baseline(tmp_path_factory):
    path = tmp_path_factory.mktemp("gate") / "baseline.json"
    path.write_text(json.dumps(evaluation(np.random.default_rng(0), spread=0.02).to_dict()))
    return path


def test_the_gate_does_not_trip_on_a_hundred_runs_of_noise(baseline):
    runs = [evaluation(np.random.default_rng(seed), spread=0.02) for seed in range(1, 101)]
    assert len({run.mean(DEFAULT) for run in runs}) > 50  # they do differ
    assert [gate(run, baseline).ok for run in runs] == [True] * 100


@pytest.mark.parametrize("relevance", [0.8, 0.5, 0.0])
def test_the_gate_trips_on_an_injected_regression(baseline, relevance):
    verdict = gate(evaluation(np.random.default_rng(1), spread=0.02, relevance=relevance), baseline)
    assert not verdict.ok
    assert verdict.checks[0].now < verdict.checks[0].before


def test_the_gate_lets_a_gain_through(baseline):
    assert gate(evaluation(np.random.default_rng(1), spread=0.02, relevance=1.5), baseline).ok


def test_a_drop_that_nobody_would_feel_passes_however_significant(judged):
    questions = replace(judged, items=tuple(Question(f"q{n}", "", {"d": 1}) for n in range(200)))
    run = {f"q{n}": Answer(("d",), (1.0,)) for n in range(200)}
    made = assembled(questions, {DEFAULT: run}, ["RR@10"])
    stored = {DEFAULT: Scores(DEFAULT, {"RR@10": {f"q{n}": 1.005 for n in range(200)}})}
    (check,) = gate(made, stored).checks
    assert check.p < 0.001
    assert not check.dropped


def test_the_default_alone_decides_where_the_baseline_has_it(news, judged):
    made = evaluate(news, judged)
    stored = {name: Scores(name, {"nDCG@10": {"q1": 0.1, "q2": 0.1}}) for name in ("keyword", DEFAULT)}
    assert [check.setting for check in gate(made, stored).checks] == [DEFAULT]


def test_a_baseline_of_other_questions_or_measures_is_an_error(news, judged):
    made = evaluate(news, judged, names=[DEFAULT])
    with pytest.raises(EvaluationError, match="none of these questions"):
        gate(made, {DEFAULT: Scores(DEFAULT, {"nDCG@10": {"other": 1.0}})})
    with pytest.raises(EvaluationError, match="--measure P@9"):
        gate(made, {DEFAULT: Scores(DEFAULT, {"P@9": {"q1": 1.0}})})


# --- tuning -------------------------------------------------------------------------------------------------


def world(*, keyword, vector, count=100):
    """Return nDCG@10 at NOW and every point, (count, points), where the three relevant of 50 documents stand this far
    above the rest in each arm.
    """
    random = np.random.default_rng(5)
    grades = np.arange(POOL) < 3
    arms = {"keyword": keyword, "vector": vector}
    measured = []
    for _ in range(count):
        scores = {arm: random.normal(0, 1, POOL) + lift * grades + 10 for arm, lift in arms.items()}
        measured.append([ndcg(fusion.FUSIONS[point.fusion](scores, point.weights), grades) for point in POINTS])
    return np.array(measured)


def ndcg(fused, grades):
    gains = grades[np.argsort(-fused, kind="stable")[:CUT]] / np.log2(np.arange(2, CUT + 2))
    return gains.sum() / (1 / np.log2([2, 3, 4])).sum()


def test_tuning_takes_a_real_gain():
    found = fit(POINTS, world(keyword=0.0, vector=3.0))
    assert found.real
    assert found.weights["vector"] > found.weights["keyword"]
    assert found.gain > 0.05
    assert found.interval.low > 0


def test_tuning_keeps_the_default_when_the_arms_are_as_good():
    found = fit(POINTS, world(keyword=1.5, vector=1.5))
    assert not found.real
    assert (found.fusion, found.weights) == ("minmax", {"keyword": 0.5, "vector": 0.5})


def test_tuning_keeps_the_default_on_noise():
    found = fit(POINTS, world(keyword=0.0, vector=0.0))
    assert not found.real
    assert found.best > found.present  # the best of many points looks better than it is
    assert found.fusion == "minmax"


def test_a_value_out_of_fold_comes_from_a_point_that_others_chose():
    values = np.zeros((40, 2))
    values[:, 1] = np.where(np.arange(40) == 0, 9.0, -0.1)  # one question alone makes the second point look best
    assert out_of_fold(values)[0] == 0


def test_too_few_questions_are_an_error():
    with pytest.raises(EvaluationError, match="19 judged questions are too few"):
        fit(POINTS, world(keyword=1, vector=1, count=19))


def test_each_point_is_measured_by_the_search_that_users_would_get(news, judged):
    point = Point("minmax", 0.3)
    found = searched(news, judged, [present(news), point])
    for options, run in ({}, found[0]), ({"fusion": "minmax", "weights": point.weights}, found[1]):
        for question in judged.items:
            hits = news.search(question.text, per_document=1, **options)
            assert run[question.id].ids == tuple(hit.passage.doc_id for hit in hits)
            assert run[question.id].scores == tuple(hit.score for hit in hits)


def test_documents_count_once_where_their_best_passage_stands(news):
    both = Questions("made up", "document", (Question("q1", "Hanoi weather of analysts in Vietnam", {"coffee": 1}),))
    (run,) = searched(news, both, [present(news)])
    assert sorted(run["q1"].ids) == ["coffee", "hanoi", "manila"]  # hanoi has two passages
    place = run["q1"].ids.index("coffee") + 1
    assert values(both, [run]).item() == pytest.approx(1 / np.log2(place + 1))


def test_both_fusions_of_scores_are_tried_from_little_weight_on_words_to_much():
    assert {(point.fusion, point.share) for point in grid()} >= {("minmax", 0.1), ("zscore", 0.1), ("zscore", 0.9)}
    assert all(sum(point.weights.values()) == pytest.approx(1) for point in grid())


def many(count=40):
    """Questions whose words stand in coffee alone."""
    return Questions(
        "made up", "document", tuple(Question(f"q{n}", "coffee robusta", {"coffee": 1}) for n in range(count))
    )


def test_no_more_questions_are_asked_than_are_wanted_and_both_numbers_are_told(news):
    found = tune(news, many(), sample=25)
    assert (found.questions, found.available) == (25, 40)
    assert tune(news, many()).questions == 40


class Astray(WordHashEmbedder):
    """A model that reads every question as one about storms."""

    name = digest = "astray"

    def embed_query(self, text):  # noqa: ARG002 - deaf on purpose
        return super().embed_query("storm river")


def test_an_index_whose_model_leads_astray_learns_to_trust_words(tmp_path):
    names = [
        first + second for first in ("ka", "lo", "mi", "nu", "pe", "ru") for second in ("sta", "vor", "lin", "dek")
    ]
    texts = [f"The market of {name} opened. " + "It sold coffee and tea to traders. " * 3 for name in names]
    texts += ["A storm moved the river. " + "People of the coast waited at home. " * 3] * 5
    items = tuple(Question(name, f"storm in {name} market", {f"d{n}": 1}) for n, name in enumerate(names))
    with Index.create(tmp_path / "astray", embedder=Astray()) as index:
        index.add(Document(f"d{n}", text) for n, text in enumerate(texts))
        questions = Questions("made up", "document", items)
        before = evaluate(index, questions, names=[DEFAULT]).mean(DEFAULT)
        found = tune(index, questions, apply=True)
        after = evaluate(index, questions, names=[DEFAULT]).mean(DEFAULT)
    assert found.applied
    assert found.weights["keyword"] > 0.5
    assert (found.present, found.best) == pytest.approx((before, after))
    assert after > before


def test_tuning_an_index_without_a_gain_leaves_it_as_it_was(news):
    found = tune(news, many(), apply=True)
    assert (found.real, found.applied, news.status()["ranking"]) == (False, False, None)


def test_what_was_applied_becomes_the_default_of_searches_that_choose_nothing(news):
    plain = news.search("coffee in Hanoi", explain=True)
    prefer(news, {"fusion": "rrf", "weights": {"keyword": 0.0, "vector": 1.0}})
    tuned = news.search("coffee in Hanoi", explain=True)
    assert (plain.explain["fusion"], tuned.explain["fusion"]) == ("zscore", "rrf")
    assert tuned.explain["weights"] == {"keyword": 0.0, "vector": 1.0}
    chosen = news.search("coffee in Hanoi", fusion="zscore", explain=True).explain
    assert (chosen["fusion"], chosen["weights"]) == ("zscore", {"keyword": 1.0, "vector": 1.0})
    assert news.status()["ranking"]["fusion"] == "rrf"
    prefer(news, None)
    assert news.search("coffee in Hanoi").hits == plain.hits


def test_a_preference_survives_new_documents_and_an_export_but_no_change_of_model(news, tmp_path, embedder):
    ranking = {"fusion": "zscore", "weights": {"keyword": 0.2, "vector": 0.8}}
    prefer(news, ranking)
    news.add([replace(NEWS[0], id="again")])
    assert news.settings.ranking == ranking
    news.export(tmp_path / "news.zip")
    with Index.import_(tmp_path / "news.zip", tmp_path / "copy", embedder=embedder) as copy:
        assert copy.settings.ranking == ranking
    news.rebuild(embedder="none")
    assert news.settings.ranking is None


def test_a_preference_that_no_search_takes_is_refused(news):
    with pytest.raises(QueryError, match="fusion must be one of"):
        prefer(news, {"fusion": "best", "weights": {}})


def test_an_index_without_vectors_cannot_be_tuned(tmp_path):
    with Index.create(tmp_path / "plain", embedder="none") as index, pytest.raises(EvaluationError, match="no vectors"):
        tune(index, many())
