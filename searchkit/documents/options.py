"""How sources are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from searchkit.validation import Check, optional, settle, text, texts, whole_number

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader may be told.

    `max_bytes` bounds a file, and a record of the streamed formats (.jsonl, .csv, .tsv), which may be of any size
    themselves. The fields name a record's columns; None finds them by their usual names. `metadata_fields`: None
    keeps every other column, () none. Raises ArgumentError.
    """

    max_bytes: int = 64 * MEBIBYTE
    id_field: str | None = None
    title_field: str | None = None
    text_field: str | None = None
    metadata_fields: Sequence[str] | None = None

    def __post_init__(self) -> None:
        settle(self, _CHECKS)


_CHECKS: Mapping[str, Check] = {
    "max_bytes": partial(whole_number, least=1),
    "id_field": optional(text),
    "title_field": optional(text),
    "text_field": optional(text),
    "metadata_fields": optional(texts),
}
