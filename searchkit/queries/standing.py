"""Whether a turn of a conversation stands alone, or leans on what was said before.

By rules on the words of English: who reads "it", "that fee" or "and in May?" looks back. In other languages only a turn
of few words leans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from searchkit.queries.function_words import function_words
from searchkit.queries.smalltalk import said, without_smalltalk
from searchkit.text.analysis import Analyzer
from searchkit.text.sentences import sentences

LONGEST = 600  # characters; a longer text was pasted, and brings what it refers to along
FEW = 2  # telling words: a turn that has no more may lean without any other sign
SOME = 4  # telling words up to which a weak sign counts, such as "also"
MANY = 6  # telling words up to which a question that is built as a statement takes up what was said


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PRONOUNS = _words("it he him she they them theirs hers")  # for what another clause names
_OF_THE_CLAUSE = _words("its itself his himself herself their themselves her")  # or the same
_DEMONSTRATIVES = frozenset(("this", "that", "these", "those"))
_VERBS = _words(  # before the subject of a question
    "is are was were isnt arent wasnt werent do does did dont doesnt didnt has have had can could will would shall "
    "should may might must cant couldnt wont wouldnt shouldnt am"
)
_ASKING = _words("who whom whose what which when where why how")
_DETERMINERS = _words("a an the my your our any some every each no this that these those")
_WHICH = frozenset(("which", "what"))  # of those that were spoken of
_TIMES = _words(
    "second minute hour day night morning afternoon evening week weekend month quarter year decade century season "
    "spring summer autumn fall winter time moment"
)
_BEFORE_THAT = _words(  # "do that", "about that"; elsewhere it joins clauses: "a base that was home to"
    "do did does about of for with from to at on in by after before like than since without against but or is was are "
    "were why what how mean means meant doing done"
)
_BEFORE_ONE = _words("which another other first second last best get")
_AFTER_THOSE = _words("who that which with of in")
_COMPARING = _words("same other others another else instead also too either both former latter more less better worse")
_CONNECTING = _words("and or but so then also plus because")
_TALK = _words(  # words of talking, which tell nothing of a subject
    "mean meant tell say said explain clarify please know think want need ask asking talk talking give show see "
    "example examples thing things something anything way kind type types sort bit little lot details detail info "
    "information happen happens happened work works well possible elaborate continue go summarize list find get got "
    "ok okay thanks thank yes yeah sorry hi hello sure fine much many long often one ones use used using"
)
_LEAD = re.compile(r"\W*(?:(?:ok|okay|so|and|but|yes|yeah|no|well|then|thanks|oh|sorry)\b\W*)*", re.IGNORECASE)
_CORRECTS = re.compile(r"i(?:['’]m| am| was)? (?:mean|meant|talking about|asking)\b", re.IGNORECASE)
_GOES_ON = re.compile(r"(?:what|how) about\b|what (?:if|else)\b|why not\b|in (?:that|this|which) case\b", re.IGNORECASE)
_QUOTES = re.compile(
    r"\byou (?:just )?(?:said|mention(?:ed)?|told|listed|wrote|stated)\b"
    r"|\byour (?:\w+ )?(?:answer|statement|reply|response|list)\b",
    re.IGNORECASE,
)
_SWITCHES = re.compile(
    r"\b(?:by the way|btw|(?:new|another|different) (?:question|topic)|chang\w+ the (?:topic|subject))\b", re.IGNORECASE
)
_DEFINES = re.compile(
    r"(?:what|who)(?:['’]s|['’]re| is| are| was| were)\s+(?!(?:the|my|your|our|some|any)\b)", re.IGNORECASE
)
_CLAUSE_END = re.compile(
    r"[.,;:!?()\n]+|\b(?:and|but|or|if|when|because|who|which|while|after|before|since|until|than|whether|though)\b",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[,;:–—]|--")
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_EMPTY_IT = re.compile(  # "is it safe to", "it takes years to": stands for nothing
    r"\b(?:is|was|be|isn['’]t|wasn['’]t) (it) (?!(?:going|likely|supposed|able|due|about)\b)(?:\w+ ){1,3}"
    r"(?:to|that|for|if|whether)\b"
    r"|\b(it)(?:['’]s| is| was| isn['’]t| would be| will be) (?:\w+ ){1,3}(?:to|that|for|if|whether)\b"
    r"|\b(it) (?:takes?|costs?|matters?|makes?|means?|helps?|pays?|seems?|appears?|rains?|snows?) (?:\w+ ){0,3}"
    r"(?:to|that|if)\b",
    re.IGNORECASE,
)


class Standing(NamedTuple):
    """Whether a turn stands alone; if not, why: for people.

    surely: it leans whatever was said before; otherwise it may be on something new.
    """

    alone: bool
    why: str = ""
    surely: bool = False


ALONE = Standing(alone=True)
NO_SUBJECT = Standing(alone=False, why="names no subject", surely=True)


def standing(text: str, analyzer: Analyzer) -> Standing:
    """Say whether a turn stands alone."""
    if len(text) > LONGEST:
        return ALONE
    if analyzer.language != "en":
        return ALONE if len(telling_words(text, analyzer)) > FEW else Standing(alone=False, why="has few words")
    return _in_english(without_smalltalk(text) or text, analyzer)


def _in_english(text: str, analyzer: Analyzer) -> Standing:
    telling = telling_words(text, analyzer)
    if not telling:
        return NO_SUBJECT
    if _SWITCHES.search(text):
        return ALONE
    if why := _strong_sign(text, telling):
        return Standing(alone=False, why=why, surely=True)
    why = _weak_sign(text, telling)
    if not why and (len(telling) > FEW or _names_its_subject(text)):
        return ALONE
    if _is_vague(text, telling):
        return Standing(alone=False, why=why or NO_SUBJECT.why, surely=True)
    return Standing(alone=False, why=why or "has few words")


def telling_words(text: str, analyzer: Analyzer) -> set[str]:
    """Return the words of a turn that say something of a subject."""
    function = function_words(analyzer.language)
    return {word for word in said(text) if word not in function and word not in _TALK}


def _begin(text: str) -> int:
    """Return where a turn begins after "ok, so"."""
    found = _LEAD.match(text)
    return found.end() if found else 0


# --- signs ---------------------------------------------------------------------------------------------


def _strong_sign(text: str, telling: Set[str]) -> str:
    """Return why a turn cannot be understood without those before it, none if it can."""
    if len(telling) <= SOME and (found := _CORRECTS.match(text, _begin(text))):
        return f"goes on: {found[0]!r}"
    if found := _QUOTES.search(text):
        return f"refers to an answer: {found[0]!r}"
    word = reference(text, telling)
    return f"refers to what was said: {word!r}" if word else ""


def _weak_sign(text: str, telling: Set[str]) -> str:
    """Return why a turn that refers to nothing in so many words may lean, none if nothing speaks for it."""
    words = said(text)
    if len(telling) <= SOME:
        if found := _GOES_ON.match(text, _begin(text)):
            return f"goes on: {found[0]!r}"
        if words[0] in _CONNECTING:
            return f"goes on: {words[0]!r}"
        if comparing := next((word for word in words if word in _COMPARING), ""):
            return f"compares: {comparing!r}"
        if _ASKING.isdisjoint(words) and _VERBS.isdisjoint(words):
            return "is no sentence"
    return "checks what was said" if len(telling) <= MANY and _is_built_as_statement(text) else ""


def _is_built_as_statement(text: str) -> bool:
    """Say whether a text ends in a question that is none by its words: "so the fee is 3 %?"."""
    start, end = sentences(text)[-1]
    return text[start:end].endswith("?") and not any(
        words and (words[0] in _VERBS or not _ASKING.isdisjoint(words))
        for words in map(said, _PARTS.split(text[start:end]))
    )


def _is_vague(text: str, telling: Set[str]) -> bool:
    """Say whether a turn has one telling word, which could be about anything: "how can I apply?"."""
    words = said(text)
    fragment = _ASKING.isdisjoint(words) and _VERBS.isdisjoint(words) and _COMPARING.isdisjoint(words)
    return len(telling) < FEW and not fragment and not _names_its_subject(text)


def _names_its_subject(text: str) -> bool:
    """Say whether a short question asks what something is, or has a name or a plural without an article."""
    begin = _begin(text)
    if _DEFINES.match(text, begin):
        return True
    before = ""
    for token in _TOKEN.finditer(text, begin):
        word = token[0].casefold()
        if _is_name(token, begin) or (before not in _DETERMINERS | _WHICH and _is_plural(word)):
            return True
        before = word
    return False


def _is_name(token: re.Match[str], begin: int) -> bool:
    capital = token.start() > begin and any(map(str.isupper, token[0])) and not re.match(r"I(?:['’]|$)", token[0])
    return capital or any(map(str.isdigit, token[0]))


def _is_plural(word: str) -> bool:
    ends = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return ends and word not in _TALK | _VERBS and word not in function_words("en")


# --- references ---------------------------------------------------------------------------------------------


class _Named(NamedTuple):
    """What the clauses before have named: anything at all, a name, telling words."""

    anything: bool
    name: bool
    words: frozenset[str]


def reference(text: str, telling: Set[str]) -> str:
    """Return the first word that stands for something said in another turn, none if there is none.

    telling: the turn's telling words. What an earlier clause of the turn names may be what a pronoun stands for.
    """
    empty = {found.start(found.lastindex) for found in _EMPTY_IT.finditer(text) if found.lastindex}
    shouts = text.isupper()  # otherwise IT is no "it"
    named = _Named(anything=False, name=False, words=frozenset())
    for start, end in _clauses(text):
        tokens = list(_TOKEN.finditer(text, start, end))
        words = ["".join(said(token[0])) if shouts or token[0] != "IT" else "IT" for token in tokens]
        for at in range(len(words)):
            if tokens[at].start() not in empty and _points_back(words, at, telling, named):
                followed = words[at] in _DEMONSTRATIVES and words[at + 1 : at + 2] and words[at + 1] in telling
                return " ".join(token[0] for token in tokens[at : at + 1 + bool(followed)])
            named = _also_named(named, tokens, words, at, telling)
        several = sum(word in telling for word in words) >= 2  # telling words are a thing to refer to
        named = named._replace(anything=named.anything or several or _has_noun(words, tokens, telling))
    return ""


def _points_back(words: Sequence[str], at: int, telling: Set[str], named: _Named) -> bool:
    """Say whether the word at this place of a clause stands for something that the turn does not name."""
    word, before, after = words[at], "".join(words[max(at - 1, 0) : at]), "".join(words[at + 1 : at + 2])
    here = any(each in telling for each in words[:at])
    if word in _OF_THE_CLAUSE:
        return not (named.anything or here)
    if word in _PRONOUNS:
        return not named.anything
    if word in _DEMONSTRATIVES and _is_demonstrative(word, before, after):
        if after in telling:
            return not (named.name or named.words & set(words[at + 1 : at + 3]))
        return not named.anything
    if word == "there" and before not in _VERBS and after not in _VERBS:
        return not (named.anything or here)
    return (word == "ones" or (word == "one" and before in _BEFORE_ONE)) and not (named.anything or here)


def _is_demonstrative(word: str, before: str, after: str) -> bool:
    """Say whether "that" stands for something or before it, and joins no clauses; "this week" is a time."""
    if after in _TIMES:
        return False
    if word == "those":
        return after not in _AFTER_THOSE
    return word != "that" or before in _BEFORE_THAT or (not before and after in _VERBS) or not after


def _also_named(
    named: _Named, tokens: Sequence[re.Match[str]], words: Sequence[str], at: int, telling: Set[str]
) -> _Named:
    if words[at] not in telling:
        return named
    name = tokens[at].start() > 0 and tokens[at][0][0].isupper()
    return named._replace(name=named.name or name, words=named.words | {words[at]})


def _has_noun(words: Sequence[str], tokens: Sequence[re.Match[str]], telling: Set[str]) -> bool:
    return any(
        word in telling
        and (
            word.endswith("s")
            or (at > 0 and words[at - 1] in _DETERMINERS)
            or (tokens[at].start() > 0 and tokens[at][0][0].isupper())
        )
        for at, word in enumerate(words)
    )


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for cut in _CLAUSE_END.finditer(text):
        yield start, cut.start()
        start = cut.end()
    yield start, len(text)


# --- nothing at all -----------------------------------------------------------------------------------------


def dangles(text: str) -> bool:
    """Say whether a text without telling words asks for what nobody has named: "who was she?", "why?"."""
    words = said(text)
    return bool(words) and (_ASKING.issuperset(words) or bool(reference(text, frozenset())))
