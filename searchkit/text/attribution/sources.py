"""Who stands beside a reporting verb: the words before it or after it that name its subject."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

from searchkit.text.attribution.nouns import is_person, is_plural, is_speaker, words
from searchkit.text.attribution.quotes import FILLER, Span

SourceKind: TypeAlias = Literal["pronoun", "name", "noun", "other"]

LONGEST = 16  # words of a source
LONGEST_DESCRIPTION = 140  # characters of "an economist at …"

_CAPITAL = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽƠƯẠ-Ỹ"
CAP = rf"[{_CAPITAL}][\w’'.&-]*"
_CAP = re.compile(CAP)
DAY = (
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?:\s(?:morning|afternoon|evening|night))?|yesterday|today|tonight|"
    r"(?:last|this|earlier this|late last|earlier in the)\s(?:week|month|year|spring|summer|autumn|fall|winter|\w+day)|"
    r"(?:Jan|Feb|March|Apr|May|June|July|Aug|Sept?|Oct|Nov|Dec)\w*\.?\s\d{1,2}|"
    r"in\s(?:\d{4}|January|February|March|April|May|June|July|August|September|October|November|December)"
)
_AUXILIARIES = words("had has have did does do will would could may might must can should 'd ’d 's ’s 've ’ve")
_NEGATIONS = words("not never cannot") | {"didn't", "didn’t", "doesn't", "doesn’t", "don't", "don’t", "won't", "won’t"}
_ADVERBS = words(
    "also later earlier then once often still again even further recently all both each always now just ever too"
)
_NO_ADVERBS = words("family ally july italy supply assembly bully reply rally monopoly")
_BEING = words("is are was were be been being get gets got so")
_GOING_ON = tuple(
    f" {verb} to"
    for verb in ("went on", "goes on", "go on", "continue", "continues", "continued", "was quick", "were quick")
)
_ENDS_IN_DAY = re.compile(rf"(?:^|\s)(?:on\s)?(?:{DAY})$")
_TIME_WORDS = re.compile(r"(?:day|ing|on|ht|ek|th|ar|er|nt|ll|er|st|\d)$")
_BOUNDARIES = words(
    "but while as that because when after although though if where whether so until since before whereas however than "
    "what how why yet which or said says"
)
_CLOSES = frozenset(',;:—–"“”()[]')
_WINDOW = 48  # characters before a verb that helpers and adverbs may take
_AND = re.compile(r"\band\s+")
_CLAUSE_VERB = re.compile(r"\b(?:is|are|was|were|has|had|have|will|would|did|does|do|can|could|may)\s")
_RELATIVE = re.compile(r"\b(?:who|whose|which|that)\b")
_DETERMINER = (
    "the|a|an|one|two|three|four|five|some|many|most|several|other|another|both|few|all|any|no|his|her|its|their|our|"
    "this|these|those|such|more"
)
_LEAD_IN = re.compile(
    r"(?i:on|in|at|by|for|during|last|next|before|after|since|from|under|until|despite|following|with|within|even|only|"
    r"still|now|then|meanwhile|instead|of|to|against|about|over|and|yesterday|today|earlier|later|this)\s"
)
_ONLY_NAME = re.compile(rf"(?:{CAP}\s){{1,3}}{CAP}(?=[,.;]|$)")
_FULL_NAME = re.compile(rf"(?:{CAP}\s){{1,3}}{CAP}")
_NAMES = re.compile(rf"(?:{CAP}\s*)+")
_INNER_START = re.compile(rf"(?<=\s)(?:(?i:{_DETERMINER})\s|{CAP}|[a-z]+s$)")
_APPOSITION = re.compile(
    r"(?:(?:a|an|the|one|who|whose|whom|which|chief|head|director|president|vice|vice-president|chairman|chairwoman|"
    r"former|senior|deputy|assistant|associate|co-\w+|professor|editor|author|founder|minister|lecturer|spokesman|"
    r"spokeswoman|spokesperson|manager|partner|managing|executive|aged|of|from|now|then|himself|herself|himself|also|"
    r"then|secretary|general|himself|speaking|his|her|its|their|another|himself|executive|lead|principal|owner|"
    r"economist|analyst|strategist|researcher|"
    r"for (?:his|her|its|their) part)\b|\d{1,3}(?:,|$)|"
    rf"{CAP}[’']s\s)"
)
_ASIDE = re.compile(  # between commas, says nothing about the source
    rf"(?:too|however|meanwhile|in turn|(?:on\s)?(?:{DAY})|in an? [\w ]+|at an? [\w ]+|speaking .*|citing .*|"
    r"quoting .*|referring .*|though|by contrast|according to .*|asked .*|when .*|while .*|after .*|in .*|on .*)$"
)
_BEFORE_NAMES = words("the a an of and for de van von der den da bin al el la le du di dos on at in from to by its")
_STOP = re.compile(
    r"[,;:!?\"“”()—–\[\]]|\.(?=\s|$)|\s-\s|\s(?:who|whose|which|that|when|while|as|after|before|during|because|but|"
    r"(?:on\s)?"
    rf"(?:{DAY})|late on|early on|earlier|later|last|adding|in (?:an?|his|her|its|their|response|reply|remarks|"
    r"comments|reference|reply)\b|at (?:an?|his|her|the (?:time|news|press|opening|start|end|summit|conference))\b|"
    r"to (?:reporters|journalists|the (?:BBC|press))|via|by|through|this (?:week|month|year)|under condition|"
    r"on (?:condition|X|Twitter|Facebook|Instagram|social|state|national|local|television|radio|its|his|her|their|the "
    r"sidelines)\b|and (?:added|called|warned|urged|said|promised|asked|predicted)|is|was|were|are|"
    r"will|would|has|had)\b"
)
_ABBREVIATED = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sen|Rep|Gov|Gen|Col|Lt|Sgt|Capt|Rev|Jr|Sr|No)|\b[A-Z])$")
_OF = re.compile(
    r"\s(?:of|at|for|from|in|with|on|familiar|close|who|that|to|by|between|against|near|under|inside|behind|about|"
    r"living|working|based|involved|briefed|whose)\b|,"
)
_PRONOUNS = words("he she they it i we you who")
_NEVER_SOURCES = words(
    "that this these those which what there here nothing something everything anything thing things way time day year "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december if when as so but and or not is was are were be been enough much more less "
    "following during despite similarly "
    "his her its their our my your whose said says to the a an in on at of for with from by"
)


_QUANTITIES = words("one some several many most few others another both public")


class SourceMention(NamedTuple):
    """The words that name a source: its span, what they are, and the span of what is said about it (or none)."""

    span: Span
    kind: SourceKind
    description: Span | None = None


class Before(NamedTuple):
    """What stands between a clause's beginning and its verb, helpers stripped off."""

    end: int  # where the subject ends
    negated: bool
    infinitive: bool
    passive: bool
    helped: bool  # by do, will, may …: the verb's form says nothing about number


