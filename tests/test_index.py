"""The façade, on three reports of five paragraphs."""

import json
import shutil
import threading
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from searchkit import (
    Document,
    DocumentError,
    EmbedderMismatch,
    Index,
    IndexCorrupt,
    IndexExists,
    IndexLocked,
    IndexNotFound,
    QueryError,
    UnsupportedFormat,
    rebuild,
)
from searchkit.queries.filters import AnyOf, from_mapping
from searchkit.storage import store
from tests.worlds import NEWS, OtherEmbedder, WordHashEmbedder


def ids(results):
    return [hit.passage.id for hit in results]


# --- creating and opening ------------------------------------------------------------------------------------


def test_opening_a_folder_without_an_index_says_how_to_make_one(tmp_path):
    with pytest.raises(IndexNotFound, match="searchkit index"):
        Index.open(tmp_path / "nothing")


def test_an_index_is_not_created_over_another(news):
    with pytest.raises(IndexExists, match="already holds an index"):
        Index.create(news.path)


def test_an_index_is_not_created_over_somebodys_files(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(IndexExists, match="no searchkit index"):
        Index.create(tmp_path, embedder="none")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_another_format_is_refused_with_both_numbers(news):
    news.close()
    (news.path / "index.json").write_text('{"searchkit": "index", "format": 99}')
    with pytest.raises(UnsupportedFormat, match=f"format 99.*reads {store.FLOOR} to {store.FORMAT}"):
        Index.open(news.path)


def test_terms_of_other_rules_are_refused_and_mended_by_rebuild(news, embedder, monkeypatch):
    news.close()
    monkeypatch.setattr("searchkit.text.analysis.REVISION", 999)
    with pytest.raises(UnsupportedFormat, match="en/999"):
        Index.open(news.path, embedder=embedder)
    rebuild(news.path, embedder=embedder)
    with Index.open(news.path, embedder=embedder) as again:
        assert again.search("analysts Vietnam")[0].passage.id == "hanoi#0"


def test_a_query_without_words_is_ranked_by_keywords_alone(news):
    assert set(ids(news.search("date:2024"))) == {"hanoi#0", "hanoi#1", "coffee#0", "coffee#1"}
    assert set(ids(news.search("-coffee", mode="vector"))) == {"hanoi#0", "hanoi#1", "manila#0"}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "1"}'])
def test_a_damaged_marker_is_named(news, content):
    (news.path / "index.json").write_text(content)
    with pytest.raises((IndexCorrupt, UnsupportedFormat), match="index"):
        Index.open(news.path)


def test_another_model_is_refused_with_both_names(news):
    with pytest.raises(EmbedderMismatch, match=r"word-hash.*other"):
        Index.open(news.path, embedder=OtherEmbedder())


def test_a_custom_model_must_be_given_again_to_search_but_not_for_keywords(news):
    with Index.open(news.path) as again:
        assert ids(again.search("Philippines", mode="keyword")) == ["manila#0"]
        with pytest.raises((EmbedderMismatch, ValueError), match="word-hash"):
            again.search("Philippines")


def test_an_unknown_language_or_engine_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(ValueError, match="language"):
        Index.create(tmp_path / "index", embedder="none", language="xx-nope")
    with pytest.raises(ValueError, match="engine"):
        Index.create(tmp_path / "index", embedder="none", engine="lucene")
    assert not (tmp_path / "index").exists()


# --- searching -----------------------------------------------------------------------------------------------


def test_the_right_paragraph_comes_first_with_its_place(news):
    hit = news.search("What did analysts say about Vietnam?")[0]
    assert hit.passage.id == "hanoi#0"
    assert hit.passage.text == "Analysts said Vietnam balances the great powers."
    document = news.get("hanoi")
    assert document.text[hit.passage.start : hit.passage.end] == hit.passage.text
    assert (hit.passage.line, hit.passage.title, hit.passage.section) == (1, "Hanoi visit", "WORLD")
    assert {hit.passage.text[start:end] for start, end in hit.highlights} >= {"Analysts", "Vietnam"}
    assert set(hit.sources) == {"keyword", "vector"}


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_every_mode_finds_it_first(news, mode):
    results = news.search("analysts Vietnam", mode=mode)
    assert results.mode == mode
    assert results[0].passage.id == "hanoi#0"
    assert [hit.rank for hit in results] == list(range(1, len(results) + 1))
    assert [hit.score for hit in results] == sorted((hit.score for hit in results), reverse=True)


