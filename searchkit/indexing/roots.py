"""What is synced: folders and files, each by one name whatever path led there, and how it is found and read."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from searchkit import documents
from searchkit.indexing.ingest import Ingest
from searchkit.indexing.names import free_name
from searchkit.indexing.stock import Inventory
from searchkit.normalization import nfc
from searchkit.storage.catalog.schema import KnownFile, Root
from searchkit.validation import settle, texts, wrong


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How sources are found and read. Globs are as in .gitignore. Raises ArgumentError."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    read: documents.ReadOptions = field(default_factory=documents.ReadOptions)

    def __post_init__(self) -> None:
        settle(self, {"include": texts, "exclude": texts, "read": _read_options})


def _read_options(name: str, value: object) -> documents.ReadOptions:
    if not isinstance(value, documents.ReadOptions):
        raise wrong(name, "ReadOptions", value)
    return value


@dataclass(frozen=True, slots=True)
class SyncSource:
    """A path to sync as part of the root it belongs to, which gives document ids their prefix and has options.

    before: the root's options of the last time, None for a new root. apart: roots of their own below it. mounts: the
    places below it ("" for itself) that were disks of their own the last time.
    """

    path: Path
    root: Path
    prefix: str
    options: SyncOptions
    before: SyncOptions | None
    apart: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether it is all of its root."""
        return self.path == self.root

    @property
    def reads_anew(self) -> bool:
        """Tell whether files are read in another way than the last time."""
        return self.before is not None and self.options.read != self.before.read

    def place(self, path: Path | str) -> str:
        """Return where a file stands below the root, "" for the root itself."""
        below = Path(path).relative_to(self.root).as_posix()
        return "" if below == "." else below

    def doc_id(self, place: str) -> str:
        """Return the document id of what stands at a place: the root's name, then the place."""
        return f"{self.prefix}/{place}" if place else self.prefix

    def walk(self, options: SyncOptions | None = None, known: Collection[str] = ()) -> documents.Walk:
        """Find the files that are there, those that are known whatever they hold by now. Raises DocumentError."""
        chosen = options or self.options
        below = self.place(self.path)
        return documents.walk(
            self.root, include=chosen.include, exclude=chosen.exclude, below=below, apart=set(self.apart), known=known
        )

    def known_files(self, catalog: Inventory, below: Path | None = None) -> dict[str, KnownFile]:
        """Return the files that the catalog knows of this root, all or those below a folder, by path."""
        found = catalog.sources.files_under(str(below or self.root))
        return {name: file for name, file in found.items() if not lies_in(name, self.apart)}

    def record(self, catalog: Inventory, mounts: Iterable[str] | None = None) -> None:
        """Remember the root and how it was read."""
        kept = self.mounts if mounts is None else tuple(sorted(set(mounts)))
        catalog.sources.put_root(str(self.root), Root(self.prefix, asdict(self.options) | {"mounts": kept}))


def lies_in(name: str, folders: Iterable[str]) -> bool:
    """Tell whether a path is one of these or lies below one."""
    return any(name == folder or name.startswith(folder.rstrip("/") + "/") for folder in folders)


def gather(ingest: Ingest, catalog: Inventory, paths: Iterable[Path], given: SyncOptions | None) -> list[SyncSource]:
    """Return what there is to sync: each path as part of its root, and the roots below it; each once.

    Options are those given for a path that is a root, else those that its root had the last time.
    """
    _unite(ingest, catalog)
    found: dict[Path, SyncSource] = {}
    roots = catalog.sources.roots()
    for path in paths:
        place = _known_as(settled(path), roots)
        if not _is_text(place):
            ingest.fail(repr(str(place)), "has a name that is not valid UTF-8. Rename it.")
            continue
        source = _source(place, roots, given, path)
        roots.setdefault(str(source.root), Root(source.prefix, asdict(source.options)))
        if source.before is not None and not source.is_whole and given not in (None, source.before):
            ingest.warnings.append(f"{path} is part of {source.root}, whose own options hold; give others with that")
        nested = [_source(Path(root), roots, None) for root in roots if Path(place) in Path(root).parents]
        for each in (source, *nested):
            found.setdefault(each.path, each)
    # What lies in another path that is named is looked at with that, unless it is a root of its own.
    return [s for s in found.values() if not any(o.path in s.path.parents and o.root == s.root for o in found.values())]


