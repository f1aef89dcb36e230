"""Escapes of roff as the characters that a terminal shows."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SIGNS = {
    "em": "—", "en": "–", "hy": "-", "bu": "•", "co": "©", "rg": "®", "tm": "™", "lq": "“", "rq": "”", "oq": "‘",
    "cq": "’", "aq": "'", "dq": '"', "ti": "~", "ha": "^", "rs": "\\", "ga": "`", "aa": "´", "mu": "×", "+-": "±",
    "->": "→", "<-": "←", "<=": "≤", ">=": "≥", "!=": "≠", "de": "°", "sc": "§", "bv": "|", "ba": "|", "or": "|",
    "sl": "/", "at": "@", "sh": "#", "Do": "$", "Eu": "€", "Po": "£", "ss": "ß", "ae": "æ", "AE": "Æ", "/o": "ø",
    "/O": "Ø", "oe": "œ", "Fo": "«", "Fc": "»", "fo": "‹", "fc": "›", "lB": "[", "rB": "]", "lC": "{", "rC": "}",
    "la": "⟨", "ra": "⟩", "12": "½", "14": "¼", "34": "¾", "S2": "²", "S3": "³", "mi": "−", "pl": "+", "eq": "=",
    "**": "∗", "ul": "_", "ru": "_", "dg": "†", "ct": "¢", "sq": "□", "u2014": "—", "u2013": "–",
}  # fmt: skip
_ACCENTS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", ":": "\u0308", "~": "\u0303", ",": "\u0327", "o": "\u030a"}
_STRINGS = {"R": "®", "Tm": "™", "lq": "“", "rq": "”", "--": "—", "PI": "π", "C'": "", "C`": "", "C+": "C++",
            'L"': "“", 'R"': "”", "Aq": "'", "q": '"', "'": "'", "`": "`", "S": "", "Lq": "“", "Rq": "”"}  # fmt: skip
_ESCAPE = re.compile(
    r"""\\(?:
        f(?:\([A-Za-z0-9]{2}|\[[^\]]*\]|.)            # fonts
      | s(?:[+-]?\d{1,2}|\[[^\]]*\]|[+-]?\(\d\d|'[^']*')  # sizes
      | [mMFO](?:\[[^\]]*\]|\(..|.)
      | (?P<string>\*(?:\((?P<two>..)|\[(?P<long>[^\]]*)\]|(?P<one>.)))
      | n[+-]?(?:\(..|\[[^\]]*\]|.)
      | N'(?P<code>\d+)'
      | [hvwlLDbXRAZBxSoHY]'[^']*'
      | \((?P<sign>..) | \[(?P<name>[^\]]*)\]
      | (?P<other>.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_OTHERS = {"-": "-", "e": "\\", "E": "\\", " ": " ", "~": " ", "0": " ", "'": "'", "`": "`", ".": ".", "t": "\t",
           "_": "_", "\\": "\\", '"': ""}  # fmt: skip
_SILENT = "&|^%/,:c)dupzra{}!?k"


def unescape(text: str, strings: Mapping[str, str]) -> str:
    """Return a line's text. strings: those that the page itself defined."""

    def shown(match: re.Match[str]) -> str:
        if match["string"]:
            name = match["two"] or match["long"] or match["one"] or ""
            return _STRINGS.get(name, strings.get(name, ""))
        if match["code"]:
            return chr(min(int(match["code"]), 0xFFFF))
        if name := match["sign"] or match["name"]:
            return _sign(name)
        other = match["other"] or ""
        return _OTHERS.get(other, "" if other in _SILENT else other)

    return _ESCAPE.sub(shown, text) if "\\" in text else text


def _sign(name: str) -> str:
    if name in _SIGNS:
        return _SIGNS[name]
    if re.fullmatch(r"u[0-9A-F]{4,6}", name):
        return chr(int(name[1:], 16)) if int(name[1:], 16) < 0x110000 else ""
    if len(name) == 2 and name[0] in _ACCENTS and name[1].isalpha():
        return name[1] + _ACCENTS[name[0]]
    return name if re.fullmatch(r"[A-Za-z]{3,}", name) else ""
