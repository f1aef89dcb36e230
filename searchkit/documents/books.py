"""E-books (.epub): chapters in reading order, metadata of the package file."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote
from zipfile import ZipFile

from searchkit.documents.account import PICTURES, Account
from searchkit.documents.archives import open_archive, read_xml
from searchkit.documents.blocks import Blocks
from searchkit.documents.markup import add_blocks
from searchkit.documents.properties import metadata_of
from searchkit.errors import DocumentError
from searchkit.types import Document

if TYPE_CHECKING:
    from lxml.etree import _Element

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_MISSING = ("chapters", "they are missing in the file")
_PROPERTIES = {"title": "title", "creator": "authors", "date": "date", "language": "language",
               "description": "description", "subject": "tags", "publisher": "publisher"}  # fmt: skip
_LISTS = frozenset({"authors", "tags"})


def read_epub(data: bytes, doc_id: str) -> Document:
    """Return the document of an e-book."""
    with open_archive(data) as archive:
        account = Account()
        package_name = _package_name(archive, account)
        package = read_xml(archive, package_name, account)
        title, metadata = metadata_of(_properties(package))
        blocks = Blocks()
        chapters = _chapters(package, posixpath.dirname(package_name))
        if _are_encrypted(archive, chapters, account):
            raise DocumentError("its chapters are protected against copying, and cannot be read.")
        for name in chapters:
            _add_chapter(archive, name, blocks, account)
    return account.attached(blocks.document(doc_id, title, metadata))


def _are_encrypted(archive: ZipFile, chapters: list[str], account: Account) -> bool:
    """Tell whether a book's text is encrypted; fonts alone often are."""
    if _ENCRYPTION not in archive.namelist():
        return False
    names = {
        unquote(one.get("URI") or "") for one in read_xml(archive, _ENCRYPTION, account).iter("{*}CipherReference")
    }
    return not names.isdisjoint(chapters)


def _package_name(archive: ZipFile, account: Account) -> str:
    """Return where the package file is. Errors: DocumentError if the container names none."""
    for element in read_xml(archive, _CONTAINER, account).iter("{*}rootfile"):
        if path := element.get("full-path"):
            return path
    raise DocumentError(f"{_CONTAINER} inside it names no package file.")


def _chapters(package: _Element, folder: str) -> list[str]:
    """Return the chapters' names in the archive, in reading order."""
    items = {item.get("id"): item for item in package.iter("{*}item")}
    spine = [
        items[reference.get("idref")] for reference in package.iter("{*}itemref") if reference.get("idref") in items
    ]
    return [
        posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        for item in spine
        if "html" in (item.get("media-type") or "") and "nav" not in (item.get("properties") or "").split()
    ]


def _add_chapter(archive: ZipFile, name: str, blocks: Blocks, account: Account) -> None:
    if name not in archive.namelist():
        account.add(_MISSING, name)
        return
    page = read_xml(archive, name, account, is_page=True)
    blind = sum(not (picture.get("alt") or "").strip() for picture in page.iter("{*}img"))
    if blind:
        account.add(PICTURES, count=blind)
    body = page.find("{*}body")
    add_blocks(page if body is None else body, blocks)


def _properties(package: _Element) -> dict[str, str | list[str]]:
    stated: dict[str, str | list[str]] = {}
    for element in package.iter():
        key = _PROPERTIES.get(str(element.tag).rpartition("}")[2])
        text = (element.text or "").strip()
        if not key or not text:
            continue
        if key in _LISTS:
            known = stated.setdefault(key, [])
            if isinstance(known, list):
                known.append(text)
        else:
            stated.setdefault(key, text)
    return stated
