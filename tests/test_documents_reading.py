"""What a reader does not foresee: a bug of ours is told from a damaged file, and a missing package from both."""

import json
import subprocess
import sys

import pytest

from searchkit import Index
from searchkit.documents import extras, read
from searchkit.errors import DocumentBug, DocumentError
from searchkit.text import analysis
from searchkit.types import Document, Failure


def content(tmp_path, name, data):
    path = tmp_path / name
    path.write_text(data)
    return list(read(path, name))


def fails_within(*_):
    """Fail in one of searchkit's own lines."""
    return analysis.fold(None)


def test_a_bug_in_a_reader_is_told_with_its_place_and_the_other_files_are_in(tmp_path, monkeypatch):
    monkeypatch.setattr("searchkit.documents.markdown.read_markdown", fails_within)
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "bad.md").write_text("# Tea")
    (folder / "good.txt").write_text("Tea.")
    place = r"bad\.md: .* at searchkit\.text\.analysis line \d+ \(AttributeError: .*report it"
    with pytest.raises(DocumentBug, match=place):
        read(folder / "bad.md", "bad")
    with Index.create(tmp_path / "index", embedder="none") as index:
        report = index.sync(folder)
    assert report.added == ("files/good.txt",)
    assert [(failure.source, failure.bug) for failure in report.failed] == [(str(folder / "bad.md"), True)]


def test_what_a_library_raises_says_that_the_file_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setattr("searchkit.documents.markdown.read_markdown", lambda text, _: json.loads("{" + text))
    with pytest.raises(DocumentError, match=r"a\.md is damaged or no \.md file: JSONDecodeError") as caught:
        content(tmp_path, "a.md", "# Tea")
    assert not isinstance(caught.value, DocumentBug)


def test_a_bug_on_one_record_of_a_list_fails_that_record(tmp_path, monkeypatch):
    def record(values, *_):
        return Document(values["id"], analysis.fold(values["text"]))

    monkeypatch.setattr("searchkit.documents.records.record_document", record)
    records = [{"id": "a", "text": "Tea"}, {"id": "b", "text": None}, {"id": "c", "text": "Rain"}]
    first, second, third = content(tmp_path, "r.json", json.dumps(records))
    assert (first.text, third.text) == ("tea", "rain")
    assert isinstance(second, Failure)
    assert (second.source, second.bug) == ("r.json:2", True)


def test_a_bug_amid_a_stream_of_records_keeps_those_before_it(tmp_path, monkeypatch):
    def records(lines, name, _):
        for line in lines:
            yield Document(f"{name}:{line.strip()}", analysis.fold(line if "bad" not in line else None))

    monkeypatch.setattr("searchkit.documents.reading.read_records", records)
    path = tmp_path / "r.jsonl"
    path.write_text("One\nbad\nTwo\n")
    with Index.create(tmp_path / "index", embedder="none") as index:
        report = index.sync(path)
        assert report.added == ("r.jsonl:One",)
        assert [(failure.source, failure.bug) for failure in report.failed] == [(str(path), True)]


# --- packages


@pytest.mark.parametrize(
    ("module", "name", "data", "package"),
    [
        ("yaml", "a.md", "---\ntitle: Tea\n---\nGreen.", "PyYAML"),
        ("lxml.html", "a.html", "<p>Tea</p>", "lxml"),
    ],
)
def test_a_package_that_is_missing_is_named_with_what_installs_it(tmp_path, monkeypatch, module, name, data, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DocumentError) as caught:
        content(tmp_path, name, data)
    assert str(caught.value).endswith(
        f"{name}: the package {package} that reads this format is not installed. Run: pip install {package}"
    )


def test_a_page_without_the_package_that_lxml_gave_away_says_so(tmp_path):
    head = '<meta property="article:published_time" content="2024-06-18"><meta name="author" content="Ada Berg">'
    (tmp_path / "a.html").write_text(f"<html><head>{head}</head><body><article><p>Tea</p></article></body></html>")
    code = (
        "import sys; sys.modules['lxml_html_clean'] = None\n"
        "from pathlib import Path; from searchkit.documents import read; list(read(Path('a.html'), 'a'))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "damaged" not in done.stderr
    assert done.stderr.strip().endswith("Run: pip install --force-reinstall lxml_html_clean")


@pytest.mark.parametrize("error", ["ImportError", "OSError"])
def test_a_package_that_is_there_but_broken_is_named_with_the_reason(tmp_path, monkeypatch, error):
    package = tmp_path / "brokenkit"
    package.mkdir()
    (package / "__init__.py").write_text(f"raise {error}('libx.so: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DocumentError) as caught:
        extras.require("brokenkit", "pdf")
    assert str(caught.value) == (
        "the package brokenkit that reads this format is missing or broken (libx.so: cannot open shared object file). "
        "Run: pip install --force-reinstall brokenkit"
    )
