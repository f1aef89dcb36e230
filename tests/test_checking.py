"""An answer against what it cites: markers, statements without any, and what is not in the passages."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit import AnswerReport, ArgumentError, Citation, Context, Document
from searchkit.search.answer_sentences import read
from searchkit.search.context import digest_of
from searchkit.types import Passage

MADRID = (
    "Employees in Madrid get 25 days of leave. “We grew by 12 percent,\nnot by 1,200 units,” said Ingrid Solheim of "
    "Northgate Risk, an adviser to the Vietnamese state and the U.S. army, at 3 sites."
)
OSLO = "Employees in Oslo get thirty days of leave since 3 May 2021, at −5 °C, or $1.5 million. Model B12 is cheap."


def cited(marker: str, doc_id: str, text: str, title: str = "", date: str = "") -> Citation:
    passage = Passage(f"{doc_id}#0", doc_id, 0, text, 0, len(text), 1, 1, title, metadata={"date": date})
    return Citation(marker, 1, 1.0, passage, digest_of(passage))


CITED = (cited("[1]", "madrid", MADRID, "Leave policy", "2024-06-20"), cited("[2]", "oslo", OSLO))
CONTEXT = Context("Who pays in Oslo?", "", CITED, 0, 1)


def check(answer: str) -> AnswerReport:
    report = CONTEXT.check(answer)
    for each in (*report.unsupported, *report.unknown):
        assert answer[each.start : each.end] == each.text
    return report


def texts(answer: str, spans) -> list[str]:
    return [answer[each.start : each.end] for each in spans]


# --- markers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "markers"),
    [
        ("It is so [1].", ["[1]"]),
        ("It is so.[2]", ["[2]"]),
        ("It is so [2][1].", ["[2]", "[1]"]),
        ("It is so [1, 2].", ["[1]", "[2]"]),
        ("It is so [1-2].", ["[1]", "[2]"]),
        ("It is so [1–2].", ["[1]", "[2]"]),
        ("It is so [1 and 2].", ["[1]", "[2]"]),
        ("It is so ［1］【2】.", ["[1]", "[2]"]),
        ("It is so ［１，２］.", ["[1]", "[2]"]),
        ("[1] It is so.", ["[1]"]),
        ("According to [1], it is so.", ["[1]"]),
        ("It is so.\n\n[1]", ["[1]"]),
        ("- It is so. [1]", ["[1]"]),
    ],
)
def test_markers_are_read_as_models_write_them(answer, markers):
    report = check(answer)
    assert list(report.cited) == markers
    assert [list(each.cites) for each in report.sentences] == [markers]
    assert report.ok


@pytest.mark.parametrize("answer", ["It is so [3].", "It is so [1-3].", "It is so [0].", "[7]", "It is so [1, 9]."])
def test_a_marker_without_a_citation_is_named(answer):
    report = check(answer)
    assert texts(answer, report.unknown) == [answer[answer.index("[") : answer.index("]") + 1]]
    assert not report.ok


@pytest.mark.parametrize("answer", ["x \\[1]", "`row[1]` is so", "It was so [2019]", "row[i]", "(1)", "```\na[1]\n```"])
def test_other_brackets_are_no_markers(answer):
    report = check(answer)
    assert (report.cited, report.unknown) == ((), ())


def test_a_marker_belongs_to_the_sentence_before_it_unless_all_stand_in_front():
    behind = "One is so. [1] Two is so.[2] Three is so."
    assert [each.cites for each in check(behind).sentences] == [("[1]",), ("[2]",), ()]
    before = "[1] One is so. [2] Two is so."
    assert [each.cites for each in check(before).sentences] == [("[1]",), ("[2]",)]


# --- statements without a marker --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("It is so.", "statement"),
        ("Sure, leave is unlimited.", "statement"),
        ("Yes, in Madrid.", "statement"),
        ("# Leave in Madrid", "heading"),
        ("**Leave in Madrid**", "heading"),
        ("Here are the rules of Madrid:", "heading"),
        ("Is it so in Madrid?", "question"),
        ("Hello Anna!", "aside"),
        ("Thanks for asking!", "aside"),
        ("Sure, happy to help.", "aside"),
        ("Yes.", "aside"),
        ("I hope this helps! ", "aside"),
        ("Let me know if you have any other questions.", "aside"),
        ("I don’t know.", "aside"),
        ("Unfortunately, the sources do not mention overtime.", "aside"),
        ("The passages provided don't say who pays.", "aside"),
    ],
)
def test_only_statements_must_cite(answer, kind):
    report = check(answer)
    assert [each.kind for each in report.sentences] == [kind]
    assert bool(report.uncited) == (kind == "statement") == (not report.ok)


def test_a_markdown_answer_is_read_by_its_parts():
    answer = (
        "# Leave\n\nIn Madrid it is 25 days [1]. In Oslo it is\nthirty. Right?\n\n* **Madrid**: 25 days [1]\n"
        "2. 3 sites\n\n| city | days |\n|---|---|\n| Oslo | 30 | [2] |\n\n---\n\n"
        "```\nx = 99\n```\n> quoted, 25 days [1]"
    )
    found = [(answer[each.start : each.end], each.kind) for each in check(answer).sentences]
    assert found == [
        ("# Leave", "heading"),
        ("In Madrid it is 25 days [1].", "statement"),
        ("In Oslo it is\nthirty.", "statement"),
        ("Right?", "question"),
        ("**Madrid**: 25 days [1]", "statement"),
        ("3 sites", "statement"),
        ("| city | days |", "heading"),
        ("| Oslo | 30 | [2] |", "statement"),
        ("quoted, 25 days [1]", "statement"),
    ]
    assert texts(answer, check(answer).uncited) == ["In Oslo it is\nthirty.", "3 sites"]


# --- what the passages bear out ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        "Employees in Madrid get 25 days [1].",
        "employees get twenty-five days in MADRID [1]",
        "It grew by twelve percent, 12 % or 12 per cent, not by 1200 or 1 200 units [1].",
        "One of them is Solheim's Northgate [1].",
        "Vietnam and the US are named [1].",
        "The Leave Policy is of June 2024, 20 June, 2024-06-20 and 20.06.2024 [1].",
        "In Oslo it is 30 days since May 2021, since 2021, since May 3, 2021 [2].",
        "At -5 °C it costs 1,500,000 or 1.5M dollars; that is 5 degrees of frost [2].",
        "Madrid has 25 and Oslo 30 days [1][2].",
        '"We grew by 12 percent, not by 1,200 units," she said [1].',
        "«we grew … not by 1,200 units» [1]; „[They] grew by 12 percent“ [1]",
        "She said ‘we grew by 12 percent’ [1].",
        "The B12 is cheap [2].",
        "Mitarbeiter in Madrid haben 25 Tage Urlaub und das ist nicht viel [1].",  # German writes nouns with a capital
    ],
)
def test_what_is_in_the_passage_is_not_named(answer):
    assert check(answer).unsupported == ()


@pytest.mark.parametrize(
    ("answer", "kind", "found"),
    [
        ("Madrid grants 26 days [1].", "number", ["26"]),
        ("It grants twenty-six days [1].", "number", ["twenty-six"]),
        ("It grants 2.5 days [1].", "number", ["2.5"]),
        ("It grants 25 thousand days [1].", "number", ["25 thousand"]),
        ("It is -3 at 3 sites [1].", "number", ["-3"]),
        ("It grants 30 days [1].", "number", ["30"]),  # as the other one does
        ("It is so in Paris [1].", "name", ["Paris"]),
        ("It is so in Oslo [1].", "name", ["Oslo"]),
        ("Oslo grants 25 days [1].", "name", ["Oslo"]),  # it has a capital in the question too
        ("Says Ingrid Berg [1].", "name", ["Berg"]),
        ("North Korea pays [1].", "name", ["Korea"]),
        ("The new B13 is so [1].", "name", ["B13"]),
        ("Since 3 May 2022 it is so [2].", "date", ["3 May 2022"]),
        ("Since 4 May 2021 it is so [2].", "date", ["4 May 2021"]),
        ("Since June 2021 it is so [2].", "date", ["June 2021"]),
        ("Since 2021-05-04 it is so [2].", "date", ["2021-05-04"]),
        ('She said "we shrank by 12 percent" [1].', "quotation", ['"we shrank by 12 percent"']),
        ("“We grew by 12 percent. It is so” [1].", "quotation", ["“We grew by 12 percent. It is so”"]),
        ("« not by 1,200 units … we grew » [1]", "quotation", ["« not by 1,200 units … we grew »"]),
    ],
)
def test_what_is_not_in_the_passage_is_named(answer, kind, found):
    report = check(answer)
    assert texts(answer, [each for each in report.unsupported if each.kind == kind]) == found
    assert not report.ok


def test_a_report_tells_json_what_it_found():
    answer = "Oslo pays 26 [1]. So it is. [4]"
    shape = json.loads(json.dumps(check(answer).to_dict()))
    assert shape["ok"] is False
    assert shape["cited"] == ["[1]"]
    assert [each["text"] for each in shape["unknown"]] == ["[4]"]
    assert [(each["kind"], each["text"]) for each in shape["sentences"][0]["unsupported"]] == [
        ("name", "Oslo"), ("number", "26"),
    ]  # fmt: skip


TRICKS = [
    "[1]", "[", "]", "[1,", "-2]", "“", "”", '"', "‘", "’", "`", "```", "\n", "|", "|-|", "# ", "**", "- ", "1. ", ".",
    "!", " ", "\\", "Oslo", "3 May", "2021", "1,200", "twenty", "-", "five", "hundred", "per cent", "$", "…",
    "9" * 5_000,
]  # fmt: skip


@given(st.lists(st.sampled_from(TRICKS) | st.text(max_size=5), max_size=25).map("".join))
def test_any_answer_has_a_report_whose_sentences_do_not_overlap(answer):
    report = check(answer)
    assert json.dumps(report.to_dict())
    spans = [(each.start, each.end) for each in report.sentences]
    assert all(0 <= start < end <= len(answer) for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert len(read(answer).text) == len(answer)


LONG = 100_000
RUNS = [
    *TRICKS[:-1], "[1", "[1,1", "!\"", "“a ", "‘a’b", "100 ", "a.", "A.", "Oslo ", "1.", "|a\n", "[1-999]",
    "twenty hundred ", "a\n\n", "[1] a. ", "* ", "3 May ", "> ",
]  # fmt: skip


@pytest.mark.parametrize("part", RUNS)
def test_a_long_answer_is_read_in_linear_time(part):
    """What took the square of this would take hours."""
    check(part * (LONG // len(part)) + "x")


# --- contexts that come back ------------------------------------------------------------------------------------


def test_a_context_comes_back_from_json(news):
    made = news.context("analysts on Vietnam", min_confidence=0)
    assert made.citations
    assert Context.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert Context.from_dict(made.to_dict()).citations[0].digest == digest_of(made.citations[0].passage)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda shape: shape.pop("citations"), "context has no citations"),
        (lambda shape: shape.update(citations=5), r"context\.citations must be a list"),
        (lambda shape: shape.update(tokens=-1), r"context\.tokens must not be negative"),
        (lambda shape: shape["citations"].append(shape["citations"][0]), "a marker of its own"),
        (lambda shape: shape["citations"][0].update(marker="1"), r"context\.citations\[0\]\.marker must be a marker"),
        (lambda shape: shape["citations"][0].pop("digest"), r"context\.citations\[0\] has no digest"),
        (lambda shape: shape["citations"][0].update(passage="x"), r"\[0\]\.passage must be a mapping"),
        (
            lambda shape: shape["citations"][0]["passage"].update(start="0"),
            r"\[0\]\.passage\.start must be a whole number",
        ),
    ],
)
def test_what_is_no_context_is_an_error_that_names_the_place(news, change, named):
    shape = news.context("analysts on Vietnam", min_confidence=0).to_dict()
    change(shape)
    with pytest.raises(ArgumentError, match=named):
        Context.from_dict(shape)
    with pytest.raises(ArgumentError, match=named):
        news.check("It is so [1].", shape)


def test_an_index_reads_passages_again_and_believes_no_text_that_is_sent(empty):
    empty.add([Document("oslo", OSLO), Document("madrid", MADRID)])
    made = empty.context("days of leave in Oslo", min_confidence=0)
    marker = next(each.marker for each in made.citations if each.passage.doc_id == "oslo")
    true, forged = f"Oslo pays 30 days {marker}.", f"Oslo pays 99 days {marker}."
    assert empty.check(true, made).ok
    shape = json.loads(json.dumps(made.to_dict()))
    for each in shape["citations"]:
        each["passage"]["text"] = "Oslo pays 99 days."
        each["passage"]["title"] = "99 days"
    report = empty.check(forged, shape)
    assert ([each.text for each in report.unsupported], report.stale) == (["99"], ())


def test_passages_that_were_found_elsewhere_are_cited_in_their_order(empty):
    empty.add([Document("oslo", OSLO), Document("madrid", MADRID)])
    made = empty.cite(["madrid#0", "oslo#0"], "Who pays?")
    assert [(each.marker, each.passage) for each in made.citations] == [
        ("[1]", empty.get("madrid#0")), ("[2]", empty.get("oslo#0")),
    ]  # fmt: skip
    assert made.text.index("[1] ") < made.text.index("[2] ")
    assert (made.question, made.generation, made.tokens > 0) == ("Who pays?", empty.generation, True)
    assert empty.check("Oslo pays 30 days [2].", made).ok
    assert [each.text for each in empty.check("Oslo pays 30 days [1].", made).unsupported] == ["Oslo", "30"]
    assert Context.from_dict(made.to_dict()) == made
    assert empty.cite([]).text == ""


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["oslo"], "'oslo', which is no passage"),
        (["oslo#9"], "no passage"),
        ("oslo#0", "ids must be a list of texts"),
        (["oslo#0"] * 1000, "at most 999"),
    ],
)
def test_only_passages_are_cited(empty, ids, said):
    empty.add([Document("oslo", OSLO)])
    with pytest.raises(ArgumentError, match=said):
        empty.cite(ids)


def test_passages_that_changed_or_went_are_stale_and_no_evidence(empty):
    empty.add([Document("oslo", OSLO), Document("madrid", MADRID)])
    made = empty.context("days of leave", min_confidence=0)
    answer = "Oslo pays 30 days [1, 2]."
    assert empty.check(answer, made).ok
    empty.add([Document("oslo", OSLO.replace("thirty", "31"))], replace=True)
    empty.remove("madrid")
    report = empty.check(answer, made)
    assert sorted(report.stale) == ["[1]", "[2]"]
    assert [each.text for each in report.unsupported] == ["30"]
    moved = [replace(each, passage=replace(each.passage, start=1)) for each in made.citations]
    assert sorted(empty.check(answer, replace(made, citations=tuple(moved))).stale) == ["[1]", "[2]"]