def test_hybrid_finds_k_passages_whenever_there_are_k(news):
    assert len(news.search("Vietnam", k=5)) == 5
    assert len(news.search("Vietnam", k=3)) == 3


def test_a_passage_that_an_arm_missed_is_absent_from_its_sources(news):
    by_id = {hit.passage.id: hit for hit in news.search("robusta")}
    assert "keyword" in by_id["coffee#1"].sources
    assert set(by_id["manila#0"].sources) == {"vector"}


def test_filters_bind_both_arms(news):
    assert set(ids(news.search("analysts Vietnam", where={"section": "BUSINESS"}))) == {"coffee#0", "coffee#1"}
    assert ids(news.search("analysts", where='section = "WORLD" and date >= 2025-01-01')) == ["manila#0"]
    assert ids(news.search("analysts", where={"doc": ["manila"]}, mode="keyword")) == ["manila#0"]


def test_a_filter_sees_what_was_written_since(news):
    assert len(news.search("analysts", where={"section": "WORLD"})) == 3
    news.add([Document("new", "Analysts said more about something else.", metadata={"section": "WORLD"})])
    for _ in range(2):
        assert len(news.search("analysts", where={"section": "WORLD"})) == 4


def test_a_filter_that_nothing_fits_finds_nothing(news):
    assert len(news.search("analysts", where={"section": "NONE"})) == 0


def test_operators_bind_both_arms(news):
    assert set(ids(news.search("vietnam -coffee"))) == {"hanoi#0"}
    assert ids(news.search('"great powers"')) == ["hanoi#0"]
    assert set(ids(news.search("title:coffee"))) == {"coffee#0", "coffee#1"}
    assert set(ids(news.search("analysts AND date:2024"))) == {"hanoi#0"}


def test_pages_fit_together(news):
    whole = ids(news.search("analysts Vietnam", k=5))
    pages = [ids(news.search("analysts Vietnam", k=2, offset=offset)) for offset in (0, 2, 4)]
    assert [page_id for page in pages for page_id in page] == whole
    assert news.search("analysts Vietnam", k=2, offset=2)[0].rank == 3


def test_neighbours_come_on_request(news):
    hit = news.search("robusta", k=1, context=1)[0]
    assert [passage.id for passage in hit.before] == ["coffee#0"]
    assert hit.after == ()


def test_a_cap_per_document_gives_the_best_of_each(news):
    assert sorted(ids(news.search("Vietnam", per_document=1))) == ["coffee#0", "hanoi#0", "manila#0"]


def test_near_duplicates_collapse_into_the_better_hit(news):
    copy = replace(NEWS[0], id="wire", title="Hanoi visit, second version")
    news.add([copy])
    assert {"hanoi#0", "wire#0"} <= set(ids(news.search("analysts Vietnam")))
    collapsed = news.search("analysts Vietnam", collapse=True)
    first = next(hit for hit in collapsed if hit.passage.doc_id in ("hanoi", "wire"))
    assert {first.passage.id, *first.duplicates} == {"hanoi#0", "wire#0"}
    assert len({"hanoi#0", "wire#0"} & set(ids(collapsed))) == 1


def test_diversity_moves_a_copy_down(news):
    news.add([replace(NEWS[0], id="wire")])
    plain = ids(news.search("analysts Vietnam"))
    diverse = ids(news.search("analysts Vietnam", diversity=0.7))
    assert set(plain[:2]) == {"hanoi#0", "wire#0"}
    assert len({"hanoi#0", "wire#0"} & set(diverse[:2])) == 1
    assert sorted(plain) == sorted(diverse)


def test_explain_shows_terms_and_what_each_arm_saw(news):
    explained = news.search("analysts Vietnam", explain=True).explain
    assert {term["passages"] for term in explained["terms"]} == {2}
    assert explained["terms"][0]["idf"] == pytest.approx(np.log1p((5 - 2 + 0.5) / 2.5), abs=1e-3)
    assert explained["candidates"] == {"keyword": 3, "vector": 5}


@pytest.mark.parametrize(
    "query", ["What's R&D's \"C++\" cost? -- 1.0.21", "???", "(", '"', "-", "AND", "a:b", "日本", "😀 \x00"]
)
@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_no_question_fails(news, query, mode):
    assert news.search(query, mode=mode).query == query


@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
def test_an_index_without_documents_says_so(empty, mode):
    found = empty.search("Vietnam", mode=mode)
    assert (found.hits, found.warnings) == ((), ("the index holds no documents yet; fill it with: searchkit index",))
    empty.add([Document("a", "Tea from Hanoi.")])
    assert empty.search("Vietnam", mode=mode).warnings == ()


