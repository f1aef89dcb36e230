"""Names are found by their parts, in any of their writings, and documents by what their files are called."""

import random

import pytest

from searchkit import Document, Index
from searchkit.queries import parse
from searchkit.queries.syntax import Phrase, Term
from searchkit.text.analysis import Analyzer
from searchkit.text.parts import OtherWritings, parts


def found(index, query):
    return [hit.passage.doc_id for hit in index.search(query, mode="keyword")]


@pytest.mark.parametrize(
    ("word", "inside"),
    [
        ("getUserById", ["get", "User", "By", "Id"]),
        ("XMLHttpRequest2", ["XML", "Http", "Request", "2"]),
        ("HTTPServer", ["HTTP", "Server"]),
        ("größeMessen", ["größe", "Messen"]),
        ("найтиСлово", ["найти", "Слово"]),
        ("adr016", ["adr", "016"]),
        ("URLs", []),
        ("McDonald", []),
        ("Capstan", []),
        ("15mg", []),
        ("HbA1c", []),
        ("aGVsbG8gd29ybGQ", []),
    ],
)
def test_words_inside_a_word_are_told_by_case_and_by_a_number_at_its_end(word, inside):
    assert parts(word) == inside


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("plain words, and no 2 of them", []),
        ("call (getUserById), then os.path.joinAll", ["get user by id", "join all"]),
        ("get_user_by_id\tADR-016\nmulti‑agent", ["getuserbyid", "adr016", "multiag"]),
        ("from 2019-2020, pages 5-10, on 12-week diets", []),
        ("使用getUserById函数", ["get user by id"]),
    ],
)
def test_other_writings_of_a_text_are_index_terms_in_its_order(text, others):
    assert OtherWritings(Analyzer("en"))(text) == others


WRITINGS = [
    ("parseHttpRequest", "parse_http_request", "parse-http-request", "ParseHTTPRequest", "parse http request"),
    ("getUserById", "get_user_by_id", "get-user-by-id", "GetUserById", "get user by id"),
    ("NullPointerException", "null_pointer_exception", "NULL_POINTER_EXCEPTION", "null pointer exception"),
    ("ADR-016", "adr016", "ADR016", "ADR 016", "adr_016"),
    ("COVID-19", "covid19", "Covid 19", "COVID19"),
]


@pytest.mark.parametrize("writings", WRITINGS, ids=lambda writings: writings[0])
def test_each_writing_of_a_name_finds_every_other(empty, writings):
    empty.add([Document(writing, f"The porter wrote {writing} on the door.") for writing in writings])
    empty.add([Document("other", "The lantern hangs above the harbour.")])
    for query in writings:
        assert set(found(empty, query)) == set(writings), query


def test_a_hyphenated_word_is_found_joined_and_a_joined_one_hyphenated(empty):
    empty.add([Document("apart", "Work on multi-agent systems."), Document("joined", "Work on multiagent systems.")])
    assert set(found(empty, "multiagent")) == set(found(empty, "multi-agent")) == {"apart", "joined"}


def test_a_word_itself_comes_before_a_name_that_holds_it(empty):
    empty.add(
        [
            Document("name", "The function parseHttpRequest failed in the evening."),
            Document("words", "The porter could not parse the http request in the evening."),
        ]
    )
    assert found(empty, "parse http request") == ["words", "name"]


def test_a_pasted_key_asks_for_no_parts():
    clauses = parse("sAlt" * 20, Analyzer("en")).tree
    assert isinstance(clauses, Term)


def test_words_of_a_name_are_no_words_of_the_title(empty):
    empty.add([Document("a", "The function parseHttpRequest failed.", title="Evening report")])
    assert found(empty, "title:evening") == ["a"]
    assert found(empty, "title:parse") == []


def test_names_in_titles_are_found_by_their_parts(empty):
    empty.add([Document("a", "It failed again.", title="About NullPointerException")])
    assert found(empty, "pointer") == ["a"]


def test_a_long_name_is_a_phrase_even_where_some_of_its_words_stand_apart(empty):
    empty.add([Document("a", "The user was found by getUserById."), Document("b", "Get the id by user.")])
    assert found(empty, '"get user by id"') == ["a"]


