import re
import unicodedata
from bisect import bisect_right
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.text.splitting import Limits, places, split
from searchkit.types import Document, Mark


def words(texts):
    """Count a token for every word and every sign, as word-piece models roughly do."""
    return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def characters(texts):
    return [len(text) for text in texts]


def marked(text, *marks):
    """Return marks for parts of the text, each found by its words: (words, kind) or (words, kind, level)."""
    found = []
    for part, kind, *level in marks:
        start = text.index(part)
        found.append(Mark(start, start + len(part), kind, *level))
    return tuple(sorted(found))


def texts_of(text, *marks, limits=Limits(), count=words, **fields):  # noqa: B008 - frozen
    return [p.text for p in split(Document("d", text, marks=marked(text, *marks), **fields), limits, count)]


ONE = "The first paragraph says what happened on Monday."
TWO = "The second paragraph says who was there, and why."
THREE = "The third paragraph says what analysts make of it."


def test_paragraphs_end_at_blank_lines():
    assert texts_of(f"{ONE}\n\n{TWO}\n\n\n{THREE}\n") == [ONE, TWO, THREE]


@pytest.mark.parametrize(
    "blank", ["\n\n", "\r\n\r\n", "\r\r", "\n \t\n", "\n\u00a0\n", "\u2029", "\u2028\u2028", "\x85\x85", "\n\u3000\r\n"]
)
def test_any_line_of_only_white_space_is_blank(blank):
    assert texts_of(f"{ONE}{blank}{TWO}") == [ONE, TWO]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_one_line_end_is_no_blank_line(line_end):
    assert texts_of(f"{ONE}{line_end}{TWO}") == [f"{ONE}{line_end}{TWO}"]


def test_passage_knows_its_place():
    text = f"  {ONE}\n\n{TWO}\nIt goes on here for a second line.\n\n{THREE}"
    pages = (0, text.index(THREE))
    document = Document("news/a.txt", text, title="A title", metadata={"section": "WORLD"}, page_starts=pages)
    first, second, third = split(document, Limits(), words)
    assert (first.id, second.id, third.id) == ("news/a.txt#0", "news/a.txt#1", "news/a.txt#2")
    assert (first.start, first.line, first.end_line, first.page) == (2, 1, 1, 1)
    assert (second.line, second.end_line, second.page) == (3, 4, 1)
    assert (third.line, third.end_line, third.page, third.ordinal) == (6, 6, 2, 2)
    assert third.title == "A title"
    assert third.metadata is document.metadata


def test_document_without_pages_has_no_page():
    assert split(Document("d", ONE), Limits(), words)[0].page is None


def test_headings_become_the_section_path():
    text = f"# News\n{ONE}\n## Asia ##\n{TWO}\n# Sport\n{THREE}"
    marks = marked(text, ("# News", "heading", 1), ("## Asia ##", "heading", 2), ("# Sport", "heading", 1))
    passages = split(Document("d", text, marks=marks), Limits(), words)
    assert [(p.section, p.text) for p in passages] == [("News", ONE), ("News > Asia", TWO), ("Sport", THREE)]


def test_heading_of_many_lines_is_one_line_in_the_path():
    text = f"A long\n  heading\n=======\n\n{ONE}"
    marks = marked(text, ("A long\n  heading\n=======", "heading", 1))
    assert split(Document("d", text, marks=marks), Limits(), words)[0].section == "A long heading"


def test_caption_and_front_matter_are_in_no_passage():
    text = f"PARIS, June 18 — {ONE}\n\nA fox crosses a street.\n\n{TWO}"
    assert texts_of(text, ("PARIS, June 18 —", "front"), ("A fox crosses a street.", "caption")) == [ONE, TWO]


def test_document_of_only_a_caption_gives_the_caption():
    text = "Photo of the day\n\nBy A. Writer\n\nA fox crosses a street in the rain."
    caption = "A fox crosses a street in the rain."
    marks = (("Photo of the day", "heading", 1), ("By A. Writer", "front"), (caption, "caption"))
    assert texts_of(text, *marks) == [caption]


