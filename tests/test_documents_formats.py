# ruff: noqa: E501 - the files that are read have long lines
"""Code, configuration, outlines, notebooks, subtitles, manuals: what they say, in pieces that belong together."""

import gzip
import json
from importlib import import_module

import pytest

from searchkit.documents import FORMATS, read, reader_for
from searchkit.errors import DocumentError


def document_of(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (document,) = read(path, name)
    return document


def marked(document, kind):
    return [document.text[mark.start : mark.end] for mark in document.marks if mark.kind == kind]


# --- code and configuration


PYTHON = '''"""Pumps."""

import os

LIMIT = 5


# How fast it runs.
@cached
def speed(pump):
    """Return it."""

    return pump.speed


class Pump:
    """A pump."""

    def start(self):
        return 1
'''


def test_a_function_is_one_piece_with_what_stands_above_it(tmp_path):
    document = document_of(tmp_path, "a.py", PYTHON)
    assert document.text == PYTHON
    assert marked(document, "code") == [
        '"""Pumps."""',
        "import os",
        "LIMIT = 5",
        '# How fast it runs.\n@cached\ndef speed(pump):\n    """Return it."""\n\n    return pump.speed',
        'class Pump:\n    """A pump."""\n\n    def start(self):\n        return 1',
    ]


def test_a_large_class_is_read_method_by_method(tmp_path):
    methods = "".join(f"    def part{n}(self):\n        return {'1 + ' * 100}1\n\n" for n in range(4))
    document = document_of(tmp_path, "a.py", f'class Pump:\n    """A pump."""\n\n{methods}')
    assert [piece.split("(")[0].strip() for piece in marked(document, "code")] == [
        'class Pump:\n    """A pump."""',
        *(f"def part{n}" for n in range(4)),
    ]


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        (
            "a.c",
            "int main(void)\n{\n    int x;\n\n    return 0;\n}",
            "static void stop(pump *p) {\n    p->x = 0;\n\n    y();\n}",
        ),
        (
            "b.c",
            "/* Begins. */\nstatic const pump *\nstart(void)\n{\n    go();\n}",
            "void\nstop(pump *p,\n     int n)\n{\n    n = 0;\n\n    y();\n}",
        ),
        ("a.go", "func Start(p Pump) int {\n\tx := 1\n\n\treturn x\n}", "type Pump struct {\n\tName string\n}"),
        (
            "a.rs",
            "pub fn start(p: Pump) -> u8 {\n    let x = 1;\n\n    x\n}",
            "impl Pump {\n    fn a() {}\n\n    fn b() {}\n}",
        ),
        (
            "a.ts",
            "export const start = (p: Pump) => {\n  go();\n\n  stop();\n};",
            "export class Pump {\n  x = 1;\n\n  y = 2;\n}",
        ),
        ("a.sh", "start() {\n  go\n\n  stop\n}", "function halt {\n  stop\n}"),
        ("a.sql", "CREATE TABLE pump (\n  id int,\n\n  name text\n);", "SELECT name\nFROM pump;"),
        ("a.rb", "def start\n  go\n\n  stop\nend", "class Pump\n  def a\n  end\n\n  def b\n  end\nend"),
    ],
)
def test_definitions_of_other_languages_are_pieces_too(tmp_path, name, first, second):
    document = document_of(tmp_path, name, f"{first}\n{second}\n")
    assert marked(document, "code") == [first, second]


def test_a_section_of_a_configuration_is_one_piece(tmp_path):
    document = document_of(tmp_path, "a.ini", "; top\na = 1\n[pump]\nport = 8443\n\n[lock]\nname = x\n")
    assert marked(document, "code") == ["; top\na = 1", "[pump]\nport = 8443", "[lock]\nname = x"]


def test_a_log_is_one_block_of_lines(tmp_path):
    document = document_of(tmp_path, "a.log", "2024-05-01 started\n2024-05-02 stopped\n")
    assert marked(document, "code") == ["2024-05-01 started\n2024-05-02 stopped"]


# --- outlines, LaTeX, XML


def test_an_org_outline(tmp_path):
    document = document_of(
        tmp_path,
        "a.org",
        "#+TITLE: Lock\n#+author: Ida Holm\n# a remark\n* Pumps\nThe [[http://x.org][pump]] runs.\n- one\n- two\n\n"
        "| Kind | Price |\n|------+-------|\n| oak | 5 |\n\n#+begin_src sh\npump -v\n\npump -x\n#+end_src\n** Bare\n* End\nText.\n",
    )
    assert (document.title, document.metadata) == ("Lock", {"authors": ["Ida Holm"]})
    assert "The pump runs." in document.text
    assert "remark" not in document.text
    assert [text for text in marked(document, "heading") if text.strip()] == ["Pumps", "End"]
    assert marked(document, "list") == ["- one\n- two"]
    assert marked(document, "table") == ["Kind | Price", "oak | 5"]
    assert marked(document, "code") == ["pump -v\n\npump -x"]


