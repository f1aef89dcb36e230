"""What an index holds: its documents listed, read and fetched as files, and its counts."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from searchkit.errors import ArgumentError
from searchkit.index import Index
from searchkit.server import schemas
from searchkit.server.asking import ROOT
from searchkit.server.endpoints import INDEX_NAME, Call, Endpoint, Parameter, answer
from searchkit.server.faults import Fault, Refusal
from searchkit.server.limits import RequestLimits
from searchkit.server.schemas import COUNT, LOOSE, TEXT, array, record
from searchkit.types import Document, Passage

CHUNK = 2**18  # bytes of a file that are sent at once
PAGE = 100  # documents, unless another number is asked for
MOST_STARS = 10
OCTETS = "application/octet-stream"
PLACE = ("id", "ordinal", "start", "end", "section", "page")  # what is told of the passages of a document


def indexes(call: Call) -> dict[str, Any]:
    """List the indexes."""
    served = [call.hub.served(name) for name in call.hub.names]
    return {"indexes": [{"name": each.name, "documents": len(each.index)} for each in served]}


def status(call: Call) -> Response:
    """Say what the index holds."""
    facts = call.served.status()
    return answer(facts, headers=call.tagged(facts["generation"]))


def facets(call: Call) -> Response:
    """Say what documents can be narrowed down by."""
    if call.has(call.served.index.generation):
        return call.unchanged()
    found, generation = call.served.consistent(lambda index: index.facets())
    return answer(found | {"generation": generation}, headers=call.tagged(generation))


def documents(call: Call) -> Response:
    """List documents by glob, or give one by its id."""
    given = call.given
    if "id" not in given:
        for name in given.keys() & {"start", "end", "around", "passages"}:
            raise Refusal(Fault(422, "invalid_argument", f"{name} needs an id", "name a document: id=DOCUMENT", name))
        return _listed(call)
    for name in given.keys() & {"glob", "cursor", "limit"}:
        raise Refusal(Fault(422, "invalid_argument", f"{name} cannot stand beside id", "leave one of them out", name))
    if call.has(call.served.index.generation):
        return call.unchanged()
    (document, marked, passages), generation = call.served.consistent(lambda index: _found(index, given))
    if document is None:
        raise _unknown()
    shape = _window(call, document, marked)
    if given.get("passages"):
        inside = [each for each in passages if each.start < shape["end"] and each.end > shape["start"]]
        shape["passages"] = [{name: getattr(each, name) for name in PLACE} for each in inside]
    return answer(shape | {"generation": generation}, headers=call.tagged(generation))


def raw(call: Call) -> Response:
    """Give the file that a document was read from, as an attachment."""
    served = call.served
    if served.index.get(call.given["id"]) is None:
        raise _unknown()
    path = served.index.file_of(call.given["id"])
    opened = None if path is None else _opened(path, served.roots)
    if path is None or opened is None:
        raise Refusal(
            Fault(
                404, "no_file", "there is no file of this document, or not where it was", "see its text: documents?id="
            )
        )
    named = f"attachment; filename*=UTF-8''{quote(path.name, safe='')}"
    size = str(os.fstat(opened.fileno()).st_size)
    headers = {"Content-Disposition": named, "Content-Length": size, "Cache-Control": "no-store"}
    return StreamingResponse(_chunks(opened, int(size)), headers=headers, media_type=OCTETS)


def _listed(call: Call) -> Response:
    """Return a page of the ids that match; the cursor is the last id of the page before."""
    given = call.given
    if given.get("glob", "").count("*") > MOST_STARS:  # each may take SQLite through the whole id again
        raise Refusal(Fault(422, "invalid_argument", f"glob must have at most {MOST_STARS} stars", "", "glob"))
    after = _uncoded(given["cursor"]) if "cursor" in given else ""
    ids, generation = call.served.consistent(lambda index: index.documents(given.get("glob", "*")))
    rest = [each for each in ids if each > after]
    page = rest[: given.get("limit", PAGE)]
    cursor = _coded(page[-1]) if len(rest) > len(page) else None
    shown = [{"id": each, "url": call.served.url(call.base, each)} for each in page]
    shape = {"documents": shown, "total": len(ids), "cursor": cursor, "generation": generation}
    return answer(shape, headers=call.tagged(generation))


def _found(index: Index, given: Mapping[str, Any]) -> tuple[Document | None, Passage | None, list[Passage]]:
    """Return a document, the passage that it was asked for by, and its passages if these are asked for."""
    found = index.get(given["id"])
    document, marked = (index.get(found.doc_id), found) if isinstance(found, Passage) else (found, None)
    if not isinstance(document, Document):
        return None, None, []
    return document, marked, index.passages(document.id) if given.get("passages") else []


def _window(call: Call, document: Document, marked: Passage | None) -> dict[str, Any]:
    """Return a document with the part of its text that is asked for, whole words of it not minded."""
    served, given, length = call.served, call.given, len(document.text)
    start, end = min(given.get("start", 0), length), min(given.get("end", length), length)
    if "around" in given and marked is not None:
        start, end = max(0, marked.start - given["around"]), min(marked.end + given["around"], length)
    elif "around" in given:
        raise Refusal(
            Fault(422, "invalid_argument", "around needs the id of a passage", "id=DOCUMENT%23NUMBER", "around")
        )
    elif start > end:
        raise Refusal(Fault(422, "invalid_argument", "start must not be behind end", "", "start"))
    end = min(end, start + call.hub.options.limits.window)
    return {
        "id": document.id,
        "title": document.title,
        "metadata": served.metadata(document.metadata),
        "length": length,
        "start": start,
        "end": end,
        "text": document.text[start:end],
        "page_starts": list(document.page_starts),
        "passage": None if marked is None else served.passage(marked),
        "url": served.url(call.base, document.id, None if marked is None else marked.to_dict()),
    }


def _unknown() -> Refusal:
    return Refusal(Fault(404, "no_such_document", "the index holds no document or passage of this id",
                         "list them with: GET documents", "id"))  # fmt: skip


def _coded(doc_id: str) -> str:
    return base64.urlsafe_b64encode(doc_id.encode()).decode().rstrip("=")


def _uncoded(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except ValueError as error:
        raise ArgumentError("cursor must be one that an answer held; begin without one") from error


def _opened(path: Path, roots: tuple[str, ...]) -> IO[bytes] | None:
    """Return a file that lies in one of the sources, opened, None for any other: whatever it has become meanwhile."""
    try:
        real = path.resolve(strict=True)
        if not any(real.is_relative_to(Path(root).resolve()) for root in roots):
            return None
        opened = open(real, "rb", opener=_as_it_is)  # noqa: SIM115 - closed when it is sent
    except (OSError, RuntimeError):
        return None
    if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        opened.close()
        return None
    return opened


def _as_it_is(path: str, flags: int) -> int:
    """Open a file without following a link, or waiting for a pipe, that took its place."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _chunks(opened: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield so many bytes of a file, also of one that grows meanwhile."""
    with opened:
        while size > 0 and (chunk := opened.read(min(CHUNK, size))):
            size -= len(chunk)
            yield chunk


