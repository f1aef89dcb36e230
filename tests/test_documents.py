"""Files of one document: every base format, encodings, and what is refused."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit.documents import FORMATS, ReadOptions, read, read_text
from searchkit.errors import DocumentError
from searchkit.types import Document, Failure

TEXT_FORMATS = [suffix for suffix, kind in FORMATS.items() if kind.takes != "bytes"]
BASE_FORMATS = list(
    {kind.reader: suffix for suffix, kind in FORMATS.items() if not kind.extra}.values()
)  # one a reader
PARAGRAPH = "The pumps in the old quarter are forty years old, and nobody knows who has the key to their house. "


def document_of(tmp_path, name, content, **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (document,) = read(path, name, ReadOptions(**options))
    return document


def marked(document, kind):
    return [document.text[mark.start : mark.end] for mark in document.marks if mark.kind == kind]


# --- Markdown and reStructuredText


MARKDOWN = """---
title: Water
date: 2024-06-18
author: Jane Doe and John Roe
section: WORLD / ASIA
tags: [flood, pumps]
---

# Water

Intro.

## Install

- one
- two

| a | b |
|---|---|
| 1 | 2 |

```python
# no heading
```

![A map](map.png)

Usage
-----

End.
"""


def test_markdown_keeps_the_file_s_text_and_marks_its_blocks(tmp_path):
    document = document_of(tmp_path, "a.md", MARKDOWN)
    assert document.text == MARKDOWN
    assert marked(document, "heading") == ["## Install", "Usage\n-----"]
    assert marked(document, "list") == ["- one\n- two"]
    assert marked(document, "table") == ["| a | b |\n|---|---|", "| 1 | 2 |"]
    assert [mark.level for mark in document.marks if mark.kind == "table"] == [1, 0]
    assert marked(document, "code") == ["```python\n# no heading\n```"]
    assert marked(document, "caption") == []  # what a picture shows is found


def test_front_matter_becomes_metadata_and_the_title_s_heading_no_section(tmp_path):
    document = document_of(tmp_path, "a.md", MARKDOWN)
    assert document.title == "Water"
    assert document.metadata == {
        "date": "2024-06-18",
        "authors": ["Jane Doe", "John Roe"],
        "section": "WORLD / ASIA",
        "tags": ["flood", "pumps"],
    }
    assert marked(document, "front")[1:] == ["# Water"]


def test_toml_front_matter_is_read(tmp_path):
    document = document_of(tmp_path, "a.md", '+++\ntitle = "Water"\ndate = 2024-06-18\n+++\nText.\n')
    assert (document.title, document.metadata) == ("Water", {"date": "2024-06-18"})


@pytest.mark.parametrize("top", ["---\nno mapping\n---\n", "---\n[: bad\n---\n", "---\n\nText between rules.\n\n---\n"])
def test_what_only_looks_like_front_matter_stays_text(tmp_path, top):
    assert all(mark.start > 0 for mark in document_of(tmp_path, "a.md", f"{top}\nText.\n").marks)


def test_front_matter_that_multiplies_itself_is_not_unfolded(tmp_path):
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for above, below in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{below}: &{below} [{', '.join([f'*{above}'] * 9)}]\n"
    assert document_of(tmp_path, "a.md", f"---\n{bomb}---\nText.\n").metadata == {}


def test_first_of_several_headings_of_one_level_stays_a_section(tmp_path):
    document = document_of(tmp_path, "a.md", "# One\n\nText.\n\n# Two\n\nText.\n")
    assert document.title == "One"
    assert [(mark.kind, mark.level) for mark in document.marks] == [("heading", 1), ("heading", 1)]


def test_a_title_has_no_markup(tmp_path):
    assert document_of(tmp_path, "a.md", "# The *old* `pump` [here](x.md) #\n\nText.\n").title == "The old pump here"


def test_restructured_text_is_marked_by_its_own_rules(tmp_path):
    text = (
        "=====\nWater\n=====\n\n:Author: Jane Doe\n:Date: 2024-06-18\n\nIntro.\n\nPumps\n=====\n\nRun::\n\n"
        "    pump -v\n\n    pump -x\n\nThen.\n\n- one\n- two\n\nAge\n---\n\n"
        "==  ==\na   b\n==  ==\n\n1   2\n==  ==\n\nEnd.\n"
    )
    document = document_of(tmp_path, "a.rst", text)
    assert (document.text, document.title) == (text, "Water")
    assert document.metadata == {"authors": ["Jane Doe"], "date": "2024-06-18"}
    assert marked(document, "front") == ["=====\nWater\n=====", ":Author: Jane Doe", ":Date: 2024-06-18"]
    assert marked(document, "heading") == ["Pumps\n=====", "Age\n---"]
    assert [mark.level for mark in document.marks if mark.kind == "heading"] == [2, 3]
    assert marked(document, "code") == ["    pump -v\n\n    pump -x"]
    assert marked(document, "list") == ["- one\n- two"]
    assert marked(document, "table") == ["==  ==\na   b\n==  ==\n\n1   2\n==  =="]


# --- web pages and mail


PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Flood in old quarter | The Tidal Post</title>
<meta property="article:section" content="World"><link rel="canonical" href="https://example.org/flood">
<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "Tidal"},
{"@type": "NewsArticle", "headline": "Flood in old quarter", "datePublished": "2024-06-18T08:00:00+07:00",
"author": [{"@type": "Person", "name": "Jane Doe"}]}]}</script></head><body>
<nav><a href="/">Home</a></nav><article><h1>Flood in old quarter</h1>
<p class="standfirst">Pumps were no match for the rain</p><p class="byline">By Jane Doe, 18 June 2024</p>
<figure><img src="a.png"><figcaption>A street. Photo: AFP</figcaption></figure>
<p>First. PARAGRAPH</p><div class="promo">
<p>Subscribe and read more of this kind of thing for free.</p></div><p>Second. PARAGRAPH</p>
<h2>Old pumps</h2><p>PARAGRAPH</p><ul><li>one <b>pump</b></li><li>two<ul><li>three</li></ul></li></ul>
<pre>pump -v
pump -x</pre><table><tr><th>Pump</th><th>Age</th></tr><tr><td>One</td><td>40</td></tr></table>
<p>PARAGRAPH</p></article><footer><p>All rights reserved.</p></footer></body></html>""".replace("PARAGRAPH", PARAGRAPH)


