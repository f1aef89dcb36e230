"""Text to index terms: scripts, spellings, offsets."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from searchkit.text import analysis
from searchkit.text.analysis import Analyzer, fold, is_unspaced

ENGLISH = Analyzer()
ANY_TEXT = st.text() | st.text("aBé'’.,-+# &1_猫カﾊﾟไท한ئ\u0301\u00ad\u200d👍🏽()[]\"!?:;", max_size=40)


def same(*spellings, language="en"):
    analyzer = Analyzer(language)
    return len({tuple(analyzer.terms(spelling)) for spelling in spellings}) == 1


def test_words_are_lower_case_and_stemmed_in_order():
    assert ENGLISH.terms("The Tariffs were RISING, again") == ["the", "tariff", "were", "rise", "again"]


def test_no_word_is_left_out():
    assert ENGLISH.terms("to be or not to be: The Who") == ["to", "be", "or", "not", "to", "be", "the", "who"]


@pytest.mark.parametrize(
    ("written", "terms"),
    [
        ("COVID-19", ["covid", "19"]),
        ("R&D and AT&T", ["r", "d", "and", "at", "t"]),
        ("C++, C# (c++/c#)", ["c++", "c#", "c++", "c#"]),
        (".NET 3.5%", ["net", "3.5"]),
        ("1.0.21 v1.0.21 V2.0", ["1.0.21", "1.0.21", "2.0"]),
        ("3,5 and 1,2,3", ["3", "5", "and", "1", "2", "3"]),
        ("20th 5G 1990's", ["20th", "5g", "1990s"]),
        ("snake_case __init__", ["snake", "case", "init"]),
        ("end.Start of a@example.com", ["end", "start", "of", "a", "exampl", "com"]),
        ("vitamin D. A total", ["vitamin", "d", "a", "total"]),
        ("don't, we're, she'll", ["dont", "we", "she"]),
        ("👍🏽 yes", ["👍", "yes"]),
        ("½ ①", ["1", "2", "1"]),
    ],
)
def test_written_forms_become_terms(written, terms):
    assert ENGLISH.terms(written) == terms


@pytest.mark.parametrize(
    "spellings",
    [
        ("U.S.", "U.S", "US", "u.s.", "U.S.'s"),
        ("J. R. R. Tolkien", "J.R.R. Tolkien", "JRR Tolkien"),
        ("O'Brien", "O’Brien", "OBrien", "O'Brien's", "o’brien’s"),
        ("Vietnam's", "Vietnam’s", "Vietnam", "VIETNAM'S"),
        ("e-mail", "E-mail", "E-MAIL", "email", "e-mails"),
        ("1,000,000", "1000000", "1.000.000"),
        ("15mg", "15 mg"),
        ("café", "cafe", "cafe\u0301", "CAFÉ"),
        ("Straße", "STRASSE"),
        ("Việt Nam", "Viet Nam"),
        ("infor\u00admation", "information"),
        ("ＡＢＣ", "abc"),
        ("ﬁnd", "find"),
        ("ёлка", "елка"),
        ("مُحَمَّد", "محمد"),
        ("٢٠٢٤", "2024"),
        ("ﾊﾟﾝ", "パン"),
        ("한국", "한국"),
    ],
)
def test_spellings_of_one_word_become_the_same_terms(spellings):
    assert same(*spellings)


def test_a_character_that_stands_for_several_words_becomes_all_of_them():
    assert Analyzer("none").terms("ﷺ") == ["صلى", "الله", "عليه", "وسلم"]


def test_letters_with_a_mark_of_their_own_stay_apart():
    assert not same("мой", "мои", language="none")
    assert not same("か", "が")
    assert not same("की", "का", language="none")


def test_scripts_without_spaces_become_pairs_and_the_last_character():
    assert ENGLISH.terms("東京都の") == ["東京", "京都", "都の", "の"]
    assert ENGLISH.terms("ABC公司2023年") == ["abc", "公司", "司", "2023", "年"]
    assert ENGLISH.terms("ไทย") == ["ไท", "ทย", "ย"]
    assert ENGLISH.terms("한국어") == ["한국", "국어", "어"]


def test_an_unspaced_term_is_told_from_a_word():
    assert is_unspaced("東京")
    assert not is_unspaced("tokyo")
    assert not is_unspaced("токио")


@pytest.mark.parametrize(
    ("language", "spellings"),
    [
        ("de", ("Häuser", "Hauser", "haus")),
        ("fr", ("études", "étude", "etude")),
        ("fr", ("l'étude", "l étude", "L’étude")),
        ("ru", ("тарифы", "тарифов")),
        ("en", ("тарифы", "тарифов")),  # words of another script have the stemmer of their own
        ("ru", ("tariffs", "tariff")),
        ("zh", ("tariffs", "tariff")),
        ("es", ("canción", "canciones", "cancion")),
        ("pt-BR", ("tarifa", "tarifas")),
        ("sr", ("књига", "књиге")),
    ],
)
def test_each_language_has_its_stemmer(language, spellings):
    assert same(*spellings, language=language)


@pytest.mark.parametrize("language", ["none", "vi"])
def test_a_language_without_stemmer_keeps_words_whole(language):
    assert Analyzer(language).terms("Running tariffs") == ["running", "tariffs"]


def test_every_language_of_snowball_is_known():
    algorithms = {analysis._ALGORITHMS[code] for code in analysis._ALGORITHMS}
    assert algorithms == set(analysis.Stemmer.algorithms()) - {"porter", "dutch_porter"}
    assert all(Analyzer(code).terms("a") for code in analysis._ALGORITHMS)


def test_an_unknown_language_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'xx'.*none.*\bfr\b"):
        Analyzer("xx")


def test_the_name_tells_the_language_and_the_rules():
    assert Analyzer("en-US").name == Analyzer("en").name != Analyzer("de").name


def test_spans_lie_on_the_words_as_written():
    text = "Vietnam’s R&D: 1,000 cafés in 東京都"
    assert [(text[start:end], term) for start, end, term in ENGLISH.spans(text)] == [
        ("Vietnam’s", "vietnam"),
        ("R", "r"),
        ("D", "d"),
        ("1,000", "1000"),
        ("cafés", "cafe"),
        ("in", "in"),
        ("東京", "東京"),
        ("京都", "京都"),
        ("都", "都"),
    ]


def test_a_long_token_is_cut():
    assert ENGLISH.terms("x" * 10_000) == ["x" * analysis.LONGEST_TERM]


def test_normalize_folds_without_stemming():
    assert ENGLISH.normalize("Café's") == "cafe"
    assert ENGLISH.normalize("RUNNING") == "running"
    assert ENGLISH.normalize("C++") == "c++"


def test_a_full_cache_forgets_and_answers_the_same(monkeypatch):
    monkeypatch.setattr(analysis, "CACHE_SIZE", 2)
    monkeypatch.setattr(analysis, "TEXTS", 2)
    analyzer = Analyzer()
    text = "one two three, O'Brien and U.S. tariffs: one two three"
    assert analyzer.terms(text) == analyzer.terms(text) == ENGLISH.terms(text)


@given(ANY_TEXT)
def test_spans_are_ordered_not_empty_and_have_the_terms(text):
    spans = ENGLISH.spans(text)
    assert [term for _, _, term in spans] == ENGLISH.terms(text)
    assert all(0 <= start < end <= len(text) for start, end, _ in spans)
    assert all(before[0] <= after[0] and before[1] <= after[1] for before, after in pairwise(spans))


@given(ANY_TEXT, st.sampled_from(["en", "fr", "ru", "none"]))
@example("ﷺ", "en")
def test_a_term_is_one_short_word(text, language):
    for term in Analyzer(language).terms(text):
        assert term.split() == [term]
        assert len(term) <= analysis.LONGEST_TERM


@given(ANY_TEXT, ANY_TEXT)
def test_a_text_is_found_in_any_text_that_holds_it_as_a_line(text, other):
    whole = ENGLISH.terms(f"{other}\n{text}")
    part = ENGLISH.terms(text)
    assert whole[len(whole) - len(part) :] == part


@given(st.text("abcdefghij XYZéß", max_size=40))
def test_terms_do_not_depend_on_case(text):
    assert ENGLISH.terms(text) == ENGLISH.terms(text.upper()) == ENGLISH.terms(text.lower())


@given(ANY_TEXT)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(st.lists(st.sampled_from(["J.", "R.", "é.", "Tolkien", "a", "B.C.", "x,", "U.S.", "e-mail", "1.", "\n"])))
def test_words_that_cross_spaces_are_whole_in_a_bound_text(words):
    """Its parts between white space have the terms of the text, and their offsets."""
    text = " ".join(words)
    bound = ENGLISH.bound(text)
    assert ENGLISH.unbound(bound) == text
    spans = [
        (part.start() + start, part.start() + end, term)
        for part in re.finditer(r"\S+", bound)
        for start, end, term in ENGLISH.spans(ENGLISH.unbound(part[0]))
    ]
    assert spans == ENGLISH.spans(text)
    assert ENGLISH.terms(text) == [term for _, _, term in spans]
