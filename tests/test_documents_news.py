"""Heads of news articles in many layouts: what is front matter, what stays text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.documents import read, read_text
from searchkit.documents.bylines import parse_byline
from searchkit.documents.captions import is_credited
from searchkit.documents.dates import find_dates, parse_date

PARAGRAPH = (
    "Residents of the old quarter waited for hours on Tuesday until the water had gone down, and then began to carry "
    "their furniture into the street, where it dried in the sun."
)
SECOND = (
    "The mayor said that the pumps had worked as they should, but that nobody had expected so much rain in so short a "
    "time, and promised a new channel by the spring."
)


def body_of(document):
    """Return the lines that no mark covers."""
    covered = [(mark.start, mark.end) for mark in document.marks]
    kept, position = [], 0
    for start, end in covered:
        kept.append(document.text[position:start])
        position = end
    kept.append(document.text[position:])
    return [line.strip() for line in "".join(kept).split("\n") if line.strip()]


def marked(document, kind):
    return [document.text[mark.start : mark.end] for mark in document.marks if mark.kind == kind]


def test_an_article_with_everything_gives_up_everything():
    document = read_text(
        "WORLD\u00a0/\u00a0ASIA-PACIFIC\nFlood leaves old quarter under water\nPumps were no match for the rain\n"
        "Published: Jun 18, 2024 11:48 PM\nBy Jane Doe and Minh Tran\nA street in the old quarter Photo: VCG\n\n"
        f"A street in the old quarter Photo: VCG\n\n\n{PARAGRAPH}\n\n{SECOND}\n",
        "flood.txt",
    )
    assert document.title == "Flood leaves old quarter under water"
    assert document.metadata == {
        "section": "WORLD / ASIA-PACIFIC",
        "date": "2024-06-18T23:48:00",
        "authors": ["Jane Doe", "Minh Tran"],
        "standfirst": "Pumps were no match for the rain",
        "captions": ["A street in the old quarter Photo: VCG"],
    }
    assert len(marked(document, "front")) == 5
    assert len(marked(document, "caption")) == 2
    assert body_of(document) == [PARAGRAPH, SECOND]


@pytest.mark.parametrize(
    ("head", "metadata"),
    [
        ("Flood in old quarter\nJune 18, 2024\n\n", {"date": "2024-06-18"}),
        ("June 18, 2024\nFlood in old quarter\n\n", {"date": "2024-06-18"}),
        ("2024-06-18 18:30 UTC+7\n\nFlood in old quarter\n\n", {"date": "2024-06-18T18:30:00+07:00"}),
        ("Flood in old quarter\n\nBy Jane Doe\n\nJune 18, 2024\n\n", {"date": "2024-06-18", "authors": ["Jane Doe"]}),
        (
            "Flood in old quarter\nBy Jane Doe | June 18, 2024 | 5 min read\n\n",
            {"date": "2024-06-18", "authors": ["Jane Doe"]},
        ),
        (
            "Flood in old quarter\nSource: Xinhua| 2024-06-18 20:11:34|Editor: huaxia\n\n",
            {"date": "2024-06-18T20:11:34"},
        ),
        (
            "Flood in old quarter\nBy Jane Doe, CNN\nUpdated 11:48 PM EDT, Tue June 18, 2024\n\n",
            {"date": "2024-06-18T23:48:00-04:00", "authors": ["Jane Doe"]},
        ),
        (
            "Flood in old quarter\nPublished: Jun 17, 2024 Updated: Jun 18, 2024 01:00 AM\n\n",
            {"date": "2024-06-17"},
        ),
        (
            "Flood in old quarter\nUpdated: Jun 18, 2024\nPublished: Jun 17, 2024\n\n",
            {"date": "2024-06-17"},
        ),
        ("Business\nFlood in old quarter\n\n", {"section": "Business"}),
        ("Home > World > Asia\nFlood in old quarter\n18/6/2024\n", {"section": "World > Asia", "date": "2024-06-18"}),
        ("Flood in old quarter\nReuters\n\n", {"authors": ["Reuters"]}),
        ("Flood in old quarter\nBy our correspondents in Hanoi and Hue\n\n", {"authors": ["our correspondents"]}),
        (
            "Title: Flood in old quarter\nAuthor: Jane Doe\nDate: 2024-06-18\nSource: https://example.org/1\n\n",
            {"authors": ["Jane Doe"], "date": "2024-06-18", "source": "https://example.org/1"},
        ),
        (
            "Flood in old quarter\nPumps were no match for the rain.\n18 Jun 2024\n\n",
            {"date": "2024-06-18", "standfirst": "Pumps were no match for the rain."},
        ),
        (
            "Flood in old quarter\nFlood in old quarter\nPublished: Jun 18, 2024\n\n",
            {"date": "2024-06-18"},
        ),
        ("Flood in old quarter\nVeröffentlicht: 18. Juni 2024, 18.30 Uhr\n\n", {"date": "2024-06-18T18:30:00"}),
        ("ADVERTISEMENT\nFlood in old quarter\n18 June 2024\nShare this article\n\n", {"date": "2024-06-18"}),
    ],
)
def test_layout_is_understood(head, metadata):
    document = read_text(f"{head}{PARAGRAPH}\n\n{SECOND}\n", "flood.txt")
    assert document.title == "Flood in old quarter"
    assert document.metadata == metadata
    assert [line for line in body_of(document) if line != "Share this article"] == [PARAGRAPH, SECOND]


@pytest.mark.parametrize(
    ("layout", "metadata"),
    [
        (
            "World\nThursday, June 20, 2024 | 10:15 GMT+7\nFlood in old quarter\n"
            "By AFP   June 20, 2024 | 03:00 am GMT+7\n"
            "A street. Photo by AFP\n{}\n{}",
            {
                "section": "World",
                "date": "2024-06-20T10:15:00+07:00",
                "authors": ["AFP"],
                "captions": ["A street. Photo by AFP"],
            },
        ),
        (
            "Flood in old quarter\n3 hours ago\nShare\nSave\nJane Doe\nBBC News, Hanoi\n\n{}\n\n{}",
            {"authors": ["Jane Doe"]},
        ),
        (
            "Flood in old quarter\nPumps no match for rain, says mayor\n\nJane Doe in Hanoi\n"
            "Tue 18 Jun 2024 16.48 BST\n\n{}\n\n{}",
            {
                "date": "2024-06-18T16:48:00",
                "authors": ["Jane Doe"],
                "standfirst": "Pumps no match for rain, says mayor",
            },
        ),
        (
            "Flood in old quarter\nBy Jane Doe, CNN\n 3 minute read\nUpdated 11:48 PM EDT, Tue June 18, 2024\n"
            "\nHanoi, Vietnam\n"
            "CNN\n — \n{}\n\n{}",
            {"date": "2024-06-18T23:48:00-04:00", "authors": ["Jane Doe"]},
        ),
        (
            "ASIA PACIFIC\nFlood in old quarter\nPumps were no match.\n\nBy Jane Doe\nJane Doe reported from Hanoi.\n\n"
            "June 18, 2024\n\n{}\n\n{}",
            {
                "section": "ASIA PACIFIC",
                "date": "2024-06-18",
                "authors": ["Jane Doe"],
                "standfirst": "Pumps were no match.",
            },
        ),
        (
            "News\n|\nPolitics\nFlood in old quarter\nPumps were no match.\n\nA street [Agency/AP]\n"
            "By Al Jazeera Staff\n"
            "Published On 18 Jun 202418 Jun 2024\n\n{}\n\n{}",
            {
                "section": "News / Politics",
                "date": "2024-06-18",
                "authors": ["Al Jazeera Staff"],
                "standfirst": "Pumps were no match.",
                "captions": ["A street [Agency/AP]"],
            },
        ),
        (
            "Flood in old quarter\nBy Jane Doe and John Roe\nJune 18, 20245:22 PM GMT+7Updated 2 hours ago\n\n"
            "\n{}\n\n{}\n\n"
            "Our Standards: The Thomson Reuters Trust Principles.",
            {"date": "2024-06-18T17:22:00+07:00", "authors": ["Jane Doe", "John Roe"]},
        ),
        ("A street Photo: VCG\n\nFlood in old quarter\n\n{}\n\n{}", {"captions": ["A street Photo: VCG"]}),
        (
            "Flood in old\u00a0quarter\nBy Jane Doe\n\n{}\n\n{}\n\nPublished: Jun 18, 2024",
            {"date": "2024-06-18", "authors": ["Jane Doe"]},
        ),
    ],
)
def test_layout_of_a_known_house_is_understood(layout, metadata):
    document = read_text(layout.format(PARAGRAPH, SECOND), "flood.txt")
    assert document.title == "Flood in old quarter"
    assert document.metadata == metadata
    assert body_of(document) == [PARAGRAPH, SECOND]


def test_headline_that_goes_on_below_its_comma_is_one():
    document = read_text(
        f"Flood in old quarter,\npumps no match\n\nPublished: Jun 18, 2024\n\n{PARAGRAPH}\n", "flood.txt"
    )
    assert document.title == "Flood in old quarter, pumps no match"
    assert body_of(document) == [PARAGRAPH]


SAMPLES = sorted((Path(__file__).parents[1] / "seeds").rglob("*.txt"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_article_has_title_section_and_date_and_keeps_its_paragraphs(path):
    (document,) = read(path, path.name)
    assert document.title
    assert {"section", "date"} <= document.metadata.keys()
    paragraphs = [line.strip() for line in document.text.split("\n") if len(line) > 220]
    assert [line for line in body_of(document) if line in paragraphs] == paragraphs


def test_paragraphs_without_blank_lines_stay_text():
    document = read_text(f"Flood in old quarter\nBy Jane Doe\n{PARAGRAPH}\n{SECOND}\n", "flood.txt")
    assert document.title == "Flood in old quarter"
    assert body_of(document) == [PARAGRAPH, SECOND]


def test_headline_above_a_dateline_is_enough_and_the_dateline_stays_in_its_paragraph():
    paragraph = f"HANOI, Oct. 4 (Reuters) — {PARAGRAPH}"
    document = read_text(f"Flood in old quarter\n\n{paragraph}\n\n{SECOND}\n", "flood.txt")
    assert document.title == "Flood in old quarter"
    assert body_of(document) == [paragraph, SECOND]


def test_dateline_on_its_own_is_front_matter():
    document = read_text(
        f"Flood in old quarter\nBy Jane Doe\n\nHANOI, Oct. 4 (Reuters) —\n\n{PARAGRAPH}\n\n{SECOND}\n", "flood.txt"
    )
    assert body_of(document) == [PARAGRAPH, SECOND]


def test_captions_and_links_between_paragraphs_are_found():
    document = read_text(
        f"Flood in old quarter\n18 June 2024\n\n{PARAGRAPH}\n\nA boat in the street\nA boat in the street\n\n"
        f"Two men carry a bed (Photo by Ann Lee/AFP)\n\n{SECOND}\n\nRead more: The rain will stay\n\n{PARAGRAPH}\n",
        "flood.txt",
    )
    assert document.metadata["captions"] == ["A boat in the street", "Two men carry a bed (Photo by Ann Lee/AFP)"]
    assert body_of(document) == [PARAGRAPH, SECOND, PARAGRAPH]


def test_caption_with_the_credit_on_its_second_print_only_is_found_twice():
    document = read_text(
        f"Flood in old quarter\n18 June 2024\nA boat in the street\nA boat in the street Photo: AFP\n\n{PARAGRAPH}\n",
        "flood.txt",
    )
    assert len(marked(document, "caption")) == 2


def test_closing_credits_are_front_matter():
    credit = "(Reporting by Jane Doe; Editing by John Roe)"
    document = read_text(f"Flood in old quarter\n18 June 2024\n\n{PARAGRAPH}\n\n{SECOND}\n\n{credit}\n", "flood.txt")
    assert body_of(document) == [PARAGRAPH, SECOND]


def test_crosshead_of_an_article_is_a_heading():
    document = read_text(
        f"Flood in old quarter\n18 June 2024\n\n{PARAGRAPH}\n\nPumps from another age\n\n{SECOND}\n", "flood.txt"
    )
    assert marked(document, "heading") == ["Pumps from another age"]


@pytest.mark.parametrize(
    "text",
    [
        "June 18, 2024\nWent to the market\nJune 19, 2024\nSlept all day\nJune 20, 2024\nIt rained\n",
        "2024-06-18 11:48 started\n2024-06-18 11:49 stopped\n",
        "Dear Sir,\n\nJune 5, 2024\n\nThank you for your letter.\n",
        "2024-06-18\n\nWent to the market and bought three fish.\n\n2024-06-19\n\nSlept.\n",
        "By Thursday the rain had stopped. We went home.\n\nIt was late.\n",
        f"{PARAGRAPH}\n\n{SECOND}\n\nBy Jane Doe\n",
        "From: a@example.org\nTo: b@example.org\nSubject: Flood\nDate: Tue, 18 Jun 2024 23:48:00 +0700\nBye\n",
        "README\nHow to install it\nRun this\n",
        "# RUN: echo a > b\n# RUN: echo a > c\n",
        "Log\n2024-06-18 11:48\nstarted\n2024-06-18 11:49\nstopped\n",
        "Roses are red.\nRoses are red.\nViolets are blue.\nViolets are blue.\n",
    ],
)
def test_text_that_is_no_article_stays_whole(text):
    assert read_text(text, "note.txt").marks == ()


def test_a_head_longer_than_the_rest_is_text():
    document = read_text(f"Meeting\n{PARAGRAPH}\n{SECOND}\nBy Jane Doe\nThe end\n", "note.txt")
    assert (document.title, document.metadata) == ("Meeting", {})
    assert body_of(document) == [PARAGRAPH, SECOND, "By Jane Doe", "The end"]


def test_address_above_a_letter_date_stays_text():
    document = read_text(f"Jane Doe\n12 High Street\nLondon\n\nJune 18, 2024\n\n{PARAGRAPH}\n", "letter.txt")
    assert body_of(document) == ["12 High Street", "London", PARAGRAPH]


def test_first_short_line_set_apart_is_the_title_of_a_plain_text():
    document = read_text(f"On water\n\n{PARAGRAPH}\n\n{SECOND}\n", "water.txt")
    assert document.title == "On water"
    assert body_of(document) == [PARAGRAPH, SECOND]


@pytest.mark.parametrize("first", ["Dear all,", "It rained.", "- milk", "1. Milk", "42", PARAGRAPH])
def test_first_line_that_is_no_title_stays_text(first):
    document = read_text(f"{first}\n\n{PARAGRAPH}\n", "note.txt")
    assert (document.title, document.marks) == ("", ())


def test_underlined_lines_of_a_plain_text_are_headings():
    document = read_text(f"Water\n=====\n\n{PARAGRAPH}\n\nPumps\n-----\n\n{SECOND}\n", "water.txt")
    assert [(mark.kind, mark.level) for mark in document.marks if mark.kind == "heading"] == [
        ("heading", 1),
        ("heading", 2),
    ]


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("Jun 18, 2024 11:48 PM", "2024-06-18T23:48:00"),
        ("12:05 a.m. EST, Jan 2, 2024", "2024-01-02T00:05:00-05:00"),
        ("Sept. 8, 2024, 6:30 p.m. ET", "2024-09-08T18:30:00"),
        ("Tue, 18 Jun 2024 23:48:00 +0700", "2024-06-18T23:48:00+07:00"),
        ("2024-06-18T23:48:00.000Z", "2024-06-18T23:48:00+00:00"),
        ("Thứ ba, 18/6/2024, 18:30 (GMT+7)", "2024-06-18T18:30:00+07:00"),
        ("18 de junio de 2024", "2024-06-18"),
        ("le 1er août 2024", "2024-08-01"),
        ("2024年6月18日", "2024-06-18"),
        ("6/18/2024", "2024-06-18"),
        ("05/09/2024", ""),
        ("31 February 2024", ""),
        ("June 2024", ""),
        ("10", ""),
        ("version 1.2.3", ""),
    ],
)
def test_date_is_read_as_written(written, iso):
    assert parse_date(written) == iso


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("By Jane Doe", ["Jane Doe"]),
        ("BY JANE DOE AND JOHN ROE", ["JANE DOE", "JOHN ROE"]),
        ("By Jane Doe in Hanoi and John Roe in Paris", ["Jane Doe", "John Roe"]),
        ("By GT staff reporters", ["GT staff reporters"]),
        ("By Reuters", ["Reuters"]),
        ("By Ludwig van der Berg, Reuters", ["Ludwig van der Berg"]),
        ("By Jane Doe (jane@example.org)", ["Jane Doe"]),
        ("By Thursday", []),
        ("By the time it ended", []),
        ("By far the best", []),
        ("Bye Jane", []),
    ],
)
def test_byline_names_its_authors(line, authors):
    assert parse_byline(line) == authors


@pytest.mark.parametrize(
    "line",
    [
        "Russia and North Korea Photo: VCG", "Soldiers march (Photo by Ann Lee / AFP)", "Troops. File photo",
        "Two men walk. REUTERS/Kham", "Photo taken on June 18, 2024 shows a ship. (Xinhua/Li Ming)", "Image: Reuters",
        "A man (AP Photo/Jane Doe)", "A flood in Hanoi. © AFP", "Illustration: Liu Rui/GT", "PHOTO: REUTERS",
        "Police line. [File: AP]", "A president (AFP via Getty Images)", "Floods, Getty Images",
    ],
)  # fmt: skip
def test_line_with_a_picture_credit_is_a_caption(line):
    assert is_credited(line)


@pytest.mark.parametrize(
    "line",
    [
        "He sold the photo to Reuters.", "Understanding tax credit: a guide", "She works for AFP",
        "The agreement, Reuters reported.", "Photos are allowed", "Image processing: a survey",
        "HANOI, Oct. 4 (Reuters)", "He said yes/no to AP",
    ],
)  # fmt: skip
def test_line_about_pictures_or_agencies_is_no_caption(line):
    assert not is_credited(line)


LINES = st.sampled_from(
    [
        "", "", "WORLD / ASIA", "Flood in old quarter", "By Jane Doe", "Published: Jun 18, 2024 11:48 PM", "2024-06-18",
        "A boat Photo: VCG", "A boat Photo: VCG", "HANOI (Reuters) -", "Reuters", "Read more: x", "Title: y", PARAGRAPH,
        SECOND, "=====", "Short line", "(Reporting by Jane Doe)",
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=14).map("\n".join) | st.text())
def test_marks_are_ordered_apart_and_inside_the_text(text):
    document = read_text(text, "any.txt")
    edges = [edge for mark in document.marks for edge in (mark.start, mark.end)]
    assert edges == sorted(edges)
    assert all(0 <= mark.start < mark.end <= len(document.text) for mark in document.marks)


@given(st.lists(LINES, max_size=14).map("\n".join))
def test_no_paragraph_is_ever_marked(text):
    document = read_text(text, "any.txt")
    for paragraph in (PARAGRAPH, SECOND):
        assert all(paragraph not in line for line in marked(document, "heading"))
    # A long paragraph is taken for a standfirst only where at least as much text follows.
    front = sum(map(len, marked(document, "front")))
    assert PARAGRAPH not in text or len(document.text) - front >= len(PARAGRAPH) or PARAGRAPH in body_of(document)


@given(st.text())
def test_dates_lie_in_the_text_one_after_the_other(text):
    edges = [edge for date in find_dates(text) for edge in (date.start, date.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)
