"""Filters written as text: section = WORLD and (date >= 2024-06 or not authors contains "A. Writer").

condition:  NAME = VALUE, also !=, <, <=, >, >=; ~ or like (a pattern of * and ?); contains
            NAME in (VALUE, ...);  NAME exists;  exists NAME; `not` before like, contains, in and exists
together:   and, or, not, parentheses; `and` binds closer than `or`
VALUE:      text in "double" or 'single' quotes (a backslash keeps the next character), a bare word, a number,
            true, false, null, a date such as 2024, 2024-06, 2024-06-18 or 2024-06-18T09:30
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn, cast

from searchkit.errors import QueryError
from searchkit.queries.filters.instants import Instant
from searchkit.queries.filters.tree import (
    AllOf,
    AnyOf,
    Exists,
    Filter,
    Not,
    Operand,
    Operator,
    Period,
    Value,
    check_name,
    compare,
)

LONGEST_FILTER = 20_000  # characters; a mapping takes long lists
DEEPEST_NESTING = 50  # parentheses and nots inside each other

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | “[^”]*”)
      | (?P<sign>!=|!~|<>|<=|>=|==|[=<>~(),])
      | (?P<word>[^\s"'“”()<>=!~,]+)
      | (?P<wrong>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_CONSTANTS: dict[str, Value | None] = {"true": True, "false": False, "null": None}
_KEYWORDS = ("and", "or", "not", "in", "like", "contains", "exists")
_SIGNS = {"==": "=", "<>": "!=", "like": "~"}
_LONGEST_INTEGER = 20  # characters; longer ones have no exact place in SQLite
_LONGEST_SHOWN = 60


class _Token(NamedTuple):
    kind: str  # text, sign, word, keyword, wrong or end
    text: str
    position: int  # from 1


def parse_where(text: str) -> Filter:
    """Parse a filter. Raises QueryError that says where and what was expected."""
    if len(text) > LONGEST_FILTER:
        raise QueryError(f"the filter has {len(text)} characters; it may have {LONGEST_FILTER}")
    parser = _Parser(text)
    found = parser.alternatives()
    if parser.token.kind != "end":
        parser.fail("`and`, `or` or the end (text with spaces stands in quotes)")
    return found


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "wrong"
        part, position = found[kind], found.start(kind) + 1
        if kind == "word" and part.lower() in _KEYWORDS:
            kind, part = "keyword", part.lower()
        tokens.append(_Token(kind, part, position))
    return [*tokens, _Token("end", "", len(text) + 1)]


class _Parser:
    """Reads tokens from left to right; one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> _Token:
        """The token to be read next."""
        return self._tokens[self._at]

    def fail(self, expected: str) -> NoReturn:
        """Raise QueryError at the next token."""
        found = "the end" if self.token.kind == "end" else self.token.text
        raise QueryError(f"{expected} expected, found {found}; {self._where(self.token)}")

    def alternatives(self) -> Filter:
        """Read conditions joined by `or`."""
        parts = [self._conjunction()]
        while self._take("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _conjunction(self) -> Filter:
        parts = [self._part()]
        while self._take("and"):
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _part(self) -> Filter:
        """Read a condition, a negated part or a filter in parentheses."""
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise QueryError(f"the filter is nested over {DEEPEST_NESTING} levels deep; {self._where(self.token)}")
        found = self._nested()
        self._depth -= 1
        return found

    def _nested(self) -> Filter:
        if self._take("not"):
            return Not(self._part())
        if self._take("("):
            inner = self.alternatives()
            self._expect(")")
            return inner
        if self._take("exists"):
            return Exists(self._name())
        return self._condition()

    def _condition(self) -> Filter:
        name = self._name()
        negated = self._take("not")
        if self._take("exists"):
            return _negated(Exists(name), negated)
        token = self.token
        sign = _SIGNS.get(token.text, token.text) if token.kind in ("sign", "keyword") else ""
        if sign not in (("~", "contains", "in") if negated else _OPERATORS):
            self.fail("`like`, `contains`, `in` or `exists`" if negated else "an operator such as = or >=")
        self._at += 1
        operands = self._list() if sign == "in" else [self._operand()]
        plain = {"!=": "=", "in": "=", "!~": "~"}.get(sign, sign)
        try:
            return _negated(compare(name, cast("Operator", plain), operands), negated or sign in ("!=", "!~"))
        except QueryError as error:
            raise QueryError(f"{error}; {self._where(token)}") from error

    def _list(self) -> list[Operand]:
        self._expect("(")
        operands = [self._operand()]
        while self._take(","):
            operands.append(self._operand())
        self._expect(")")
        return operands

    def _name(self) -> str:
        if self.token.kind not in ("word", "text"):
            self.fail("a name such as section or date")
        name = _unquoted(self.token)
        try:
            check_name(name)
        except QueryError as error:
            raise QueryError(f"{error}; {self._where(self.token)}") from error
        self._at += 1
        return name

    def _operand(self) -> Operand:
        token = self.token
        if token.kind not in ("word", "text"):
            self.fail('a value such as WORLD, "North America", 42 or 2024-06-18')
        self._at += 1
        text = _unquoted(token)
        return Operand(text, text if token.kind == "text" else _typed(text))

    def _take(self, text: str) -> bool:
        """Step over the next token if it is this sign or keyword."""
        taken = self.token.kind in ("sign", "keyword") and self.token.text == text
        self._at += taken
        return taken

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            self.fail(f"`{sign}`" if sign == "(" else f"`and`, `or`, `,` or `{sign}`")

    def _where(self, token: _Token) -> str:
        first = max(0, token.position - _LONGEST_SHOWN // 2)
        shown = self._text[first : first + _LONGEST_SHOWN]
        return f"character {token.position} of the filter, near {shown!r}"


_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~", "!~", "contains", "in")


def _negated(condition: Filter, negated: bool) -> Filter:
    return Not(condition) if negated else condition


def _unquoted(token: _Token) -> str:
    if token.kind != "text":
        return token.text
    return token.text[1:-1] if token.text[0] == "“" else re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)


def _typed(word: str) -> Value | None:
    """Return what a bare word stands for where the name does not decide it."""
    if word.lower() in _CONSTANTS:
        return _CONSTANTS[word.lower()]
    if _NUMBER.fullmatch(word):
        return int(word) if word.lstrip("+-").isdigit() and len(word) <= _LONGEST_INTEGER else float(word)
    return Period.parse(word) or Instant.parse(word) or word
