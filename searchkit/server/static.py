"""The page at /: its files, as they stand in `page/`, under a policy that lets nothing else in."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from searchkit.server.endpoints import FACTS

FOLDER = Path(__file__).parent / "page"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def routes() -> list[Route]:
    """Return a route for each file: / for index.html, /page/NAME for the others. None needs a token."""
    files = sorted(each for each in FOLDER.iterdir() if each.suffix in TYPES)
    return [_route("/" if each.name == "index.html" else f"/page/{each.name}", each) for each in files]


def _route(path: str, file: Path) -> Route:
    content = file.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"Content-Security-Policy": POLICY, "ETag": tag, "Cache-Control": "no-cache"}

    async def handle(request: Request) -> Response:
        request.scope[FACTS]["route"] = path
        known = request.headers.get("if-none-match", "")
        if tag in (each.strip().removeprefix("W/") for each in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers | {"Content-Type": TYPES[file.suffix]})

    return Route(path, handle, methods=["GET"])
