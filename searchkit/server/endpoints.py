"""What an endpoint is: one description that routes, checks of requests and the OpenAPI document are made from."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from searchkit.server import schemas
from searchkit.server.access import check_token
from searchkit.server.config import READ, WRITE
from searchkit.server.faults import Fault, Refusal
from searchkit.server.hub import Hub, log_error
from searchkit.server.schemas import Schema
from searchkit.server.served import Served

JSON, JSON_LINES = "application/json", "application/x-ndjson"
Shape: TypeAlias = Callable[[Fault], dict[str, Any]]  # of an error as JSON-ready values

OPEN = "open"  # an endpoint that needs no token
FACTS = "searchkit"  # in the scope of a request: what the log is to hold of it
ASKED = ("q", "query", "queries", "question", "answer", "about", "name")  # parts of a request that say what is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A part of a request's path, query or headers."""

    name: str
    schema: Schema
    meaning: str
    place: str = "query"
    required: bool = False


INDEX_NAME = Parameter(
    name="name", schema=schemas.TEXT, meaning="the index, by its name at the server", place="path", required=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What can be asked for at an address, and what answers.

    handle: a function of a `Call`, run in a thread, or a coroutine; it returns JSON-ready values or a Response. access:
    "open", "read" or "write". body: what is taken; media: as what. answers: by status, what is given, as JSON unless
    `gives` says otherwise. faults: statuses of refusals besides those that any request can get. shape: of errors.
    """

    method: str
    path: str
    operation: str
    summary: str
    handle: Callable[[Call], Any]
    meaning: str = ""
    access: str = READ
    parameters: Sequence[Parameter] = ()
    body: Schema | None = None
    media: Sequence[str] = (JSON,)
    answers: Mapping[int, Schema] = field(default_factory=lambda: {200: schemas.LOOSE})
    gives: str = JSON
    faults: Sequence[int] = ()
    shape: Shape = Fault.to_dict


@dataclass(slots=True)
class Call:
    """A request that was let in. given: its query's parameters or its body's properties; body: as it came."""

    hub: Hub
    request: Request
    given: dict[str, Any]
    body: bytes = b""

    @property
    def served(self) -> Served:
        """The index that is asked for. Raises Refusal."""
        return self.hub.served(self.request.path_params["name"])

    @property
    def base(self) -> str:
        """The address that the server was asked at."""
        return f"{self.request.url.scheme}://{self.request.headers['host']}"

    def tagged(self, generation: int) -> dict[str, str]:
        """Return the headers of an answer that follows from a commit."""
        return {"ETag": _tag(generation), "Cache-Control": "no-cache"}

    def has(self, generation: int) -> bool:
        """Tell whether the client has the answer that follows from a commit."""
        known = self.request.headers.get("if-none-match", "")
        return _tag(generation) in (each.strip() for each in known.split(","))

    def unchanged(self) -> Response:
        """Return the answer to a client that has it already."""
        return Response(status_code=304)


def _tag(generation: int) -> str:
    """Return the ETag of a commit; questions also name times of the clock's day."""
    return f'W/"{generation}-{date.today():%Y%m%d}"'


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON-ready values as a response; numbers that JSON does not know become null."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False)
    return Response(text.encode("utf-8", "replace"), status, headers, JSON)


def refused(found: Fault, shape: Shape = Fault.to_dict) -> Response:
    """Return an error as a response."""
    return answer(shape(found), found.status, found.headers)


def route(endpoint: Endpoint, hub: Hub) -> Route:
    """Return what starlette takes: the endpoint with all that stands before it."""

    async def handle(request: Request) -> Response:
        facts = request.scope.setdefault(FACTS, {})
        facts.update(route=endpoint.path, index=request.path_params.get("name"))
        call = Call(hub, request, {})
        try:
            return await _handled(endpoint, call)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the reason
            found = hub.told(error, call.given)
            if found.status >= 500 and not isinstance(error, Refusal):
                log_error(error, route=endpoint.path, request=facts.get("request"))
            return refused(found, endpoint.shape)

    return Route(endpoint.path, handle, methods=[endpoint.method], name=endpoint.operation)


async def _handled(endpoint: Endpoint, call: Call) -> Response:
    """Check a request, have it answered, and put the answer into JSON."""
    if endpoint.access == WRITE:
        check_token(call.request.headers.get("authorization"), WRITE, call.hub.options)
    call.given = _query(endpoint, call.request)
    if endpoint.body is not None:
        call.body = await _read(endpoint, call)
        if endpoint.media == (JSON,):
            call.given |= _object(call.body, endpoint.body)
    if call.hub.options.log_questions:
        call.request.scope[FACTS]["asked"] = {name: call.given[name] for name in ASKED if name in call.given}
    if inspect.iscoroutinefunction(endpoint.handle):
        return _response(await endpoint.handle(call))
    return await call.hub.work(lambda: _response(endpoint.handle(call)))


def _response(found: Any) -> Response:
    return found if isinstance(found, Response) else answer(found)


# --- what came ----------------------------------------------------------------------------------------------------


async def _read(endpoint: Endpoint, call: Call) -> bytes:
    """Return the body. Raises Refusal if it is too large, too slow, or of a kind that is not taken."""
    limits, request = call.hub.options.limits, call.request
    media = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if media not in endpoint.media:
        raise Refusal(
            Fault(415, "wrong_media_type", f"the body must be {' or '.join(endpoint.media)}", "", "Content-Type")
        )
    too_large = Fault(
        413,
        "too_large",
        f"the body has more than {limits.body:,} bytes",
        "send less at once",
        None,
        {"Connection": "close"},
    )
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > limits.body:
        raise Refusal(too_large)
    body = bytearray()
    call.hub.reading.enter()
    try:
        async with asyncio.timeout(limits.seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.body:
                    raise Refusal(too_large)
    except TimeoutError:
        raise Refusal(
            Fault(408, "too_slow", f"the body did not arrive within {limits.seconds:g} seconds", "", None,
                  {"Connection": "close"})
        ) from None  # fmt: skip
    finally:
        call.hub.reading.leave()
    return bytes(body)


def parse(body: bytes) -> Any:
    """Return the values of a JSON text. Raises Refusal."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        said = "is nested too deep" if isinstance(error, RecursionError) else f"is no JSON in UTF-8: {error}"
        raise Refusal(Fault(400, "invalid_json", f"the body {said}"[:200])) from error


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _object(body: bytes, schema: Schema) -> dict[str, Any]:
    """Return the properties of a body. Raises Refusal."""
    found = parse(body or b"{}")
    schemas.require(schemas.WHOLE, found, schema)
    return dict(found)


def _query(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    """Return the query's parameters by name. Raises Refusal."""
    known = {each.name: each for each in endpoint.parameters if each.place == "query"}
    found: dict[str, Any] = {}
    for name in dict.fromkeys(request.query_params):
        if name not in known:
            there = ", ".join(known) or "none"
            raise Refusal(Fault(422, "unknown_parameter", "the query has a parameter that is not known here",
                                f"there are: {there}", name[:100]))  # fmt: skip
        values = request.query_params.getlist(name)
        schema = known[name].schema
        if schema.get("type") == "array":
            found[name] = values
        elif len(values) > 1:
            raise Refusal(Fault(422, "invalid_argument", f"{name} is given more than once", "give it once", name))
        else:
            found[name] = _converted(values[0], schema)
        schemas.require(name, found[name], schema)
    for each in known.values():
        if each.required and each.name not in found:
            raise Refusal(Fault(422, "missing_parameter", f"{each.name} is missing: {each.meaning}", "", each.name))
    return found


def _converted(text: str, schema: Schema) -> Any:
    """Return a parameter's text as a value of what it is to be, or as it is: the schema tells what is wrong."""
    kind = schema.get("type")
    try:
        if kind in ("integer", "number") and text.isascii():
            return int(text) if kind == "integer" else float(text)
    except ValueError:
        return text
    return {"true": True, "false": False}.get(text, text) if kind == "boolean" else text


def _finite(value: Any) -> Any:
    """Return values with null for numbers that JSON does not know."""
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and value - value != 0 else value
