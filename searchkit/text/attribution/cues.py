"""Where a passage may report a statement: a fast look, so that what reports nothing costs next to nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import NamedTuple

from searchkit.text.attribution.nouns import is_plural, is_speaker, words
from searchkit.text.attribution.patterns import CALLED
from searchkit.text.attribution.verbs import FORMS, WEAK, Verb

_PUNCTUATED = {form + mark: form for form in FORMS for mark in ("", ",", ".", ":", ";", ",”", "?", "—")}
_PHRASE_WORDS = words("according According view opinion words estimate reckoning account eyes perspective")
_PER_WORD = "per"  # a word of many others: reports after a comma or first in a sentence
_GATE = _PUNCTUATED.keys() | _PHRASE_WORDS
_WEAK = {form for form in _PUNCTUATED if _PUNCTUATED[form] in WEAK} | _PHRASE_WORDS - {"according", "According"}
_QUOTING = {  # weak words that make a passage with a quotation worth it too: "the message reads"
    word
    for word in _WEAK & _PUNCTUATED.keys()
    if FORMS[_PUNCTUATED[word]].lemma in ("read", "state", "report", "claim")
    and FORMS[_PUNCTUATED[word]].shape in ("past", "present")
}
_SEVERAL = (  # of which any makes weak words worth a second look
    "analyst analysts expert experts economist economists official officials critic critics insurers observers "
    "researchers scientists scholars strategists investors traders lawmakers publishers executives companies minister "
    "ministers ministry study studies survey view opinion estimate results data"
)
_GROUPS = words(" ".join(f"{word} {word}, {word}. {word.capitalize()}" for word in _SEVERAL.split()))
_PHRASES = re.compile(
    r"\b(?:(?P<according>[Aa]ccording to)|(?P<view>[Ii]n the (?:view|opinion|words|eyes) of|[Ff]rom the perspective of|"
    r"[Bb]y the (?:estimate|reckoning|account) of)|(?P<own>[Ii]n (?:his|her|their) (?:view|opinion|words)))\b"
)
_PER = re.compile(r"(?:(?<=, )per|(?<!\S)Per)(?=\s(?:the|an?|[A-Z]))")
_AS_BY = re.compile(
    r"\b[Aa]s (?:\w+ly )?"
    r"(?:noted|observed|reported|described|stated|explained|confirmed|announced|mentioned) by\b"
)
# Before a verb's form these make it something else: a noun, an infinitive, a participle.
_NOT_AFTER = words(
    "to the a an of in on for from with by at as its his her their our this that's these those and/or be been being is "
    "was were are am no any some each every than into between per about over under s such more less"
)
_BEFORE_VERBS = words(
    "he she they who it we you also now still even often already once again too then never do does did will would may "
    "might could can must should both all each always just further and but"
)
_GOING_ON = words("on continue continues continued quick")  # to say
_PASSIVE = words("is was were are be been being")
_BY = re.compile(r"[^,;.\"“]{0,90}?\bby\b|[^,;]{0,60}?\bas saying\b")
_BY_THAT = re.compile(r"\sby\s[^,;.\"“]{1,60}?\sthat\b")
_SPEAKS = re.compile(
    r"\s+(?:that|how|why|whether|what|out|of|against|about|to|on|in|at|the|an?|he|she|they|it|there|this|these|those|no|"
    r"his|her|their|its|some|all|many|most|such|not|for|with|during|after|earlier|later|last|yesterday|[A-Z\d$€£\"“])|"
    r"\s*[,.:;?!—–\"“”]|$|\s[a-z]+s\s"
)
_CONTEXT: dict[str, re.Pattern[str]] = {
    "find": re.compile(r"\s+that\b"),
    "read": re.compile(r"\s*[.,:]|\s+(?:an?|the)\s|\s+in part\b"),
    "put": re.compile(r"\s+[^,;.]{1,90}?\bat\b|\s+it\b"),
    "see": re.compile(r"\s+(?!you|off|him|her\b)[^,;.]{1,70}?\bas\b|\s+(?:the|an?|no|little|some)\b"),
    "describe": re.compile(r"\s+[^,;.]{1,120}?\bas\b"),
    "add": re.compile(r"\s*[.,:;]|\s+(?:that|the|he|she|it|they|there|[A-Z])"),
    "state": re.compile(r"\s*[.,:]|\s+that\b"),
    "show": re.compile(r"\s+that\b"),
    "hold": re.compile(r"\s+that\b"),
    "point": re.compile(r"\s+(?:out|to)\b"),
    "call": CALLED,
    "consider": re.compile(r"\s+[^,;.]{1,60}?\b(?:as|an?|to be|un\w+)\b"),
    "compare": re.compile(r"\s+[^,;.]{1,70}?\b(?:to|with)\b"),
}
_CONTEXT_OF_KIND = {
    "speak": _SPEAKS,
    "judge": re.compile(r" "),
    "quote": re.compile(r"[^;.]{0,90}\bas saying\b"),
}


class Cue(NamedTuple):
    """A reporting verb at text[start:end], or a phrase such as "according to" (without a verb)."""

    start: int
    end: int
    word: str  # the form, or the kind of phrase
    verb: Verb | None


def reporting_words(text: str) -> set[str]:
    """Return the words of a text that may report: the first and fastest look; none where it is not worth a second."""
    found = text.split()
    hits = _GATE.intersection(found)
    if ", per " in text or "Per " in text:
        hits.add(_PER_WORD)
    if hits <= _WEAK and _GROUPS.isdisjoint(found) and (hits.isdisjoint(_QUOTING) or not _has_quotation(text)):
        return set()
    return hits


def _has_quotation(text: str) -> bool:
    return '"' in text or "“" in text


def cues(masked: str, words: Set[str]) -> list[Cue]:
    """Return the cues of a passage whose quotations are blanked, in order. words: its reporting words."""
    found: list[Cue] = []
    for form in {_PUNCTUATED[word] for word in words if word in _PUNCTUATED}:
        found += _places(masked, form, FORMS[form])
    if not _PHRASE_WORDS.isdisjoint(words):
        found += (Cue(*match.span(), match.lastgroup or "", None) for match in _PHRASES.finditer(masked))
    if _PER_WORD in words:
        found += (Cue(*match.span(), "per", None) for match in _PER.finditer(masked))
    if "ed by " in masked and (", as " in masked or "As " in masked):
        found += (Cue(*match.span(), "as", None) for match in _AS_BY.finditer(masked))
    return sorted(found)


def _places(masked: str, form: str, verb: Verb) -> Iterator[Cue]:
    """Yield where a form stands as a verb, as far as its neighbours show."""
    at = masked.find(form)
    while at >= 0:
        end = at + len(form)
        if _stands_alone(masked, at, end) and _may_report(masked, at, end, verb):
            yield Cue(at, end, form, verb)
        at = masked.find(form, end)


def _may_be_subject(word: str) -> bool:
    """Tell whether a verb in the present may follow: a name, a pronoun, a speaker, "also", a quotation's end."""
    return not word.isalpha() or word[0].isupper() or word in _BEFORE_VERBS or word.endswith("ly") or is_speaker(word)


