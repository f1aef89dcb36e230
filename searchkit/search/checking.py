"""An answer against the passages that it cites: markers, and what its sentences say that these passages don't.

By rules over what can be compared: figures by value, dates by their parts, names by their words, quotations by their
characters. That a sentence passes proves no more than that these are in the passages; what it makes of them is not
understood.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, Literal, TypeAlias

from searchkit.queries.function_words import function_words
from searchkit.search.answer_sentences import AnswerParts, SentenceKind, Span, read
from searchkit.search.facts import Token, tokens
from searchkit.search.prompt import Cited, numbers_of
from searchkit.text.days import MONTHS
from searchkit.text.visible import one_line, visible
from searchkit.types import Passage

FindingKind: TypeAlias = Literal["marker", "number", "date", "name", "quotation"]

_QUOTED = re.compile(
    r'(?<!\w)"([^"]+)"(?!\w)|[“„]([^“„”]+)[“”]|«([^«»]+)»|「([^「」]+)」|‘([^‘’]+(?:’\w[^‘’]*)*+)’(?!\w)'
)
_LEFT_OUT = re.compile(r"\[[^\[\]]{0,80}\]|…|\.\.\.")  # by who quotes: "the […] company"
_QUOTES = str.maketrans(dict.fromkeys("“”„«»「」", '"') | dict.fromkeys("‘’ʼ", "'"))
_AROUND = " \t\n\"'.,;:!?"
_OF_COUNTRIES = ("n", "an", "ian", "ese", "i", "ish", "s", "es")  # Vietnam, Vietnamese
_SHORTEST_COUNTRY = 4
_MOST_CAPITALS = 0.6  # share of words from which on capitals are a headline's and name nothing
_FEW = 4  # words, fewer of which make no headline


@dataclass(frozen=True, slots=True)
class Finding:
    """A stretch of an answer, `answer[start:end] == text`, that no cited passage bears out; or a marker of nothing."""

    kind: FindingKind
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of an answer, `answer[start:end]` with its markers.

    kind: statement, heading, question or aside (a greeting, "I don't know"); only a statement should cite something.
    cites: markers of citations that there are. unsupported: figures, dates, names and quotations that are in none of
    the passages it cites.
    """

    start: int
    end: int
    kind: SentenceKind
    cites: tuple[str, ...]
    unsupported: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class AnswerReport:
    """What became of an answer's citations. `ok`: nothing is wrong with any marker or sentence.

    cited: the markers in the answer that have a citation. unknown: brackets with numbers that have none. stale: cited
    markers whose passage the index no longer has as it was cited; only `Index.check` looks.
    """

    sentences: tuple[CheckedSentence, ...]
    cited: tuple[str, ...]
    unknown: tuple[Finding, ...]
    stale: tuple[str, ...] = ()

    @property
    def uncited(self) -> tuple[CheckedSentence, ...]:
        """The statements that cite nothing."""
        return tuple(each for each in self.sentences if each.kind == "statement" and not each.cites)

    @property
    def unsupported(self) -> tuple[Finding, ...]:
        """What cited sentences say that is in none of the passages that they cite, in order."""
        return tuple(finding for each in self.sentences for finding in each.unsupported)

    @property
    def ok(self) -> bool:
        """Whether every statement cites, every marker is one, and nothing is unsupported or stale."""
        return not (self.unknown or self.stale or self.uncited or self.unsupported)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready values."""
        return {"ok": self.ok, **asdict(self)}


def check(answer: str, question: str, citations: Sequence[Cited], stale: Collection[str] = ()) -> AnswerReport:
    """Compare an answer with the passages that it cites. stale: markers whose passages are no evidence any more."""
    parts = read(answer)
    there = {number: each.marker for each in citations for number, _ in numbers_of(each.marker)}
    cites = [_named(answer, sentence.markers, there) for sentence in parts.sentences]
    evidence = {each.marker: _Evidence(each.passage) for each in citations if each.marker not in stale}
    capitals = _Capitals(parts.text, [tokens(question), *(each.tokens for each in evidence.values())])
    usable = [[evidence[marker] for marker in own if marker in evidence] for own in cites]
    quotations = _quotations(answer, parts, cites, usable)
    checked = []
    for at, (sentence, own) in enumerate(zip(parts.sentences, cites, strict=True)):
        missing = (
            _missing(answer, parts.text[sentence.start : sentence.end], sentence.start, capitals, usable[at])
            if own
            else []
        )
        findings = sorted([*missing, *quotations.get(at, ())], key=lambda finding: (finding.start, -finding.end))
        checked.append(CheckedSentence(sentence.start, sentence.end, sentence.kind, own, tuple(findings)))
    used = _named(answer, parts.markers, there)
    unknown = (_finding("marker", answer, *span) for span in parts.markers if _strays(answer[slice(*span)], there))
    return AnswerReport(tuple(checked), used, tuple(unknown), tuple(marker for marker in used if marker in stale))


def _finding(kind: FindingKind, answer: str, start: int, end: int) -> Finding:
    return Finding(kind, start, end, answer[start:end])


def _named(answer: str, spans: Iterable[Span], there: Mapping[int, str]) -> tuple[str, ...]:
    """Return the markers of citations that brackets name, each once. there: the marker of each number that has one."""
    ranges = [each for start, end in spans for each in numbers_of(answer[start:end])]
    named = (marker for first, last in ranges for number, marker in there.items() if first <= number <= last)
    return tuple(dict.fromkeys(named))


def _strays(bracket: str, there: Mapping[int, str]) -> bool:
    """Tell whether a bracket names a number that no citation has."""
    return any(first not in there or last not in there for first, last in numbers_of(bracket))


# --- evidence -----------------------------------------------------------------------------------------------


class _Evidence:
    """What a prompt shows of a passage, to look for figures, dates, words and quotations in."""

    def __init__(self, passage: Passage) -> None:
        shown = (passage.title, passage.section, str(passage.metadata.get("date") or ""), passage.shown_text)
        self.text = "\n".join(map(visible, shown))
        self.tokens = tokens(self.text)
        self.values: set[str] = set()
        self.dates: list[tuple[str, str, str]] = []
        self.words = {token.key for token in (*self.tokens, *tokens(visible(passage.doc_id)))}
        for token in self.tokens:
            if token.kind == "date":
                self._learn(token)
            else:
                self.values.update(token.values, (value.lstrip("-") for value in token.values))

    def _learn(self, date: Token) -> None:
        for value in date.values:
            year, month, day = value.split("-")
            self.dates.append((year, month, day))
            self.values.update(part.lstrip("0") for part in (year, month, day))
            self.words.update(name for name, number in MONTHS.items() if number == int(month))

    def holds(self, kind: FindingKind, token: Token) -> bool:
        """Tell whether a figure, date or name is there."""
        if kind == "number":
            return not self.values.isdisjoint(token.values)
        if kind == "date":
            return any(self._has_date(*value.split("-")) for value in token.values)
        return token.key in self.words or any(
            token.key + ending in self.words or token.key.removesuffix(ending) in self.words
            for ending in _OF_COUNTRIES
            if len(token.key.removesuffix(ending)) >= _SHORTEST_COUNTRY
        )

    def _has_date(self, year: str, month: str, day: str) -> bool:
        return any(
            month == other_month
            and day in ("?", other_day)
            and (year in ("?", other_year) or (other_year == "?" and year in self.values))
            for other_year, other_month, other_day in self.dates
        )

    @cached_property
    def line(self) -> str:
        """Its text on one line, with one style of quotation marks."""
        return one_line(self.text).translate(_QUOTES)

    def quotes(self, quotation: str) -> bool:
        """Tell whether it holds a quotation: each piece where something was left out; its first letter may differ."""
        at = 0
        for piece in _LEFT_OUT.split(one_line(quotation).translate(_QUOTES)):
            wanted = piece.strip(_AROUND)
            found = [self.line.find(each, at) for each in (wanted, wanted[:1].swapcase() + wanted[1:])]
            if max(found) < 0:
                return False
            at = min(each for each in found if each >= 0) + len(wanted)
        return True


# --- sentences ----------------------------------------------------------------------------------------------


class _Capitals:
    """What a capital tells of the words of an answer."""

    def __init__(self, answer: str, others: Iterable[Sequence[Token]]) -> None:
        own = tokens(answer)
        every = [*own, *(token for each in others for token in each)]
        self._never_small = {token.key for token in every if token.kind != "word" and not token.opens}
        self._never_small -= {token.key for token in every if token.kind == "word"}
        words = [token.key for token in own]
        german, english = (sum(word in function_words(language) for word in words) for language in ("de", "en"))
        self._every_noun = german > english

    def names(self, text: str, found: Sequence[Token]) -> Iterator[Token]:
        """Yield those of a sentence's tokens that name something. text: what they stand in."""
        capital = [any(map(str.isupper, text[token.start : token.end])) for token in found]
        inner = [at for at, token in enumerate(found) if token.kind in ("name", "turn", "word") and not token.opens]
        headline = len(inner) >= _FEW and sum(capital[at] for at in inner) > _MOST_CAPITALS * len(inner)
        trusted = not (headline or self._every_noun)
        for at, token in enumerate(found):
            identifier = token.kind == "name" and any(map(str.isdigit, token.key))
            if identifier or (trusted and capital[at] and token.kind in ("name", "turn") and self._is_name(token)):
                yield token

    def _is_name(self, token: Token) -> bool:
        """Tell whether a word with a capital is a name: one that begins a sentence if it always has a capital."""
        return token.key in self._never_small if token.opens else token.key not in function_words("en")