def before_verb(masked: str, start: int, verb: int) -> Before:
    """Look left from a verb, over "has also repeatedly", to where its subject ends."""
    start = max(start, verb - _WINDOW)
    head = masked[start:verb].rstrip()
    negated = infinitive = passive = helped = False
    while head:
        last = head[head.rfind(" ") + 1 :]
        if last in _AUXILIARIES or last in _NEGATIONS or last.endswith(("n't", "n’t")):
            helped = True
            negated = negated or last not in _AUXILIARIES
        elif last in _BEING:
            passive = passive or last != "so"
        elif last == "to":
            goes_on = head.endswith(_GOING_ON)
            infinitive, helped = infinitive or not goes_on, helped or goes_on
            if not goes_on:
                break
            head = head[: -len(" to")].removesuffix(" on").rstrip()
            last = head[head.rfind(" ") + 1 :]
            if last == "quick":
                head = head[: -len(last)].rstrip()
                last = head[head.rfind(" ") + 1 :]
        elif last not in _ADVERBS and not (last.endswith("ly") and last.islower() and last not in _NO_ADVERBS):
            time = _ENDS_IN_DAY.search(head) if _TIME_WORDS.search(last) else None
            if time is None:
                break
            last = time[0].strip()
        head = head[: len(head) - len(last)].rstrip()
    return Before(start + len(head), negated, infinitive, passive, helped)


