"""What was said before a question: the turns of a conversation, and what of them a question that leans takes along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from searchkit.errors import ArgumentError
from searchkit.queries.smalltalk import is_smalltalk, said, without_smalltalk
from searchkit.queries.standing import standing
from searchkit.text.analysis import Analyzer
from searchkit.validation import one_of, text, wrong

ROLES = ("user", "assistant", "system")
LAST = 20  # turns that are looked at
LONGEST = 600  # characters of a turn that are looked at; a model would read little more
QUESTIONS = 2  # of the user, before the present one, whose words are taken along

_CONTROL = {code: " " for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


class Turn(NamedTuple):
    """Who said what: `role` is user, assistant or system."""

    role: str
    content: str


def turns(name: str, value: Any) -> tuple[Turn, ...]:
    """Return the last turns of a conversation, oldest first, long ones cut. Raises ArgumentError.

    value: a mapping with role and content, or a pair of them, for each turn.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise wrong(name, "a list of turns, such as {'role': 'user', 'content': '…'}", value)
    return tuple(_turn(f"{name}[{at}]", each) for at, each in enumerate(value))[-LAST:]


def _turn(name: str, value: Any) -> Turn:
    if isinstance(value, Mapping):
        missing = [each for each in Turn._fields if each not in value]
        if missing:
            raise ArgumentError(f"{name} has no {' and no '.join(missing)}; a turn is {{'role': …, 'content': …}}")
        role, content = value["role"], value["content"]
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes) and len(value) == len(Turn._fields):
        role, content = value
    else:
        raise wrong(name, "a mapping with role and content, or a pair of them", value)
    one_of(f"{name} role", role, choices=ROLES)
    return Turn(role, text(f"{name} content", content)[:LONGEST].translate(_CONTROL))


class Taken(NamedTuple):
    """What a question that leans takes from the turns before it.

    why: it leans; surely: whatever was said. questions: the user's last ones that ask for something, the latest first.
    answer: the last one, "" if there was none.
    """

    why: str
    surely: bool
    questions: tuple[str, ...]
    answer: str


def taken(question: str, history: Sequence[Turn], analyzer: Analyzer) -> Taken | None:
    """Return what a question takes from the turns before it, None if it stands alone or nothing was asked before.

    Some programs give the question itself as the last turn; it is none before.
    """
    asked = [without_smalltalk(turn.content) for turn in history if turn.role == "user"]
    questions = [each for each in reversed(asked) if each and each != without_smalltalk(question)][:QUESTIONS]
    if not questions or (analyzer.language == "en" and is_smalltalk(question)):
        return None
    found = standing(question, analyzer)
    if found.alone:
        return None
    answers = (turn.content for turn in reversed(history) if turn.role == "assistant" and said(turn.content))
    return Taken(found.why, found.surely, tuple(questions), next(answers, ""))
