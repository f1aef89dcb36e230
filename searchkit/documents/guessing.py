"""Which of the encodings before UTF-8 a text is in, by the letters that languages use."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

_COMMON = "„“”‚‘’«»‹›…–—·•°§€£©®™ºª¿¡½¼¾²³×±\u00a0\u00ad"  # what stands in texts of every language


class _Page(NamedTuple):
    """A code page of one byte a letter, and the letters beyond ASCII of languages that are written in it."""

    encoding: str
    languages: tuple[str, ...]


# Western pages first: where two pages give plausible texts, the commoner one is right.
_LATIN = (
    _Page("cp1252", ("äöüß", "éèêëàâçîïôûùüœæ", "áéíóúüñªº", "áâãàçéêíóôõúü", "àèéìíîòóùú", "åäöæøéüà", "éëïóöüèêá",
                     "áéíóúýðþæö", "àèéíïóòúüç")),
    _Page("cp1250", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţșț", "čćđšž", "äöüß")),
    _Page("iso8859_2", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áéíóöőúüű", "čćđšž")),
    _Page("cp1254", ("çğıöşüâîûiİ",)),
    _Page("cp1257", ("ąčęėįšųūž", "āčēģīķļņōŗšūž", "äõöüšž")),
    _Page("cp1258", ("àáâãèéêìíòóôõùúýăđĩũơưạ\u0300\u0301\u0303\u0309\u0323",)),
    _Page("mac_roman", ("äöüß", "éèêëàâçîïôûùüœæ", "áéíóúüñ")),
    _Page("cp850", ("äöüß", "éèêëàâçîïôûùüœæ", "áéíóúüñ")),
)  # fmt: skip
_OTHER_SCRIPTS = ("cp1251", "koi8_r", "koi8_u", "cp1253", "cp1255", "cp1256", "tis_620")
_FITTING = 0.95  # share of the letters beyond ASCII that must be of one language
_FITTING_BY_CHANCE = 8  # letters beyond ASCII: of fewer, all must fit

_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_KOREAN = "이다는에의가을를하고지로한은도사기리어나아인서자시대들그있해수일정과전보으부만원라었것여게장주스구상동제조"
_SIMPLIFIED = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道"
_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道"
)
_EAST_ASIAN = (
    ("cp932", _KANA, 0.4),
    ("euc_jp", _KANA, 0.4),
    ("cp949", re.compile(f"[{_KOREAN}]"), 0.45),
    ("gb18030", re.compile(f"[{_SIMPLIFIED}]"), 0.25),
    ("big5", re.compile(f"[{_TRADITIONAL}]"), 0.25),
)  # with the signs that are frequent in such a text, and which share they have
_LIKELY = 0.45  # of that share
_CLEAR = 1.3  # times the share of the second best
_FEW_BAD = 1_000  # one bad byte in so many is damage, not an encoding
_HIGH = re.compile(r"[^\x00-\x7f]")


def guess_encoding(sample: bytes) -> str:
    """Return the likeliest encoding of text that is not quite UTF-8, "" if none can be told."""
    if found := _east_asian(sample) or _latin(sample):
        return found
    few = sum(byte > 0x7F for byte in sample) <= max(1, len(sample) // _FEW_BAD)
    return "utf-8" if few else _other_script(sample)


def _east_asian(sample: bytes) -> str:
    """Return the encoding in which the frequent signs of its language are frequent; "" without a clear one."""
    scores: list[tuple[float, str]] = []
    for encoding, frequent, usual in _EAST_ASIAN:
        text = _decoded(sample, encoding)
        beyond = _HIGH.findall(text or "")
        signs = [sign for sign in beyond if sign.isalpha()]
        if len(signs) < 2 or len(signs) < len(beyond) / 2:
            continue
        scores.append((sum(map(bool, map(frequent.match, signs))) / len(signs) / usual, encoding))
    scores.sort(reverse=True)
    if not scores or scores[0][0] < _LIKELY:
        return ""
    is_clear = len(scores) == 1 or scores[0][0] > _CLEAR * scores[1][0]
    return scores[0][1] if is_clear else ""


def _latin(sample: bytes) -> str:
    """Return the first page in which the letters beyond ASCII are those of one language, between ASCII ones."""
    for encoding, languages in _LATIN:
        text = _decoded(sample, encoding)
        if text is None:
            continue
        beyond = Counter(_HIGH.findall(text.lower()))
        letters = sum(beyond.values())
        plain = sum(character.isalpha() for character in text) - letters
        allowed = letters * (1 - _FITTING) if letters >= _FITTING_BY_CHANCE else 0
        strange = min(sum(n for sign, n in beyond.items() if sign not in known + _COMMON) for known in languages)
        own = any(map(str.isalpha, beyond))
        if strange <= allowed and own and plain * 2 > letters and not _breaks_words(text):
            return encoding
    return ""


def _breaks_words(text: str) -> bool:
    """Tell whether signs that are no letters stand inside words more than now and then."""
    inside = re.findall(r"(?<=[^\W\d_])[¹²³¼½¾¿¡£§©®°±×ªº](?=[^\W\d_])", text)
    return len(inside) > len(_HIGH.findall(text)) * (1 - _FITTING)


def _other_script(sample: bytes) -> str:
    """Return what charset-normalizer finds among scripts that have few ASCII letters, else among Latin ones."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - 60 ms that only old files cost

    high = sum(byte > 0x7F for byte in sample)
    plain = sum(chr(byte).isalpha() for byte in sample if byte <= 0x7F)
    pages = _OTHER_SCRIPTS if high > plain / 2 else (*(page.encoding for page in _LATIN[:6]), *_OTHER_SCRIPTS)
    pages = tuple(page for page in pages if not _shouts(_decoded(sample, page) or ""))
    best = from_bytes(sample, cp_isolation=list(pages)).best() if pages else None
    return best.encoding if best is not None else ""


def _shouts(text: str) -> bool:
    """Tell whether most letters beyond ASCII are capitals, as in the wrong one of two Cyrillic encodings."""
    beyond = [sign for sign in _HIGH.findall(text) if sign.upper() != sign.lower()]
    return sum(map(str.isupper, beyond)) > len(beyond) / 2


def _decoded(sample: bytes, encoding: str) -> str | None:
    """Return the sample's text, a character that is cut at its end left out; None if it is not in the encoding."""
    for end in (len(sample), len(sample) - 1, len(sample) - 2, len(sample) - 3):
        try:
            return sample[:end].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < end - 4:
                return None
    return None