def subject(masked: str, start: int, end: int) -> SourceMention | None:
    """Return the source that ends at `end`, at the end of a clause that begins at `start` or after."""
    description = None
    if end > start and masked[end - 1] == ",":
        found = _over_apposition(masked, start, end - 1)
        if found is None:
            return None
        end, description = found
    begin = _clause_start(masked, start, end)
    begin, end = _trim(masked, begin, end)
    if masked.find(" ", begin, end) > 0 or masked.find("’", begin, end) > 0 or masked.find("'", begin, end) > 0:
        begin = _without_lead_in(masked, begin, end)
        begin, end = _bare(masked, begin, end)
    kind = source_kind(masked[begin:end])
    return None if kind is None else SourceMention((begin, end), kind, description)


def _bare(masked: str, begin: int, end: int) -> Span:
    """Take off what belongs to no source: "who", a contracted "has", what stands before a name and is no trade."""
    found = _RELATIVE.match(masked, begin, end)
    if found and found.end() < end:
        begin = found.end() + 1
    if masked.endswith(("’s", "'s"), begin, end):
        end -= 2
    first = _last_name(masked, begin, end)
    if begin < first < end:
        before = masked[begin:first].rstrip().rpartition(" ")[2]
        if before.islower() and before not in _BEFORE_NAMES and not is_speaker(before) and "-" not in before:
            begin = first
    return begin, end


def _last_name(masked: str, begin: int, end: int) -> int:
    """Return where the capitalised words begin with which a source ends; `end` without any."""
    first = end
    while first > begin:
        at = masked.rfind(" ", begin, first - 1) + 1 or begin
        if not masked[at].isupper():
            break
        first = at
    return first


def agent(masked: str, start: int, end: int) -> SourceMention | None:
    """Return the source that stands first in masked[start:end]: "said Tran, the head of …"."""
    begin = start
    while begin < end and masked[begin].isspace():
        begin += 1
    stop = _stop(masked, begin, end)
    begin, stop = _trim(masked, begin, stop)
    kind = source_kind(masked[begin:stop])
    return None if kind is None else SourceMention((begin, stop), kind, _description(masked, stop, end))


def head_of(source: str) -> str:
    """Return a source's head noun or last name: "official" of "an official of the ministry"."""
    found = _OF.search(source) if " " in source else None
    head = source[: found.start()] if found and found.start() else source
    before, _, last = head.rstrip(" .,").rpartition(" ")
    if before and last.endswith("ed") and last.islower() and is_speaker(before.rpartition(" ")[2]):
        last = before.rpartition(" ")[2]  # "experts interviewed"
    return last.removesuffix("s").rstrip("’'") if last.endswith(("’s", "'s")) else last.rstrip("’'")


def source_kind(source: str) -> SourceKind | None:
    """Return what a source is made of; None for words that cannot be one."""
    words = source.split()
    if not words or len(words) > LONGEST or FILLER in source:
        return None
    if len(words) == 1 and words[0].lower() in _PRONOUNS:
        return "pronoun"
    head = head_of(source)
    plain = head.lower()
    if not head or plain in _NEVER_SOURCES or plain in _PRONOUNS or not any(c.isalpha() for c in head):
        return None
    if is_speaker(head) or _CAP.match(head):
        return "noun" if is_speaker(head) else "name"
    nouns = source[: source.find(head)].split()  # "the actor best known for …"
    return "noun" if any(is_speaker(noun) and noun.lower() not in _QUANTITIES for noun in nouns) else "other"


def plural(source: str) -> bool:
    """Tell whether a source is several: its verb then has no -s."""
    head = head_of(source)
    return (
        head.lower() in {"they", "we", "i", "you", "many", "some", "others", "most", "several", "both", "few"}
        or (is_plural(head) and not _CAP.match(head))
        or " and " in source
        or (head[:1].isupper() and is_speaker(head) and is_plural(head))
    )


def personal(source: SourceMention, text: str) -> bool:
    """Tell whether a source is a person or persons rather than an institution or a paper."""
    if source.kind == "name":
        return True
    return source.kind == "noun" and is_person(head_of(text))


def _over_apposition(masked: str, start: int, comma: int) -> tuple[int, Span | None] | None:
    """Step from the comma before a verb over what stands between commas: where the source ends, what is said of it."""
    left = comma
    for _ in range(6):
        left = masked.rfind(",", start, left)
        if left < 0:
            return None
        inner = masked[left + 1 : comma].strip()
        if _ends_source(masked, start, left) and (_APPOSITION.match(inner) or _ASIDE.match(inner)):
            if _APPOSITION.match(inner) or not _ASIDE.match(inner):
                return left, (comma - len(masked[left + 1 : comma].lstrip()), comma)
            return left, None
        named = _CAP.match(inner) and is_speaker(head_of(inner))
        named = named or _FULL_NAME.fullmatch(inner) is not None  # "the curator, Lena Okafor, said"
        if _ends_source(masked, start, left) and (named or any(map(is_person, inner.split()[:3]))):
            return left, (comma - len(masked[left + 1 : comma].lstrip()), comma)
    return None


