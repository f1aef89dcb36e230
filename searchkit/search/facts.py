"""What a text states so that changing it changes the statement: figures, dates, names, negations.

By rules over tokens. Figures are told by value: 1,200 is 1200, twelve percent is 12 %, 1.5 million is 1500000. Names
are words with a capital or a digit; in scripts without capitals any word may be one. Months, number words and opposites
are known in English, negations in ten languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from searchkit.search.fact_words import (
    NEGATIONS,
    OPPOSITES,
    ORDINALS,
    SCALES,
    SHORT_SCALES,
    SIGNS,
    SPELLED,
    SUFFIXES,
    function_words,
)
from searchkit.text.analysis import fold
from searchkit.text.days import MONTHS

Kind: TypeAlias = Literal["number", "date", "name", "sign", "turn", "word"]

LONGEST_NUMBER = 20  # digits that are calculated with, exactly; longer ones are compared as they are

_NUMBER = r"\d++(?:[.,'’\u00a0\u202f٬٫]\d++)*+"
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0971-\u0dff\u200c\u200d"
_LETTER = rf"[^\W_{_UNSPACED}]"
_TOKEN = re.compile(
    r"(?P<iso>(?<!\d)\d{4}-\d{1,2}-\d{1,2}(?!\d))"
    r"|(?P<numeric>(?<![\d.,/])\d{1,2}(?P<between>[./])\d{1,2}(?P=between)\d{4}(?!\d))"
    r"|(?P<spaced>(?<![\w.,])\d{1,3}(?:\ \d{3}){1,4}+(?!\d))"
    rf"|(?P<number>(?:(?<![^\s(])[-−])?{_NUMBER})"
    rf"|(?P<letter>[{_UNSPACED}])"
    rf"|(?P<initials>(?:(?![a-z]){_LETTER}\.){{2,}}+)"
    rf"|(?P<word>{_LETTER}(?:{_LETTER}|[{_MARKS}])*+(?:['’ʼ]{_LETTER}++)*+)"
    r"|(?P<sign>[%‰°$€£¥₹])"
)
_SEPARATOR = re.compile(r"[.,'’\u00a0\u202f٬٫]")
_OPENS = re.compile(r"[.!?:;\n•|。！？]")


class Token(NamedTuple):
    """A word, figure or sign at `text[start:end]`, and what it is compared by.

    values: all that a figure or date may mean, the likeliest first; dates as YYYY-MM-DD with ? for what is not said.
    opens: whether it begins a sentence, where a capital says little. loose: "one" and "second" may be no figures.
    """

    start: int
    end: int
    key: str
    kind: Kind
    values: tuple[str, ...] = ()
    opens: bool = False
    loose: bool = False


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text in order: words, figures by value, dates, signs of units."""
    return list(_dates(_figures(list(_written(text)), text), text))


def _written(text: str) -> Iterator[Token]:
    """Yield tokens as they are written."""
    last = 0
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        opens = not last or _OPENS.search(text, last, start) is not None
        last = end
        match found.lastgroup:
            case "word":
                yield from _word(found[0], start, end, opens=opens)
            case "number":
                values = _readings(found[0])
                yield Token(start, end, values[0], "number", values, opens)
            case "spaced":
                parts = found[0].split(" ")
                values = (_canonical("".join(parts), ""), *(_canonical(part, "") for part in parts))
                yield Token(start, end, values[0], "number", values, opens)
            case "iso":
                year, month, day = found[0].split("-")
                yield _date(start, end, [(year, int(month), int(day))], opens=opens)
            case "numeric":
                one, two, year = re.split("[./]", found[0])
                yield _date(start, end, [(year, int(two), int(one)), (year, int(one), int(two))], opens=opens)
            case "initials":
                last -= 1  # it may end the sentence too
                yield Token(start, end, fold(found[0].replace(".", "")), "name", (), opens)
            case "letter":
                yield Token(start, end, found[0], "name", (), opens)
            case _:
                yield Token(start, end, found[0], "sign", (), opens)