@pytest.mark.parametrize("query", ["", "   ", "\n"])
def test_an_empty_question_finds_nothing_and_says_so(news, query):
    results = news.search(query)
    assert len(results) == 0
    assert results.warnings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k must"),
        ({"mode": "fuzzy"}, "hybrid, keyword, vector"),
        ({"fusion": "magic"}, "minmax"),
        ({"offset": -1}, "offset"),
        ({"diversity": 2}, "diversity"),
        ({"per_document": 0}, "per_document"),
        ({"context": -1}, "context"),
        ({"weights": {"sparse": 1}}, "weights"),
        ({"weights": {"keyword": 0, "vector": 0}}, "weights"),
        ({"where": "section ="}, "expected"),
    ],
)
def test_senseless_options_are_a_query_error(news, options, message):
    with pytest.raises(QueryError, match=message):
        news.search("x", **options)


def test_weights_turn_an_arm_off(news):
    by_keyword = ids(news.search("analysts Philippines", weights={"vector": 0}))
    assert by_keyword[0] == "manila#0"
    assert news.search("analysts", weights={"keyword": 0})[0].score == pytest.approx(1)


def test_results_are_a_sequence_and_json(news):
    results = news.search("Vietnam", k=2)
    assert results[0] is results.hits[0]
    assert list(results[:1]) == [results[0]]
    shape = json.loads(json.dumps(results.to_dict()))
    assert set(shape) >= {"query", "mode", "elapsed_ms", "hits"}
    assert set(shape["hits"][0]["passage"]) >= {"id", "doc_id", "text", "title", "section", "start", "end", "metadata"}


# --- reading -------------------------------------------------------------------------------------------------


def test_get_returns_documents_and_passages(news):
    assert news.get("coffee").title == "Coffee record"
    assert news.get("coffee#1").text == "Traders in London bought more robusta."
    assert news.get("coffee#9") is None
    assert news.get("tea") is None
    assert [passage.ordinal for passage in news.passages("coffee")] == [0, 1]
    assert news.documents("[cm]*") == ["coffee", "manila"]


def test_status_counts(news):
    status = news.status()
    assert (status["documents"], status["passages"], status["vectors"]) == (3, 5, 5)
    assert status["embedder"] == "word-hash"
    assert status["bytes"] > 0


def test_context_cites_passages_in_reading_order_within_the_budget(news):
    context = news.context("analysts on Vietnam and coffee", max_tokens=120)
    assert context.tokens <= 120
    assert context.citations
    for citation in context.citations:
        document = news.get(citation.passage.doc_id)
        assert document.text[citation.passage.start : citation.passage.end] in context.text
        assert citation.marker in context.text
    for doc_id in {citation.passage.doc_id for citation in context.citations}:
        ordinals = [c.passage.ordinal for c in context.citations if c.passage.doc_id == doc_id]
        assert ordinals == sorted(ordinals)
    assert json.dumps(context.to_dict())


def test_a_context_that_nothing_fits_is_empty(news):
    context = news.context("analysts", max_tokens=3)
    assert (context.text, context.citations, context.tokens) == ("", (), 0)


# --- writing -------------------------------------------------------------------------------------------------


def test_add_replaces_what_changed_and_keeps_what_did_not(news, embedder):
    before = len(embedder.embedded)
    changed = replace(NEWS[0], text=NEWS[0].text.replace("hot", "cold"))
    report = news.add([changed, NEWS[1]])
    assert (report.added, report.changed, report.kept) == ((), ("hanoi",), 1)
    assert (report.embedded, report.reused) == (1, 1)
    assert len(embedder.embedded) == before + 1
    assert news.get("hanoi").text.endswith("cold that day.")
    assert news.status()["passages"] == 5


def test_removed_documents_are_found_no_more(news):
    assert news.remove("han*").removed == ("hanoi",)
    assert {hit.passage.doc_id for hit in news.search("analysts Vietnam")} == {"coffee", "manila"}
    assert news.remove("hanoi").failed[0].source == "hanoi"
    assert news.status()["vectors"] == 3


def test_nothing_new_makes_no_new_generation(news):
    generation = news.generation
    assert news.add(NEWS).kept == 3
    assert news.generation == generation


