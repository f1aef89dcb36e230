"""Acronyms that are common words are told from them by their case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit import Document, Index
from searchkit.queries import parse
from searchkit.queries.acronyms import trusted_acronyms
from searchkit.queries.highlight import query_terms
from searchkit.queries.syntax import Term
from searchkit.storage.keywords import ENGINES
from searchkit.text.analysis import Analyzer


@pytest.fixture(params=ENGINES)
def index(tmp_path, request):
    with Index.create(tmp_path / "index", embedder="none", engine=request.param) as index:
        yield index


def found(index, query):
    return [hit.passage.doc_id for hit in index.search(query, mode="keyword")]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("What the WHO said, and who heard it.", ["WHO"]),
        ("U.S. exports to the U.S.A. and the E.U", ["US"]),
        ("an IT-department, US$5 and AIDS's cure", ["IT", "US", "AIDS"]),
        ("NASA and the GPU are what they are", []),
        ("I am A. Smith: MAX_SIZE, getID, COVID19, B2B", []),
        ("It is IMPORTANT to look", []),
        ("HOW IT WORKS\nThe engine starts.", []),
        ("WHO\nThe organisation.", ["WHO"]),
    ],
)
def test_words_in_capitals_are_acronyms_unless_their_line_is(text, terms):
    assert trusted_acronyms(text, Analyzer("en")) == terms


COMPETING = [
    ("WHO guidelines", "The WHO guidelines are new.", "Those who wrote the guidelines, and who read them, are here."),
    (
        "help from the IT department",
        "The IT department will help.",
        "It is a department for help, and it opens when it rains.",
    ),
    ("US exports", "Exports from the US grew.", "Exports help us, and give us work, which feeds us."),
    ("U.S. exports", "Exports from the US grew.", "Exports help us, and give us work, which feeds us."),
    ("AIDS research", "The research on AIDS goes on.", "The research aids sailors, and each one aids another."),
    ("a CAN bus", "The bus is a CAN.", "Who can take the bus can go, and can return."),
]


@pytest.mark.parametrize(("question", "acronym", "word"), COMPETING, ids=lambda text: text[:20])
def test_an_acronym_in_a_question_finds_the_acronym_before_the_word(index, question, acronym, word):
    index.add([Document("word", word), Document("acronym", acronym), Document("other", "The guidelines of a port.")])
    assert found(index, question)[0] == "acronym"


def test_what_is_not_written_in_capitals_finds_both(index):
    index.add([Document("word", "Those who wrote, and who read."), Document("acronym", "The WHO wrote.")])
    assert found(index, "who") == ["word", "acronym"]


def test_a_question_in_capitals_asks_what_the_same_asks_in_small_letters():
    analyzer = Analyzer("en")
    assert query_terms(parse("US TARIFFS", analyzer).tree) == ["us", "tariff"]
    assert not [leaf for leaf in parse("US TARIFFS", analyzer).tree.should if leaf.field]


def frequency(index, term):
    with index._reading() as view:
        return view.snapshot.keywords.document_frequency(term)


def test_a_title_or_a_heading_in_capitals_makes_its_words_no_acronyms(index, tmp_path):
    index.add([Document("heading", "Tariffs feed towns.", title="HOW IT HELPS US")])
    (tmp_path / "a.md").write_text("# About the port\n\n## ABOUT US\n\nWe are here.\n\n## HOW IT WORKS\n\nSo.\n")
    index.sync(tmp_path / "a.md")
    assert (frequency(index, "US"), frequency(index, "IT")) == (0, 0)
    index.add([Document("acronym", "Tariffs feed the US.", title="Exports of the US")])
    assert frequency(index, "US") == 1


def test_an_acronym_is_asked_for_beside_its_word_and_counted_once():
    tree = parse("what did WHO say", Analyzer("en")).tree
    assert Term("WHO", "section") in tree.should
    assert query_terms(tree) == ["who", "say"]


def test_no_written_word_becomes_the_term_of_an_acronym(index):
    index.add([Document("word", "Who can help us with it?")])
    assert [frequency(index, term) for term in ("WHO", "CAN", "US", "IT")] == [0, 0, 0, 0]


@given(st.lists(st.sampled_from(["IT", "WHO said", "so", "ÉTÉ", "straße", "1, 2; 3", "MUCH", "ß", "π"]), max_size=12))
def test_a_line_is_trusted_unless_most_of_its_letters_are_capitals(words):
    line = " ".join(["x", *words, "US"])
    letters = [letter for letter in line if letter.isalpha()]
    trusted = 2 * sum(letter.isupper() for letter in letters) <= len(letters)
    assert ("US" in trusted_acronyms(line, Analyzer("en"))) == trusted
