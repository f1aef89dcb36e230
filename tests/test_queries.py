"""Questions and queries: what each becomes, and that nothing fails."""

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from searchkit.errors import QueryError
from searchkit.queries import parse
from searchkit.queries.function_words import function_words
from searchkit.queries.highlight import query_terms
from searchkit.queries.parsing import LONGEST_QUERY
from searchkit.queries.syntax import NOTHING, Boolean, DateRange, Fuzzy, Phrase, Prefix, Term, Wildcard
from searchkit.queries.words import MAX_CLAUSES, PART_BOOST, PHRASE_BOOST
from searchkit.text.analysis import Analyzer

ENGLISH = Analyzer()
SIGNS = st.text("\"'()[]{}*?~^:-+&|\\/.,<>= abc12 ÄßÑ東京😀\n\t\x00", max_size=60)
SYNTAX = (
    'vietnam,tariffs,The,AND,OR,NOT,-china,"south,china","south china",(,),-(,",title:,title:rice,date:,date:2024,'
    "date:[2024,TO,],date:soon,analy*,wom?n,vietnm~,x~9,~5,^2,rice^2,*,?,COVID-19,R&D,東京都"
)
BITS = st.sampled_from(SYNTAX.split(","))
QUERIES = SIGNS | st.lists(BITS, max_size=12).map(" ".join) | st.text()


def tree(query, language="en"):
    return parse(query, Analyzer(language)).tree


def any_of(*queries):
    return Boolean(should=queries)


def words(*terms):
    return any_of(*map(Term, terms))


def leaves(query):
    if isinstance(query, Boolean):
        return [leaf for child in (*query.must, *query.should, *query.must_not) for leaf in leaves(child)]
    return [query]


def day(text):
    return date.fromisoformat(text)


# Plain questions


def test_a_plain_question_asks_for_any_of_its_words():
    parsed = parse("Will rice exports from Vietnam grow?", ENGLISH)
    assert parsed.tree == words("rice", "export", "vietnam", "grow")
    assert parsed.text == "Will rice exports from Vietnam grow?"
    assert (parsed.warnings, parsed.advanced) == ((), False)


def test_one_word_is_a_term_and_no_word_is_nothing():
    assert tree("tariffs?") == Term("tariff")
    assert parse(" *** ", ENGLISH).tree == NOTHING
    assert parse(" *** ", ENGLISH).text == ""


def test_a_word_said_twice_is_asked_once():
    assert tree("rice, rice and RICE exports") == words("rice", "export")


@pytest.mark.parametrize("query", ["why does rice -china grow", "How is rice -china?", "what is rice -china -china"])
def test_a_minus_in_a_question_names_an_option_and_leaves_nothing_out(query):
    parsed = parse(query, ENGLISH)
    assert {"rice", "china"} <= set(query_terms(parsed.tree))
    assert not parsed.advanced
    assert parsed.warnings[0].startswith("-china")
    assert parsed.warnings[0].endswith("to leave a word out, write NOT before it")


@pytest.mark.parametrize(
    "query", ["rice -china", "what about rice NOT china", 'what about "rice" -china', "whatever -china"]
)
def test_a_minus_elsewhere_and_not_leave_a_word_out(query):
    parsed = parse(query, ENGLISH)
    assert parsed.tree.must_not == (Term("china"),)
    assert parsed.warnings in ((), ("the query only says what is not wanted, so nothing ranks the rest",))


def test_a_strict_question_with_a_minus_leaves_a_word_out():
    assert parse("what is rice -china", ENGLISH, strict=True).tree.must_not == (Term("china"),)


def test_function_words_stay_when_there_are_no_others():
    assert tree("to be or not to be") == words("to", "be", "or", "not")
    assert tree("who is it?") == words("who", "is", "it")


def test_names_that_look_like_function_words_stay():
    assert query_terms(tree("what did WHO tell the US?")) == ["who", "tell", "us"]
    assert tree("songs by The Who") == words("song", "the", "who")


def test_function_words_are_those_of_the_language():
    assert tree("die Zölle der Regierung", "de") == words("zoll", "regier")
    assert tree("der Zoll", "none") == words("der", "zoll")
    assert function_words("xx") == frozenset()
    assert function_words("nb") == function_words("no")


