"""Web pages that are no articles: all of their main text, in pieces that belong together."""

import pytest

from searchkit.documents.blocks import Blocks
from searchkit.documents.tables import add_table
from searchkit.documents.webpage import read_html
from searchkit.text.splitting import Limits, split

LONG = "It was written down by the clerk of the guild in the evening, and read aloud to all the members on Sunday."


def page(body, head=""):
    return read_html(f"<html><head><title>Lock</title>{head}</head><body>{body}</body></html>", "a.html")


def marked(document, kind):
    return [document.text[mark.start : mark.end] for mark in document.marks if mark.kind == kind]


def test_questions_of_an_faq_stand_above_their_answers():
    asked = "".join(
        f"<details><summary>How do I reset alarm {n}?</summary><p>Hold {n}. {LONG}</p></details>" for n in "012"
    )
    document = page(f"<main><h1>Lock</h1>{asked}<p>Thanks.</p></main>")
    assert f"\n\nHow do I reset alarm 1?\nHold 1. {LONG}\n\n" in document.text
    assert document.text.endswith("\n\nThanks.")


def test_paragraphs_in_bold_type_are_headings_where_there_are_several():
    asked = "<p><strong>Is it open?</strong></p><p>At dawn.</p><p><b>Who</b> <b>may pass?</b></p><p>All boats.</p>"
    document = page(f"<main><h1>Sluice</h1>{asked}<p><b>Not</b> by night.</p></main>")
    assert marked(document, "heading") == ["Is it open?", "Who may pass?"]


def test_an_accordion_of_buttons_keeps_its_questions():
    document = page(
        "<main><h3><button>How do I pay?</button></h3><div hidden role=tabpanel><p>In cash.</p></div></main>"
    )
    assert marked(document, "heading") == ["How do I pay?"]
    assert "In cash." in document.text


def test_lines_in_cells_are_not_glued():
    document = page(
        "<main><table><caption>Hours</caption><tr><th>Day</th><th>Open</th><th>Who</th></tr><tr><td>Monday</td>"
        "<td><ul><li>08:00</li><li>14:00</li></ul></td><td>Ida<br>Nils</td></tr><tr><td>Tuesday</td>"
        "<td><p>closed</p><p>in June</p></td><td>Olga</td></tr></table></main>"
    )
    assert (
        document.text
        == "Hours\n\nDay | Open | Who\nMonday | 08:00; 14:00 | Ida; Nils\nTuesday | closed; in June | Olga"
    )
    assert [(mark.kind, mark.level) for mark in document.marks] == [("table", 1), ("table", 0)]


def test_a_cell_that_spans_rows_stands_in_each():
    document = page("<main><table><tr><td rowspan=2>Hue</td><td>1</td></tr><tr><td>2</td></tr></table></main>")
    assert document.text == "Hue | 1\nHue | 2"
    assert [(mark.kind, mark.level) for mark in document.marks] == [("table", 0)]


def test_a_table_of_nothing_but_bars_is_no_table():
    table = "<table><tr><td>|</td><td>|</td></tr><tr><td>|</td><td></td></tr></table>"
    document = page(f"{table}<p>The gate opens at dawn.</p>")
    assert document.text == "The gate opens at dawn."
    assert document.marks == ()


def test_marks_of_a_table_hold_where_accents_are_composed():
    blocks = Blocks()
    add_table(blocks, [["Cafe\u0301", "Tolls"], ["Quai de la Fore\u0302t", "5"]], header=True)
    document = blocks.document("a", "", {})
    assert [document.text[mark.start : mark.end] for mark in document.marks] == ["Café | Tolls", "Quai de la Forêt | 5"]


def test_terms_stand_with_what_they_mean():
    document = page(
        "<main><dl><dt>Sluice</dt><dd>A gate.</dd><dt>Lock</dt><dt>Chamber</dt><dd>A basin</dd></dl></main>"
    )
    assert document.text == "- Sluice: A gate.\n- Lock, Chamber: A basin"


