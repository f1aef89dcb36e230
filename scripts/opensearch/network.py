"""Networks of their own for the nodes, so that one of them can be cut off from the others: namespaces of Linux.

Each node has an address on one bridge, and this machine another, so that clients go on reaching a node that is cut off
from its peers. Needs root and iproute2.
"""

from __future__ import annotations

import os
import shutil
import subprocess

BRIDGE = "searchkit0"
PREFIX = "10.213.79"
HERE = f"{PREFIX}.254"


def is_possible() -> bool:
    """Tell whether such networks can be made here."""
    if os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    trial = "searchkit-trial"
    made = _ip("netns", "add", trial)
    return made and _ip("netns", "delete", trial)


def address(node: int) -> str:
    """Return a node's address."""
    return f"{PREFIX}.{node}"


def inside(node: int) -> list[str]:
    """Return what a command begins with that runs in a node's network."""
    return ["ip", "netns", "exec", _name(node)]


def up(nodes: tuple[int, ...]) -> None:
    """Make the networks that are not there yet."""
    if _ip("link", "add", BRIDGE, "type", "bridge"):
        _must("address", "add", f"{HERE}/24", "dev", BRIDGE)
        _must("link", "set", BRIDGE, "up")
    for node in nodes:
        if not _ip("netns", "add", _name(node)):
            continue
        outer = _outer(node)
        _must("link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", _name(node))
        _must("link", "set", outer, "master", BRIDGE, "up")
        _must("-n", _name(node), "address", "add", f"{address(node)}/24", "dev", "eth0")
        _must("-n", _name(node), "link", "set", "eth0", "up")
        _must("-n", _name(node), "link", "set", "lo", "up")


def cut(node: int, nodes: tuple[int, ...]) -> None:
    """Lose all that goes between a node and the others; this machine still reaches each of them."""
    for other in nodes:
        if other != node:
            _must("-n", _name(node), "route", "add", "blackhole", f"{address(other)}/32")
            _must("-n", _name(other), "route", "add", "blackhole", f"{address(node)}/32")


def mend(node: int, nodes: tuple[int, ...]) -> None:
    """Let a node that was cut off reach the others again."""
    for other in nodes:
        if other != node:
            _ip("-n", _name(node), "route", "delete", "blackhole", f"{address(other)}/32")
            _ip("-n", _name(other), "route", "delete", "blackhole", f"{address(node)}/32")


def down(nodes: tuple[int, ...]) -> None:
    """Take the networks down."""
    for node in nodes:
        _ip("link", "delete", _outer(node))  # else it outlives its network for a moment
        _ip("netns", "delete", _name(node))
    _ip("link", "delete", BRIDGE)


def _name(node: int) -> str:
    return f"searchkit{node}"


def _outer(node: int) -> str:
    """Return the end of a node's cable that is on the bridge."""
    return f"searchkit0n{node}"


def _ip(*arguments: str) -> bool:
    return subprocess.run(["ip", *arguments], capture_output=True, check=False).returncode == 0


def _must(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
