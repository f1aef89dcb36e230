"""Rich text (.rtf): paragraphs, headings, lists, tables, notes and comments; deleted text and pictures left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from searchkit.documents.account import OBJECTS, PICTURES, Account
from searchkit.documents.blocks import Blocks
from searchkit.documents.comments import comment_line
from searchkit.documents.lines import squeeze
from searchkit.documents.properties import metadata_of
from searchkit.documents.richtokens import ControlWord, PlainText, tokens
from searchkit.documents.tables import add_table
from searchkit.documents.titles import stated_title
from searchkit.documents.wordstyles import heading_level
from searchkit.errors import DocumentError
from searchkit.types import Document

_SIGNS = {
    "tab": "\t", "line": "\n", "softline": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ", "qmspace": " ",
    "~": "\xa0", "_": "-",
}  # fmt: skip
_SHOWN = frozenset(  # groups that hold text of the document, those among them too that older programs pass over
    ("rtf", "field", "fldrslt", "shp", "shpinst", "shptxt", "do", "dptxbxtext", "result", "shppict", "ud", "upr")
)
_SILENT = frozenset(
    ("fldinst", "colortbl", "listtable", "listoverridetable", "revtbl", "rsidtbl", "generator", "filetbl", "xmlnstbl",
     "nonshppict", "sp", "bkmkstart", "bkmkend", "objdata", "objclass", "xe", "tc", "ftnsep", "ftnsepc", "ftncn",
     "aftnsep", "aftnsepc", "aftncn", "operator", "company", "doccomm", "comment", "manager", "category",
     "template", "background", "atnid", "atndate", "atnref", "atrfstart", "atrfend", "pn", "revtim", "printim",
     "buptim", "falt", "panose", "nesttableprops", "userprops")
)  # fmt: skip
_HEADS_AND_FEET = frozenset({"header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"})
_FACTS = {"title": "title", "author": "author", "keywords": "tags"}
_LABELS = frozenset({"listtext", "pntext"})
_NOT_BODY = frozenset({"footnote", "annotation"}) | _HEADS_AND_FEET
_COUNTED = {"pict": PICTURES, "object": OBJECTS}
_DESTINATIONS = {
    **dict.fromkeys(_SILENT, ""), **dict.fromkeys(_LABELS, "label"), "pict": "", "info": "info", "stylesheet": "style",
    "atnauthor": "by", "creatim": "created",
}  # fmt: skip
_BODY_LEVEL = 9  # the outline level of what is no heading


@dataclass(slots=True)
class _Paragraph:
    """A paragraph's words, its number in a list, and its properties, which hold until they are reset."""

    words: list[str] = field(default_factory=list)
    label: list[str] = field(default_factory=list)
    style: int = 0
    outline: int = _BODY_LEVEL
    in_table: bool = False


@dataclass(slots=True)
class _State:
    """What a brace saves: where text goes ("" is nowhere), and whether it is deleted."""

    into: str = "text"
    deleted: bool = False


@dataclass(slots=True)
class _Stream:
    """The text of one place, the body or a note, while it is read. `depth` is that of the group that holds it."""

    kind: str = "body"
    depth: int = 0
    blocks: Blocks = field(default_factory=Blocks)
    paragraph: _Paragraph = field(default_factory=_Paragraph)
    items: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    hanging: list[str] = field(default_factory=list)


