"""An answer as a model writes it, Markdown or not, into sentences with the markers that belong to them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from searchkit.search.fact_words import function_words
from searchkit.search.prompt import MARKER
from searchkit.text.sentences import sentences

Span: TypeAlias = tuple[int, int]
SentenceKind: TypeAlias = Literal["statement", "heading", "question", "aside"]

_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_INLINE_CODE = re.compile(r"`[^`\n]*+`")
_UNESCAPED_MARKER = re.compile(rf"(?<!\\)(?:{MARKER.pattern})")
_PREFIX = re.compile(r"[ \t>]*+(?:(?:[-*+•]|\d{1,3}[.)])[ \t]++)?+")
_STARTS_BLOCK = re.compile(r"[ \t]*+(?:#{1,6}\s|>|\||(?:[-*+•]|\d{1,3}[.)])[ \t])")
_HEADING = re.compile(r"[ \t]*+#{1,6}\s")
_BOLD = re.compile(r"[ \t]*+(?:\*\*[^*\n]++\*\*|__[^_\n]++__)[ \t]*+$")
_RULE = re.compile(r"[ \t|:=*_-]*+$")  # below the head of a table, between parts
_WORD = re.compile(r"[^\W\d_]++(?:['’][^\W\d_]++)?+|\d")
_LEADS_ON = (":", "：")
_AROUND = " \t\n\"'”’»)*_"

_GREETING = re.compile(r"\W*+(?:hello|hi|hey|dear|greetings|good (?:morning|afternoon|evening))\b", re.IGNORECASE)
_LONGEST_GREETING = 4  # words
_DOES_NOT = "(?:do not|don't|does not|doesn't|did not|didn't|cannot|can't|could not|couldn't)"
_NO_ANSWER = re.compile(
    r"\W*+(?:(?:unfortunately|sorry|i'm sorry|i am sorry)\W++(?:but\s)?+)?+(?:"
    rf"(?:i|we) {_DOES_NOT} (?:know|find|answer|tell|say)\b"
    r"|(?:none of )?+(?:the|these|your|any|my) (?:\w++ )?(?:sources?|passages?|documents?|context|texts?|information)"
    rf"(?: (?:provided|given|above))?+ {_DOES_NOT} "
    r"(?:say|mention|tell|state|contain|give|specify|provide|answer|include|hold)\b)",
    re.IGNORECASE,
)
_POLITE_WORDS = (
    "hello hi hey there good morning afternoon evening thanks thank many welcome sure certainly absolutely course "
    "glad happy pleased great question questions asking ask help helps helpful hope know let need needs anything "
    "something else more further other free feel please sorry apologies unfortunately yes no okay ok right answer "
    "answers summary brief here following below above see sources source passages passage documents provided given "
    "based according found find say says information short details detail luck day"
)
_POLITE = frozenset(_POLITE_WORDS.split())


class Sentence(NamedTuple):
    """A sentence at `answer[start:end]`, and the spans of the markers that belong to it, which lie inside.

    statement: says something that a citation should bear out. aside: a greeting, politeness, "I don't know".
    block: a number that sentences of one paragraph share.
    """

    start: int
    end: int
    kind: SentenceKind
    markers: tuple[Span, ...]
    block: int


class AnswerParts(NamedTuple):
    """An answer's sentences and markers in order, and its text with markers and code blocks blanked in place."""

    text: str
    sentences: tuple[Sentence, ...]
    markers: tuple[Span, ...]


def read(answer: str) -> AnswerParts:
    """Return the sentences of an answer. Code blocks have none, and brackets in code are no markers."""
    bare = _FENCED.sub(_blank, answer)
    found = [match.span() for match in _UNESCAPED_MARKER.finditer(_INLINE_CODE.sub(_blank, bare))]
    text = _without(bare, found)
    made: list[Sentence] = []
    left = 0  # the first marker that belongs to no sentence yet
    for number, (start, end, heading) in enumerate(_blocks(text)):
        left = _claimed(made, found, left, start)
        inside = bisect_left(found, (end,), left)
        spans = [(start, end)] if heading else sentences(text, _behind_prefix(text, start, end), end)
        of_block = list(_sentences(text, spans, found[left:inside], number, heading=heading))
        if of_block:
            made += of_block
            left = inside
    _claimed(made, found, left, len(answer))
    return AnswerParts(text, tuple(made), tuple(found))


