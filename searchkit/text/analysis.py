"""Text to index terms, the same way for both keyword engines, for questions and for highlights.

A term is what the index holds: lower case, without accents, stemmed. Scripts that put no space between
words become pairs of characters, so they need no dictionary. No word is left out of the index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from functools import cache
from typing import Generic, NamedTuple, TypeAlias, TypeVar

import Stemmer  # type: ignore[import-not-found]  # compiled, without stubs

from searchkit.errors import ArgumentError

REVISION = 1  # counts changes of these rules; terms of two revisions do not mix
LONGEST_TERM = 64  # characters; what is longer is data, not a word, and is cut
CACHE_SIZE = 250_000  # written words remembered, about 40 MB
LONGEST_CACHED = 40  # characters of a written word; longer ones hardly come twice
TEXTS = 2_000  # short texts whose words are remembered, about 10 MB: steps of a question ask for its words in turn
LONGEST_TEXT = 400  # characters of one

Span: TypeAlias = tuple[int, int, str]  # start, end, term
Stem: TypeAlias = Callable[[str], str]
Value = TypeVar("Value")

# Patterns with large sets of characters take milliseconds to compile, so most wait until a text needs them.

# Written without spaces, so indexed by pairs of characters: Thai, Lao, Myanmar, Khmer, kana, Han, Hangul.
_UNSPACED = (
    "\u0e01-\u0e2e\u0e30-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u1100-\u11ff"
    "\u3005-\u3007\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff"
)
# Marks stand on or between the letters of a word, but \w leaves them out.
_MARKS = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0\u07eb-\u07f3\u0816-\u082d\u0859-\u085b"
    "\u08d3-\u0963\u0971-\u0df3\u0f18\u0f19\u0f35\u0f37\u0f39\u0f71-\u0f84\u0f86-\u0fbc\u1056-\u109d\u135d-\u135f"
    "\u180b-\u180d\u18a9\u1920-\u193b\u1a17-\u1a1b\u1a55-\u1a7f\u1ab0-\u1aff\u1b00-\u1b44\u1b6b-\u1b73\u1b80-\u1bf3"
    "\u1c24-\u1c37\u1cd0-\u1cff\u1dc0-\u1dff\u200c\u200d\u2060\u20d0-\u20f0\u2de0-\u2dff\ua66f-\ua672\ua69e\ua69f"
    "\ua802-\ua827\ua880-\ua8c5\ua8e0-\ua8f1\ua926-\ua953\ua980-\ua9c0\uaa29-\uaa36\uaaeb-\uaaf6\uabe3-\uabed"
    "\ufb1e\ufe00-\ufe0f\ufe20-\ufe2f"
)
_EMOJI = "\u2600-\u27bf\U0001f1e6-\U0001f1ff\U0001f300-\U0001f3fa\U0001f400-\U0001faff"  # without skin tones
_APOSTROPHE = "['’ʼ＇]"
_LETTER = r"[^\W\d_]"
_IN_WORD = rf"[\w{_MARKS}{_UNSPACED}]"
_SPACED = rf"(?:[^\W_{_UNSPACED}]|[{_MARKS}])+"

# One hit is a written word, with what may continue it: U.S., J. R. R., O'Brien, 1.0.21, C++. What each becomes is
# remembered, so this pattern must be fast and _PIECE may take its time.
_ELECTRONIC = r"-(?<=[eE]-)(?<![^\W_].-)(?=(?i:mail|book|reader|commerce|business|learning|cig|sport|bike|gov))"
_WRITTEN = re.compile(
    rf"{_IN_WORD}++(?:(?:\.?['’ʼ＇]|[.,](?:\ (?={_LETTER}\.))?+|{_ELECTRONIC}){_IN_WORD}++)*+[+\#]*+|[{_EMOJI}]"
)
_PIECE = (
    rf"(?P<initials>{_LETTER}(?:\.\ ?{_LETTER})+)(?:\.?{_APOSTROPHE}s)?$"  # U.S., J. R. R.
    r"|(?<![^\W_])(?P<symbol>[A-Za-z](?:\+\+|\#)$)"  # C++, C#
    r"|(?P<electronic>[eE]-[A-Za-z]+)"  # e-mail is email
    r"|(?P<thousands>\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3}){2,})(?![\d,])(?:\.\d+)?)"  # 1,000 is 1000
    r"|[vV]?(?P<version>\d+(?:\.\d+)+)"  # v1.0.21 is 1.0.21
    r"|(?P<quantity>\d+)(?=(?!st|nd|rd|th)[A-Za-z]{2,}(?![^\W_]))"  # 15mg is 15 mg
    rf"|(?P<unspaced>[{_UNSPACED}]+)"
    rf"|(?P<emoji>[{_EMOJI}])"
    rf"|(?P<word>{_SPACED}"
)
_SPACED_INITIALS = re.compile(rf"[.,]\ {_LETTER}\.")
_AROUND = ".,;:!?()[]\"'"  # stands around words and never in front of what belongs to them
_APOSTROPHES = re.compile(_APOSTROPHE)
_NOT_A_LETTER = re.compile(r"[\W\d_]+")
_CONTRACTED = re.compile(rf"(?<=[^\W\d]){_APOSTROPHE}(?:s|re|ve|ll|d|m)$", re.IGNORECASE)
_DROPPED_MARKS = re.compile(
    "(?<![\u0400-\u04ff])[\u0300-\u036f]+|(?<=е)\u0308"  # Latin and Greek accents, Cyrillic ё; й and ї are letters
    "|[\u0591-\u05c7\u0610-\u061a\u064b-\u0652\u0670\u0640]|(?<=ا)[\u0653-\u0655]"  # Hebrew and Arabic vowel signs
    "|[\u00ad\u200c\u200d\u2060\ufe00-\ufe0f]"  # invisible joiners
)
_ZEROS = "٠۰०০"
_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
    | {chr(ord(zero) + digit): str(digit) for zero in _ZEROS for digit in range(10)}
)

_ALGORITHMS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_OTHER_LANGUAGES = {
    "be": "cyrillic",
    "bg": "cyrillic",
    "he": "hebrew",
    "mk": "cyrillic",
    "uk": "cyrillic",
    "vi": "latin",
} | (dict.fromkeys(("ja", "km", "ko", "lo", "my", "th", "zh"), "unspaced"))
_SCRIPT_OF = {
    "ar": "arabic", "el": "greek", "fa": "arabic", "hi": "devanagari", "hy": "armenian", "ne": "devanagari",
    "ru": "cyrillic", "ta": "tamil", "yi": "hebrew",
}  # fmt: skip
_LANGUAGE_OF = {  # who stems a script that is not the chosen language's own
    "latin": "en", "greek": "el", "cyrillic": "ru", "armenian": "hy", "arabic": "ar", "devanagari": "hi", "tamil": "ta",
}  # fmt: skip
_SCRIPTS = (
    ("\u0370", "\u03ff", "greek"), ("\u0400", "\u052f", "cyrillic"), ("\u0530", "\u058f", "armenian"),
    ("\u0590", "\u05ff", "hebrew"), ("\u0600", "\u06ff", "arabic"), ("\u0900", "\u097f", "devanagari"),
    ("\u0b80", "\u0bff", "tamil"), ("\u1f00", "\u1fff", "greek"),
)  # fmt: skip
_FOLDED_FIRST = frozenset({"en", "id"})  # their stemmers know no accented letter
_ELIDING_LANGUAGES = frozenset({"ca", "fr", "it"})


@cache
def _piece(*, eliding: bool) -> re.Pattern[str]:
    """Return the pattern of what stands for terms in a written word: O'Brien is one word, l'homme is two."""
    return re.compile(rf"{_PIECE})" if eliding else rf"{_PIECE}(?:{_APOSTROPHE}{_SPACED})*)")


@cache
def _not_in_term() -> re.Pattern[str]:
    return re.compile(rf"[^\w{_MARKS}{_UNSPACED}{_EMOJI}+\#.]+|_+")


@cache
def _unspaced() -> re.Pattern[str]:
    return re.compile(rf"[{_UNSPACED}]")


class Written(NamedTuple):
    """A word as it stands at `text[start:end]`, and the terms it becomes, each with its own offsets."""

    start: int
    end: int
    spans: tuple[Span, ...]


class _Cache(dict[str, Value], Generic[Value]):
    """Remembers a function of short strings; forgets all when full, which is cheaper than choosing."""

    def __init__(self, function: Callable[[str], Value], size: int = CACHE_SIZE, longest: int = LONGEST_CACHED) -> None:
        super().__init__()
        self._function = function
        self._size = size
        self._longest = longest

    def __missing__(self, key: str) -> Value:
        value = self._function(key)
        if len(key) <= self._longest:
            if len(self) >= self._size:
                self.clear()
            self[key] = value
        return value


class Analyzer:
    """Turns text of one language into index terms. An index is searched with the `name` that built it."""

    def __init__(self, language: str = "en") -> None:
        """Choose a language by ISO 639-1 code ("en", "pt-BR"), or "none"; ArgumentError for one that is not known."""
        self.language = language.lower().replace("_", "-").split("-")[0]
        self._stemmers = _stemmers(self.language)
        self._pieces = _Cache(self._analyze)
        self._joined = _Cache(self._join)
        self._normalized = _Cache(_normalized)
        self._chunks = _Cache(self._join_chunk)  # of what stands between white space
        self._words = _Cache(self._find_words, TEXTS, LONGEST_TEXT)

    @property
    def name(self) -> str:
        """What decides the terms: language and revision of these rules."""
        return f"{self.language}/{REVISION}"

    def terms(self, text: str) -> list[str]:
        """Return the index terms of `text` in order; a term's place is its position."""
        return self.joined(text).split()

    def joined(self, text: str) -> str:
        """Return the terms of `text` in one string, with white space between them: what indexing wants, fast."""
        if self.crosses_spaces(text):
            return self._join_words(text)
        return " ".join(map(self._chunks.__getitem__, text.split()))

    def chunks(self, written: Collection[str]) -> dict[str, str]:
        """Return the terms, joined, of each of what stands between white space in texts; no word may cross a space."""
        return dict(zip(written, map(self._chunks.__getitem__, written), strict=True))

    @staticmethod
    def crosses_spaces(text: str) -> bool:
        """Tell whether a written word of `text` may go on after a space, as only initials (J. R. R.) do."""
        return _SPACED_INITIALS.search(text) is not None

    def _join_chunk(self, chunk: str) -> str:
        bare = chunk.strip(_AROUND)
        if _is_simple(bare):
            return self._joined[bare]
        return self._join_words(chunk)

    def _join_words(self, text: str) -> str:
        return " ".join(map(self._joined.__getitem__, _WRITTEN.findall(text)))

    def spans(self, text: str) -> list[Span]:
        """Return (start, end, term) for each of `terms(text)`, with offsets into `text`."""
        return [span for word in self.words(text) for span in word.spans]

    def words(self, text: str) -> tuple[Written, ...]:
        """Return the written words of `text`; one that becomes no term is left out."""
        return self._words[text]

    def _find_words(self, text: str) -> tuple[Written, ...]:
        found = ((match.start(), match.end(), self._pieces[match[0]]) for match in _WRITTEN.finditer(text))
        return tuple(
            Written(start, end, tuple((start + first, start + last, term) for first, last, term in spans))
            for start, end, spans in found
            if spans
        )

    def normalize(self, word: str) -> str:
        """Return `word` as a term would be but unstemmed: where wildcards and fuzzy matching start."""
        return self._normalized[word]

    def stem(self, word: str) -> str:
        """Return the term of one word without punctuation."""
        return self._stemmers.get(_script(word), fold)(word)

    def _join(self, written: str) -> str:
        if _is_simple(written):
            return self.stem(written)[:LONGEST_TERM]
        return " ".join(term for _, _, term in self._pieces[written])

    def _analyze(self, written: str) -> tuple[Span, ...]:
        """Return the spans of one written word, offsets from its start."""
        if _is_simple(written):
            return ((0, len(written), self.stem(written)[:LONGEST_TERM]),)
        pieces = _piece(eliding=self.language in _ELIDING_LANGUAGES)
        return tuple(
            (start, end, part[:LONGEST_TERM])
            for match in pieces.finditer(written)
            for start, end, term in self._spans_of_piece(match)
            for part in _not_in_term().sub(" ", term).split()
        )

    def _spans_of_piece(self, match: re.Match[str]) -> Iterable[Span]:
        kind = match.lastgroup or ""
        start, end = match.span(kind)
        if kind == "unspaced":
            return _pairs(match[kind], start)
        return [(start, end, self._term(kind, match[kind]))]

    def _term(self, kind: str, piece: str) -> str:
        match kind:
            case "word":
                return self.stem(_without_apostrophes(piece))
            case "initials" | "electronic":
                return self.stem(_NOT_A_LETTER.sub("", piece))
            case "thousands":
                return piece.replace("," if "," in piece else ".", "")
            case _:
                return fold(piece)


