"""Who may ask: the Host and Origin of a request, its token, and what pages of other origins may read."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping

from searchkit.server.config import READ, WRITE, ServerOptions, is_loopback
from searchkit.server.faults import Fault, Refusal

ALLOWED_HEADERS = "Authorization, Content-Type, If-None-Match, Last-Event-ID, Mcp-Session-Id, MCP-Protocol-Version"
EXPOSED_HEADERS = "ETag, Retry-After, X-Request-ID, Mcp-Session-Id"


def check_host(host: str | None, options: ServerOptions) -> None:
    """Refuse a request that was addressed to a name of somebody else's, as after DNS rebinding. Raises Refusal."""
    name = _without_port(host or "")
    if is_loopback(name) or name.lower() in {each.lower() for each in options.hosts}:
        return
    if not options.is_loopback and _is_address(name):  # an address cannot be rebound
        return
    raise Refusal(
        Fault(
            421, "wrong_host", "this server does not answer to the name in the request's Host",
            "allow the name at the server's start: --allow-host NAME", "Host",
        )
    )  # fmt: skip


def check_origin(origin: str | None, host: str, options: ServerOptions) -> None:
    """Refuse a web page of another origin, unless that was allowed. Raises Refusal."""
    if origin is None or origin in options.origins:
        return
    if origin.partition("://")[2] != host:  # the page that this server itself gave
        raise Refusal(
            Fault(
                403, "wrong_origin", "web pages of this origin may not ask this server",
                "allow it at the server's start: --cors-origin ORIGIN", "Origin",
            )
        )  # fmt: skip


def cors_headers(origin: str | None, options: ServerOptions, *, preflight: bool = False) -> dict[str, str]:
    """Return what allows a page of a given origin to read an answer."""
    if origin is None or origin not in options.origins:
        return {"Vary": "Origin"} if options.origins else {}
    allowed = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    if preflight:
        return allowed | {
            "Access-Control-Allow-Methods": "GET, POST, DELETE",
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": "600",
        }
    return allowed | {"Access-Control-Expose-Headers": EXPOSED_HEADERS}


def check_token(authorization: str | None, wanted: str, options: ServerOptions) -> None:
    """Refuse who may not do what is wanted, "read" or "write". Raises Refusal."""
    if wanted == WRITE and not options.writable:
        raise Refusal(Fault(403, "read_only", "this server only reads", "start it with --writable"))
    if not options.tokens:
        return
    scheme, _, given = (authorization or "").partition(" ")
    scope = _scope(given.strip(), options.tokens) if scheme.lower() == "bearer" else None
    if scope is None:
        raise Refusal(
            Fault(
                401, "unauthorized", "a token is needed, and this is none that is known here",
                "send it as: Authorization: Bearer TOKEN", "Authorization", {"WWW-Authenticate": "Bearer"},
            )
        )  # fmt: skip
    if wanted == WRITE and scope != WRITE:
        raise Refusal(Fault(403, "may_not_write", "this token is for reading", "use the one for writing"))


def _scope(given: str, tokens: Mapping[str, str]) -> str | None:
    """Return what a token is for, None if it is unknown. Takes as long for any: each is compared, in constant time."""
    scopes = [scope for token, scope in tokens.items() if hmac.compare_digest(_digest(token), _digest(given))]
    return WRITE if WRITE in scopes else READ if scopes else None


def _digest(token: str) -> bytes:
    """Return what tokens are compared by, which has the same length for all."""
    return hashlib.sha256(token.encode()).digest()


def _without_port(host: str) -> str:
    """Return the name or address in a Host header."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and ":" in host else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
