"""What a single line at the head of an article says: date line, byline, labelled field, agency or section."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from searchkit.documents.bylines import is_agency, is_closing_credit, names_of, parse_byline
from searchkit.documents.captions import is_credited
from searchkit.documents.dates import FoundDate, find_dates

_LONGEST_DATE_LINE = 200  # characters
_LONGEST_SECTION = 60
_LONGEST_LINK_LINE = 220


class Kind(Enum):
    """What a line of the head is."""

    TEXT = "text"
    DATE = "date"
    LABELLED_DATE = "labelled date"
    BYLINE = "byline"
    FIELD = "field"
    AGENCY = "agency"
    CAPTION = "caption"
    CHROME = "chrome"
    CREDIT = "credit"


class FrontLine(NamedTuple):
    """A line's kind and what it states. `key` and `value` are a labelled field, its key a metadata key."""

    kind: Kind
    date: str = ""
    updated: bool = False
    authors: tuple[str, ...] = ()
    key: str = ""
    value: str = ""


_TEXT = FrontLine(Kind.TEXT)

_FIELDS = {
    "title": "title", "headline": "title",
    "author": "authors", "authors": "authors", "byline": "authors", "writer": "authors",
    "source": "source", "url": "source", "link": "source",
    "section": "section", "category": "section", "topic": "section", "rubrik": "section",
    "summary": "standfirst", "subtitle": "standfirst", "standfirst": "standfirst", "subheadline": "standfirst",
    "editor": "editor", "tags": "tags", "keywords": "tags", "language": "language", "location": "location",
}  # fmt: skip
_FIELD = re.compile(rf"^(?P<label>{'|'.join(_FIELDS)})\s?[:：]\s*(?P<value>\S.*)$", re.IGNORECASE)

