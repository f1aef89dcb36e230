"""Files of random structure in each text format, with the words that each shows a person."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape
from itertools import count

from hypothesis import strategies as st

_NAMES = (
    "pump", "gate", "sluice", "keel", "mast", "crane", "rope", "tar", "oak", "ash", "quay", "tide", "lock", "canal",
    "harbour", "keeper", "toll", "anchor", "Straße", "café", "nước", "вода", "水門",
)  # fmt: skip


@dataclass
class Words:
    """Hands out words that are all different, so that each can be looked for."""

    numbers: count
    shown: list

    def take(self, draw, least=1, most=12, end=""):
        picked = [f"{draw(st.sampled_from(_NAMES))}{next(self.numbers)}" for _ in range(draw(st.integers(least, most)))]
        self.shown += picked
        return " ".join(picked) + end


KINDS = st.lists(
    st.sampled_from(
        ["heading", "deep", "text", "text", "list", "table", "code", "picture", "short", "quote", "terms", "label"]
    ),
    min_size=1, max_size=9,
)  # fmt: skip


@st.composite
def files(draw, suffix):
    """Draw the content of a file and the words that it shows."""
    words = Words(count(1), [])
    content = _WRITERS[suffix](draw, words)
    return content.encode() if isinstance(content, str) else content, words.shown


def _table(draw, words):
    width = draw(st.integers(2, 4))
    return [[words.take(draw, 1, 2) for _ in range(width)] for _ in range(draw(st.integers(2, 5)))]


def _items(draw, words, most=4):
    return [words.take(draw, 1, 6) for _ in range(draw(st.integers(1, most)))]


def _markdown(draw, words):
    parts = []
    for kind in draw(KINDS):
        match kind:
            case "heading" | "deep":
                parts.append(f"{'#' * draw(st.integers(1, 4))} {words.take(draw, 1, 5)}")
            case "list":
                parts.append("\n".join(f"- {item}" for item in _items(draw, words)))
            case "table":
                head, *rows = _table(draw, words)
                parts.append("\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]))
            case "code":
                parts.append(f"```\n{words.take(draw)}\n\n{words.take(draw)}\n```")
            case "picture":
                parts.append(f"![{words.take(draw, 1, 8)}](a.png)")
            case "quote":
                parts.append(f"> {words.take(draw)}")
            case "label":
                parts.append(f"{draw(_LABELS)}: {words.take(draw, 1, 5)}")
            case _:
                parts.append(words.take(draw, 1 if kind == "short" else 8, 4 if kind == "short" else 40, "."))
    return "\n\n".join(parts)


_LABELS = st.sampled_from(
    ["Image", "Section", "Published", "Location", "Photo", "Credit", "Author", "Source", "Born", "Tags"]
)


def _plain(draw, words):
    parts = []
    for kind in draw(KINDS):
        match kind:
            case "heading":
                title = words.take(draw, 1, 5)
                parts.append(f"{title}\n{'=' * len(title)}")
            case "list":
                parts.append("\n".join(f"- {item}" for item in _items(draw, words)))
            case "label" | "picture":
                parts.append(f"{draw(_LABELS)}: {words.take(draw, 1, 5)}")
            case "short" | "deep":
                parts.append(words.take(draw, 1, 4))
            case _:
                parts.append(words.take(draw, 8, 40, "."))
    return "\n\n".join(parts)


def _restructured(draw, words):
    parts = []
    for kind in draw(KINDS):
        match kind:
            case "heading" | "deep":
                title = words.take(draw, 1, 5)
                parts.append(f"{title}\n{('=' if kind == 'heading' else '-') * (len(title) + 6)}")
            case "list":
                parts.append("\n".join(f"- {item}" for item in _items(draw, words)))
            case "code":
                parts.append(f"Run::\n\n    {words.take(draw)}\n\n    {words.take(draw)}")
            case "picture":
                parts.append(f".. image:: a.png\n   :alt: {words.take(draw, 1, 6)}")
            case "terms":
                parts.append(f"{words.take(draw, 1, 2)}\n    {words.take(draw)}")
            case _:
                parts.append(words.take(draw, 2, 40, "."))
    return "\n\n".join(parts)


def _html(draw, words, wrap=None):  # noqa: C901 - a case a kind of block
    def inline():
        before, inner, after = words.take(draw, 1, 9), words.take(draw, 1, 2), words.take(draw, 1, 3)
        tag = draw(st.sampled_from(["b", "a href=x", "code", "span", "em"]))
        return f"{escape(before)} <{tag}>{escape(inner)}</{tag.split()[0]}> {escape(after)}"

    parts = []
    for kind in draw(KINDS):
        match kind:
            case "heading" | "deep":
                level = draw(st.integers(1, 4))
                parts.append(f"<h{level}>{words.take(draw, 1, 5)}</h{level}>")
            case "list":
                inner = "".join(f"<li>{item}" for item in _items(draw, words))
                nested = f"<ul><li>{words.take(draw)}</li></ul>" if draw(st.booleans()) else ""
                parts.append(f"<ul>{inner}{nested}</ul>")
            case "table":
                head, *rows = _table(draw, words)
                body = "".join(
                    "<tr>" + "".join(f"<td>{c}<br>{words.take(draw, 1, 1)}</td>" for c in row) for row in rows
                )
                parts.append(f"<table><tr>{''.join(f'<th>{c}' for c in head)}</tr>{body}</table>")
            case "code":
                parts.append(f"<pre>{words.take(draw)}\n{words.take(draw)}</pre>")
            case "picture":
                parts.append(
                    f"<figure><img alt='{words.take(draw, 1, 6)}'><figcaption>{words.take(draw)}</figcaption></figure>"
                )
            case "terms":
                parts.append(f"<dl><dt>{words.take(draw, 1, 2)}<dd>{words.take(draw)}<dd>{words.take(draw)}</dl>")
            case "quote":
                parts.append(f"<details><summary>{words.take(draw)}</summary>{inline()}</details>")
            case "label":
                parts.append(
                    f"<div class='{draw(st.sampled_from(['related', 'share', 'box', 'footer']))}'>{inline()}</div>"
                )
            case "short":
                parts.append(f"{inline()} <br> ")
            case _:
                parts.append(f"<p>{inline()}</p>")
    title = "" if wrap else words.take(draw, 1, 4)  # no program shows the title of a mail's HTML
    wrap = wrap or draw(st.sampled_from(["main", "article", "div", "section", "form"]))
    head = f"<head><title>{title}</title><style>x{{}}</style></head>"
    return f"<!DOCTYPE html><html>{head}<body><{wrap}>{''.join(parts)}</{wrap}></body></html>"


def _mail(draw, words):
    message = EmailMessage()
    message["From"] = f"{words.take(draw, 1, 2)} <a@example.org>"
    message["To"] = f"{words.take(draw, 1, 2)} <b@example.org>"
    message["Subject"] = words.take(draw, 1, 6)
    shape = draw(st.sampled_from(["plain", "stub", "text", "forwarded", "html attached"]))
    if shape == "stub":
        message.set_content("View this in HTML.")
        message.add_alternative(_html(draw, words, "div"), subtype="html")
        return _bytes(message)
    message.set_content("\n\n".join(words.take(draw, 1, 30) for _ in range(draw(st.integers(1, 4)))))
    if shape == "text":
        message.add_attachment(words.take(draw, 1, 30), filename=f"{words.take(draw, 1, 1)}.txt")
    elif shape == "html attached":
        message.add_attachment(_html(draw, words, "div").encode(), "text", "html", filename="a.html")
    elif shape == "forwarded":
        inner = EmailMessage()
        inner["From"], inner["Subject"] = f"{words.take(draw, 1, 2)} <c@example.org>", words.take(draw, 1, 4)
        inner.set_content(words.take(draw, 1, 20))
        message.add_attachment(inner)
    return _bytes(message)


def _bytes(message):
    """Return a message with boundaries that are the same each time."""
    for number, part in enumerate(message.walk()):
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            part.set_boundary(f"boundary-{number}")
    return message.as_bytes()


def _csv(draw, words):
    table = _table(draw, words)
    sign = draw(st.sampled_from(",;\t"))
    for row in table[1:]:
        if draw(st.booleans()):
            row.append(words.take(draw, 1, 3))
        if draw(st.booleans()):
            row[-1] += f"\n{words.take(draw, 1, 2)}"
    out = io.StringIO()
    if draw(st.booleans()):
        out.write(f"{words.take(draw, 1, 4)}\n\n")
    csv.writer(out, delimiter=sign).writerows(table)
    return out.getvalue()


def _value(draw, words, depth):
    kind = draw(st.sampled_from(["text", "text", "number", "truth", "list", "object"]))
    if kind == "object" and depth < 3:
        return {words.take(draw, 1, 1): _value(draw, words, depth + 1) for _ in range(draw(st.integers(1, 3)))}
    if kind == "list" and depth < 3:
        return [_value(draw, words, depth + 1) for _ in range(draw(st.integers(1, 3)))]
    if kind == "number":
        number = 10_000_000 + next(words.numbers)
        words.shown.append(str(number))
        return number
    return draw(st.booleans()) if kind == "truth" else words.take(draw, 1, 30)


def _json(draw, words):
    return json.dumps({words.take(draw, 1, 1): _value(draw, words, 0) for _ in range(draw(st.integers(1, 5)))})


def _jsonl(draw, words):
    records = [
        {words.take(draw, 1, 1): _value(draw, words, 1) for _ in range(draw(st.integers(1, 4)))}
        for _ in range(draw(st.integers(1, 4)))
    ]
    return "\n".join(json.dumps({"name": words.take(draw, 1, 2), **record}, ensure_ascii=False) for record in records)


def _org(draw, words):
    parts = []
    for kind in draw(KINDS):
        match kind:
            case "heading" | "deep":
                parts.append(f"{'*' * draw(st.integers(1, 3))} {words.take(draw, 1, 5)}")
            case "list":
                parts.append("\n".join(f"- {item}" for item in _items(draw, words)))
            case "table":
                head, *rows = _table(draw, words)
                parts.append(
                    "\n".join([f"| {' | '.join(head)} |", "|---+---|", *(f"| {' | '.join(r)} |" for r in rows)])
                )
            case "code":
                parts.append(f"#+begin_src sh\n{words.take(draw)}\n\n{words.take(draw)}\n#+end_src")
            case "quote":
                parts.append(f"#+begin_quote\n{words.take(draw)}\n#+end_quote")
            case "picture":
                parts.append(f"#+caption: {words.take(draw, 1, 5)}\n[[file:a.png]]")
            case _:
                parts.append(f"{words.take(draw, 1, 20)} [[http://x.org][{words.take(draw, 1, 2)}]] end.")
    return "\n\n".join(parts)


def _asciidoc(draw, words):
    parts = [f"= {words.take(draw, 1, 4)}"]
    for kind in draw(KINDS):
        match kind:
            case "heading" | "deep":
                parts.append(f"{'=' * draw(st.integers(2, 4))} {words.take(draw, 1, 5)}")
            case "list":
                parts.append("\n".join(f"* {item}" for item in _items(draw, words)))
            case "table":
                head, *rows = _table(draw, words)
                lines = "\n".join("".join(f"|{cell} " for cell in row) for row in rows)
                parts.append(f"|===\n{''.join(f'|{cell} ' for cell in head)}\n\n{lines}\n|===")
            case "code":
                parts.append(f"----\n{words.take(draw)}\n\n{words.take(draw)}\n----")
            case "quote":
                parts.append(f"[quote, {words.take(draw, 1, 2)}]\n____\n{words.take(draw)}\n____")
            case "terms":
                parts.append(f"{words.take(draw, 1, 2)}:: {words.take(draw)}")
            case "picture":
                parts.append(f".{words.take(draw, 1, 3)}\nimage::a.png[{words.take(draw, 1, 5)}]")
            case _:
                parts.append(f"{words.take(draw, 1, 30)}.")
    return "\n\n".join(parts)


def _latex(draw, words):
    parts = []
    for kind in draw(KINDS):
        match kind:
            case "heading" | "deep":
                parts.append(f"\\{draw(st.sampled_from(['section', 'subsection']))}{{{words.take(draw, 1, 5)}}}")
            case "list":
                parts.append(
                    "\\begin{itemize}\n" + "".join(f"\\item {i}\n" for i in _items(draw, words)) + "\\end{itemize}"
                )
            case "table":
                rows = " \\\\\n".join(" & ".join(row) for row in _table(draw, words))
                parts.append(f"\\begin{{tabular}}{{llll}}\n{rows}\n\\end{{tabular}}")
            case "code":
                parts.append(f"\\begin{{verbatim}}\n{words.take(draw)}\n\\end{{verbatim}}")
            case "picture":
                parts.append(f"\\begin{{figure}}\\includegraphics{{a}}\\caption{{{words.take(draw)}}}\\end{{figure}}")
            case _:
                parts.append(f"{words.take(draw)} \\emph{{{words.take(draw)}}}\\footnote{{{words.take(draw)}}} 5\\%.")
    body = "\n\n".join(parts)
    head = f"\\documentclass{{article}}\n\\title{{{words.take(draw, 1, 4)}}}\n"
    return f"{head}\\begin{{document}}\n{body}\n\\end{{document}}\n"


def _subtitles(draw, words):
    cues = [
        f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{words.take(draw)}\n<i>{words.take(draw)}</i>\n"
        for n in range(1, draw(st.integers(2, 9)))
    ]
    return "\n".join(cues)


def _xml(draw, words):
    parts = []
    for kind in draw(KINDS):
        match kind:
            case "heading" | "deep":
                parts.append(
                    f"<section><title>{words.take(draw, 1, 4)}</title><para>{words.take(draw)}</para></section>"
                )
            case "list" | "table" | "terms":
                parts.append(f"<row kind='{words.take(draw, 1, 1)}'><name>{words.take(draw, 1, 2)}</name></row>")
            case "code":
                parts.append(f"<screen>{words.take(draw)}\n{words.take(draw)}</screen>")
            case _:
                parts.append(f"<para>{words.take(draw)} <b>{words.take(draw)}</b> {words.take(draw)}</para>")
    return f"<?xml version='1.0' encoding='utf-8'?><book>{''.join(parts)}</book>"


def _notebook(draw, words):
    cells = []
    for kind in draw(KINDS):
        if kind == "code":
            output = {"output_type": "stream", "text": [words.take(draw)]}
            cells.append({"cell_type": "code", "source": words.take(draw), "outputs": [output]})
        else:
            cells.append({"cell_type": "markdown", "source": f"{'# ' if kind == 'heading' else ''}{words.take(draw)}"})
    return json.dumps({"cells": cells, "metadata": {}})


def _man(draw, words):
    parts = [f'.TH {words.take(draw, 1, 1)} 1 "" "{words.take(draw, 1, 3)}"\n.SH NAME\nx \\- {words.take(draw)}']
    for kind in draw(KINDS):
        match kind:
            case "heading" | "deep":
                parts.append(f".{'SH' if kind == 'heading' else 'SS'} {words.take(draw, 1, 4)}")
            case "list":
                parts.append("\n".join(f".IP \\(bu 2\n{item}" for item in _items(draw, words)))
            case "terms":
                parts.append(f".TP\n.B {words.take(draw, 1, 2)}\n{words.take(draw)}")
            case "code":
                parts.append(f".nf\n{words.take(draw)}\n{words.take(draw)}\n.fi")
            case "table":
                rows = "\n".join("\t".join(row) for row in _table(draw, words))
                parts.append(f".TS\nl l l l.\n{rows}\n.TE")
            case _:
                parts.append(f".PP\n{words.take(draw)} \\fB{words.take(draw)}\\fR.\n.I {words.take(draw)}")
    return "\n".join(parts) + "\n"


def _code(draw, words):
    parts = []
    for kind in draw(KINDS):
        if kind in ("heading", "list", "table"):
            parts.append(
                f'def {words.take(draw, 1, 1)}():\n    """{words.take(draw)}"""\n\n    return "{words.take(draw)}"'
            )
        else:
            parts.append(f"# {words.take(draw)}\n{words.take(draw, 1, 1)} = 1")
    return "\n\n".join(parts)


_WRITERS = {
    ".txt": _plain, ".md": _markdown, ".rst": _restructured, ".html": _html, ".eml": _mail, ".csv": _csv,
    ".json": _json, ".jsonl": _jsonl, ".org": _org, ".adoc": _asciidoc, ".tex": _latex, ".srt": _subtitles,
    ".xml": _xml, ".ipynb": _notebook, ".1": _man, ".py": _code,
}  # fmt: skip
SUFFIXES = tuple(_WRITERS)