def _source(path: Path, roots: Mapping[str, Root], given: SyncOptions | None, named: Path | None = None) -> SyncSource:
    """Return a path as part of its root: the nearest that is known, unless that leaves it out, or one of its own."""
    above = sorted(
        (Path(root) for root in roots if _is_at_or_below(path, Path(root))), key=lambda each: len(each.parts)
    )
    if above and above[-1] != path and os.path.lexists(path):
        options = options_of(roots[str(above[-1])])
        below = path.relative_to(above[-1]).as_posix()
        if documents.passes_over(above[-1], below, include=options.include, exclude=options.exclude):
            above = []  # whoever names it wants it, now and the next time
    if not above:
        prefix = free_name(nfc(_name_of(named or path)), (root.prefix for root in roots.values()))
        return SyncSource(path, path, prefix, given or SyncOptions(), None, _apart(path, roots))
    root = above[-1]
    known = roots[str(root)]
    before = options_of(known)
    options = given if given is not None and path == root else before
    mounts = tuple(known.options.get("mounts", ()))
    return SyncSource(path, root, known.prefix, options, before, _apart(root, roots), mounts)


def _apart(root: Path, roots: Mapping[str, Root]) -> tuple[str, ...]:
    return tuple(other for other in roots if root in Path(other).parents)


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_at_or_below(path: Path, root: Path) -> bool:
    return path == root or root in path.parents


def _name_of(path: Path) -> str:
    """Return what a root is called: its name as given, or where that is none, as it is."""
    return path.name if path.name not in ("", "..") else settled(path).name or "root"


def options_of(root: Root) -> SyncOptions:
    """Return a root's options as they were before they went through JSON."""
    recorded: dict[str, Any] = root.options
    read = dict(recorded["read"])
    read["metadata_fields"] = None if read["metadata_fields"] is None else tuple(read["metadata_fields"])
    return SyncOptions(tuple(recorded["include"]), tuple(recorded["exclude"]), documents.ReadOptions(**read))


# --- one name for each folder -------------------------------------------------------------------------------------


def settled(path: Path) -> Path:
    """Return the one path of a folder or file, without links and ".."; a link with another suffix keeps its name."""
    real = Path(os.path.realpath(path))
    leads_to_file = os.path.islink(path) and not os.path.isdir(real)  # noqa: PTH112, PTH114 - these never raise
    if leads_to_file and real.suffix.lower() != path.suffix.lower():
        return Path(os.path.realpath(path.parent)) / path.name
    return real


def those_with(paths: Sequence[Path], roots: Iterable[Path]) -> list[Path]:
    """Return the roots to which any of the paths belong, all of them without paths."""
    places = [settled(path) for path in paths]
    return [root for root in roots if not places or any(_is_at_or_below(place, root) for place in places)]


def find(catalog: Inventory, path: Path) -> SyncSource | None:
    """Return the root that a path names, whether it is still there or not; None if it is none."""
    roots = catalog.sources.roots()
    for name in (path.absolute(), settled(path), _known_as(settled(path), roots)):
        if str(name) in roots:
            return _source(name, roots, None)
    return None


def _known_as(path: Path, roots: Mapping[str, Root]) -> Path:
    """Return a path as its known root has it: to some file systems, names in other cases or codings are the same."""
    identities = {_identity(Path(root)): Path(root) for root in roots}
    for folder in (path, *path.parents):
        if str(folder) in roots:
            return path
        root = identities.get(_identity(folder))
        if root is not None and _identity(folder) is not None:
            return _as_spelt(root, path.relative_to(folder).parts)
    return path


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a folder or file from all others that are there, None if it is not."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status.st_ino else None


def _as_spelt(folder: Path, parts: Sequence[str]) -> Path:
    """Return a path below a folder with the names that the disk lists."""
    for part in parts:
        try:
            names = [each.name for each in folder.iterdir()]
        except OSError:
            names = []
        wanted = _identity(folder / part)
        same = (each for each in names if nfc(each).casefold() == nfc(part).casefold())
        found = part if part in names else next((each for each in same if _identity(folder / each) == wanted), part)
        folder = folder / found
    return folder


def _unite(ingest: Ingest, catalog: Inventory) -> None:
    """Give roots that were recorded by another path their one name; of two that are the same, the first remains."""
    for name, root in catalog.sources.roots().items():
        path = Path(name)
        roots = {other: each for other, each in catalog.sources.roots().items() if other != name}
        if _identity(path) is None or (place := _known_as(settled(path), roots)) == path:
            continue
        moved = False
        for file_name, file in catalog.sources.files_under(name).items():
            if catalog.sources.rename_file(file.key, str(place / Path(file_name).relative_to(path))):
                moved = True
            else:
                ingest.drop_file(file.key)
        catalog.sources.drop_root(name)
        if str(place) not in roots and (moved or not any(_is_at_or_below(place, Path(other)) for other in roots)):
            catalog.sources.put_root(str(place), root)
        ingest.warnings.append(f"{name} is {place} by another path; it is one source from now on")
