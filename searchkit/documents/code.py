"""Source code, configuration and logs: pieces that belong together, by definitions and blank lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from searchkit.types import Document, Mark

_LARGE = 1_200  # characters: a larger class is read method by method
_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|abstract|final|sealed|partial|async|pub(?:\([^)]*\))?"
    r"|unsafe|extern|inline|virtual|override|declare|local|data|case|open|const(?=\s+fn)|template\s*<[^>]*>)\s+)*"
)
_KEYWORDS = (
    r"def|class|func|function|fn|fun|interface|struct|enum|trait|impl|mod|module|namespace|union|record|object|protocol|"
    r"extension|sub|proc|procedure|macro_rules!|type|describe|test|message|service|rpc|defmodule|defp?|"
    r"(?i:create|alter|insert|update|delete|select|with|grant|drop)"
)
_DEFINITION = re.compile(rf"{_MODIFIERS}(?:{_KEYWORDS})\b")
_ASSIGNED = re.compile(
    r"(?:export\s+)?(?:const|let|var)\s+\w+\s*=\s*(?:async\s*)?(?:function|\(|\w+\s*=>|class)|\w+\s*\(\)\s*\{"
)
_C_FUNCTION = re.compile(
    r"(?!(?:if|for|while|switch|return|else|do|catch|foreach|elif|with|assert|print|raise|del|import|from)\b)"
    r"[A-Za-z_][\w \t*&:<>,~\[\]]*\([^;]*$"
)
_ABOVE = re.compile(r"\s*(?:[@#]|//|/\*|\*|--|\"\"\"|'''|%|;)")  # decorators and comments, which belong to what follows
_TYPE = re.compile(r"(?!(?:else|do|try|return)\b)[A-Za-z_][\w \t*&:<>,]*$")  # of a C function, on a line of its own
_CLOSING = re.compile(r"[})\]]|end\b|fi\b|done\b|esac\b|else\b|elif\b|except\b|finally\b|catch\b")
_SECTION = re.compile(r"\[")


class _Row(NamedTuple):
    """A line of a file: its offsets, its indentation and its words."""

    start: int
    end: int
    indent: int
    text: str


def read_code(text: str, doc_id: str) -> Document:
    """Return the document of source code: a function or class is one piece, a large class one a method."""
    rows = _rows(text)
    return Document(doc_id, text, "", {}, tuple(_marks(rows, _beginnings(rows, 0, blank_lines=True), split=True)))


def read_configuration(text: str, doc_id: str) -> Document:
    """Return the document of a configuration file: what no blank line parts is one piece, sections begin new ones."""
    rows = _rows(text)
    starts = [
        number
        for number, row in enumerate(rows)
        if row.text and (number == 0 or not rows[number - 1].text or _SECTION.match(row.text)) and row.indent == 0
    ]
    return Document(doc_id, text, "", {}, tuple(_marks(rows, starts, split=False)))


def read_log(text: str, doc_id: str) -> Document:
    """Return the document of a log, cut at its lines."""
    end = len(text.rstrip())
    start = len(text) - len(text.lstrip())
    return Document(doc_id, text, "", {}, (Mark(start, end, "code"),) if start < end else ())


def _rows(text: str) -> list[_Row]:
    rows, start = [], 0
    for line in text.split("\n"):
        words = line.strip()
        indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        rows.append(_Row(start, start + len(line.rstrip()), indent, words))
        start += len(line) + 1
    return rows


def _beginnings(rows: Sequence[_Row], indent: int, *, blank_lines: bool) -> list[int]:
    """Return the numbers of the lines with which pieces begin: definitions at an indentation, what is above them, and,
    where `blank_lines` part too, what stands outside of them.
    """
    starts: list[int] = []
    for number, row in enumerate(rows):
        if not row.text or row.indent != indent:
            continue
        is_first = number == 0 or not rows[number - 1].text
        if _is_definition(row.text):
            starts.append(_with_above(rows, number - _is_type_above(rows, number, indent), indent))
        elif blank_lines and is_first and not _CLOSING.match(row.text):
            starts.append(number)
    return sorted(set(starts))


def _is_definition(text: str) -> bool:
    return bool(_DEFINITION.match(text) or _ASSIGNED.match(text) or _C_FUNCTION.match(text))


def _is_type_above(rows: Sequence[_Row], number: int, indent: int) -> bool:
    """Tell whether the line above a definition is the type that a C function returns."""
    above = rows[number - 1] if number else None
    is_function = not _DEFINITION.match(rows[number].text) and not _ASSIGNED.match(rows[number].text)
    return is_function and above is not None and above.indent == indent and bool(_TYPE.match(above.text))


def _with_above(rows: Sequence[_Row], number: int, indent: int) -> int:
    """Return where the comments and decorators directly above a definition begin."""
    while (
        number and rows[number - 1].text and rows[number - 1].indent == indent and _ABOVE.match(rows[number - 1].text)
    ):
        number -= 1
    return number


def _marks(rows: Sequence[_Row], starts: Sequence[int], *, split: bool) -> Iterator[Mark]:
    """Yield a mark for each piece; what stands above the first belongs to it."""
    edges = [0, *(start for start in starts if start), len(rows)]
    for first, last in pairwise(edges):
        yield from _piece(rows[first:last], split=split)


def _piece(rows: Sequence[_Row], *, split: bool) -> Iterator[Mark]:
    filled = [row for row in rows if row.text]
    if not filled:
        return
    if split and filled[-1].end - filled[0].start > _LARGE:
        inner = min((row.indent for row in filled if row.indent > filled[0].indent), default=0)
        starts = _beginnings(rows, inner, blank_lines=False) if inner else []
        if len(starts) > 1:
            yield from _marks(rows, starts, split=False)
            return
    yield Mark(filled[0].start, filled[-1].end, "code")
