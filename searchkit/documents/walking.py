"""Files below a folder: which can be read, which are left out, and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, NamedTuple

from searchkit.documents import gitrules
from searchkit.documents.formats import FORMATS, asked_for, reader_for
from searchkit.errors import DocumentError
from searchkit.marker import MARKER, is_index
from searchkit.types import Failure

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_BEIR_CORPUS = "corpus.jsonl"
_BEIR_COMPANIONS = frozenset({"queries.jsonl", "qrels"})


class FoundFile(NamedTuple):
    """A file that can be read, as it was found."""

    path: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Walk:
    """What lies below a folder: files sorted by path, how many were left out by reason, what failed.

    unread: paths of which nothing can be said, nor of what lies below them; mounts: folders that are on another disk
    than the one they lie in.
    """

    files: tuple[FoundFile, ...]
    skipped: Mapping[str, int]
    failed: tuple[Failure, ...]
    unread: tuple[Path, ...] = ()
    mounts: tuple[Path, ...] = ()


class _Folder(NamedTuple):
    """A folder to visit: its place below the root ("" or "a/b/"), the rules that hold in it, its parent's device."""

    place: str
    rules: tuple[gitrules.Rules, ...]
    device: int


class _Inside(NamedTuple):
    """What is in a folder that was opened: files and folders, the rules for them, the device it is on."""

    entries: list[os.DirEntry[str]]
    rules: tuple[gitrules.Rules, ...]
    device: int


