"""Who wrote an article, from lines such as "By Jane Doe and Minh Tran in Hanoi, Reuters"."""

from __future__ import annotations

import re

AGENCIES = frozenset(
    name.lower()
    for name in (
        "Reuters", "AFP", "Agence France-Presse", "AP", "Associated Press", "The Associated Press", "Xinhua", "TASS",
        "Bloomberg", "Bloomberg News", "dpa", "EFE", "ANSA", "Kyodo", "Kyodo News", "Yonhap", "VNA", "BBC", "BBC News",
        "CNN", "UPI", "PTI", "ANI", "Global Times", "Agencies", "Staff and agencies", "Al Jazeera", "DW", "Interfax",
    )
)  # fmt: skip

_BY = re.compile(r"^(?:by|words by|written by|story by|von|por|par|di|reported by|автор:?)[\s:]+(?=\S)", re.IGNORECASE)
_PARTICLES = frozenset(
    ("de", "da", "di", "du", "del", "della", "der", "den", "van", "von", "la", "le", "bin", "ibn", "al", "el", "dos",
     "das", "y", "e", "zu", "ter", "ten", "in", "for", "at")
)  # fmt: skip
_STAFF = re.compile(
    r"^(?:[A-Z][\w.&-]*\s){0,4}(?:staff|our|special|senior)?\s?(?:staff|correspondents?|reporters?|writers?|desk|agencies|editors?)$",
    re.IGNORECASE,
)
_NOT_NAMES = frozenset(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march",
     "april", "may", "june", "july", "august", "september", "october", "november", "december")
)  # fmt: skip
_SEPARATOR = re.compile(r"\s*(?:,|;|&|\b(?:and|AND|und|et|y|và)\b)\s*")
_PLACE = re.compile(r"\s+in\s+[A-Z].*$")
_ADDRESS = re.compile(r"\s*[(<]?[\w.+-]+@[\w.-]+[)>]?|\s*@\w+")
_CREDIT = re.compile(
    r"^[(\[]?(?:additional |with )?(?:reporting|writing|editing|compiled|translated|edited|written) by "
    r"[^.]{3,300}\.?[)\]]?$",
    re.IGNORECASE,
)
_REPORTED = re.compile(r"^[\w .,'’-]{3,120} (?:reported|contributed|contributed reporting) (?:from|to) [^.]{2,80}\.?$")
_MOST_WORDS = 24
_MOST_NAME_WORDS = 6


def parse_byline(text: str) -> list[str]:
    """Return the authors of a byline, [] if the line is none."""
    match = _BY.match(text)
    return names_of(text[match.end() :]) if match and len(text.split()) <= _MOST_WORDS else []


def is_closing_credit(text: str) -> bool:
    """Tell whether a line is like "(Reporting by Jane Doe; Editing by John Roe)"."""
    return bool(_CREDIT.match(text) or _REPORTED.match(text))


def names_of(text: str) -> list[str]:
    """Return the people or desks in a list of names, [] if any part does not look like one."""
    parts = [part for part in _SEPARATOR.split(_ADDRESS.sub("", text).strip(" .|•·–—-")) if part]
    names = [_PLACE.sub("", part) for number, part in enumerate(parts) if not _is_place(parts, number)]
    if not names or not all(is_name(name) for name in names):
        return []
    people = [name for name in names if name.lower() not in AGENCIES]
    return people or names


def _is_place(parts: list[str], number: int) -> bool:
    """Tell whether a part goes on from "in Bangkok" before it: "Jane Doe in Bangkok and Yangon"."""
    return number > 0 and len(parts[number].split()) == 1 and bool(_PLACE.search(parts[number - 1]))


def is_agency(text: str) -> bool:
    """Tell whether a line holds just the name of a news agency."""
    return text.strip("()[] .-—–").lower() in AGENCIES


def is_name(text: str) -> bool:
    """Tell whether a text looks like a person's name or a desk: "Jane van Doe", "GT staff reporters"."""
    words = text.split()
    if not 1 <= len(words) <= _MOST_NAME_WORDS or any(word.lower() in _NOT_NAMES for word in words):
        return False
    if is_agency(text) or _STAFF.match(text):
        return True
    return words[0].lower() != "the" and all(_is_name_word(word) for word in words)


def _is_name_word(word: str) -> bool:
    if word.lower() in _PARTICLES:
        return True
    letters = re.sub(r"[.'’\-]", "", word)
    return letters.isalpha() and not (word[0].islower() and word[0] != word[0].upper())
