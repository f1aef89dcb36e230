"""Remembered word pieces are those of the tokenizer, whatever the text."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

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
@given(
    st.text()
    | st.text(alphabet="aé\u0301 \n\t\x0b\x85\u2028\u00a0[MASK].,'字‘’“”–—…_-9\x7f")
    | st.text(st.characters(codec="ascii"))
)
@example(ODD)
@example("")
def test_remembered_pieces_are_those_of_the_tokenizer(original, remembering, text):
    text = valid_text(text)
    assert remembering.encode(text) == original.encode(text).ids
    assert remembering.count([text]) == [len(original.encode(text, add_special_tokens=False).ids)]


@pytest.mark.parametrize(("lower", "added"), [(False, "[NEW]"), (True, "<new>")])
def test_capitals_and_added_tokens_are_as_the_tokenizer_has_them(lower, added):
    words = {"[UNK]": 0, "Tea": 1, "tea": 2, "##s": 3, "!": 4, "<": 5, "new": 6, ">": 7, "[": 8, "]": 9, "NEW": 10}
    whole = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))  # noqa: S106
    whole.normalizer, whole.pre_tokenizer = (
        normalizers.BertNormalizer(lowercase=lower),
        pre_tokenizers.BertPreTokenizer(),
    )
    whole.add_tokens([added])
    for text in ("Teas tea!", f"tea{added}s", f"tea {added}", "TEA", "tea[NEW]é"):
        assert WordPieces(whole).encode(text) == whole.encode(text).ids


def test_a_full_memory_forgets_and_goes_on(original, monkeypatch):
    monkeypatch.setattr(wordpieces, "CACHE_SIZE", 3)
    small = WordPieces(original)
    text = "one two three four five six one two"
    assert small.encode(text) == small.encode(text) == original.encode(text).ids


def test_another_kind_of_tokenizer_is_asked_for_every_text():
    whole = Tokenizer(models.WordLevel({"new york": 0}))
    whole.pre_tokenizer = pre_tokenizers.Split(",", "removed")
    assert WordPieces(whole).encode("new york,new york") == [0, 0]


def made(model, pre_tokenizer, post_processor):
    whole = Tokenizer(model)
    whole.pre_tokenizer, whole.post_processor = pre_tokenizer, post_processor
    return WordPieces(whole)


def test_what_a_tokenizer_puts_around_a_text_stays_when_it_is_cut():
    words = {"<s>": 0, "</s>": 1, "a": 2, "b": 3, "[UNK]": 4}
    both = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), add_prefix_space=False)
    around = made(models.WordLevel(words, unk_token="[UNK]"), pre_tokenizers.Whitespace(), both)  # noqa: S106
    assert around.cut(around.encode("a b a b"), 4) == [0, 2, 3, 1]
    assert around.cut(around.encode("a b"), 4) == [0, 2, 3, 1]
    assert around.count(["a b", ""]) == [2, 0]
    end = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    behind = made(models.WordLevel(words, unk_token="[UNK]"), pre_tokenizers.Whitespace(), end)  # noqa: S106
    assert behind.cut(behind.encode("a b a b"), 3) == [2, 3, 1]


def test_the_share_of_unknown_pieces_leaves_special_ones_out():
    pieces = models.Unigram([("<unk>", -9.0), ("\u2581", -2.0), ("\u2581a", -1.0)], unk_id=0)
    unigram = made(pieces, pre_tokenizers.Metaspace(), processors.TemplateProcessing(single="$A", special_tokens=[]))
    assert [unigram.unknown(text) for text in ("a a", "\u96ea \u96ea", "")] == [0, 0.5, 0]
