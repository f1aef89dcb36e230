"""Which words of a question name something."""

import pytest

from searchkit.queries.names import names
from searchkit.text.analysis import Analyzer


def named(question: str, *apart: tuple[int, int], language: str = "en") -> list[frozenset[str]]:
    return names(question, Analyzer(language), apart)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What did analysts say about Vietnam?", ["Vietnam"]),
        ("Which treaty did IBM sign with The Hague in 1911?", ["IBM", "Hague", "1911"]),
        ("Apollo 11 landing site", ["11"]),  # the first word has its capital from where it stands
        ('"Vietnam trade" rose', []),  # also behind a sign
        ("iPhone sales in Hanoi", ["iPhone", "Hanoi"]),  # but not a capital within it
        ("IBM or Intel?", ["IBM", "Intel"]),
        ("Who runs the local Wi-Fi network in spring?", ["Wi", "Fi"]),
        ("Who works for O'Brien?", ["O'Brien"]),
        ("Where does The Queen live these days?", ["Queen"]),  # no function word names anything
        ("Vietnam", []),
        ("why is coffee dear", []),
        ("", []),
        ("?!", []),
    ],
)
def test_capitals_and_digits_name_something(question, words):
    assert named(question) == [frozenset(Analyzer("en").terms(word)) for word in words]


def test_capitals_of_a_headline_name_nothing_but_its_numbers_do():
    assert named("Coffee Prices Rise 20 Percent In Vietnam") == [{"20"}]
    assert named("WHAT DID ANALYSTS SAY ABOUT VIETNAM?") == []


def test_a_question_of_one_telling_word_may_have_it_in_capitals():
    assert named("Who leads Hanoi?") == [{"hanoi"}]
    assert named("What about Hanoi?") == [{"hanoi"}]


def test_all_german_nouns_have_capitals_so_that_numbers_alone_name_something():
    assert named("Wie viele Einwohner hat Hamburg seit 1911?", language="de") == [{"1911"}]


def test_what_is_apart_is_left_out():
    question = "What did Vietnam export in June 2024?"
    start = question.index("June")
    assert named(question, (start, start + 9)) == [frozenset(Analyzer("en").terms("Vietnam"))]
    assert len(named(question)) == 3
