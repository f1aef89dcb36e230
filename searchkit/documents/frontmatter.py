"""Front matter: a block of YAML or TOML at the very top of a text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

_YAML = re.compile(r"---[ \t]*\n(?P<block>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\+\+\+[ \t]*\n(?P<block>.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LONGEST = 65_536  # characters


def split_front_matter(text: str) -> tuple[Mapping[str, Any], int]:
    """Return what front matter states and the offset at which the text begins; ({}, 0) without any."""
    head = text[:_LONGEST]
    for pattern, load in ((_YAML, _load_yaml), (_TOML, _load_toml)):
        if match := pattern.match(head):
            stated = load(match["block"])
            return (stated, match.end()) if stated else ({}, 0)
    return {}, 0


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