def test_an_asciidoc_manual(tmp_path):
    document = document_of(
        tmp_path,
        "a.adoc",
        "= Lock\nIda Holm <ida@example.org>\n:revdate: 2024-05-01\n\nSee https://example.org/a[the rules].\n\n== Pumps\n\n"
        "[source,sh]\n----\npump -v\n\npump -x\n----\n\n* one\n* two\n\nSluice:: a gate\n\n|===\n|Kind |Price\n\n|oak\n|5\n|===\n\n"
        "image::a.png[Wiring of switch 14]\n\n// a remark\nNOTE: Careful.\n",
    )
    assert (document.title, document.metadata["authors"]) == ("Lock", ["Ida Holm"])
    assert "See the rules." in document.text
    assert "remark" not in document.text
    assert marked(document, "heading") == ["Pumps"]
    assert marked(document, "list") == ["* one\n* two", "- Sluice: a gate"]
    assert marked(document, "table") == ["Kind | Price", "oak | 5"]
    assert marked(document, "code") == ["pump -v\n\npump -x"]
    assert "Wiring of switch 14" in document.text


def test_a_latex_paper(tmp_path):
    document = document_of(
        tmp_path,
        "a.tex",
        r"""\documentclass{article}
\title{The \emph{Lock}} \author{Ida Holm}
\begin{document}
\section{Pumps} % a remark
It costs 5\% of \$100 in M\"unchen, caf\'e \cite{holm}.\footnote{Not now.}

\begin{itemize}
\item one
\item two
\end{itemize}
\begin{verbatim}
pump % -v
\end{verbatim}
\begin{table}\caption{Prices}
\begin{tabular}{ll} \hline
Kind & Price \\ \hline
oak & 5 \\
\end{tabular}\end{table}
\input{other}
\end{document}
""",
    )
    assert (document.title, document.metadata) == ("The Lock", {"authors": ["Ida Holm"]})
    assert "It costs 5% of $100 in München, café [holm]. Not now." in document.text
    assert marked(document, "heading") == ["Pumps"]
    assert marked(document, "list") == ["- one\n- two"]
    assert marked(document, "code") == ["pump % -v"]
    assert marked(document, "table") == ["Kind | Price", "oak | 5"]
    assert "Prices" in document.text
    assert [(told.what, told.where) for told in document.omitted] == [("included files", "other")]


def test_xml_gives_texts_and_fields(tmp_path):
    document = document_of(
        tmp_path,
        "a.xml",
        "<?xml version='1.0'?><book><title>Lock</title><para>The <b>pump</b> runs.</para><part><title>Grease</title>"
        "<para>Use lithium.</para></part><server port='8443'><name>north</name><tls>true</tls></server></book>",
    )
    assert document.title == "Lock"
    assert (
        document.text == "Lock\n\nThe pump runs.\n\nGrease\n\nUse lithium.\n\nserver.port: 8443\nname: north\ntls: true"
    )


# --- notebooks, subtitles


def test_a_notebook_gives_its_cells_and_what_they_printed(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# Pumps\n", "\n", "They run."]},
        {
            "cell_type": "code",
            "source": "start()",
            "outputs": [
                {"output_type": "stream", "text": ["started\n"]},
                {"output_type": "display_data", "data": {"image/png": "x", "text/plain": "<Figure size 1x1>"}},
                {"output_type": "error", "traceback": ["\x1b[31mToo hot\x1b[0m"]},
            ],
        },
    ]
    document = document_of(tmp_path, "a.ipynb", json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    assert document.text == "# Pumps\n\nThey run.\n\nstart()\n\nstarted\n\nToo hot"
    assert document.title == "Pumps"
    assert marked(document, "code") == ["start()", "started", "Too hot"]
    assert [(told.what, told.count) for told in document.omitted] == [("outputs of cells", 1)]


def test_a_heading_of_a_notebook_stands_above_the_cells_below_it(tmp_path):
    sources = ["Pumps of the *north*\n===\n\n## Oil", "They run on oil."]
    cells = [{"cell_type": "markdown", "source": source} for source in sources]
    document = document_of(tmp_path, "a.ipynb", json.dumps({"cells": cells}))
    assert document.title == "Pumps of the north"
    assert marked(document, "heading") == ["Pumps of the *north*\n===", "## Oil"]
    assert [mark.level for mark in document.marks] == [1, 2]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nThe gate <i>opens</i>\nnow.\n\n2\n00:00:02,500 --> 00:00:04,000\nWait.\n\n"
                  "3\n00:01:09,000 --> 00:01:10,000\nDone.\n"),
        ("a.vtt", "WEBVTT\n\nSTYLE\n::cue {}\n\n00:01.000 --> 00:02.000 line:0\nThe gate <b>opens</b> now.\n\n"
                  "x\n00:02.500 --> 00:04.000\nWait.\n\n01:09.000 --> 01:10.000\nDone.\n"),
    ],
)  # fmt: skip
def test_subtitles_are_paragraphs_of_what_is_said(tmp_path, name, content):
    assert document_of(tmp_path, name, content).text == "The gate opens now. Wait.\n\nDone."


