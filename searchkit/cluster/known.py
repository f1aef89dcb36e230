"""What an index on a cluster knows of documents, files and roots, for the one writer, and what it changes of that.

Changes of files and roots are kept here until they are saved, for they may not say that a document is in before it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from typing import Any, NamedTuple

from searchkit.cluster import mapping
from searchkit.cluster.batch import Known, rows
from searchkit.cluster.bulk import Change, apply
from searchkit.cluster.client import JSON, Client
from searchkit.cluster.home import Card
from searchkit.cluster.notes import file_of, noted, root_of
from searchkit.cluster.queries import fitting
from searchkit.normalization import spellings
from searchkit.storage.catalog.schema import UNSETTLED, KnownFile, Root
from searchkit.types import Omission

MOST_TERMS = 10_000  # in one query


class State(NamedTuple):
    """A document as the index knows it. file: the key of the file that it came from."""

    key: int
    doc_id: str
    file: int | None
    digest: bytes
    passages: int  # how many
    omitted: list[list[Any]]

    @property
    def version(self) -> Known:
        """What is taken out where it is replaced."""
        return Known(self.key, self.doc_id, self.passages)


class KnownDocuments:
    """Documents, as of the last commit and what was changed since."""

    def __init__(self, client: Client, card: Card, copies: int, unborn: Sequence[JSON]) -> None:
        """unborn: what must not hold of rows that count."""
        self._client = client
        self._card = card
        self._copies = copies
        self._unborn = list(unborn)
        self._changed: dict[str, State | None] = {}  # since the last commit; None: gone
        self._adopted: dict[str, State] = {}
        self._last: State | None = None  # that was looked up

    def state(self, doc_id: str) -> tuple[int, int | None, bytes] | None:
        """Return the key, file key and content digest of a document, None if there is none."""
        found = self.find(doc_id)
        return None if found is None else (found.key, found.file, found.digest)

    def find(self, doc_id: str) -> State | None:
        """Return a document's state, however the accents of its id are coded, None if there is none."""
        for spelt in spellings(doc_id):
            if spelt in self._changed:
                return self._changed[spelt]
        self._last = next(self._look({"terms": {"doc": spellings(doc_id)}}), None)
        return self._last

    def by_key(self, key: int) -> State:
        """Return the document of a version that there is."""
        if self._last is not None and self._last.key == key:
            return self._changed.get(self._last.doc_id) or self._last
        changed = (state for state in self._changed.values() if state is not None and state.key == key)
        return next(changed, None) or next(self._look({"term": {"key": key}}))

    def of_file(self, file: int) -> Iterator[tuple[int, str]]:
        """Yield the key and id of each document that a file holds, in the order of their keys."""
        return ((state.key, state.doc_id) for state in self._of_file(file))

    def _of_file(self, file: int) -> list[State]:
        found = [state for state in self._look({"term": {"file": file}}) if state.doc_id not in self._changed]
        found += [state for state in self._changed.values() if state is not None and state.file == file]
        return sorted(found)

    def adopt(self, key: int, file: int | None, omitted: Sequence[Omission] = ()) -> None:
        """Record which file a document comes from, and what was not read of it this time."""
        state, account = self.by_key(key), [list(astuple(each)) for each in omitted]
        if (state.file, state.omitted) == (file, account):
            return
        self._changed[state.doc_id] = self._adopted[state.doc_id] = state._replace(file=file, omitted=account)

    def note(self, doc_id: str, state: State | None) -> None:
        """Note that a document is in, or gone, before the index tells."""
        self._changed[doc_id] = state

    def save(self) -> None:
        """Save which files documents come from, of those that stayed as they were."""
        index = mapping.passages(self._client.address.index)
        apply(
            self._client,
            (
                Change("update", index, mapping.document_id(state.key), _account(state), self._card.routing(doc_id))
                for doc_id, state in self._adopted.items()
            ),
            copies=self._copies,
        )
        self._adopted = {}

    def committed(self) -> None:
        """Forget what was noted: the index tells it from now on."""
        self._changed, self._last = {}, None

    def count_of(self, files: Iterable[int]) -> int:
        """Return how many documents come from files."""
        keys = list(files)
        chunks = [keys[start : start + MOST_TERMS] for start in range(0, len(keys), MOST_TERMS)]
        return sum(self._count({"terms": {"file": chunk}}) for chunk in chunks)

    def ids(self, pattern: str = "*") -> list[str]:
        """Return the ids that match a glob, sorted."""
        return fitting(pattern, lambda begin: (each.doc_id for each in self._look(begin)))

    def _look(self, query: JSON) -> Iterator[State]:
        wanted = ["key", "doc", "file", "content", "count", "stored.omitted"]
        for row in rows(self._client, self._standing(query), source=wanted):
            source = row["_source"]
            omitted = source["stored"]["omitted"]
            digest = bytes.fromhex(source["content"])
            yield State(source["key"], source["doc"], source.get("file"), digest, source["count"], omitted)

    def _standing(self, query: JSON) -> JSON:
        return {"bool": {"filter": [{"term": {"kind": mapping.DOCUMENT}}, query], "must_not": self._unborn}}

    def _count(self, query: JSON) -> int:
        return self._client.count(mapping.passages(self._client.address.index), self._standing(query))


