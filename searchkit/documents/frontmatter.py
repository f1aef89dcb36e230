"""Front matter: a block of YAML or TOML at the very top of a text, valid or nearly so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from searchkit.types import Omission

_YAML = re.compile(r"---[ \t]*\n(?P<block>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\+\+\+[ \t]*\n(?P<block>.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_ALIAS = re.compile(r"[:,\[]\s*\*\w+\s*(?:[,\]\n]|$)")
_UNREAD = ("lines of front matter", "they are no fields")
_LONGEST = 65_536  # characters


class FrontMatter(NamedTuple):
    """What front matter states, the offset at which the text begins, and what of it could not be understood."""

    stated: Mapping[str, Any]
    end: int
    omitted: tuple[Omission, ...] = ()


def split_front_matter(text: str) -> FrontMatter:
    """Return a text's front matter; nothing stated and the offset 0 without any.

    A block that is no YAML or TOML but looks like fields is read line by line.
    """
    head = text[:_LONGEST]
    for pattern, load, sign in ((_YAML, _load_yaml, ":"), (_TOML, _load_toml, "=")):
        if match := pattern.match(head):
            if stated := load(match["block"]):
                return FrontMatter(stated, match.end())
            if _ALIAS.search(match["block"]) and sign == ":":
                return _NONE  # ten lines of aliases to aliases make billions of values
            return _by_line(match["block"], sign, match.end()) or _NONE
    return _NONE


def _by_line(block: str, sign: str, end: int) -> FrontMatter | None:
    """Return the fields of a block that is not valid, None for one that does not look like fields."""
    field = re.compile(rf"(?P<key>[^\W\d][\w .-]{{0,40}}?)[ \t]*{sign}(?:[ \t]+(?P<value>.*))?$")
    lines = [line for line in block.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if not lines or not field.match(lines[0]):
        return None
    stated: dict[str, Any] = {}
    unread, key = 0, ""
    for line in lines:
        if match := field.match(line):
            key = match["key"].strip()
            stated[key] = _value((match["value"] or "").strip())
        elif key and line[:1] in " \t-":
            item = _value(line.strip().removeprefix("- "))
            known = stated[key]
            stated[key] = [*known, item] if isinstance(known, list) else [known, item] if known else [item]
        else:
            unread += 1
    if unread > len(lines) / 2:
        return None
    told = [Omission("front matter that is not valid", "it was read line by line")]
    return FrontMatter(stated, end, (*told, Omission(*_UNREAD, unread)) if unread else tuple(told))


def _value(text: str) -> Any:
    """Return a field's value without what YAML puts around it."""
    if text.startswith("["):
        items = (item.strip().strip("\"'") for item in text.strip("[]").split(","))
        return [item for item in items if item]
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def _load_yaml(block: str) -> Mapping[str, Any]:
    import yaml  # noqa: PLC0415 - 45 ms that only front matter costs

    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(block, Loader=yaml.SafeLoader)):
            return {}  # ten lines of aliases to aliases make billions of values
        stated = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, OverflowError, AttributeError):
        return {}  # a rule and a table look like front matter too: what is no YAML mapping is text
    return stated if isinstance(stated, Mapping) else {}


def _load_toml(block: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(block)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return {}


_NONE = FrontMatter({}, 0)
