"""What a prompt gets of a text: that which shows."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.text.visible import one_line, visible

SHOWN_FORMATS = (
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"  # Arabic, Kaithi
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text\tand\nlines", "plain text\tand\nlines"),
        ("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h\x1ei", "a\nb\nc\nd\ne\nf\ng\nh\ni"),
        ("\x1b[31mred\x07\x9b", "[31mred"),
        ("file\u202etxt.exe\u2066\u2069\u200e\u061c", "filetxt.exe"),
        ("So\u200bur\u00adce\u2060:\ufeff", "Source:"),
        ("hid\U000e0041\U000e0042den", "hidden"),
        ("می\u200cخواهم क्\u200dष 👩\u200d💻 ❤\ufe0f", "می\u200cخواهم क्\u200dष 👩\u200d💻 ❤\ufe0f"),  # these spell
        ("So\u200curce\u200d: \u200d x\u200d", "Source:  x"),
        ("ن\u200c\u200d\u200cو", "نو"),
        ("a\ufe00\ufe01\ufe02\U000e0100b \ufe0fc", "a\ufe00b c"),
    ],
)
def test_what_does_not_show_is_left_out(text, shown):
    assert visible(text) == shown


def test_titles_are_on_one_line():
    assert one_line(" Leave\n\npolicy\u2028of\t\u200b 2024 ") == "Leave policy of 2024"


def test_no_control_and_no_format_character_is_forgotten():
    every = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cc", "Cf")]
    shorthand = {chr(code) for code in range(0x13430, 0x13460)}  # Egyptian: they place hieroglyphs
    kept = {each for each in every if visible(f"x{each}x") == f"x{each}x"}
    assert kept - shorthand == {"\t", "\n", *SHOWN_FORMATS}


@given(st.text())
def test_lines_are_those_that_newlines_end(text):
    shown = visible(text)
    assert shown.split("\n") == [*shown.splitlines(), *([""] if shown.endswith("\n") or not shown else [])]