def test_bad_documents_are_reported_and_the_rest_is_in(empty):
    items = [
        Document("a", "Good text."),
        Document("a", "The same id."),
        Document("", "No id."),
        Document("blank", "  \n\n "),
        Document("odd", "Text.", metadata={"x": object()}),
    ]
    report = empty.add(items)
    assert report.added == ("a",)
    assert [failure.source for failure in report.failed] == ["a", "", "blank", "odd"]
    with pytest.raises(DocumentError, match="blank: holds no text"):
        empty.add(items[3:4], strict=True)


def test_lone_surrogates_are_replaced_in_place(empty):
    empty.add([Document("odd", "before \ud800 after")])
    assert empty.get("odd").text == "before \ufffd after"


def test_a_second_writer_is_refused(news):
    with store.writing(news.path), pytest.raises(IndexLocked, match="process"):
        news.add([Document("new", "New text.")])
    assert news.add([Document("new", "New text.")]).added == ("new",)


def test_a_reader_sees_its_commit_until_it_reloads(news, embedder):
    with Index.open(news.path, embedder=embedder) as reader:
        news.remove("*")
        news.compact()
        assert len(reader.search("Vietnam")) == 5
        assert reader.get("hanoi").title == "Hanoi visit"
        assert reader.reload()
        assert len(reader.search("Vietnam")) == 0
        assert not reader.reload()


def test_a_reader_sees_an_index_that_took_the_place_of_its_own_at_the_same_commit(tmp_path):
    for name, text in (("here", "Tea was picked."), ("other", "Rice was sold.")):
        with Index.create(tmp_path / name, embedder="none") as index:
            index.add([Document("a", text)])
    with Index.open(tmp_path / "here") as reader:
        (tmp_path / "here").rename(tmp_path / "before")
        (tmp_path / "other").rename(tmp_path / "here")
        reader.reload()
        assert reader.get("a").text == "Rice was sold."


def test_searches_in_many_threads_survive_reloads(news):
    errors = []

    def ask():
        try:
            for _ in range(20):
                assert news.search("analysts Vietnam")[0].passage.id == "hanoi#0"
        except Exception as error:  # noqa: BLE001 - collected for the assertion
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(5):
        news.add([Document(f"new{number}", f"Something else, number {number}.")])
    for thread in threads:
        thread.join()
    assert errors == []


def without_time(results):
    return {name: value for name, value in results.to_dict().items() if name != "elapsed_ms"}


@pytest.mark.parametrize("options", [{}, {"mode": "keyword"}, {"mode": "vector"}, {"where": "doc = hanoi", "k": 2}])
def test_many_questions_are_answered_as_each_by_itself(news, options):
    asked = [
        "analysts Vietnam",
        "coffee -record",
        '"bamboo diplomacy"',
        "",
        "date:2024",
        "Who met?",
        "analysts Vietnam",
    ]
    asked = [f"{question} {number}" for number in range(50) for question in asked] + asked
    alone = [news.search(question, **options) for question in asked]
    assert [*map(without_time, news.search_many(asked, **options))] == [*map(without_time, alone)]


def test_of_no_questions_there_are_no_answers(news):
    assert news.search_many([]) == []


def test_a_bad_question_among_many_is_an_error(news):
    with pytest.raises(QueryError, match="date"):
        news.search_many(["coffee", "date:[2024"], strict=True)


def test_a_closed_index_says_so(news):
    news.close()
    with pytest.raises(ValueError, match="closed"):
        news.search("x")


# --- keeping -------------------------------------------------------------------------------------------------


def test_a_sound_index_verifies(news):
    report = news.verify()
    assert report.ok, report.problems
    assert (report.documents, report.passages) == (3, 5)


