"""What people see of hits, documents and reports."""

import csv
import io
import re
from pathlib import Path

import pytest

from searchkit.cli import render, reports
from searchkit.documents import FORMATS
from searchkit.types import Document, Failure, Hit, Passage, Results, Source, SyncReport

TEXT = "Analysts said Vietnam balances the great powers."
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def passage(text: str = TEXT, **changes) -> Passage:
    values = {
        "id": "news/hanoi.txt#1", "doc_id": "news/hanoi.txt", "ordinal": 1, "text": text, "start": 120,
        "end": 120 + len(text), "line": 9, "end_line": 9, "title": "Hanoi visit", "section": "WORLD",
        "metadata": {"date": "2024-06-20T10:00:00+07:00", "source": str(Path.cwd() / "news" / "hanoi.txt")},
    }  # fmt: skip
    return Passage(**values | changes)


def results(*hits: Hit, **changes) -> Results:
    return Results(**{"query": "Vietnam", "hits": hits, "mode": "hybrid", "generation": 1, "elapsed_ms": 2.5} | changes)


def hit(found: Passage | None = None, **changes) -> Hit:
    sources = {"keyword": Source(1, 3.14159), "vector": Source(4, 0.5)}
    values = {"rank": 1, "score": 0.98765, "passage": found or passage(), "sources": sources, "highlights": ((14, 21),)}
    return Hit(**values | changes)


@pytest.fixture
def shown(capsys):
    def draw(*args, **options) -> str:
        render.results(*args, **options)
        return capsys.readouterr().out

    return draw


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_hit_shows_rank_title_day_section_text_place_id_and_ranks(shown):
    assert shown(results(hit())).splitlines() == [
        " 1. Hanoi visit",
        "    2024-06-20 · WORLD",
        f"    {TEXT}",
        "    news/hanoi.txt:9  #1",
        "    confidence 0% · score 0.988 · keyword 1 (3.14) · vector 4 (0.5)",
        "",
    ]


def test_highlighted_words_are_coloured_and_nothing_else_of_the_text(shown, colours):
    [line] = [line for line in shown(results(hit())).splitlines() if "balances" in line]
    assert re.findall(r"\x1b\[[0-9;]+m(.*?)\x1b\[0m", line) == ["Vietnam"]


def test_highlights_stay_on_their_words_after_control_characters(shown, colours):
    text = "a\x1bb\rc\x07d Vietnam"
    at = text.index("Vietnam")
    out = shown(results(hit(passage(text), highlights=((at, at + 7),))))
    assert re.search(r"\x1b\[[0-9;]+mVietnam\x1b\[0m", out)


def test_no_color_means_no_escapes_at_all(shown, colours, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(results(hit()))


def test_a_document_cannot_steer_the_terminal(shown):
    evil = passage("one \x1b[2J two \x9b31m three", title="\x1b]0;owned\x07", section="a\nb\x00")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown(results(hit(evil))))


def test_markup_and_emoji_codes_in_a_document_stay_as_they_are(shown):
    out = shown(results(hit(passage("[red]stop[/red] :smile: [/]", title="[bold]title"))))
    assert "[red]stop[/red] :smile: [/]" in out
    assert "[bold]title" in out


def test_long_text_is_wrapped_and_indented_to_the_width(shown, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    long = passage("word " * 60)
    lines = [line for line in shown(results(hit(long, highlights=()))).splitlines() if "word word" in line]
    assert len(lines) > 5
    assert all(len(line) <= 40 and line.startswith("    word") for line in lines)


def test_neighbours_and_duplicates_are_shown(shown):
    full = hit(before=(passage("Before it."),), after=(passage("After it."),), duplicates=("copy#1", "copy#2"))
    lines = [line.strip() for line in shown(results(full)).splitlines()]
    assert lines[2:5] == ["Before it.", TEXT, "After it."]
    assert "also, nearly the same: copy#1, copy#2" in lines


def test_several_queries_are_told_apart(shown):
    assert (
        shown(results(hit(), query="What about Vietnam?"), headed=True).splitlines()[0].endswith("What about Vietnam?")
    )


def test_an_explanation_names_candidates_fusion_stages_and_terms(shown):
    explain = {
        "mode": "hybrid", "advanced": False, "terms": [{"term": "vietnam", "passages": 2, "idf": 0.693}],
        "embedded": "Vietnam", "passages": 10, "allowed": 4, "candidates": {"keyword": 2, "vector": 4},
        "fusion": "minmax", "weights": {"keyword": 1.5, "vector": 1.0},
        "stages": {"neighbours": {"weight": 0.3, "passages": 4}, "pieces": {"weight": 0.4, "pieces": 2}},
    }  # fmt: skip
    assert shown(results(explain=explain)).splitlines() == [
        "hybrid: 4 of 10 passages allowed",
        "    keyword: 2 candidates, weight 1.5",
        "    vector: 4 candidates, weight 1",
        "    fusion: minmax",
        "    neighbours: weight 0.3, 4 passages",
        "    pieces: weight 0.4, 2 pieces",
        "    embedded: Vietnam",
        "    term 'vietnam': in 2 passages, idf 0.693",
    ]


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (str(Path.cwd() / "a" / "b.txt"), "a/b.txt:9"),
        ("/elsewhere/b.txt", "/elsewhere/b.txt:9"),
        ("https://example.org/b", "https://example.org/b:9"),
        (str(Path.cwd() / "records.jsonl"), "records.jsonl"),
        ("/elsewhere/RECORDS.CSV.gz", "/elsewhere/RECORDS.CSV.gz"),
        ("/elsewhere/b.txt.gz", "/elsewhere/b.txt.gz:9"),
        (None, "news/hanoi.txt:9"),
    ],
)
def test_the_place_is_a_path_and_line_that_editors_understand(source, place):
    assert render.place(passage(metadata={"source": source} if source else {})) == place


