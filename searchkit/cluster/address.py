"""Where an index on an OpenSearch cluster is, and what opens it: `opensearch://user@host:9200,other:9200/news`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from searchkit.errors import ArgumentError

PLAIN, TLS = "opensearch", "opensearch+tls"
PORT = 9200
PASSWORD, API_KEY, CERTIFICATES = (
    "SEARCHKIT_OPENSEARCH_PASSWORD",
    "SEARCHKIT_OPENSEARCH_API_KEY",
    "SEARCHKIT_OPENSEARCH_CA",
)
KEYRING = "searchkit"  # the service under which a keyring holds passwords, by user@host
SHAPE = "opensearch://[USER@]HOST[:PORT][,HOST…]/INDEX, or opensearch+tls://… for an encrypted connection"
MOST_SHARDS = 1_024

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")  # fewer than OpenSearch allows: numbers and parts are appended
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|\[::1\]")
_SIZES = {"shards": (1, MOST_SHARDS), "replicas": (0, 20)}


class Host(NamedTuple):
    """A node that answers."""

    name: str
    port: int

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Address:
    """An index on a cluster. `str` of it can be printed: it never holds a secret.

    shards, replicas: of an index that is made, None for what suits the cluster.
    """

    hosts: tuple[Host, ...]
    index: str
    user: str = ""
    tls: bool = False
    shards: int | None = None
    replicas: int | None = None

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        return f"{TLS if self.tls else PLAIN}://{user}{','.join(map(str, self.hosts))}/{self.index}"

    @property
    def is_local(self) -> bool:
        """Whether no other machine lies between us and it."""
        return all(_LOOPBACK.fullmatch(host.name) for host in self.hosts)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What opens a cluster, never shown: a password or an API key, and the file of certificates to trust."""

    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    certificates: str | None = None


Place: TypeAlias = Path | Address  # of an index


def placed(place: str | Path | Address) -> Place:
    """Return where an index is: a folder, or an address. Raises ArgumentError."""
    if isinstance(place, Address):
        return place
    return parsed(str(place)) if is_address(place) else Path(place)


def is_address(place: object) -> bool:
    """Tell whether an index's place is on a cluster, rather than a folder."""
    return isinstance(place, str) and place.startswith((f"{PLAIN}://", f"{TLS}://"))


def parsed(place: str) -> Address:
    """Return the address that a URL names. Raises ArgumentError, which shows no password."""
    if not is_address(place):
        raise ArgumentError(f"{place!r} is no address of a cluster; those are {SHAPE}.")
    parts = urlsplit(place)
    login, _, nodes = parts.netloc.rpartition("@")
    if ":" in login:
        raise ArgumentError(
            f"the address of a cluster must not hold a password: it would be shown. Give it in ${PASSWORD}, or keep it "
            f"in the keyring as {KEYRING!r}."
        )
    name = unquote(parts.path.strip("/"))
    if not _NAME.fullmatch(name):
        raise ArgumentError(f"{name!r} is no name of an index on a cluster: small letters, digits, dots, - and _.")
    hosts = tuple(_host(text) for text in nodes.split(","))
    return Address(hosts, name, unquote(login), parts.scheme == TLS, **_sizes(parts.query))


def _host(text: str) -> Host:
    name, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    name = name if colon else text
    if not _HOST.fullmatch(name) or (colon and not (port.isdecimal() and 0 < int(port) < 65_536)):
        raise ArgumentError(f"{text!r} is no host of a cluster; an address is {SHAPE}.")
    return Host(name, int(port) if colon else PORT)


def _sizes(query: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _SIZES:
            raise ArgumentError(f"{name!r} is nothing that an address can say; it takes {' and '.join(_SIZES)}.")
        least, most = _SIZES[name]
        if not value.isdecimal() or not least <= int(value) <= most:
            raise ArgumentError(f"{name} is {value!r}; give {least} to {most}.")
        found[name] = int(value)
    return found


def secrets(address: Address, environment: Mapping[str, str] = os.environ) -> Secrets:
    """Return what opens a cluster, from the environment or the keyring. Raises ArgumentError.

    A secret is not sent in the clear to another machine.
    """
    found = Secrets(
        environment.get(PASSWORD, "") or _from_keyring(address),
        environment.get(API_KEY, ""),
        environment.get(CERTIFICATES) or None,
    )
    secret = found.api_key or (address.user and found.password)
    if secret and not address.tls and not address.is_local:
        raise ArgumentError(
            f"{address} is not encrypted, so that everybody on the way could read your password or key. "
            f"Write {TLS}:// in place of {PLAIN}://."
        )
    return found


def _from_keyring(address: Address) -> str:
    """Return the password that the system's keyring holds, "" if there is none or no keyring."""
    if not address.user:
        return ""
    try:
        import keyring  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - few have it
    except ImportError:
        return ""
    return keyring.get_password(KEYRING, f"{address.user}@{address.hosts[0].name}") or ""
