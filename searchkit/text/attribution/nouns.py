"""Words for those who speak: people by trade, groups, institutions and papers."""

from __future__ import annotations

from functools import lru_cache

CACHE_SIZE = 8_192


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as text."""
    return frozenset(text.split())


_PEOPLE = (
    "analyst economist expert official minister spokesman spokeswoman spokesperson president premier chancellor "
    "mayor governor senator lawmaker deputy politician diplomat ambassador envoy secretary chief head director "
    "manager executive chairman chairwoman chair chairperson founder owner boss leader commander general admiral "
    "officer soldier veteran scientist researcher professor lecturer teacher student scholar academic historian "
    "engineer developer programmer designer architect doctor physician nurse surgeon psychologist biologist "
    "hydrologist meteorologist climatologist geologist physicist chemist astronomer epidemiologist virologist lawyer "
    "attorney prosecutor judge justice solicitor barrister critic commentator columnist pundit reviewer journalist "
    "reporter correspondent editor writer author novelist poet artist painter actor actress singer musician curator "
    "coach captain player striker defender goalkeeper athlete runner champion trainer referee farmer fisherman "
    "trader broker investor banker dealer shopkeeper seller buyer maker roaster importer exporter worker driver "
    "pilot sailor captain resident villager neighbour neighbor witness survivor victim relative mother father son "
    "daughter brother sister widow wife husband man woman boy girl person people folk observer insider source "
    "adviser advisor aide consultant strategist fellow specialist activist campaigner advocate organiser organizer "
    "protester voter supporter opponent candidate member representative delegate negotiator policeman policewoman "
    "detective inspector investigator sheriff firefighter rescuer volunteer guide owner forecaster regulator "
    "watchdog auditor accountant priest bishop pope cardinal imam monk rabbi pastor guest user customer client "
    "passenger traveller traveler tourist visitor fan viewer reader parent child colleague friend king queen prince "
    "princess emperor emir sultan sheikh publisher ceo cfo cto coo negotiator mediator interpreter translator "
    "librarian archivist archaeologist philosopher sociologist anthropologist mathematician statistician maintainer "
    "contributor watcher outsider skeptic sceptic optimist pessimist planner builder merchant wholesaler retailer "
    "grower producer miner operator attendant clerk cashier chef cook baker waiter hotelier photographer director "
    "star partner associate contractor supplier vendor landlord tenant commissioner councillor legislator "
    "congressman congresswoman representative parliamentarian whistleblower defendant plaintiff informant author "
    "designer master skipper pensioner retiree grandmother grandfather uncle aunt cousin teenager bystander "
    "spokespeople lieutenant colonel sergeant astronaut conservationist ecologist zoologist botanist oceanographer "
    "volcanologist seismologist"
)
_GROUPS = (
    "ministry government administration authority agency department office bureau commission committee council "
    "court tribunal parliament congress senate house cabinet kremlin embassy consulate police army navy military "
    "party opposition union federation association society group organisation organization institute institution "
    "university college school hospital laboratory lab centre center company firm corporation bank fund brokerage "
    "insurer carmaker automaker airline manufacturer operator startup consultancy think-tank thinktank platform "
    "newspaper paper magazine broadcaster agency network media station channel site website outlet team club board "
    "panel jury campaign coalition alliance bloc charity foundation museum church regulator watchdog exchange "
    "treasury service directorate secretariat headquarters staff crew delegation leadership industry lobby nasa "
    "management taskforce crowd family public critics others some many several most both few one another"
)
_PAPERS = (
    "report study survey paper statement letter document article book editorial memo note poll review ruling "
    "judgment verdict lawsuit complaint filing indictment suit release result section chapter article analysis "
    "assessment communique communiqué declaration resolution dossier email e-mail message post tweet text decree "
    "release account data figures estimate forecast theory view letter research findings audit inquiry announcement "
    "terms rules bulletin brief"
)
_IRREGULAR = {
    "men": "man", "women": "woman", "people": "person", "children": "child", "wives": "wife", "policemen": "policeman",
    "spokesmen": "spokesman", "spokeswomen": "spokeswoman", "fishermen": "fisherman", "media": "media", "data": "data",
    "businessmen": "businessman", "congressmen": "congressman",
}  # fmt: skip


@lru_cache(maxsize=CACHE_SIZE)
def singular(word: str) -> str:
    """Return a noun's singular, for the nouns that matter here."""
    word = word.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


PEOPLE = words(_PEOPLE) | {"businessman", "businesswoman"}
GROUPS = words(_GROUPS) | {singular(word) for word in _GROUPS.split()}
PAPERS = words(_PAPERS) | {singular(word) for word in _PAPERS.split()}


@lru_cache(maxsize=CACHE_SIZE)
def is_speaker(word: str) -> bool:
    """Tell whether a common noun stands for somebody, or something, that makes statements."""
    noun = singular(word)
    return noun in PEOPLE or noun in GROUPS or noun in PAPERS or (len(noun) > 6 and noun.endswith(("ologist", "ist")))


@lru_cache(maxsize=CACHE_SIZE)
def is_person(word: str) -> bool:
    """Tell whether a common noun stands for a person or persons."""
    noun = singular(word)
    return noun in PEOPLE or (len(noun) > 6 and noun.endswith("ist"))


@lru_cache(maxsize=CACHE_SIZE)
def is_plural(word: str) -> bool:
    """Tell whether a noun stands for several."""
    return word.lower() in _IRREGULAR or singular(word) != word.lower()