def test_a_definition_of_several_blocks_is_read_as_blocks():
    document = page("<main><dl><dt>open(gate)</dt><dd><p>Opens it.</p><pre>open(1)\nopen(2)</pre></dd></dl></main>")
    assert document.text == "open(gate)\nOpens it.\n\nopen(1)\nopen(2)"
    assert marked(document, "code") == ["open(1)\nopen(2)"]


def test_items_with_code_are_read_as_blocks():
    document = page("<main><ol><li>Stop it:<pre>pump -x\npump -y</pre></li><li>Wait.</li></ol></main>")
    assert document.text == "Stop it:\n\npump -x\npump -y\n\nWait."


def test_pictures_and_their_captions_are_found():
    document = page(
        "<main><p>The gates.</p><figure><img src=a.png alt='Wiring of switch 14'><figcaption>Drawn by Ida</figcaption>"
        "</figure></main>"
    )
    assert document.text == "The gates.\n\nWiring of switch 14\n\nDrawn by Ida"
    assert [passage.text for passage in split(document, Limits(minimum=0), lambda texts: [len(t) for t in texts])] == [
        "The gates.",
        "Wiring of switch 14",
        "Drawn by Ida",
    ]


def test_a_short_page_keeps_its_lines():
    document = page("<h1>Lock</h1><p>One.</p><p>Two.</p><div>Three<div>Four</div></div>Five<br>Six")
    assert document.text == "Lock\n\nOne.\n\nTwo.\n\nThree\n\nFour\n\nFive\nSix"


def test_every_section_of_a_documentation_is_kept_and_navigation_is_not():
    sections = "".join(f"<section class='related'><h2>Part {n}</h2><p>{n} {LONG}</p></section>" for n in range(9))
    document = page(f"<nav><h2>Menu</h2><a>Home</a></nav><main><h1>Lock</h1>{sections}</main><footer>Imprint</footer>")
    assert marked(document, "heading") == [f"Part {n}" for n in range(9)]
    assert document.text.count(LONG) == 9
    (told,) = document.omitted
    assert (told.what, told.count) == ("words of the page", 3)


def test_a_page_without_a_main_element_keeps_what_an_extraction_would_drop():
    menu = "<div>Opening hours<ul><li>Monday 8</li><li>Tuesday 9</li></ul></div>"
    document = page(f"<h1>Lock</h1><p>{LONG}</p>{menu}<h2>Prices</h2><p>Five crowns.</p><footer>Call 555</footer>")
    for words in (LONG, "Monday 8", "Tuesday 9", "Five crowns.", "Call 555"):
        assert words in document.text


def test_the_description_is_found_where_the_page_does_not_say_it():
    head = "<meta name=description content='Keepers, tolls and tariffs'>"
    assert page("<main><p>Text.</p></main>", head).text.endswith("Keepers, tolls and tariffs\n\nText.")
    assert page("<main><p>The keepers, the tolls and the tariffs.</p></main>", head).text.count("olls") == 1


@pytest.mark.parametrize(
    "element", ["script", "style", "nav", "noscript", "template", "p hidden", "p style='display: none'"]
)
def test_what_a_page_does_not_show_is_left_out(element):
    assert "secret" not in page(f"<main><p>Text.</p><{element}>secret</{element.split()[0]}></main>").text


def test_a_form_around_the_page_is_no_reason_to_skip_it():
    assert page(f"<form><main><p>{LONG}</p><label>Name</label><input></main></form>").text == f"{LONG}\n\nName"


def test_a_heading_without_text_is_found_as_text():
    document = page("<main><h1>Lock</h1><p>Text.</p><h2>Telephone: 555-0199</h2><h2>Grease</h2><p>Lithium.</p></main>")
    assert [text for text in marked(document, "heading") if text.strip()] == ["Grease"]
    passages = split(document, Limits(minimum=0), lambda texts: [len(text) for text in texts])
    assert ["Telephone: 555-0199" in passage.text for passage in passages] == [False, True, False]
