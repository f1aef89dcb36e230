"""The Model Context Protocol at /mcp, by streamable HTTP without sessions; where the SDK is not installed, nothing."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from searchkit.index import Index
from searchkit.server.access import check_token
from searchkit.server.config import WRITE
from searchkit.server.endpoints import FACTS
from searchkit.server.faults import Fault, Refusal
from searchkit.server.hub import Hub, is_done
from searchkit.server.writing import begin_sync
from searchkit.types import Passage

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = "/mcp"


class Mounted(NamedTuple):
    """Routes, and what has to go on while they are served."""

    routes: Sequence[BaseRoute] = ()
    during: Sequence[Callable[[], AbstractAsyncContextManager[Any]]] = ()


def mounted(hub: Hub, base: str) -> Mounted:
    """Return what serves agents: those who may write find `sync` there too. base: the server's address, for links."""
    if importlib.util.find_spec("mcp") is None:
        return Mounted()
    managers = {writes: _manager(hub, base, writes=writes) for writes in {False, hub.options.writable}}
    return Mounted([Route(PATH, ByToken(hub, managers))], [each.run for each in managers.values()])


class ByToken:
    """Gives a request to the manager for readers, or to the one for writers."""

    def __init__(self, hub: Hub, managers: Mapping[bool, StreamableHTTPSessionManager]) -> None:
        self._hub, self._managers = hub, managers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        scope[FACTS]["route"] = PATH
        await self._managers[self._writes(Request(scope))].handle_request(scope, receive, send)

    def _writes(self, request: Request) -> bool:
        try:
            check_token(request.headers.get("authorization"), WRITE, self._hub.options)
        except Refusal:
            return False
        return True


def _manager(hub: Hub, base: str, *, writes: bool) -> StreamableHTTPSessionManager:
    """Return what answers the protocol's requests."""
    from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415 - a second to import

    from searchkit.integrations.mcp import server  # noqa: PLC0415 - as above

    def url_of(name: str, item_id: str) -> str:
        served = hub.served(name)
        found = served.index.get(item_id)
        if isinstance(found, Passage):
            return served.url(base, found.doc_id, found.to_dict())
        return served.url(base, item_id)

    async def sync(name: str, _: Index) -> Mapping[str, Any]:
        begun = begin_sync(hub, hub.served(name))
        if await is_done(begun.future, hub.options.limits.seconds):
            begun.future.result()
        if begun.result is None:
            raise Refusal(Fault(202, "not_done", f"the sync goes on as task {begun.id}; see `status` later"))
        return begun.result

    made = server(
        {name: hub.served(name).index for name in hub.names},
        url_of=url_of,
        work=hub.work,
        sync=sync if writes else None,
    )
    made.streamable_http_app(
        json_response=True,
        stateless_http=True,
        max_request_body_size=hub.options.limits.body,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # the door sees to it
    )
    return made.session_manager
