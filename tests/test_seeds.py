"""The sample news and its judged questions keep their promises."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SEEDS = Path(__file__).parent.parent / "seeds"
REPORTS = sorted(
    path for path in SEEDS.rglob("*") if path.suffix in {".txt", ".md", ".html"} and path.name != "README.md"
)
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
JUDGEMENTS = [(question["id"], item) for question in QUESTIONS for item in question["relevant"]]
KINDS = {"who-said", "fact", "number", "time", "paraphrase", "entity", "unanswerable"}

HTML_BLOCK = re.compile(r"<(p|li|blockquote)\b[^>]*>(.*?)</\1>", re.DOTALL)
BLANK_LINES = re.compile(r"\n\s*\n")
HEAD_LINE = re.compile(r"\A---$|^(Published|Updated): .*|^.*\bPhoto: .*|^#.*", re.MULTILINE)
ARTICLE_DATE = re.compile(r"^(?:Published|Updated|date): .*?\b(202\d)\b|\"datePublished\": ?\"(202\d)", re.MULTILINE)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


@cache
def paragraphs_of(path: Path) -> tuple[str, ...]:
    """Return the prose of a report by blocks: what a judged quote may lie in."""
    text = text_of(path)
    if path.suffix == ".html":
        blocks = [html.unescape(re.sub(r"<[^>]+>", "", match[2])) for match in HTML_BLOCK.finditer(text)]
    else:
        blocks = BLANK_LINES.split(text)
    return tuple(block for block in blocks if not HEAD_LINE.search(block))


def year_of(path: Path) -> str:
    found = ARTICLE_DATE.search(text_of(path))
    assert found is not None, f"{path} states no date"
    return found[1] or found[2]


def test_at_least_forty_reports_in_three_forms() -> None:
    suffixes = Counter(path.suffix for path in REPORTS)
    assert suffixes.total() >= 40
    assert suffixes[".txt"] >= 36
    assert suffixes[".md"] >= 4
    assert suffixes[".html"] >= 4


def test_every_report_lies_in_a_section_folder() -> None:
    assert {path.parent.parent for path in REPORTS} == {SEEDS}


def test_every_report_has_a_date_and_the_dates_spread_over_three_years() -> None:
    years = Counter(year_of(path) for path in REPORTS)
    assert set(years) == {"2023", "2024", "2025"}
    assert min(years.values()) >= 5


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_report_has_five_paragraphs_or_more(path: Path) -> None:
    assert sum(len(paragraph.split()) >= 8 for paragraph in paragraphs_of(path)) >= 5


def test_question_ids_are_unique() -> None:
    ids = [question["id"] for question in QUESTIONS]
    assert len(set(ids)) == len(ids)


def test_question_texts_are_unique() -> None:
    texts = [question["question"] for question in QUESTIONS]
    assert len(set(texts)) == len(texts)


def test_questions_are_many_and_of_known_kinds() -> None:
    kinds = Counter(question["kind"] for question in QUESTIONS)
    assert kinds.total() >= 60
    assert set(kinds) == KINDS
    assert kinds["who-said"] >= 14


def test_unanswerable_questions_are_exactly_those_without_judgements() -> None:
    unanswerable = [question for question in QUESTIONS if not question["relevant"]]
    assert len(unanswerable) >= 10
    assert all((question["kind"] == "unanswerable") == (not question["relevant"]) for question in QUESTIONS)


@pytest.mark.parametrize(("question_id", "item"), JUDGEMENTS)
def test_quote_lies_inside_exactly_one_paragraph(question_id: str, item: dict[str, Any]) -> None:
    holders = [block for block in paragraphs_of(SEEDS / item["doc"]) if item["quote"] in block]
    assert len(holders) == 1, f"{question_id}: {item['quote']!r} is in {len(holders)} paragraphs of {item['doc']}"


def test_grades_are_one_or_two_and_every_answerable_question_has_an_answer() -> None:
    for question in QUESTIONS:
        grades = [item["grade"] for item in question["relevant"]]
        assert set(grades) <= {1, 2}
        assert not grades or 2 in grades, question["id"]


def test_no_paragraph_is_judged_twice_for_one_question() -> None:
    for question in QUESTIONS:
        judged = [
            (item["doc"], block)
            for item in question["relevant"]
            for block in paragraphs_of(SEEDS / item["doc"])
            if item["quote"] in block
        ]
        assert len(set(judged)) == len(judged), question["id"]