def test_document_of_only_headings_gives_the_headings():
    assert texts_of("Only a title", ("Only a title", "heading", 1)) == ["Only a title"]


@pytest.mark.parametrize("text", ["", " \n\n\t", "\u2029"])
def test_document_without_text_has_no_passages(text):
    assert texts_of(text) == []


def test_stray_label_goes_with_what_follows_and_stray_sentence_with_what_precedes():
    assert texts_of(f"{ONE}\n\nPhoto\n\n{TWO}") == [ONE, f"Photo\n\n{TWO}"]
    assert texts_of(f"{ONE}\n\nShares fell.\n\n{TWO}") == [f"{ONE}\n\nShares fell.", TWO]
    assert texts_of(f"{ONE}\n\n{TWO}\n\nA. Writer") == [ONE, f"{TWO}\n\nA. Writer"]


def test_stray_line_is_not_joined_across_a_heading():
    text = f"{ONE}\n\nNext\n\nShares fell.\n\nLast\n\n{TWO}"
    marks = (("Next", "heading", 1), ("Last", "heading", 1))
    assert texts_of(text, *marks) == [ONE, "Shares fell.", TWO]


def test_no_minimum_joins_nothing():
    assert texts_of(f"{ONE}\n\nPhoto\n\n{TWO}", limits=Limits(minimum=0)) == [ONE, "Photo", TWO]


def test_introduction_stands_with_its_list():
    text = f"{ONE}\n\nThe three candidates for the office are these:\n\n- Ann\n- Bob\n- Eve\n\n{TWO}"
    listed = "- Ann\n- Bob\n- Eve"
    assert texts_of(text, (listed, "list")) == [
        ONE,
        f"The three candidates for the office are these:\n\n{listed}",
        TWO,
    ]


def test_list_with_blank_lines_stays_whole_where_it_fits():
    listed = "1. Preheat the oven to 200 degrees.\n\n2. Bake the bread for an hour."
    assert texts_of(f"{ONE}\n\n{listed}\n\n{TWO}", (listed, "list")) == [ONE, listed, TWO]


def test_long_list_is_divided_between_items():
    items = [f"- item {n} is this. It goes\n  on" for n in range(8)]  # 9 tokens each
    listed = "\n".join(items)
    found = texts_of(listed, (listed, "list"), limits=Limits(18, 20))
    assert found == ["\n".join(items[n : n + 2]) for n in range(0, 8, 2)]


def test_list_without_signs_is_divided_between_lines():
    items = [f"item number {n} is this" for n in range(6)]
    listed = "\n".join(items)
    found = texts_of(listed, (listed, "list"), limits=Limits(10, 10))
    assert found == ["\n".join(items[n : n + 2]) for n in range(0, 6, 2)]


def test_long_table_is_divided_between_rows():
    rows = [f"| city {n}. Big | {n} |" for n in range(6)]  # 8 tokens each
    table = "\n".join(rows)
    assert texts_of(table, (table, "table"), limits=Limits(24, 24)) == ["\n".join(rows[:3]), "\n".join(rows[3:])]


def test_a_header_row_is_one_block_with_its_rows_and_leaves_room_in_the_pieces_below():
    header, rows = "city | people", [f"city {n} | {n} thousand" for n in range(6)]  # 3 and 5 tokens each
    table = "\n".join(rows)
    marks = ((header, "table", 1), (table, "table", 0))
    assert texts_of(f"{header}\n{table}", *marks, limits=Limits(100, 100)) == [f"{header}\n{table}"]
    found = texts_of(f"{header}\n{table}", *marks, limits=Limits(18, 18))
    assert found == ["\n".join([header, *rows[:2]]), "\n".join(rows[2:4]), "\n".join(rows[4:])]


def test_a_row_is_cut_only_if_it_alone_is_too_long_and_between_its_cells_then():
    rows = ["a b c d | e f g h", "i j | k l"]
    table = "\n".join(rows)
    assert texts_of(table, (table, "table"), limits=Limits(7, 7, 0)) == ["a b c d |", "e f g h", "i j | k l"]


