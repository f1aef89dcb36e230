"""Document ids for files: the root's name and the place below it, with accents composed, each once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from searchkit.normalization import nfc

_NUMBERED = re.compile(r"(~\d+)?(:\d+)?$")  # a namesake's number, a record's line


def free_name(name: str, taken: Iterable[str]) -> str:
    """Return a name that none of the others is: `name`, `name~2`, and so on."""
    others = set(taken)
    number, candidate = 2, name
    while candidate in others:
        candidate, number = f"{name}~{number}", number + 1
    return candidate


def namesakes(places: Iterable[str]) -> dict[str, list[str]]:
    """Return places that differ only in how accents are coded, by what all of them are composed; the plain one first.

    The one that is composed on disk is the plain one, else the first.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for place in places:
        if not place.isascii():
            found[nfc(place)].add(place)
    return {name: sorted(group, key=lambda place: (place != name, place)) for name, group in found.items() if group}


def composed(places: Iterable[str]) -> Mapping[str, str]:
    """Return the composed name of each place that is not plain ASCII; of namesakes, each has one of its own."""
    found = namesakes(places)
    names = {group[0]: name for name, group in found.items()}
    for name, group in found.items():
        for place in group[1:]:
            names[place] = free_name(name, [*found, *names.values()])
    return names


def is_misnamed(doc_id: str, wanted: str) -> bool:
    """Tell whether an id is what a file was called before it had, or had no more, a namesake or composed accents."""
    base = _NUMBERED.sub("", nfc(doc_id))
    return base == _NUMBERED.sub("", wanted) and doc_id != wanted and not doc_id.startswith(f"{wanted}:")
