"""Kinds of speakers: who asks for analysts also means economists, and the research fellow who is named."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

from searchkit.text.attribution.nouns import is_person, singular, words

CLOSE, LOOSE = 0.9, 0.7  # of a match by name: the same trade by another word; one that often speaks as such
CACHE_SIZE = 8_192

_ANALYSTS = (
    "analyst expert observer economist strategist scholar fellow specialist forecaster consultant pundit watcher "
    "commentator academic"
)
_SCIENTISTS = (
    "scientist researcher professor physicist biologist chemist geologist hydrologist climatologist meteorologist "
    "epidemiologist virologist astronomer seismologist ecologist zoologist geneticist botanist academic scholar"
)
_OFFICIALS = (
    "official minister spokesperson spokesman spokeswoman ministry embassy consulate ambassador envoy diplomat "
    "secretary president premier chancellor governor mayor commissioner"
)
_STATE = (
    "government administration authority agency department bureau commission cabinet kremlin regulator deputy aide "
    "treasury directorate secretariat delegate negotiator general commander"
)
_COMPANIES = "company firm corporation startup ceo cto cfo coo executive chairman chairwoman founder co-founder"
_POLITICIANS = (
    "politician lawmaker senator congressman congresswoman representative legislator parliamentarian deputy minister "
    "president premier chancellor governor mayor councillor"
)
_POLICE = "police policeman policewoman officer detective inspector sheriff constable"
_LAWYERS = "lawyer attorney solicitor barrister counsel prosecutor"
_DOCTORS = "doctor physician surgeon pediatrician cardiologist psychiatrist epidemiologist virologist clinician"
_JOURNALISTS = "journalist reporter correspondent editor columnist"
_CRITICS = "critic reviewer columnist commentator curator"
_COACHES = "coach manager trainer"


def _kin(close: str, loose: str = "") -> dict[str, float]:
    return {**dict.fromkeys(loose.split(), LOOSE), **dict.fromkeys(close.split(), CLOSE)}


_BY_ASKED: tuple[tuple[str, dict[str, float]], ...] = (  # singular nouns: who is asked for, who counts
    ("analyst observer", _kin(_ANALYSTS, "researcher professor historian adviser advisor")),
    ("expert specialist", _kin(_ANALYSTS, _SCIENTISTS + " " + _DOCTORS + " historian adviser advisor engineer")),
    ("commentator pundit", _kin("pundit commentator", "analyst columnist critic expert observer")),
    ("economist strategist", _kin("economist strategist", "analyst")),
    ("scholar academic", _kin("scholar academic professor researcher fellow lecturer historian", _SCIENTISTS)),
    ("scientist researcher", _kin(_SCIENTISTS, "fellow")),
    ("professor", _kin("lecturer", "scholar academic")),
    ("official", _kin(_OFFICIALS, _STATE)),
    ("government", _kin("minister ministry official premier cabinet", "spokesperson spokesman spokeswoman president")),
    ("authority", _kin("official ministry government regulator police prosecutor", "agency commission minister")),
    ("diplomat", _kin("ambassador envoy embassy consulate", "spokesperson spokesman spokeswoman minister")),
    ("spokesperson spokesman spokeswoman", _kin("spokesperson spokesman spokeswoman spokespeople")),
    ("politician", _kin(_POLITICIANS)),
    ("lawmaker legislator", _kin("lawmaker legislator senator congressman congresswoman parliamentarian", "deputy")),
    ("company firm", _kin(_COMPANIES, "director manager")),
    ("executive", _kin("executive ceo cto cfo coo", "chairman chairwoman founder director")),
    ("ceo", _kin("", "executive")),
    ("police", _kin(_POLICE)),
    ("lawyer attorney", _kin(_LAWYERS)),
    ("doctor physician", _kin(_DOCTORS)),
    ("journalist reporter", _kin(_JOURNALISTS)),
    ("critic reviewer", _kin(_CRITICS)),
    ("coach", _kin(_COACHES)),
)
_KIN: dict[str, dict[str, float]] = {noun: kin for asked, kin in _BY_ASKED for noun in asked.split()}

_WITH_DESKS = words("analyst observer expert specialist commentator pundit economist strategist")
# Where somebody without a trade sits who is asked as an analyst: "said Ingrid Solheim of Northgate Risk".
_DESKS = words(
    "research risk institute institution securities capital partners advisory advisors advisers consulting consultants "
    "consultancy brokerage monitor forum centre center council policy markets intelligence analytics strategies"
)
_PLAIN_DESKS = words("institute consultancy brokerage thinktank think-tank tank")  # also without a capital, or alone
_GROUP_OF = re.compile(  # "a group of experts", "one of the officials"
    r"^(?:\w+\s)*?(?:group|number|panel|team|majority|couple|pair|handful|dozens?|one|two|three|most|many|some|several|"
    r"half|both|all)\sof\s(?=.)",
    re.IGNORECASE,
)
_PLACE = re.compile(r"(?:^|\s)(?:of|at|for|from|in|with|who|that|on|to|by|near)\s")


class _Described(NamedTuple):
    """What a source's words say of it."""

    trades: frozenset[str]  # the words that may name its trade, in the singular
    desk: bool  # whether it has no other trade and sits where analysts do


def counted_as(noun: str) -> Mapping[str, float]:
    """Return the nouns by which others are named who count as what is asked for, each with its share of a match."""
    return _KIN.get(singular(noun), {})


def marks(noun: str) -> Collection[str]:
    """Return all words of which a speaker's name must hold one to count as what is asked for, itself among them."""
    kin = counted_as(noun)
    if not kin:
        return ()
    desks = _DESKS | _PLAIN_DESKS if singular(noun) in _WITH_DESKS else frozenset[str]()
    return [noun, *kin, *desks]


def kind_match(noun: str, name: str) -> float:
    """Return how well somebody with this name, and what is said of them, counts as what is asked for: 0 to 1.

    1: by the same noun, as a trade and not as a word of the place ("the official gazette", "a reader of experts").
    """
    kin = counted_as(noun)
    if not kin:
        return 0.0
    described = _described(name)
    if singular(noun) in described.trades:
        return 1.0
    best = max((kin.get(trade, 0.0) for trade in described.trades), default=0.0)
    return max(best, LOOSE) if described.desk and singular(noun) in _WITH_DESKS else best


@lru_cache(maxsize=CACHE_SIZE)
def _described(name: str) -> _Described:
    trades: set[str] = set()
    desk = False
    for part in _GROUP_OF.sub("", name).split(","):
        place = _PLACE.search(part)
        named = (part[: place.start()] if place else part).split()
        trades.update(singular(word) for whole in named for word in {whole, whole.rpartition("-")[2]})
        desk = desk or (
            any(map(_is_desk, part[place.end() :].split())) if place else not _PLAIN_DESKS.isdisjoint(trades)
        )
    return _Described(frozenset(trades), desk and not any(map(is_person, trades)))


def _is_desk(word: str) -> bool:
    plain = word.lower().rstrip(".")
    return plain in _PLAIN_DESKS or (word[:1].isupper() and plain in _DESKS)