@pytest.mark.parametrize("part", ["keywords", "vectors"])
def test_a_damaged_file_is_named_by_verify_and_mended_by_rebuild(news, embedder, part):
    victim = max((file for file in (news.path / part).rglob("*") if file.is_file()), key=lambda f: f.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 0xFF
    victim.write_bytes(content)
    assert any(victim.name in problem for problem in news.verify().problems)
    news.close()
    rebuild(news.path, embedder=embedder)
    with Index.open(news.path, embedder=embedder) as again:
        assert again.verify().ok
        assert again.search("analysts Vietnam")[0].passage.id == "hanoi#0"


@pytest.mark.parametrize("value", [np.nan, np.inf, 9])
def test_vectors_that_nobody_wrote_answer_no_question(news, embedder, value):
    news.close()
    path = news.path / "vectors" / "000001.vectors.npy"
    array = np.load(path)
    array[-1] = value
    np.save(path, array)
    with Index.open(news.path, embedder=embedder) as damaged, pytest.raises(IndexCorrupt, match="searchkit rebuild"):
        damaged.search("analysts Vietnam")


def test_missing_derived_parts_are_rebuilt_from_the_catalog(news, embedder):
    news.close()
    shutil.rmtree(news.path / "keywords")
    for file in (news.path / "vectors").iterdir():
        file.unlink()
    with pytest.raises(IndexCorrupt, match="searchkit rebuild"):
        Index.open(news.path)
    rebuild(news.path, embedder=embedder)
    with Index.open(news.path, embedder=embedder) as again:
        assert again.verify().ok
        assert len(again.search("Vietnam")) == 5


def test_a_missing_or_damaged_catalog_is_named(news):
    news.close()
    catalog = news.path / "catalog.sqlite"
    catalog.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(IndexCorrupt, match=r"catalog\.sqlite"):
        Index.open(news.path)
    catalog.unlink()
    with pytest.raises(IndexCorrupt, match=r"catalog\.sqlite"):
        Index.open(news.path)


def test_links_out_of_the_folder_are_refused(news, tmp_path):
    news.close()
    (news.path / "vectors").rename(tmp_path / "elsewhere")
    (news.path / "vectors").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IndexCorrupt, match="out of its folder"):
        Index.open(news.path)


def test_compact_reclaims_dead_rows_and_changes_no_answer(news):
    news.remove("coffee")
    before = [(hit.passage.id, hit.score) for hit in news.search("analysts Vietnam")]
    assert news.status()["dead"] == 2
    news.compact()
    assert news.status()["dead"] == 0
    assert [(hit.passage.id, hit.score) for hit in news.search("analysts Vietnam")] == before
    assert news.verify().ok


def test_vectors_are_added_later_without_the_sources(tmp_path, embedder):
    with Index.create(tmp_path / "index", embedder="none") as index:
        index.add(NEWS)
        assert index.search("Vietnam").mode == "keyword"
        with pytest.raises(QueryError, match="no vectors"):
            index.search("Vietnam", mode="vector")
        index.rebuild(embedder=embedder)
        assert index.search("Vietnam").mode == "hybrid"
        assert index.verify().ok
    with Index.open(tmp_path / "index", embedder=embedder) as again:
        assert len(again.search("Vietnam")) == 5


def test_the_model_can_be_changed_and_dropped(news):
    other = OtherEmbedder()
    news.rebuild(embedder=other)
    assert len(other.embedded) >= 5
    assert news.settings.embedder == "other"
    news.rebuild(embedder="none")
    assert news.search("Vietnam").mode == "keyword"
    assert news.verify().ok


def test_an_export_comes_back_the_same_without_embedding(news, tmp_path):
    assert news.export(tmp_path / "news.zip") == 3
    fresh = WordHashEmbedder()
    with Index.import_(tmp_path / "news.zip", tmp_path / "copy", embedder=fresh) as copy:
        assert fresh.embedded == []
        for query in ("analysts Vietnam", "robusta"):
            ours = [(hit.passage, hit.score) for hit in news.search(query)]
            assert [(hit.passage, hit.score) for hit in copy.search(query)] == ours
        assert copy.verify().ok


def test_a_damaged_export_is_named(tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"PK nothing")
    with pytest.raises(IndexCorrupt, match=r"bad\.zip"):
        Index.import_(tmp_path / "bad.zip", tmp_path / "copy")


def test_dates_narrow_a_question_beside_a_filter(empty):
    empty.add(
        [
            Document(str(year), "Coffee prices rose.", "", {"date": f"{year}-05-01", "n": year})
            for year in range(2020, 2025)
        ]
    )

    def years(**options):
        return sorted(hit.passage.doc_id for hit in empty.search("coffee", **options))

    assert years(since="2023") == ["2023", "2024"]
    assert years(until=date(2021, 5, 1)) == ["2020", "2021"]
    assert years(since="2021-05", until="2023-04-30") == ["2021", "2022"]
    assert years(since="2021", where={"n": {"<": 2023}}) == ["2021", "2022"]
    assert years(where=AnyOf((from_mapping({"n": 2020}), from_mapping({"n": 2024})))) == ["2020", "2024"]


@pytest.mark.parametrize("value", ["last week", 2024, "2024-13"])
def test_a_date_that_is_none_is_named(news, value):
    with pytest.raises(QueryError, match="since"):
        news.search("coffee", since=value)
