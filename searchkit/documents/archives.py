"""Zip files that hold a document: opened with a bound on what they unpack to."""

from __future__ import annotations

import io
import re
from html.entities import html5
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from searchkit.documents.account import Account
from searchkit.errors import DocumentError

if TYPE_CHECKING:
    from lxml.etree import _Element

_LARGEST_UNPACKED = 1 << 30  # bytes; a file of 64 MiB can unpack to 64 GiB of zeros
_PROTECTED = b"\xd0\xcf\x11\xe0"  # OLE: old Office files, and new ones under a password


_DAMAGED = ("damaged parts", "what follows the damage may be missing")
_NAMED = re.compile(rb"&([A-Za-z][A-Za-z0-9]*;)")
_OF_XML = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


def open_archive(data: bytes) -> ZipFile:
    """Return the zip file. Errors: DocumentError for what is none, is protected or unpacks to too much."""
    if data.startswith(_PROTECTED):
        raise DocumentError("it is an old Office file or protected by a password. Save it again without.")
    try:
        archive = ZipFile(io.BytesIO(data))
    except BadZipFile as error:
        raise DocumentError("it is damaged: no zip file, which this format is made of.") from error
    if sum(entry.file_size for entry in archive.infolist()) > _LARGEST_UNPACKED:
        raise DocumentError(f"it unpacks to more than {_LARGEST_UNPACKED:,} bytes.")
    return archive


def read_xml(archive: ZipFile, name: str, account: Account, *, is_page: bool = False) -> _Element:
    """Return the root of an XML file in an archive; `is_page` tells that it may use HTML's names for characters.

    One that is damaged is read as far as that goes, which the account is told. Errors: DocumentError if it is missing
    or encrypted.
    """
    from lxml import etree  # noqa: PLC0415 - only such files cost the time that lxml takes

    try:
        data = archive.read(name)
    except KeyError as error:
        raise DocumentError(f"it has no {name} inside.") from error
    except RuntimeError as error:
        raise DocumentError("it is protected by a password.") from error
    if is_page:
        data = _NAMED.sub(_character, data)
    parser: Any = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root: _Element | None = etree.fromstring(data, parser)
    if root is None:
        raise DocumentError(f"{name} inside it is no XML.")
    if any(entry.level == etree.ErrorLevels.FATAL for entry in parser.error_log):
        account.add(_DAMAGED, name)
    return root


def _character(match: re.Match[bytes]) -> bytes:
    """Return a character that HTML has a name for as numbers, which XML understands; anything else as it is."""
    name = match[1].decode("ascii")
    if name in _OF_XML or name not in html5:
        return match[0]
    return "".join(f"&#{ord(character)};" for character in html5[name]).encode("ascii")
