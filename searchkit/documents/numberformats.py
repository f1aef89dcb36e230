"""Numbers as a sheet shows them: the number formats of workbooks."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from itertools import takewhile
from math import floor, isfinite, log10

from searchkit.documents.lines import squeeze

BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    48: "##0.0E+0", 49: "@",
}  # fmt: skip
"""Formats that files name by number alone; 14 and 22 follow the reader's country and are shown as ISO 8601 here."""

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*") | \\(?P<escaped>.) | _(?P<width>.) | \*(?P<fill>.)
      | \[\$(?P<currency>[^\]-]*)(?:-[^\]]*)?\] | \[(?P<elapsed>h+|m+|s+)\] | \[(?P<bracket>[^\]]*)\]
      | (?P<noon>AM/PM|A/P) | (?P<general>General)
      | (?P<clock>y+|m+|d+|h+|s+(?:\.0+)?|e(?![+-])|g+|b+) | (?P<power>E[+-]) | (?P<digit>[0#?]) | (?P<other>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"\[\s*(<=|>=|<>|<|>|=)\s*(-?[\d.]+)\s*\]")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # sheets know no time zones
_LAST_DAY = 2_958_466  # after the end of the year 9999
_GENERAL_DIGITS = 10  # what fits a usual cell


def shown_text(text: str, code: str, *, from_1904: bool = False) -> str:
    """Return a number that a file holds as text, as its format shows it; what is no finite number as it is."""
    try:
        value = float(text)
        return shown_number(value, code, from_1904=from_1904) if isfinite(value) else squeeze(text)
    except (ValueError, OverflowError):
        return squeeze(text)


def shown_number(value: float, code: str, *, from_1904: bool = False) -> str:
    """Return a number as a cell with this number format shows it. A format that shows nothing gives the number."""
    if code == "General":
        return general(value)
    section, negative = _section(code, value)
    tokens = _tokens(section)
    kinds = {kind for kind, _ in tokens}
    if "clock" in kinds or "elapsed" in kinds:
        return _shown_time(value, tokens, from_1904=from_1904)
    if not kinds & {"digit", "general"}:
        literal = _literals(tokens, general(value))
        return literal.strip() or general(value)
    number = abs(value) if negative else value
    shown = _shown_digits(number, tokens)
    return " ".join(shown.split()) or general(value)


def general(value: float) -> str:
    """Return a number as a cell without a format shows it; whole numbers with all their digits."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.{_GENERAL_DIGITS}g}".replace("e", "E")


@lru_cache(maxsize=512)
def _tokens(section: str) -> list[tuple[str, str]]:
    return [(match.lastgroup or "", match[match.lastgroup or 0]) for match in _TOKEN.finditer(section)]


@lru_cache(maxsize=512)
def _sections(code: str) -> list[str]:
    """Return the parts of a format between semicolons that are neither quoted nor escaped."""
    parts, start, at = [], 0, 0
    while at < len(code):
        if code[at] == '"':
            at = code.find('"', at + 1) if '"' in code[at + 1 :] else len(code)
        elif code[at] == "\\":
            at += 1
        elif code[at] == ";":
            parts.append(code[start:at])
            start = at + 1
        at += 1
    return [*parts, code[start:]]


def _section(code: str, value: float) -> tuple[str, bool]:
    """Return the part of a format that holds for a value, and whether that part shows the sign by itself."""
    sections = _sections(code)
    conditions = [_CONDITION.search(section) for section in sections]
    if any(conditions):
        for section, condition in zip(sections, conditions, strict=True):
            if condition is None or _holds(value, condition[1], float(condition[2])):
                return section, condition is not None and value < 0 and condition[1] in ("<", "<=")
        return sections[-1], False
    numbers = sections[:3]
    if value < 0 and len(numbers) > 1:
        return numbers[1], True
    if value == 0 and len(numbers) > 2:
        return numbers[2], False
    return numbers[0], False


def _holds(value: float, sign: str, limit: float) -> bool:
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit, "=": value == limit,
        "<>": value != limit,
    }[sign]  # fmt: skip


def _literals(tokens: list[tuple[str, str]], value: str) -> str:
    """Return what a format without digits shows: its words, and the value for each "@"."""
    return "".join(value if text == "@" else _literal(kind, text) for kind, text in tokens)


def _literal(kind: str, text: str) -> str:
    if kind == "quoted":
        return text[1:-1]
    if kind in ("escaped", "currency"):
        return text
    return " " if kind == "width" else "" if kind in ("fill", "bracket") else text


def _shown_digits(value: float, tokens: list[tuple[str, str]]) -> str:
    """Return a number in the digits and words of one part of a format."""
    places = [
        at for at, (kind, text) in enumerate(tokens) if kind in ("digit", "general") or (kind, text) == ("power", "E+")
    ]
    first, last = places[0], places[-1]
    core = tokens[first : last + 1]
    percent = sum(text == "%" for kind, text in tokens if kind == "other")
    thousands = sum(1 for _ in takewhile(lambda token: token[1] == ",", tokens[last + 1 :]))
    number = Decimal(repr(float(value))) * Decimal(100) ** percent / Decimal(1000) ** thousands
    if core[0][0] == "general":
        digits = general(float(number))
    elif any(kind == "power" for kind, _ in core):
        digits = _scientific(number, core)
    elif any(text == "/" for _, text in core):
        digits = _fraction(number, core)
    else:
        digits = _decimal(number, core)
    before = "".join(_literal(*token) for token in tokens[:first])
    rest = "".join(_literal(*token) for token in tokens[last + 1 + thousands :])
    sign = "-" if digits.startswith("-") else ""
    return f"{sign}{before}{digits.removeprefix('-')}{rest}"


def _decimal(number: Decimal, core: list[tuple[str, str]]) -> str:
    """Return digits with their point, thousands and the words that stand between digits ("000-0000")."""
    texts = [text for kind, text in core]
    point = texts.index(".") if "." in texts else len(core)
    whole = [text for kind, text in core[:point] if kind == "digit"]
    decimals = [text for kind, text in core[point:] if kind == "digit"]
    grouped = "," in texts[:point]
    rounded = _rounded(number, len(decimals))
    integer, _, fraction = f"{abs(rounded):.{len(decimals)}f}".partition(".")
    integer = integer.lstrip("0").rjust(sum(sign == "0" for sign in whole), "0")
    while fraction and decimals[len(fraction) - 1] != "0" and fraction.endswith("0"):
        fraction = fraction[:-1]
    inner = [token for token in core[:point] if token != ("other", ",")]
    if any(kind != "digit" for kind, _ in inner):
        integer = _woven(integer, inner)
    elif grouped and integer:
        integer = f"{int(integer):,}".rjust(len(integer), "0")
    sign = "-" if rounded < 0 else ""
    return f"{sign}{integer}.{fraction}" if fraction else f"{sign}{integer}"


def _woven(digits: str, tokens: list[tuple[str, str]]) -> str:
    """Return digits put into a pattern from its end: 5551234 in "000-0000" is "555-1234"."""
    parts: list[str] = []
    for kind, text in reversed(tokens):
        if kind != "digit":
            parts.append(_literal(kind, text))
        elif digits:
            parts.append(digits[-1])
            digits = digits[:-1]
    return digits + "".join(reversed(parts))


def _scientific(number: Decimal, core: list[tuple[str, str]]) -> str:
    texts = [text for _, text in core]
    power = next(at for at, (kind, _) in enumerate(core) if kind == "power")
    point = texts.index(".") if "." in texts[:power] else power
    decimals = sum(kind == "digit" for kind, _ in core[point:power])
    width = sum(kind == "digit" for kind, _ in core[power:])
    step = max(1, sum(kind == "digit" for kind, _ in core[:point]))
    exponent = 0 if number == 0 else floor(log10(abs(number)))
    exponent -= exponent % step
    mantissa = _rounded(number / Decimal(10) ** exponent, decimals)
    if abs(mantissa) >= 10**step:
        mantissa, exponent = mantissa / 10**step, exponent + step
    sign = "-" if exponent < 0 else "+" if core[power][1].endswith("+") else ""
    return f"{mantissa:.{decimals}f}E{sign}{abs(exponent):0{width}d}"


def _fraction(number: Decimal, core: list[tuple[str, str]]) -> str:
    texts = [text for _, text in core]
    slash = texts.index("/")
    below = "".join(texts[slash + 1 :]).strip()
    has_whole = any(text == " " for text in texts[:slash])
    whole = int(number) if has_whole else 0
    rest = abs(float(number) - whole)
    bottoms = [int(below)] if below.isdigit() and int(below) else range(1, 10 ** max(1, len(below)))
    bottom = min(bottoms, key=lambda candidate: (round(abs(round(rest * candidate) / candidate - rest), 9), candidate))
    top = round(rest * bottom)
    sign = "-" if number < 0 and not whole else ""
    if top == bottom and has_whole:
        return str(whole + (1 if number > 0 else -1))
    if not top and has_whole:
        return str(whole)
    return f"{sign}{f'{whole} ' if whole else ''}{top}/{bottom}"


def _rounded(number: Decimal, decimals: int) -> Decimal:
    try:
        return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0
    except InvalidOperation:  # more digits than a decimal holds
        return number


def _shown_time(value: float, tokens: list[tuple[str, str]], *, from_1904: bool) -> str:
    """Return a date or time; days count from the end of 1899, or from 1904 in files of old Macs."""
    if not 0 <= value < _LAST_DAY:
        return general(value)
    if any(kind == "elapsed" for kind, _ in tokens):
        moment = _EPOCH
    else:
        moment = _EPOCH_1904 if from_1904 else _EPOCH if value >= 60 else _EPOCH + timedelta(days=1)
    finest = any(kind == "clock" and "." in text for kind, text in tokens)
    unit = 1_000 if finest else 1
    seconds = floor(value * 86_400 * unit + 0.5) / unit
    moment += timedelta(seconds=seconds)
    twelve = any(kind == "noon" for kind, _ in tokens)
    parts = [_time_part(tokens, at, moment, seconds, twelve=twelve) for at in range(len(tokens))]
    return " ".join("".join(parts).split())


def _time_part(tokens: list[tuple[str, str]], at: int, moment: datetime, seconds: float, *, twelve: bool) -> str:
    kind, text = tokens[at]
    if kind == "elapsed":
        unit = {"h": 3_600, "m": 60, "s": 1}[text[0].lower()]
        return f"{int(seconds // unit):0{len(text)}d}"
    if kind == "noon":
        return (("A", "P") if len(text) == 3 else ("AM", "PM"))[moment.hour >= 12]
    if kind == "clock":
        minutes = text[0].lower() == "m" and _is_minutes(tokens, at)
        return _clock(text.lower(), moment, minutes=minutes, twelve=twelve)
    return "" if text == "@" else _literal(kind, text)


def _is_minutes(tokens: list[tuple[str, str]], at: int) -> bool:
    """Tell whether an "m" means minutes: after hours or before seconds."""
    clocks = [(kind, text[0].lower()) for kind, text in tokens[:at] if kind in ("clock", "elapsed")]
    later = [text[0].lower() for kind, text in tokens[at + 1 :] if kind in ("clock", "elapsed")]
    return len(tokens[at][1]) < 3 and bool((clocks and clocks[-1][1] == "h") or (later and later[0] == "s"))


def _clock(text: str, moment: datetime, *, minutes: bool, twelve: bool) -> str:
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    if minutes:
        return f"{moment.minute:0{min(len(text), 2)}d}"
    if text[0] == "s":
        whole, _, fraction = text.partition(".")
        shown = f"{moment.second:0{min(len(whole), 2)}d}"
        return f"{shown}.{moment.microsecond:06d}"[: len(shown) + 1 + len(fraction)] if fraction else shown
    numbers = {"d": moment.day, "m": moment.month, "h": hour}
    names = {"d": _DAYS[moment.weekday()], "m": _MONTHS[moment.month - 1]}
    if text[0] in ("y", "e"):
        return f"{moment.year % 100:02d}" if text in ("y", "yy") else str(moment.year)
    if text[0] not in numbers:
        return ""
    if len(text) < 3 or text[0] == "h":
        return f"{numbers[text[0]]:0{min(len(text), 2)}d}"
    name = names[text[0]]
    return name[:1] if len(text) == 5 else name if len(text) == 4 else name[:3]
