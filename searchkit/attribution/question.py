"""Questions that ask what somebody said: whom they ask of, and what about."""

from __future__ import annotations

import re
from typing import NamedTuple

from searchkit.attribution.nouns import is_speaker, words
from searchkit.attribution.sources import head_of

_VERBS = (
    r"(?:say|think|believe|argue|claim|warn|predict|expect|forecast|write|add|note|suggest|announce|promise|explain|"
    r"state|report|estimate|recommend|propose|advise|conclude|tell|stress|reveal|admit|deny|hope|fear|mean|ask|demand|"
    r"call|see|find|complain|comment|criticise|criticize|praise|doubt|make)"
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
_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:and\s)?what\s(?:else\s)?(?:did|do|does|has|have|had|would|will|could|can|might)\s(?P<source>.+?)\s(?:\w+ly\s)?"
        rf"{_VERBS}(?:s|ed|d|ing)?(?:\s+{_ABOUT}\b)?\s*(?P<topic>.*)",
        rf"what\s(?:has|have|had)\s(?P<source>.+?)\s{_SAYS}(?:\s+{_ABOUT}\b)?\s*(?P<topic>.*)",
        rf"what\s(?:is|are|was|were)\s(?P<source>.+?)\s(?:saying|thinking|predicting|expecting|telling\s\w+)(?:\s+{_ABOUT}\b)?\s*"
        r"(?P<topic>.*)",
        rf"what\s(?:is|are|was|were)\s(?P<source>.+?)(?:[’']s?)\s(?:\w+\s)?{_VIEW}\b(?:\s+{_ABOUT}\b)?\s*(?P<topic>.*)",
        rf"what\s(?:is|are|was|were)\sthe\s(?:\w+\s)?{_VIEW}\s(?:of|by|from)\s(?P<source>.+?)(?:\s+(?:about|on|regarding|to)\s+"
        r"(?P<topic>.*))?",
        rf"how\s(?:did|do|does|has|have|would|will)\s(?P<source>.+?)\s{_HOW}(?:ed|d|s)?(?:\s+{_ABOUT}\b)?\s*(?P<topic>.*)",
        rf"(?:why|when|where)\s(?:did|do|does)\s(?P<source>.+?)\s(?:say|think|believe|expect|warn|argue|doubt|fear|predict|call|"
        rf"criticise|criticize|want)(?:\s+{_ABOUT}\b)?\s*(?P<topic>.*)",
        rf"(?:did|do|does|has|have)\s(?P<source>.+?)\s(?:say|said|think|predict|predicted|expect|warn|warned|comment|"
        rf"believe)(?:\s+{_ABOUT}\b)?\s*(?P<topic>.+)",
        rf"which\s(?P<source>[\w\s’'-]+?)\s{_SAYS}(?:\s+{_ABOUT}\b)?\s*(?P<topic>.+)",
        rf"who\s(?:has\s|have\s|had\s|else\s)?{_SAYS}(?:\s+{_ABOUT}\b)?\s*(?P<topic>.+)(?P<source>)",
        r"(?:according to|in the (?:view|opinion|words) of)\s(?P<source>[^,]+),\s*(?P<topic>.+)",
        r"(?P<topic>.+?),?\s(?:according to|in the (?:view|opinion|words) of|as told by)\s(?P<source>.+)",
        rf"(?:the\s)?{_VIEW}\s(?:of|by|from)\s(?P<source>.+?)\s(?:about|on|regarding|to)\s(?P<topic>.+)",
        rf"(?P<source>.+?)[’']s?\s(?:\w+\s)?{_VIEW}\s(?:about|on|of|regarding|to)\s(?P<topic>.+)",
    )
)
_ON = re.compile(r"(?P<source>[^?]+?)\son\s(?P<topic>[^?]+)")
_NOT_WHO = words("it this that there they we i you he she one people someone anyone he/she everyone")
_FILLER = re.compile(
    r"(?:^|\s)(?:the|an?|any|some|all|his|her|their|what|reportedly|actually|really)(?=\s|$)", re.IGNORECASE
)
_NAME = re.compile(r"[^\W\d_a-zß-ÿ][\w’'.-]*(?:\s[^\W\d_a-zß-ÿ][\w’'.-]*)+")


class Asked(NamedTuple):
    """Whose statements a question asks for (empty: anybody's), and what about (empty: anything)."""

    source: str
    topic: str


def asked(question: str) -> Asked | None:
    """Return what a question asks of whom, None if it does not ask for statements."""
    text = " ".join(question.split()).rstrip(" ?!.")
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            source = (match["source"] or "").strip(" ,")
            if len(source.split()) <= 14 and source.lower() not in _NOT_WHO:
                return Asked(source, (match["topic"] or "").strip(" ,"))
    match = _ON.fullmatch(text)
    if match is not None and len(match["source"].split()) <= 6 and not question.rstrip().endswith("?"):
        source = match["source"]
        if (is_speaker(head_of(source)) and not source[0].isdigit()) or _NAME.fullmatch(
            _FILLER.sub("", source).strip()
        ):
            return Asked(source, match["topic"])
    return None
