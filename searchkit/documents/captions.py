"""Captions of pictures in plain text: lines with a credit, or printed twice in a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

from searchkit.documents.lines import Line, is_wordy

LONGEST_CAPTION = 400  # characters; longer lines are paragraphs whatever they end in
_LONGEST_TWIN = 300

_PICTURE_WORDS = ("Photo", "Photograph", "Picture", "Image", "Illustration", "Cartoon", "Graphic", "Pic")
_PICTURE = "|".join(rf"{word}s?|{word.upper()}S?" for word in _PICTURE_WORDS)
_OWNER = r"(?:(?:File|FILE|Handout|AFP|AP|EPA|VCG|Reuters|Xinhua)\s)"
_AGENCY = (
    r"(?:AFP|AP|EPA(?:-EFE)?|VCG|Reuters|REUTERS|Xinhua|Getty(?:\sImages)?|Shutterstock|Alamy|VNA|Yonhap|Kyodo|dpa)"
)
_NAME = r"[^\n.:;!?]{1,60}"
_OPEN, _CLOSE = r"(?:^|[\s(\[.])", r"[)\]]?"
_CREDIT = re.compile(
    rf"""(?:
        {_OPEN}{_OWNER}?(?:{_PICTURE})\s?(?:credit|courtesy)?\s?(?::|/|\bby\b|\bof\b)\s*{_NAME}{_CLOSE}
      | {_OPEN}{_OWNER}(?:photo|Photo|PHOTO|image|picture){_CLOSE}
      | (?:^|[.)\]]\s|[(\[])[Cc]redits?:\s*{_NAME}{_CLOSE}
      | \[[^\[\]]{{2,60}}/\s?{_AGENCY}(?:\sPhoto)?\]
      | [(\[]File:\s*{_NAME}[)\]]
      | [\s(\[.]{_AGENCY}\s?/\s?{_NAME}{_CLOSE}
      | \s[(\[]{_AGENCY}(?:\svia\s.{{1,30}})?[)\]]
      | \s?(?:/|©|\|)\s?{_AGENCY}(?:\s(?:via|/)\s?.{{1,30}})?(?:\s\d{{4}})?
      | [\s/](?:via\s)?Getty\sImages
    )\.?$""",
    re.VERBOSE,
)
_DATELINE_ONLY = re.compile(r"^[A-Z][A-Z .'-]+(?:,[^()]{1,40})?\([^()]*\)$")  # HANOI, Oct. 4 (Reuters)
_CREDIT_HINT = re.compile(r"(?i:photo|pic|image|illustration|cartoon|graphic|credit|file:|getty)|[/©|(\[]")
_TAIL = 130  # characters at the end of a line that a credit can fill
_LABEL = re.compile(
    r"^[(\[]?(?:Photo|Photos|Picture|Image|Caption|Photo caption|Image caption|File photo|Illustration|Cartoon|Graphic)"
    r"\s?[:：]\s|^(?:Photo|Image) (?:taken|shows)\b|^This (?:file|handout) (?:photo|picture|image)\b"
)
_NOTHING = Line(0, 0, "", gap=True)


def is_credited(text: str) -> bool:
    """Tell whether a line ends in a picture credit or begins with a caption label."""
    return has_credit(text) or (len(text) <= LONGEST_CAPTION and bool(_LABEL.search(text)))


def has_credit(text: str) -> bool:
    """Tell whether a line ends in a picture credit: "A street (Photo by Ann Lee / AFP)"."""
    if len(text) > LONGEST_CAPTION or _DATELINE_ONLY.match(text):
        return False
    return bool(_CREDIT_HINT.search(text[-_TAIL:]) and _CREDIT.search(text))  # the hint is five times cheaper


def is_caption_of_news(text: str) -> bool:
    """Tell whether a line says what a picture shows and then whose it is, as only news does."""
    match = _CREDIT.search(text) if has_credit(text) else None
    return match is not None and match.start() > 0 and not _LABEL.search(text)


def are_twins(first: str, second: str) -> bool:
    """Tell whether two neighbouring lines are one caption printed twice, the credit perhaps on one of them only."""
    if len(first) > _LONGEST_TWIN or len(first.split()) < 2 or not is_wordy(first):
        return False
    if first == second:
        return True
    short, long = sorted((first, second), key=len)
    return long.startswith(short) and len(short.split()) > 1 and is_credited(long)


def caption_lines(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines that are captions, in order, each once."""
    twin_before = False
    for line, following in pairwise(chain(lines, [_NOTHING])):
        twin = are_twins(line.text, following.text)
        if twin or twin_before or is_credited(line.text):
            yield line
        twin_before = twin