def read_rtf(data: bytes, doc_id: str) -> Document:
    """Return the document of a rich text file, heads, feet and comments last."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise DocumentError("it is no rich text: it does not begin with {\\rtf.")
    return _Reader().document(data, doc_id)


class _Reader:
    """Reads one file."""

    def __init__(self) -> None:
        self.account = Account()
        self._states = [_State()]
        self._streams = [_Stream()]
        self._styles: dict[int, str] = {}
        self._style = 0
        self._facts: dict[str, list[str]] = {}
        self._created: dict[str, int] = {}
        self._last: list[str] = []  # comments, heads and feet
        self._by: list[str] = []  # who made the comment that follows

    def document(self, data: bytes, doc_id: str) -> Document:
        """Return the document."""
        for token in tokens(data):
            if isinstance(token, PlainText):
                self._add_text(token.text)
            elif token.name == "{":
                self._states.append(replace(self._states[-1]))
            elif token.name == "}":
                self._end_group()
            else:
                self._obey(token)
        while len(self._streams) > 1:
            self._end_stream()
        blocks = self._ended(self._streams[0])
        for text in dict.fromkeys(self._last):
            blocks.add(text)
        stated: dict[str, str] = {_FACTS[name]: squeeze("".join(words)) for name, words in self._facts.items()}
        if {"yr", "mo", "dy"} <= self._created.keys():
            stated["date"] = f"{self._created['yr']:04}-{self._created['mo']:02}-{self._created['dy']:02}"
        title, metadata = metadata_of({key: value for key, value in stated.items() if value})
        return self.account.attached(blocks.document(doc_id, stated_title(title), metadata))

    # --- groups

    def _end_group(self) -> None:
        if len(self._states) > 1:
            self._states.pop()
        if self._streams[-1].depth > len(self._states) - 1:
            self._end_stream()

    def _open_stream(self, kind: str) -> None:
        self._states[-1].into = "text"
        self._streams.append(_Stream(kind, len(self._states) - 1))

    def _end_stream(self) -> None:
        """Put what a note, comment, head or foot says where it belongs."""
        stream = self._streams.pop()
        parts = self._ended(stream).parts
        if stream.kind == "footnote":
            self._streams[-1].hanging += parts
        elif stream.kind == "annotation" and parts:
            by = squeeze("".join(self._by))
            self._last.append(comment_line(" ".join(map(squeeze, parts)), by))
            self._by.clear()
        else:
            self._last += [part for part in parts if any(map(str.isalpha, part))]

    # --- text

    def _add_text(self, text: str) -> None:
        state, stream = self._states[-1], self._streams[-1]
        if state.into == "text" and not state.deleted:
            stream.paragraph.words.append(text)
        elif state.into == "label":
            stream.paragraph.label.append(text)
        elif state.into == "by":
            self._by.append(text)
        elif state.into == "style":
            self._styles[self._style] = self._styles.get(self._style, "") + text
        elif state.into in _FACTS:
            self._facts.setdefault(state.into, []).append(text)

    def _obey(self, word: ControlWord) -> None:
        """Do what a control word says."""
        name, state = word.name, self._states[-1]
        if name in _SIGNS:
            self._add_text(_SIGNS[name])
        elif word.opens:
            self._open(word, state)
        elif state.into == "style" and name in ("s", "cs", "ds", "ts"):
            self._style = (word.number or 0) if name == "s" else -1
        elif state.into == "created":
            self._created[name] = word.number or 0
        elif state.into == "text":
            self._format(name, word.number)

    def _open(self, word: ControlWord, state: _State) -> None:
        """Begin a group that a control word names at its start; what is not known and may be passed over, is."""
        if word.name in _COUNTED and state.into == "text" and not state.deleted:
            self.account.add(_COUNTED[word.name])
        if not state.into or state.into in _FACTS:
            return
        into = _DESTINATIONS.get(word.name)
        if state.into == "info":
            state.into = word.name if word.name in _FACTS else into or ""
        elif word.name in _NOT_BODY:
            self._open_stream(word.name)
        elif into is not None:
            state.into = into
        elif word.optional and word.name not in _SHOWN and state.into == "text":
            state.into = ""
        else:
            self._obey(ControlWord(word.name, word.number))

    def _format(self, name: str, number: int | None) -> None:
        stream, state = self._streams[-1], self._states[-1]
        paragraph = stream.paragraph
        if name in ("par", "sect", "page", "column"):
            self._end_paragraph(stream)
        elif name in ("cell", "nestcell", "row", "nestrow"):
            self._end_cell(stream, name)
        elif name == "pard":
            paragraph.style, paragraph.outline, paragraph.in_table = 0, _BODY_LEVEL, False
        elif name == "s":
            paragraph.style = number or 0
        elif name == "outlinelevel":
            paragraph.outline = _BODY_LEVEL if number is None else number
        elif name in ("intbl", "trowd"):
            paragraph.in_table = True
        elif name in ("deleted", "plain"):
            state.deleted = name == "deleted" and number != 0

    # --- blocks

    def _end_paragraph(self, stream: _Stream) -> None:
        paragraph = stream.paragraph
        if paragraph.in_table:
            paragraph.words.append(" ")
            return
        self._end_table(stream)
        text = _whole("".join(paragraph.words))
        label = squeeze(_whole("".join(paragraph.label)))
        paragraph.words, paragraph.label = [], []
        level = paragraph.outline + 1 if paragraph.outline < _BODY_LEVEL else self._level(paragraph.style)
        if level:
            self._end_list(stream)
            stream.blocks.add(squeeze(f"{label} {text}"), "heading", level)
        elif label and text.strip():
            stream.items.append(f"{label if any(map(str.isalnum, label)) else '-'} {squeeze(text)}")
        else:
            self._end_list(stream)
            stream.blocks.add(text)
        if stream.hanging:
            self._end_list(stream)
            self._add_hanging(stream)

    def _level(self, style: int) -> int:
        return heading_level(self._styles.get(style, "").strip("; \n"))

    def _end_list(self, stream: _Stream) -> None:
        stream.blocks.add("\n".join(stream.items), "list")
        stream.items.clear()

    def _add_hanging(self, stream: _Stream) -> None:
        for note in stream.hanging:
            stream.blocks.add(note)
        stream.hanging.clear()

    def _end_cell(self, stream: _Stream, name: str) -> None:
        """End a cell or row; those of a table inside a cell are parted by commas and semicolons."""
        words = stream.paragraph.words
        if name == "cell":
            stream.cells.append(squeeze(_whole("".join([*stream.paragraph.label, *words]))).strip(",; "))
            stream.paragraph.words, stream.paragraph.label = [], []
        elif name == "row":
            self._end_list(stream)
            stream.rows.append(list(stream.cells))
            stream.cells.clear()
        else:
            words.append(", " if name == "nestcell" else "; ")

    def _end_table(self, stream: _Stream) -> None:
        if stream.cells:  # a row that no sign ends
            stream.rows.append(list(stream.cells))
            stream.cells.clear()
        if max(map(len, stream.rows), default=0) > 1:
            add_table(stream.blocks, stream.rows)
        else:
            for row in stream.rows:
                stream.blocks.add(" ".join(row))
        if stream.rows:
            stream.rows.clear()
            self._add_hanging(stream)

    def _ended(self, stream: _Stream) -> Blocks:
        """Return a stream's blocks once nothing more comes."""
        stream.paragraph.in_table = False
        self._end_paragraph(stream)
        self._end_list(stream)
        return stream.blocks


def _whole(text: str) -> str:
    """Return a text with the halves of rare characters put together."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
