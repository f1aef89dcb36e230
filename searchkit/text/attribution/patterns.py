"""What stands around a reporting verb: how a claim begins, and what shows that there is one."""

from __future__ import annotations

import re

from searchkit.text.attribution.sources import CAP, DAY

_ADJUNCT = (
    rf"(?:(?:on|late on|early on)\s|(?:{DAY})|in\b|at\b|during\b|after\b|via\b|to\b|late\b|early\b|earlier\b|last\b|"
    r"this\b|through\b|before\b|over\b|again\b|[a-z]+ly\b|there\b|when\b|as\b|while\b|of\b|from\b|by\b|with\b|without\b|"
    r"aloud\b|simply\b)"
)
TOLD_TAG = re.compile(r"\s+(?![^\"“.]*\bthat\b)[^\"“:,]{1,80}(?:[.,;]|$)")
TAG_END = re.compile(
    rf"\s+and\s[a-z]+ed\b|\s*(?:[.,;:!?—–\"“”]|$|\s-\s|{_ADJUNCT}(?!(?:(?!,\s(?:and|but)\b)[^\"“:])*\bthat\b)[^\"“:]*(?:[.,;!?\"“]|$))"
)
_HEARERS = r"to\s(?:reporters|journalists|lawmakers|parliament|him|her|them|the|an?|[A-Z])"
LONG_THAT = re.compile(rf"\s+(?:{_ADJUNCT})(?:(?!,\s(?:and|but)\b)[^;:\"“]){{0,160}}?\bthat\s+")
THAT = re.compile(
    rf"\s+(?:(?:(?!to\b){_ADJUNCT}|{_HEARERS}|[a-z]+ly\b)[^,;:\"“]{{0,60}}?,?\s)?(?:that|how|why|whether|what)\b,?\s*|"
    rf"\s+(?:(?:on\s)?(?:{DAY}))?,?\s*(?=[\"“])|\s*:\s*|\s+(?:{_ADJUNCT})[^;\"“]{{0,120}}?[:,]\s*(?=[\"“])"
)
ABOUT = re.compile(r"\s+about\s[^,;:\"“]{1,60}:\s+")
TOLD = re.compile(r"[^;:\"“]{1,140}?(?:\bthat\b\s*|[,:]?\s*(?=[\"“])|:\s*)")
TOLD_BARE = re.compile(
    rf"\s+(?:(?:the\s)?{CAP}(?:\s(?:of\s)?{CAP})*|reporters|journalists|him|her|them|me|us|investors|lawmakers)\s+"
)
TIME = re.compile(rf"\s+(?:on\s)?(?:{DAY}),?\s+")
_BARE_CLAUSE = re.compile(
    r"\s+(?!(?:for|against|with|of|up|out|on|down|into)\b)(?:(?!that\b|who\b|which\b)[\w’'%$€£.-]+\s+){1,12}?"
    r"(?:is|are|was|were|has|had|have|will|would|could|can|may|might|must|should|did|does|do|cannot|"
    r"\w+n[’']t)\b"
)
CALLED = re.compile(
    r"\s+(?:for\b|on\b|(?:it|him|her|them|this|that|himself|herself|itself|themselves)\s\w|"
    r"(?:(?:the|an?|his|her|its|their|this|these|any|such)\s)?(?:[\w’'-]+\s){1,6}?(?:an?\b|the\b|[\"“]|un\w+|"
    r"\w+(?:able|ible|ful|less|ous|ic|ive|al|ent|ant|ary|ate)\b))"
)
SAW = re.compile(
    r"[^,;.]*\bas\b|\s+(?:no|little|the|a|an|some|more|few)\s+(?:\w+\s)?(?:chance|risk|reason|sign|need|chances|"
    r"risks|danger|benefit|hope|room|opportunity)"
)
SEES = re.compile(r"\s+(?!the (?:light|sights)|you|off|him|her\b)\w")
_PUT = re.compile(
    r"[^,;.]{1,90}?\bat\s+(?:(?:more|less|about|around|nearly|almost|roughly|some|only|just|over|well)\b|\d|[$€£]|"
    r"(?:a|one|two|three|four|five|six|ten|half)\b)|[^,;.]{1,50}?\bdown to\b"
)
_AS = re.compile(r"[^,;.]{1,120}?\bas\b")
_OBJECT = re.compile(r"\s+(?!(?:to|in|at|off|up|out|over|back|by|on|from|away)\b)[\w\"“]")
QUOTED_AS = re.compile(r"(?:\s(?:\w+\s)?by\s[^,;]{1,80}?|\s(?:on|in)\s[^,;]{1,40}?)?,?\sas (?:saying|telling)\b")
BY = re.compile(r"[^,;.\"“]{0,90}?\bby\s+")
SUPPOSED = re.compile(r"\b(?i:if|whether|unless|lest)\s+$")
NOT_REPORTED = re.compile(r"\b(?i:if|whether|unless|lest|that|which|what|than|where|to)\s+$")
GOES_ON = re.compile(
    r"\s+(?:will|would|is|are|was|were|has|have|had|can|could|may|might|should|must|did|does|do)\b|,\s(?!the\b|an?\b|who\b|which\b)[\w$]"
)
WHO = re.compile(r",?\s+who$")
JOINED = re.compile(r"(?:^|[\s,])(?:and|but|then|or)$")
LEADING = re.compile(
    rf"(?:[\"“”.,!?\s]*)(?P<np>[Hh]e|[Ss]he|[Tt]hey|(?:(?:The|An?|One|His|Her|Its|Some|Many|Several|Most)\s)?"
    rf"(?:[\w’'-]+\s){{0,3}}?[\w’'-]+(?:\s(?:of|at|for|in|from|with)\s(?:(?:the|an?)\s)?(?:[a-z’'-]+\s){{0,3}}?"
    rf"(?:{CAP}(?:\s(?:and\s)?{CAP})*|[a-z’'-]+))*)(?=\s(?!(?:of|at|for|in|from|with)\s)[a-z])"
)
NAMED = re.compile(  # "Tidewater director and analyst Lena Okafor shared …", "Lena Okafor, an economist, shared …"
    rf"(?P<np>(?!It\b|He\b|She\b|They\b)(?:{CAP}\s)(?:[\w’'-]+\s){{0,6}}?{CAP}\s{CAP}|{CAP}\s{CAP})(?=\s[a-z]+(?:ed|s)\b|,\s(?:an?|the|who|{CAP}-based)\s)"
)
WRITES = re.compile(
    r"[^,;:\"“]{0,60}?\b(?:social media|Twitter|X|Instagram|Facebook|statement|letter|message|post|tweet|story|words|"
    r"caption|email|note|interview)\b[^,;:\"“]{0,60}:\s(?=[\"“])"
)
SPEAKS_UP = re.compile(rf"(?P<np>(?:{CAP})(?:\s(?:{CAP}|of|the|at|for|de|van)){{0,7}})\s*:\s*[\"“]")
ONLY_LEAD = re.compile(
    rf"(?i:on|in|at|during|after|before|last|earlier|later|for|by|with)\s(?:[^\s]+\s?){{1,4}},$|(?:{DAY}),$|(?:[A-Z]\w+ly|However|Moreover|Indeed|Likewise|Instead),$"
)