def test_a_question_with_a_name_asks_for_its_parts_side_by_side_only():
    clauses = parse("why getUserById failed", Analyzer("en")).tree.should
    assert [clause.terms for clause in clauses if isinstance(clause, Phrase)] == [("get", "user", "by", "id")]
    assert {clause.text for clause in clauses if isinstance(clause, Term)} == {"getuserbyid", "fail"}


@pytest.mark.parametrize("again", ["compact", "rebuild", "replace"])
def test_names_and_file_names_stay_found_when_entries_are_made_anew(empty, tmp_path, again):
    (tmp_path / "wachtmeister-lease.txt").write_text("The rent follows ADR-016.\n\nThe keys are with getUserById.")
    (tmp_path / "oar.txt").write_text("An oar.")
    empty.sync(tmp_path)
    queries = ("wachtmeister", "adr016", "user", "lease")
    before = {query: empty.search(query, mode="keyword") for query in queries}
    if again == "replace":
        (tmp_path / "oar.txt").write_text("Another oar, longer than before.")
        empty.sync(tmp_path)
    else:
        getattr(empty, again)()
    assert all(before.values())
    for query in queries:
        assert [hit.passage.id for hit in empty.search(query, mode="keyword")] == [h.passage.id for h in before[query]]


def test_any_sequence_of_edits_finds_names_as_one_fresh_build_does(tmp_path):
    chance = random.Random(7)
    folder, names = tmp_path / "ship", ("rentRoll.txt", "wachtmeister-lease.txt", "oar.txt", "adr016.txt")
    words = ("getUserById", "get_user_by_id", "ADR-016", "adr016", "lease", "oar", "user", "rent")
    folder.mkdir()
    with Index.create(tmp_path / "edited", embedder="none") as edited:
        for step in range(6):
            (folder / chance.choice(names)).write_text("\n\n".join(" ".join(chance.sample(words, 3)) for _ in range(3)))
            if step == 4:
                (folder / chance.choice([path.name for path in folder.iterdir()])).unlink()
            edited.sync(folder, allow_removals=True)
        edited.compact()
        with Index.create(tmp_path / "fresh", embedder="none") as fresh:
            fresh.sync(folder)
            for query in (*words, "wachtmeister", "get user", "adr 016"):
                expected = {hit.passage.id: pytest.approx(hit.score) for hit in fresh.search(query, k=50)}
                assert {hit.passage.id: hit.score for hit in edited.search(query, k=50)} == expected


@pytest.mark.parametrize(
    "name", ["wachtmeister-lease.txt", "WachtmeisterLease.txt", "2024_wachtmeister03.txt", "wachtmeister1g.txt"]
)
def test_words_of_a_file_name_are_found_at_a_low_weight(empty, tmp_path, name):
    (tmp_path / name).write_text("The rent is due in spring.\n\nThe keys are with the porter.")
    (tmp_path / "letter.txt").write_text("Wachtmeister wrote to the porter.")
    empty.sync(tmp_path)
    hits = empty.search("wachtmeister", mode="keyword")
    assert [hit.passage.id.rsplit("/", 1)[-1] for hit in hits] == ["letter.txt#0", f"{name}#0"]


def test_a_word_of_the_file_name_that_the_document_holds_anywhere_is_not_said_again(empty, tmp_path):
    (tmp_path / "porter.txt").write_text("The rent is due in spring.\n\nThe keys are with the porter.")
    empty.sync(tmp_path)
    assert [hit.passage.ordinal for hit in empty.search("porter", mode="keyword")] == [1]


def test_names_of_files_of_records_and_keys_are_no_words(empty, tmp_path):
    (tmp_path / "wachtmeister.jsonl").write_text('{"id": "a", "text": "The rent is due in spring."}\n')
    (tmp_path / "ab12cd34.txt").write_text("The keys are with the porter.")
    empty.sync(tmp_path)
    assert found(empty, "wachtmeister") == []
    assert found(empty, "ab12cd34") == []


def test_words_of_the_folders_below_a_source_are_found_too_and_those_above_are_not(empty, tmp_path):
    (tmp_path / "shelf" / "apolloLanding" / "2024").mkdir(parents=True)
    (tmp_path / "shelf" / "apolloLanding" / "2024" / "minutes.txt").write_text("The rent is due in spring.")
    empty.sync(tmp_path / "shelf")
    assert found(empty, "apollo minutes") == found(empty, "landing") == ["shelf/apolloLanding/2024/minutes.txt"]
    assert found(empty, "shelf") == []