_UPDATED = (
    r"(?:last )?(?:updated?|modified|edited)|aktualisiert|mis à jour|actualizado|aggiornato|обновлено|cập nhật|"
    r"更新(?:时间|日期)?"
)
_PUBLISHED = (
    r"(?:first |originally )?(?:published?|posted|created|released?|issued)(?: (?:time|date))?|publication date|date|"
    r"veröffentlicht|stand|publié|publicado|pubblicato|опубликовано|đăng|ngày|发布(?:时间|日期)?"
)
_DATE_LABEL = re.compile(
    rf"^(?:(?P<updated>{_UPDATED})|(?P<published>{_PUBLISHED}))\b(?: (?:on|at|am|le|el|il))?\s*[:：]?\s*", re.IGNORECASE
)
_SPLIT = re.compile(r"[|•·—–,;()\[\]\t]|\s[-/]\s|\s{2,}|\x00")
_COMPANY = re.compile(
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?|(?:montag|dienstag|mittwoch|donnerstag|freitag|"
    r"samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)|thứ \w+|chủ nhật|星期.|"
    r"(?-i:[A-Z]{2,4}T|[A-Z]{3})|local time|uhr|\d+[\s-]min(?:ute)?s?(?: read)?|\d+ \w+ ago|on|at|in \w+|"
    r"(?:source|editor|by|reporter)[:：].{1,40}",
    re.IGNORECASE,
)
_AGO = re.compile(rf"(?:{_UPDATED}|{_PUBLISHED})?\s*\d+ (?:minute|min|hour|day|week|month)s? ago", re.IGNORECASE)

_SECTION_WORDS = frozenset(
    ("world", "business", "politics", "sport", "sports", "opinion", "news", "technology", "tech", "science", "health",
     "culture", "travel", "lifestyle", "life", "economy", "markets", "china", "asia", "europe", "africa", "americas",
     "us", "uk", "climate", "environment", "education", "entertainment", "arts", "society", "local", "national",
     "international", "editorial", "analysis", "exclusive", "weather", "crime", "law", "finance", "featured",
     "features", "middle east", "breaking news", "top stories", "asia pacific", "asia-pacific", "latin america",
     "top news",
     "politik", "wirtschaft", "kultur", "panorama", "ausland", "inland", "wissen", "gesellschaft", "meinung",
     "politique", "économie", "monde", "société", "política", "economía", "mundo", "deportes", "cultura",
     "internacional", "thời sự", "thế giới",
     "kinh doanh", "thể thao", "giải trí", "мир", "политика", "экономика", "общество", "спорт")
)  # fmt: skip
_BREADCRUMB = re.compile(r"\s[/>»›|]\s|(?<=[A-Z])[/](?=[A-Z])")
_SECTION_NAME = re.compile(r"[^\W\d_a-z][\w &,.'’-]*")
_HOME = re.compile(r"^(?:home|start|homepage)\s*[/>»›|]\s*", re.IGNORECASE)
_CHROME = re.compile(
    r"(?:skip )?advertisement|advertising|share(?: this(?: article| story)?)?|listen(?: to this article)?|save|print|"
    r"comments?|subscribe|sign up|follow us.{0,40}|\d+[\s-]min(?:ute)?s?(?: read| ago)?|copy link|most read|"
    r"(?:our standards: )?the thomson reuters trust principles\.?|related (?:articles?|stories|news|topics)|"
    r"editor'?s picks?|published|posted|updated|watch|[—–|•·-]{1,3}",
    re.IGNORECASE,
)
_OTHER_LABEL = re.compile(
    r"(?!(?:source|editor|by|reporter)\b)[^\W\d_][^\W\d_ ]*(?: [^\W\d_]+)?\s?[:：]\s", re.IGNORECASE
)
_MAIL_HEADER = re.compile(
    r"^(?:From|To|Cc|Bcc|Subject|Sender|Received|Reply-To|Return-Path|Delivered-To|Delivery-Date|Message-I[dD]|"
    r"(?:MIME|Mime)-[Vv]ersion|Content-[\w-]+|X-[\w-]+):\s"
)
_LINK = re.compile(
    r"^(?:read more|read also|also read|see also|related(?: (?:story|stories|articles?|news))?|more on this(?: story)?|"
    r"recommended|don[’']t miss|read next|further reading|xem thêm|đọc thêm|lire aussi|lesen sie auch|lea también|"
    r"leggi anche|читайте также|相关阅读)\s*[:：>|»]\s*\S.*$",
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"^[A-ZÀ-Ý][A-ZÀ-Ý .'’-]{2,40}(?:,\s?[\w. ]{2,25}){0,2}\s?(?:[(][\w .,/-]{2,30}[)])?\s?(?:-{1,2}|–|—)(?:\s|$)"
)
_AGENCY_DATELINE = re.compile(r"^[A-ZÀ-Ý][\w .'’,-]{2,50}\s?[(](?P<agency>[^()]{2,30})[)]\s?(?:-{1,2}|–|—|:|$)")


def classify(text: str) -> FrontLine:
    """Say what a line of the head is; TEXT where nothing speaks for anything else."""
    if not text:
        return _TEXT
    if is_credited(text):
        return FrontLine(Kind.CAPTION)
    if is_chrome(text):
        return FrontLine(Kind.CHROME)
    if is_closing_credit(text):
        return FrontLine(Kind.CREDIT)
    return _agency(text) or _field(text) or _date_line(text) or _byline(text) or _TEXT


def is_mail_header(text: str) -> bool:
    """Tell whether a line is a header of a mail or of a web request."""
    return bool(_MAIL_HEADER.match(text))


def is_chrome(text: str) -> bool:
    """Tell whether a line belongs to the web page rather than to the article."""
    return bool(_CHROME.fullmatch(text)) or (len(text) <= _LONGEST_LINK_LINE and bool(_LINK.match(text)))


def is_section(text: str) -> bool:
    """Tell whether a line names a section of a newspaper: "WORLD / ASIA-PACIFIC", "Business"."""
    if not text or len(text) > _LONGEST_SECTION or text[-1] in '.!?,;:…"”':
        return False
    if is_known_section(text):
        return True
    if is_breadcrumb(text):
        return True
    return text.isupper() and text[0].isalpha() and len(text.split()) <= 2


def is_known_section(text: str) -> bool:
    """Tell whether a line is a word that newspapers head their sections with."""
    return text.lower() in _SECTION_WORDS


def is_breadcrumb(text: str) -> bool:
    """Tell whether a line is a path of sections: "WORLD / ASIA-PACIFIC"."""
    parts = [part.strip() for part in _BREADCRUMB.split(text)]
    return len(parts) > 1 and all(_SECTION_NAME.fullmatch(part) and len(part.split()) <= 4 for part in parts)


def section_name(text: str) -> str:
    """Return a section line without the "Home >" that web pages begin it with."""
    return _HOME.sub("", text)


def has_dateline(text: str) -> bool:
    """Tell whether a paragraph begins like "HANOI, Oct. 4 (Reuters) —"."""
    agency = _AGENCY_DATELINE.match(text)
    return bool(_DATELINE.match(text)) or (agency is not None and is_agency(agency["agency"]))


def is_dateline(text: str) -> bool:
    """Tell whether a line is a dateline and nothing else."""
    return any((match := pattern.match(text)) and match.end() == len(text) for pattern in (_DATELINE, _AGENCY_DATELINE))


def _agency(text: str) -> FrontLine | None:
    """Read a line with an agency and perhaps a place: "BBC News, Hanoi"."""
    name = text.partition(",")[0].strip("()[] .-—–")
    short = len(text) <= _LONGEST_SECTION and text[-1] not in ".!?"
    return FrontLine(Kind.AGENCY, authors=(name,)) if is_agency(name) and short else None


def _field(text: str) -> FrontLine | None:
    match = _FIELD.match(text)
    if not match or find_dates(match["value"]):
        return None
    key = _FIELDS[match["label"].lower()]
    authors = tuple(names_of(match["value"]) or [match["value"]]) if key == "authors" else ()
    return FrontLine(Kind.FIELD, authors=authors, key=key, value=match["value"])


def _byline(text: str) -> FrontLine | None:
    authors = parse_byline(text)
    return FrontLine(Kind.BYLINE, authors=tuple(authors)) if authors else None


def _date_line(text: str) -> FrontLine | None:
    """Read a line that holds dates and nothing but what stands beside dates."""
    if len(text) > _LONGEST_DATE_LINE or not any(character.isdigit() for character in text):
        return None
    if _AGO.fullmatch(text):
        return FrontLine(Kind.LABELLED_DATE)
    if _OTHER_LABEL.match(text) and not _DATE_LABEL.match(text):
        return None  # "Born: 5 May 1950"
    dates = find_dates(text)
    if not dates:
        return None
    labels = [_label_before(text, dates, number) for number in range(len(dates))]
    authors: list[str] = []
    for part in _company(text, dates):
        if _COMPANY.fullmatch(part):
            continue
        if not (names := parse_byline(part) or names_of(part)):
            return None
        authors += [name for name in names if len(name.split()) > 1 or is_agency(name)]
    published = [date.value for date, label in zip(dates, labels, strict=True) if label != "updated"]
    kind = Kind.LABELLED_DATE if any(labels) else Kind.DATE
    return FrontLine(kind, next(iter(published or [dates[0].value])), not published, tuple(authors))


def _label_before(text: str, dates: list[FoundDate], number: int) -> str:
    """Return "published", "updated" or "" for what stands before a date."""
    start = dates[number - 1].end if number else 0
    found = [
        match for part in _SPLIT.split(text[start : dates[number].start]) if (match := _DATE_LABEL.match(part.strip()))
    ]
    return str(found[-1].lastgroup) if found else ""


def _company(text: str, dates: list[FoundDate]) -> list[str]:
    """Return the parts of a line that are neither dates nor their labels."""
    pieces, done = [], 0
    for date in dates:
        pieces.append(text[done : date.start])
        done = date.end
    pieces.append(text[done:])
    parts = (_DATE_LABEL.sub("", part.strip()).strip(" :.-/") for part in _SPLIT.split("\x00".join(pieces)))
    return [part for part in parts if part]