class KnownSources:
    """Roots and files: as they were saved, and what was changed since."""

    def __init__(self, client: Client, documents: KnownDocuments, copies: int, first_key: int) -> None:
        """first_key: of files; it is free, with all above it."""
        self._client = client
        self._index = mapping.sources(client.address.index)
        self._documents = documents
        self._copies = copies
        self.next_key = first_key
        self._roots = {row["path"]: root_of(row) for row in noted(client, mapping.ROOT)}
        self._saved_roots = dict(self._roots)
        self._files: dict[str, KnownFile | None] = {}  # by path, looked up or changed; None: there is none
        self._saved: dict[str, KnownFile] = {}
        self._paths: dict[int, str] = {}

    def roots(self) -> dict[str, Root]:
        """Return the folders and files that were synced, by absolute path."""
        return dict(sorted(self._roots.items()))

    def put_root(self, path: str, root: Root) -> None:
        """Record a root, or what changed of it."""
        self._roots[path] = root

    def drop_root(self, path: str) -> None:
        """Forget a root; its files stay known."""
        self._roots.pop(path, None)

    def files_under(self, root: str) -> dict[str, KnownFile]:
        """Return the known files that are `root` or lie below it, by absolute path."""
        below = root.rstrip("/") + "/"
        query = {"bool": {"should": [{"term": {"path": root}}, {"prefix": {"path": below}}]}}
        for row in noted(self._client, mapping.FILE, query):
            self._note(row)
        return {
            path: file
            for path, file in self._files.items()
            if file is not None and (path == root or path.startswith(below))
        }

    def put_file(self, path: str, size: int, mtime_ns: int, documents: int) -> int:
        """Record a file as read; return its key."""
        known = self._file(path)
        key = self.next_key if known is None else known.key
        self.next_key += known is None
        self._files[path] = KnownFile(key, size, mtime_ns, documents)
        self._paths[key] = path
        return key

    def rename_file(self, key: int, path: str) -> bool:
        """Record a file under another path; tell whether none was known there."""
        if self._file(path) is not None:
            return False
        before = self.file_path(key)
        self._files[path], self._files[before] = self._files[before], None
        self._paths[key] = path
        return True

    def count_documents(self, keys: Iterable[int]) -> int:
        """Return how many documents come from files."""
        return self._documents.count_of(keys)

    def forget_file(self, key: int) -> None:
        """Forget a file, so that the next sync reads it again. Its documents stay."""
        for _, doc_id in list(self._documents.of_file(key)):
            state = self._documents.find(doc_id)
            if state is not None:
                self._documents.adopt(state.key, None, [Omission(*each) for each in state.omitted])
        self._files[self.file_path(key)] = None

    def file_path(self, key: int) -> str:
        """Return a known file's path."""
        if key not in self._paths:
            for row in noted(self._client, mapping.FILE, {"term": {"key": key}}):
                self._note(row)
        return self._paths[key]

    def unsettle_file(self, key: int) -> None:
        """Make the next sync read a file again."""
        path = self.file_path(key)
        file = self._files[path]
        if file is not None:
            self._files[path] = file._replace(mtime_ns=UNSETTLED)

    def announce(self) -> None:
        """Save files that are new, as not read yet: documents that are written next refer to them."""
        kept = {file.key for file in self._saved.values()}
        new = {
            path: file._replace(mtime_ns=UNSETTLED, documents=0)
            for path, file in self._files.items()
            if file is not None and file.key not in kept
        }
        self._save_files(new)

    def save(self) -> None:
        """Save all changes, of documents that are in by now."""
        there = {path: file for path, file in self._files.items() if file is not None}
        self._save_files({path: file for path, file in there.items() if self._saved.get(path) != file})
        keys = {file.key for file in there.values()}
        gone = [path for path, file in self._saved.items() if path not in there]
        self._apply(
            Change("delete", self._index, f"f{self._saved[path].key}")
            for path in gone
            if self._saved[path].key not in keys
        )
        for path in gone:
            del self._saved[path]
        self._save_roots()

    def _save_files(self, files: dict[str, KnownFile]) -> None:
        self._apply(
            Change("index", self._index, f"f{file.key}", {"kind": mapping.FILE, "path": path, **file._asdict()})
            for path, file in files.items()
        )
        self._saved.update(files)

    def _save_roots(self) -> None:
        changed = {path: root for path, root in self._roots.items() if self._saved_roots.get(path) != root}
        self._apply(
            Change("index", self._index, _root_id(path), {"kind": mapping.ROOT, "path": path, **_root(root)})
            for path, root in changed.items()
        )
        self._apply(
            Change("delete", self._index, _root_id(path)) for path in self._saved_roots.keys() - self._roots.keys()
        )
        self._saved_roots = dict(self._roots)

    def _file(self, path: str) -> KnownFile | None:
        if path not in self._files:
            self._files[path] = None
            for row in noted(self._client, mapping.FILE, {"term": {"path": path}}):
                self._files.pop(path)
                self._note(row)
        return self._files[path]

    def _note(self, row: JSON) -> None:
        """Note a file as it is saved, unless it was looked up or changed before."""
        path, file = row["path"], file_of(row)
        if path not in self._saved and file.key not in self._paths:
            self._saved[path] = file
            self._paths[file.key] = path
            self._files.setdefault(path, file)

    def _apply(self, changes: Iterable[Change]) -> None:
        apply(self._client, changes, copies=self._copies)


def _account(state: State) -> JSON:
    return {"file": state.file, "partial": bool(state.omitted), "stored": {"omitted": state.omitted}}


def _root(root: Root) -> JSON:
    return {"prefix": root.prefix, "stored": root.options}


def _root_id(path: str) -> str:
    return f"r{hashlib.blake2b(path.encode(), digest_size=16).hexdigest()}"