def _claimed(made: list[Sentence], found: list[Span], left: int, end: int) -> int:
    """Give the markers before `end`, on lines of their own, to the last sentence, if any; return the first left."""
    upto = bisect_left(found, (end,), left)
    if upto == left or not made:
        return left
    made[-1] = _with(made[-1], found[left:upto])
    return upto


def _behind_prefix(text: str, start: int, end: int) -> int:
    """Return where a block begins behind the sign of a quotation or list."""
    prefix = _PREFIX.match(text, start, end)
    return prefix.end() if prefix else start


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _without(text: str, spans: list[Span]) -> str:
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], " " * (end - start)]
        last = end
    return "".join([*parts, text[last:]])


def _blocks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of each paragraph, list item, heading and row of a table, and whether it is a heading."""
    begun = last = -1  # a paragraph from here, so far to there
    row: Span | None = None
    at = 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        end = start + len(line)
        is_rule = _RULE.match(line) is not None
        if row is not None:
            yield (*row, is_rule and bool(line.strip()))
            row = None
        if begun >= 0 and (is_rule or _STARTS_BLOCK.match(line) or _BOLD.match(line)):
            yield begun, last, _leads_on(text, begun, last)
            begun = -1
        if is_rule:
            continue
        if _HEADING.match(line) or _BOLD.match(line):
            yield start, end, True
        elif line.lstrip(" \t").startswith("|"):
            row = start, end
        else:
            begun, last = (start if begun < 0 else begun), end
    if row is not None:
        yield (*row, False)
    if begun >= 0:
        yield begun, last, _leads_on(text, begun, last)


def _leads_on(text: str, start: int, end: int) -> bool:
    return text[max(start, end - 80) : end].rstrip(" \t*_").endswith(_LEADS_ON)


def _sentences(text: str, spans: list[Span], own: list[Span], block: int, *, heading: bool) -> Iterator[Sentence]:
    """Yield the sentences of a block, each with the markers in it and behind it; in front of it, where all stand so."""
    spans = [span for span in spans if _WORD.search(text, *span)]
    leading = bool(own and spans) and own[0][0] < spans[0][0] and own[-1][1] < spans[-1][1]
    at = 0
    for number, (start, end) in enumerate(spans):
        following = spans[number + 1][0] if number + 1 < len(spans) else len(text)
        reach = end if leading and number + 1 < len(spans) else following
        belongs = []
        while at < len(own) and own[at][0] < reach:
            belongs.append(own[at])
            at += 1
        yield _with(Sentence(start, end, "heading" if heading else _kind(text[start:end]), (), block), belongs)


def _with(sentence: Sentence, markers: list[Span]) -> Sentence:
    """Return a sentence with more markers."""
    every = (*sentence.markers, *markers)
    start = min([sentence.start, *(span[0] for span in every)])
    return sentence._replace(start=start, end=max([sentence.end, *(span[1] for span in every)]), markers=every)


def _kind(sentence: str) -> SentenceKind:
    if sentence.rstrip(_AROUND).endswith(("?", "？", "؟")):
        return "question"
    words = [word.lower().replace("’", "'") for word in _WORD.findall(sentence)]
    if all(word in _POLITE or word.split("'")[0] in function_words() for word in words) and _POLITE & set(words):
        return "aside"
    greets = len(words) <= _LONGEST_GREETING and _GREETING.match(sentence)
    return "aside" if greets or _NO_ANSWER.match(sentence.replace("’", "'")) else "statement"
