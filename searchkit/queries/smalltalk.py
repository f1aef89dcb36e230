"""Courtesies in a conversation: "thanks!", "ok", "hi, can you help me?" ask for nothing. English alone.

A rule that is short on purpose: a sentence with one word outside these lists is taken for a question.
"""

from __future__ import annotations

import re

LONGEST = 12  # different words of a sentence; more than a courtesy has
LONGEST_TEXT = 200  # characters of a text that may be nothing else


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COURTESIES = _words(
    "hi hello hey greetings thanks thank thankyou thx ty cheers ok okay k kk great cool nice perfect awesome wonderful "
    "excellent amazing fine good sure yes yeah yep yup no nope nah please sorry oh ah wow hmm hm haha lol welcome "
    "understood gotcha got see sense bye goodbye alright right appreciate"
)
_BESIDE_THEM = _words(
    "you u very so much a an lot for the your help information info answer answers explanation reply that is its it "
    "was i im me my this all these again then now there to know hear really helpful useful interesting impressive "
    "important makes make and but too also well indeed morning afternoon evening day night have one"
)
_REQUESTS = _words(
    "hi hello hey can could would will may you please kindly help me us i here there ask a some something question "
    "questions have how are is it going doing do today anybody anyone"
)
_OF_REQUESTS = frozenset(("help", "ask", "question", "questions", "hi", "hello", "hey"))
_KNOWN = _COURTESIES | _BESIDE_THEM | _REQUESTS
_WORD = re.compile(r"[^\W_]+(?:['’`´][^\W_]+)*")
_CONTRACTED = re.compile(r"['’`´](?:s|re|ve|ll|d|m)$")
_APOSTROPHES = str.maketrans("", "", "'’`´")


def said(text: str) -> list[str]:
    """Return the words of a text in lower case as lists of words have them: "I'm" is "i", "don't" is "dont"."""
    return [_CONTRACTED.sub("", word).translate(_APOSTROPHES) for word in _WORD.findall(text.casefold())]


def is_smalltalk(text: str) -> bool:
    """Say whether a text is all courtesy, sentence by sentence, and asks for nothing."""
    words = said(text) if len(text) <= LONGEST_TEXT else ()
    return bool(words) and _KNOWN.issuperset(words) and not without_smalltalk(text)


def without_smalltalk(text: str) -> str:
    """Return the text without the sentences that are courtesies."""
    from searchkit.text.sentences import sentences  # noqa: PLC0415 - few questions look like courtesies

    return " ".join(text[start:end] for start, end in sentences(text) if not _is_courtesy(text[start:end]))


def _is_courtesy(sentence: str) -> bool:
    words = set(said(sentence))
    if len(words) > LONGEST:
        return False
    requests = words <= _REQUESTS and not words.isdisjoint(_OF_REQUESTS)
    if sentence.rstrip().endswith("?"):
        return requests
    return not words or requests or (words <= _COURTESIES | _BESIDE_THEM and not words.isdisjoint(_COURTESIES))
