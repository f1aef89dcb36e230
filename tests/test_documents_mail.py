# ruff: noqa: E501 - the mails that are read have long lines
"""Mails as programs write them: every part that is text is found, what is not is named."""

from email.message import EmailMessage

import pytest

from searchkit.documents import read
from searchkit.documents.mail import read_mail
from searchkit.text.splitting import Limits, split
from searchkit.types import Document, Failure
from tests.pdfs import Page, pdf_of

HEAD = "From: Ida Holm <ida@example.org>\r\nTo: Nils <nils@example.org>\r\nSubject: Keel\r\n"


def mail(head, body, encoding="utf-8"):
    return read_mail((HEAD + head + "\r\n" + body).encode(encoding), "a.eml")


def parts(*each, kind="mixed"):
    inside = "".join(f"--XX\r\n{one}\r\n" for one in each)
    return f"MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary=XX\r\n", f"{inside}--XX--\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("head", ["", "Content-Type: text/plain\r\n", "Content-Type: text/plain; charset=nonsense\r\n"])
def test_eight_bit_text_without_a_charset_is_read_as_a_text_is(head, encoding):
    assert mail(head, "Die Brücke wird im Frühjahr geöffnet.", encoding).text.endswith(
        "\n\nDie Brücke wird im Frühjahr geöffnet."
    )


def test_a_subject_without_a_charset_is_read_too():
    found = read_mail("From: a@b.c\nSubject: Die Brücke\n\nText.\n".encode("cp1252"), "a.eml")
    assert found.title == "Die Brücke"


def test_an_encoded_word_may_end_inside_a_character():
    found = read_mail(b"From: a@b.c\nSubject: =?utf-8?q?Die_Br=C3?=\n =?utf-8?q?=BCcke?= (2)\n\nText.\n", "a.eml")
    assert found.title == "Die Brücke (2)"


def test_people_are_found_and_stand_in_metadata():
    found = mail("Cc: Olga <olga@example.org>\r\n", "Hello.")
    assert found.text.split("\n\n")[0] == (
        "From: Ida Holm <ida@example.org>\nTo: Nils <nils@example.org>\nCc: Olga <olga@example.org>"
    )
    assert (found.metadata["authors"], found.metadata["to"]) == (["Ida Holm"], ["Nils", "Olga"])


def test_every_part_that_is_text_is_read_and_what_is_not_is_named():
    found = mail(
        *parts(
            "Content-Type: text/plain\r\n\r\nBefore the picture.",
            "Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=",
            "Content-Type: text/plain\r\n\r\nAfter it: the keel is cracked.",
            'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="notes.txt"\r\n\r\nThe mast.',
            'Content-Type: text/csv\r\nContent-Disposition: attachment; filename="b.csv"\r\n\r\nname,size\r\nrope,5',
            "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=c.pdf\r\n\r\n%PDF-1.4",
        )
    )
    for words in ("Before the picture.", "After it: the keel is cracked.", "The mast.", "rope,5"):
        assert words in found.text
    picture, damaged = found.omitted
    assert (picture.what, picture.count, picture.where) == ("attachments", 1, "a.png")
    assert (damaged.what, damaged.where) == ("attachments", "c.pdf")
    assert damaged.reason == "c.pdf: the PDF cannot be opened: it is damaged or no PDF."
    headings = [found.text[mark.start : mark.end] for mark in found.marks if mark.kind == "heading"]
    assert headings == ["notes.txt", "b.csv"]


def attached(body, *files):
    message = EmailMessage()
    message["From"], message["Subject"] = "Ida Holm <ida@example.org>", "Keel"
    message.set_content(body)
    for name, data in files:
        message.add_attachment(data, "application", "octet-stream", filename=name)
    return read_mail(message.as_bytes(), "a.eml")


def test_files_of_formats_of_their_own_are_read_below_their_names_after_the_body():
    pdf = pdf_of([Page([("The keel is cracked.", 72, 700, 12)]), Page([])], title="Survey")
    rtf = rb"{\rtf1 The mast is sound.}"
    found = attached("See the files.", ("survey.PDF", pdf), ("mast.rtf", rtf))
    assert found.text.endswith(
        "See the files.\n\nsurvey.PDF: Survey\n\nThe keel is cracked.\n\nmast.rtf\n\nThe mast is sound."
    )
    sections = {each.text: each.section for each in split(found, Limits(minimum=0), lambda texts: [1] * len(texts))}
    assert sections["The keel is cracked."] == "survey.PDF: Survey"
    assert sections["The mast is sound."] == "mast.rtf"
    assert [(each.what, each.where) for each in found.omitted] == [("pages without text", "survey.PDF page 2")]


