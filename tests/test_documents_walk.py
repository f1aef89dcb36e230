"""Walking folders: what is found, what is left out and why."""

import os
import sys

import pytest

from searchkit.documents import walk
from searchkit.errors import DocumentError


def grow(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")


def names(found, root):
    return [file.path.relative_to(root).as_posix() for file in found.files]


def test_files_come_sorted_with_size_and_time(tmp_path):
    grow(tmp_path, "b.txt", "a/c.md", "a.txt", "a/b.txt")
    found = walk(tmp_path)
    assert names(found, tmp_path) == ["a.txt", "a/b.txt", "a/c.md", "b.txt"]
    assert found.files[0].size == 4
    assert found.files[0].mtime_ns == (tmp_path / "a.txt").stat().st_mtime_ns


def test_unknown_and_hidden_files_are_counted_by_reason(tmp_path):
    grow(tmp_path, "a.txt", "a.py", "b.py", "Makefile", ".hidden.txt", ".git/c.txt", "A.TXT")
    found = walk(tmp_path)
    assert len(found.files) == 2
    assert found.skipped == {
        "source code .py: read when named or included": 2,
        "source code: read when named or included": 1,
        "hidden": 2,
    }


def test_include_and_exclude_are_globs_below_the_root(tmp_path):
    grow(tmp_path, "news/a.txt", "news/a.md", "drafts/b.txt", "c.txt", "news/old/d.txt")
    assert names(walk(tmp_path, include=["*.txt"]), tmp_path) == [
        "c.txt",
        "drafts/b.txt",
        "news/a.txt",
        "news/old/d.txt",
    ]
    assert names(walk(tmp_path, include=["news/"], exclude=["old/", "*.md"]), tmp_path) == ["news/a.txt"]
    assert walk(tmp_path, exclude=["drafts"]).skipped == {"excluded": 1}


def test_gitignore_files_rule_their_folders_and_the_nearest_wins(tmp_path):
    grow(tmp_path, "a.txt", "build/b.txt", "sub/a.txt", "sub/keep.txt", "sub/deep/keep.txt")
    (tmp_path / ".gitignore").write_text("/a.txt\nbuild/\nkeep.txt\n")
    (tmp_path / "sub/.gitignore").write_text("!/keep.txt\n")
    assert names(walk(tmp_path), tmp_path) == ["sub/a.txt", "sub/keep.txt"]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with two folders of notes, whose user has no list of their own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    top = tmp_path / "repository"
    grow(top, ".git/info/exclude", "docs/a.txt", "docs/key.txt", "docs/api/b.txt", "docs/api/key.txt", "docs/api/c.md")
    (top / ".git/info/exclude").write_text("")
    return top


def test_rules_from_the_top_of_the_repository_hold_in_a_folder_below_it(repository):
    (repository / ".gitignore").write_text("key.txt\n/docs/api/*.md\n/a.txt\n")
    assert names(walk(repository / "docs"), repository) == ["docs/a.txt", "docs/api/b.txt"]
    assert names(walk(repository / "docs", below="api"), repository) == ["docs/api/b.txt"]
    (repository / "docs/.gitignore").write_text("!/key.txt\n")
    assert names(walk(repository / "docs"), repository) == ["docs/a.txt", "docs/api/b.txt", "docs/key.txt"]


def test_the_lists_that_git_keeps_apart_hold_and_give_way_to_ignore_files(repository, tmp_path):
    (repository / ".git/info/exclude").write_text("key.txt\n")
    grow(tmp_path, "home/.config/git/ignore")
    (tmp_path / "home/.config/git/ignore").write_text("*.md\n!key.txt\n")
    assert names(walk(repository / "docs"), repository) == ["docs/a.txt", "docs/api/b.txt"]
    assert names(walk(repository), repository) == ["docs/a.txt", "docs/api/b.txt"]
    (repository / ".gitignore").write_text("!key.txt\n")
    assert len(walk(repository).files) == 4
    (tmp_path / "home/mine").write_text("a.txt\n")
    (tmp_path / "home/.gitconfig").write_text("[user]\nname = x\n[core]\n\texcludesFile = ~/mine\n")
    assert "docs/a.txt" not in names(walk(repository), repository)


def test_a_work_tree_has_the_list_of_its_repository(repository, tmp_path):
    (repository / ".git/info/exclude").write_text("key.txt\n")
    grow(repository, ".git/worktrees/w/commondir")
    (repository / ".git/worktrees/w/commondir").write_text("../..\n")
    grow(tmp_path, "w/key.txt", "w/a.txt")
    (tmp_path / "w/.git").write_text(f"gitdir: {repository}/.git/worktrees/w\n")
    assert names(walk(tmp_path / "w"), tmp_path) == ["w/a.txt"]


def test_a_repository_inside_another_has_rules_of_its_own(repository):
    (repository / ".gitignore").write_text("key.txt\n")
    grow(repository, "docs/api/.git/HEAD")
    assert names(walk(repository), repository) == ["docs/a.txt", "docs/api/b.txt", "docs/api/c.md", "docs/api/key.txt"]


def test_a_folder_that_is_ignored_is_read_when_it_is_named(repository):
    (repository / ".gitignore").write_text("/docs/\nkey.txt\n")
    assert walk(repository).files == ()
    assert len(walk(repository / "docs").files) == 5


@pytest.mark.parametrize("line", ["!", "\\", "[", "/"])
def test_a_line_that_git_cannot_understand_leaves_out_nothing(tmp_path, line):
    grow(tmp_path, "a.txt", "b.txt")
    (tmp_path / ".gitignore").write_text(f"{line}\nb.txt\n")
    assert names(walk(tmp_path), tmp_path) == ["a.txt"]


def test_an_ignore_file_that_cannot_be_followed_leaves_its_folder_unread(tmp_path):
    grow(tmp_path, "a.txt", "sub/b.txt")
    (tmp_path / "sub/.gitignore").symlink_to(tmp_path / "nowhere")
    found = walk(tmp_path)
    assert names(found, tmp_path) == ["a.txt"]
    assert found.unread == (tmp_path / "sub",)
    assert ".gitignore" in found.failed[0].reason


def test_an_index_of_searchkit_is_passed_over(tmp_path):
    grow(tmp_path, "a.txt", "indexes/news/note.txt", "data/index.json")
    (tmp_path / "indexes/news/index.json").write_text('{"searchkit": "index", "format": 1}')
    found = walk(tmp_path)
    assert names(found, tmp_path) == ["a.txt", "data/index.json"]
    assert found.skipped == {"searchkit index": 1}


def test_only_the_corpus_of_a_beir_folder_is_found(tmp_path):
    grow(tmp_path, "scifact/corpus.jsonl", "scifact/queries.jsonl", "scifact/README.md", "scifact/qrels/test.tsv")
    grow(tmp_path, "plain/corpus.jsonl", "plain/README.md")
    found = walk(tmp_path)
    assert names(found, tmp_path) == ["plain/README.md", "plain/corpus.jsonl", "scifact/corpus.jsonl"]
    assert found.skipped == {"beside a BEIR corpus": 3}


def test_a_file_is_its_own_walk(tmp_path):
    grow(tmp_path, "a.txt", "a.py")
    assert names(walk(tmp_path / "a.txt"), tmp_path) == ["a.txt"]
    assert names(walk(tmp_path / "a.py"), tmp_path) == ["a.py"]


def test_a_named_file_that_cannot_be_read_fails_with_a_reason(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "a.bin").write_bytes(bytes(range(256)))
    for name, reason in (("a.zip", "archive .zip: unpack it"), ("a.bin", "unknown format .bin")):
        (failure,) = walk(tmp_path / name).failed
        assert failure.source == str(tmp_path / name)
        assert failure.reason.startswith(reason)


def test_an_include_pattern_that_ends_in_a_suffix_asks_for_its_format(tmp_path):
    grow(tmp_path, "src/a.py", "src/b.txt", "src/Makefile")
    assert names(walk(tmp_path, include=["src/"]), tmp_path) == ["src/b.txt"]
    assert names(walk(tmp_path, include=["*.py"]), tmp_path) == ["src/a.py"]
    assert names(walk(tmp_path, include=["src/", "*.py", "Makefile"]), tmp_path) == [
        "src/Makefile",
        "src/a.py",
        "src/b.txt",
    ]


def test_files_without_a_telling_suffix_are_read_by_what_they_hold(tmp_path):
    grow(tmp_path, "a.txt")
    prose = b"The pump runs by day, and the keeper sleeps at night.\n"
    for name, content in {
        "README": prose,
        "changelog.Debian": prose,
        "script": b"#!/bin/sh\necho hello\n",
        "data.bin": bytes(range(256)),
        "page": b"<!DOCTYPE html><p>Hello.</p>",
        "state.db": b"x = 1;\ny = 2;\n",
        "old.tar": b"x",
        "empty": b"",
    }.items():
        (tmp_path / name).write_bytes(content)
    found = walk(tmp_path)
    assert names(found, tmp_path) == ["README", "a.txt", "changelog.Debian", "page"]
    assert found.skipped == {
        "archive .tar: unpack it to have its files read": 1,
        "empty file": 1,
        "source code: read when named or included": 1,
        "text .db: read when named or included": 1,
        "unknown format .bin": 1,
    }


def test_missing_root_and_unusable_pattern_say_what_to_do(tmp_path):
    with pytest.raises(DocumentError, match="neither a file nor a folder"):
        walk(tmp_path / "nowhere")
    with pytest.raises(DocumentError, match="include holds a pattern"):
        walk(tmp_path, include=["!"])


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_links_never_lead_out_nor_in_circles(tmp_path):
    root = tmp_path / "root"
    grow(tmp_path, "outside/secret.txt", "root/a.txt", "root/sub/b.txt")
    (root / "out.txt").symlink_to(tmp_path / "outside/secret.txt")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "sub/up").symlink_to(root)
    (root / "loop.txt").symlink_to(root / "loop.txt")
    (root / "inside.txt").symlink_to(root / "a.txt")
    found = walk(root)
    assert names(found, root) == ["a.txt", "inside.txt", "sub/b.txt"]
    assert found.skipped == {"link out of the folder": 2, "link to a folder": 1}
    assert [failure.source for failure in found.failed] == [str(root / "loop.txt")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    assert walk(tmp_path).skipped == {"not a regular file": 1}


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="the administrator may read everything")
def test_an_unreadable_folder_is_a_failure(tmp_path):
    grow(tmp_path, "a.txt", "locked/b.txt")
    (tmp_path / "locked").chmod(0)
    found = walk(tmp_path)
    (tmp_path / "locked").chmod(0o700)
    assert names(found, tmp_path) == ["a.txt"]
    assert "cannot be read" in found.failed[0].reason


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_text_is_a_failure(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("text")
    found = walk(tmp_path)
    assert found.files == ()
    assert found.failed[0].source.endswith("caf\\udce9.txt")
