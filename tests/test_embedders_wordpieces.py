"""Remembered word pieces are those of the tokenizer, whatever the text."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from searchkit.models.embedders import wordpieces
from searchkit.models.embedders.checks import valid_text
from searchkit.models.embedders.local import MINILM
from searchkit.models.embedders.runtime import tokenizer
from searchkit.models.embedders.wordpieces import WordPieces

ODD = "a\x0bb a\x85b\x1cc \u2028 x\u00a0y \u0301e \u200d [SEP]a[MASK] ﬁ 漢字かな \x00 Ünïcödé " + "w" * 101


@pytest.fixture(scope="module")
def original():
    return tokenizer((MINILM / "tokenizer.json").read_bytes())


@pytest.fixture(scope="module")
def remembering(original):
    return WordPieces(original)


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text(alphabet="aé\u0301 \n\t\x0b\x85\u2028\u00a0[MASK].,'字"))
@example(ODD)
@example("")
def test_remembered_pieces_are_those_of_the_tokenizer(original, remembering, text):
    text = valid_text(text)
    assert remembering.encode(text) == original.encode(text).ids


def test_a_full_memory_forgets_and_goes_on(original, monkeypatch):
    monkeypatch.setattr(wordpieces, "CACHE_SIZE", 3)
    small = WordPieces(original)
    text = "one two three four five six one two"
    assert small.encode(text) == small.encode(text) == original.encode(text).ids


def test_another_kind_of_tokenizer_is_asked_for_every_text():
    whole = Tokenizer(models.WordLevel({"new york": 0}))
    whole.pre_tokenizer = pre_tokenizers.Split(",", "removed")
    assert WordPieces(whole).encode("new york,new york") == [0, 0]