def test_no_passage_crosses_a_page():
    text = f"Photo\n\n{ONE}\n\nPhoto\n\nOf a fox.\n\n{TWO}"
    second, third = text.index("Photo\n\nOf"), text.index(TWO)
    assert texts_of(text, page_starts=(0, second, third)) == [f"Photo\n\n{ONE}", "Photo\n\nOf a fox.", TWO]


def test_a_paragraph_or_table_that_goes_on_on_the_next_page_is_cut_there():
    rows = [f"city {n} | {n}" for n in range(4)]
    table = "\n".join(rows)
    start = table.index(rows[2])
    assert texts_of(table, (table, "table"), page_starts=(0, start)) == ["\n".join(rows[:2]), "\n".join(rows[2:])]
    assert texts_of(f"{ONE} {TWO}", page_starts=(0, len(ONE) + 1)) == [ONE, TWO]


def test_a_heading_of_white_space_ends_the_section_above():
    text = f"News\n\n{ONE}\n\n{TWO}"
    at = text.index(TWO)
    document = Document("d", text, marks=(Mark(0, 4, "heading", 1), Mark(at - 1, at, "heading", 1)))
    assert [p.section for p in split(document, Limits(), words)] == ["News", ""]


def test_long_code_is_divided_at_blank_lines():
    blocks = ["def f():\n    return 1", "def g():\n    return 2"]
    code = "\n\n".join(blocks)
    assert texts_of(code, (code, "code")) == [code]
    assert texts_of(code, (code, "code"), limits=Limits(10, 12)) == blocks


def test_long_paragraph_is_divided_evenly_at_sentence_ends():
    paragraph = [f"Sentence {n} has six words here." for n in range(6)]  # 7 tokens each
    text = " ".join(paragraph)
    limits = Limits(30, 36)
    assert texts_of(text, limits=limits) == [" ".join(paragraph[:3]), " ".join(paragraph[3:])]


def test_long_sentence_is_divided_at_clauses_then_words():
    text = "one two three four five, six seven eight nine ten, a b c d e f g h i j k l"
    assert texts_of(text, limits=Limits(8, 8)) == [
        "one two three four five,",
        "six seven eight nine ten,",
        "a b c d e f",
        "g h i j k l",
    ]


def test_only_a_word_over_the_maximum_is_cut():
    found = texts_of("short " + "x" * 20 + " word", limits=Limits(8, 10, 0), count=characters)
    assert found == ["short", "x" * 10, "x" * 10, "word"]


def test_cut_word_keeps_letters_with_their_marks():
    text = "e\u0301" * 9
    found = texts_of(text, limits=Limits(5, 5), count=characters)
    assert "".join(found) == text
    assert all(piece.startswith("e") for piece in found)


def test_chinese_is_divided_after_its_full_stops():
    text = "今天天气很好。我们去公园散步！你想一起来吗？当然可以。"
    found = texts_of(text, limits=Limits(14, 16), count=characters)
    assert found == ["今天天气很好。我们去公园散步！", "你想一起来吗？当然可以。"]


def test_thai_is_divided_at_spaces():
    text = "ฉันชอบอ่านหนังสือ เขาไปตลาด"
    assert texts_of(text, limits=Limits(18, 18), count=characters) == text.split()


def test_short_texts_are_never_counted():
    def refuse(texts):
        raise AssertionError(texts)

    assert texts_of(f"{ONE}\n\n{TWO}", count=refuse) == [ONE, TWO]


def test_marks_out_of_order_or_range_do_no_harm():
    document = Document("d", f"{ONE}\n\n{TWO}", marks=(Mark(0, 5, "list"), Mark(3, 9, "table"), Mark(90, 999, "code")))
    found = "".join(p.text for p in split(document, Limits(), words))
    assert re.sub(r"\s", "", found) == re.sub(r"\s", "", document.text)


@pytest.mark.parametrize("limits", [(0, 10, 1), (20, 10, 1), (5, 10, -1)])
def test_impossible_limits_are_refused(limits):
    with pytest.raises(ValueError, match="target <= maximum"):
        Limits(*limits)


