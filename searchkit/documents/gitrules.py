"""What git leaves out: .gitignore files from the top of a repository down, and the lists that git keeps apart.

The pattern language is git's own, as its documentation has it: `foo/**` leaves `foo` itself in, so that files below it
can be taken back, and a pattern that git cannot understand matches nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from searchkit.normalization import nfc

IGNORE_FILE = ".gitignore"
REPOSITORY = ".git"
_FLAGS = re.DOTALL | (re.IGNORECASE if sys.platform in ("win32", "darwin") else 0)  # as git is set up there
_NEVER = "(?!)"
_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \t", "cntrl": "\x00-\x1f\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~", "space": " \t-\r", "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}  # fmt: skip
_CONFIGURED = re.compile(r"^\s*excludesfile\s*=\s*(.+?)\s*$", re.IGNORECASE)
_SECTION = re.compile(r"^\s*\[\s*([^\]\s]+)")


class _Pattern(NamedTuple):
    """One line of an ignore file."""

    regex: str
    of_name: bool  # matched against the last part of a path alone
    folders_only: bool
    keeps: bool  # takes back what an earlier line leaves out


class Patterns:
    """The lines of one ignore file; of those that match, the last one decides."""

    def __init__(self, lines: Iterable[str]) -> None:
        found = [pattern for line in lines if (pattern := _parse(nfc(line)))]
        self._each = [(pattern, re.compile(pattern.regex, _FLAGS)) for pattern in reversed(found)]
        self._any_name = _any(pattern.regex for pattern in found if pattern.of_name)
        self._any_path = _any(pattern.regex for pattern in found if not pattern.of_name)

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Tell whether a path below the file's folder is left out; None if no line says anything about it."""
        name = path.rsplit("/", 1)[-1]
        if not (self._any_name.fullmatch(name) or self._any_path.fullmatch(path)):  # two tests for hundreds of lines
            return None
        for pattern, regex in self._each:
            if (is_folder or not pattern.folders_only) and regex.fullmatch(name if pattern.of_name else path):
                return not pattern.keeps
        return None


class Rules(NamedTuple):
    """Patterns, and how a place below the walk's root is written as they see it.

    folder: what begins the place and is cut off, "" or "a/b/"; above: what is put before it, for files above the root.
    """

    folder: str
    above: str
    patterns: Patterns


def is_ignored(place: str, rules: Sequence[Rules], *, is_folder: bool) -> bool:
    """Apply the last of the rules that says anything about a place; the nearest to it stand last."""
    place = nfc(place) if rules else ""
    for each in reversed(rules):
        verdict = each.patterns.verdict(each.above + place[len(each.folder) :], is_folder=is_folder)
        if verdict is not None:
            return verdict
    return False


def of_folder(folder: Path, place: str) -> tuple[Rules, ...]:
    """Return the rules of a folder's own .gitignore. Raises OSError if it is there and cannot be read."""
    return tuple(Rules(nfc(place), "", patterns) for patterns in _listed(folder / IGNORE_FILE))


def of_repository(top: Path, place: str) -> tuple[Rules, ...]:
    """Return what git leaves out in a repository beside its .gitignore files. Raises OSError."""
    return tuple(Rules(nfc(place), "", patterns) for patterns in _apart(top))


def above(root: Path) -> tuple[Rules, ...]:
    """Return the rules that hold in a folder because of the repository around it. Raises OSError.

    None hold if they leave out the folder itself: whoever names it wants what is in it.
    """
    top = next((each for each in (root, *root.parents) if (each / REPOSITORY).exists()), root)
    if top == root:
        return ()
    folders = [*reversed([each for each in root.parents if each == top or top in each.parents])]
    found = [(top, patterns) for patterns in _apart(top)]
    for folder in folders:
        if folder != top and _leaves_out(found, folder):
            return ()
        found += [(folder, patterns) for patterns in _listed(folder / IGNORE_FILE)]
    if _leaves_out(found, root):
        return ()
    return tuple(Rules("", f"{nfc(root.relative_to(folder).as_posix())}/", patterns) for folder, patterns in found)


def _leaves_out(found: Sequence[tuple[Path, Patterns]], folder: Path) -> bool:
    verdicts = (each.verdict(nfc(folder.relative_to(top).as_posix()), is_folder=True) for top, each in reversed(found))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def _apart(top: Path) -> tuple[Patterns, ...]:
    """Return the lists that git keeps apart, the weaker one first: the user's for all repositories, this one's own."""
    users: tuple[Patterns, ...] = ()
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # git warns, and goes on without
        users = _listed(_users_file())
    return (*users, *_listed(_common_folder(top) / "info" / "exclude"))


