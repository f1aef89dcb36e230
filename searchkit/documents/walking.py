"""Files below a folder: which can be read, which are left out, and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, NamedTuple

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
    """What lies below a folder: files sorted by path, how many were left out by reason, what failed."""

    files: tuple[FoundFile, ...]
    skipped: Mapping[str, int]
    failed: tuple[Failure, ...]


class _Rules(NamedTuple):
    """A .gitignore file and the folder, relative to the root, whose files it rules ("" or "a/b/")."""

    folder: str
    spec: GitIgnoreSpec


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

    def visit(self, folder: str, rules: tuple[_Rules, ...]) -> None:
        """Read a folder and those in it; a stack instead of recursion bears any depth."""
        stack = [(folder, rules)]
        while stack:
            folder, rules = stack.pop()
            entries = self._entries(folder)
            names = {entry.name for entry in entries}
            if MARKER in names and is_index(self.root / folder):
                self.skipped["searchkit index"] += 1
                continue
            if ".gitignore" in names:
                rules = (*rules, *self._rules(folder))
            is_beir = _BEIR_CORPUS in names and bool(names & _BEIR_COMPANIONS)
            for entry in entries:
                if is_beir and entry.name != _BEIR_CORPUS:
                    self.skipped["beside a BEIR corpus"] += 1
                elif below := self._consider(entry, f"{folder}{entry.name}", rules):
                    stack.append((below, rules))

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        path = self.root / folder
        try:
            with os.scandir(path) as entries:
                return list(entries)
        except OSError as error:
            self._fail(path, f"the folder cannot be read: {error.strerror}. Check its permissions.")
            return []

    def _consider(self, entry: os.DirEntry[str], place: str, rules: tuple[_Rules, ...]) -> str:
        """Keep, count or report an entry; return its place if it is a folder to visit."""
        is_folder = entry.is_dir(follow_symlinks=False)
        place = f"{place}/" if is_folder else place
        if reason := self._left_out(entry, place, rules, is_folder=is_folder):
            self.skipped[reason] += 1
        elif is_folder:
            return place
        else:
            self._keep(entry, place)
        return ""

    def _left_out(self, entry: os.DirEntry[str], place: str, rules: tuple[_Rules, ...], *, is_folder: bool) -> str:
        """Return why an entry is passed over, "" if it is not."""
        if entry.name.startswith("."):
            return "hidden"
        if _is_ignored(place, rules):
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
        if known is not None and known.by_default:
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
        except OSError as error:
            self._fail(Path(entry.path), f"the file cannot be read: {error.strerror}.")
        else:
            if S_ISREG(status.st_mode):
                self.files.append((place, FoundFile(self.root / place, status.st_size, status.st_mtime_ns)))
            else:
                self.skipped["not a regular file"] += 1

    def _rules(self, folder: str) -> Iterator[_Rules]:
        path = self.root / folder / ".gitignore"
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            self._fail(path, f"the file cannot be read: {error.strerror}.")
            return
        if spec := _spec(lines, str(path)):
            yield _Rules(folder, spec)

    def _fail(self, path: Path, reason: str) -> None:
        self.failed.append(Failure(_printable(str(path)), reason))


def walk(root: Path, *, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> Walk:
    """Find the readable files below `root`, or `root` itself if it is a file.

    `include` and `exclude` are globs as in .gitignore, relative to `root`. Hidden files, what .gitignore files
    below `root` name, links that lead out and searchkit's own indexes are passed over; of a BEIR folder only
    the corpus is kept. Errors: DocumentError if `root` does not exist.
    """
    if root.is_file():
        return _single(root)
    if not root.is_dir():
        raise DocumentError(f"{_printable(str(root))} is neither a file nor a folder. Check the path.")
    walker = _Walker(root, _spec(include, "include"), _spec(exclude, "exclude"), include)
    walker.visit("", ())
    files = tuple(found for _, found in sorted(walker.files))
    return Walk(files, dict(sorted(walker.skipped.items())), tuple(sorted(walker.failed, key=lambda one: one.source)))


def _single(path: Path) -> Walk:
    """Return a file that was named: it is read, or fails with a reason."""
    try:
        reason = reader_for(path, named=True).reason
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}."
    if reason:
        return Walk((), {}, (Failure(_printable(str(path)), reason),))
    status = path.stat()
    return Walk((FoundFile(path, status.st_size, status.st_mtime_ns),), {}, ())


def _spec(patterns: Sequence[str], name: str) -> GitIgnoreSpec | None:
    if not patterns:
        return None
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 60 ms that only a walk with patterns costs

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise DocumentError(f"{name} holds a pattern that cannot be understood: {error}") from error


def _is_ignored(place: str, rules: Sequence[_Rules]) -> bool:
    """Apply the nearest .gitignore that says anything about a place."""
    for folder, spec in reversed(rules):
        verdict = spec.check_file(place[len(folder) :]).include
        if verdict is not None:
            return verdict
    return False


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