def test_a_compound_asks_for_its_parts_and_for_them_side_by_side():
    assert tree("IL-6") == any_of(
        Term("il", boost=PART_BOOST), Term("6", boost=PART_BOOST), Phrase(("il", "6"), boost=PHRASE_BOOST), Term("il6")
    )
    assert Phrase(("r", "d"), slop=1, boost=PHRASE_BOOST) in leaves(tree("R&D spending"))
    assert tree("covid19") == any_of(Term("covid19"), Phrase(("covid", "19")))


def test_an_address_is_no_compound():
    assert tree("one/two/three/four/five/six") == words("one", "two", "three", "four", "five", "six")


def test_chinese_and_japanese_ask_for_pairs_and_for_a_lone_character():
    assert tree("東京都", "ja") == words("東京", "京都")
    assert tree("猫") == Prefix("猫")


@pytest.mark.parametrize(
    "question",
    [
        "What's R&D's cost? -- 1.0.21",
        "What about a/b: x?",
        "Is it -5 degrees - or less -- there?",
        "What is x^2 + y^2 (roughly)?",
        "really? yes",
        "http://example.com/page?id=7",
        "note: unknown:field",
        "2*3 and **bold** and f**k",
        "a 5\" x 6\" board, the '90s, rock 'n' roll",
        "cats and dogs or mice, not rats",
        "Portland, OR",
        "~5 minutes, 10~20",
        ":) ;-) <b> {x} [y]",
        "Privatpersonen und -organisationen",
        "TO BE OR NOT TO BE",
        "AND",
        '\\ back \\" slash',
    ],
)
def test_punctuation_of_a_plain_question_is_no_syntax(question):
    parsed = parse(question, ENGLISH, strict=True)
    assert (parsed.text, parsed.warnings, parsed.advanced) == (question, (), False)
    assert {term for leaf in leaves(parsed.tree) for term in getattr(leaf, "terms", None) or (leaf.text,)} <= {
        *ENGLISH.terms(question),
        *ENGLISH.terms(question.replace("-", "")),
    }


def test_a_long_text_is_cut_with_a_warning():
    parsed = parse(" ".join(f"word{number}x" for number in range(20_000)), ENGLISH)
    assert len(parsed.tree.should) == MAX_CLAUSES
    assert parsed.warnings == (f"only the first {MAX_CLAUSES} different words were looked up",)


def test_a_pasted_text_with_syntax_is_plain_with_a_warning():
    text = "rice AND " * LONGEST_QUERY
    parsed = parse(text, ENGLISH)
    assert parsed.tree == Term("rice")
    assert "takes no syntax" in parsed.warnings[0]


