"""Kinds of speakers: who counts as what is asked for, by the words that a report has for them."""

from __future__ import annotations

import pytest

from searchkit.search.speakers import AskedSpeaker
from searchkit.storage.contract import Speaker
from searchkit.text.analysis import Analyzer
from searchkit.text.attribution.kinds import CLOSE, LOOSE, kind_match, marks

KINDS = [
    ("analysts", "Analysts in Oslo", 1),
    ("analysts", "two of the analysts", 1),
    ("analysts", "experts", CLOSE),
    ("analysts", "a group of experts", CLOSE),
    ("analysts", "Experts interviewed by the Courier", CLOSE),
    ("analysts", "some observers", CLOSE),
    ("analysts", "Lena Okafor, a research fellow at the Skagen Academy", CLOSE),
    ("analysts", "Lena Okafor, a senior fellow", CLOSE),
    ("analysts", "the economist Lena Okafor", CLOSE),
    ("analysts", "Lena Okafor, a professor at the Skagen Academy", LOOSE),
    ("analysts", "Lena Okafor of Tidewater Research", LOOSE),
    ("analysts", "Lena Okafor, who follows tea for the consultancy Tidewater", LOOSE),
    ("analysts", "Lena Okafor, a spokeswoman of the Skagen Institute", 0),
    ("analysts", "Lena Okafor of Tidewater", 0),
    ("analysts", "a ferryman", 0),
    ("analysts", "the finance officer of the Skagen council", 0),
    ("officials", "A spokesperson for the embassy in Oslo", CLOSE),
    ("officials", "Prime Minister Ivo Lind", CLOSE),
    ("officials", "the foreign ministry", CLOSE),
    ("officials", "presidential aide Ivo Lind", LOOSE),
    ("officials", "the author of a book on ministers", 0),
    ("officials", "analysts", 0),
    ("officials", "the decree on the official portal", 0),
    ("scholars", "a professor of law", CLOSE),
    ("companies", "Tidewater CEO Ivo Lind", CLOSE),
    ("lawmakers", "Senator Ivo Lind", CLOSE),
    ("pilots", "experts", 0),
]


@pytest.mark.parametrize(("asked", "name", "share"), KINDS)
def test_a_speaker_counts_as_who_is_asked_for(asked, name, share):
    assert kind_match(asked, name) == share


@pytest.mark.parametrize(("asked", "name", "share"), [one for one in KINDS if one[2]])
def test_who_counts_has_one_of_the_marks_by_which_speakers_are_looked_up(asked, name, share):
    terms = Analyzer("en").terms
    assert {term for mark in marks(asked) for term in terms(mark)} & set(terms(name))


def likeness(asked: str, name: str) -> float | None:
    return AskedSpeaker(Analyzer("en"), asked).like({1: Speaker(name)}).get(1)


def test_the_head_of_a_name_counts_as_much_as_all_its_other_words():
    assert likeness("officials in Oslo", "Officials in Oslo") == 1
    assert likeness("officials in Oslo", "a minister in Oslo") == pytest.approx((CLOSE + 1) / 2)
    assert likeness("officials in Oslo", "officials in Skagen") == 0.5
    assert likeness("officials in Oslo", "a ferryman in Oslo") is None