def _is_simple(written: str) -> bool:
    """Say whether a short way leads to the same terms, as for most words."""
    return written.isascii() and written.isalpha()


def is_unspaced(term: str) -> bool:
    """Say whether a term comes from a script without spaces: it is two characters, or the last of its run."""
    return term >= _UNSPACED[0] and _unspaced().match(term) is not None


def fold(text: str) -> str:
    """Return `text` in lower case without accents and invisible characters."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _DROPPED_MARKS.sub("", decomposed).translate(_LETTERS))


def _normalized(word: str) -> str:
    if word.isascii() and word.isalnum():
        return word.lower()[:LONGEST_TERM]
    return _not_in_term().sub("", fold(_without_apostrophes(word)))[:LONGEST_TERM]


def _without_apostrophes(word: str) -> str:
    return _APOSTROPHES.sub("", _CONTRACTED.sub("", word))


def _pairs(run: str, start: int) -> list[Span]:
    """Return each two neighbours and the last character: any part of the run is found again, even one character."""
    folded = unicodedata.normalize("NFKC", run)
    ends = range(2, len(folded) + 1)
    if len(folded) == len(run):
        pairs = [(start + end - 2, start + end, folded[end - 2 : end]) for end in ends]
        return [*pairs, (start + len(run) - 1, start + len(run), folded[-1])]
    return [(start, start + len(run), term) for term in (*(folded[end - 2 : end] for end in ends), folded[-1])]


def _script(word: str) -> str:
    """Return the script of the word's first character; Latin for all that needs no rule of its own."""
    if word[:1] < _SCRIPTS[0][0]:  # also for a word of which nothing is left
        return "latin"
    return next((script for first, last, script in _SCRIPTS if first <= word[0] <= last), "latin")


def _stemmers(language: str) -> dict[str, Stem]:
    """Return the stemmer of each script: the language's own, and the usual one for words in other scripts."""
    if language == "none":
        return {}
    if language not in _ALGORITHMS and language not in _OTHER_LANGUAGES:
        known = " ".join(sorted((*_ALGORITHMS, *_OTHER_LANGUAGES)))
        raise ArgumentError(f'language is {language!r}; give "none" (no stemming) or one of: {known}')
    own = _OTHER_LANGUAGES.get(language) or _SCRIPT_OF.get(language, "latin")
    codes = {**_LANGUAGE_OF, own: language}
    return {script: _stemmer(code) for script, code in codes.items() if code in _ALGORITHMS}


def _stemmer(code: str) -> Stem:
    """Return a function from a lower-case word to its folded stem."""
    stemmer = Stemmer.Stemmer(_ALGORITHMS[code], 0)  # without its cache: ours comes first
    if code in _FOLDED_FIRST:
        return lambda word: stemmer.stemWord(fold(word))
    return lambda word: fold(stemmer.stemWord(unicodedata.normalize("NFKC", word).lower()))
