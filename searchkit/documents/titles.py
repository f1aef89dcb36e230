"""Titles that programs, not people, write into a file's properties."""

from __future__ import annotations

import re

from searchkit.documents.lines import squeeze

_PLACEHOLDER = re.compile(
    r"""^[(\[<]?\s*(?:
        anonymous | unspecified | unknown | untitled(?:[\s-]?(?:document|presentation|spreadsheet))? [\s.-]*\d*
      | no\s?title | none | null | title | document\s*\d* | dokument\s*\d* | presentation\s*\d* | präsentation\s*\d*
      | powerpoint[\s-](?:presentation|präsentation) | présentation\spowerpoint | word\sdocument | microsoft\sword
      | unbenannt\s*\d* | sans\stitre\s*\d* | (?:slide|folie|page|seite)\s?\d+ | about:blank | print | scan\d*
      | layout\s?\d*
    )\s*[)\]>]?$""",
    re.VERBOSE | re.IGNORECASE,
)
_PROGRAM = re.compile(r"^(?:microsoft\s)?(?:word|excel|powerpoint|publisher|visio)\s-\s", re.IGNORECASE)
_FILE = re.compile(
    r"\.(?:docx?|docm|dotx?|xlsx?|pptx?|pdf|tex|dvi|indd|qxd|ps|rtf|od[tsp]|pages|wpd|pub|fm|cdr|ai|eps|tmp|txt|html?)$"
    r"|^[A-Za-z]:\\|^file:",
    re.IGNORECASE,
)


def stated_title(stated: str) -> str:
    """Return a title that a file's properties state, "" if it is a placeholder or the name of a file."""
    title = squeeze(stated)
    if _PLACEHOLDER.match(title) or _PROGRAM.match(title) or _FILE.search(title):
        return ""
    return title if any(map(str.isalnum, title)) else ""


def stated_fact(stated: str) -> str:
    """Return an author, subject or keyword that a file's properties state, "" for what a program left in its place."""
    fact = squeeze(stated)
    return "" if fact.strip("()[]<>").casefold() in ("anonymous", "unspecified", "unknown", "none", "null") else fact
