"""What a server is told at its start."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from searchkit.cluster.address import Place
from searchkit.errors import ArgumentError
from searchkit.server.limits import RequestLimits

HOST, PORT = "127.0.0.1", 7720
SHORTEST_TOKEN = 16  # characters
READ, WRITE = "read", "write"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """Which indexes are served, to whom, and what they may do. Raises ArgumentError.

    indexes: folders, or addresses on clusters, by the names that they have here. tokens: "read" or "write" by secret.
    hosts: names beyond loopback that requests may be addressed to. origins: of web pages elsewhere that may ask.
    writable: whether documents may be put in, synced and removed. log_questions: whether the log holds what was asked.
    """

    indexes: Mapping[str, Place]
    host: str = HOST
    port: int = PORT
    tokens: Mapping[str, str] = field(default_factory=dict)
    hosts: Sequence[str] = ()
    origins: Sequence[str] = ()
    writable: bool = False
    log_questions: bool = False
    limits: RequestLimits = field(default_factory=RequestLimits)

    def __post_init__(self) -> None:
        if not self.indexes:
            raise ArgumentError("give at least one index to serve: -i NAME=INDEX")
        for name in self.indexes:
            if not _NAME.fullmatch(name):
                raise ArgumentError(f"{name!r} is no name for an index: letters, digits, dots, dashes, at most 64")
        if not self.is_loopback and not self.tokens:
            raise ArgumentError(
                f"{self.host} can be reached from other machines, and there is no token. Give one with --token-file or "
                "SEARCHKIT_TOKEN, or stay on 127.0.0.1"
            )
        for origin in self.origins:
            _require_origin(origin)

    @property
    def is_loopback(self) -> bool:
        """Tell whether this machine alone can reach the server."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Tell whether a name or address is this machine's own."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require_origin(origin: str) -> None:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
        raise ArgumentError(
            f"{origin!r} is no origin of a web page; write one such as https://chat.example.org, never *"
        )


def read_tokens(path: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Return "read" or "write" by secret. Raises ArgumentError.

    path: a file with lines such as "read SECRET" and "write SECRET". SEARCHKIT_TOKEN may hold one for reading,
    SEARCHKIT_WRITE_TOKEN one for both.
    """
    found = {environment[name]: scope for name, scope in _VARIABLES.items() if environment.get(name)}
    if path is not None:
        for number, line in enumerate(_lines(path), 1):
            words = line.split()
            if words and not line.startswith("#"):
                if len(words) != 2 or words[0] not in (READ, WRITE):
                    raise ArgumentError(f"{path}, line {number}: write read or write, then the token")
                found[words[1]] = words[0]
        if not found:
            raise ArgumentError(f"{path} holds no token; write a line such as: read {'x' * SHORTEST_TOKEN}")
    for token in found:
        if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
            raise ArgumentError(
                f"a token has at least {SHORTEST_TOKEN} characters of ASCII; make one with: openssl rand -hex 24"
            )
    return found


_VARIABLES = {"SEARCHKIT_TOKEN": READ, "SEARCHKIT_WRITE_TOKEN": WRITE}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(f"the tokens in {path} cannot be read: {error}") from error