ALPHABET = st.one_of(
    st.sampled_from(list("ab A.:!?,\"'”。\n\n\n \t\r\x85\x1c\u2028\u2029\u200b\u0301\u200d👍🏽é한글ไทย中文|-*#1")),
    st.characters(),
)
KINDS = ("heading", "caption", "front", "list", "table", "code")


@st.composite
def documents(draw):
    text = "".join(draw(st.lists(ALPHABET, max_size=120)))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    marks = [
        Mark(start, end, draw(st.sampled_from(KINDS)), draw(st.integers(0, 3)))
        for start, end in pairwise(cuts)
        if draw(st.booleans())
    ]
    pages = tuple(sorted(draw(st.sets(st.integers(0, len(text)), max_size=3))))
    return Document("d", text, marks=tuple(marks), page_starts=pages)


@st.composite
def some_limits(draw):
    maximum = draw(st.integers(1, 30))
    return Limits(draw(st.integers(1, maximum)), maximum, draw(st.integers(0, 4)))


def squared(texts):
    """Count as no sane model does: two texts together have more tokens than apart, yet one character has one."""
    return [min(len(text), len(text.split()) ** 2) for text in texts]


COUNTERS = st.sampled_from([words, characters, squared])


@given(documents(), some_limits(), COUNTERS)
def test_passages_are_ordered_pieces_of_the_text_and_none_is_too_long(document, limits, count):
    passages = split(document, limits, count)
    assert [p.ordinal for p in passages] == list(range(len(passages)))
    assert all(a.end <= b.start for a, b in pairwise(passages))
    for p in passages:
        assert document.text[p.start : p.end] == p.text == p.text.strip() != ""
        assert count([p.text])[0] <= limits.maximum
        assert p.line == document.text.count("\n", 0, p.start) + 1
        assert p.end_line == document.text.count("\n", 0, p.end) + 1
        pages = document.page_starts
        assert p.page == (max(1, bisect_right(pages, p.start)) if pages else None)
        assert bisect_right(pages, p.start) == bisect_right(pages, p.end - 1)


@given(documents(), some_limits(), COUNTERS)
def test_every_character_of_the_text_is_in_one_passage_and_none_of_the_rest(document, limits, count):
    hidden = {
        offset
        for mark in document.marks
        if mark.kind in ("heading", "caption", "front")
        for offset in range(mark.start, mark.end)
    }
    wanted = [n for n, character in enumerate(document.text) if not character.isspace() and n not in hidden]
    covered = [
        n for p in split(document, limits, count) for n in range(p.start, p.end) if not document.text[n].isspace()
    ]
    if wanted:
        assert covered == wanted
    else:
        assert bool(covered) == bool(document.text.strip())


def syllables(texts):
    """Count the letters that Korean syllables are written with, as a model that takes them apart."""
    return [len(unicodedata.normalize("NFD", text)) for text in texts]


def octets(texts):
    """Count bytes, as models do that know no other pieces of a rare script."""
    return [len(text.encode()) for text in texts]


@pytest.mark.parametrize(("text", "count"), [("한국어 " * 9, syllables), ("茶 " * 20, octets), ("𝒳 " * 12, octets)])
def test_a_text_of_fewer_characters_than_the_maximum_may_still_have_too_many_tokens(text, count):
    limits = Limits(20, 40)
    assert len(text.strip()) <= limits.maximum < count([text.strip()])[0]
    found = texts_of(text, limits=limits, count=count)
    assert max(count(found)) <= limits.maximum
    assert " ".join(found) == text.strip()


@given(st.text("ab. \n\r\x85\u2028é", max_size=40), st.integers(1, 8))
def test_a_text_of_one_line_divides_as_any_other(text, maximum):
    limits = Limits(target=maximum, maximum=maximum)
    nothing = Mark(len(text), len(text), "caption")  # with which the text is looked at in full
    assert places(text, (), limits, characters) == places(text, (nothing,), limits, characters)
