"""Notes, manuals and front matter: no line of them is taken for the furniture of news."""

import pytest

from searchkit.documents import read, read_text
from searchkit.documents.markdown import read_markdown
from searchkit.text.splitting import Limits, split

LONG = (
    "The motor of the northern gate runs at forty revolutions a minute and must be greased every spring with lithium "
    "grease, before the first boats come in."
)
OTHER = LONG.replace("northern", "southern").replace("forty", "thirty")


def found(document):
    """Return all that search reads of a document."""
    passages = split(document, Limits(), lambda texts: [len(text.split()) for text in texts])
    return "\n".join([document.title, *(f"{passage.section}\n{passage.text}" for passage in passages)])


@pytest.mark.parametrize(
    "line",
    [
        "Image: registry.harbour.local/pump-controller:4.2", "Picture: the dashboard shows the water level in blue.",
        "Credit: the customer must be credited within thirty days.", "Section: B", "Location: Room 5", "Tags: pump",
        "Born: 5 May 1950", "Illustration: see page 4", "Summary: nothing new",
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", ["It runs on the harbour server.\n\nRestart it.", f"{LONG}\n\n{OTHER}"])
def test_a_line_with_a_label_in_a_note_is_found(line, body):
    for text in (
        f"Deployment notes\n\n{line}\n\n{body}\n",
        f"Deployment notes\n\n{body}\n\n{line}\n\nThe end of it.\n",
    ):
        document = read_text(text, "note.txt")
        assert line in found(document)
        assert "date" not in document.metadata


def test_fields_that_notes_have_keep_their_published_line_in_the_text():
    document = read_text(f"Handbook\n\nSection: B\nPublished: 2024-01-05\n\n{LONG}\n\n{OTHER}\n", "note.txt")
    assert "Section: B\nPublished: 2024-01-05" in found(document)


def test_a_field_that_says_something_else_a_second_time_stays_in_the_text():
    document = read_text(f"Gates of the north\n\nSource: Harbour Post\nSource: Ida Holm\n\n{LONG}\n\n{OTHER}\n", "a")
    assert document.metadata["source"] == "Harbour Post"
    assert "Source: Ida Holm" in found(document)


def test_headings_without_text_and_pictures_of_a_manual_are_found():
    document = read_markdown(
        "# Sluice\n\n## Overview\n\nIt has two gates.\n\n![Wiring of switch 14](a.png)\n\n## Torque: 40 Nm\n\n"
        "## Telephone: 555-0199\n\n## Grease\n\n### Kind\n\nLithium.\n\n## Last words\n",
        "a.md",
    )
    assert [
        document.text[m.start : m.end]
        for m in document.marks
        if m.kind == "heading" and m.level and m.end - m.start > 1
    ] == [
        "## Overview",
        "## Grease",
        "### Kind",
    ]
    passages = split(document, Limits(minimum=0), lambda texts: [len(text) for text in texts])
    assert [(passage.section, passage.text) for passage in passages] == [
        ("Overview", "It has two gates."),
        ("Overview", "![Wiring of switch 14](a.png)"),
        ("", "## Torque: 40 Nm"),
        ("", "## Telephone: 555-0199"),
        ("Grease > Kind", "Lithium."),
        ("", "## Last words"),
    ]


BROKEN = "---\ntitle: Plan: phase two\ntags: [a, b\ndate: 2024-05-01\naliases: @home\nmore:\n  - one\n  - two\n---\n"


def test_front_matter_that_is_no_yaml_is_read_line_by_line_and_told():
    document = read_markdown(f"{BROKEN}\n# Harbour plan\n\nThe crane moves.\n", "a.md")
    assert document.title == "Plan: phase two"
    assert document.metadata == {"tags": ["a", "b"], "date": "2024-05-01", "aliases": "@home", "more": ["one", "two"]}
    assert document.text[document.marks[0].start : document.marks[0].end] == BROKEN.rstrip()
    assert [told.what for told in document.omitted] == ["front matter that is not valid"]


def test_front_matter_that_is_no_toml_is_read_line_by_line_and_told():
    document = read_markdown('+++\ntitle = "Plan"\nauthor = Ida\n+++\nThe crane moves.\n', "a.md")
    assert (document.title, document.metadata) == ("Plan", {"authors": ["Ida"]})
    assert len(document.omitted) == 1


def test_lines_of_front_matter_that_are_no_fields_are_counted():
    document = read_markdown("---\na: [\nb: 1\nnothing at all\n---\nText.\n", "a.md")
    assert [(told.what, told.count) for told in document.omitted][1:] == [("lines of front matter", 1)]


@pytest.mark.parametrize("top", ["---\nA rule above, with words: many of them.\nAnd more\n---\n", "---\n* a: [\n---\n"])
def test_text_between_rules_is_no_front_matter(top):
    document = read_markdown(f"{top}\nText.\n", "a.md")
    assert not document.omitted
    assert all(mark.start for mark in document.marks)


def test_a_table_of_markdown_has_its_header_row_marked(tmp_path):
    (tmp_path / "a.md").write_text("| Kind | Price |\n|---|---|\n| oak | 5 |\n| ash | 7 |\n")
    (document,) = read(tmp_path / "a.md", "a.md")
    assert [(mark.kind, mark.level, document.text[mark.start : mark.end]) for mark in document.marks] == [
        ("table", 1, "| Kind | Price |\n|---|---|"),
        ("table", 0, "| oak | 5 |\n| ash | 7 |"),
    ]


@pytest.mark.parametrize(
    ("top", "title"),
    [
        ("Format: https://example.org/1.0/\nUpstream-Name: sluice\nSource: https://example.org/sluice", "sluice"),
        ("Metadata-Version: 2.4\nName: sluice\nSummary: Gates, opened\n by hand\nVersion: 3", "sluice"),
        ("Package: sluice-data\nName: Sluice\nTitle: Gates and locks", "Gates and locks"),
        ("Name:\nPackage: sluice", "sluice"),
        ("Format: https://example.org/1.0/\nSource: https://example.org/sluice", ""),  # none that names it
        ("Name: sluice\nIt has two gates.", ""),
        (f"Version: 3\nName: {'sluice ' * 30}", ""),
    ],
)
def test_fields_at_the_top_say_what_a_text_is_of_and_stay_in_it(top, title):
    document = read_text(f"{top}\n\nFiles: *\nLicense: Canal\n", "copyright")
    assert document.title == title
    assert "".join(top.split()) in "".join(found(document).split())


FREQUENT = """\
Questions about the sluice

1. Is the sluice open at night?

    No.  Read the sign at the gate.

2. The gate is stuck.

    Grease it.

3. May I use it with a canoe, or must I carry
   the canoe around it?

    You may.

10. What does it cost?

    Nothing:

    1. not for boats,

    2. not for swimmers.
"""


def sections(document):
    """Return each passage's section and text, in order."""
    passages = split(document, Limits(), lambda texts: [len(text.split()) for text in texts])
    return [(passage.section, " ".join(passage.text.split())) for passage in passages]


def test_a_frequent_question_is_the_heading_of_its_answer():
    read = sections(read_text(FREQUENT, "faq.txt"))
    assert read[:3] == [
        ("1. Is the sluice open at night?", "No. Read the sign at the gate."),
        ("2. The gate is stuck.", "Grease it."),
        ("3. May I use it with a canoe, or must I carry the canoe around it?", "You may."),
    ]
    assert {section for section, _ in read[3:]} == {"10. What does it cost?"}
    assert "2. not for swimmers." in read[-1][1]


@pytest.mark.parametrize("sign", ["Q: {}", "Q{n}. {}", "[{n}] {}", "2.{n} {}", "({n}) {}", "Q. {}"])
def test_questions_are_numbered_in_many_ways(sign):
    asked = [sign.format(text, n=at) for at, text in enumerate(["Where is it?", "Who may pass?", "When?"], 1)]
    read = sections(read_text("".join(f"{question}\n\nA. {LONG}\n\n" for question in asked), "faq.txt"))
    assert read == [(question, f"A. {LONG}") for question in asked]


def test_questions_without_numbers_stand_above_answers_that_are_set_in():
    asked = ("Where is it?", "Who may pass?", "When is it shut?")
    read = sections(read_text("Sluice\n\n" + "".join(f"{each}\n\n\t{LONG}\n\n" for each in asked), "faq.txt"))
    assert read == [(question, LONG) for question in asked]
    told = sections(read_text("Sluice\n\n" + "".join(f"{each}\n\nAsk Ida.\n\n" for each in asked), "told.txt"))
    assert {section for section, _ in told}.isdisjoint(asked)


def test_a_table_of_questions_and_fewer_than_three_questions_are_text():
    table = "1. Where is it?\n2. Who may pass?\n3. When is it shut?\n\n"
    assert all(not section for section, _ in sections(read_text(f"{LONG}\n\n{table * 3}{OTHER}\n", "a.txt")))
    two = f"1. Where is it?\n\n    {LONG}\n\n2. Who may pass?\n\n    {OTHER}\n"
    assert all(not section for section, _ in sections(read_text(two, "a.txt")))


def test_lines_in_bold_type_are_headings_where_there_are_several():
    text = f"# Sluice\n\n**Where is it?**\n\n{LONG}\n\n**The gate**:\n{OTHER}\n\n## Costs\n\nNone.\n"
    document = read_markdown(text, "a.md")
    assert sections(document) == [("Where is it?", LONG), ("The gate:", OTHER), ("Costs", "None.")]
    assert document.title == "Sluice"


@pytest.mark.parametrize(
    "stressed",
    [
        "**Do not open it by hand.**\n\n**Do not stand on it!**",  # sentences
        "**Where is it?**",  # a single one
        "**Where** is **it?**\n\n**Who** may **pass?**",
        f"**{'Where and when ' * 10}?**\n\n**{'Who and why ' * 15}?**",
    ],
)
def test_what_is_stressed_in_bold_type_stays_text(stressed):
    document = read_markdown(f"{stressed}\n\n{LONG}\n", "a.md")
    assert {section for section, _ in sections(document)} == {""}
    assert " ".join(stressed.split()) in " ".join(text for _, text in sections(document))


def test_lines_in_bold_type_at_the_end_are_text_since_nothing_stands_under_them():
    document = read_markdown(f"{LONG}\n\n**Where is it?**\n\n**Who may pass?**\n", "a.md")
    assert sections(document)[-2:] == [("", "**Where is it?**"), ("", "**Who may pass?**")]