def _word(word: str, start: int, end: int, *, opens: bool) -> Iterator[Token]:
    """Yield the token of a word without what is contracted with it, and "not" for "n't"."""
    bare, apostrophe, rest = word.replace("’", "'").replace("ʼ", "'").rpartition("'")
    ending = rest.lower()
    if apostrophe and ending == "t" and bare[-1:] in "nN":
        key = {"ca": "can", "wo": "will", "sha": "shall"}.get(fold(bare[:-1]), fold(bare[:-1]))
        yield Token(start, end, key, "turn" if key in OPPOSITES else "word", (), opens)
        yield Token(start, end, "not", "turn")
        return
    key = fold(bare if apostrophe and ending in SUFFIXES else word)
    if key == "cannot":
        yield Token(start, end, "can", "turn", (), opens)
        yield Token(start, end, "not", "turn")
    else:
        yield Token(start, end, SIGNS.get(key, key), _kind(word, key), (), opens)


def _kind(word: str, key: str) -> Kind:
    if key in NEGATIONS or key in OPPOSITES:
        return "turn"
    if key in SIGNS:
        return "sign"
    if any(map(str.isdigit, word)) or not any(letter.lower() != letter.upper() for letter in word):
        return "name"  # an identifier, or a script without capitals
    return "name" if any(map(str.isupper, word)) and key not in function_words() else "word"


# --- figures ------------------------------------------------------------------------------------------------


def _readings(written: str) -> tuple[str, ...]:
    """Return the values that digits with separators may have, the likeliest first."""
    sign = "-" if written[0] in "-−" else ""
    groups = [_ascii(group) for group in _SEPARATOR.split(written.lstrip("-−"))]
    marks = _SEPARATOR.findall(written)
    whole, last = "".join(groups), groups[-1]
    decimal = sign + _canonical("".join(groups[:-1]), last)
    if not marks:
        return (sign + _canonical(whole, ""),)
    if len(set(marks)) > 1 and marks[-1] not in marks[:-1]:  # 1,234.5
        return (decimal,)
    thousands = 0 < len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]) and groups[0] != "0"
    if len(marks) > 1:
        return (sign + _canonical(whole, ""),) if thousands else (".".join(groups), *groups)
    if not thousands:
        return (decimal,)
    grouped = sign + _canonical(whole, "")
    return (decimal, grouped) if marks[0] in ".٫" else (grouped, decimal)


def _ascii(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(unicodedata.digit(each)) for each in digits)


def _canonical(whole: str, part: str) -> str:
    """Return a decimal number without needless zeros. whole, part: digits before and behind the point."""
    whole, part = _ascii(whole).lstrip("0") or "0", _ascii(part).rstrip("0")
    return f"{whole}.{part}" if part else whole


def _times(value: str, scale: int) -> str:
    if len(value) > LONGEST_NUMBER or value.count(".") > 1:
        return value
    scaled = f"{Decimal(value) * scale:f}"
    return scaled.rstrip("0").rstrip(".") if "." in scaled else scaled


def _figures(found: Sequence[Token], text: str) -> list[Token]:
    """Join number words, and figures with the words that scale them; signs in front of figures go behind."""
    joined: list[Token] = []
    at = 0
    while at < len(found):
        token = found[at]
        if token.kind == "number":
            token, at = _scaled(found, at, text)
        elif token.key in SPELLED:
            token, at = _spelled(found, at, text)
        elif token.key in ORDINALS:
            value = str(ORDINALS.index(token.key) + 1)
            token = token._replace(kind="number", key=value, values=(value,), loose=True)
        elif token.key == "per" and at + 1 < len(found) and found[at + 1].key == "cent":
            token, at = token._replace(end=found[at + 1].end, key="%", kind="sign"), at + 1
        if token.kind == "number" and joined and joined[-1].kind == "sign" and joined[-1].end == token.start:
            joined.insert(-1, token)
        else:
            joined.append(token)
        at += 1
    return joined