def test_plain_questions_do_not_load_whoosh():
    code = (
        "import sys; from searchkit.queries import parse; from searchkit.text.analysis import Analyzer;"
        "parse('What did analysts say: R&D (2024)?', Analyzer()); print('whoosh' in sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "False"


# Whoosh's language

RICE, CHINA = Term("rice"), Term("china")
JUNE = DateRange(day("2024-06-01"), day("2024-06-30"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"rice exports"', Phrase(("rice", "export"))),
        ('"rice exports"~5', Phrase(("rice", "export"), slop=5)),
        ('"rice exports"~1', Phrase(("rice", "export"), slop=1)),
        ("“rice exports”", Phrase(("rice", "export"))),
        ('"to be or not"', Phrase(("to", "be", "or", "not"))),
        ('"rice"', RICE),
        ("rice AND china", Boolean(must=(RICE, CHINA))),
        ("rice OR china", any_of(RICE, CHINA)),
        ("rice NOT china", Boolean(must=(RICE,), must_not=(CHINA,))),
        ("rice -china", Boolean(must=(RICE,), must_not=(CHINA,))),
        ('rice -"south china"', Boolean(must=(RICE,), must_not=(Phrase(("south", "china")),))),
        ("rice AND NOT china", Boolean(must=(RICE,), must_not=(CHINA,))),
        ("rice AND (china OR tea)", Boolean(must=(RICE, any_of(CHINA, Term("tea"))))),
        ("rice OR china AND tea", any_of(RICE, Boolean(must=(CHINA, Term("tea"))))),
        ("rice OR NOT china", any_of(RICE, Boolean(must_not=(CHINA,)))),
        ("rice (-china)", Boolean(must=(RICE,), must_not=(CHINA,))),
        ("NOT china", Boolean(must_not=(CHINA,))),
        ("title:rice", Term("rice", "title")),
        ("title:(rice china)", any_of(Term("rice", "title"), Term("china", "title"))),
        ('section:"rice exports"', Phrase(("rice", "export"), field="section")),
        ("-body:rice china", Boolean(must=(CHINA,), must_not=(Term("rice", "body"),))),
        ("rice^2 china", any_of(CHINA, Term("rice", boost=2.0))),
        ("(rice tea)^2 china", any_of(CHINA, Boolean(should=(RICE, Term("tea")), boost=2.0))),
        ('"rice exports"^1.5', Phrase(("rice", "export"), boost=1.5)),
        ("vietnm~", Fuzzy("vietnm")),
        ("vietnm~2", Fuzzy("vietnm", 2)),
        ("runing~", any_of(Fuzzy("runing"), Fuzzy("rune"))),
        ("東京~", Term("東京")),
        ("tarif*", Prefix("tarif")),
        ("running*", any_of(Prefix("running"), Term("run"))),
        ("city*", any_of(Prefix("city"), Term("citi"))),
        ("東京都*", Phrase(("東京", "京都"))),
        ("COVID-1*", Boolean(must=(Term("covid"), Prefix("1")))),
        ("wom?n", Wildcard("wom?n")),
        ("w*m?n*", Wildcard("w*m?n*")),
        ("*ology", any_of(Wildcard("*ology"), Wildcard("*olog"))),
        ("COVID-19 AND rice", Boolean(must=(any_of(Phrase(("covid", "19")), Term("covid19")), RICE))),
        ("rice -AT&T", Boolean(must=(RICE,), must_not=(Phrase(("at", "t"), slop=1),))),
        ("date:2024-06", JUNE),
        ('date:"2024-06"', JUNE),
        ("date:2024-06-18", DateRange(day("2024-06-18"), day("2024-06-18"))),
        ("date:2024", DateRange(day("2024-01-01"), day("2024-12-31"))),
        ("date:[2024-06-01 TO 2024-06-30]", JUNE),
        ("date:[2024-06 TO 2024-06]", JUNE),
        ("date:{2024-05 TO 2024-07}", JUNE),
        ("date:[2024-06 TO]", DateRange(day("2024-06-01"), None)),
        ("date:[TO 2024-06]", DateRange(None, day("2024-06-30"))),
        ("date:[* TO 2024-06]", DateRange(None, day("2024-06-30"))),
        ("date:>=2024-06", DateRange(day("2024-06-01"), None)),
        ("date:>2024-05", DateRange(day("2024-06-01"), None)),
        ("date:<2024-07", DateRange(None, day("2024-06-30"))),
        ("date:<=2024-06", DateRange(None, day("2024-06-30"))),
        ("date:2024-06 rice china", Boolean(must=(words("rice", "china"), JUNE))),
        ("date:2024-06 AND rice", Boolean(must=(JUNE, RICE))),
        ("date:(2024-06 OR 2024-06-01)", any_of(JUNE, DateRange(day("2024-06-01"), day("2024-06-01")))),
        ('who said "rice exports"', any_of(Term("said"), Phrase(("rice", "export")))),
        ("rice AND ***", RICE),
    ],
)
def test_a_query_becomes_its_tree(query, expected):
    parsed = parse(query, ENGLISH, strict=True)
    assert parsed.tree == expected
    assert not [warning for warning in parsed.warnings if "plain words" in warning]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("rice AND (china OR tea) NOT war", "rice china tea"),
        ('title:rice "South China"~3 -war^2', "rice South China"),
        ("analy* of vietnm~2 date:2024", "analy of vietnm"),
        ("date:2024", ""),
        ("-china", ""),
    ],
)
def test_the_embedder_reads_the_words_without_operators_exclusions_and_dates(query, text):
    assert parse(query, ENGLISH).text == text


