"""What was not read of a document is kept in the index, reported, shown, exported; nothing else follows from it."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from searchkit import Document, Index, Omission
from searchkit.cli.commands import app
from tests.pdfs import Page, pdf_of
from tests.worlds import WordPieceEmbedder

PAGES = Omission("pages without text", "perhaps they are scans", 2, "pages 2, 7")
PICTURES = Omission("pictures", "the text in pictures is not read")
OLD = sorted((Path(__file__).parent / "data").glob("index-format-*"))


@pytest.fixture
def index(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as made:
        yield made


def call(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)), prog_name="searchkit")


def test_an_omission_reads_as_a_sentence():
    assert str(PAGES) == "pages without text: 2 (pages 2, 7); perhaps they are scans"
    assert str(PICTURES) == "pictures: 1; the text in pictures is not read"


def test_what_was_not_read_is_in_the_report_and_in_the_index(index):
    report = index.add([Document("scan", "Tea is steamed.", omitted=(PAGES, PICTURES)), Document("whole", "Coffee.")])
    assert report.omitted == {"scan": (PAGES, PICTURES)}
    assert json.loads(json.dumps(report.to_dict()))["omitted"] == {
        "scan": [
            {"what": "pages without text", "reason": "perhaps they are scans", "count": 2, "where": "pages 2, 7"},
            {"what": "pictures", "reason": "the text in pictures is not read", "count": 1, "where": ""},
        ]
    }
    assert index.get("scan").omitted == (PAGES, PICTURES)
    assert index.get("whole").omitted == ()


def test_another_account_of_the_same_text_is_kept_without_a_new_document(index):
    index.add([Document("scan", "Tea is steamed.", omitted=(PAGES,))])
    report = index.add([Document("scan", "Tea is steamed.", omitted=(PICTURES,))])
    assert (report.added, report.changed, report.kept) == ((), (), 1)
    assert report.omitted == {"scan": (PICTURES,)}
    assert index.get("scan").omitted == (PICTURES,)
    assert index.add([Document("scan", "Tea is steamed.")]).omitted == {}
    assert index.get("scan").omitted == ()
    assert index.search("tea")[0].passage.id == "scan#0"


def test_an_export_and_its_import_keep_the_account(index, tmp_path):
    index.add([Document("scan", "Tea is steamed.", omitted=(PAGES, PICTURES)), Document("whole", "Coffee.")])
    index.export(tmp_path / "a.zip")
    with Index.import_(tmp_path / "a.zip", tmp_path / "copy") as copy:
        assert copy.get("scan") == index.get("scan")
        assert copy.get("whole") == index.get("whole")


@pytest.mark.parametrize(
    ("omitted", "reason"),
    [
        (None, "omitted is None; give a tuple"),
        (("two pages",), "omitted[0] is str; give an Omission"),
        ((PAGES, Omission("pages", None)), "omitted[1].reason is None; give text"),
        ((Omission("pages", "scans", "2"),), "omitted[0].count is str; give a whole number"),
    ],
)
def test_what_is_no_account_is_told(index, omitted, reason):
    assert index.add([Document("bad", "Tea.", omitted=omitted)]).failed[0].reason.startswith(reason)


@pytest.fixture
def papers(tmp_path):
    """A folder with a PDF of which one page of two is blank, and a text in a folder inside it."""
    folder = tmp_path / "papers"
    (folder / "inner").mkdir(parents=True)
    lines = [("Tea is steamed soon after it is picked.", 72, 700, 10)]
    (folder / "scan.pdf").write_bytes(pdf_of([Page(lines), Page()]))
    (folder / "inner" / "coffee.txt").write_text("Coffee is roasted.")
    return folder


def test_each_source_has_its_account_and_a_file_counts_for_the_innermost(index, papers):
    inner = papers / "inner"
    index.sync(inner)
    report = index.sync(papers)
    assert list(report.omitted) == ["papers/scan.pdf"]
    index.add([Document("c", "Rice.", omitted=(PICTURES,))])
    accounts = {each["source"]: each for each in index.status(sources=True)["accounts"]}
    assert {source: each["documents"] for source, each in accounts.items()} == {"": 1, str(papers): 1, str(inner): 1}
    assert list(accounts[""]["omitted"]) == ["c"]
    assert accounts[str(inner)]["omitted"] == {}
    (blank,) = accounts[str(papers)]["omitted"]["papers/scan.pdf"]
    assert (blank["what"], blank["count"], blank["where"]) == ("pages without text", 1, "page 2")
    assert "accounts" not in index.status()


def test_the_command_line_tells_a_total_a_document_and_each_source(papers, tmp_path):
    where = ("-i", tmp_path / "index")
    done = call("index", papers, "--embedder", "none", *where)
    assert "1 document has parts that were not read: searchkit status --sources\n" in done.stdout
    assert "not read: pages without text: 1 (page 2); perhaps" in call("show", "papers/scan.pdf", *where).stdout
    shown = json.loads(call("show", "papers/scan.pdf", "--json", *where).stdout)["document"]
    assert shown["omitted"][0]["where"] == "page 2"
    told = call("status", "--sources", *where).stdout
    assert (
        f"{papers}: 2 documents, 1 with parts that were not read\n    papers/scan.pdf: pages without text: 1 (page 2)"
        in told
    )
    assert f"{papers}: 2 documents" not in call("status", *where).stdout
    found = json.loads(call("status", "--sources", "--json", *where).stdout)["accounts"]
    assert [each["source"] for each in found] == [str(papers)]


def test_a_changed_file_gets_a_new_account_and_a_removed_one_none(index, papers):
    index.sync(papers)
    lines = [("Tea is steamed soon after it is picked.", 72, 700, 10)]
    (papers / "scan.pdf").write_bytes(pdf_of([Page(lines), Page(), Page()]))
    assert index.sync(papers).omitted["papers/scan.pdf"][0].count == 2
    (papers / "scan.pdf").unlink()
    assert index.sync(papers).omitted == {}
    assert [each["omitted"] for each in index.status(sources=True)["accounts"]] == [{}]


@pytest.mark.parametrize("fixture", OLD, ids=lambda path: path.name)
def test_an_index_of_an_older_format_has_no_accounts_until_it_takes_one(fixture, tmp_path):
    path = tmp_path / "old"
    shutil.copytree(fixture, path)
    with Index.open(path, embedder=WordPieceEmbedder()) as index:
        assert index.get("coffee").omitted == ()
        assert [each["omitted"] for each in index.status(sources=True)["accounts"]] == [{}]
        index.add([Document("scan", "Tea is steamed.", omitted=(PAGES,))])
        assert index.get("scan").omitted == (PAGES,)
        assert index.get("coffee").omitted == ()
