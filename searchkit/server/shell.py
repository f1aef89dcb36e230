"""Questions of the same user's shells, over a socket in the index's folder: as `searchkit search` would answer them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import searchkit
from searchkit.errors import SearchkitError
from searchkit.server.endpoints import FACTS, answer, parse, refused
from searchkit.server.faults import Fault, fault
from searchkit.server.hub import Hub
from searchkit.server.served import Served

PATH = "/shell"
ELSEWHERE = Fault(404, "no_such_address", "there is nothing at this address", "see /docs")
OTHER_VERSION = Fault(409, "other_version", f"this is searchkit {searchkit.__version__}")


def route(hub: Hub) -> Route:
    """Return the route. Over the network there is nothing at its address."""

    async def handle(request: Request) -> Response:
        request.scope[FACTS]["route"] = PATH
        served = hub.served_at(request.scope.get("server"))
        if served is None:
            return refused(ELSEWHERE)
        try:
            given = parse(await request.body())
            if given.pop("version") != searchkit.__version__ or (given.get("upgrade") and not hub.options.writable):
                return refused(OTHER_VERSION)
            return await hub.work(lambda: _answered(served, given))
        except Exception as error:  # noqa: BLE001 - the shell does it by itself then
            return refused(fault(error))

    return Route(PATH, handle, methods=["POST"])


def _answered(served: Served, given: dict[str, object]) -> Response:
    """Return the results as of the latest commit, or the error that the shell is to raise."""
    served.index.reload()
    try:
        return answer(served.index.search(str(given.pop("query")), **given).to_dict())  # type: ignore[arg-type]
    except SearchkitError as error:
        return answer({"error": type(error).__name__, "message": str(error)}, 422)
