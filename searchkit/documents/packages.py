"""Open Packaging files (.docx, .pptx, .xlsx): parts in a zip file, and how they refer to each other."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote
from zipfile import ZipFile

from searchkit.documents.account import Account
from searchkit.documents.archives import read_xml
from searchkit.documents.blocks import Blocks
from searchkit.documents.properties import Value, metadata_of
from searchkit.documents.titles import stated_title
from searchkit.errors import DocumentError
from searchkit.types import Document

if TYPE_CHECKING:
    from lxml.etree import _Element

_CORE = {"title": "title", "creator": "author", "created": "date", "modified": "modified", "language": "language",
         "category": "section", "keywords": "tags"}  # fmt: skip


class Relation(NamedTuple):
    """A part that another refers to: the last word of the relation's type, and the part's name."""

    kind: str
    target: str


class Package:
    """A file made of parts."""

    def __init__(self, archive: ZipFile, account: Account) -> None:
        self.archive = archive
        self.account = account
        self._names = {name.lower(): name for name in archive.namelist()}
        self._relations: dict[str, dict[str, Relation]] = {}

    def real_name(self, part: str) -> str | None:
        """Return the name of a part in the archive, whose case may differ; None if there is no such part."""
        return self._names.get(part.lower())

    def main_part(self) -> str:
        """Return the name of the part that the others hang on. Errors: DocumentError without any."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument" and self.real_name(relation.target):
                return relation.target
        raise DocumentError("it names no main document inside.")

    def xml(self, part: str) -> _Element | None:
        """Return the root of a part; None if it is missing or no XML."""
        name = self.real_name(part)
        try:
            return read_xml(self.archive, name, self.account) if name else None
        except DocumentError:
            return None

    def relations(self, part: str) -> dict[str, Relation]:
        """Return what a part refers to inside the file, by the id it uses; "" is the package itself."""
        if part not in self._relations:
            folder, name = posixpath.split(part)
            root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
            self._relations[part] = dict(_relations(root, folder)) if root is not None else {}
        return self._relations[part]

    def related(self, part: str, kind: str) -> list[str]:
        """Return the names of parts of one kind that a part refers to."""
        return [relation.target for relation in self.relations(part).values() if relation.kind == kind]

    def properties(self) -> tuple[str, dict[str, Value]]:
        """Return the title and metadata that the file states."""
        stated: dict[str, Any] = {}
        for part in self.related("", "core-properties"):
            root = self.xml(part)
            for element in () if root is None else root:
                key = _CORE.get(local_name(element))
                if key and (element.text or "").strip():
                    stated.setdefault(key, (element.text or "").strip())
        modified = stated.pop("modified", None)
        if modified:
            stated.setdefault("date", modified)
        return metadata_of(stated)

    def document(self, doc_id: str, blocks: Blocks, title: str = "", hidden: Sequence[str] = ()) -> Document:
        """Return the document of what was read; `title` is for a file whose properties state none."""
        stated, metadata = self.properties()
        more = {"hidden": list(hidden)} if hidden else {}
        document = blocks.document(doc_id, stated_title(stated) or title, {**metadata, **more})
        return self.account.attached(document)


def _relations(root: _Element, folder: str) -> Iterator[tuple[str, Relation]]:
    for element in root:
        if local_name(element) != "Relationship" or element.get("TargetMode") == "External":
            continue
        target = unquote(element.get("Target") or "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        yield element.get("Id") or "", Relation((element.get("Type") or "").rpartition("/")[2], path)


def local_name(element: Any) -> str:
    """Return an element's name without its namespace, "" for comments and instructions.

    Namespaces are not looked at: files in the "strict" form have others with the same names.
    """
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Any, name: str) -> str | None:
    """Return an attribute's value whatever its namespace; one without a namespace goes first."""
    stated = element.get(name)
    if stated is not None:
        return str(stated)
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)


def relation_id(element: Any) -> str:
    """Return the id of the relation that an element states, which has a namespace; an id of its own has none."""
    return next((str(value) for key, value in element.attrib.items() if key.endswith("}id")), "")


def child(element: Any, *names: str) -> Any | None:
    """Return the element at the end of a path of names, None if there is none."""
    for name in names:
        element = next((inner for inner in element if local_name(inner) == name), None)
        if element is None:
            return None
    return element
