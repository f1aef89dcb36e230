"""Plain words to what they ask for: a term each, and more for words that are written in several ways."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from searchkit.queries.acronyms import acronyms
from searchkit.queries.function_words import function_words
from searchkit.queries.syntax import NOTHING, Boolean, Phrase, Prefix, Query, Term
from searchkit.text.analysis import Analyzer, Span, Written, is_unspaced
from searchkit.text.parts import joined, parts

# COVID-19 asks for each part and, for more, for its parts side by side. The boosts are no tuned optimum: on the
# questions with such a word, SciFact train and NFCorpus dev tell no setting from another (nDCG@10 .735 to .738 and
# .370 to .369, p over .3). Seen afterwards: SciFact test .713 to .729, SQuAD .901 to .914, five other sets within .006.
PART_BOOST = 0.75
PHRASE_BOOST = 0.25
LONGEST_COMPOUND = 5  # terms; what is longer is an address, not a word
MAX_CLAUSES = 512  # of a plain question: of a pasted text the first words tell enough

OTHER_WRITINGS = "section"  # the field whose matches count little, where acronyms stand

OPERATORS = ("AND", "OR", "NOT", "TO")

Clause: TypeAlias = Term | Phrase | Prefix

_LINKS = frozenset("-‐‑&/@_:+")
_SENTENCE_END = frozenset(".!?:\n")
_LETTERS_THEN_DIGITS = re.compile(r"([^\W\d_]+)(\d+)")
_UNLINKED = re.compile(r"[^\W_]+")


class Word(NamedTuple):
    """A word as people see it, with hyphens and the like inside, and the terms that it asks for."""

    written: str
    terms: tuple[str, ...]
    opens: bool  # stands first in a sentence, where a capital letter tells nothing


def plain(text: str, analyzer: Analyzer, *, keep_some: bool = True) -> list[Clause]:
    """Return what the words of `text` ask for, each once.

    Function words are left out; without other words they stay if `keep_some`.
    """
    words = list(_words(text, analyzer))
    shouted = text.isupper()
    operators = () if shouted else OPERATORS  # left over from a query that was read as plain words
    telling = [word for word in words if word.written not in operators and not _is_function_word(word, analyzer)]
    clauses: dict[tuple[object, ...], Clause] = {}
    for word in telling or words * keep_some:
        named = () if shouted else acronyms(word.written, analyzer)
        for clause in (*_clauses(word, analyzer), *(Term(term, OTHER_WRITINGS) for term in named)):
            key = (type(clause), clause.terms if isinstance(clause, Phrase) else clause.text)
            if key not in clauses or clauses[key].boost < clause.boost:
                clauses[key] = clause
    return list(clauses.values())


def strict(text: str, analyzer: Analyzer) -> Query:
    """Return what matches one word in any of its spellings, but never by a part of it alone."""
    words = list(_words(text, analyzer))
    spellings = _spellings(words[0], analyzer) if len(words) == 1 else ()
    return any_of([exact(text, analyzer, slop=_slop(text)), *spellings])


def exact(text: str, analyzer: Analyzer, *, slop: int = 0) -> Query:
    """Return what matches the terms of `text` side by side."""
    spans = analyzer.spans(text)
    tail = len(spans) > 1 and _is_tail(spans[-2], spans[-1])
    terms = tuple(term for _, _, term in spans[: len(spans) - tail])
    if len(terms) > 1:
        return Phrase(terms, slop)
    return _single(terms[0]) if terms else NOTHING


def any_of(queries: Sequence[Query]) -> Query:
    """Return the one query that matches what any of `queries` matches."""
    if len(queries) == 1:
        return queries[0]
    return Boolean(should=tuple(queries)) if queries else NOTHING


def _words(text: str, analyzer: Analyzer) -> Iterator[Word]:
    """Yield the words of `text`, those that are linked taken as one."""
    linked: list[Written] = []
    opens = True
    for word in analyzer.words(text):
        gap = text[linked[-1].end : word.start] if linked else ""
        if linked and gap not in _LINKS:
            yield _word(text, linked, opens=opens)
            linked, opens = [], not _SENTENCE_END.isdisjoint(gap)
        linked.append(word)
    if linked:
        yield _word(text, linked, opens=opens)


def _word(text: str, linked: Sequence[Written], *, opens: bool) -> Word:
    terms = tuple(term for part in linked for term in _asked(part.spans))
    return Word(text[linked[0].start : linked[-1].end], terms, opens)


def _asked(spans: Sequence[Span]) -> Iterator[str]:
    """Yield the terms of one written word; pairs of characters say all, so the last character goes."""
    previous = None
    for span in spans:
        if previous is None or not _is_tail(previous, span):
            yield span[2]
        previous = span


def _is_tail(previous: Span, span: Span) -> bool:
    return len(span[2]) == 1 and previous[1] == span[1] and is_unspaced(span[2])


def _is_function_word(word: Word, analyzer: Analyzer) -> bool:
    """Say whether the word only holds the sentence together; WHO, US and The Who in mid-sentence are names."""
    if analyzer.normalize(word.written) not in function_words(analyzer.language):
        return False
    return not any(character.isupper() for character in word.written[word.opens :])


def _clauses(word: Word, analyzer: Analyzer) -> Iterator[Clause]:
    """Yield what a word of a plain question asks for."""
    if len(word.terms) == 1 or len(word.terms) > LONGEST_COMPOUND or any(map(is_unspaced, word.terms)):
        yield from map(_single, word.terms)
    else:
        yield from (Term(term, boost=PART_BOOST) for term in word.terms)
        yield Phrase(word.terms, _slop(word.written), boost=PHRASE_BOOST)
    yield from _spellings(word, analyzer)


def _spellings(word: Word, analyzer: Analyzer) -> Iterator[Clause]:
    """Yield the other ways to write a word: covid19 and covid-19, e-mail and email, getUserById and get_user_by_id."""
    if split := _LETTERS_THEN_DIGITS.fullmatch(word.written):
        yield Phrase((analyzer.stem(split[1]), split[2]))
        return
    if whole := joined(word.written):
        yield Term(analyzer.stem(whole))
    for piece in _UNLINKED.findall(word.written):
        terms = tuple(analyzer.terms(" ".join(parts(piece))))
        if len(terms) > 1:
            yield Phrase(terms, boost=PART_BOOST)


def _single(term: str) -> Clause:
    """Return what finds a term; one character of an unspaced script also inside longer runs."""
    return Prefix(term) if len(term) == 1 and is_unspaced(term) else Term(term)


def _slop(written: str) -> int:
    return 1 if "&" in written else 0  # R&D is also R and D
