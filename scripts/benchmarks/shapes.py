"""Small collections of one topic, written by rules: a catalogue, frequent questions, tickets, a manual.

What confidences are fitted on must have the shapes that people index, and judged collections have but one of them: many
documents on many subjects. Each of these has documents, and questions with the documents or quotes that answer them. The
words of a question are not those of the text wherever a person would choose others.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from searchkit.evaluation.questions import Question, Quote
from searchkit.types import Document


class Shape(NamedTuple):
    """A collection: its name, its documents, and questions with grades or quotes."""

    name: str
    documents: list[Document]
    questions: list[Question]


def shapes(seed: int = 0) -> Iterator[Shape]:
    """Yield every collection."""
    for number, goods in enumerate(GOODS):
        yield catalogue(goods, random.Random(seed + number))
    for name, entries in ANSWERS.items():
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
        "Part {code}\nType: {make} {kind}\nConnection: DN {a}\nMaximum pressure: {d} bar\nWeight: {b} kg\nList price: {c}",
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

# Heading, text, and what somebody asks who has not read it.
Entry = tuple[str, str, str]

BANK: tuple[Entry, ...] = (
    ("How do I open an account?", "Download our app, take a picture of your identity card and answer a short video call. The account is ready within a day.", "What do I need to become a customer?"),
    ("What does the account cost?", "The current account is free if at least 700 euros come in each month. Otherwise it is 4.90 euros a month.", "monthly fee"),
    ("I have lost my card. What now?", "Block it at once in the app under Cards, or call 116 116 at any hour. A new one is with you in four days.", "my wallet was stolen"),
    ("Can I withdraw cash abroad?", "Yes, free of charge in countries with the euro. Elsewhere we charge 1.75 percent of the amount.", "Is there a charge at a cash machine in Japan?"),
    ("How high is my overdraft?", "After three salaries we offer an overdraft of two monthly incomes. The interest rate is 9.8 percent.", "How far below zero can I go?"),
    ("When does a transfer arrive?", "Transfers within Europe take one working day, instant transfers ten seconds.", "How long until the money is there?"),
    ("How do I change my address?", "In the app under Profile, or in writing. We need no proof within the country.", "I have moved house"),
    ("Can two people share an account?", "Yes. A joint account is opened like any other, and both partners identify themselves.", "account for me and my wife"),
    ("What happens to my account when I die?", "Heirs send us the certificate of inheritance; the account then passes to them.", "death of an account holder"),
    ("How safe is my money?", "Deposits are guaranteed by law up to 100,000 euros a person.", "What if the bank goes bankrupt?"),
    ("How do I close my account?", "Write us a message in the app and name an account to which we may send what is left.", "I want to leave your bank"),
    ("Do you lend money for houses?", "We arrange mortgages from 50,000 euros with 23 partner banks. The advice is free.", "Can I finance a flat with you?"),
    ("Why was my payment declined?", "Most often the daily limit is reached. You can raise it in the app to 5,000 euros.", "card refused at the till"),
    ("Is there an account for children?", "From the age of seven, with a card that cannot be overdrawn. Parents must agree.", "My daughter is nine, can she have a card?"),
    ("How do I save for old age?", "Our savings plan starts at 25 euros a month and invests in index funds.", "investing small amounts regularly"),
)  # fmt: skip

LEAVE: tuple[Entry, ...] = (
    ("Annual leave", "Employees have 28 days of paid leave a year. Five of them may be carried over to the end of March.", "How many days of holiday do I get?"),
    ("Sick leave", "Tell your manager before nine in the morning. From the fourth day on we need a doctor's note.", "I am ill, what must I do?"),
    ("Parental leave", "Parents can stay at home for up to three years. Announce it seven weeks before it begins.", "having a baby"),
    ("Working from home", "Up to three days a week, if the team agrees. The office days are Tuesday and Thursday.", "Is remote work allowed?"),
    ("Business travel", "Trains are booked in second class, flights only above six hours on rails. Meals are paid by flat rate.", "Can I fly to the customer?"),
    ("Expenses", "Hand in receipts by the end of the month; they are paid with the next salary.", "When are my receipts reimbursed?"),
    ("Training", "Each employee has 1,500 euros and five days a year for courses and conferences.", "budget for conferences"),
    ("Company cars", "Sales staff may choose a car up to 45,000 euros. Private use is taxed at one percent.", "Which car can a salesman have?"),
    ("Notice periods", "During probation two weeks, afterwards three months to the end of a quarter.", "How do I quit?"),
    ("Dress code", "There is none, except for visits to customers in banking, where a jacket is expected.", "What should I wear?"),
    ("Laptops and phones", "Equipment is replaced every four years. Damage is reported to the help desk the same day.", "My notebook is broken"),
    ("Overtime", "Hours beyond forty a week go to a time account and are taken as free days within a year.", "Are extra hours paid?"),
    ("Pension scheme", "The company adds 20 percent to what you pay into the scheme, at most 150 euros a month.", "Does the employer contribute to retirement?"),
    ("Harassment", "Speak to the ombudswoman, who is bound to secrecy, or to the works council.", "Whom can I tell if a colleague bullies me?"),
)  # fmt: skip

MACHINE: tuple[Entry, ...] = (
    ("Installation", "Place the dishwasher on level ground and turn the four feet until it stands firmly. The hose must not be bent.", "How do I set it up?"),
    ("Water hardness", "Set the hardness with the left button. Level H4 is factory setting; ask your waterworks for the value.", "limescale adjustment"),
    ("Salt", "Fill two kilograms of salt into the container on the floor when the lamp S lights up, right before a wash.", "Which light says that salt is missing?"),
    ("Rinse aid", "Open the lid in the door and pour until the mark. Streaks on glasses mean too much of it.", "glasses come out with streaks"),
    ("Loading the baskets", "Plates stand below, cups hang above, knives lie in the drawer with their blades down.", "Where do cups go?"),
    ("Programs", "Eco needs 3 hours and 10 minutes at 50 degrees; Quick washes in 29 minutes at 45 degrees without drying.", "What is the fastest wash?"),
    ("Delayed start", "Hold Timer until the display shows the hours, up to 24. Opening the door stops the count.", "Can it begin at night?"),
    ("Cleaning the filter", "Turn the filter a quarter to the left, rinse it under running water and put it back once a month.", "It smells bad inside"),
    ("Error E15", "There is water in the base. Close the tap, pull the plug and call the service.", "What does E15 mean?"),
    ("Error E24", "The machine cannot pump out. Check whether the drain hose is bent or the siphon is blocked.", "water is not drained"),
    ("Child lock", "Press Start and Timer for three seconds; a key appears on the display.", "How do I keep kids from pressing buttons?"),
    ("Transport", "Empty the machine, let a program run for a minute and tip it to the front only.", "moving to a new flat"),
    ("Warranty", "Two years from purchase, five years on the motor. Keep the receipt.", "How long is it guaranteed?"),
    ("Technical data", "Height 81.5 cm, width 59.8 cm, 2,400 watts, 9.5 litres a wash in Eco.", "How much power does it draw?"),
)  # fmt: skip

ANSWERS = {"bank": BANK, "staff rules": LEAVE, "dishwasher": MACHINE}


def frequent(name: str, entries: tuple[Entry, ...]) -> Iterator[Shape]:
    """Yield the same texts as a document each, with headings as titles, and as one document of paragraphs."""
    files = [Document(f"{name}/{at}", text, heading) for at, (heading, text, _) in enumerate(entries)]
    whole = [Document(name, "\n\n".join(f"{heading}\n{text}" for heading, text, _ in entries), name)]
    for kind, documents in (("in files", files), ("in one", whole)):
        questions = [
            Question(f"{name}/q{at}-{form}", asked, quotes=(Quote(documents[min(at, len(documents) - 1)].id, text, 1),))
            for at, (heading, text, question) in enumerate(entries)
            for form, asked in enumerate((question, heading))
        ]
        yield Shape(f"{name}, {kind}", documents, questions)
