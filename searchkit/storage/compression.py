"""Bytes in fewer, by Zstandard (RFC 8878), which Python has from 3.14 on; before that a package with the same names."""

from __future__ import annotations

import sys
from types import ModuleType

LEVEL = 3  # of 1 to 22: the higher, the smaller, and the slower to write


def zstd() -> ModuleType:
    """Return the module that compresses: a search that reads nothing compressed does without."""
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415
    return zstd


def compressed(data: bytes) -> bytes:
    """Return data in fewer bytes."""
    return bytes(zstd().compress(data, LEVEL))


def decompressed(data: bytes) -> bytes:
    """Return what was compressed."""
    return bytes(zstd().decompress(data))