@dataclass(slots=True)
class _Walker:
    """Collects the files below `root`."""

    root: Path
    include: GitIgnoreSpec | None
    exclude: GitIgnoreSpec | None
    asked: Sequence[str] = ()  # the include patterns, as written
    files: list[tuple[str, FoundFile]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    failed: list[Failure] = field(default_factory=list)
    apart: Collection[str] = ()
    known: Collection[str] = ()
    unread: list[Path] = field(default_factory=list)
    mounts: list[Path] = field(default_factory=list)

    def visit(self, folder: _Folder) -> None:
        """Read a folder and those in it; a stack instead of recursion bears any depth."""
        stack = [folder]
        while stack:
            folder = stack.pop()
            inside = self._open(folder)
            places = [self._consider(entry, f"{folder.place}{entry.name}", inside.rules) for entry in inside.entries]
            stack.extend(_Folder(place, inside.rules, inside.device) for place in places if place)

    def start(self, below: Sequence[str]) -> _Folder | None:
        """Go down from the root to what lies below it; return it if it is a folder that is not passed over.

        If it is a file, that is found; whatever cannot be read on the way is told.
        """
        try:
            folder = _Folder("", gitrules.above(self.root), device(self.root.parent))
        except OSError as error:
            self._missed(self.root, error)
            return None
        for part in below:
            inside = self._open(folder)
            entry = next((each for each in inside.entries if each.name == part), None)
            place = self._consider(entry, f"{folder.place}{part}", inside.rules) if entry else ""
            if not place:
                return None
            folder = _Folder(place, inside.rules, inside.device)
        return folder

    def _open(self, folder: _Folder) -> _Inside:
        """Return what is in a folder, nothing if it is passed over or cannot be read."""
        path, rules = self.root / folder.place, folder.rules
        nothing = _Inside([], rules, folder.device)
        try:
            with os.scandir(path) as found:
                entries = list(found)
            on = device(path)
            names = {entry.name for entry in entries}
            if MARKER in names and is_index(path):
                self.skipped["searchkit index"] += 1
                return nothing
            if gitrules.REPOSITORY in names:  # git does not look above the top of a repository
                rules = gitrules.of_repository(path, folder.place)
            if gitrules.IGNORE_FILE in names:
                rules = (*rules, *gitrules.of_folder(path, folder.place))
        except FileNotFoundError as error:
            if not os.path.exists(path):  # noqa: PTH110 - gone since its parent was read; never raises
                return nothing
            self._missed(path, error)
            return nothing
        except OSError as error:
            self._missed(path, error)
            return nothing
        if on != folder.device:
            self.mounts.append(path)
        return _Inside(self._without_companions(entries, names), rules, on)

    def _without_companions(self, entries: list[os.DirEntry[str]], names: set[str]) -> list[os.DirEntry[str]]:
        """Leave out what lies beside the corpus of a BEIR folder."""
        if _BEIR_CORPUS not in names or not names & _BEIR_COMPANIONS:
            return entries
        self.skipped["beside a BEIR corpus"] += len(entries) - 1
        return [entry for entry in entries if entry.name == _BEIR_CORPUS]

    def _consider(self, entry: os.DirEntry[str], place: str, rules: tuple[gitrules.Rules, ...]) -> str:
        """Keep, count or report an entry; return its place if it is a folder to visit."""
        if entry.path in self.apart:
            return ""
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            place = f"{place}/" if is_folder else place
            if reason := self._left_out(entry, place, rules, is_folder=is_folder):
                self.skipped[reason] += 1
            elif is_folder:
                return place
            else:
                self._keep(entry, place)
        except OSError as error:
            self._missed(Path(entry.path), error)
        return ""

    def _left_out(
        self, entry: os.DirEntry[str], place: str, rules: tuple[gitrules.Rules, ...], *, is_folder: bool
    ) -> str:
        """Return why an entry is passed over, "" if it is not."""
        if entry.name.startswith("."):
            return "hidden"
        if gitrules.is_ignored(place.removesuffix("/"), rules, is_folder=is_folder):
            return "ignored by .gitignore"
        if self.exclude is not None and self.exclude.match_file(place):
            return "excluded"
        return "" if is_folder else self._file_left_out(entry, place)

    def _file_left_out(self, entry: os.DirEntry[str], place: str) -> str:
        if entry.is_symlink() and (reason := self._link_leads_astray(entry)):
            return reason
        if self.include is not None and not self.include.match_file(place):
            return "not included"
        return self._unreadable(entry)

    def _unreadable(self, entry: os.DirEntry[str]) -> str:
        """Return why a file is of no format that is read in a folder, "" if it is."""
        known = FORMATS.get(os.path.splitext(entry.name)[1].lower())  # noqa: PTH122 - a Path for each doubles the time
        if (known is not None and known.by_default) or entry.path in self.known:
            return ""
        try:
            if not entry.is_file():
                return ""
            return reader_for(Path(entry.path), named=asked_for(entry.name, self.asked)).reason
        except OSError:
            return ""  # whoever reads it says what is wrong

    def _link_leads_astray(self, entry: os.DirEntry[str]) -> str:
        """Judge a link: a folder inside the root is found without it, so no link to a folder is followed."""
        root, target = os.path.realpath(self.root), os.path.realpath(entry.path)
        if os.path.commonpath([target, root]) != root:
            return "link out of the folder"
        return "link to a folder" if Path(target).is_dir() else ""

    def _keep(self, entry: os.DirEntry[str], place: str) -> None:
        try:
            place.encode()
            status = entry.stat()
        except UnicodeEncodeError:
            self._fail(Path(entry.path), "the file's name is not valid UTF-8. Rename it.")
        except FileNotFoundError:
            self._fail(Path(entry.path), "the file is gone, or the link leads nowhere.")
        else:
            if S_ISREG(status.st_mode):
                self.files.append((place, FoundFile(self.root / place, status.st_size, status.st_mtime_ns)))
            else:
                self.skipped["not a regular file"] += 1

    def _missed(self, path: Path, error: OSError) -> None:
        """Record that a folder or file is there, and that nothing can be said of what it holds."""
        named = path if error.filename is None else error.filename
        what = (
            f"{_printable(str(named))} cannot be read: {error.strerror or error}. Check its permissions and its disk."
        )
        self.unread.append(path)
        self._fail(path, what)

    def _fail(self, path: Path, reason: str) -> None:
        self.failed.append(Failure(_printable(str(path)), reason))


def walk(
    root: Path,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    below: str = "",
    apart: Collection[str] = (),
    known: Collection[str] = (),
) -> Walk:
    """Find the readable files below `root`, or `root` itself if it is a file.

    `include` and `exclude` are globs as in .gitignore, relative to `root`. Hidden files, what git leaves out, links
    that lead out and searchkit's own indexes are passed over; of a BEIR folder only the corpus is kept.
    below: the place of the only folder or file to look at, as in "a/b"; apart: paths that are passed over in silence;
    known: files that are found whatever they hold by now: half-written, they look like no text.
    Errors: DocumentError if `root` does not exist.
    """
    try:
        mode = root.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        mode = 0
    except OSError as error:
        reason = f"{_printable(str(root))} cannot be read: {error.strerror}. Check its permissions and its disk."
        return Walk((), {}, (Failure(_printable(str(root)), reason),), (root,))
    if S_ISREG(mode):
        return _single(root)
    if not S_ISDIR(mode):
        raise DocumentError(f"{_printable(str(root))} is neither a file nor a folder. Check the path.")
    walker = _Walker(root, _spec(include, "include"), _spec(exclude, "exclude"), include, apart=apart, known=known)
    if folder := walker.start([part for part in below.split("/") if part]):
        walker.visit(folder)
    files = tuple(found for _, found in sorted(walker.files))
    failed = tuple(sorted(walker.failed, key=lambda one: one.source))
    return Walk(files, dict(sorted(walker.skipped.items())), failed, tuple(walker.unread), tuple(walker.mounts))


def passes_over(root: Path, below: str, *, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> bool:
    """Tell whether a walk of `root` would leave out the folder or file at a place below it."""
    walker = _Walker(root, _spec(include, "include"), _spec(exclude, "exclude"), include)
    folder = walker.start(below.split("/"))
    if folder is not None:
        return False
    return not walker.files and not walker.failed


def device(folder: Path) -> int:
    """Return the number of the device that a folder is on. Raises OSError."""
    return folder.stat().st_dev


def _single(path: Path) -> Walk:
    """Return a file that was named: it is read, or fails with a reason."""
    try:
        status = path.stat()
        reason = reader_for(path, named=True).reason
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}."
    if reason:
        return Walk((), {}, (Failure(_printable(str(path)), reason),), (path,))
    return Walk((FoundFile(path, status.st_size, status.st_mtime_ns),), {}, ())


def _spec(patterns: Sequence[str], name: str) -> GitIgnoreSpec | None:
    if not patterns:
        return None
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 60 ms that only a walk with patterns costs

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise DocumentError(f"{name} holds a pattern that cannot be understood: {error}") from error


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
