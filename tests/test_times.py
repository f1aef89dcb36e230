"""Which times a question names, on Tuesday, 24 November 2026."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.queries.times import WEAK, named_times

TODAY = date(2026, 11, 24)
FOREVER = date.min.isoformat()

NAMED = {
    # by the calendar
    "Which party won in June 2024?": ("2024-06-01", "2024-06-30"),
    "floods in the summer of 2023": ("2023-06-01", "2023-08-31"),
    "storms in winter 2023/24": ("2023-12-01", "2024-02-29"),
    "exports in 2023, by country": ("2023-01-01", "2023-12-31"),
    "profits in Q3 2022": ("2022-07-01", "2022-09-30"),
    "profits in the second quarter of 2022": ("2022-04-01", "2022-06-30"),
    "car sales in the first half of 2023": ("2023-01-01", "2023-06-30"),
    "news of late 2023": ("2023-09-01", "2023-12-31"),
    "prices in mid-2024": ("2024-05-01", "2024-08-31"),
    "prices at the end of 2023": ("2023-09-01", "2023-12-31"),
    "films in the 1990s": ("1990-01-01", "1999-12-31"),
    "the 2019-2021 drought": ("2019-01-01", "2021-12-31"),
    "the report of 2024-06-18": ("2024-06-18", "2024-06-18"),
    "published at 2023-10-04T22:42:00+00:00": ("2023-10-04", "2023-10-04"),
    "the vote of 5 May 2024": ("2024-05-05", "2024-05-05"),
    "the vote of May 5th, 2024": ("2024-05-05", "2024-05-05"),
    "the days between 10 and 20 May 2024": ("2024-05-10", "2024-05-20"),
    "the days of May 10–20, 2024": ("2024-05-10", "2024-05-20"),
    # without a year: the latest there was
    "what was said on 5 May": ("2026-05-05", "2026-05-05"),
    "what was said on 25 December?": ("2025-12-25", "2025-12-25"),
    "what was said on 29 February": ("2024-02-29", "2024-02-29"),
    "prices in November": ("2026-11-01", "2026-11-30"),
    "prices at the end of May": ("2026-05-01", "2026-05-31"),
    "prices in spring": ("2026-03-01", "2026-05-31"),
    # beginnings, ends and ranges
    "exports since March": ("2026-03-01", "2026-11-24"),
    "exports from 2019 on": ("2019-01-01", "2026-11-24"),
    "exports after 5 May 2024": ("2024-05-06", "2026-11-24"),
    "exports before 2020": (FOREVER, "2019-12-31"),
    "exports until June 2024": (FOREVER, "2024-06-30"),
    "exports between May and July 2021": ("2021-05-01", "2021-07-31"),
    "exports from November to January 2021": ("2020-11-01", "2021-01-31"),
    "exports from 2019 to 2021": ("2019-01-01", "2021-12-31"),
    "exports between 2019 and 2021": ("2019-01-01", "2021-12-31"),
    # from today
    "what happened yesterday": ("2026-11-23", "2026-11-23"),
    "what happened last week?": ("2026-11-16", "2026-11-22"),
    "what happened last weekend?": ("2026-11-21", "2026-11-22"),
    "what happened on Monday": ("2026-11-23", "2026-11-23"),
    "what happened last Tuesday": ("2026-11-17", "2026-11-17"),
    "what happened this year": ("2026-01-01", "2026-12-31"),
    "what happened last month": ("2026-10-01", "2026-10-31"),
    "what happened last quarter": ("2026-07-01", "2026-09-30"),
    "what happened last May": ("2026-05-01", "2026-05-31"),
    "what happened last fall": ("2025-09-01", "2025-11-30"),
    "what happened in the past three days": ("2026-11-21", "2026-11-24"),
    "what happened over the last 2 weeks": ("2026-11-10", "2026-11-24"),
    "what happened 3 days ago": ("2026-11-21", "2026-11-21"),
    "what happened two months ago": ("2026-09-09", "2026-10-09"),  # 61 days ago, 15 to each side
}
WEAKLY = {
    "the crisis of 2008": ("2008-01-01", "2008-12-31"),
    "US goods deficit with Vietnam 2024": ("2024-01-01", "2024-12-31"),
    "growth forecast for 2025?": ("2025-01-01", "2025-12-31"),
}
NAMELESS = (
    "before the summit",
    "the 2008 crisis",
    "in the 2008 crisis",
    "write it in 2024 words",
    "2024 people came",
    "Windows 95",
    "CVE-2024-3094",
    "xz Utils 5.6.0",
    "it cost $2024 in all",
    "2,024 and 12024",
    "in Mar del Plata",
    "on 31 June",
    "What this may mean",
    "What may happen?",
    "Who marched?",
    "the last year of the war",
    "his last year in office",
    "since the fall in prices",
    "in the fall of the wall",
    "What will happen in May?",
    "next week",
    "in 2030",
    "this weekend",
    "How many ships will pass from February?",
    "the second half",
    "How much is 20 percent?",
    "What did Theresa May say?",
)


def span(question: str) -> tuple[str, str]:
    (found,) = named_times(question, TODAY)
    return found.first.isoformat(), found.last.isoformat()


@pytest.mark.parametrize(("question", "days"), NAMED.items())
def test_a_time_is_found_with_its_days(question, days):
    assert span(question) == days
    assert [found.strength for found in named_times(question, TODAY)] == [1]


@pytest.mark.parametrize(("question", "days"), WEAKLY.items())
def test_a_year_that_may_name_an_event_counts_less(question, days):
    assert span(question) == days
    assert [found.strength for found in named_times(question, TODAY)] == [WEAK]


@pytest.mark.parametrize("question", NAMELESS)
def test_what_is_no_time_of_publication_is_not_found(question):
    assert named_times(question, TODAY) == ()


def test_two_times_are_two_spans_with_their_places_in_the_question():
    question = "Did the report of 26 September 2023 contradict the one of last year?"
    found = named_times(question, TODAY)
    assert [question[each.start : each.end] for each in found] == ["26 September 2023", "last year"]
    assert [each.kind for each in found] == ["absolute", "relative"]


def test_absolute_times_do_not_move_with_today_and_relative_ones_do():
    later = date(2030, 1, 31)
    assert named_times("in June 2024", later)[0].first == date(2024, 6, 1)
    assert named_times("last month", later)[0].first == date(2029, 12, 1)


WORDS = [
    *(
        "in",
        "since",
        "before",
        "between",
        "and",
        "to",
        "until",
        "last",
        "this",
        "past",
        "of the",
        "ago",
        "of",
        "-",
        "–",
    ),
    *("May", "may", "March", "5", "29 February", "2024", "1999", "Q3", "quarter", "summer", "fall", "auguſt", "99"),
    *(
        "week",
        "two",
        "years",
        "yesterday",
        "Monday",
        "decade",
        "mid-2020",
        "2023-24",
        "2020-13-40",
        "/",
        "20",
        "'s",
        ",",
    ),
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map(" ".join)), st.dates())
def test_any_text_on_any_day_gives_spans_in_order_that_have_begun(text, today):
    found = named_times(text, today)
    assert all(each.first <= min(each.last, today) for each in found)
    assert all(0 < each.strength <= 1 and text[each.start : each.end].strip() for each in found)
    assert [each.start for each in found] == sorted({each.start for each in found})


def test_a_pasted_text_names_no_time():
    assert named_times("in June 2024 " * 200, TODAY) == ()