def _ends_source(masked: str, start: int, end: int) -> bool:
    begin = _clause_start(masked, start, end)
    begin, stop = _trim(masked, begin, end)
    begin = _without_lead_in(masked, begin, stop)
    kind = source_kind(masked[begin:stop])
    return kind in ("name", "noun") or (kind == "pronoun")


def _clause_start(masked: str, start: int, end: int) -> int:
    """Return where the clause begins that ends at `end`; no more than LONGEST words before it."""
    begin = at = end
    joined = -1
    for _ in range(LONGEST + 1):
        begin = masked.rfind(" ", start, at) + 1 or start
        word = masked[begin:at]
        if word == "and":
            joined = begin
        elif word and at != end and (word[-1] in _CLOSES or word == "-" or word.lower() in _BOUNDARIES):
            begin = at + 1
            break
        if word and word[0] in _CLOSES:
            begin += 1
            break
        if begin <= start:
            break
        at = begin - 1
    if joined > 0:
        begin = _one_of_two(masked, begin, end)
    return min(begin, end)


def _one_of_two(masked: str, begin: int, end: int) -> int:
    """Return where the source begins in "A and B": with A if that is a source too, else with B."""
    for found in _AND.finditer(masked, begin, end):
        left = masked[begin : found.start()].strip()
        two = source_kind(left) in ("name", "noun") and not _CLAUSE_VERB.search(left)
        if not two or (len(left.split()) > 6 and source_kind(masked[found.end() : end]) in ("name", "noun")):
            begin = found.end()
    return begin


def _without_lead_in(masked: str, begin: int, end: int) -> int:
    """Return where the source begins after "On Tuesday the …", "In Seoul …"."""
    segment = masked[begin:end]
    if not _LEAD_IN.match(segment):
        verb = _CLAUSE_VERB.search(segment)
        return end if verb and not _RELATIVE.search(segment, 0, verb.start()) else begin
    starts = [begin + found.start() for found in _INNER_START.finditer(segment)]
    for at in reversed(starts):
        if source_kind(masked[at:end]) in ("name", "noun") and not masked[max(begin, at - 3) : at].strip().endswith(
            "of"
        ):
            chosen = at
            if masked[at].isupper():  # with the first name, but without the place of "In Oslo Lena Okafor"
                names = [start for start in starts[1:] if start < at and _NAMES.fullmatch(masked, start, at)]
                chosen = names[0] if names else at
            return begin if re.fullmatch(DAY, masked[chosen:end]) else chosen
    return end


def _stop(masked: str, begin: int, end: int) -> int:
    """Return where a source that begins at `begin` stops."""
    for found in _STOP.finditer(masked, begin, end):
        if found[0] == "." and _ABBREVIATED.search(masked, begin, found.start()):
            continue
        if found.start() > begin:
            return found.start()
    return end


def _description(masked: str, stop: int, end: int) -> Span | None:
    """Return the span of ", the head of …" that follows a source."""
    if masked[stop : stop + 2] != ", ":
        return None
    begin = stop + 2
    name = _ONLY_NAME.match(masked, begin, end)
    if name:
        return (begin, name.end())
    if not _APPOSITION.match(masked[begin:end]):
        return None
    found = re.compile(
        r"[;:\"“”(—–]|\.(?:\s|$)|,\s(?:adding|saying|but|and (?:said|added)|when|after|as|while)\b"
    ).search(masked, begin, end)
    last = min(found.start() if found else end, begin + LONGEST_DESCRIPTION)
    return (begin, last) if last > begin else None


def _trim(masked: str, begin: int, end: int) -> Span:
    while begin < end and (masked[begin].isspace() or masked[begin] in '-–—,"“”'):
        begin += 1
    while end > begin and (masked[end - 1].isspace() or masked[end - 1] in ",-–—"):
        end -= 1
    return begin, end