def test_a_web_page_gives_its_article_and_what_it_states(tmp_path):
    document = document_of(tmp_path, "a.html", PAGE)
    assert document.title == "Flood in old quarter"
    assert document.metadata == {
        "language": "en",
        "section": "World",
        "source": "https://example.org/flood",
        "date": "2024-06-18T08:00:00+07:00",
        "authors": ["Jane Doe"],
        "standfirst": "Pumps were no match for the rain",
        "captions": ["A street. Photo: AFP"],
    }
    assert marked(document, "front")[:2] == ["Flood in old quarter", "Pumps were no match for the rain"]
    assert marked(document, "heading") == ["Old pumps"]
    assert marked(document, "list") == ["- one pump\n- two\n  - three"]
    assert marked(document, "code") == ["pump -v\npump -x"]
    assert marked(document, "table") == ["Pump | Age", "One | 40"]
    assert document.text.count(PARAGRAPH.strip()) == 4
    assert "By Jane Doe" not in document.text or "By Jane Doe, 18 June 2024" in marked(document, "front")
    assert not any(word in document.text for word in ("Subscribe", "Home", "rights", "A street"))


def test_a_page_without_an_article_gives_what_it_shows(tmp_path):
    document = document_of(tmp_path, "a.html", "<title>Note - Home</title><p>Two words.</p><p>Three more words.</p>")
    assert document.title == "Note"
    assert "Two words." in document.text
    assert "Three more words." in document.text


def test_a_page_s_own_charset_is_believed(tmp_path):
    page = f'<html><head><meta charset="windows-1251"></head><body><p>Вода пришла. {PARAGRAPH}</p></body></html>'
    assert "Вода пришла." in document_of(tmp_path, "a.html", page.encode("cp1251")).text


MAIL = """From: Jane Doe <jane@example.org>
To: bob@example.org, =?utf-8?b?TWluaCBUcuG6p24=?= <minh@example.org>
Subject: =?utf-8?q?Nước_in_the?=
 old quarter
Date: Tue, 18 Jun 2024 23:48:00 +0700
MIME-Version: 1.0
Content-Type: {kind}; charset=utf-8

{body}
"""


def test_a_mail_gives_headers_and_body(tmp_path):
    document = document_of(tmp_path, "a.eml", MAIL.format(kind="text/plain", body="Dear Minh,\n\nthe water is gone."))
    assert document.title == "Nước in the old quarter"
    people = "From: Jane Doe <jane@example.org>\nTo: bob@example.org, Minh Trần <minh@example.org>"
    assert document.text == f"{people}\n\nDear Minh,\n\nthe water is gone."
    assert document.metadata == {
        "date": "2024-06-18T23:48:00+07:00",
        "authors": ["Jane Doe"],
        "to": ["bob@example.org", "Minh Trần"],
    }


def test_a_mail_in_html_is_read_as_a_page(tmp_path):
    body = "<p>Dear Minh,</p><p>the water is <b>gone</b> from the old quarter.</p><ul><li>pump</li></ul>"
    document = document_of(tmp_path, "a.eml", MAIL.format(kind="text/html", body=body))
    assert "the water is gone from the old quarter." in document.text
    assert document.title == "Nước in the old quarter"


def test_a_mail_with_a_malformed_address_is_still_read(tmp_path):
    mail = MAIL.format(kind="text/plain", body="Text.").replace(
        "Jane Doe <jane@example.org>", "=?utf-8?q?a=0Ab?= <a@b>"
    )
    assert document_of(tmp_path, "a.eml", mail).text.endswith("\n\nText.")


