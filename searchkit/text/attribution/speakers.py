"""Who is meant: pronouns, last names and "the official", through the passages before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from searchkit.text.attribution.nouns import GROUPS, PAPERS, is_person, singular, words
from searchkit.text.attribution.quotes import Span
from searchkit.text.attribution.sources import CAP, SourceMention, head_of, personal, plural

FARTHEST = 2  # passages that a pronoun looks back over
_TITLE = re.compile(r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Dame|Lord|Lady|Judge|Justice|Sen|Senator|Rep|Gen|"
                    r"President|Minister|Governor|Mayor)\.?\s(?=[A-Z])")  # fmt: skip
_NAME = re.compile(rf"{CAP}(?:\s(?:(?:van|von|der|den|de|da|bin|al|el|la|du|di|ten|ter)\s){{0,2}}{CAP})*")
_LEADING_NAME = re.compile(
    rf"((?:{CAP}\s){{1,3}}{CAP}(?:\s(?:of|at|from)\s[^,.;:]{{2,48}}?)?)(?=,|\s(?:has|had|is|was|who|[a-z]+ed|[a-z]+s)\b)"
)
_DESCRIBED = re.compile(
    r",\s((?:an?|the|who|head|chief|director|president|professor|\d\d,)\b[^.;:\"“”]{3,120}?)(?=,|\.|;|$)"
)
_LEADING_NOUN = re.compile(
    r"((?:An?|The|One)\s(?:[\w’'-]+\s){0,3}?([\w’'-]+)(?:\s(?:of|at|in|from|for)\s(?:the\s)?(?:[\w’'-]+\s){0,2}?[\w’'-]+(?:\s[A-Z][\w’'-]+)*)?(?:,\s(?:[A-Z][\w’'-]+\s){1,2}[A-Z][\w’'-]+)?)"
    r"(?=\s(?:who|with|was|is|has|had|[a-z]+ed|[a-z]+s)\b|,)"
)
_NAMES_BEFORE = re.compile(rf"(?:\b{CAP} ){{1,3}}$")
_NAMES_AFTER = re.compile(rf"(?: {CAP}){{1,2}}\b")
_OPENERS = words(
    "But And Yet Even While When After Before If Although In On At The A An Now Then Still As For Since Under With "
    "Because Though Meanwhile Like That This What Why How Once Until Only Both Not Mr Mrs Ms Dr"
)
_NO_PERSON = words(
    "house street states kingdom union watch research times post news nations city republic europe america africa asia "
    "china russia japan india britain france germany washington beijing moscow tokyo london brussels korea vietnam "
    "thailand indonesia philippines malaysia singapore israel iran ukraine canada mexico brazil australia google apple "
    "microsoft amazon reuters journal press securities capital partners institute forum centre center monitor risk inc "
    "corp group international airlines motors"
)


def _whole_name(text: str, begin: int, end: int) -> Span:
    """Return the span of the full name of which text[begin:end] is a part."""
    if before := _NAMES_BEFORE.search(text, max(0, begin - 48), begin):
        begin = before.start()
    opener = text[begin:end].split(" ", 1)[0]
    if opener in _OPENERS:
        begin += len(opener) + 1
    after = _NAMES_AFTER.match(text, end)
    return begin, after.end() if after else end


class KnownSpeaker(NamedTuple):
    """Who said something: in full, and the group that the text counts them among."""

    name: str
    among: str = ""


class _Heard(NamedTuple):
    speaker: KnownSpeaker
    passage: int
    at: int
    several: bool
    person: bool


class Speakers:
    """Those who have spoken in a document so far."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._heard: list[_Heard] = []
        self._full: dict[str, KnownSpeaker] = {}  # by each name alone: full name, last name, first name

    def last(self) -> KnownSpeaker | None:
        """Return who spoke last."""
        return self._heard[-1].speaker if self._heard else None

    def identify(self, source: SourceMention, passage: int, among: str = "") -> KnownSpeaker:
        """Return who a source is, and remember it."""
        text = self._texts[passage]
        written = " ".join(text[source.span[0] : source.span[1]].split())
        if source.kind == "pronoun":
            speaker = self._of_pronoun(written.lower(), passage, source.span[0]) or KnownSpeaker(written)
            several, person = written.lower() in ("they", "their"), written.lower() not in ("it", "they", "their")
        elif source.kind == "name":
            description = text[source.description[0] : source.description[1]] if source.description else ""
            speaker = self._of_name(written, " ".join(description.split()), passage, source.span[0], among)
            several = " and " in written
            person = not several and self._is_person(speaker.name)
        else:
            name = text[source.description[0] : source.description[1]] if source.description else ""
            if name[:1].isupper() and _NAME.fullmatch(name):  # "the curator, Lena Okafor"
                speaker = self._remember(name, KnownSpeaker(f"{written}, {name}"))
            else:
                speaker = self._of_noun(written)
            several, person = plural(written), personal(source, written)
        self._heard.append(_Heard(speaker, passage, source.span[0], several, person))
        return speaker

    def _of_pronoun(self, pronoun: str, passage: int, at: int) -> KnownSpeaker | None:
        several = pronoun in ("they", "their", "them")
        recent = [heard for heard in self._heard[-8:] if passage - heard.passage <= FARTHEST]
        for heard in reversed(recent):
            if heard.several == several and (several or heard.person == (pronoun != "it")):
                newer = None if several or pronoun == "it" else self._introduced(heard.passage, heard.at, passage, at)
                return newer or heard.speaker
        if several or pronoun == "it":
            return None
        return self._introduced(passage - 1, 0, passage, at)

    def _introduced(self, since_passage: int, since: int, passage: int, at: int) -> KnownSpeaker | None:
        """Return the person with whose full name the last sentence in between begins."""
        for number in range(passage, max(since_passage, passage - FARTHEST) - 1, -1):
            if number < 0:
                return None
            text = self._texts[number]
            first = since + 1 if number == since_passage and since else 0
            last = at if number == passage else len(text)
            starts = [0, *(m.end() for m in re.finditer(r"[.!?][\"”]?\s+", text))]
            for start in reversed([s for s in starts if first <= s < last]):
                match = _LEADING_NAME.match(text, start, last)
                if match and match[1].split()[0] not in _OPENERS and self._is_person(match[1]):
                    return self._of_name(match[1], "", number, last, "")
                noun = _LEADING_NOUN.match(text, start, last)
                if noun and is_person(noun[2]):
                    return KnownSpeaker(noun[1])
        return None

    @staticmethod
    def _is_person(name: str) -> bool:
        """Tell whether a name is a person's, as far as its words show: of two words or more, none an institution's."""
        alone = name.split(",", maxsplit=1)[0].split(" of ", maxsplit=1)[0].split(" at ", maxsplit=1)[0]
        last = singular(alone.split()[-1])
        words = {word.lower() for word in alone.split()}
        return len(words) > 1 and last not in GROUPS | PAPERS and not words & _NO_PERSON

    def _of_name(self, written: str, description: str, passage: int, at: int, among: str) -> KnownSpeaker:
        name = self._bare(written)
        known = self._full.get(name) or self._full.get(name.split()[-1] if len(name.split()) == 1 else name)
        if not description and known is None:
            written, description = self._mentioned(name, passage, at) or (written, "")
        if known is not None and not description and len(known.name) >= len(written):
            return self._remember(name, KnownSpeaker(known.name, known.among or among))
        full = f"{written}, {description}" if description else written
        if known is not None and known.name not in full and len(known.name) > len(full):
            full = known.name
        return self._remember(self._bare(written), KnownSpeaker(full, (known.among if known else "") or among))

    def _remember(self, name: str, speaker: KnownSpeaker) -> KnownSpeaker:
        parts = name.split()
        for key in {name, parts[-1], parts[0]} if len(parts) > 1 else {name}:
            self._full[key] = speaker
        return speaker

    def _bare(self, written: str) -> str:
        """Return the name alone: without title, trade and place."""
        if written.isalpha():
            return written
        head = _TITLE.sub("", written)
        head = re.split(r"\s(?:of|at|for|from|in|with)\s", head)[0]
        found = _NAME.findall(head)
        return found[-1].strip(" ,.") if found else written

    def _mentioned(self, name: str, passage: int, at: int) -> tuple[str, str] | None:
        """Return the full name, and what was said of it, where the text introduced somebody without quoting them."""
        alone = " " not in name
        for number in range(passage + 1):
            text = self._texts[number]
            last = len(text) if number < passage else at
            found = text.find(name, 0, last)
            while found >= 0:
                begin, end = _whole_name(text, found, found + len(name)) if alone else (found, found + len(name))
                described = _DESCRIBED.match(text, end)
                is_name = begin < end  # "While, the tea is good" names nobody
                if is_name and (described or (begin < found and end == found + len(name))):
                    return text[begin:end], described[1] if described else ""
                found = text.find(name, found + len(name), last)
        return None

    def _of_noun(self, written: str) -> KnownSpeaker:
        words = written.split()
        if words[0].lower() == "the" and len(words) <= 3:
            head = singular(head_of(written))
            for heard in reversed(self._heard):
                name = heard.speaker.name
                if singular(head_of(name)) == head or re.search(rf",\s(?:an?|the)\s[^,]*\b{re.escape(head)}\b", name):
                    return heard.speaker if len(name) > len(written) else KnownSpeaker(written)
        return KnownSpeaker(written)
