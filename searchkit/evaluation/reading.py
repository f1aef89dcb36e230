"""Questions and judgments from files: BEIR folders, TREC topics with qrels, and our own questions.jsonl.

A question of a conversation has the turns before it: "history": [{"role": "user", "content": "…"}, …].
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from searchkit.errors import ArgumentError, EvaluationError
from searchkit.evaluation.questions import Question, Questions, Quote
from searchkit.queries.conversation import Turn, turns

OWN_LINE = '{"id": "q1", "question": "…", "kind": "fact", "relevant": [{"doc": "a.txt", "quote": "…", "grade": 2}]}'
BEIR_LINE = '{"_id": "q1", "text": "…"}'
_TOPIC = re.compile(r"<top>(.*?)</top>", re.DOTALL | re.IGNORECASE)
_NUMBER = re.compile(r"<num>\s*(?:Number:)?\s*([^\s<]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title>\s*(?:Topic:)?\s*(.*?)\s*(?=<|\Z)", re.DOTALL | re.IGNORECASE)


def read_questions(
    path: str | Path, *, split: str | None = None, qrels: str | Path | None = None, sample: int | None = None
) -> Questions:
    """Read judged questions: a BEIR folder, a file of TREC topics with its `qrels`, or our questions.jsonl.

    split: which qrels of a BEIR folder, test unless given. sample: at most so many questions, seeded. Questions
    of collections that lack positive judgments are left out; in questions.jsonl they are unanswerable.
    Raises EvaluationError, which names the file and line.
    """
    path = Path(path)
    if path.is_dir():
        found = _beir(path, split, qrels)
    elif not path.exists():
        raise EvaluationError(f"{path} does not exist. Give a BEIR folder, TREC topics and --qrels, or a .jsonl.")
    elif qrels is not None:
        found = _joined(str(path), _topics(path), _qrels(Path(qrels)), Path(qrels))
    elif path.suffix == ".jsonl":
        found = Questions(str(path), "passage", tuple(_own(path)))
    else:
        raise EvaluationError(f"{path} holds topics without judgments; name the file that has them with --qrels FILE.")
    if not any(question.answerable for question in found.items):
        raise EvaluationError(f"{path}: no question has a positive judgment; there is nothing to measure.")
    return found.sample(sample)


# --- our own ------------------------------------------------------------------------------------------------


def _own(path: Path) -> Iterator[Question]:
    seen: dict[str, int] = {}
    for line, record in _records(path, OWN_LINE):
        try:
            quotes = tuple(Quote(str(r["doc"]), str(r["quote"]), int(r.get("grade", 1))) for r in record["relevant"])
            history = _history(path, line, record, OWN_LINE)
            question = Question(
                str(record["id"]), str(record["question"]), {}, str(record.get("kind", "")), quotes, history
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _bad(path, line, f"{type(error).__name__} {error}", OWN_LINE) from error
        if any(not quote.text.strip() or quote.grade < 1 for quote in quotes):
            raise _bad(path, line, "a quote is empty or its grade below 1", OWN_LINE)
        if question.id in seen:
            raise EvaluationError(f"{path}:{line}: the id {question.id!r} stands in line {seen[question.id]} too.")
        seen[question.id] = line
        yield question


def _history(path: Path, line: int, record: Mapping[str, Any], example: str) -> tuple[Turn, ...]:
    """Return the turns before a question; a line without any has none."""
    try:
        return turns("history", record.get("history") or ())
    except ArgumentError as error:
        raise _bad(path, line, str(error), example) from error


# --- BEIR and TREC ------------------------------------------------------------------------------------------


def _beir(folder: Path, split: str | None, qrels: str | Path | None) -> Questions:
    """queries_all.jsonl, which stands beside the queries of one split, holds those of all splits."""
    queries = next((folder / name for name in ("queries_all.jsonl", "queries.jsonl") if (folder / name).exists()), None)
    if queries is None:
        raise EvaluationError(f"{folder} holds no queries.jsonl, so it is no BEIR folder. Give a file of questions.")
    judgments = Path(qrels) if qrels is not None else _split(folder, split)
    return _joined(f"{folder} ({judgments.stem})", _beir_queries(queries), _qrels(judgments), judgments)


def _split(folder: Path, split: str | None) -> Path:
    there = {path.stem: path for path in sorted((folder / "qrels").glob("*.tsv"))}
    if split is None:
        split = "test" if "test" in there or len(there) != 1 else next(iter(there))
    if split not in there:
        offer = f"It has: {', '.join(there)}." if there else "It has none: put judgments into qrels/test.tsv."
        raise EvaluationError(f"{folder}/qrels/{split}.tsv does not exist. {offer}")
    return there[split]


def _beir_queries(path: Path) -> dict[str, Question]:
    found = {}
    for line, record in _records(path, BEIR_LINE):
        if "_id" not in record or "text" not in record:
            raise _bad(path, line, "no _id or no text", BEIR_LINE)
        history = _history(path, line, record, BEIR_LINE)
        found[str(record["_id"])] = Question(str(record["_id"]), str(record["text"]), history=history)
    return found


def _topics(path: Path) -> dict[str, Question]:
    """Return by id the questions of TREC's <top> blocks (title), JSON lines as in BEIR, or lines `id TAB text`."""
    text = _text(path)
    if blocks := _TOPIC.findall(text):
        return {found.id: found for found in (_topic(path, block) for block in blocks)}
    if path.suffix == ".jsonl":
        return _beir_queries(path)
    topics = {}
    for line, content in enumerate(text.splitlines(), 1):
        if content.strip():
            number, tab, words = content.partition("\t")
            if not tab or not words.strip():
                raise _bad(path, line, "no tab between an id and a question", "301<TAB>international organized crime")
            topics[number.strip()] = Question(number.strip(), words.strip())
    return topics


