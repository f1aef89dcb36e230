"""Query trees as OpenSearch has them; what they find is tested on a cluster, by the contract's tests."""

from __future__ import annotations

from datetime import date

import pytest

from searchkit.cluster.queries import ALWAYS, NEVER, scale_of, translated
from searchkit.errors import QueryError
from searchkit.queries.syntax import NOTHING, Boolean, DateRange, Fuzzy, Phrase, Prefix, Term, Wildcard

BODY = {"term": {"body": {"value": "tea", "boost": 1.0}}}
THREE = [
    {"term": {"title": {"value": "tea", "boost": 0.25}}},
    {"term": {"section": {"value": "tea", "boost": 0.25}}},
    BODY,
]


def test_a_term_is_looked_for_in_every_field_with_its_weight():
    assert translated(Term("tea")) == {"bool": {"should": THREE}}
    assert translated(Term("tea", "body")) == BODY


def test_boosts_multiply_on_the_way_down():
    query = Boolean(should=(Term("tea", "title", boost=3.0),), boost=2.0)
    assert translated(query) == {"term": {"title": {"value": "tea", "boost": 1.5}}}


def test_nested_alternatives_are_one_flat_list():
    query = Boolean(should=(Term("tea", "body"), Boolean(should=(Term("tea", "body"), Term("tea", "body")))))
    assert translated(query) == {"bool": {"should": [BODY, BODY, BODY]}}


def test_what_must_not_be_alone_lets_all_else_through_without_a_score():
    assert translated(Boolean(must_not=(Term("tea", "body"),))) == {"bool": {"must_not": [BODY], "filter": [ALWAYS]}}
    nothing_but = translated(Boolean(should=(NOTHING,), must_not=(Term("tea", "body"),)))
    assert nothing_but == {"bool": {"should": [NEVER], "must_not": [BODY]}}
    assert translated(NOTHING) == translated(Phrase((), field="body")) == NEVER


@pytest.mark.parametrize(
    ("query", "leaf"),
    [
        (Prefix("te", "body"), {"prefix": {"body": {"value": "te", "boost": 0.5, "rewrite": "constant_score"}}}),
        (
            Wildcard("t?\\*", "body"),
            {"wildcard": {"body": {"value": "t?\\\\*", "boost": 0.5, "rewrite": "constant_score"}}},
        ),
        (
            Fuzzy("tea", 2, "body"),
            {
                "constant_score": {
                    "filter": {"fuzzy": {"body": {"value": "tea", "fuzziness": 2, "rewrite": "constant_score"}}},
                    "boost": 0.5,
                }
            },
        ),
    ],
    ids=lambda given: type(given).__name__,
)  # fmt: skip
def test_what_scores_a_constant_scores_it_whatever_the_clusters_bm25_lacks(query, leaf):
    assert translated(query, scale=2.0) == leaf


def test_phrases_keep_their_slop_and_one_of_one_term_is_a_term():
    phrase = {"match_phrase": {"body": {"query": "green tea", "slop": 2, "boost": 1.0}}}
    assert translated(Phrase(("green", "tea"), 2, "body")) == phrase
    assert translated(Phrase(("tea",), field="body")) == BODY


def test_days_are_compared_as_numbers_and_score_nothing():
    first, last = date(2024, 5, 1), date(2024, 5, 2)
    within = {"range": {"day": {"gte": first.toordinal(), "lte": last.toordinal()}}}
    assert translated(DateRange(first, last)) == {"constant_score": {"filter": within, "boost": 0.0}}
    assert translated(DateRange(None, None)) == {
        "constant_score": {"filter": {"exists": {"field": "day"}}, "boost": 0.0}
    }


def test_very_many_words_are_looked_for_in_texts_alone():
    words = Boolean(should=tuple(Term(f"w{at}") for at in range(400)))
    clauses = translated(words)["bool"]["should"]
    assert [next(iter(each["term"])) for each in clauses] == ["body"] * 400


def test_what_no_cluster_takes_is_refused():
    with pytest.raises(QueryError, match="1,001 words"):
        translated(Boolean(should=tuple(Term(f"w{at}") for at in range(1_001))))
    with pytest.raises(QueryError, match="at most 2"):
        translated(Fuzzy("tea", 3))


@pytest.mark.parametrize(("version", "scale"), [("2.19.1", 1.0), ("3.0.0", 2.2), ("10.1.0", 2.2)])
def test_from_version_3_on_bm25_lacks_its_factor(version, scale):
    assert scale_of(version) == pytest.approx(scale)