def _groups_before(masked: str, verb: int) -> bool:
    """Tell whether several speak: what one person believed is a tale, what analysts believed a report."""
    return any(is_plural(word) and is_speaker(word) for word in masked[max(0, verb - 90) : verb].split())


def _stands_alone(masked: str, start: int, end: int) -> bool:
    if start and (masked[start - 1].isalnum() or masked[start - 1] in "-’'/"):
        return False
    return end == len(masked) or not (masked[end].isalnum() or masked[end] in "-’'/")


def _may_report(masked: str, start: int, end: int, verb: Verb) -> bool:
    before = masked[max(0, start - 24) : start].split()
    last = before[-1] if before else ""
    be = before[-2] if len(before) > 1 and last.endswith("ly") else last
    if be in _PASSIVE:
        by = _BY if verb.kind != "say" else _BY_THAT
        return verb.shape == "past" and by.match(masked, end) is not None
    if last in _NOT_AFTER and verb.lemma != "say" and not (last == "to" and before[-2:-1] and before[-2] in _GOING_ON):
        return False
    if verb.shape == "participle":
        return last.endswith((",", "”", '"')) and verb.kind in ("say", "speak")
    polled = last.endswith("ed") and len(before) > 1 and is_speaker(before[-2])  # "analysts polled expect"
    if verb.lemma != "say" and verb.shape in ("base", "present") and not polled and not _may_be_subject(last):
        return False  # "the new claims"
    if verb.kind == "think" and verb.shape == "past" and not masked.startswith(" that ", end):
        told = verb.lemma == "forecast" and (
            last[:1].isupper() or is_speaker(last)
        )  # nobody keeps a forecast to himself
        return told or _groups_before(masked, start)
    context = _CONTEXT.get(verb.lemma) or _CONTEXT_OF_KIND.get(verb.kind)
    return context is None or context.match(masked, end) is not None
