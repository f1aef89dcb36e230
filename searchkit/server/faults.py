"""What a client is told of an error: one shape for all, with the status that the kind of error has."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from searchkit.errors import ArgumentError, BackendUnavailable, DocumentError, IndexLocked, QueryError, SearchkitError

RETRY = {"Retry-After": "1"}  # where there is too much to do

STATUSES: tuple[tuple[type[SearchkitError], int, str], ...] = (  # the first that fits
    (QueryError, 422, "invalid_query"),
    (ArgumentError, 422, "invalid_argument"),
    (DocumentError, 422, "invalid_document"),
    (IndexLocked, 409, "index_locked"),
    (BackendUnavailable, 503, "backend_unavailable"),
    (SearchkitError, 503, "unavailable"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as clients see it. param: the part of the request that is wrong, None for the whole of it."""

    status: int
    code: str
    message: str
    hint: str = ""
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        said = {"code": self.code, "message": self.message, "hint": self.hint, "param": self.param}
        return {"error": said}


class Refusal(SearchkitError):
    """The server refuses a request by itself: who may not, what is not there, what is too much."""

    def __init__(self, found: Fault) -> None:
        super().__init__(found.message)
        self.fault = found


def fault(error: BaseException, names: Collection[str] = ()) -> Fault:
    """Return what to tell of an error. names: the parts of the request, one of which may be at fault.

    What lies with the server itself, its disk or a bug of ours, is for its log: a client learns no more than that.
    """
    if isinstance(error, Refusal):
        return error.fault
    found = next(((status, code) for kind, status, code in STATUSES if isinstance(error, kind)), None)
    if found is None:
        return Fault(500, "bug", "the server failed on this request", "report it with the X-Request-ID of this answer")
    status, code = found
    if code == "backend_unavailable":
        return Fault(status, code, "the cluster that holds the index does not answer", "try again", headers=RETRY)
    if status == 503:
        return Fault(status, code, "the index cannot be read at the moment", "the server's log says why")
    if status == 409:
        return Fault(status, code, "another process is writing to the index", "try again when it is done")
    message, hint = _split(str(error))
    return Fault(status, code, message, hint, _named(str(error), names))


def _split(said: str) -> tuple[str, str]:
    """Split what an error says into what is wrong and what to do about it."""
    message, _, hint = said.partition(". ")
    if not hint:
        message, _, hint = said.partition("; ")
    return message.rstrip("."), hint.rstrip(".")


def _named(message: str, names: Collection[str]) -> str | None:
    """Return the name that a message begins with, or the one that it is about, if it is among these."""
    first = re.match(r"\w+", message)
    if first and first[0] in names:
        return first[0]
    return "where" if "filter" in message and "where" in names else None
