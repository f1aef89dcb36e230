"""The server as an ASGI application: what stands before all endpoints, and the table of them."""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from searchkit.server import about, asking, chats, documents, static, writing
from searchkit.server.access import check_host, check_origin, check_token, cors_headers
from searchkit.server.config import READ
from searchkit.server.endpoints import FACTS, OPEN, Endpoint, Shape, refused, route
from searchkit.server.faults import Fault, Refusal, fault
from searchkit.server.hub import Hub, log, log_error
from searchkit.server.limits import RequestLimits

REQUEST_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
OTHER = "other"  # the route of what is not in the table, as metrics count it
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}  # unless an answer says otherwise


During = Callable[[], contextlib.AbstractAsyncContextManager[Any]]


def table(limits: RequestLimits) -> tuple[Endpoint, ...]:
    """Return every endpoint there is."""
    others = tuple(each for module in (asking, documents, chats, writing) for each in module.endpoints(limits))
    return about.endpoints(others, asking.components())


def application(
    hub: Hub, more: Sequence[BaseRoute] = (), open_paths: Sequence[str] = (), during: Sequence[During] = ()
) -> ASGIApp:
    """Return the server as an ASGI application.

    more: routes and mounts besides the endpoints, which stand behind the same checks of Host, Origin and token;
    open_paths: those of theirs that need no token; during: what has to go on while they are served.
    """
    endpoints, page = table(hub.options.limits), static.routes()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as going_on:
            for each in during:
                await going_on.enter_async_context(each())
            hub.start()
            yield
        hub.close()

    inside = Starlette(
        routes=[*(route(each, hub) for each in endpoints), *page, *more],
        exception_handlers={HTTPException: _unrouted, Exception: _failed},
        lifespan=lifespan,
    )
    inside.router.redirect_slashes = False
    shapes = {each.path: each.shape for each in endpoints}
    in_the_open = {
        *open_paths,
        *(each.path for each in page),
        *(each.path for each in endpoints if each.access == OPEN),
    }
    return Door(inside, hub, in_the_open, shapes)


class Door:
    """Every request passes here: who asks is checked, and what became of it is logged and counted."""

    def __init__(self, inside: ASGIApp, hub: Hub, open_paths: set[str], shapes: Mapping[str, Shape]) -> None:
        """open_paths: what needs no token. shapes: of errors, by path, where they are not ours."""
        self._inside, self._hub, self._open, self._shapes = inside, hub, open_paths, shapes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        begun, request = time.perf_counter(), Request(scope)
        given = request.headers.get("x-request-id", "")
        facts = {"request": given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8), "status": 0}
        scope[FACTS] = facts
        headers = (
            HEADERS
            | cors_headers(request.headers.get("origin"), self._hub.options)
            | {"X-Request-ID": facts["request"]}
        )

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                facts["status"] = message["status"]
                known = {name.lower() for name, _ in message["headers"]}
                extra = [(name.lower().encode(), str(value).encode()) for name, value in headers.items()]
                message["headers"] = [*message["headers"], *(each for each in extra if each[0] not in known)]
            await send(message)

        try:
            response = self._refusal(request)
            await (self._inside if response is None else response)(scope, receive, reply)
        except Exception as error:  # noqa: BLE001 - told to the client already, if it still listens
            log_error(error, request=facts["request"])
        finally:
            self._note(request, facts, time.perf_counter() - begun)

    def _refusal(self, request: Request) -> Response | None:
        """Return the answer to who may not ask, or to a browser that asks whether a page may; None for the others."""
        options, headers = self._hub.options, request.headers
        origin, host = headers.get("origin"), headers.get("host", "")
        try:
            check_host(host, options)
            check_origin(origin, host, options)
            if request.method == "OPTIONS" and "access-control-request-method" in headers:
                return Response(status_code=204, headers=cors_headers(origin, options, preflight=True))
            if request.url.path not in self._open:
                check_token(headers.get("authorization"), READ, options)
        except Refusal as error:
            return refused(fault(error), self._shapes.get(request.url.path, Fault.to_dict))
        return None

    def _note(self, request: Request, facts: dict[str, Any], seconds: float) -> None:
        """Log and count a request. What was asked is not told, unless the server was told to."""
        place = facts.pop("route", OTHER)
        self._hub.metrics.count(place, facts["status"], seconds)
        log(logging.INFO, method=request.method, route=place, ms=round(seconds * 1000, 2), **facts)


async def _unrouted(request: Request, error: Exception) -> Response:
    """Answer what no route takes."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        there = (each for each in request.app.routes if each.matches(request.scope)[0] != Match.NONE)
        allowed = ", ".join(sorted({method for each in there for method in each.methods}))
        told = "this address does not take this method"
        return refused(Fault(405, "wrong_method", told, f"use {allowed}", None, {"Allow": allowed}))
    return refused(Fault(404, "no_such_address", "there is nothing at this address", "see /docs"))


async def _failed(_: Request, error: Exception) -> Response:
    return refused(fault(error))