def _listed(path: Path) -> tuple[Patterns, ...]:
    """Return the patterns of a file, none if there is no such file."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        if path.is_symlink():  # it leads to what cannot be seen now
            raise
        return ()
    lines = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n")
    return (Patterns(lines),)


def _common_folder(top: Path) -> Path:
    """Return the folder of a repository that all of its work trees share. Raises OSError."""
    git = top / REPOSITORY
    if git.is_dir():
        return git
    leads_to = git.read_text(encoding="utf-8", errors="surrogateescape").removeprefix("gitdir:").strip()
    git = top / leads_to
    with contextlib.suppress(FileNotFoundError):
        return git / (git / "commondir").read_text(encoding="utf-8").strip()
    return git


def _users_file() -> Path:
    """Return the file of patterns that a user has for all repositories."""
    home = Path.home()
    ours = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    found = ours / "ignore"
    for config in (ours / "config", home / ".gitconfig"):
        section = ""
        for line in config.read_text(encoding="utf-8").splitlines() if config.is_file() else ():
            if begins := _SECTION.match(line):
                section = begins[1].lower()
            elif section == "core" and (said := _CONFIGURED.match(line)):
                found = Path(said[1].strip('"')).expanduser()
    return found


# --- the pattern language ---------------------------------------------------------------------------------------


def _parse(line: str) -> _Pattern | None:
    """Return what a line means, None if it says nothing."""
    line = _without_trailing_spaces(line.removesuffix("\r"))
    if line.startswith("#"):
        return None
    keeps, line = line.startswith("!"), line.removeprefix("!")
    folders_only, line = line.endswith("/"), line.removesuffix("/")
    if not line:
        return None
    of_name = "/" not in line
    regex = _translated(line if of_name else line.removeprefix("/"))
    return _Pattern(regex, of_name, folders_only, keeps) if regex else None


def _without_trailing_spaces(line: str) -> str:
    bare = line.rstrip(" ")
    escaped = (len(bare) - len(bare.rstrip("\\"))) % 2  # a backslash keeps the space after it
    return bare + " " if escaped and len(bare) < len(line) else bare


def _translated(pattern: str) -> str:
    """Return a pattern as a regular expression, "" for one that matches nothing."""
    parts, at = [], 0
    while at < len(pattern):
        character = pattern[at]
        if character == "*":
            part, at = _stars(pattern, at)
        elif character == "[":
            part, at = _bracket(pattern, at)
        elif character == "\\":
            part, at = re.escape(pattern[at + 1 : at + 2]), at + 2
        else:
            part, at = "[^/]" if character == "?" else re.escape(character), at + 1
        if not part:
            return ""
        parts.append(part)
    return "".join(parts)


def _stars(pattern: str, at: int) -> tuple[str, int]:
    """Return what stars mean, and where they end: two or more between slashes stand for any number of folders."""
    end = at
    while pattern[end : end + 1] == "*":
        end += 1
    bounded = (at == 0 or pattern[at - 1] == "/") and (end == len(pattern) or pattern[end] == "/")
    if end - at == 1 or not bounded:
        return "[^/]*", end
    return (".*", end) if end == len(pattern) else ("(?:.*/)?", end + 1)


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    """Return what a bracket means, "" for one that does not close, and where it ends."""
    at += 1
    negated = pattern[at : at + 1] in ("!", "^") and at < len(pattern)
    at += negated
    items, first = [], at
    while at < len(pattern) and (pattern[at] != "]" or at == first):
        if pattern.startswith("[:", at) and (end := pattern.find(":]", at)) > 0:
            if pattern[at + 2 : end] not in _CLASSES:
                return "", at
            items.append(_CLASSES[pattern[at + 2 : end]])
            at = end + 2
            continue
        low, at = _literal(pattern, at)
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("", "]"):
            high, at = _literal(pattern, at + 1)
            items.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low))
        else:
            items.append(re.escape(low))
    if at >= len(pattern):
        return "", at
    inside = "".join(items)
    if negated:
        return f"[^/{inside}]", at + 1
    return (f"(?!/)[{inside}]" if inside else _NEVER), at + 1


def _literal(pattern: str, at: int) -> tuple[str, int]:
    at += pattern[at] == "\\"
    return pattern[at : at + 1], at + 1


def _any(regexes: Iterable[str]) -> re.Pattern[str]:
    """Return what matches wherever any of the expressions does."""
    return re.compile("|".join(f"(?:{regex})" for regex in regexes) or _NEVER, _FLAGS)