@pytest.mark.parametrize("query", ['"rice exports"', "rice AND tea", "rice -tea", "title:rice", "date:2024", "ri*"])
def test_a_query_that_limits_is_advanced(query):
    assert parse(query, ENGLISH).advanced


@pytest.mark.parametrize("query", ['rice "south china"', "rice^2 tea", "rice tari*", "rice exports"])
def test_a_query_that_only_ranks_is_not_advanced(query):
    assert not parse(query, ENGLISH).advanced


def test_only_exclusions_are_warned_about():
    assert "only says what is not wanted" in parse("-china", ENGLISH).warnings[0]


@pytest.mark.parametrize(
    ("query", "wrong", "expected"),
    [
        ('who is "unbalanced', "quotation mark is not closed", Term("unbalanc")),
        ("(rice AND tea", "parenthesis is not closed", words("rice", "tea")),
        ("rice AND tea)", "closed that was not opened", words("rice", "tea")),
        ("rice AND", "operator stands first or last", RICE),
        ("OR rice", "operator stands first or last", RICE),
        ("rice NOT NOT tea", "operator lacks", words("rice", "tea")),
        ("rice~7", "7 edits", any_of(RICE, Term("7"))),
        ("date:>soon rice", "'soon' is no date", words("date", "soon", "rice")),
        ("date:[2024 TO 2023] rice", "ends before it begins", words("date", "2024", "2023", "rice")),
        ("date:[* TO *] rice", "needs a start or an end", words("date", "rice")),
        ("date:[soon rice", "soon' is no date", words("date", "soon", "rice")),
        ("date:(2024*) rice", "a date is written", words("date", "2024", "rice")),
        ("(" * 50 + "rice AND tea" + ")" * 50, "nest more than", words("rice", "tea")),
    ],
)
def test_a_malformed_query_is_plain_words_with_a_warning_or_an_error(query, wrong, expected):
    parsed = parse(query, ENGLISH)
    assert wrong in parsed.warnings[0]
    assert "plain words" in parsed.warnings[0]
    assert (parsed.text, parsed.tree) == (query, expected)
    with pytest.raises(QueryError, match=wrong):
        parse(query, ENGLISH, strict=True)


def test_capitals_alone_do_not_make_operators_of_a_sentence():
    assert tree("WHO AND WHAT IS A TARIFF") != Boolean(must=(Term("who"), Term("what")))
    assert tree("TO BE OR NOT TO BE") == words("to", "be", "or", "not")
    assert tree("RICE AND TEA") == Boolean(must=(RICE, Term("tea")))


# Whatever comes


@given(QUERIES)
@example("NOT NOT")
@example('"" ""~2 ^2 ~')
@example("title:title:date:2024 -(-(-x))")
@example("\ud800 rice\udfff")
def test_no_text_fails(query):
    parsed = parse(query, ENGLISH)
    parsed.text.encode("utf-8")
    for leaf in leaves(parsed.tree):
        assert isinstance(leaf, DateRange) or leaf.boost >= 0


@given(QUERIES)
def test_strict_raises_only_query_errors_and_otherwise_agrees(query):
    try:
        parsed = parse(query, ENGLISH, strict=True)
    except QueryError:
        assert parse(query, ENGLISH).warnings
    else:
        assert parsed == parse(query, ENGLISH)


@given(QUERIES)
def test_a_text_with_words_never_becomes_nothing(query):
    assert ENGLISH.terms(query) == [] or parse(query, ENGLISH).tree != NOTHING


@given(st.lists(st.sampled_from(["rice", "tea", "port", "東京", "ship", "C++", "Vietnam's"]), max_size=8))
def test_a_plain_question_is_any_of_its_terms(chosen):
    question = " ".join(chosen) + "?"
    expected = list(dict.fromkeys(term for word in chosen for term in ENGLISH.terms(word)[:1]))
    assert [leaf.text for leaf in leaves(tree(question))] == expected


@given(st.text("abc XYé‑'&.1", max_size=40))
def test_the_words_of_a_text_find_it(text):
    terms = set(ENGLISH.terms(text))
    asked = [leaf for leaf in leaves(parse(text, ENGLISH).tree) if isinstance(leaf, Term)]
    assert not asked or any(leaf.text in terms for leaf in asked)
