"""Text as it shows: without characters that hide from a reader or steer how the rest is shown.

What is left out: control characters, marks and overrides of direction, zero-width characters and other formatting
(Unicode's Default_Ignorable_Code_Point, UAX 44), tags. Some of them spell: a joiner stays between two characters that
are not ASCII (Persian, Hindi, emoji), a variation selector right behind a visible character.
"""

from __future__ import annotations

import re

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # whatever str.splitlines takes for one
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]+"
)
_JOINER = "\u200c\u200d"
_SELECTOR = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_IDLE_JOINERS = re.compile(rf"[{_JOINER}](?:(?<![^\x00-\x7f{_JOINER}].)|(?![^\x00-\x7f{_JOINER}]))")
_IDLE_SELECTORS = re.compile(rf"(?<![^\s{_JOINER}{_SELECTOR}])[{_SELECTOR}]+|(?<=[{_SELECTOR}])[{_SELECTOR}]+")


def visible(text: str) -> str:
    """Return `text` without what does not show; every kind of line end becomes a newline, tabs stay."""
    if text.isprintable() and text.isascii():
        return text
    shown = _HIDDEN.sub("", _LINE_ENDS.sub("\n", text))
    return shown if shown.isascii() else _IDLE_SELECTORS.sub("", _IDLE_JOINERS.sub("", shown))


def one_line(text: str) -> str:
    """Return `text` as it shows, on one line: white space of any kind and length is one space."""
    return " ".join(visible(text).split())
