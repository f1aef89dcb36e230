"""Near duplicates: what differs in a fact is kept apart, harmless variants are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit import Document, Index
from searchkit.search.differences import Stated, says_no_more
from searchkit.search.facts import tokens
from tests.worlds import WordHashEmbedder

TEMPLATE = (
    "Employees who work in the office of {} are entitled to {} of paid annual leave in each calendar year, which {} be "
    "taken before {} of the following year, and unused days {} without compensation unless {} agreed otherwise in "
    "writing with the head of the department who keeps the records of absence for the whole of the company"
)
PLAIN = ("Madrid", "25 days", "must", "31 March", "expire", "Ms Solheim")
LEAVE = TEMPLATE.format(*PLAIN)


def variant(**changes: str) -> str:
    """The text with another word in one place: place0 to place5."""
    return TEMPLATE.format(*(changes.get(f"place{at}", word) for at, word in enumerate(PLAIN)))


def same(text: str, other: str) -> bool:
    return says_no_more(Stated(text), Stated(other))


DIFFERENT = [
    ("figure", LEAVE, variant(place1="26 days")),
    ("figure in words", LEAVE, variant(place1="twenty-six days")),
    ("unit", LEAVE, variant(place1="25 weeks")),
    ("percent", variant(place1="40 %"), variant(place1="30 %")),
    ("percent or not", variant(place1="40 %"), variant(place1="40 hours")),
    ("currency", variant(place1="€40"), variant(place1="$40")),
    ("decimal", variant(place1="2.5 days"), variant(place1="25 days")),
    ("sign", "The store keeps it at -5 °C for weeks", "The store keeps it at 5 °C for weeks"),
    ("scale", "It cost 3 million in all", "It cost 3 billion in all"),
    ("ordinal", "She came in first in the race", "She came in second in the race"),
    ("version", "It runs on B12 boards only", "It runs on B13 boards only"),
    ("name", LEAVE, variant(place0="Paris")),
    ("name that opens", "Madrid grants leave to all who ask", "Oslo grants leave to all who ask"),
    ("name that is a word as well", "He wrote “The March” in that year", "He wrote “The Do” in that year"),
    ("name taken back", "The office in Oslo pays", "The office in a city pays"),
    ("longer name", LEAVE, variant(place5="Ms Solheim-Berg")),
    ("day", LEAVE, variant(place3="30 March")),
    ("month", LEAVE, variant(place3="31 May")),
    ("month in another language", "payé le 14 juillet de chaque an", "payé le 14 août de chaque an"),
    ("year", "It was opened on 3 May 2019", "It was opened on 3 May 2021"),
    ("weekday", "It opens on Saturday at noon", "It opens on Sunday at noon"),
    ("time", "It opens at 10:30 each day", "It opens at 10:45 each day"),
    ("negation", LEAVE, variant(place4="do not expire")),
    ("contracted negation", LEAVE, variant(place4="don't expire")),
    ("negation taken away", variant(place4="never expire"), LEAVE),
    ("prefix that denies", "It is lawful to park there", "It is unlawful to park there"),
    ("modality", LEAVE, variant(place2="may")),
    ("opposite", "Prices rose in the south", "Prices fell in the south"),
    ("German negation", "Das gilt für Angestellte", "Das gilt nicht für Angestellte"),
    ("French negation", "Elle est payée", "Elle n'est pas payée"),
    ("figures that changed places", "from 10 in Oslo to 20 in Rome", "from 20 in Oslo to 10 in Rome"),
    ("names that changed places", "Smith beat Jones in the final", "Jones beat Smith in the final"),
    ("exception", "open to all employees", "open to all employees except interns"),
    ("Chinese", "员工每年有二十天假期", "员工每年有三十天假期"),
    ("Hindi", "दिल्ली में छुट्टी", "मुंबई में छुट्टी"),
    ("Hindi vowel sign", "यह की बात", "यह कि बात"),
    ("Arabic digits", "الإجازة ٢٥ يوما", "الإجازة ٢٦ يوما"),
]
ALIKE = [
    ("itself", LEAVE, LEAVE),
    ("case", LEAVE, LEAVE.upper()),
    ("punctuation and spaces", LEAVE, "  " + LEAVE.replace(",", " –").replace(" ", "  ") + "!"),
    ("quotes", "the so-called 'green' tea", "the so-called “green” tea"),
    ("thousands", "It costs 1,200 in all", "It costs 1200 in all"),
    ("percent", "It rose by 12 % then", "It rose by 12 percent then"),
    ("per cent", "It rose by twelve per cent then", "It rose by 12% then"),
    ("number word", "Give it twenty-five days", "Give it 25 days"),
    ("scale", "It cost 1.5 million", "It cost 1,500,000"),
    ("currency", "It cost $5 there", "It cost 5 dollars there"),
    ("date", "Due on 14 July 2024 at noon", "Due on July 14, 2024, at noon"),
    ("ISO date", "Due on 14 July 2024 at noon", "Due on 2024-07-14 at noon"),
    ("contraction", "It does not count", "It doesn't count"),
    ("apostrophe", "It doesn’t count", "It doesn't count"),
    ("accents", "the café in Malmö", "the cafe in Malmo"),
    ("synonym", "analysts warned that demand is weak", "economists warned that demand is weak"),
    ("filler", "they said it was late", "they said that it was rather late"),
    ("Chinese punctuation", "员工每年有二十天假期，不多", "员工每年有二十天假期 不多"),
]


@pytest.mark.parametrize(("_", "one", "two"), DIFFERENT, ids=[name for name, *_ in DIFFERENT])
def test_a_text_that_differs_in_a_fact_says_more(_, one, two):
    assert not same(two, one)


@pytest.mark.parametrize(("_", "one", "two"), ALIKE, ids=[name for name, *_ in ALIKE])
def test_a_harmless_variant_says_no_more(_, one, two):
    assert same(one, two)
    assert same(two, one)


def test_a_shorter_version_says_no_more_but_a_longer_one_does():
    longer = f"{LEAVE}. The office of Rome grants 30 days"
    assert same(LEAVE, longer)
    assert not same(longer, LEAVE)
    assert not same(LEAVE, f"{LEAVE}. This does not hold for trainees")


@given(st.text(), st.text())
def test_any_texts_can_be_compared(one, two):
    assert same(one, one)
    same(one, two)
    for token in tokens(one):
        assert 0 <= token.start < token.end <= len(one)
        assert all(token.values)


@pytest.fixture(scope="module")
def offices(tmp_path_factory):
    """Four offices whose leave differs, and a copy of one with other quotes and spaces."""
    with Index.create(tmp_path_factory.mktemp("offices") / "i", embedder=WordHashEmbedder()) as index:
        cities = ["Madrid", "Paris", "Oslo", "Rome"]
        index.add([Document(city, variant(place0=city, place1=f"{20 + at} days")) for at, city in enumerate(cities)])
        index.add([Document("copy", variant(place0="Oslo", place1="22  DAYS").replace("written", "written,"))])
        yield index


def test_a_search_and_a_context_keep_offices_apart_and_collapse_the_copy(offices):
    found = offices.search("annual leave", collapse=True)
    assert sorted({"Oslo" if hit.passage.doc_id == "copy" else hit.passage.doc_id for hit in found}) == [
        "Madrid", "Oslo", "Paris", "Rome",
    ]  # fmt: skip
    assert [hit.duplicates for hit in found if hit.duplicates] in ([("copy#0",)], [("Oslo#0",)])
    made = offices.context("annual leave", min_confidence=0)
    assert len(made.citations) == len(found) == 4
    assert [cited.duplicates for cited in made.citations if cited.duplicates] in ([("copy#0",)], [("Oslo#0",)])


def test_many_copies_and_variants_are_told_apart_at_any_depth(empty):
    """More than one batch of candidates: three variants, thirty copies of each."""
    empty.add([Document(f"{at}", variant(place1=f"{20 + at % 3} days") + " " * at) for at in range(90)])
    found = empty.search("annual leave", 5, collapse=True)
    assert len(found) == 3
    assert sum(len(hit.duplicates) for hit in found) == 87
