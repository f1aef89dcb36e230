"""Both keyword engines, held to one set of sentences."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.errors import IndexCorrupt, MissingExtra, QueryError
from searchkit.queries.syntax import NOTHING, Boolean, DateRange, Fuzzy, Phrase, Prefix, Query, Term, Wildcard
from searchkit.storage import keywords
from searchkit.storage.keywords import ENGINES, Engine, EngineReader, Entry, FieldWeights
from tests.keyword_world import CORPORA, MAY, QUERIES, THOROUGH, BruteForce, build, entries_of, idf_of, passages

WEIGHTS = FieldWeights(title=2.0, section=1.5, body=1.0)


MANY = "tantivy of many passages"


@pytest.fixture(params=[*ENGINES, MANY])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    if request.param == MANY:
        monkeypatch.setattr("searchkit.storage.keywords.tantivy_engine.WHOLE_ROWS", 0)
    return keywords.engine("tantivy" if request.param == MANY else request.param, WEIGHTS)


def rows_of(reader: EngineReader, query: Query, limit: int = 100, allowed: list[int] | None = None) -> list[int]:
    kept = None if allowed is None else np.array(allowed, np.int64)
    return reader.search(query, limit, kept).rows.tolist()


def opened(engine: Engine, folder: Path, entries: list[Entry]) -> EngineReader:
    return engine.read(build(engine, folder / "1", entries))


def test_unknown_engine_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="there are tantivy and whoosh"):
        keywords.engine("lucene")


def test_engine_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tantivy_engine", "tantivy_queries"):
        monkeypatch.delitem(sys.modules, f"searchkit.storage.keywords.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "tantivy", None)
    with pytest.raises(MissingExtra, match="pip install tantivy"):
        keywords.engine("tantivy")


def test_empty_generation_answers_with_nothing(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, [])
    assert reader.count == 0
    assert rows_of(reader, Term("any")) == []
    assert rows_of(reader, Boolean(must_not=(Term("any"),))) == []
    assert rows_of(reader, DateRange(None, None)) == []
    assert reader.score(Term("any"), np.array([3])).tolist() == [0.0]
    assert reader.document_frequency("any") == 0


def test_rarer_term_and_shorter_text_rank_first(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("hanoi river", "hanoi river river bank", "bank", "river"))
    found = reader.search(Term("river"), 10)
    assert found.rows.tolist() == [3, 1, 0]
    assert found.rows.dtype == np.int64
    assert found.scores.dtype == np.float32
    assert rows_of(reader, Boolean(should=(Term("hanoi"), Term("river"))), limit=2) == [0, 1]


def test_score_is_bm25_with_lucenes_idf(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("rice", "rice rice", "tea"))
    # average length 4/3; "rice" is in 2 of 3
    expected = [idf_of(3, 2) * 2.2 * tf / (tf + 1.2 * (0.25 + 0.75 * tf / (4 / 3))) for tf in (1, 2)]
    assert reader.score(Term("rice"), np.array([0, 1, 2])) == pytest.approx([*expected, 0.0], rel=1e-5)


def test_match_in_every_field_adds_up_by_weight(engine: Engine, tmp_path: Path) -> None:
    entries = [Entry(0, "x", "", "", None), Entry(1, "", "x", "", None), Entry(2, "", "", "x", None)]
    scores = opened(engine, tmp_path, entries).score(Term("x"), np.array([0, 1, 2]))
    assert scores / scores[2] == pytest.approx([2.0, 1.5, 1.0])


def test_term_of_one_field_ignores_the_others(engine: Engine, tmp_path: Path) -> None:
    entries = [Entry(0, "x", "", "y", None), Entry(1, "y", "", "x", None)]
    reader = opened(engine, tmp_path, entries)
    assert rows_of(reader, Term("x", field="title")) == [0]
    assert rows_of(reader, Term("x", field="body")) == [1]
    assert rows_of(reader, Term("x", field="section")) == []


def test_equal_passages_come_in_order_of_row(engine: Engine, tmp_path: Path) -> None:
    rows = [7, 3, 9, 1, 5, 8, 2]
    first = build(engine, tmp_path / "1", [Entry(row, "", "", "same words", None) for row in rows[:4]])
    second = build(engine, tmp_path / "2", [Entry(row, "", "", "same words", None) for row in rows[4:]], first)
    reader = engine.read(second)
    assert rows_of(reader, Term("same")) == sorted(rows)
    assert rows_of(reader, Boolean(should=(Term("same"), Term("words"))), limit=3) == [1, 2, 3]
    assert len(set(reader.search(Term("same"), 9).scores.tolist())) == 1


def test_ties_at_the_limit_are_cut_by_row_however_many(engine: Engine, tmp_path: Path) -> None:
    entries = [Entry(row, "", "", "same", None) for row in reversed(range(200))]
    reader = opened(engine, tmp_path, [*entries, Entry(200, "", "", "other", None)])
    assert rows_of(reader, Term("same"), limit=5) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "term", ["Upper", "c++", "1.0.21", "日本", "a&&b", "don't", "x" * 300, "émigré", "#tag", "[z]"]
)
def test_terms_are_kept_as_they_come(engine: Engine, tmp_path: Path, term: str) -> None:
    reader = opened(engine, tmp_path, passages(f"before {term} after", "upper c 1.0 日 emigre tag z"))
    assert rows_of(reader, Term(term)) == [0]
    assert rows_of(reader, Wildcard(term)) == [0]
    assert rows_of(reader, Prefix(term)) == [0]
    assert rows_of(reader, Phrase((term, "after"))) == [0]


def test_prefix_wildcard_and_fuzzy_find_their_terms(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("vietnam", "vietnamese", "vientiane", "vitenam", "vietnaam x"))
    assert rows_of(reader, Prefix("viet")) == [0, 1, 4]
    assert rows_of(reader, Wildcard("vi*n?m")) == [0, 3]
    assert rows_of(reader, Wildcard("*an*e")) == [2]
    assert rows_of(reader, Fuzzy("vietnam")) == [0, 3, 4]
    assert rows_of(reader, Fuzzy("vietnam", distance=2)) == [0, 3, 4]
    assert rows_of(reader, Fuzzy("vietname", distance=2)) == [0, 1, 3, 4]
    assert rows_of(reader, Wildcard("?")) == [4]


def test_expanded_terms_score_their_boost_times_the_weight(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, [Entry(0, "tea", "", "tea teapot", None)])
    for query in (Prefix("te", boost=3.0), Wildcard("te?", boost=3.0), Fuzzy("tea", boost=3.0)):
        assert reader.score(query, np.array([0])).tolist() == [3.0 * (WEIGHTS.title + WEIGHTS.body)]


def test_more_edits_than_two_are_a_query_error(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="at most 2"):
        opened(engine, tmp_path, passages("tea")).search(Fuzzy("tea", distance=3), 10)


def test_phrase_keeps_order_and_counts_every_time(engine: Engine, tmp_path: Path) -> None:
    bodies = (
        "prime minister of",
        "minister prime",
        "prime x minister",
        "prime minister prime minister",
        "prime",
        "minister",
    )
    reader = opened(engine, tmp_path, passages(*bodies))
    query = Phrase(("prime", "minister"))
    found, expected = reader.search(query, 10), BruteForce(passages(*bodies), WEIGHTS).ranking(query)
    assert found.rows.tolist() == expected.rows.tolist() == [3, 0]
    assert found.scores == pytest.approx(expected.scores, rel=1e-5)


def test_slop_forgives_moves_and_a_swap_costs_two(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("a b", "a x b", "b a", "a x x b", "b x a", "a", "b"))
    found = {slop: sorted(rows_of(reader, Phrase(("a", "b"), slop=slop))) for slop in range(4)}
    assert found == {0: [0], 1: [0, 1], 2: [0, 1, 2, 3], 3: [0, 1, 2, 3, 4]}
    three = opened(engine, tmp_path / "three", passages("a b c", "a x b c", "a b x c", "a x b x c"))
    assert sorted(rows_of(three, Phrase(("a", "b", "c"), slop=1))) == [0, 1, 2]


@pytest.mark.parametrize("slop", [-1, 2**40])
def test_slop_out_of_all_bounds_is_a_query_error(engine: Engine, tmp_path: Path, slop: int) -> None:
    reader = opened(engine, tmp_path, passages("tea time", "time"))
    assert rows_of(reader, Phrase(("time", "tea"), slop=65_535)) == [0]
    with pytest.raises(QueryError, match="0 to 65535"):
        reader.search(Phrase(("tea", "time"), slop=slop), 1)


def test_phrase_does_not_cross_fields(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, [Entry(0, "north", "", "korea", None), Entry(1, "", "north korea", "", None)])
    assert rows_of(reader, Phrase(("north", "korea"))) == [1]
    assert rows_of(reader, Phrase(("north", "korea"), field="body")) == []


def test_phrases_of_no_and_of_one_term(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("one", "two"))
    assert rows_of(reader, Phrase(())) == []
    assert rows_of(reader, Phrase(("one",))) == [0]


def test_dates_are_a_closed_range_without_score(engine: Engine, tmp_path: Path) -> None:
    days = [MAY, MAY + 1, MAY + 2, None]
    reader = opened(engine, tmp_path, [Entry(row, "", "", "news", day) for row, day in enumerate(days)])
    assert rows_of(reader, DateRange(date(2024, 5, 1), date(2024, 5, 2))) == [0, 1]
    assert rows_of(reader, DateRange(date(2024, 5, 2), None)) == [1, 2]
    assert rows_of(reader, DateRange(None, date(2024, 5, 1))) == [0]
    assert rows_of(reader, DateRange(None, None)) == [0, 1, 2]
    assert rows_of(reader, DateRange(date(2024, 5, 3), date(2024, 5, 1))) == []
    plain, dated = Term("news"), Boolean(must=(Term("news"), DateRange(date(2024, 5, 2), None)))
    assert reader.score(dated, np.arange(4)) == pytest.approx(reader.score(plain, np.arange(4)) * [0, 1, 1, 0])
    assert reader.search(DateRange(None, None), 2).scores.tolist() == [0.0, 0.0]


def test_only_exclusions_match_all_others_with_score_zero(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("tea", "rice", "tea rice", "salt"))
    found = reader.search(Boolean(must_not=(Term("tea"),)), 10)
    assert found.rows.tolist() == [1, 3]
    assert found.scores.tolist() == [0.0, 0.0]
    nested = Boolean(must=(Boolean(must_not=(Term("tea"),)), Term("rice")))
    assert rows_of(reader, nested) == [1]


def test_nothing_matches_no_passage(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("tea"))
    assert rows_of(reader, NOTHING) == []
    assert rows_of(reader, Boolean(must=(NOTHING, Term("tea")))) == []
    assert rows_of(reader, Boolean(should=(NOTHING, Term("tea")))) == [0]


def test_limit_below_one_is_an_empty_ranking(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("tea"))
    assert rows_of(reader, Term("tea"), limit=0) == []
    assert rows_of(reader, Term("tea"), limit=10**9) == [0]


def test_nesting_without_end_is_a_query_error(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("tea"))
    query: Query = Term("tea")
    for _ in range(100):
        query = Boolean(must=(query,))
    assert rows_of(reader, query) == [0]
    with pytest.raises(QueryError, match="nested"):
        reader.search(Boolean(must=(query,)), 1)


def test_text_that_is_no_unicode_is_a_query_error(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("tea"))
    lone = "te\udc80a"
    for query in (
        Term(lone),
        Prefix(lone),
        Wildcard(lone),
        Fuzzy(lone),
        Phrase(("tea", lone)),
        Boolean(should=(Term(lone),)),
    ):
        with pytest.raises(QueryError, match="Unicode"):
            reader.search(query, 1)


def test_document_frequency_counts_passages_once_whatever_the_field(engine: Engine, tmp_path: Path) -> None:
    entries = [Entry(0, "x", "x", "x x", None), Entry(1, "", "", "x", None), Entry(2, "y", "", "y", None)]
    first = build(engine, tmp_path / "1", entries)
    assert engine.read(first).document_frequency("x") == 2
    writer = engine.write(tmp_path / "2", first)
    writer.remove([0])
    writer.commit()
    assert engine.read(tmp_path / "2").document_frequency("x") == 1
    assert engine.read(tmp_path / "2").document_frequency("absent") == 0


def test_score_keeps_the_order_of_the_rows_asked_for(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages(*(["tea"] * 30), "salt"))
    whole = reader.score(Term("salt"), np.array([30, 0, 30, 99, -1]))
    assert (whole > 0).tolist() == [True, False, True, False, False]
    assert reader.score(Term("salt"), np.array([30, 2])).tolist() == [whole[0], 0.0]
    assert reader.score(Term("salt"), np.array([], np.int64)).shape == (0,)


def test_scores_do_not_depend_on_whether_the_query_was_searched(engine: Engine, tmp_path: Path) -> None:
    bodies = [f"{'tea ' * (row % 5)}{'salt ' * (row % 3)}{'pad ' * (row % 7)}" for row in range(300)]
    reader, query = opened(engine, tmp_path, passages(*bodies)), Boolean(should=(Term("tea"), Term("salt")))
    rows = np.arange(300)[::-1]
    unsearched = reader.score(query, rows)
    found = reader.search(query, 10)
    searched = reader.score(query, rows)
    assert searched.tolist() == unsearched.tolist()
    assert reader.score(query, found.rows) == pytest.approx(found.scores)


@pytest.mark.parametrize("share", [2, 3, 10, 400])
def test_filter_is_applied_before_ranking(engine: Engine, tmp_path: Path, share: int) -> None:
    entries = passages(*(f"{'common ' * (1 + row % 7)}{'rare ' * (row % 3 == 0)}pad" for row in range(400)))
    query = Boolean(should=(Term("common"), Term("rare")))
    reader, brute = opened(engine, tmp_path, entries), BruteForce(entries, WEIGHTS)
    worst = brute.ranking(query).rows[::-1]  # the passages that a filter after ranking would never reach
    for allowed in (
        np.sort(worst[: 400 // share]),
        np.arange(400)[::share],
        np.arange(400 // share),
        np.array([], np.int64),
    ):
        found, expected = reader.search(query, 7, allowed), brute.ranking(query, 7, allowed.tolist())
        assert found.rows.tolist() == expected.rows.tolist()
        assert found.scores == pytest.approx(expected.scores, rel=1e-4)


def test_filter_may_name_rows_that_are_not_there(engine: Engine, tmp_path: Path) -> None:
    reader = opened(engine, tmp_path, passages("tea", "tea", "salt"))
    assert rows_of(reader, Term("tea"), allowed=[1, 2, 50, 10**12]) == [1]
    assert rows_of(reader, Boolean(must_not=(Term("tea"),)), allowed=[0, 2, 50]) == [2]


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_base_stays_bit_identical_through_many_generations(engine: Engine, tmp_path: Path) -> None:
    folder, seen = build(engine, tmp_path / "0", passages("tea", "salt")), {}
    for number in range(1, 14):  # enough for segments to be merged
        seen[folder] = digest(folder)
        reader = engine.read(folder)
        writer = engine.write(tmp_path / str(number), folder)
        writer.remove([number - 1])
        writer.add([Entry(number + 1, "", "", f"tea number{number}", None)])
        writer.commit()
        folder = tmp_path / str(number)
        assert rows_of(reader, Prefix("")) == [number - 1, number]
        reader.close()
    assert rows_of(engine.read(folder), Term("tea")) == [13, 14]
    assert {path: digest(path) for path in seen} == seen


def test_generation_holds_no_file_it_does_not_need(engine: Engine, tmp_path: Path) -> None:
    folder = build(engine, tmp_path / "0", passages("tea"))
    for number in range(1, 20):
        writer = engine.write(tmp_path / str(number), folder)
        writer.remove([number - 1])
        writer.add([Entry(number, "", "", "tea", None)])
        writer.commit()
        folder = tmp_path / str(number)
    assert rows_of(engine.read(folder), Term("tea")) == [19]
    assert len(list(folder.iterdir())) < 20 * len(list((tmp_path / "0").iterdir())) / 2
    assert not [path for path in folder.iterdir() if "writer" in path.name or path.suffix == ".tmp"]


def test_aborted_generation_leaves_nothing_behind(engine: Engine, tmp_path: Path) -> None:
    first = build(engine, tmp_path / "1", passages("tea"))
    before = digest(first)
    writer = engine.write(tmp_path / "2", first)
    writer.remove([0])
    writer.add([Entry(1, "", "", "salt", None)])
    writer.abort()
    assert sorted(tmp_path.iterdir()) == [first]
    assert digest(first) == before


def test_what_a_crash_left_in_the_folder_is_replaced(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "meta.json").write_text("half")
    assert rows_of(opened(engine, tmp_path, passages("tea")), Term("tea")) == [0]
    with pytest.raises(ValueError, match="own base"):
        engine.write(tmp_path / "1", tmp_path / "1")


def test_reading_changes_nothing_in_the_folder(engine: Engine, tmp_path: Path) -> None:
    folder = build(engine, tmp_path / "1", passages("tea"))
    before = digest(folder)
    engine.read(folder).search(Term("tea"), 3)
    assert digest(folder) == before


def test_folder_that_may_only_be_read_is_read(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build(engine, tmp_path / "1", passages("tea"))
    before = digest(folder)
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere, so permissions do not tell
    assert rows_of(engine.read(folder), Term("tea")) == [0]
    assert digest(folder) == before


def test_every_file_has_the_permissions_of_the_others(engine: Engine, tmp_path: Path) -> None:
    folder = build(engine, tmp_path / "1", passages("tea"))
    assert len({path.stat().st_mode for path in folder.iterdir()}) == 1


def test_missing_cut_and_garbled_files_are_named(engine: Engine, tmp_path: Path) -> None:
    whole = build(engine, tmp_path / "whole", passages("tea", "salt"))
    names = [path.name for path in whole.iterdir() if path.stat().st_size and path.name != ".managed.json"]
    for name in names:
        for damage in (
            Path.unlink,
            lambda path: path.write_bytes(path.read_bytes()[:-5]),
            lambda path: path.write_bytes(b""),
        ):
            shutil.copytree(whole, tmp_path / "damaged")
            damage(tmp_path / "damaged" / name)
            with pytest.raises(IndexCorrupt, match=name):
                engine.read(tmp_path / "damaged")
            shutil.rmtree(tmp_path / "damaged")


def test_missing_folder_is_a_corrupt_index(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(IndexCorrupt):
        engine.read(tmp_path / "none")
    with pytest.raises(IndexCorrupt):
        engine.write(tmp_path / "2", tmp_path / "none")


@THOROUGH
@given(
    corpus=CORPORA,
    queries=st.lists(QUERIES, min_size=1, max_size=12),
    kept=st.sets(st.integers(0, 11)),
    limit=st.integers(1, 5),
)
def test_engine_ranks_like_brute_force(
    engine: Engine, corpus: list, queries: list[Query], kept: set[int], limit: int
) -> None:
    entries = entries_of(corpus)
    brute = BruteForce(entries, WEIGHTS)
    with tempfile.TemporaryDirectory() as folder:
        reader = opened(engine, Path(folder), entries)
        for query in queries:
            for allowed in (None, np.array(sorted(kept), np.int64)):
                found = reader.search(query, limit, allowed)
                expected = brute.ranking(query, limit, None if allowed is None else allowed.tolist())
                assert found.rows.tolist() == expected.rows.tolist()
                assert found.scores == pytest.approx(expected.scores, rel=1e-4)
            scores = brute.scores(query)
            assert reader.score(query, np.arange(12)) == pytest.approx(
                [scores.get(row, 0.0) for row in range(12)], rel=1e-4
            )
        reader.close()


@THOROUGH
@given(
    steps=st.lists(st.tuples(CORPORA, st.sets(st.integers(0, 30))), min_size=2, max_size=5),
    queries=st.lists(QUERIES, max_size=8),
)
def test_generations_match_what_a_fresh_build_matches(engine: Engine, steps: list, queries: list[Query]) -> None:
    alive: dict[int, Entry] = {}
    base, start = None, 0
    with tempfile.TemporaryDirectory() as folder:
        for number, (corpus, removed) in enumerate(steps):
            entries = entries_of(corpus, start)
            writer = engine.write(Path(folder) / str(number), base)
            writer.remove(sorted(removed))
            writer.add(entries)
            writer.commit()
            alive = {row: entry for row, entry in alive.items() if row not in removed} | {
                entry.row: entry for entry in entries
            }
            base, start = Path(folder) / str(number), start + len(entries)
        reader = engine.read(base)
        brute = BruteForce(alive.values(), WEIGHTS)
        assert reader.count == len(alive)
        for query in queries:
            assert sorted(rows_of(reader, query)) == sorted(brute.scores(query)), query
        reader.close()