def _topic(path: Path, block: str) -> Question:
    number, title = _NUMBER.search(block), _TITLE.search(block)
    if number is None or title is None or not title[1]:
        raise EvaluationError(f"{path}: a topic lacks <num> or <title>: {' '.join(block.split())[:80]!r}")
    return Question(number[1], " ".join(title[1].split()))


def _qrels(path: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """Return question id -> document id -> (grade, line), of TREC's four columns or BEIR's three with a header."""
    judged: dict[str, dict[str, tuple[int, int]]] = {}
    for line, content in enumerate(_text(path).splitlines(), 1):
        columns = content.split("\t") if content.count("\t") >= 2 else content.split()
        if not columns or (line == 1 and columns[-1].strip() in ("score", "relevance", "rel")):
            continue
        try:
            question, document, grade = (columns[0], columns[-2], int(float(columns[-1])))
        except (IndexError, ValueError):
            raise _bad(path, line, f"{content[:60]!r} does not end in a grade", "q1 0 document-7 1") from None
        if len(columns) not in (3, 4):
            raise _bad(path, line, f"{len(columns)} columns", "q1 0 document-7 1")
        judged.setdefault(question.strip(), {})[document.strip()] = (grade, line)
    return judged


def _joined(
    source: str, asked: Mapping[str, Question], qrels: Mapping[str, Mapping[str, tuple[int, int]]], judgments: Path
) -> Questions:
    """Return the questions that have a positive judgment, ordered by id."""
    items = []
    for question, judged in sorted(qrels.items()):
        grades = {document: grade for document, (grade, _) in judged.items() if grade > 0}
        if grades and question not in asked:
            line = next(iter(judged.values()))[1]
            raise EvaluationError(f"{judgments}:{line}: judges {question!r}, a question that {source} lacks.")
        if grades:
            items.append(replace(asked[question], grades=grades))
    return Questions(source, "document", tuple(items))


# --- files --------------------------------------------------------------------------------------------------


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path}: is no UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror}.") from error


def _records(path: Path, example: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line, object) of JSON lines; empty lines are passed over."""
    for line, content in enumerate(_text(path).split("\n"), 1):
        if content.strip():
            try:
                record = json.loads(content)
            except ValueError as error:
                raise _bad(path, line, f"no JSON: {error}", example) from error
            if not isinstance(record, dict):
                raise _bad(path, line, "no JSON object", example)
            yield line, record


def _bad(path: Path, line: int, what: str, example: str) -> EvaluationError:
    return EvaluationError(f"{path}:{line}: {what}. A line looks like {example}")
