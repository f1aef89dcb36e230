"""Why a filter lets nothing through, or all: names that no document has, kinds that no value is of."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

from searchkit.queries.filters import AllOf, AnyOf, Compared, Exists, Filter, Instant, Not, Period
from searchkit.queries.filters.tree import Value
from searchkit.storage.contract import View

NEAREST = 3  # names that are offered for one that there is not
MOST_NAMES = 12  # that are listed where none is near
_HELD = {"text": "text", "date": "dates", "number": "numbers", "truth": "true or false"}
_ASKED = {"text": "text", "date": "a date", "number": "a number", "truth": "true or false"}


def unmatched(condition: Filter, view: View, *, nothing: bool) -> list[str]:
    """Return a warning for each part of a filter that no document can satisfy, nearest names with it.

    nothing: whether the filter lets nothing through; otherwise it lets all through, and only what it negates is looked
    at, by a name that no document has.
    """
    parts = list(_parts(condition, negated=False))
    if not nothing:
        parts = [(part, negated) for part, negated in parts if negated and not _exists(part.name, view)]
    if not parts:
        return []
    fields = view.passages.fields()
    found = (_warning(part, fields) for part, negated in parts if isinstance(part, Compared) or not negated)
    return list(dict.fromkeys(filter(None, found)))


def _parts(condition: Filter, *, negated: bool) -> Iterator[tuple[Compared | Exists, bool]]:
    """Yield the comparisons of a filter, and whether they stand under a negation."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _parts(part, negated=negated)
        case Not(part):
            yield from _parts(part, negated=True)
        case Compared() | Exists():
            yield condition, negated


def _exists(name: str, view: View) -> bool:
    scope = view.scope(Exists(name))
    return scope is None or scope.count > 0


def _warning(part: Compared | Exists, fields: Mapping[str, Collection[str]]) -> str:
    """Return what to say of a comparison that no document can satisfy, "" for one that some might."""
    held = fields.get(part.name)
    if held is None:
        return f"no document has {part.name!r}, which the filter asks for; {_others(part.name, fields)}"
    if isinstance(part, Exists) or not part.values:
        return ""
    asked = {_kind(value) for value in part.values}
    if any(kind in held or (kind == "text" and "date" in held) for kind in asked):
        return ""
    kinds = " and ".join(_HELD[kind] for kind in sorted(held))
    wanted = " or ".join(_ASKED[kind] for kind in sorted(asked))
    never = f"{part.name!r} holds {kinds}, and the filter compares it with {wanted}, which never matches"
    return never + _advice(part, held)


def _kind(value: Value) -> str:
    if isinstance(value, Period | Instant):
        return "date"
    return "text" if isinstance(value, str) else "truth" if isinstance(value, bool) else "number"


def _advice(part: Compared, held: Collection[str]) -> str:
    """Return how to write the comparison so that it can match."""
    value = part.values[0]
    if part.operator in ("~", "contains") and "text" not in held:
        return "; compare it by = or >="
    if isinstance(value, str):
        return "; write the value without quotes" if "number" in held or "truth" in held else ""
    if "text" not in held:
        return ""
    plain = value.prefix if isinstance(value, Period) else "" if isinstance(value, Instant) else str(value)
    return f'; text stands in quotes: {part.name} {part.operator} "{plain}"' if plain else ""


def _others(name: str, fields: Collection[str]) -> str:
    """Return the names nearest to one that there is not, or else all that there are."""
    by_plain = {_plain(each): each for each in fields}
    plain = _plain(name)
    near = [by_plain[each] for each in difflib.get_close_matches(plain, by_plain, NEAREST)]
    near += [each for each in fields if plain in _plain(each).split(".") and each not in near]
    if near:
        return f"the nearest names are: {', '.join(near[:NEAREST])}"
    if not fields:
        return "it holds no documents"
    shown = sorted(fields)[:MOST_NAMES]
    rest = f" and {len(fields) - len(shown)} more" if len(fields) > len(shown) else ""
    return f"there are: {', '.join(shown)}{rest}"


def _plain(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")
