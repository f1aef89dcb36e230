"""The statements of a document's passages, each with who is meant."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

from searchkit.text.attribution.cues import cues, reporting_words
from searchkit.text.attribution.nouns import is_plural, is_speaker
from searchkit.text.attribution.quotes import Quoted, quoted, sentence_spans
from searchkit.text.attribution.sources import head_of
from searchkit.text.attribution.speakers import KnownSpeaker, Speakers
from searchkit.text.attribution.statements import HeardStatement, statements

LANGUAGE = "en"  # the rules know no other
REVISION = 2  # of the rules; what an index has by older ones is derived anew by its next write
LONGEST = 20_000  # characters of a passage that is read; prose is shorter, and rules may be slow on what is not


class Attribution(NamedTuple):
    """A statement: `text[source_start:source_end]` says, by `verb`, `text[claim_start:claim_end]`.

    `source` is as written, empty where a quotation goes on from the passage before; `resolved` is who that is, with
    what the document says of them; `among` the group that it counts them among ("analysts"), if any.
    """

    source: str
    resolved: str
    among: str
    verb: str
    source_start: int
    source_end: int
    claim_start: int
    claim_end: int


def attributions(texts: Sequence[str]) -> list[list[Attribution]]:
    """Return the statements of each passage of a document, which are given in order."""
    words = [reporting_words(text) if len(text) <= LONGEST else frozenset() for text in texts]
    if not any(words) and not any(map(_speaks, texts)):
        return [[] for _ in texts]
    reader = _Reader(texts)
    return [reader.read(number, own) for number, own in enumerate(words)]


def _speaks(text: str) -> bool:
    """Tell whether a passage begins with a quotation, or has one after a colon: such need no reporting verb."""
    return text.startswith(("“", '"')) or ': "' in text or ": “" in text


class _Reader:
    """Goes through a document once; remembers who spoke, and whether a quotation runs on."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._speakers = Speakers(texts)
        self._open = -1  # the passage from whose end a quotation runs on
        self._quoting = -1  # the last passage that ended with a statement's quotation

    def read(self, number: int, words: Set[str]) -> list[Attribution]:
        text = self._texts[number]
        speaks = _speaks(text)
        if len(text) > LONGEST or not (speaks or words):
            return []
        found = quoted(text)
        places = cues(found.masked, words)
        if not places and not speaks:
            return []
        spans = sentence_spans(found.masked)
        heard = statements(found, spans, places)
        continued = self._continued(number, found, heard)
        attributed = continued + self._identified(number, heard)
        if found.runs_on and attributed:
            self._open = number
        if found.spans and attributed and found.spans[-1][1] >= len(text.rstrip()) - 1:
            self._quoting = number
        return attributed

    def _continued(self, number: int, found: Quoted, heard: Sequence[HeardStatement]) -> list[Attribution]:
        """Return the quotation with which the passage begins, if it is still that of the passage before."""
        speaker = self._speakers.last()
        if not found.spans or found.spans[0][0] > 1 or speaker is None:
            return []
        first = found.spans[0]
        if heard and heard[0].claim[0] <= first[0]:
            return []
        whole = first[1] >= len(found.masked.rstrip()) - 1
        if self._open != number - 1 and not (whole and self._quoting == number - 1):
            return []
        return [Attribution("", speaker.name, speaker.among, "say", first[0], first[0], *first)]

    def _identified(self, number: int, heard: Sequence[HeardStatement]) -> list[Attribution]:
        text = self._texts[number]
        result = []
        group, after = "", -2
        for statement in heard:
            source = statement.source
            if source is None:
                continue
            written = text[source.span[0] : source.span[1]]
            among = group if source.kind == "name" and statement.quotes and statement.sentence <= after + 1 else ""
            speaker = self._speakers.identify(source, number, among)
            if source.kind == "noun" and is_speaker(head_of(written)) and is_plural(head_of(written)):
                group, after = " ".join(written.split()), max(statement.sentence, statement.until)
            elif among:
                after = max(statement.sentence, statement.until)
            result.append(_attribution(written, speaker, statement))
        return result


def _attribution(written: str, speaker: KnownSpeaker, statement: HeardStatement) -> Attribution:
    source = statement.source
    span = source.span if source else (statement.claim[0], statement.claim[0])
    return Attribution(written, speaker.name, speaker.among, statement.verb, *span, *statement.claim)
