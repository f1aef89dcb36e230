"""Changes: documents put in and removed, sources synced, vectors improved, all in the one queue of their index."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from searchkit.server import schemas
from searchkit.server.asking import ROOT
from searchkit.server.config import WRITE
from searchkit.server.endpoints import INDEX_NAME, JSON, JSON_LINES, Call, Endpoint, Parameter, answer, parse
from searchkit.server.faults import Fault, Refusal
from searchkit.server.hub import Hub, is_done
from searchkit.server.limits import RequestLimits
from searchkit.server.schemas import FLAG, LOOSE, TEXT, array, record
from searchkit.server.served import Served
from searchkit.server.tasks import Work, WriteTask
from searchkit.types import Failure, Progress, SyncReport

POLL_SECONDS, HEARTBEAT_SECONDS = 0.1, 15.0
STREAM = "text/event-stream"


async def add(call: Call) -> Response:
    """Put documents in."""
    served, items = call.served, list(_items(call))
    replace = call.given.get("replace", False)
    return await _report(call, "add", lambda progress: served.index.add(items, replace=replace, progress=progress))


async def remove(call: Call) -> Response:
    """Remove documents."""
    served, ids = call.served, call.given["id"]
    return await _report(call, "remove", lambda _: served.index.remove(ids))


def sync(call: Call) -> Response:
    """Sync the sources that the index had when the server started."""
    return _accepted(begin_sync(call.hub, call.served, **call.given))


def begin_sync(hub: Hub, served: Served, **options: Any) -> WriteTask:
    """Put a sync of the sources that an index had when the server started into its queue. Raises Refusal."""
    if not served.roots:
        raise Refusal(
            Fault(409, "no_sources", "no folder was indexed when the server started", "there: searchkit index FOLDER")
        )
    return hub.tasks.submit(
        served.name,
        "sync",
        lambda progress: served.report(served.index.sync(served.roots, progress=progress, **options)),
    )


def improve(call: Call) -> Response:
    """Have the model read passages whose vectors are predicted."""
    served, given = call.served, call.given
    return _begun(call, "improve", lambda progress: served.index.improve(progress=progress, **given).to_dict())


def compact(call: Call) -> Response:
    """Reclaim the space of what was removed."""
    served = call.served
    return _begun(call, "compact", lambda _: {"generation": served.index.compact()})


def task(call: Call) -> dict[str, Any]:
    """Say how far a task is."""
    return call.hub.tasks.get(call.request.path_params["id"]).to_dict()


def cancel(call: Call) -> dict[str, Any]:
    """Have a task end."""
    found = call.hub.tasks.get(call.request.path_params["id"])
    found.stop()
    return found.to_dict()


async def events(call: Call) -> Response:
    """Tell what happens to a task, as server-sent events."""
    found = call.hub.tasks.get(call.request.path_params["id"])
    last = call.request.headers.get("last-event-id", "")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _stream(call, found, int(last) if last.isdecimal() and len(last) < 10 else 0),
        headers=headers,
        media_type=STREAM,
    )


async def _stream(call: Call, found: WriteTask, seen: int) -> AsyncIterator[str]:
    """Yield the events of a task from the one after `seen`, which counts from 1, and a heartbeat where none comes."""
    quiet = 0.0
    while True:
        over = found.is_over or call.hub.stopping.is_set()
        for number, (kind, data) in enumerate(found.events[seen:], seen + 1):
            yield f"id: {number}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"
            seen, quiet = number, 0.0
        if over:
            return
        await asyncio.sleep(POLL_SECONDS)
        quiet += POLL_SECONDS
        if quiet >= HEARTBEAT_SECONDS:
            yield ": still here\n\n"
            quiet = 0.0


async def _report(call: Call, kind: str, write: Any) -> Response:
    """Return the report of a write, or its task if that takes longer than a request may."""
    served = call.served

    def work(progress: Progress) -> dict[str, Any]:
        done: SyncReport = write(progress)
        return served.report(done)

    begun = call.hub.tasks.submit(served.name, kind, work)
    if await is_done(begun.future, call.hub.options.limits.seconds) and not begun.future.cancelled():
        begun.future.result()
    return answer(begun.result) if begun.result is not None else _accepted(begun)


def _begun(call: Call, kind: str, work: Work) -> Response:
    return _accepted(call.hub.tasks.submit(call.served.name, kind, work))


def _accepted(begun: WriteTask) -> Response:
    return answer(begun.to_dict(), 202, {"Location": f"/v1/tasks/{begun.id}"})


def _items(call: Call) -> Iterator[Any]:
    """Yield the documents of a body, an array or JSON lines; a line that is none becomes a failure. Raises Refusal."""
    media = call.request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if media == JSON:
        found = parse(call.body)
        schemas.require(schemas.WHOLE, found, array({}))
        yield from found
        return
    for number, line in enumerate(call.body.split(b"\n"), 1):
        if line.strip():
            try:
                yield parse(line)
            except Refusal as error:
                yield Failure(f"line {number}", error.fault.message.replace("the body", "it", 1))


# --- what they take and give --------------------------------------------------------------------------------------

TASK_ID = Parameter(
    name="id", schema=TEXT, meaning="of a task, as the answer that began it says", place="path", required=True
)
TASK = record(
    {"id": TEXT, "index": TEXT, "kind": TEXT, "state": {"enum": ["queued", "running", "done", "failed", "cancelled"]}},
    ["id", "index", "kind", "state"], closed=False,
)  # fmt: skip
COUNTS = ("added", "changed", "removed", "kept", "failed")
REPORT = record(dict.fromkeys(COUNTS, schemas.COUNT) | {"failures": array(LOOSE)}, [*COUNTS, "failures"], closed=False)


def endpoints(limits: RequestLimits) -> tuple[Endpoint, ...]:
    """Return the endpoints of changes."""
    document = record({"id": TEXT, "text": TEXT, "title": TEXT}, closed=False)
    ids = array(TEXT | {"maxLength": limits.query}, minItems=1, maxItems=limits.page)
    return (
        Endpoint(
            method="POST", path=f"{ROOT}/documents", operation="add_documents", handle=add, access=WRITE,
            summary="Put documents in; one whose id is there already replaces it if it differs",
            meaning="An array, or JSON lines: each has id and text, a title if there is one, and all else is metadata. "
            "What cannot be read is in the report, with its reason. Answers 202 with a task if it takes long.",
            parameters=(
                INDEX_NAME,
                Parameter(name="replace", schema=FLAG, meaning="also documents that came from files"),
            ),
            body=array(document), media=(JSON, JSON_LINES), answers={200: REPORT, 202: TASK}, faults=(409,),
        ),
        Endpoint(
            method="DELETE", path=f"{ROOT}/documents", operation="remove_documents", handle=remove, access=WRITE,
            summary="Remove documents by id or glob; a sync of their folder brings them back",
            parameters=(INDEX_NAME, Parameter(name="id", schema=ids, meaning="id or glob; repeat it", required=True)),
            answers={200: REPORT, 202: TASK}, faults=(409,),
        ),
        Endpoint(
            method="POST", path=f"{ROOT}/sync", operation="sync", handle=sync, access=WRITE,
            parameters=(INDEX_NAME,), answers={202: TASK}, faults=(409,),
            summary="Make the index match the sources that it had when the server started",
            body=record({
                "dry_run": FLAG | {"description": "do nothing, and report what would have been done"},
                "allow_removals": FLAG | {"description": "remove what is gone even if that is most of a source"},
                "embed": TEXT | {"enum": ["progressive", "full"]},
            }),
        ),
        Endpoint(
            method="POST", path=f"{ROOT}/improve", operation="improve", handle=improve, access=WRITE,
            parameters=(INDEX_NAME,), answers={202: TASK}, faults=(409,),
            summary="Have the model read passages whose vectors are predicted",
            body=record({"seconds": {"type": "number", "minimum": 0}, "passages": schemas.COUNT}),
        ),
        Endpoint(
            method="POST", path=f"{ROOT}/compact", operation="compact", handle=compact, access=WRITE,
            parameters=(INDEX_NAME,), answers={202: TASK}, faults=(409,),
            summary="Reclaim the space of what was removed", body=record({}),
        ),
        Endpoint(
            method="GET", path="/v1/tasks/{id}", operation="task", handle=task, access=WRITE,
            summary="How far a write is", parameters=(TASK_ID,), answers={200: TASK}, faults=(404,),
        ),
        Endpoint(
            method="DELETE", path="/v1/tasks/{id}", operation="cancel_task", handle=cancel, access=WRITE,
            summary="Have a write end: at once if it waits, else at the next point where nothing is lost",
            parameters=(TASK_ID,), answers={200: TASK}, faults=(404,),
        ),
        Endpoint(
            method="GET", path="/v1/tasks/{id}/events", operation="task_events", handle=events, access=WRITE,
            summary="What happens to a write, as server-sent events: progress, done, error",
            parameters=(
                TASK_ID,
                Parameter(name="Last-Event-ID", schema=TEXT, meaning="go on behind this event", place="header"),
            ),
            answers={200: {}}, gives=STREAM, faults=(404,),
        ),
    )  # fmt: skip
