"""The parts of a question: what it asks, one thing after the other.

A model's vector is a mean of what all words say: of a question of many parts it has a little of each, and is near to
none of their answers. Parts are sentences; of one long sentence, its clauses.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from searchkit.queries.function_words import function_words
from searchkit.text.analysis import Analyzer
from searchkit.text.sentences import Span, sentences

LONG = 20  # words that say something, beyond which the clauses of a lone sentence are parts
LEAST = 2  # of them in a part; what has fewer belongs to the part after it
MOST = 16  # parts; those of a longer text are joined

_CLAUSE = re.compile(
    r"(?<=[,;:،؛])\s+(?=\D)"  # "September 26, 2023" is one date
    r"|(?<=[，；：])"
    r"|\s+(?=(?:and|but|while|whereas|und|aber|während|et|mais|tandis|y|pero|mientras)\s)"
)
_WHOLE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|「[^」]*」|『[^』]*』|《[^》]*》")


def parts(text: str, analyzer: Analyzer) -> list[str]:
    """Return the parts of a question in order: the text itself where there is no second one.

    What stands in brackets or quotation marks belongs to one part, and a part says enough to be looked for.
    """
    telling = _telling(text, analyzer)
    if len(telling) < 2 * LEAST:
        return [text]
    found = _told(_sentences(text), telling)
    if len(found) == 1 and len(telling) > LONG:
        found = _told(_clauses(text, found[0]), telling)
    return [text] if len(found) < 2 else [text[start:end] for start, end in _joined(found)]


def _telling(text: str, analyzer: Analyzer) -> list[int]:
    """Return where the words start that are no function words; of writing without spaces, its terms."""
    function = function_words(analyzer.language)
    words = (word for word in analyzer.words(text) if text[word.start : word.end].lower() not in function)
    return [start for word in words for start, _, _ in word.spans]


def _count(span: Span, telling: Sequence[int]) -> int:
    return bisect_left(telling, span[1]) - bisect_left(telling, span[0])


def _sentences(text: str) -> list[Span]:
    """Return the sentences; in a text without capitals, those that capitals would tell."""
    upper = text.upper()
    return _kept_whole(text, sentences(upper if text.islower() and len(upper) == len(text) else text))


def _clauses(text: str, sentence: Span) -> list[Span]:
    """Return the clauses of a sentence."""
    start, end = sentence
    cuts = [(match.start(), match.end()) for match in _CLAUSE.finditer(text, start, end)]
    edges = [start, *(edge for cut in cuts for edge in cut), end]
    return _kept_whole(text, [pair for pair in zip(edges[::2], edges[1::2], strict=True) if pair[0] < pair[1]])


def _kept_whole(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return the spans, those joined between which there are brackets or quotation marks still to be closed."""
    whole = [match.span() for match in _WHOLE.finditer(text)]
    found: list[Span] = []
    for start, end in spans:
        if found and any(first < start < last for first, last in whole):
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def _told(spans: Sequence[Span], telling: Sequence[int]) -> list[Span]:
    """Return the spans, those that say too little joined to the one after; the last to the one before."""
    found: list[Span] = []
    enough = True
    for start, end in spans:
        if enough:
            found.append((start, end))
        else:
            found[-1] = found[-1][0], end
        enough = _count(found[-1], telling) >= LEAST
    if not enough and len(found) > 1:
        found[-2:] = [(found[-2][0], found[-1][1])]
    return found


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """Yield the spans, as many neighbours joined as leave MOST of them."""
    size = -(-len(spans) // MOST)
    for at in range(0, len(spans), size):
        yield spans[at][0], spans[min(at + size, len(spans)) - 1][1]