def _missing(answer: str, text: str, start: int, capitals: _Capitals, evidence: Sequence[_Evidence]) -> list[Finding]:
    """Return what a sentence says that no evidence holds. text: the sentence without markers, at `start`."""
    found = tokens(text)
    wanted: list[tuple[FindingKind, Token]] = [("name", token) for token in capitals.names(text, found)]
    wanted += [("number", token) for token in found if token.kind == "number" and not token.loose]
    wanted += [("date", token) for token in found if token.kind == "date"]
    return [
        _finding(kind, answer, start + token.start, start + token.end)
        for kind, token in wanted
        if not any(each.holds(kind, token) for each in evidence)
    ]


def _quotations(
    answer: str, parts: AnswerParts, cites: Sequence[Collection[str]], evidence: Sequence[Sequence[_Evidence]]
) -> dict[int, list[Finding]]:
    """Return the quotations that no evidence holds, by the place of the sentence in which each begins.

    A quotation over several sentences is looked for in what any of them cites.
    """
    found: dict[int, list[Finding]] = {}
    numbered = enumerate(parts.sentences)
    for _, group in groupby(numbered, key=lambda each: each[1].block):
        block = list(group)
        first, last = block[0][1].start, block[-1][1].end
        for match in _QUOTED.finditer(parts.text, first, last):
            over = [at for at, each in block if each.start < match.end() and match.start() < each.end]
            quoted = match[match.lastindex or 0]
            if any(cites[at] for at in over) and not any(each.quotes(quoted) for at in over for each in evidence[at]):
                found.setdefault(over[0], []).append(_finding("quotation", answer, *match.span()))
    return found
