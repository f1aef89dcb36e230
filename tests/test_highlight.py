"""Which words of a passage a query matched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit import queries
from searchkit.queries.highlight import Highlighter, query_terms, within
from searchkit.text.analysis import Analyzer

ENGLISH = Analyzer("en")


def marked(query, text):
    highlight = Highlighter(queries.parse(query, ENGLISH).tree, ENGLISH)
    return [text[start:end] for start, end in highlight(text)]


@pytest.mark.parametrize(
    ("query", "text", "words"),
    [
        ("analyst says", "Analysts said; the analyst's view. An ANALYST!", ["Analysts", "analyst's", "ANALYST"]),
        ('"great powers"', "The great powers, and a great deal.", ["great", "powers", "great"]),
        ("diplom*", "Diplomats praise diplomacy, not dips.", ["Diplomats", "diplomacy"]),
        ("v?etnam", "Vietnam and Viietnam", ["Vietnam"]),
        ("vietnm~", "Vietnam and Vienna", ["Vietnam"]),
        ("vietnam -coffee", "Vietnam grows coffee.", ["Vietnam"]),
        ("J. R. R. Tolkien", "Books by J. R. R. Tolkien sold.", ["J. R. R", "Tolkien"]),
        ("日本の新聞", "彼は日本の新聞を読む。", ["日本の新聞"]),
        ("coffee", "Nothing of the kind.", []),
    ],
)
def test_words_that_match_are_marked(query, text, words):
    assert [word.strip(".") for word in marked(query, text)] == words


def test_terms_of_more_words_are_found_and_not_marked():
    highlight = Highlighter(queries.parse("coffee", ENGLISH).tree, ENGLISH, others=["hanoi"])
    text = "Coffee of Hanoi, roasted."
    highlight.read([text, "Hanoi"])
    assert highlight.terms(text) == {"coffe", "hanoi"}
    assert highlight.terms("Hanoi") == {"hanoi"}
    assert [text[start:end] for start, end in highlight(text)] == ["Coffee"]


@pytest.mark.parametrize("query", ["coffee", "cof*", "coffe~"])
def test_texts_read_together_are_marked_as_by_themselves(query):
    texts = ["Coffee, coffee-beans", "no tea", "Books by J. R. R. Coffee", "(coffee)"]
    together, alone = (Highlighter(queries.parse(query, ENGLISH).tree, ENGLISH) for _ in range(2))
    together.read(texts)
    assert [together(text) for text in texts] == [alone(text) for text in texts]


def test_terms_of_what_must_not_match_are_not_asked_for():
    assert query_terms(queries.parse("vietnam -coffee", ENGLISH).tree) == ["vietnam"]


@given(st.text(alphabet="abcd. \n-'é日", max_size=40), st.text(alphabet="abcd ", min_size=1, max_size=8))
def test_marks_are_ordered_apart_and_inside(text, query):
    spans = Highlighter(queries.parse(query, ENGLISH).tree, ENGLISH)(text)
    flat = [offset for span in spans for offset in span]
    assert flat == sorted(set(flat))
    assert all(0 <= start < end <= len(text) for start, end in spans)


@given(st.text(alphabet="abcd. \n-'é", max_size=40))
def test_a_text_asked_for_itself_is_marked_wherever_it_has_terms(text):
    terms = set(ENGLISH.terms(text))
    if terms & set(query_terms(queries.parse(text, ENGLISH).tree)):
        assert Highlighter(queries.parse(text, ENGLISH).tree, ENGLISH)(text)


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [("vietnam", "vietnam", 0), ("vietnam", "vietnm", 1), ("ab", "ba", 1), ("abc", "", 3), ("kitten", "sitting", 3)],
)
def test_edit_distance_counts_a_swap_once(left, right, distance):
    assert within(left, right, distance)
    assert distance == 0 or not within(left, right, distance - 1)
