"""Questions from files: each format, and what is said of bad input."""

import json

import pytest

from searchkit import EvaluationError, Index
from searchkit.evaluation import read_questions


@pytest.fixture
def beir(tmp_path):
    """Three questions: q1 and q2 judged for the test, q3 in training; q2 has nothing relevant."""
    queries = [{"_id": f"q{n}", "text": f"question {n}"} for n in (1, 2)]
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
    (tmp_path / "qrels").mkdir()
    head = "query-id\tcorpus-id\tscore\n"
    (tmp_path / "qrels" / "test.tsv").write_text(head + "q1\td1\t2\nq1\td2\t0\nq2\td1\t0\n")
    (tmp_path / "qrels" / "train.tsv").write_text(head + "q3\td3\t1\n")
    return tmp_path


def write(path, *lines):
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def own(number, *relevant):
    return {"id": f"q{number}", "question": f"question {number}", "kind": "fact", "relevant": list(relevant)}


def test_a_beir_folder_gives_the_questions_with_a_positive_judgment(beir):
    questions = read_questions(beir)
    assert questions.unit == "document"
    assert [(q.id, q.text, q.grades) for q in questions.items] == [("q1", "question 1", {"d1": 2})]


def test_queries_of_all_splits_come_before_those_of_one(beir):
    (beir / "queries_all.jsonl").write_text('{"_id": "q3", "text": "question 3"}\n')
    assert [q.text for q in read_questions(beir, split="train").items] == ["question 3"]


def test_a_split_that_is_not_there_is_said_with_those_that_are(beir):
    with pytest.raises(EvaluationError, match=r"dev\.tsv does not exist\. It has: test, train"):
        read_questions(beir, split="dev")


def test_a_judged_question_without_text_is_named_with_its_line(beir):
    with pytest.raises(EvaluationError, match=r"train\.tsv:2: judges 'q3'"):
        read_questions(beir, split="train")


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("topics.trec", ["<top><num> Number: 301", "<title> organized crime", "<desc> more", "</top>"]),
        ("topics.tsv", ["301\torganized crime"]),
        ("topics.jsonl", ['{"_id": "301", "text": "organized crime"}']),
    ],
)
def test_topics_in_three_forms_with_trec_judgments(tmp_path, name, lines):
    qrels = write(tmp_path / "qrels", "301 0 FT911-1 1", "301 0 FT911-2 0")
    (question,) = read_questions(write(tmp_path / name, *lines), qrels=qrels).items
    assert (question.id, question.text, question.grades) == ("301", "organized crime", {"FT911-1": 1})


def test_our_own_questions_keep_kinds_and_those_without_an_answer(tmp_path):
    path = write(tmp_path / "q.jsonl", own(1, {"doc": "a.txt", "quote": "so it is", "grade": 2}), "", own(2))
    questions = read_questions(path)
    assert questions.unit == "passage"
    assert [(q.kind, q.answerable) for q in questions.items] == [("fact", True), ("fact", False)]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([own(1), "{"], r":2: no JSON"),
        (["[1]"], r":1: no JSON object"),
        ([{"id": "q1", "relevant": []}], r":1: KeyError 'question'"),
        ([own(1, {"doc": "a.txt", "quote": " "})], r":1: a quote is empty"),
        ([own(1), own(1)], r":2: the id 'q1' stands in line 1 too"),
        ([own(1)], r"no question has a positive judgment"),
    ],
)
def test_bad_lines_are_said_with_file_and_line(tmp_path, lines, message):
    path = write(tmp_path / "q.jsonl", *lines)
    with pytest.raises(EvaluationError, match=message) as raised:
        read_questions(path)
    assert str(path) in str(raised.value)


def test_judgments_that_do_not_end_in_a_grade_are_said_with_their_line(tmp_path):
    topics, qrels = write(tmp_path / "t.tsv", "1\tword"), write(tmp_path / "qrels", "1 0 d1 1", "1 0 d1 high")
    with pytest.raises(EvaluationError, match=r"qrels:2: '1 0 d1 high' does not end in a grade"):
        read_questions(topics, qrels=qrels)


def test_topics_without_judgments_ask_for_them(tmp_path):
    with pytest.raises(EvaluationError, match="--qrels"):
        read_questions(write(tmp_path / "topics.txt", "1\tword"))


def test_a_sample_is_always_the_same_and_ordered(tmp_path):
    path = write(tmp_path / "q.jsonl", *(own(n, {"doc": "a", "quote": "b"}) for n in range(50)))
    first, second = (read_questions(path, sample=5).items for _ in range(2))
    assert first == second
    assert len(first) == 5
    assert [q.id for q in first] == sorted(q.id for q in first)


def test_a_quote_becomes_the_passage_that_holds_it_whatever_its_line_breaks(news, tmp_path):
    quote = {"doc": "hanoi", "quote": "weather  in\nHanoi", "grade": 2}
    judged = read_questions(write(tmp_path / "q.jsonl", own(1, quote))).judged_in(news)
    assert judged.items[0].grades == {"hanoi#1": 2}
    assert judged.warnings == ()


def test_a_quote_that_the_index_lacks_is_a_miss_with_a_warning(news, tmp_path):
    there, gone = {"doc": "hanoi", "quote": "Analysts said", "grade": 1}, {"doc": "hanoi", "quote": "Nobody said"}
    judged = read_questions(write(tmp_path / "q.jsonl", own(1, there, gone))).judged_in(news)
    assert len(judged.items[0].grades) == 2
    assert "1 of 2 judged passages are not in" in judged.warnings[0]


@pytest.mark.parametrize("ids", [(1, 2), ("first", "second")])
def test_an_index_that_holds_the_questions_themselves_is_told_of(tmp_path, ids):
    (tmp_path / "news.txt").write_text("Analysts said little of the weather in Hanoi.")
    quote = {"doc": "news.txt", "quote": "Analysts said", "grade": 1}
    path = write(tmp_path / "q [1].jsonl", *(own(each, quote) for each in ids))
    with Index.create(tmp_path / "index", embedder="none") as index:
        index.sync(tmp_path / "news.txt")
        assert read_questions(path).judged_in(index).warnings == ()
        index.sync(path)
        warnings = read_questions(path).judged_in(index).warnings
    assert [warning.partition("itself: ")[1] for warning in warnings] == ["itself: "]
    assert str(path) in warnings[0]


def test_a_wrong_index_is_an_error(news, beir):
    with pytest.raises(EvaluationError, match="holds none of the 1 documents"):
        read_questions(beir).judged_in(news)
