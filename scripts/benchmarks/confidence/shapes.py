"""Small collections of one topic, written by rules: a catalogue, frequent questions, tickets, a manual.

What confidences are fitted on must have the shapes that people index, and judged collections have but one of them:
many documents on many subjects. Each of these has documents, and questions with the documents or quotes that answer
them. The words of a question are not those of the text wherever a person would choose others.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from searchkit.evaluation.questions import Question, Quote
from searchkit.types import Document, Mark


class Shape(NamedTuple):
    """A collection: its name, its documents, and questions with grades or quotes."""

    name: str
    documents: list[Document]
    questions: list[Question]


def shapes(seed: int = 0) -> Iterator[Shape]:
    """Yield every collection."""
    for number, goods in enumerate(GOODS):
        yield catalogue(goods, random.Random(seed + number))
    for name, entries in written().items():
        yield from frequent(name, entries)
    for number, desk in enumerate(DESKS):
        yield tickets(desk, random.Random(seed + number))


# --- a catalogue -------------------------------------------------------------------------------------------------


class Goods(NamedTuple):
    """What a catalogue sells: kinds, makes, a code, a row of text, and questions about {kind} {make} {code} {a} {b}."""

    name: str
    kinds: tuple[str, ...]
    makes: tuple[str, ...]
    code: str
    row: str
    questions: tuple[str, ...]
    title: str = ""


GOODS = (
    Goods(
        "lamps",
        ("floor lamp", "desk lamp", "pendant", "spotlight", "lantern", "wall light", "string of lights"),
        ("oak", "brass", "linen", "glass"),
        "LX-{n}",
        "{make} {kind} {code}: {a} watts, {b} cm high, dimmable. Price {c} euros, delivery in {d} working days.",
        (
            "What does {code} cost?", "{code}", "How tall is the {make} {kind} {code}?", "price of {code}",
            "Is the {kind} {code} dimmable?", "How many watts has {code}?", "How long until {code} is delivered?",
            "Do you sell a {make} {kind}?",
        ),
    ),
    Goods(
        "pumps",
        ("centrifugal pump", "gear pump", "check valve", "pressure gauge", "flow meter", "coupling", "shaft seal"),
        ("stainless", "cast iron", "bronze"),
        "{n}-{m}",
        "Part {code}\nType: {make} {kind}\nConnection: DN {a}\nMaximum pressure: {d} bar\nWeight: {b} kg\nPrice: {c}",
        (
            "Which pressure does part {code} stand?", "{code}", "weight of {code}", "What is part number {code}?",
            "How much is the {make} {kind} {code}?", "What size is the connection of {code}?",
            "Which {kind} is made of {make} metal?",
        ),
        "{kind} {code}",
    ),
    Goods(
        "seeds",
        ("tomato", "pumpkin", "lettuce", "carrot", "radish", "bean", "pea", "beetroot", "spinach"),
        ("early", "giant", "dwarf", "heirloom"),
        "S{n}",
        "The {make} {kind} (order number {code}) is sown from March on, {d} cm deep and {a} cm apart, and can be "
        "harvested after {b} days. A bag holds enough for {c} plants.",
        (
            "How deep is the {make} {kind} sown?", "When can I harvest {code}?", "order number {code}",
            "How many plants does a bag of {code} give?", "How far apart should {kind} seeds be?", "{make} {kind}",
        ),
        "{make} {kind}",
    ),
)  # fmt: skip


def catalogue(goods: Goods, draw: random.Random, size: int = 90) -> Shape:
    """Return a catalogue: each row a document, all alike but for a few words and figures."""
    documents, questions = [], []
    rows = []
    for number in range(size):
        code = goods.code.format(n=draw.randint(100, 999), m=draw.randint(10, 99))
        facts = {
            "kind": goods.kinds[number % len(goods.kinds)], "make": draw.choice(goods.makes), "code": code,
            "a": draw.randint(5, 80), "b": draw.randint(20, 150), "c": draw.randint(9, 480), "d": draw.randint(2, 16),
        }  # fmt: skip
        rows.append(facts)
        documents.append(Document(f"{goods.name}/{number}", goods.row.format(**facts), goods.title.format(**facts)))
    for number, facts in enumerate(draw.sample(rows, min(60, size))):
        text = goods.questions[number % len(goods.questions)]
        named = [name for name in ("code", "make", "kind") if f"{{{name}}}" in text]
        if "code" in named:
            named = ["code"]
        fits = [at for at, row in enumerate(rows) if all(row[name] == facts[name] for name in named)]
        grades = {documents[at].id: 1 for at in fits}
        questions.append(Question(f"{goods.name}/q{number}", text.format(**facts), grades))
    return Shape(f"catalogue of {goods.name}", documents, questions)


# --- tickets -----------------------------------------------------------------------------------------------------


class Desk(NamedTuple):
    """What a help desk hears: things with what goes wrong, causes with what helped."""

    name: str
    number: str
    troubles: tuple[tuple[str, str], ...]
    causes: tuple[tuple[str, str], ...]
    people: tuple[str, ...]
    questions: tuple[str, ...]


DESKS = (
    Desk(
        "office",
        "INC{n}",
        (
            ("VPN", "drops the connection after the laptop wakes up"), ("printer", "prints blank pages"),
            ("mail client", "asks for the password every few minutes"), ("badge reader", "does not open the side door"),
            ("projector", "shows a green picture"), ("payroll portal", "rejects time sheets from last month"),
            ("headset", "is not found by the phone software"), ("shared drive", "is missing after logging in"),
        ),
        (
            ("an outdated driver", "installed version 14.2"), ("an expired certificate", "renewed the certificate"),
            ("a loose cable", "replaced the cable"), ("a wrong group membership", "added the user to the right group"),
            ("a full disk", "deleted old logs"), ("a firewall rule", "opened port 8443"),
        ),
        ("Okafor", "Lindqvist", "Moreau", "Tanaka", "Petrov", "Silva", "Haddad", "Novak", "Byrne", "Castillo"),
        (
            "How was {number} solved?", "Why did the {thing} fail for {person}?", "{number}",
            "What did {person} report about the {thing}?", "Who had trouble with the {thing}?",
            "What helped when the {thing} {trouble}?",
        ),
    ),
    Desk(
        "shop",
        "#{n}",
        (
            ("parcel", "arrived two weeks late"), ("refund", "has not been paid"), ("voucher", "was not accepted"),
            ("bicycle", "came without pedals"), ("kettle", "leaks at the bottom"), ("invoice", "shows a wrong address"),
            ("subscription", "was charged twice"), ("jacket", "has a broken zip"),
        ),
        (
            ("a strike of the carrier", "sent the goods again"), ("a mistake in the warehouse", "gave a credit"),
            ("a wrong bank account", "corrected the account and paid"), ("a faulty batch", "sent a replacement"),
            ("a duplicate order", "cancelled the second order"),
        ),
        ("Mrs Adler", "Mr Bianchi", "Ms Chowdhury", "Mr Dubois", "Mrs Eriksen", "Mr Farouk", "Ms Grant", "Mr Horvath"),
        (
            "What happened to the {thing} of {person}?", "complaint {number}", "Which cause had {number}?",
            "Did {person} get any money back for the {thing}?", "{thing} {trouble}",
        ),
    ),
)  # fmt: skip


def tickets(desk: Desk, draw: random.Random, size: int = 80) -> Shape:
    """Return a help desk's tickets: a question is answered by all tickets that have what it names."""
    rows, documents = [], []
    for at in range(size):
        (thing, trouble), (cause, cure) = desk.troubles[at % len(desk.troubles)], draw.choice(desk.causes)
        row = {"number": desk.number.format(n=draw.randint(1000, 9999)), "thing": thing, "trouble": trouble}
        row |= {"person": draw.choice(desk.people), "cause": cause, "cure": cure}
        rows.append(row)
        text = (
            "{person} reports that the {thing} {trouble}. We looked into it on {day} March and found {cause}. "
            "The team {cure}; closed after {hours} hours."
        ).format(**row, day=draw.randint(1, 28), hours=draw.randint(1, 72))
        documents.append(Document(f"{desk.name}/{at}", text, f"Ticket {row['number']}"))
    questions = []
    for number, row in enumerate(draw.sample(rows, 50)):
        text = desk.questions[number % len(desk.questions)]
        named = [name for name in ("number", "thing", "person", "trouble") if f"{{{name}}}" in text]
        fits = [at for at, other in enumerate(rows) if all(other[name] == row[name] for name in named)]
        grades = {documents[at].id: 1 for at in fits}
        questions.append(Question(f"{desk.name}/q{number}", text.format(**row), grades))
    return Shape(f"tickets of a {desk.name}", documents, questions)