def test_speakers_are_named(tmp_path):
    document = document_of(tmp_path, "a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ida>Open it.</v>\n")
    assert document.text == "Ida: Open it."


# --- manuals


MAN = r""".\" a remark
.TH PUMP 1 2024-05-01 "Lock 2" "Lock Manual"
.SH NAME
pump \- move water
.SH SYNOPSIS
.B pump
.RI [ options ]
.SH OPTIONS
.TP
.BR \-v ", " \-\-verbose
Say more.
.TP
.B \-x
Stop.
.if t Only on paper.
.nf
pump \-v
  pump \-x
.fi
.TS
tab(:);
l l.
Kind:Price
oak:5
.TE
.SH EMPTY
.SH "SEE ALSO"
.BR lock (1)
"""


@pytest.mark.parametrize("name", ["pump.1", "pump.1.gz", "pump"])
def test_a_manual_page(tmp_path, name):
    document = document_of(tmp_path, name, gzip.compress(MAN.encode()) if name.endswith(".gz") else MAN)
    assert document.title == "pump(1): move water"
    assert document.metadata["date"] == "2024-05-01"
    assert "pump [options]" in document.text
    assert "-v, --verbose\nSay more." in document.text
    assert "remark" not in document.text
    assert "paper" not in document.text
    assert marked(document, "code") == ["pump -v\n  pump -x"]
    assert marked(document, "table") == ["Kind | Price", "oak | 5"]
    assert [text for text in marked(document, "heading") if text.strip()] == ["NAME", "SYNOPSIS", "OPTIONS", "SEE ALSO"]


def test_a_manual_page_of_bsd(tmp_path):
    page = ".Dd May 1, 2024\n.Dt PUMP 8\n.Os\n.Sh NAME\n.Nm pump\n.Nd move water\n.Sh SYNOPSIS\n.Nm\n.Op Fl a Ar file\n" \
           ".Sh DESCRIPTION\n.Bl -tag\n.It Fl v\nSay more, see\n.Xr lock 1 .\n.El\n"  # fmt: skip
    document = document_of(tmp_path, "pump.8", page)
    assert document.title == "pump(8): move water"
    assert "pump [-a file]" in document.text
    assert "-v\nSay more, see lock(1)." in document.text


def test_a_manual_page_that_only_refers_to_another_says_so(tmp_path):
    with pytest.raises(DocumentError, match=r"only refers to man1/pump\.1"):
        document_of(tmp_path, "start.1", ".so man1/pump.1\n")


def test_an_info_manual(tmp_path):
    info = (
        "This is lock.info.\n\n\x1f\nFile: lock.info,  Node: Top,  Next: Pumps,  Up: (dir)\n\nLock\n****\n\n* Menu:\n\n"
        "* Pumps::  How they run.\n\n\x1f\nFile: lock.info,  Node: Pumps,  Prev: Top\n\n1 Pumps\n=======\n\nThey run.\n\n"
        "     pump -v\n\n\x1f\nTag Table:\nNode: Top\x7f20\n\x1f\nEnd Tag Table\n"
    )
    document = document_of(tmp_path, "lock.info", info)
    assert document.title == "Lock"
    assert "File:" not in document.text
    assert "Tag" not in document.text
    assert marked(document, "heading") == ["1 Pumps"]
    assert "They run." in document.text


# --- which formats


@pytest.mark.parametrize(
    ("name", "named", "reason"),
    [
        ("a.md", False, ""), ("a.py", False, "source code .py: read when named or included"), ("a.py", True, ""),
        ("a.yaml", False, "configuration .yaml: read when named or included"), ("a.log.gz", True, ""),
        ("a.tar.gz", True, "archive .tar.gz: unpack it to have its files read"),
    ],
)  # fmt: skip
def test_the_table_says_what_is_read_by_default_and_what_when_asked(tmp_path, name, named, reason):
    assert reader_for(tmp_path / name, named=named).reason == reason


def test_every_reader_of_the_table_exists():
    for kind in FORMATS.values():
        module, _, function = kind.reader.partition(":")
        assert not function or callable(getattr(import_module(f"searchkit.documents.{module}"), function))