def test_no_format_of_records_has_lines():
    assert set(render.RECORDS) == {suffix for suffix, each in FORMATS.items() if each.takes in ("records", "json")}


def test_csv_quotes_what_must_be_and_names_its_columns(capsys):
    render.csv_header(queries=False)
    render.csv_rows(results(hit(passage('He said "no",\nthen left.'))), queries=False)
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["text"] == 'He said "no",\nthen left.'
    assert (row["rank"], row["passage_id"], row["date"]) == ("1", "news/hanoi.txt#1", "2024-06-20T10:00:00+07:00")
    assert (row["line"], row["start"]) == ("9", "120")


def test_csv_of_several_queries_begins_with_the_query(capsys):
    render.csv_header(queries=True)
    render.csv_rows(results(hit()), queries=True)
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["query"] == "Vietnam"


def test_a_report_counts_on_standard_output_and_names_failures_on_standard_error(capsys):
    done = SyncReport(
        ("a", "b"), ("c",), (), 5, (Failure("x.pdf", "is damaged"), Failure("y", "y is empty.")), {"hidden": 2},
        passages=1234, embedded=3, reused=4, generation=7,
    )  # fmt: skip
    reports.report(done, Path("indexes/news"))
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "indexes/news: 2 added, 1 changed, 0 removed, 5 kept, 2 failed; 1,234 passages, generation 7",
        "vectors: 3 computed, 4 known already",
        "left out: 2 hidden",
    ]
    assert captured.err.splitlines() == ["searchkit: failed: x.pdf: is damaged", "searchkit: failed: y is empty."]


def test_a_document_shows_its_metadata_and_passages(capsys):
    item = Document("hanoi", TEXT, "Hanoi visit", {"authors": ["A. Writer", "B. Writer"], "captions": ["x"]})
    render.document(item, [passage()])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["Hanoi visit", "id: hanoi", "authors: A. Writer, B. Writer"]
    assert lines[-2:] == ["news/hanoi.txt#1  news/hanoi.txt:9  WORLD", f"    {TEXT}"]


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (10**16, "10000.0 TB")],
)  # fmt: skip
def test_sizes_are_for_reading(count, shown):
    assert render.size(count) == shown


def test_nothing_of_a_hit_begins_at_column_0_in_a_narrow_terminal(shown, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    long = passage(id="archive/1#1", doc_id="archive/1", section=" > ".join(["A heading of a chapter"] * 4))
    lines = shown(results(hit(long))).splitlines()
    assert [line for line in lines if line.strip() and not line.startswith("    ")] == [" 1. Hanoi visit"]
    assert max(map(len, lines)) <= 30
    assert "    news/hanoi.txt:9" in lines
    assert "    archive/1#1" in lines


def test_of_many_near_duplicates_three_are_named(shown):
    copies = tuple(f"copy{number}#0" for number in range(17))
    assert "    also, nearly the same: copy0#0, copy1#0, copy2#0 and 14 more" in shown(results(hit(duplicates=copies)))
    assert "    also, nearly the same: copy0#0, copy1#0, copy2#0\n" in shown(results(hit(duplicates=copies[:3])))


def test_what_was_left_out_for_its_suffix_is_one_reason(capsys):
    skipped = {f"text .{suffix}: read when named": count for count, suffix in enumerate("abcdef", 1)}
    reports.report(SyncReport(skipped={**skipped, "unknown format .zip": 1, "hidden": 2}), Path("i"))
    assert "left out: 2 hidden, 21 text (.f, .e, .d, .c, .b and 1 more): read when named, 1 unknown format .zip\n" in (
        capsys.readouterr().out
    )
