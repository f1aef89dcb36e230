"""Each piece of a long table carries the names of its columns: for words, models and readers. Offsets stay exact."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from searchkit import Document, Index
from searchkit.cli.commands import app
from searchkit.text.splitting import Limits, split
from searchkit.text.splitting.headers import Headers
from searchkit.types import LONGEST_HEADER, Mark, Passage
from tests.worlds import WordHashEmbedder, WordPieceEmbedder

HEADER = "Berth | Tonnage | Captain"
ROWS = [f"N{number} | {number}00 | Brandt" for number in range(60)]
INTRO = "These are the ships that lay in the harbour in the winter of the great frost."
OLD = sorted((Path(__file__).parent / "data").glob("index-format-*"))


def count(texts):
    return [len(text.split()) for text in texts]


def harbour(header=HEADER, rows=tuple(ROWS)):
    """Return a document with an introduction, a long table, and a sentence after it."""
    text = "\n".join((header, *rows))
    start = len(INTRO) + 2
    marks = (
        Mark(start, start + len(header), "table", 1),
        Mark(start + len(header) + 1, start + len(text), "table", 0),
    )
    return Document(
        "harbour", f"{INTRO}\n\n{text}\n\nAll of them left in March when the ice was gone.", "Ships", {}, marks
    )


def test_pieces_that_begin_below_the_header_row_have_it_and_others_have_none():
    found = split(harbour(), Limits(40, 50), count)
    assert len(found) > 5
    assert [passage.header for passage in found] == ["", "", *[HEADER] * (len(found) - 3), ""]
    assert found[1].text.startswith(HEADER)
    assert all(harbour().text[passage.start : passage.end] == passage.text for passage in found)
    assert sum(passage.text.count("Brandt") for passage in found) == len(ROWS)
    assert max(count([passage.shown_text for passage in found])) <= 50


def test_a_table_that_goes_on_on_the_next_page_keeps_its_columns():
    document = harbour()
    page = document.text.index("N30 |")
    (found,) = [
        passage
        for passage in split(
            Document("d", document.text, marks=document.marks, page_starts=(0, page)), Limits(400, 500), count
        )
        if passage.start == page
    ]
    assert found.header == HEADER
    pieces = split(Document("d", document.text, marks=document.marks, page_starts=(0, page)), Limits(40, 50), count)
    assert max(count([passage.shown_text for passage in pieces])) <= 50


@pytest.mark.parametrize(
    ("marks", "header"),
    [
        ([(0, 3, "table", 1), (4, 7, "table", 0)], "a|b"),
        ([(0, 3, "table", 1), (4, 7, "table", 1), (8, 11, "table", 0)], "a|b\nc|d"),
        ([(0, 3, "table", 0), (4, 7, "table", 0)], ""),
        ([(0, 3, "table", 1), (4, 7, "list", 0)], ""),
        ([(0, 3, "table", 1), (8, 11, "table", 0)], ""),  # prose between them
        ([(0, 3, "table", 1), (4, 7, "table", 0), (8, 11, "table", 0)], ""),  # another table
    ],
)
def test_a_header_row_stands_directly_above_the_rows(marks, header):
    text = "a|b\nc|d\ne|f\ng|h"
    assert Headers(text, [Mark(*mark) for mark in marks]).at(marks[-1][0] + 1) == header


def test_a_rule_of_dashes_names_no_column():
    document = harbour("| Berth | Tonnage |\n|-------|---------|")
    assert split(document, Limits(40, 50), count)[3].header == "| Berth | Tonnage |"


def test_what_models_read_has_title_headings_header_and_text_and_nothing_endless():
    passage = Passage("d#1", "d", 1, "N7 | 700", 0, 8, 1, 1, title="Ships", header="Berth | Tonnage")
    assert passage.embedded_text == "Ships\nBerth | Tonnage\nN7 | 700"
    assert passage.to_dict()["header"] == "Berth | Tonnage"
    assert "header" not in Passage("d#1", "d", 1, "N7", 0, 2, 1, 1).to_dict()
    wide = Passage("d#1", "d", 1, "N7 | 700", 0, 8, 1, 1, header="column | " * 1_000)
    assert len(wide.embedded_text) == LONGEST_HEADER + 1 + len("N7 | 700")
    below = Passage("d#1", "d", 1, "Turn left.", 0, 10, 1, 1, title="Ships", section="Ports > How do I get there?")
    assert below.embedded_text == "Ships\nPorts > How do I get there?\nTurn left."
    deep = Passage("d#1", "d", 1, "Turn left.", 0, 10, 1, 1, section="Ports > " * 1_000 + "Quay")
    assert len(deep.embedded_text) == LONGEST_HEADER + 1 + len("Turn left.")
    assert " > Quay\n" in deep.embedded_text
    news = {"section": "World / Asia"}
    told = Passage("d#1", "d", 1, "Turn left.", 0, 10, 1, 1, section="World / Asia", metadata=news)
    assert told.embedded_text == "Turn left."  # the section of a whole document is no heading
    under = Passage("d#1", "d", 1, "Turn left.", 0, 10, 1, 1, section="Ports", metadata=news)
    assert under.embedded_text == "Ports\nTurn left."


@pytest.fixture
def index(tmp_path, engine):
    with Index.create(
        tmp_path / "index", embedder=WordHashEmbedder(), engine=engine, target_tokens=40, max_tokens=50
    ) as made:
        made.add([harbour()])
        yield made


def test_words_models_and_readers_see_the_columns_of_every_piece(index):
    pieces = [passage for passage in index.passages("harbour") if passage.header]
    assert len(pieces) > 5
    found = index.search("tonnage", k=100, mode="keyword")
    assert {hit.passage.id for hit in found} >= {piece.id for piece in pieces}
    assert index.search('"captain" AND N59', mode="keyword")[0].passage.text.endswith("N59 | 5900 | Brandt")
    assert {f"Ships\n{HEADER}\n{piece.text}" for piece in pieces} <= set(index.embedder.embedded)
    hit = index.search("tonnage of N40")[0]
    assert hit.passage.header == HEADER
    assert all(HEADER not in hit.passage.text[start:end] for start, end in hit.highlights)


def test_a_context_shows_the_columns_and_cites_exact_offsets(index):
    made = index.context("tonnage captain of N40", min_confidence=0.0)
    text = index.get("harbour").text
    below = [citation for citation in made.citations if citation.passage.header]
    assert below
    for citation in below:
        passage = citation.passage
        shown = passage.shown_text.replace("\n", "\n ")
        assert f"{citation.marker} {shown}\n\n" in f"{made.text}\n\n"
        assert text[passage.start : passage.end] == passage.text


def test_a_rebuild_and_an_import_give_the_same_answers(index, tmp_path):
    before = [hit.passage for hit in index.search("tonnage", k=100)]
    index.export(tmp_path / "a.zip")
    index.rebuild(embedder=WordHashEmbedder())
    assert [hit.passage for hit in index.search("tonnage", k=100)] == before
    with Index.import_(tmp_path / "a.zip", tmp_path / "copy", embedder=WordHashEmbedder()) as copy:
        assert [hit.passage for hit in copy.search("tonnage", k=100)] == before


def test_removing_another_document_leaves_the_columns_findable(index):
    index.add([Document("other", "Nothing of all that.")])
    found = [hit.passage.id for hit in index.search("tonnage", k=100, mode="keyword")]
    index.remove("other")
    assert [hit.passage.id for hit in index.search("tonnage", k=100, mode="keyword")] == found


def test_the_command_line_shows_the_columns(tmp_path):
    def call(*arguments):
        run = CliRunner().invoke(app, [*map(str, arguments), "-i", str(tmp_path / "index")], prog_name="searchkit")
        return run.stdout

    with Index.create(tmp_path / "index", embedder="none") as index:
        index.add([harbour()])
        last = [passage for passage in index.passages("harbour") if passage.header][-1]
    assert HEADER in call("show", last.id)
    assert json.loads(call("show", last.id, "--json"))["passage"]["header"] == HEADER
    shown = call("search", "N59 5900")
    assert shown.index(HEADER) < shown.index("N59 | 5900")


@pytest.mark.parametrize("fixture", OLD, ids=lambda path: path.name)
def test_an_index_of_an_older_format_takes_tables(fixture, tmp_path):
    path = tmp_path / "old"
    shutil.copytree(fixture, path)
    with Index.open(path, embedder=WordPieceEmbedder()) as index:
        assert [passage.header for passage in index.passages("coffee")] == ["", ""]
        long = harbour(
            rows=[f"N{number} | {number}00 | Captain Brandt of the northern harbour" for number in range(90)]
        )
        index.add([long])
        assert HEADER in {passage.header for passage in index.passages("harbour")}
        assert index.verify().ok
