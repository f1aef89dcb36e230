"""The statements of one passage: source, reporting verb and claim, before anybody is identified."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from searchkit.text.attribution.cues import Cue
from searchkit.text.attribution.nouns import is_person
from searchkit.text.attribution.patterns import (
    ABOUT,
    BY,
    EVIDENCE,
    GOES_ON,
    JOINED,
    LEADING,
    LONG_THAT,
    NAMED,
    NOT_REPORTED,
    ONLY_LEAD,
    QUOTED_AS,
    SAW,
    SEES,
    SPEAKS_UP,
    SUPPOSED,
    TAG_END,
    THAT,
    TIME,
    TOLD,
    TOLD_BARE,
    TOLD_TAG,
    WHO,
    WRITES,
)
from searchkit.text.attribution.quotes import FILLER, Quoted, Span
from searchkit.text.attribution.sources import (
    Before,
    SourceMention,
    agent,
    before_verb,
    plural,
    source_kind,
    subject,
)
from searchkit.text.attribution.verbs import Verb

_DETERMINERS = ("the", "a", "an", "one", "his", "her", "its", "their")
_PROMISES = ("pledge", "promise", "vow", "agree", "propose")  # "pledged to" says what somebody will do

_SHOWS = ("show", "demonstrate", "indicate")  # what speaks by them is a paper or a speaker, not a fact


class HeardStatement(NamedTuple):
    """What somebody says in a passage; without a source, whoever spoke before goes on."""

    source: SourceMention | None
    verb: str
    claim: Span
    sentence: int  # which of the passage's
    quotes: bool  # whether the claim holds a quotation
    until: int = -1  # the sentence to whose end quotations carry it on


def statements(quoted: Quoted, sentences: Sequence[Span], cues: Sequence[Cue]) -> list[HeardStatement]:
    """Return the statements of a passage in order. cues: in order, none inside a quotation."""
    found: list[HeardStatement] = []
    waiting = list(reversed(cues))
    for number, (start, end) in enumerate(sentences):
        here: list[HeardStatement] = []
        while waiting and waiting[-1].start < end:
            cue = waiting.pop()
            statement = _Reader(quoted.masked, sentences, number, cue, here).read()
            if statement is not None and statement.claim[1] > statement.claim[0]:
                _cut_joined(here, quoted.masked, statement, cue.start)
                here.append(statement)
        if not here and quoted.masked.find(":", start, end) >= 0:
            here += _colon(quoted.masked, sentences, number)
        if not here and found and quoted.masked[start] in "\"“‘'":
            _extend(found, quoted.masked, number, (start, end))
        found += here
    return found


def _extend(found: list[HeardStatement], masked: str, number: int, span: Span) -> None:
    """Let the last statement's claim go on over a sentence that is a quotation and nothing else."""
    closed = masked[span[0] : span[1]].rstrip(" .!?…,")[-1] in f"\"”’'{FILLER}"
    last = found[-1]
    if max(last.sentence, last.until) >= number - 1 and closed:
        found[-1] = last._replace(claim=(last.claim[0], span[1]), until=number, quotes=True)


def _cut_joined(found: list[HeardStatement], masked: str, statement: HeardStatement, verb: int) -> None:
    """End the claim before where the same source goes on: "… and said …"."""
    if found and found[-1].source is statement.source and found[-1].claim[0] < verb < found[-1].claim[1]:
        last = found[-1]
        cut = re.sub(r"[\s,]*(?:and|but|then|or)?\s*(?:\w+ly\s*)?$", "", masked[last.claim[0] : verb])
        if len(cut) > 2:
            found[-1] = last._replace(claim=(last.claim[0], last.claim[0] + len(cut)))


def _colon(masked: str, sentences: Sequence[Span], number: int) -> Iterator[HeardStatement]:
    """Yield the statement of a sentence like: Lee: "…"."""
    start, end = sentences[number]
    leading = LEADING.match(masked, start, end)
    writes = WRITES.match(masked, leading.end("np"), end) if leading else None
    if leading and writes and source_kind(leading["np"]) in ("name", "pronoun"):
        source = SourceMention(leading.span("np"), "pronoun" if leading["np"].islower() else "name")
        yield HeardStatement(source, "write", (writes.end(), end), number, quotes=True)
        return
    match = SPEAKS_UP.match(masked, start, end)
    if match and source_kind(match["np"]) == "name":
        claim = (match.end() - 1, end)
        yield HeardStatement(SourceMention(match.span("np"), "name"), "say", claim, number, quotes=True)