_NEVER = re.compile(r"(?!)")
EVIDENCE: dict[str, re.Pattern[str]] = {
    "say": re.compile(
        r"\s+(?!(?:goodbye|hello|thank|thanks|farewell|so|yes to|nothing|little|much|more|anything|it all)\b)[\w$€£\"“]"
    ),
    "speak": _BARE_CLAUSE,
    "call": CALLED,
    "put": _PUT,
    "describe": _AS,
    "compare": re.compile(r"[^,;.]{1,90}?\b(?:to|with)\b"),
    "liken": re.compile(r"[^,;.]{1,90}?\bto\b"),
    "dismiss": _AS,
    "consider": re.compile(r"[^,;.]{1,60}?\b(?:a|an|as|to be|un\w+)\b"),
    "judge": _OBJECT,
    "warn": re.compile(rf"\s+(?:of|against|about)\b|{_BARE_CLAUSE.pattern}|\s+\w[^,;.]*\b(?:not to|against|that|of)\b"),
    "predict": _OBJECT,
    "urge": re.compile(r"[^,;.]{1,90}?\bto\b|\s+\w+"),
    "ask": _NEVER,
    "find": _NEVER,
    "read": _NEVER,
    "point": re.compile(r"\s+to\b"),
    "complain": re.compile(rf"\s+(?:of|about|to)\b|{_BARE_CLAUSE.pattern}"),
    "demand": _OBJECT,
    "compliment": _OBJECT,
}