# --- frequent questions, and a manual ----------------------------------------------------------------------------

Entry = tuple[str, str, str]  # heading, text, and what somebody asks who has not read it
WRITTEN = Path(__file__).with_name("frequent.jsonl")


def written() -> dict[str, list[Entry]]:
    """Return the entries of each set in the file."""
    found: dict[str, list[Entry]] = {}
    for line in WRITTEN.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        found.setdefault(entry["set"], []).append((entry["heading"], entry["text"], entry["question"]))
    return found


def frequent(name: str, entries: list[Entry]) -> Iterator[Shape]:
    """Yield the same texts as a document each, with headings as titles; as one of paragraphs; under headings."""
    files = [Document(f"{name}/{at}", text, heading) for at, (heading, text, _) in enumerate(entries)]
    whole = [Document(name, "\n\n".join(f"{heading}\n{text}" for heading, text, _ in entries), name)]
    for kind, documents in (("in files", files), ("in one", whole), ("under headings", [headed(name, entries)])):
        questions = [
            Question(f"{name}/q{at}-{form}", asked, quotes=(Quote(documents[min(at, len(documents) - 1)].id, text, 1),))
            for at, (heading, text, question) in enumerate(entries)
            for form, asked in enumerate((question, heading))
        ]
        yield Shape(f"{name}, {kind}", documents, questions)


def headed(name: str, entries: list[Entry]) -> Document:
    """Return the same texts as one document, each under its heading."""
    parts, marks, at = [], [], 0
    for heading, text, _ in entries:
        marks.append(Mark(at, at + len(heading), "heading", 2))
        parts.append(f"{heading}\n\n{text}\n\n")
        at += len(parts[-1])
    return Document(name, "".join(parts), name, marks=tuple(marks))
