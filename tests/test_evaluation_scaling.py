"""Confidences fitted to judgments: real gains are taken, the search uses them, an index without them is as before."""

from dataclasses import replace

import numpy as np
import pytest

from searchkit import Index, IndexCorrupt
from searchkit.evaluation import Question, Questions, prefer, tune
from searchkit.evaluation.runs import Answer
from searchkit.evaluation.scaling import FEWEST, fit, judge, losses, platt
from searchkit.evaluation.tuning import applied
from searchkit.search.confidence import logits, scaled
from searchkit.storage.snapshot import Settings, read_settings
from tests.worlds import NEWS, OtherEmbedder

TWICE = {"slope": 2.0, "shift": 0.0}


def world(count, *, slope=1.0, shift=0.0):
    """Return confidences, and what was right with a probability whose logit is slope * logit + shift."""
    random = np.random.default_rng(7)
    confidence = random.uniform(0.02, 0.98, count)
    return confidence, random.random(count) < scaled(confidence, slope, shift)


# --- the fit ------------------------------------------------------------------------------------------------


def test_scaling_maps_log_odds():
    assert scaled(np.array([0.5, 0.8]), 2.0, 0.0) == pytest.approx([0.5, 16 / 17])  # odds of 4 become 16
    assert scaled(np.array([0.5]), 1.0, np.log(3)) == pytest.approx([0.75])


def test_certainty_stays_finite():
    assert np.isfinite(logits(np.array([0.0, 1.0]))).all()


def test_the_fit_finds_the_slope_and_shift_that_made_the_world():
    confidence, right = world(20_000, slope=0.5, shift=1.0)
    assert platt(logits(confidence), right) == pytest.approx([0.5, 1.0], abs=0.06)


def test_few_questions_change_little():
    one = platt(np.array([-2.0]), np.array([True]))
    assert np.abs(one - [1.0, 0.0]).max() < 1  # the least loss alone would be at infinity


def test_the_fit_ends_where_confidence_was_sure_and_always_wrong():
    slope, shift = platt(np.full(500, 9.0), np.zeros(500, bool))
    assert 9 * slope + shift < -4


def test_log_loss_is_that_of_the_probability_given_to_what_happened():
    found = losses(np.array([1.0, 0.0]), logits(np.array([0.8, 0.8])), np.array([True, False]))
    assert found == pytest.approx([-np.log(0.8), -np.log(0.2)])


def test_confidences_that_are_far_off_are_fitted():
    found = fit(*world(200, shift=2.0))
    assert found.real
    assert found.shift > 1
    assert found.gain == pytest.approx(found.present - found.fitted)
    assert found.interval.low > 0


def test_confidences_that_mean_what_they_say_are_kept():
    assert not fit(*world(200)).real


def test_an_order_that_is_upside_down_is_not_turned_around():
    found = fit(*world(400, slope=-1.0))
    assert found.slope < 0
    assert not found.real


def test_too_few_questions_or_all_of_one_kind_cannot_tell():
    assert fit(*world(FEWEST - 1)) is None
    assert fit(np.full(60, 0.5), np.ones(60, bool)) is None


def test_questions_without_an_answer_are_needed_to_tell_what_is_too_sure():
    questions = [Question(f"q{n}", "", {"right": 1}) for n in range(60)]
    run = {f"q{n}": Answer(("right" if n % 2 else "wrong",), (1.0,), confidence=0.5) for n in range(80)}
    assert judge(questions, run) is None
    foreign = [Question(f"q{n}", "") for n in range(60, 80)]
    assert judge([*questions, *foreign], run).questions == 80


def test_a_scaling_after_another_is_one_that_does_both():
    found = replace(fit(*world(200)), slope=0.5, shift=1.0)
    both = found.after({"slope": 2.0, "shift": 4.0})
    assert both == {"slope": 1.0, "shift": 3.0}
    assert found.after(None) == {"slope": 0.5, "shift": 1.0}


# --- in an index --------------------------------------------------------------------------------------------


def mixed():
    """Questions that the news answer with little confidence, and some that they do not answer."""
    asked = [("robusta of London", {"coffee": 1}), ("when do the Philippines vote", {"manila": 1})] * 30
    foreign = [("cheese of Norway", {}), ("cricket rules", {})] * 6
    items = [Question(f"q{n}", text, grades) for n, (text, grades) in enumerate(asked + foreign)]
    return Questions("made up", "document", tuple(items))


def test_a_search_gives_scaled_confidences_in_the_same_order(news):
    plain = news.search("coffee in Hanoi")
    prefer(news, None, TWICE)
    found = news.search("coffee in Hanoi")
    assert [hit.passage.id for hit in found] == [hit.passage.id for hit in plain]
    expected = scaled(np.array([hit.confidence for hit in plain]), **TWICE)
    assert [hit.confidence for hit in found] == pytest.approx(expected, abs=1e-3)
    prefer(news, None)
    assert news.search("coffee in Hanoi").hits == plain.hits


def test_what_is_answerable_follows_the_scaled_confidence(news):
    sure = news.search("coffee prices")
    assert sure.answerable
    prefer(news, None, {"slope": 1.0, "shift": -9.0})
    assert not news.search("coffee prices").answerable
    assert not news.search("coffee prices", min_confidence=0.1)


def test_confidences_from_words_alone_are_left_as_they_are(news):
    plain = news.search("coffee in Hanoi", mode="keyword").hits
    prefer(news, None, TWICE)
    assert news.search("coffee in Hanoi", mode="keyword").hits == plain


def test_tuning_says_what_fitting_confidences_gains_and_applies_only_what_is_real(news):
    found = tune(news, mixed(), apply=True)
    assert found.confidence.questions == 72
    assert found.confidence.real
    assert (found.real, found.applied) == (False, True)
    assert news.status()["ranking"] is None
    assert news.status()["calibration"] == found.confidence.after(None)
    again = tune(news, mixed())
    assert again.confidence.present == pytest.approx(found.confidence.present - found.confidence.gain, abs=0.1)


def test_an_unreal_gain_leaves_index_and_earlier_fits_as_they_were(news):
    prefer(news, None, TWICE)
    generation = news.generation
    found = tune(news, mixed())
    kept = applied(news, replace(found, real=False, confidence=replace(found.confidence, real=False)))
    assert (kept.applied, news.generation, news.settings.calibration) == (False, generation, TWICE)


def test_a_fit_survives_new_documents_and_an_export_but_no_change_of_model(news, tmp_path, embedder):
    prefer(news, None, TWICE)
    news.add([replace(NEWS[0], id="again")])
    assert news.settings.calibration == TWICE
    news.export(tmp_path / "news.zip")
    with Index.import_(tmp_path / "news.zip", tmp_path / "copy", embedder=embedder) as copy:
        assert copy.settings.calibration == TWICE
    with Index.import_(tmp_path / "news.zip", tmp_path / "other", embedder=OtherEmbedder()) as other:
        assert other.settings.calibration is None
    news.rebuild(embedder="none")
    assert news.settings.calibration is None


class Kept:
    """A catalog that holds these settings."""

    def __init__(self, **found):
        self._found = found

    def settings(self):
        return self._found


def test_settings_from_before_there_were_fits_open_and_damaged_ones_do_not():
    before = Settings().to_dict()
    assert not before.keys() & {"ranking", "calibration"}
    assert read_settings(Kept(**before)) == Settings()
    with pytest.raises(IndexCorrupt, match="calibration is"):
        read_settings(Kept(**before, calibration={"slope": 1.0}))