def _scaled(found: Sequence[Token], at: int, text: str) -> tuple[Token, int]:
    """Return a figure with what scales it, and where that ends: 1.2 million, 3bn, 3rd."""
    token = found[at]
    after = found[at + 1] if at + 1 < len(found) else None
    if after is None or text[token.end : after.start].strip() not in ("", "-"):
        return token, at
    if token.end == after.start:
        if after.key in ("st", "nd", "rd", "th"):
            return token._replace(end=after.end), at + 1
        if after.key in SHORT_SCALES:
            scaled = tuple(_times(value, SHORT_SCALES[after.key]) for value in token.values)
            key = scaled[0] if len(after.key) > 1 else f"{token.key}{after.key}"  # 5m may be metres
            return token._replace(end=after.end, key=key, values=(*scaled, *token.values)), at + 1
    if after.key in SCALES:
        scaled = tuple(_times(value, SCALES[after.key]) for value in token.values)
        return token._replace(end=after.end, key=scaled[0], values=scaled), at + 1
    return token, at


def _spelled(found: Sequence[Token], at: int, text: str) -> tuple[Token, int]:
    """Return the figure that number words give, and where they end: twenty-five, three hundred and ten."""
    first, total, current, least = at, 0, SPELLED[found[at].key], max(SCALES.values()) + 1
    while at + 1 < len(found):
        gap, after = text[found[at].end : found[at + 1].start], found[at + 1].key
        if gap.strip() not in ("", "-"):
            break
        scale = SCALES.get(after, 0)
        if scale == 100 and 0 < current < scale:
            current *= scale
        elif 100 < scale < least and current:
            total, current, least = total + current * scale, 0, scale
        elif after in SPELLED and SPELLED[after] and _fits(current, SPELLED[after]):
            current += SPELLED[after]
        elif not (after == "and" and current % 100 == 0 and current + total and _goes_on(found, at + 1)):
            break
        at += 1
    value = str(total + current)
    loose = first == at and found[at].key == "one"
    token = found[first]._replace(end=found[at].end, key=value, kind="number", values=(value,), loose=loose)
    return token, at


def _fits(current: int, more: int) -> bool:
    """Tell whether a number word goes on: twenty five, hundred ten, but not two three."""
    low = current % 100
    return low == 0 or (low >= 20 and low % 10 == 0 and more < 10)


def _goes_on(found: Sequence[Token], at: int) -> bool:
    return at + 1 < len(found) and found[at + 1].key in SPELLED


# --- dates --------------------------------------------------------------------------------------------------


def _date(start: int, end: int, days: Sequence[tuple[str, int, int]], *, opens: bool) -> Token:
    """Return the token of a date that may mean any of the days: (year, month, day), 0 for what is not said."""
    known = [each for each in days if each[1] <= 12 and each[2] <= 31] or list(days)
    values = tuple(dict.fromkeys("-".join((year, f"{month:02}", f"{day:02}" if day else "?"))
                                 for year, month, day in known))  # fmt: skip
    return Token(start, end, " or ".join(sorted(values)), "date", values, opens)


def _dates(found: Sequence[Token], text: str) -> Iterator[Token]:
    """Join days, English months and years that stand together: 14 July 2024, July 14, 2024, July 2024."""
    at = 0
    while at < len(found):
        for length in (3, 2):
            parts = found[at : at + length]
            if len(parts) == length and _near(parts, text) and (day := _day(parts, text)):
                yield _date(parts[0].start, parts[-1].end, [day], opens=parts[0].opens)
                at += length
                break
        else:
            yield found[at]
            at += 1


def _near(parts: Sequence[Token], text: str) -> bool:
    gaps = (text[one.end : two.start] for one, two in pairwise(parts))
    return all(gap and gap.strip() in ("", ",", ".", ".,") for gap in gaps)


def _day(parts: Sequence[Token], text: str) -> tuple[str, int, int] | None:
    """Return the year, month and day that tokens name, None if they name none."""
    shape = "".join(map(_part, parts))
    if shape not in ("dmy", "mdy", "dm", "md", "my"):
        return None
    named = dict(zip(shape, parts, strict=True))
    month = named["m"]
    if month.key == "may" and not text[month.start].isupper():
        return None
    year, day = named.get("y"), named.get("d")
    return year.key if year else "?", MONTHS[month.key], int(day.key) if day else 0


def _part(token: Token) -> str:
    """Return d, m or y for what may be a date's day, month or year, else a blank."""
    if token.key in MONTHS:
        return "m"
    if token.kind != "number" or not (token.key.isdecimal() and token.key.isascii()):
        return " "
    return "y" if len(token.key) == 4 else "d" if len(token.key) <= 2 and 1 <= int(token.key) <= 31 else " "