def test_text_without_headers_is_no_mail(tmp_path):
    with pytest.raises(DocumentError, match="no e-mail message"):
        document_of(tmp_path, "a.eml", "Just some text.\n\nMore.\n")


# --- encodings and files that cannot be read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32"])
def test_text_comes_out_of_every_unicode_encoding(tmp_path, encoding):
    text = "Nước in the old quarter\n\nIt rained for a day.\n"
    assert document_of(tmp_path, "a.txt", text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Der Fluß stieg über die Mauer, und die Pumpen fielen aus. „Niemand hörte uns“, sagte sie. " * 4),
        ("cp1251", "Вода пришла ночью, и насосы остановились. Никто не знал, у кого ключ от дома. " * 4),
        ("shift_jis", "水は夜に来た。ポンプは止まり、誰も鍵を持っていなかった。" * 6),
    ],
)
def test_text_in_an_older_encoding_is_guessed(tmp_path, encoding, text):
    assert document_of(tmp_path, "a.txt", text.encode(encoding)).text == text


def test_newlines_of_windows_and_old_macs_become_plain_ones(tmp_path):
    assert document_of(tmp_path, "a.txt", b"one\r\ntwo\rthree\n").text == "one\ntwo\nthree\n"


def test_what_no_database_holds_is_replaced_one_for_one():
    assert read_text("a\x00b\udc80c", "x").text == "a\ufffdb\ufffdc"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "is empty"),
        ("a.txt", b" \n\t\n", "is empty"),
        ("a.jsonl", b"\n\n", "is empty"),
        ("a.md", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01", "binary file"),
        ("a.txt", b"\x7fELF\x02\x01\x01" + bytes(64), "binary file"),
        ("a.csv", bytes(range(256)) * 4, "binary file"),
        ("a.txt", b"x" * 101, "larger than 100 bytes"),
        ("a.html", b"<html><body></body></html>", "holds no text"),
        ("a.eml", b"From: a@example.org\n\n", "holds no text"),
        ("a.epub", b"PK no zip", "no zip file"),
        ("a.xyz", bytes(range(256)), "unknown format .xyz"),
        ("a.tar", b"text", "archive .tar: unpack it"),
        ("a.txt.gz", b"text", "damaged or no gzip file"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_which(tmp_path, name, content, reason):
    with pytest.raises(DocumentError, match=reason) as caught:
        document_of(tmp_path, name, content, max_bytes=100 if b"xxx" in content else 2_000)
    assert str(tmp_path / name) in str(caught.value)


def test_a_missing_file_is_a_document_error(tmp_path):
    with pytest.raises(DocumentError, match="cannot be read: No such file"):
        read(tmp_path / "a.txt", "a.txt")


@pytest.mark.parametrize("suffix", BASE_FORMATS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_random_bytes_give_documents_failures_or_a_document_error(tmp_path, suffix, content):
    path = tmp_path / f"any{suffix}"
    path.write_bytes(content)
    found, refusal = [], ""
    try:
        found = list(read(path, "any"))
    except DocumentError as error:
        refusal = str(error)
    # Readers of plain formats are ours: none of them may stumble over bytes.
    assert suffix not in TEXT_FORMATS or "is damaged" not in refusal
    for item in found:
        assert isinstance(item, Document | Failure)
        if isinstance(item, Document):
            check_marks(item)


def test_a_file_of_an_unknown_format_that_is_text_is_read_when_it_is_named(tmp_path):
    assert document_of(tmp_path, "a.xyz", "Two words.").text == "Two words."


SNIPPETS = st.sampled_from(
    ["# One", "Two", "===", "---", "***", "- item", "  - item", "1. item", "> quote", "```", "~~~", "| a | b |",
     "|---|---|", "", "", "    code", ".. code-block:: x", "   x", "text::", "+---+", "==== ====", ":key: value", "\t",
     "<b>", "title: x", "![a](b)", "&amp;", "\u2028", "é" * 3]
)  # fmt: skip


@pytest.mark.parametrize("suffix", [".md", ".rst", ".txt"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines=st.lists(SNIPPETS, min_size=1, max_size=12))
def test_marks_of_any_mixture_of_markup_are_in_order(tmp_path, suffix, lines):
    content = "\n".join(["x", *lines])
    document = document_of(tmp_path, f"a{suffix}", content)
    assert document.text == content
    check_marks(document)


def check_marks(document):
    edges = [edge for mark in document.marks for edge in (mark.start, mark.end)]
    assert edges == sorted(edges)
    assert all(0 <= mark.start < mark.end <= len(document.text) for mark in document.marks)
    document.text.encode()


def test_every_format_says_what_it_is_and_what_it_needs():
    assert {kind.extra for kind in FORMATS.values()} == {"", "pdf"}
    assert all(kind.description for kind in FORMATS.values())
