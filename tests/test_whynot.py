"""Why an expected passage is not in the result: every way to get lost has a name and a way out."""

import json
from dataclasses import replace

import pytest

from tests.worlds import NEWS


def why(index, passage_id, query, **options):
    answer = index.why_not(passage_id, query, **options)
    assert json.dumps(answer.to_dict())
    return answer


def test_a_passage_that_is_in_the_result_is_found(news):
    answer = why(news, "hanoi#0", "analysts Vietnam")
    assert (answer.verdict, answer.rank) == ("found", 1)
    assert set(answer.arms) == {"keyword", "vector"}


@pytest.mark.parametrize("passage_id", ["tea#0", "hanoi#7", "nonsense", ""])
def test_an_unknown_passage_is_not_indexed(news, passage_id):
    answer = why(news, passage_id, "analysts")
    assert answer.verdict == "not_indexed"
    assert answer.advice


def test_a_wrong_number_says_how_many_there_are(news):
    assert "2 passages, numbered 0 to 1" in why(news, "hanoi#7", "analysts").reasons[0]


def test_a_filter_is_named(news):
    answer = why(news, "hanoi#0", "analysts", where='section = "BUSINESS"')
    assert answer.verdict == "filtered"
    assert "BUSINESS" in answer.reasons[0]


def test_an_operator_that_keeps_it_out_is_said(news):
    assert why(news, "coffee#0", "Vietnam -coffee").verdict == "no_match"


def test_missing_terms_are_listed_with_their_weight(news):
    answer = why(news, "manila#0", "Vietnam tariffs", mode="keyword")
    assert answer.verdict == "no_match"
    assert set(answer.missing) == {"vietnam", "tariff"}
    assert any("in no passage at all" in reason for reason in answer.reasons)
    assert any("in 2 other passages" in reason for reason in answer.reasons)


def test_a_rank_below_the_cut_is_given_with_the_k_that_reaches_it(news):
    answer = why(news, "manila#0", "analysts Vietnam balances powers", k=1)
    assert answer.verdict == "cut"
    assert answer.rank > 1
    assert f"ask for k={answer.rank}" in answer.advice
    found = news.search("analysts Vietnam balances powers", k=answer.rank)
    assert found[-1].passage.id == "manila#0"


def test_a_collapsed_copy_is_named(news):
    news.add([replace(NEWS[0], id="wire")])
    shown = news.search("analysts Vietnam", collapse=True)[0]
    (copy,) = [passage_id for passage_id in shown.duplicates if passage_id.endswith("#0")]
    answer = why(news, copy, "analysts Vietnam", collapse=True)
    assert answer.verdict == "collapsed"


def test_a_cap_per_document_is_named(news):
    answer = why(news, "hanoi#1", "Vietnam Hanoi weather analysts powers balances", per_document=1, k=5)
    assert answer.verdict == "capped"


def test_a_better_mode_is_advised(news):
    answer = why(news, "manila#0", "philippines vote may", weights={"vector": 0, "keyword": 1}, k=1)
    assert answer.verdict == "found"
