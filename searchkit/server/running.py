"""The server as a process: sockets, signals, the log, and clients that are slow or too many."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from searchkit.errors import StorageError
from searchkit.server import agents, shell
from searchkit.server.application import application
from searchkit.server.config import ServerOptions
from searchkit.server.endpoints import refused
from searchkit.server.faults import RETRY, Fault
from searchkit.server.hub import LOG, Hub
from searchkit.server.limits import RequestLimits
from searchkit.storage import sockets

M_ARENA_MAX = -8  # of malloc.h
MALFORMED = Fault(400, "malformed_request", "this is no request of HTTP/1.1 that can be understood")
CROWDED = Fault(503, "too_many_connections", "there are too many connections", "try again soon", None,
                RETRY)  # fmt: skip


def serve(options: ServerOptions, begun: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM. Raises what opening an index raises, and StorageError where the port is taken.

    begun: is told the address as soon as it answers.
    """
    _log_to_stderr()
    _keep_to_few_heaps()
    network = _listening(options)
    hub = Hub(options)
    host, port = network.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    for_agents = agents.mounted(hub, address)
    config = uvicorn.Config(
        application(hub, [shell.route(hub), *for_agents.routes], [shell.PATH], for_agents.during),
        http=protocol(options.limits),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=round(options.limits.seconds) + 1,
    )
    begun(address)
    with contextlib.ExitStack() as opened:
        folders = {name: place for name, place in options.indexes.items() if isinstance(place, Path)}
        ours = {name: opened.enter_context(sockets.listening(path)) for name, path in folders.items()}
        found = {name: each for name, each in ours.items() if each is not None}
        hub.sockets = {each.getsockname(): name for name, each in found.items()}
        Graceful(config, hub).run([network, *found.values()])


def _listening(options: ServerOptions) -> socket.socket:
    """Return a socket that listens. Raises StorageError."""
    try:
        found = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol_number, _, address = found[0]
        with contextlib.ExitStack() as failed:
            # of TCP by its number: else asyncio lets the kernel hold back the second half of each answer, for 40 ms
            opened = failed.enter_context(socket.socket(family, kind, protocol_number))
            if sys.platform != "win32":
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen(options.limits.connections)
            failed.pop_all()
    except OSError as error:
        raise StorageError(
            f"{options.host} port {options.port} cannot be listened at: {error.strerror}. Choose another with --port"
        ) from error
    return opened


class Graceful(uvicorn.Server):
    """A server that also tells streams and writes to end when it is told to."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    def handle_exit(self, sig: int, _: FrameType | None) -> None:
        """Stop taking requests, and end when those that were taken are answered; at once at a second Ctrl-C."""
        self._hub.stop()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def protocol(limits: RequestLimits) -> type[asyncio.Protocol]:
    """Return HTTP/1.1 as a server within these limits speaks it."""
    return type("Patient", (PatientProtocol,), {"limits": limits})


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with errors in our shape, that lets go of clients that are too many, or send no request in time."""

    limits: RequestLimits
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request, unless there are too many connections."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            transport.write(_bytes_of(CROWDED))
            transport.close()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._unexpect()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; wait for the rest of a request's headers if these are not complete."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._expect()
        else:
            self._unexpect()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - what it says is for developers
        """Answer what is no request."""
        self.transport.write(_bytes_of(MALFORMED))
        self.transport.close()

    def _expect(self) -> None:
        """Begin to wait for the headers of a request, unless that has begun."""
        if self._late is None:
            self._late = self.loop.call_later(self.limits.seconds, self.transport.close)

    def _unexpect(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _keep_to_few_heaps() -> None:
    """Have glibc share two heaps: it would give the threads of each commit their own, and never take those back."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def _bytes_of(found: Fault) -> bytes:
    """Return an error as it goes over the wire, for requests that never were."""
    response = refused(found)
    headers = [*response.raw_headers, (b"connection", b"close")]
    lines = [b"HTTP/1.1 %d " % found.status, *(b"%s: %s" % each for each in headers)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + cast(bytes, response.body)


def _log_to_stderr() -> None:
    """Write our log to standard error, a line of JSON each; uvicorn's own only if something is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    for logger, level in ((LOG, logging.INFO), (logging.getLogger("uvicorn.error"), logging.CRITICAL)):
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