# --- what they take and give --------------------------------------------------------------------------------------


def endpoints(limits: RequestLimits) -> tuple[Endpoint, ...]:
    """Return the endpoints of documents."""
    text = TEXT | {"maxLength": limits.query}
    page = {"type": "integer", "minimum": 1, "maximum": limits.page, "default": PAGE}
    return (
        Endpoint(
            method="GET", path="/v1/indexes", operation="list_indexes", handle=indexes, summary="The indexes there are",
            answers={200: record({"indexes": array(LOOSE)}, ["indexes"], closed=False)},
        ),
        Endpoint(
            method="GET", path=f"{ROOT}/status", operation="status", handle=status,
            summary="What an index holds and how it was made", parameters=(INDEX_NAME,),
        ),
        Endpoint(
            method="GET", path=f"{ROOT}/facets", operation="facets", handle=facets,
            summary="What documents can be narrowed down by: sections and sources, and the first and last day",
            meaning="Each value comes with its number of documents, and the filter that lets them through as where.",
            parameters=(INDEX_NAME,), answers={200: LOOSE, 304: {}},
        ),
        Endpoint(
            method="GET", path=f"{ROOT}/documents", operation="documents", handle=documents,
            summary="List documents, or read one by its id",
            meaning="With id, a document or passage: title, metadata and text, all of it or from start to end in "
            "characters, or so many characters around the passage. Without, ids that match a glob, page by page.",
            parameters=(
                INDEX_NAME,
                Parameter(name="id", schema=text, meaning="of a document, or of a passage (DOCUMENT#NUMBER)"),
                Parameter(name="start", schema=COUNT, meaning="the first character of the text that is wanted"),
                Parameter(name="end", schema=COUNT, meaning="the character behind the last"),
                Parameter(name="around", schema=COUNT, meaning="so many characters before and behind the passage"),
                Parameter(name="passages", schema=schemas.FLAG, meaning="also where the passages of that part stand"),
                Parameter(name="glob", schema=text, meaning="which documents to list: all unless given"),
                Parameter(name="cursor", schema=text, meaning="the cursor of the page before"),
                Parameter(name="limit", schema=page, meaning="how many documents a page has"),
            ),
            answers={200: LOOSE, 304: {}}, faults=(404,),
        ),
        Endpoint(
            method="GET", path=f"{ROOT}/raw", operation="raw", handle=raw,
            summary="The file that a document was read from, as an attachment",
            parameters=(INDEX_NAME, Parameter(name="id", schema=text, meaning="of a document", required=True)),
            answers={200: schemas.TEXT | {"contentMediaType": OCTETS}}, gives=OCTETS, faults=(404,),
        ),
    )  # fmt: skip
