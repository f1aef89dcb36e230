import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.text.sentences import sentences


def texts_of(text):
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["He lives in the U.S. and works.", "It rains."],
        ["He moved to the U.S. in 2024.", "She stayed."],
        ["It was made in the U.S.", "The firm agreed."],
        ["Mr. Smith met Dr. Jones at 5 p.m. on Monday.", "They talked."],
        ["J. K. Rowling wrote it.", "Nobody knew."],
        ["George W. Bush left.", "He lost to no one."],
        ["So do I.", "The end is near."],
        ["Shares rose 3.5 percent to $4.20.", "Then they fell."],
        ["The answer is 42.", "Nobody asked."],
        ["Version 1.0.21 is out.", "Visit example.com.", "Now it works."],
        ['"We are done."', "He left the room."],
        ['"Why now?" he asked.', '"Because," she said.'],
        ["“It is over.”", "“No!” said Ann."],
        ["(It was late.)", "He slept."],
        ["Acme Inc. Chief Executive Bob Lee resigned.", "Why?", "Nobody said."],
        ["Talks end on Jan. 5 in Geneva.", "No. 10 said no.", "That was all."],
        ["Gen. Lee spoke to Sen. Warren, D-Mass., on Friday.", "They agreed."],
        ["Wait... what happened?", "Nothing!"],
        ["See Fig. 3 for more.", "The e.g. case is rare."],
        ["It opens at 9 a.m.", "It closes at 5 p.m."],
        ["1. Preheat the oven.", "2. Bake the bread."],
        ["Er kam am 3. Mai nach Bonn.", "Dann ging er z.B. nach Köln."],
        ["El Sr. García llegó a las 5.", "¿Por qué?", "No se sabe."],
        ["यह पहला वाक्य है।", "यह दूसरा है।"],
    ],
)
def test_sentences_are_found_again(expected):
    assert texts_of(" ".join(expected)) == expected


def test_chinese_needs_no_space():
    assert texts_of("今天天气很好。我们去公园散步！“你来吗？”") == ["今天天气很好。", "我们去公园散步！", "“你来吗？”"]


def test_thai_ends_at_spaces_between_thai_letters_only():
    assert texts_of("ฉันชอบอ่านหนังสือ เขามี iPhone สองเครื่อง") == ["ฉันชอบอ่านหนังสือ", "เขามี iPhone สองเครื่อง"]


def test_only_the_asked_part_is_cut():
    text = "One is here. Two is there. Three is gone."
    assert [text[a:b] for a, b in sentences(text, 4, 20)] == ["is here.", "Two is"]


@given(st.text(st.one_of(st.sampled_from(list("ab AU.!?\"'”。 \n\u0e44ไ3)")), st.characters())))
def test_sentences_cover_the_text_in_order(text):
    spans = sentences(text)
    assert all(left_end <= right for (_, left_end), (right, _) in pairwise(spans))
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)
    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", "".join(texts_of(text)))