class _Reader:
    """Reads one cue in one sentence."""

    def __init__(
        self, masked: str, sentences: Sequence[Span], number: int, cue: Cue, found: Sequence[HeardStatement]
    ) -> None:
        self.masked = masked
        self.sentences = sentences
        self.number = number
        self.start, self.end = sentences[number]
        self.cue = cue
        self.found = found
        out = re.compile(r"\s+out\b").match(masked, cue.end) if cue.word.startswith("point") else None
        self.after = out.end() if out else cue.end  # where what follows the verb begins

    def read(self) -> HeardStatement | None:
        """Return the statement that the cue reports, if it does."""
        if self.cue.verb is None:
            return self._according()
        verb = self.cue.verb
        before = before_verb(self.masked, self.start, self.cue.start)
        if verb.kind == "quote":
            return self._quoted(before)
        if before.passive:
            return self._passive(verb)
        if verb.shape == "participle":
            return self._participle(verb, before)
        if before.infinitive or (before.negated and verb.kind in ("say", "speak")):
            return None
        return self._inverted(verb, before) or self._direct(verb, before)

    # --- forms ------------------------------------------------------------------------------------------------

    def _according(self) -> HeardStatement | None:
        if self.cue.word == "own":
            span = (self.cue.start + 3, self.cue.end)
            source: SourceMention | None = SourceMention(
                (span[0], span[0] + self.masked[span[0] :].index(" ")), "pronoun"
            )
        else:
            source = agent(self.masked, self.cue.end, self.end)
            if source is None or source.kind in ("other", "pronoun"):
                return None
        at = self.cue.start
        if at - self.start < 3:
            source = self._closed(source)
            last = source.description[1] if source and source.description else (source.span[1] if source else 0)
            comma = re.compile(r"\s*(?:on\s\w+\s*)?[,:]?\s*").match(self.masked, max(last, self.cue.end), self.end)
            claim = (comma.end() if comma else last, self.end)
        else:
            medial = GOES_ON.match(self.masked, source.span[1] if source else at, self.end)
            claim = (self.start, self.end if medial else self._left_edge(at))
        return self._statement(source, "think" if self.cue.word == "own" else "according to", claim)

    def _closed(self, source: SourceMention | None) -> SourceMention | None:
        """Return the source without its description unless that is one: "According to X, the sea is salty" has none."""
        if source is None or source.description is None:
            return source
        begin, end = source.description
        closes = self.masked[end : end + 1] == ","
        comma = self.masked.find(",", begin, end)
        end = comma if comma > 0 else end
        described = (closes or comma > 0) and any(map(is_person, self.masked[begin:end].split()))
        return source._replace(description=(begin, end) if described else None)

    def _quoted(self, before: Before) -> HeardStatement | None:
        match = QUOTED_AS.match(self.masked, self.cue.end, self.end)
        if match and before.passive:
            head = re.search(r"\b(?:is|was|were|are|been)\s+(?:also\s+)?$", self.masked[self.start : self.cue.start])
            stripped = before_verb(self.masked, self.start, self.start + head.start()) if head else before
            source = subject(self.masked, self.start, stripped.end)
            return self._statement(self._identified(source), "say", (match.end(), self.end))
        away = re.compile(r"\s[^,;\"“]{1,90}?\sas saying\b").match(self.masked, self.cue.end, self.end)
        if away and self.cue.word in ("quoted", "quotes"):
            stop = away.end() - len(" as saying")
            return self._statement(agent(self.masked, self.cue.end, stop), "say", (away.end(), self.end))
        return None

    def _passive(self, verb: Verb) -> HeardStatement | None:
        match = BY.match(self.masked, self.cue.end, self.end)
        if match is None or verb.lemma in ("tell", "put", "find", *_SHOWS) or verb.shape != "past":
            return None
        source = agent(self.masked, match.end(), self.end)
        if source is None or source.kind not in ("name", "noun") or self.cue.word in ("read", "written", "posted"):
            return None
        that = re.compile(r"[^,;]{0,60}?\bthat\s+").match(self.masked, source.span[1], self.end)
        claim = (that.end(), self.end) if that and verb.kind in ("say", "speak") else (self.start, self.end)
        return self._statement(source, verb.lemma, claim)

    def _participle(self, verb: Verb, before: Before) -> HeardStatement | None:
        """Read ", adding that …": its subject is the sentence's."""
        edge = self.masked[self.start : before.end].rstrip()
        if not edge.endswith((",", "”", '"')) or verb.kind not in ("say", "speak"):
            return None
        source = self.found[-1].source if self.found else self._named() or self._leading()
        claim = self._complement(verb)
        return None if claim is None else self._statement(source, verb.lemma, (claim, self.end))

    def _inverted(self, verb: Verb, before: Before) -> HeardStatement | None:
        """Read "…", said X."""
        edge = self.masked[self.start : before.end]
        if not edge or edge[-1] not in ",”\"’'?!—–" or before.helped:
            return None
        if edge[-1] == "," and subject(self.masked, self.start, before.end) is not None:
            return None
        if verb.kind == "judge" or (verb.shape == "base" and not self._after().lstrip().startswith(("the", "some"))):
            return None
        source = agent(self.masked, self.cue.end, self.end)
        if source is None or source.kind == "other" or (source.kind == "pronoun" and edge[-1] == ","):
            return None
        moved = edge[-1] in ",—–" and " to " in self.masked[slice(*source.span)]
        if moved or not self._agrees(verb, before, source) or len(edge) < 8:  # "…, recalled Tran to Hanoi"
            return None
        claim_end = before.end - (edge[-1] == ",")
        rest = self.masked[source.description[1] if source.description else source.span[1] : self.end]
        closing = re.search(r"[:,.]\s*[\"“]", rest)
        return self._statement(source, verb.lemma, (self.start, self.end if closing else claim_end))

    def _direct(self, verb: Verb, before: Before) -> HeardStatement | None:
        """Read X said that …; or …, X said."""
        if verb.lemma in _PROMISES and self.masked.startswith(" to ", self.after):
            return None
        source = self._subject(verb, before)
        if source is None or not self._agrees(verb, before, source) or not self._fits(verb, source):
            return None
        if (NOT_REPORTED if verb.kind in ("think", "judge") else SUPPOSED).search(
            self.masked[self.start : source.span[0]]
        ):
            return None
        tag = self._tag(verb, source)
        if tag is not None:
            return self._statement(self._identified(source), verb.lemma, tag)
        claim = self._complement(verb)
        if claim is None:
            return None
        return self._statement(self._identified(source), verb.lemma, (claim, self.end))

    # --- parts ------------------------------------------------------------------------------------------------

    def _subject(self, verb: Verb, before: Before) -> SourceMention | None:
        joined = JOINED.search(self.masked[self.start : before.end])
        source = None if joined else subject(self.masked, self.start, before.end)
        if source is not None:
            return source
        if verb.shape == "base" and not (self.found and verb.shape == "base"):
            return None
        if not joined:
            return None
        return self.found[-1].source if self.found else self._leading()

    def _named(self) -> SourceMention | None:
        """Return the name with which the sentence begins, behind its trades."""
        match = NAMED.match(self.masked, self.start, self.cue.start)
        return SourceMention(match.span("np"), "name") if match and source_kind(match["np"]) == "name" else None

    def _leading(self) -> SourceMention | None:
        """Return the sentence's subject, if it is plain who that is."""
        match = LEADING.match(self.masked, self.start, self.cue.start)
        if match is None:
            return None
        kind = source_kind(match["np"])
        return SourceMention(match.span("np"), kind) if kind in ("name", "noun", "pronoun") else None

    def _identified(self, source: SourceMention | None) -> SourceMention | None:
        """Return whom "who" stands for, or the source itself."""
        if source is None or self.masked[source.span[0] : source.span[1]].lower() != "who":
            return source
        match = WHO.search(self.masked[self.start : source.span[1]])
        return subject(self.masked, self.start, self.start + match.start()) if match else None

    def _agrees(self, verb: Verb, before: Before, source: SourceMention) -> bool:
        """Tell whether verb and subject agree in number: of "the report claims" and "the report claim" one speaks."""
        text = self.masked[source.span[0] : source.span[1]]
        if text.lower() == "who" or source.span[0] > self.cue.end:
            return not (verb.shape == "base" and not plural(text))
        if verb.shape == "base":
            return before.helped or plural(text)
        if verb.shape == "present":
            return not before.helped and (source.kind == "name" or not plural(text))
        return True

    def _fits(self, verb: Verb, source: SourceMention) -> bool:
        """Tell whether this kind of source goes with this kind of verb."""
        text = self.masked[source.span[0] : source.span[1]].lower()
        if text in ("i", "we", "you"):
            return False
        if source.kind == "other" and verb.kind == "speak":
            return verb.lemma not in _SHOWS and " " in text and self.masked.startswith(" that ", self.after)
        if source.kind == "other":
            first = text.split()[0]
            return verb.lemma == "say" and (first in _DETERMINERS or first.endswith(("’s", "'s")))
        if text == "it":
            return verb.kind in ("say", "speak") and verb.lemma not in ("read", "find")
        return True

    def _tag(self, verb: Verb, source: SourceMention) -> Span | None:
        """Return the claim before ", X said", None if the claim comes after."""
        begin = source.span[0]
        lead = self.masked[self.start : begin].rstrip()
        after = (TOLD_TAG if verb.lemma == "tell" else TAG_END).match(self.masked, self.after, self.end)
        as_put = verb.lemma == "put" and lead.endswith(", as")
        if (after is None or verb.kind == "judge") and not as_put:
            return None
        if not lead or lead[-1] in "(":
            return self._quotation_before() if not lead else None
        words = lead.split()
        lowered = words[-1].lower()
        if lowered == "as" and len(words) > 2:
            lead = lead[:-2].rstrip()
        elif lead[-1] not in ",\"”’'?!—–;" or (ONLY_LEAD.fullmatch(lead) and '"' not in lead):
            return None
        rest = self.masked[self.after : self.end]
        if re.match(r"\s*[,—–:]|[^.]*[,:]\s*[\"“]", rest) and not re.match(
            r"\s*,\s(?:adding|and|but|citing|after|when|while|as)\b", rest
        ):
            return (self.start, self.end)
        return (self.start, self.start + len(lead.rstrip(",—–; ")))

    def _quotation_before(self) -> Span | None:
        """Return the sentence before if it is a quotation: "Why?" Tran asked."""
        if not self.number:
            return None
        before = self.sentences[self.number - 1]
        closes = self.masked[before[0] : before[1]].endswith(('"', "”"))
        return before if closes and self.masked[before[0]] in '"“' else None

    def _complement(self, verb: Verb) -> int | None:
        """Return where the claim begins after the verb; None if what follows is no claim."""
        at = self.after
        if verb.lemma == "tell":
            told = TOLD.match(self.masked, at, self.end) or TOLD_BARE.match(self.masked, at, self.end)
            return told.end() if told and told.end() < self.end - 2 else None
        that = THAT.match(self.masked, at, self.end)
        if that is None and verb.kind == "say":
            that = ABOUT.match(self.masked, at, self.end) or LONG_THAT.match(self.masked, at, self.end)
        if that and that.end() < self.end and verb.kind != "judge":
            begin = that.end()
            word = that[0].split()[-1] if that[0].split() else ""
            return begin if word.strip(",") not in ("how", "why", "whether", "what") else begin - len(word) - 1
        time = TIME.match(self.masked, at, self.end)
        if time and verb.kind == "speak":  # "announced on Monday it had been sold"
            at = time.end() - 1
        pattern = EVIDENCE.get(verb.lemma) or (SEES if verb.kind == "think" else EVIDENCE.get(verb.kind))
        if verb.lemma == "see" and verb.shape == "past":
            pattern = SAW
        if pattern is None or pattern.match(self.masked, at, self.end) is None:
            return None
        time = TIME.match(self.masked, at, self.end)
        return time.end() if time else at + 1

    def _after(self) -> str:
        return self.masked[self.cue.end : self.end]

    def _left_edge(self, at: int) -> int:
        """Return where the claim before `at` ends, without comma and space."""
        return self.start + len(self.masked[self.start : at].rstrip(" ,—–("))

    def _statement(self, source: SourceMention | None, verb: str, claim: Span) -> HeardStatement | None:
        if source is None:
            return None
        begin, end = claim
        while begin < end and self.masked[begin].isspace():
            begin += 1
        if len(self.masked[begin:end].strip(" .,")) < 3:
            return None
        quotes = any(mark in self.masked[begin:end] for mark in '"“')
        return HeardStatement(source, verb, (begin, end), self.number, quotes)
