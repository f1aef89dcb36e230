"""A question into its parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.queries.clauses import MOST, parts
from searchkit.text.analysis import Analyzer

ENGLISH = Analyzer("en")


@pytest.mark.parametrize(
    "question",
    [
        "",
        "?",
        "Vietnam",
        "What did analysts say about Vietnam's balancing act between the great powers?",
        "Who is Ada Lovelace and where was she born?",
        "Thanks! Where do traders in London buy robusta?",
        "Where do traders in London buy robusta? Thanks!",
        "What does the U.S. Treasury say of vans, e.g. those of Mr. Tran, and of cars made in St. Louis?",
        'Who said "Coffee prices rose in May. Robusta exports fell by half."?',
        "Was the bridge (the old one. It carried trams, carts and people over the river) ever rebuilt?",
    ],
)
def test_a_question_without_a_second_part_stays_whole(question):
    assert parts(question, ENGLISH) == [question]


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", ["Why did coffee prices rise?", "Which traders bought robusta in London?"]),
        ("en", ["why did coffee prices rise?", "which traders bought robusta in london?"]),
        ("en", ["Coffee is dear in the U.S. market.", "Why is tea from Ceylon cheap?"]),
        ("en", ["He said 'Tea is cheap in Ceylon.'", "Which traders in London agreed with that?"]),
        ("de", ["Warum stieg der Preis für Kaffee?", "Welche Händler kauften Robusta in London?"]),
        ("ru", ["Почему выросли цены на кофе?", "Какие торговцы покупали робусту в Лондоне?"]),
        ("ja", ["コーヒー価格はなぜ上がったのか。", "ロンドンの業者は何を買ったのか。"]),
        ("zh", ["越南咖啡价格为什么上涨？", "伦敦的商人买了什么咖啡！"]),
    ],
)
def test_sentences_are_parts(language, question):
    gap = "" if language in ("ja", "zh") else " "
    assert parts(gap.join(question), Analyzer(language)) == question


def test_clauses_of_one_long_sentence_are_parts():
    """A date and what stands in quotation marks or brackets are not cut."""
    question = [
        "Did the report in The Harbour Gazette of September 26, 2023,",
        'on "robusta, arabica and tea from Ceylon" in the port of London',
        "while the Hanoi Courier (daily, in two languages) wrote about exports,",
        "describe the same traders and prices?",
    ]
    assert parts(" ".join(question), ENGLISH) == question


def test_a_part_that_says_little_belongs_to_the_next_and_the_last_to_the_one_before():
    assert parts("Hello. Why did coffee prices rise? And tea? Which traders bought robusta? Please!", ENGLISH) == [
        "Hello. Why did coffee prices rise?",
        "And tea? Which traders bought robusta? Please!",
    ]


def test_sentences_of_a_question_that_has_several_are_not_cut():
    long = (
        "The harbour was flooded by a storm from the open sea last Monday, the coffee market moved to the hill behind "
        "the old town, and traders in London bought less robusta than ever before."
    )
    assert parts(f"{long} Why did prices fall?", ENGLISH) == [long, "Why did prices fall?"]
    assert len(parts(long, ENGLISH)) == 3


def test_a_text_of_many_sentences_has_parts_of_several():
    found = parts(" ".join(f"Traders bought robusta number {at}." for at in range(100)), ENGLISH)
    assert len(found) <= MOST
    assert found[0].startswith("Traders bought robusta number 0.")
    assert found[-1].endswith("number 99.")


@given(st.text('Tea rose, while. ?!"()“”«»。！？and, 7\n', max_size=300))
def test_parts_are_all_of_the_text_in_its_order(text):
    found = parts(text, ENGLISH)
    assert "".join(text.split()) == "".join("".join(found).split())
