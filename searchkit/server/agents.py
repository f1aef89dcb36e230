"""The Model Context Protocol at /mcp, by streamable HTTP without sessions; where the SDK is not installed, nothing."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

from starlette.routing import BaseRoute

from searchkit.server.hub import Hub
from searchkit.types import Passage

PATH = "/mcp"


class Mounted(NamedTuple):
    """Routes, and what has to go on while they are served."""

    routes: Sequence[BaseRoute] = ()
    during: Sequence[Callable[[], AbstractAsyncContextManager[Any]]] = ()


def mounted(hub: Hub, base: str) -> Mounted:
    """Return what serves agents. base: the server's address, for links.

    Of whoever may read nobody writes: `sync` is offered where there are no tokens, and writing was allowed.
    """
    if importlib.util.find_spec("mcp") is None:
        return Mounted()
    from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415 - a second to import

    from searchkit.integrations.mcp import server  # noqa: PLC0415 - as above

    def url_of(name: str, item_id: str) -> str:
        served = hub.served(name)
        found = served.index.get(item_id)
        if isinstance(found, Passage):
            return served.url(base, found.doc_id, found.to_dict())
        return served.url(base, item_id)

    indexes = {name: hub.served(name).index for name in hub.names}
    made = server(indexes, url_of=url_of, writing=hub.options.writable and not hub.options.tokens)
    app = made.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=hub.options.limits.body,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # the door sees to it
    )
    return Mounted(app.routes, [made.session_manager.run])
