"""What git leaves out, as git itself says."""

import random
import shutil
import subprocess

import pytest

from searchkit.documents.gitrules import Patterns

LINES = (
    "*", "*.txt", "!*.txt", "a", "a/", "/a", "!/a/", "a/b", "a/*", "!a/b", "a/**", "!a/b/", "**/b", "**/b/", "a/**/c",
    "b/**", "*/", "!*/", "/*", "?", "[ab]", "[!a]", "[a-b].txt", "[[:alpha:]]", "a b", "a\\ ", "\\!a", "\\#a", "#a", "",
    "   ", "/", "//a", "[", "a[", "\\", "***", "a/***/c", "a**c", "!", "!!a", "c.txt ", "ab*", "*b?", "\\a", "[]a]",
    "[^]a]", "[b-a]", "/**/c", "**", "!**/c", "a/b/", "x\\", "b/*.txt", "!b/a.txt", "[a/b]", "a?b", "/a/*/c", "[!/]",
)  # fmt: skip
NAMES = ("a", "b", "c", "ab", "a b", "a.txt", "b.txt", "c.txt", "!a", "#a", "]", "x", "a ")


@pytest.mark.parametrize(
    ("lines", "path", "verdict"),
    [
        (["build/"], "build", True),
        (["foo/**"], "foo", None),
        (["foo/**", "!foo/kept.txt"], "foo/kept.txt", False),
        (["*", "!*/", "!*.txt"], "sub", False),
        (["*", "!*/", "!*.txt"], "sub/x.md", True),
        (["/x.txt\r"], "sub/x.txt", None),
        (["/x.txt\r"], "x.txt", True),
        (["caf\u00e9"], "cafe\u0301", None),  # whoever asks composes the path
        (["cafe\u0301"], "caf\u00e9", True),
    ],
)
def test_the_last_line_that_matches_decides(lines, path, verdict):
    assert Patterns(lines).verdict(path, is_folder="." not in path) is verdict


@pytest.mark.skipif(shutil.which("git") is None, reason="no git to compare with")
def test_any_list_of_lines_means_what_it_means_to_git(tmp_path):
    """Verdicts on single paths, whose folders git is told nothing about: `check-ignore` looks at those first."""
    draw = random.Random(20240618)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("")
    for _ in range(150):
        lines = draw.choices(LINES, k=draw.randint(1, 5))
        paths = sorted({"/".join(draw.choices(NAMES, k=draw.randint(1, 3))) for _ in range(25)})
        (tmp_path / ".gitignore").write_text("\n".join(lines))
        patterns = Patterns(lines)
        asked = subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "core.excludesFile=", "-c", "core.ignorecase=false", "check-ignore",
             "--no-index", "-z", "--stdin"],
            input="\0".join(paths), capture_output=True, text=True, check=False,
        )  # fmt: skip
        ignored = set(filter(None, asked.stdout.split("\0")))
        ours = {path for path in paths if _is_ignored(patterns, path)}
        assert ours == ignored, lines


def _is_ignored(patterns, path):
    """As a walk finds it: a path is left out where it is, or with a folder above it."""
    parts = path.split("/")
    folders = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
    return any(patterns.verdict(folder, is_folder=True) for folder in folders) or bool(
        patterns.verdict(path, is_folder=False)
    )