def test_headings_of_an_attached_file_stand_below_its_name():
    html = "<html><body><h1>Mast</h1><p>The mast is sound and was seen by all of us.</p></body></html>"
    found = attached("See the file.", ("mast.xhtml", html.encode()))
    passages = split(found, Limits(minimum=0), lambda texts: [1] * len(texts))
    assert passages[-1].section.split(" > ")[0] == "mast.xhtml"


def test_a_file_is_read_in_whichever_form_of_the_text_it_lies():
    inside = "Content-Type: application/rtf; name=mast.rtf\r\n\r\n{\\rtf1 The mast is sound.}"
    head, body = parts("Content-Type: text/html\r\n\r\n<p>The keel is cracked.</p>", inside)
    mixed = head.removeprefix("MIME-Version: 1.0\r\n").replace("XX", "YY") + "\r\n" + body.replace("XX", "YY")
    found = mail(*parts("Content-Type: text/plain\r\n\r\nThe keel is cracked.", mixed, kind="alternative"))
    assert found.text.endswith("The keel is cracked.\n\nmast.rtf\n\nThe mast is sound.")
    assert found.text.count("The keel") == 1


def test_a_forwarded_mail_is_read_with_its_people():
    inner = "From: Olga <olga@example.org>\r\nSubject: Mast\r\n\r\nThe mast is sound."
    found = mail(*parts("Content-Type: text/plain\r\n\r\nSee below.", f"Content-Type: message/rfc822\r\n\r\n{inner}"))
    assert [found.text[mark.start : mark.end] for mark in found.marks] == ["Mast"]
    assert found.text.endswith("See below.\n\nMast\n\nFrom: Olga <olga@example.org>\n\nThe mast is sound.")


@pytest.mark.parametrize(
    "plain", ["Please view this message in HTML.", "", "Your mail program shows no HTML: http://x.org"]
)
def test_a_stub_gives_way_to_the_html_beside_it(plain):
    html = "<p>The keel is cracked and must be welded before August, says the surveyor.</p><nav>Menu</nav>"
    found = mail(
        *parts(f"Content-Type: text/plain\r\n\r\n{plain}", f"Content-Type: text/html\r\n\r\n{html}", kind="alternative")
    )
    assert found.text.endswith("\n\nThe keel is cracked and must be welded before August, says the surveyor.")


def test_plain_text_that_says_the_same_goes_before_its_html():
    found = mail(
        *parts(
            "Content-Type: text/plain\r\n\r\nThe *keel* is cracked.",
            "Content-Type: text/html\r\n\r\n<p>The <b>keel</b> is cracked.</p>",
            kind="alternative",
        )
    )
    assert found.text.endswith("\n\nThe *keel* is cracked.")


def test_a_mail_that_is_all_subject_is_found():
    found = mail("", "")
    assert (found.title, found.text) == ("Keel", "From: Ida Holm <ida@example.org>\nTo: Nils <nils@example.org>")
    assert read_mail(b"Subject: Bring the keys\n\n", "a.eml").text == "Bring the keys"


def test_a_mail_whose_parts_never_begin_is_read_as_it_stands():
    assert "Hello there." in mail("Content-Type: multipart/mixed; boundary=YY\r\n", "Hello there.").text


def test_a_mailbox_gives_a_document_a_message(tmp_path):
    box = tmp_path / "in.mbox"
    first, second = EmailMessage(), EmailMessage()
    first["From"], first["Subject"] = "ida@example.org", "Keel"
    first.set_content("It is cracked.\n\n>From the yard: weld it.\n")
    second["From"], second["Subject"] = "olga@example.org", "Mast"
    second.set_content("It is sound.\n")
    beginning = b"From ida@example.org Tue Jun 18 23:48:00 2024\n"
    box.write_bytes(
        beginning + first.as_bytes() + b"\n" + beginning + second.as_bytes() + b"\n" + beginning + b"no mail\n"
    )
    found = list(read(box, "in.mbox"))
    assert [type(item) for item in found] == [Document, Document, Failure]
    assert [(document.id, document.title) for document in found[:2]] == [("in.mbox:1", "Keel"), ("in.mbox:2", "Mast")]
    assert "From the yard: weld it." in found[0].text
    assert found[2].source == "in.mbox:3"
