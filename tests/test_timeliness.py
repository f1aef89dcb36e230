"""The time that a question names raises passages of that time, and never rules out the others."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from searchkit import Document, Index
from searchkit.queries.times import TimeSpan
from searchkit.search.inquiry import Inquiry
from searchkit.search.memory import Memory
from searchkit.search.request import SearchRequest
from searchkit.search.stages import time
from searchkit.search.timeliness import closeness, neutral, recency
from searchkit.text.analysis import Analyzer

JUNE = TimeSpan(date(2024, 6, 1), date(2024, 6, 30), "absolute", 0, 9)  # 30 days
DATES = ("2024-06-20", "2024-07-30", "2023-01-01", None)


@pytest.fixture
def view(tmp_path):
    with Index.create(tmp_path / "i", embedder="none") as index:
        index.add(
            Document(str(row), f"Report {row} says that coffee is dear.", metadata={"date": day} if day else {})
            for row, day in enumerate(DATES)
        )
        with index._reading() as view:
            yield view


def rows_of(view):
    return np.array([view.passages.row_of(f"{row}#0") for row in range(len(DATES))], np.int64)


def bonus(view, question, rows, *, today=None):
    return time.bonus(Inquiry(view, None, Analyzer("en"), SearchRequest(question, today=today)), rows)


def ordinals(*days: str) -> np.ndarray:
    return np.array([date.fromisoformat(day).toordinal() if day else np.nan for day in days], np.float64)


def test_a_day_inside_is_1_and_a_day_outside_falls_with_the_distance_in_lengths_of_the_span():
    found = closeness(ordinals("2024-06-01", "2024-06-30", "2024-07-30", "2024-08-29"), [JUNE])
    assert found == pytest.approx([1, 1, np.exp(-1), np.exp(-2)])


def test_before_the_span_is_half_as_near_as_after_it():
    assert closeness(ordinals("2024-05-17"), [JUNE]) == pytest.approx(closeness(ordinals("2024-07-30"), [JUNE]))


def test_a_single_day_reaches_as_far_as_a_week():
    day = TimeSpan(date(2024, 6, 20), date(2024, 6, 20), "absolute", 0, 9)
    assert closeness(ordinals("2024-06-27"), [day]) == pytest.approx([np.exp(-1)])


def test_a_span_without_a_beginning_reaches_a_year_beyond_its_end():
    before = TimeSpan(date.min, date(2019, 12, 31), "absolute", 0, 9)
    assert closeness(ordinals("1950-01-01", "2020-12-30"), [before]) == pytest.approx([1, np.exp(-1)])


def test_the_nearest_of_two_spans_counts_and_a_weak_one_less():
    weak = JUNE._replace(first=date(2023, 1, 1), last=date(2023, 1, 31), strength=0.5)
    assert closeness(ordinals("2024-06-20", "2023-01-01"), [JUNE, weak]) == pytest.approx([1, 0.5])


def test_a_passage_without_a_date_gets_the_mean_of_the_others():
    assert neutral(np.array([1.0, np.nan, 0.0])).tolist() == [1, 0.5, 0]
    assert neutral(np.array([np.nan])).tolist() == [0]


def test_bonus_reads_the_dates_of_the_index(view):
    found = bonus(view, "coffee prices in June 2024", rows_of(view))
    assert found is not None
    assert found == pytest.approx([1, np.exp(-1), 0, (1 + np.exp(-1)) / 3], abs=1e-6)
    assert found.dtype == np.float32


def test_last_week_counts_from_the_day_that_is_given(view):
    found = bonus(view, "coffee prices last week", rows_of(view), today=date(2024, 6, 26))
    assert found is not None
    assert found[0] == 1


@pytest.mark.parametrize("question", ["coffee prices", "coffee before the summit", "coffee since 1990"])
def test_there_is_no_bonus_where_time_decides_nothing(view, question):
    assert bonus(view, question, rows_of(view)) is None


def test_there_is_no_bonus_without_dates(view):
    assert bonus(view, "coffee in June 2024", rows_of(view)[3:]) is None


def test_an_archive_that_ended_long_ago_is_not_moved_by_last_week(view):
    assert bonus(view, "coffee last week", rows_of(view), today=date(2026, 11, 24)) is None


def test_a_far_better_passage_of_another_time_still_wins_at_the_default_weight(view):
    found = bonus(view, "coffee prices in June 2024", rows_of(view))
    relevance = np.array([0.7, 0.0, 1.0, 0.0])
    assert np.argmax(relevance + time.WEIGHT * found) == 2
    nearly_as_good = np.array([0.95, 0.0, 1.0, 0.0])
    assert np.argmax(nearly_as_good + time.WEIGHT * found) == 0


def test_recency_halves_with_each_half_life(view):
    found = recency(Memory(view).days(rows_of(view)[:2]), 40, date(2024, 7, 30))
    assert found == pytest.approx([0.5, 1])
