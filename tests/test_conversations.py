"""Questions that lean on earlier turns of a conversation, and those that stand alone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from searchkit import Index
from searchkit.cli.commands import app
from searchkit.errors import EvaluationError, QueryError
from searchkit.evaluation import evaluate, read_questions
from searchkit.queries.conversation import LAST, LONGEST, Turn, taken, turns
from searchkit.queries.smalltalk import is_smalltalk, without_smalltalk
from searchkit.queries.standing import dangles, standing
from searchkit.search.context import Context
from searchkit.search.earlier import SHARE
from searchkit.search.inquiry import Inquiry
from searchkit.search.request import SearchRequest
from searchkit.storage.settings import Settings
from searchkit.text.analysis import Analyzer
from searchkit.types import Document
from tests.memory_view import MemoryView
from tests.worlds import WordHashEmbedder, WordPieceEmbedder

ENGLISH = Analyzer("en")
NEWS = [
    Document("ferry", "The ferry to the island costs nine euros and leaves at noon."),
    Document("bridge", "The bridge to the island costs two euros and never closes."),
    Document("museum", "The museum of glass opens at ten and costs five euros."),
    Document("library", "The library lends books for three weeks."),
    Document("storm", "A storm closed the harbour on Monday."),
]
FERRY = [
    {"role": "system", "content": "Answer briefly."},
    {"role": "user", "content": "When does the ferry to the island leave?"},
    {"role": "assistant", "content": "It leaves at noon."},
]


@pytest.fixture(scope="module")
def island(tmp_path_factory):
    with Index.create(tmp_path_factory.mktemp("island") / "i", embedder=WordPieceEmbedder()) as index:
        index.add(NEWS)
        yield index


def documents(results) -> list[str]:
    return [hit.passage.doc_id for hit in results]


# --- what leans ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "turn",
    [
        "What did analysts say about Vietnam?",
        "What is a tariff?",
        "Who was Marie Curie?",
        "How do vaccines work?",
        "Does the bridge between the islands close in a storm?",
        "Is it possible to cancel a booking for the ferry?",
        "How long does it take to renew a passport?",
        "Which company bought the airline that was founded in 1932?",
        "What happened in Hanoi this week?",
        "If I borrow a book from the library, can I return it elsewhere?",
        "What did Marie Curie do with her second prize?",
        "Is there a museum of glass near the harbour?",
        "By the way, when does the museum open?",
        "How does IT support reach the harbour office?",
        "Thanks. Which islands does the ferry serve in winter?",
    ],
)
def test_a_question_that_names_its_subject_stands_alone(turn):
    assert standing(turn, ENGLISH).alone


@pytest.mark.parametrize(
    ("turn", "why"),
    [
        ("How much does it cost?", "refers to what was said: 'it'"),
        ("Is it going to get worse?", "refers to what was said: 'it'"),
        ("Which analysts?", "names no subject"),
        ("Who was she?", "names no subject"),
        ("Did they close the harbour?", "refers to what was said: 'they'"),
        ("Are these ferries full on weekends?", "refers to what was said: 'these ferries'"),
        ("What is the process for applying for it?", "refers to what was said: 'it'"),
        ("How do I get there from the harbour station?", "refers to what was said: 'there'"),
        ("Why?", "names no subject"),
        ("And the museum?", "goes on: 'and'"),
        ("What about bicycles?", "goes on: 'What about'"),
        ("I meant the glass museum", "goes on: 'I meant'"),
        ("You said the bridge never closes.", "refers to an answer: 'You said'"),
        ("Are there other bridges to the island?", "compares: 'other'"),
        ("How can I apply?", "names no subject"),
        ("ticket prices", "is no sentence"),
        ("Can I have the fees waived?", "has few words"),
        ("the bridge costs two euros a day?", "checks what was said"),
        ("Thank you! How much does it cost?", "refers to what was said: 'it'"),
    ],
)
def test_a_turn_that_refers_goes_on_or_names_no_subject_leans(turn, why):
    found = standing(turn, ENGLISH)
    assert (found.alone, found.why) == (False, why)


def test_a_turn_that_refers_leans_surely_and_one_with_a_subject_of_its_own_does_not():
    assert standing("How much does it cost?", ENGLISH).surely
    assert not standing("What about bicycles?", ENGLISH).surely


def test_a_pasted_text_stands_alone():
    assert standing("it was said that they came. " * 40, ENGLISH).alone


def test_in_other_languages_a_turn_of_few_words_leans():
    german = Analyzer("de")
    assert standing("Wie lange dauert die Überfahrt zur Insel mit der Fähre?", german).alone
    assert not standing("Und was kostet das?", german).alone


# --- courtesies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["thanks!", "ok", "Thank you so much.", "That is fine. Thank you!", "Hi, can you help me?", "good to know"]
)
def test_courtesies_ask_for_nothing(text):
    assert is_smalltalk(text)


@pytest.mark.parametrize("text", ["", "?", "Is it good?", "ok, and the ferry?", "thanks to the ferry", "no smoking"])
def test_what_asks_for_something_is_no_courtesy(text):
    assert not is_smalltalk(text)


def test_courtesies_are_taken_out_of_what_else_is_said():
    assert without_smalltalk("That is fine. Thank you! When does the ferry leave?") == "When does the ferry leave?"


def test_a_question_dangles_that_is_on_somebody_whom_nobody_named():
    assert dangles("who was she?")
    assert dangles("why?")
    assert not dangles("to be or not to be")


# --- what is taken ------------------------------------------------------------------------------------------


def test_the_last_questions_are_taken_and_the_last_answer_but_no_courtesies():
    history = turns(
        "history", [("user", "One?"), ("user", "Two?"), ("assistant", "2"), ("user", "Three?"), ("user", "Ok.")]
    )
    found = taken("How much does it cost?", history, ENGLISH)
    assert found is not None
    assert (found.questions, found.answer) == (("Three?", "Two?"), "2")


def test_a_question_that_is_the_last_turn_too_is_not_taken_for_the_one_before():
    history = turns("history", [*FERRY, {"role": "user", "content": "How much does it cost? "}])
    found = taken("How much does it cost?", history, ENGLISH)
    assert found is not None
    assert found.questions == ("When does the ferry to the island leave?",)


def test_an_answer_without_words_is_none():
    found = taken("Why?", turns("history", [("user", "When does the ferry leave?"), ("assistant", "…")]), ENGLISH)
    assert found is not None
    assert found.answer == ""


def test_nothing_is_taken_where_nobody_asked_or_nothing_is_asked():
    assert taken("Why?", turns("history", [("assistant", "Hello!"), ("system", "Be brief.")]), ENGLISH) is None
    assert taken("thanks!", turns("history", FERRY), ENGLISH) is None


def test_a_long_conversation_and_long_turns_are_cut_and_control_characters_go():
    found = turns("history", [("user", "a\x00b" * LONGEST)] * (LAST + 5))
    assert len(found) == LAST
    assert all(len(turn.content) == LONGEST and "\x00" not in turn.content for turn in found)


@pytest.mark.parametrize(
    ("history", "error"),
    [
        ("who was she?", "history must be a list of turns"),
        ({"role": "user", "content": "a"}, "history must be a list of turns"),
        (3, "history must be a list of turns"),
        ([{"role": "user"}], r"history\[0\] has no content"),
        ([{"content": "a"}], r"history\[0\] has no role"),
        ([("user", "a"), ("robot", "b")], r"history\[1\] role must be one of user, assistant, system, not 'robot'"),
        ([("user", 7)], r"history\[0\] content must be text, not 7"),
        ([("user",)], r"history\[0\] must be a mapping with role and content, or a pair of them"),
        (["user"], r"history\[0\] must be a mapping"),
    ],
)
def test_a_history_that_is_none_is_told(island, history, error):
    with pytest.raises(QueryError, match=error):
        island.search("Why?", history=history)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=80), st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=60)), max_size=4)
)
def test_no_text_of_a_conversation_is_an_error(question, history):
    found = taken(question, turns("history", history), ENGLISH)
    assert found is None or (found.questions and found.why)


@settings(max_examples=60, deadline=None)
@given(question=st.text(max_size=40), before=st.text(max_size=40), answer=st.text(max_size=40))
def test_no_text_of_a_conversation_breaks_a_search(island, question, before, answer):
    found = island.search(f"{question} it", history=[("user", before), ("assistant", answer)])
    assert found.query.endswith(" it")


# --- searching ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_a_follow_up_finds_what_the_conversation_is_about(island, mode):
    alone = island.search("And how much does it cost?", mode=mode)
    found = island.search("And how much does it cost?", mode=mode, history=FERRY)
    assert documents(found)[0] == "ferry"
    assert documents(found) != documents(alone)
    assert found.understood == "When does the ferry to the island leave?\nAnd how much does it cost?"
    assert found.query == "And how much does it cost?"
    assert alone.understood is None


@pytest.mark.parametrize("question", ["When does the museum of glass open?", "title:ferry", "ferry AND noon", ""])
def test_nothing_changes_where_a_question_stands_alone(island, question):
    alone, found = island.search(question, explain=True), island.search(question, explain=True, history=FERRY)
    assert found.hits == alone.hits
    assert found.explain == alone.explain
    assert found.understood is None


def test_no_history_changes_nothing(island):
    assert island.search("How much is the ferry?", history=[]).hits == island.search("How much is the ferry?").hits
    assert island.search("How much is the ferry?", history=None).hits == island.search("How much is the ferry?").hits


def test_the_explanation_says_what_was_taken_and_why(island):
    told = island.search("How much does it cost?", history=FERRY, explain=True).explain
    assert told["conversation"] == {
        "why": "refers to what was said: 'it'",
        "questions": ["When does the ferry to the island leave?"],
        "answer": "It leaves at noon.",
    }
    assert [each["term"] for each in told["terms"]] == ["much", "cost", "ferri", "island", "leav"]


def test_words_of_earlier_questions_count_less():
    model = WordHashEmbedder()
    view = MemoryView.of(NEWS, model, Settings())
    request = SearchRequest("How much does it cost?", history=FERRY, today=date(2024, 6, 1))
    question = Inquiry(view, model, ENGLISH, request)
    boosts = {clause.text: clause.boost for clause in question.parsed.tree.should}
    assert boosts == {"much": 1.0, "cost": 1.0, "ferri": SHARE, "island": SHARE, "leav": SHARE}
    assert question.share(frozenset({"ferri"})) == SHARE
    assert question.share(frozenset({"cost"})) == 1


def test_a_turn_on_something_new_is_not_dragged_back(island):
    """No word of it stands in the conversation, so that its vector is far from that."""
    new = island.search("What about museum glass?", history=FERRY)
    assert new.understood is None
    assert new.hits == island.search("What about museum glass?").hits


def test_a_time_of_its_own_replaces_that_of_the_turn_before(island):
    def times(question: str) -> list[tuple[int, int]]:
        history = [("user", "What did the ferry cost in June 2023?")]
        request = SearchRequest(question, history=history, today=date(2024, 9, 1))
        with island._reading() as view:
            return [
                (span.first.year, span.first.month) for span in Inquiry(view, island.embedder, ENGLISH, request).times
            ]

    assert times("And how much is it in May 2024?") == [(2024, 5)]
    assert times("And who runs it?") == [(2023, 6)]


@pytest.mark.parametrize("question", ["thanks!", "ok", "who was she?", "Why?"])
def test_what_asks_for_nothing_by_itself_gets_no_context(island, question):
    assert not island.search(question).answerable
    assert not island.context(question).citations


def test_a_courtesy_in_a_conversation_gets_no_context(island):
    assert not island.context("Thank you!", history=FERRY).citations


def test_a_context_says_how_its_question_was_read(island):
    asked = "And how much does it cost?"
    made = island.context(asked, history=FERRY)
    assert made.question == asked
    assert made.understood == island.search(asked, history=FERRY).understood
    assert Context.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert island.context("When does the museum of glass open?", history=FERRY).understood is None
    assert not island.search("Thank you!", history=FERRY).answerable


def test_a_function_may_rewrite_the_question(island):
    def rewrite(history: list[dict[str, str]], question: str) -> str:
        assert history[-1] == {"role": "assistant", "content": "It leaves at noon."}
        return question.replace("it", "the ferry to the island")

    found = island.search("How much does it cost?", history=FERRY, rewrite=rewrite)
    assert found.understood == "How much does the ferry to the island cost?"
    assert found.hits == island.search("How much does the ferry to the island cost?").hits
    assert island.search("How much does it cost?", rewrite=rewrite).understood is None  # nothing was said before


@pytest.mark.parametrize("made", [None, "", "  ", 7])
def test_a_function_that_returns_no_question_is_told(island, made):
    with pytest.raises(QueryError, match="rewrite must return the question as text"):
        island.search("Why?", history=FERRY, rewrite=lambda *_: made)


def test_what_is_no_function_cannot_rewrite(island):
    with pytest.raises(QueryError, match="rewrite must be a function"):
        island.search("Why?", history=FERRY, rewrite="it")


def test_each_of_many_questions_has_a_conversation_of_its_own(island):
    museum = [("user", "Tell me about the museum of glass."), ("assistant", "It opens at ten.")]
    found = island.search_many(["How much does it cost?"] * 3, history=[FERRY, museum, ()])
    one = [island.search("How much does it cost?", history=each) for each in (FERRY, museum, ())]
    assert [each.hits for each in found] == [each.hits for each in one]
    assert [documents(each)[0] for each in found[:2]] == ["ferry", "museum"]
    with pytest.raises(QueryError, match="one conversation for each of 1 queries, not 3"):
        island.search_many(["Why?"], history=FERRY)


def test_why_not_follows_a_passage_through_a_conversation(island):
    answer = island.why_not("ferry#0", "How much does it cost?", history=FERRY)
    assert (answer.verdict, answer.rank) == ("found", 1)
    assert "ferri" in answer.matched


# --- evaluation ---------------------------------------------------------------------------------------------


def test_an_evaluation_reads_conversations_and_tells_follow_ups_apart(island, tmp_path):
    relevant = [{"doc": "ferry", "quote": "costs nine euros"}]
    lines = [
        {"id": "1", "question": "When does the ferry leave?", "relevant": relevant},
        {"id": "2", "question": "How much does it cost?", "relevant": relevant, "history": FERRY},
    ]
    path = tmp_path / "asked.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    made = evaluate(island, path, names=["default", "no history"], measures=["RR@10"])
    assert made.questions[1].history == tuple(Turn(**each) for each in FERRY)
    assert made.groups("turn") == {"first turn": 1, "follow-up": 1}
    assert made.kinds("default", by="turn") == {"first turn": {"RR@10": 1.0}, "follow-up": {"RR@10": 1.0}}
    assert made.kinds("no history", by="turn")["follow-up"]["RR@10"] < 1
    assert set(made.to_dict()["turns"]) == {"first turn", "follow-up"}
    assert "no history" in evaluate(island, path, measures=["RR@10"]).outcomes


def test_an_evaluation_names_the_line_of_a_history_that_is_none(tmp_path):
    path = tmp_path / "asked.jsonl"
    line = {"id": "1", "question": "Why?", "relevant": [], "history": [{"role": "robot", "content": "a"}]}
    path.write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"asked.jsonl:1: history\[0\] role must be one of"):
        read_questions(path)


def test_a_collection_in_beir_s_layout_may_have_conversations(tmp_path):
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\tferry\t1\n", encoding="utf-8")
    line = {"_id": "1", "text": "How much does it cost?", "history": FERRY}
    (tmp_path / "queries.jsonl").write_text(json.dumps(line), encoding="utf-8")
    found = read_questions(tmp_path)
    assert found.conversations
    assert found.items[0].turn == "follow-up"


# --- on the command line ------------------------------------------------------------------------------------


def ask(index: Index, question: str, history: Path, *more: str):
    return CliRunner().invoke(app, ["search", question, "-i", str(index.path), "--history", str(history), *more])


@pytest.mark.parametrize("lines", [False, True])
def test_the_command_line_reads_a_conversation_from_a_file(island, tmp_path, lines):
    path = tmp_path / "chat.json"
    path.write_text("\n".join(map(json.dumps, FERRY)) if lines else json.dumps(FERRY, indent=1), encoding="utf-8")
    found = json.loads(ask(island, "How much does it cost?", path, "--json", "--mode", "keyword").stdout)
    assert found["understood"] == "When does the ferry to the island leave?\nHow much does it cost?"
    assert found["hits"][0]["passage"]["doc_id"] == "ferry"
    told = ask(island, "How much does it cost?", path, "--explain", "--mode", "keyword").stdout
    assert "read with earlier turns, for it refers to what was said: 'it'" in told


def test_several_queries_follow_the_same_conversation(island, tmp_path):
    path = tmp_path / "chat.json"
    path.write_text(json.dumps(FERRY), encoding="utf-8")
    arguments = ["search", "-", "-i", str(island.path), "--history", str(path), "--jsonl", "--mode", "keyword"]
    made = CliRunner().invoke(app, arguments, input="How much does it cost?\nWhen does the museum of glass open?\n")
    first, second = map(json.loads, made.stdout.splitlines())
    assert first["hits"][0]["passage"]["doc_id"] == "ferry"
    assert "understood" not in second


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1", "is no JSON"),
        ('{"role": "user", "content": "a"}\nand b', "chat.json:2 is no JSON"),
        ('[{"role": "robot", "content": "a"}]', "history[0] role must be one of user, assistant, system"),
    ],
)
def test_a_file_that_holds_no_conversation_is_told(island, tmp_path, text, told):
    path = tmp_path / "chat.json"
    path.write_text(text, encoding="utf-8")
    made = ask(island, "Why?", path, "--mode", "keyword")
    assert made.exit_code != 0
    said = made.output + str(made.exception)
    assert "".join(told.split()) in "".join(said.replace("│", "").split())  # however the terminal wraps it
