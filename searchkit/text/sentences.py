"""Where sentences end, by rules: abbreviations, initials, decimals, closing quotes, many scripts."""

from __future__ import annotations

import re

Span = tuple[int, int]

_CANDIDATE = re.compile(
    r"""(?<![.!?…‽؟۔।॥။።។])[.!?…‽؟۔।॥။።។]++["'”’»›)\]}]*+(?=\s)"""  # scripts that put a space between sentences
    r"""|[。！？｡]+[」』”’）】〉》]*"""  # scripts that do not
    r"""|(?<=[\u0e00-\u0eff])[ ]+(?=[\u0e00-\u0eff])"""  # Thai and Lao: the space itself
)
_LAST_WORD = re.compile(r"[^\s(\[{\"'“‘«„—–/]*$")
_NEXT_WORD = re.compile(r"[\s\W_]*([^\W_]+)")
_LIST_NUMBER = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]+)$")
_LONGEST_WORD = 24  # characters looked back over for an abbreviation
_LONGEST_GAP = 64  # characters looked ahead over for the next word


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Followed by a name or a number: a full stop after these never ends a sentence.
_NEVER_LAST = _words(
    "mr mrs ms mx messrs dr prof rev hon gov sen rep gen col maj capt cmdr lt sgt cpl adm amb pres supt fr br st ste "
    "mt vs v cf viz approx ca fig figs eq vol pp ed eds op e.g i.e nos art sec ch "
    "hr hrn fam z.b d.h u.a bzw ggf vgl nr mme mlle mm dra sra srta sr.a dña"
)
# May end a sentence: it does when the next word looks like the beginning of one.
_MAY_BE_LAST = _words(
    "inc ltd co corp llc plc bros jr sr esq etc al ave blvd rd sq dept univ assn est ext "
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun "
    "ala ariz ark calif colo conn del fla ga ill ind kan ky la md mass mich minn miss mo mont neb nev okla ore pa "
    "penn tenn tex va vt wash wis wyo ph.d m.d b.a m.a usw"
)
_BEFORE_NUMBER = _words("no p par para cap bd abb")
_STARTERS = _words(
    "a an the this that these those he she it they we you i his her its their our my your who what when where why how "
    "in on at by for from with after before as if although though while since because until and but or so yet nor "
    "there here then now however meanwhile moreover still also only no not one two three some many most all both "
    "each every another other more such analysts officials according mr mrs ms dr president prime "
    "is are was were do does did has have had can could will would should may might "
    "der die das ein eine er sie es wir und aber im in le la les un une il elle et mais el los las pero y en"
)
_GERMAN_MONTHS = _words(
    "januar februar märz april mai juni juli august september oktober november dezember jahrhundert"
)


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Return the sentences of text[start:end] in order, as trimmed (start, end) offsets in `text`."""
    end = len(text) if end is None else end
    spans: list[Span] = []
    begin = _skip_space(text, start, end)
    for candidate in _CANDIDATE.finditer(text, begin, end):
        if candidate.start() >= begin and _ends_sentence(text, begin, candidate):
            spans.append((begin, candidate.start() if candidate[0].isspace() else candidate.end()))
            begin = _skip_space(text, candidate.end(), end)
    rest = text[begin:end].rstrip()
    if rest:
        spans.append((begin, begin + len(rest)))
    return spans


def _skip_space(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start


def _ends_sentence(text: str, begin: int, candidate: re.Match[str]) -> bool:
    """Say whether the punctuation found ends the sentence that starts at `begin`."""
    if candidate[0][0] in "。！？｡" or candidate[0].isspace():
        return True
    following = _NEXT_WORD.match(text, candidate.end(), candidate.end() + _LONGEST_GAP)
    next_word = following[1] if following else ""
    if next_word[:1].islower():  # "Why?" he asked; approx. half
        return False
    if candidate[0][:2].rstrip("\"'”’»›)]}") != ".":
        return True
    stop = candidate.start()
    word = _LAST_WORD.search(text, max(begin, stop - _LONGEST_WORD), stop)
    if word is None:
        return True
    return _full_stop_ends(word[0], next_word, first=word.start() <= begin + 1)


def _full_stop_ends(word: str, next_word: str, *, first: bool) -> bool:
    """Say whether `word.` before `next_word` ends a sentence; `first` when the word opens it."""
    lowered, next_lowered = word.lower(), next_word.lower()
    if first and _LIST_NUMBER.match(word):  # "1. Preheat the oven"
        return False
    if lowered in _NEVER_LAST:
        return False
    if lowered in _BEFORE_NUMBER and next_word[:1].isdigit():  # "No. 5", but "He said no. Then …"
        return False
    if word.isdigit():
        return len(word) > 2 or next_lowered not in _GERMAN_MONTHS  # "am 3. Mai"
    if lowered in _MAY_BE_LAST or "." in word or (len(word) == 1 and word.isupper()):
        return next_lowered in _STARTERS and not next_word.islower()
    return True
