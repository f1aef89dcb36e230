"""The verbs by which texts report what somebody said or thinks, in all their forms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

# say: whoever is its subject is a source. speak: needs a quotation, "that" or a clause ("added sugar" reports nothing).
# think, judge: only of those who speak: people, groups, institutions.
Kind: TypeAlias = Literal["say", "speak", "think", "judge", "quote"]
Shape: TypeAlias = Literal["past", "present", "base", "participle"]

_VERBS: dict[Kind, str] = {
    "say": "say tell",
    "speak": "add note argue explain warn claim state stress insist announce acknowledge admit reply recall observe "
    "remark conclude predict suggest assert contend maintain declare comment joke quip write confirm reveal complain "
    "concede emphasise emphasize reiterate report allege ask agree deny caution mention point vow promise pledge "
    "respond propose testify indicate demonstrate show infer lament muse hint tweet whisper exclaim opine speculate "
    "underline disclose underscore read affirm advise recount surmise retort answer boast protest grumble shout find",
    "think": "expect believe think hold forecast estimate fear hope doubt reckon calculate see anticipate suspect "
    "consider",
    "judge": "criticise criticize praise welcome call describe condemn dismiss denounce accuse blame urge "
    "slam applaud hail deplore put compare liken recommend demand",
    "quote": "quote",
}
_IRREGULAR = {
    "say": "said says say saying", "tell": "told tells tell telling", "write": "wrote writes write writing",
    "think": "thought thinks think thinking", "hold": "held holds hold holding", "read": "read reads read reading",
    "see": "saw sees see seeing", "put": "put puts put putting", "find": "found finds find finding",
    "forecast": "forecast forecasts forecast forecasting", "show": "showed shows show showing",
    "admit": "admitted admits admit admitting",
    "quip": "quipped quips quip quipping", "slam": "slammed slams slam slamming",
}  # fmt: skip
_PARTICIPLES = {"forecast": "forecasted", "write": "written", "see": "seen", "think": "thought"}
# Nouns as often as verbs, or verbs of other things: alone they make no passage worth a second look.
_EVERYDAY = "find show hold see put point read call state consider think write report claim hope compare demand welcome"
_SHAPES: tuple[Shape, ...] = ("past", "present", "base", "participle")
_SAME = {"emphasize": "emphasise", "criticize": "criticise"}  # spelt two ways
_TOO_COMMON = frozenset({"thinking", "holding", "reading", "putting", "finding", "seeing", "viewing", "held"})


class Verb(NamedTuple):
    """A form of a reporting verb."""

    lemma: str
    kind: Kind
    shape: Shape


def _forms(lemma: str) -> list[str]:
    """Return past, present, base and -ing of a verb."""
    if lemma in _IRREGULAR:
        return _IRREGULAR[lemma].split()
    if lemma.endswith("e"):
        return [lemma + "d", lemma + "s", lemma, lemma[:-1] + "ing"]
    if lemma.endswith("y") and lemma[-2] not in "aeo":
        return [lemma[:-1] + "ied", lemma[:-1] + "ies", lemma, lemma + "ing"]
    present = lemma + ("es" if lemma.endswith(("s", "sh", "ch")) else "s")
    return [lemma + "ed", present, lemma, lemma + "ing"]


def _all_forms() -> Iterator[tuple[str, Verb]]:
    for kind, lemmas in _VERBS.items():
        for lemma in lemmas.split():
            name = _SAME.get(lemma, lemma)
            for form, shape in reversed(list(zip(_forms(lemma), _SHAPES, strict=True))):
                if form not in _TOO_COMMON:
                    yield form, Verb(name, kind, shape)
            if lemma in _PARTICIPLES:
                yield _PARTICIPLES[lemma], Verb(name, kind, "past")


FORMS: dict[str, Verb] = dict(_all_forms())
WEAK = frozenset(
    form
    for form, verb in FORMS.items()
    if verb.lemma != "say" and (verb.shape in ("base", "participle") or verb.lemma in _EVERYDAY.split())
) - {"called", "calls", "wrote", "writes", "reported", "claimed", "claims", "pointed", "sees", "thinks"}
