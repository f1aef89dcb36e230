"""Questions that ask what somebody said: whom they ask of, and what about."""

from __future__ import annotations

import re
from typing import NamedTuple

from searchkit.text.attribution.nouns import is_speaker, words
from searchkit.text.attribution.sources import head_of

_VERBS = (  # of opinions: what somebody wrote, called, saw or wanted is a fact like others
    r"(?:say|think|believe|argue|claim|warn|predict|expect|forecast|suggest|announce|promise|explain|estimate|recommend|"
    r"conclude|stress|complain|comment|criticise|criticize|praise|doubt|report|advise|propose|make)"
)
_SAYS = (
    r"(?:said|says?|saying|thinks?|thought|believes?|believed|argues?|argued|claims?|claimed|warns?|warned|predicts?|"
    r"predicted|expects?|expected|forecasts?|wrote|writes?|suggests?|suggested|estimates?|estimated|doubts?|doubted|"
    r"complains?|complained|criticises?|criticised|criticizes?|criticized|praises?|praised|accuses?|accused|calls?|"
    r"called|describes?|described|compares?|compared|blames?|blamed|announced|commented on|comments on|told|spoke|"
    r"noted|notes|fears?|feared|recommends?|recommended|welcomed|condemned|denied|denies)\b"
)
_HOW = (
    r"(?:explain|respond|react|describe|justify|see|view|comment|characterise|characterize|assess|interpret|reply|answer|"
    r"criticise|criticize|rate|judge|account for|defend|feel)"
)
_VIEW = (
    r"(?:views?|opinions?|position|stance|take|thoughts?|comments?|remarks?|reactions?|response|statements?|verdict|"
    r"assessment|explanation|predictions?|forecasts?|criticism|warnings?|arguments?|advice|quotes?|words?)"
)
_ABOUT = r"(?:about|of|on|regarding|concerning|over|to|for|that|in|with|against|when|after|before|as)"
_SUBJECT = words("about of on regarding concerning over")  # leads to a subject, not to one fact of it
_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:and\s)?what\s(?:else\s)?(?:did|do|does|has|have|had|would|will|could|can|might)\s(?P<source>.+?)\s(?:\w+ly\s)?"
        rf"{_VERBS}(?:s|ed|d|ing)?(?:\s+(?P<about>{_ABOUT})\b)?\s*(?P<topic>.*)",
        rf"what\s(?:has|have|had)\s(?P<source>.+?)\s{_SAYS}(?:\s+(?P<about>{_ABOUT})\b)?\s*(?P<topic>.*)",
        rf"what\s(?:is|are|was|were)\s(?P<source>.+?)\s(?:saying|thinking|predicting|expecting|telling\s\w+)(?:\s+(?P<about>{_ABOUT})\b)?\s*"
        r"(?P<topic>.*)",
        rf"what\s(?:is|are|was|were)\s(?P<source>.+?)(?:[’']s?)\s(?:\w+\s)?{_VIEW}\b(?:\s+(?P<about>{_ABOUT})\b)?\s*(?P<topic>.*)",
        rf"what\s(?:is|are|was|were)\sthe\s(?:\w+\s)?{_VIEW}\s(?:of|by|from)\s(?P<source>.+?)(?:\s+(?:about|on|regarding|to)\s+"
        r"(?P<topic>.*))?",
        rf"how\s(?:did|do|does|has|have|would|will)\s(?P<source>.+?)\s{_HOW}(?:ed|d|s)?(?:\s+(?P<about>{_ABOUT})\b)?\s*(?P<topic>.*)",
        rf"(?:why|when|where)\s(?:did|do|does)\s(?P<source>.+?)\s(?:say|think|believe|expect|warn|argue|doubt|fear|predict|"
        rf"criticise|criticize)(?:\s+(?P<about>{_ABOUT})\b)?\s*(?P<topic>.*)",
        rf"(?:did|do|does|has|have)\s(?P<source>.+?)\s(?:say|said|think|predict|predicted|expect|warn|warned|comment|"
        rf"believe)(?:\s+(?P<about>{_ABOUT})\b)?\s*(?P<topic>.+)",
        rf"which\s(?P<source>[\w\s’'-]+?)\s{_SAYS}(?:\s+(?P<about>{_ABOUT})\b)?\s*(?P<topic>.+)",
        rf"who\s(?:has\s|have\s|had\s|else\s)?{_SAYS}(?:\s+(?P<about>{_ABOUT})\b)?\s*(?P<topic>.+)(?P<source>)",
        r"(?:according to|in the (?:view|opinion|words) of)\s(?P<source>[^,]+),\s*(?P<topic>.+)",
        r"(?P<topic>.+?),?\s(?:according to|in the (?:view|opinion|words) of|as told by)\s(?P<source>.+)",
        rf"(?:the\s)?{_VIEW}\s(?:of|by|from)\s(?P<source>.+?)\s(?:about|on|regarding|to)\s(?P<topic>.+)",
        rf"(?P<source>.+?)[’']s?\s(?:\w+\s)?{_VIEW}\s(?:about|on|of|regarding|to)\s(?P<topic>.+)",
    )
)
_ON = re.compile(r"(?P<source>[^?]+?)\son\s(?P<topic>[^?]+)")
_NOT_WHO = words("it this that there they we i you he she one people someone anyone he/she everyone")
LONGEST = 30  # words; what is longer asks for more than somebody's words
_OPENERS = words("was is were are how which who when where why whether if did do does has have after before while what")
_FILLER = re.compile(
    r"(?:^|\s)(?:the|an?|any|some|all|his|her|their|what|reportedly|actually|really)(?=\s|$)", re.IGNORECASE
)
_NAME = re.compile(r"[^\W\d_a-zß-ÿ][\w’'.-]*(?:\s[^\W\d_a-zß-ÿ][\w’'.-]*)+")


class AskedStatements(NamedTuple):
    """Whose statements a question asks for (empty: anybody's), and what about (empty: anything).

    open: whether it asks for all that was said on a subject ("What did Tran say about rents?"), not for the one
    fact that a statement holds ("What did Tran say rents would do?").
    """

    source: str
    topic: str
    open: bool = True


def asked(question: str) -> AskedStatements | None:
    """Return what a question asks of whom, None if it does not ask for statements."""
    text = " ".join(question.split()).rstrip(" ?!.")
    if text.count(" ") >= LONGEST:
        return None
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            source = (match["source"] or "").strip(" ,")
            first = source.split(" ", 1)[0].lower()
            if len(source.split()) <= 14 and first not in _OPENERS and source.lower() not in _NOT_WHO:
                topic = (match["topic"] or "").strip(" ,")
                return AskedStatements(source, topic, _is_open(match, source, topic))
    match = _ON.fullmatch(text)
    if match is not None and len(match["source"].split()) <= 6 and not question.rstrip().endswith("?"):
        source = match["source"]
        if (is_speaker(head_of(source)) and not source[0].isdigit()) or _NAME.fullmatch(
            _FILLER.sub("", source).strip()
        ):
            return AskedStatements(source, match["topic"])
    return None


def _is_open(match: re.Match[str], source: str, topic: str) -> bool:
    about = match.groupdict().get("about", "on")
    fact = "according to" in match[0].lower() or (about or "").lower() not in _SUBJECT
    return not topic or (bool(source) and not fact)
