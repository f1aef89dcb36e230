"""Where a running server of an index is found by its user's other processes: a socket in the index's folder."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

# A search from a fresh shell, where no server runs, does not wait for sockets.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    import socket

NAME = "server.sock"
PATIENCE = 0.5  # seconds to be let in
BACKLOG = 64


@contextlib.contextmanager
def listening(path: Path) -> Iterator[socket.socket | None]:
    """Yield a socket in the folder of an index, for its user alone; None where there cannot be one, or is another's.

    What a server left that was killed is replaced.
    """
    place = path / NAME
    opened = _listening(place)
    if opened is None:
        yield None
        return
    ours = place.lstat()
    try:
        yield opened
    finally:
        opened.close()
        with contextlib.suppress(OSError):
            if os.path.samestat(ours, place.lstat()):
                place.unlink()


def connected(path: Path) -> socket.socket | None:
    """Return a connection to the server of an index, None unless this user runs one."""
    place = path / NAME
    try:
        found = place.lstat()
        if not _is_own(found):
            return None
        import socket

        connection = socket.socket(socket.AF_UNIX)
    except (OSError, AttributeError):  # nobody listens; no such sockets on this system
        return None
    connection.settimeout(PATIENCE)
    try:
        connection.connect(str(place))
    except OSError:
        connection.close()
        return None
    return connection


def _listening(place: Path) -> socket.socket | None:
    import socket

    if not hasattr(socket, "AF_UNIX"):
        return None
    with contextlib.suppress(OSError):
        if stat.S_ISSOCK(place.lstat().st_mode):
            other = connected(place.parent)
            if other is not None:
                other.close()
                return None
            place.unlink()
    opened = socket.socket(socket.AF_UNIX)
    try:
        opened.bind(str(place))
        place.chmod(0o600)  # nobody can connect before it listens
        opened.listen(BACKLOG)
    except OSError:  # a folder that is only read, or whose path is too long
        opened.close()
        return None
    return opened


def _is_own(found: os.stat_result) -> bool:
    """Tell whether a file is a socket that its owner, this user, alone can use."""
    private = not stat.S_IMODE(found.st_mode) & 0o077
    return stat.S_ISSOCK(found.st_mode) and private and found.st_uid == os.geteuid()
