"""Roff, the language of manual pages, to blocks of text: the man and mdoc macros, and enough of roff itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TypeAlias

from searchkit.documents.blocks import Blocks
from searchkit.documents.dates import parse_date
from searchkit.documents.lines import squeeze
from searchkit.documents.mdoc import MDOC_BLOCKS, mdoc_words
from searchkit.documents.properties import Value
from searchkit.documents.roffwords import unescape
from searchkit.documents.tables import add_table

_REQUEST = re.compile(r"[.'][ \t]*(?P<name>[A-Za-z0-9_:#%@-]*\\?[\w}{]*)[ \t]*(?P<rest>.*)$", re.DOTALL)
_ARGUMENT = re.compile(r'"((?:[^"]|"")*)"?|((?:\\ |\S)+)')
_ALTERNATING = frozenset({"BR", "RB", "BI", "IB", "IR", "RI"})
_JOINED = frozenset(
    {"B", "I", "SM", "SB", "R", "CW", "C", "BM", "OP", "SY", "MR", "UR", "MT", "URL", "UE", "ME", "L", "Q", "ft"}
)
_PARAGRAPH = frozenset({"PP", "P", "LP", "HP", "sp", "Sp", "Pp", "bp", "RS", "RE", "YS", "in", "ti", "PD", "ns"})
_CODE_ON, _CODE_OFF = frozenset({"nf", "EX", "Vb", "DS", "CS"}), frozenset({"fi", "EE", "Ve", "DE", "CE"})
_QUIET = frozenset(
    ("ad", "na", "nh", "hy", "ne", "nr", "ll", "pl", "ps", "vs", "ta", "tr", "IX", "rm", "rr", "ec", "eo", "cc", "c2",
     "AT", "UC", "DT", "lf", "mk", "rt", "tm", "ab", "ss", "cs", "bd", "wh", "ch", "fp", "lg", "af", "hla", "hcode",
     "hpf", "hpfa", "pso", "open", "opena", "write", "close", "rn", "als", "do", "nop", "warn", "color", "ev", "di",
     "da", "cu", "ul", "ce", "rj", "mso", "ftr", "fam", "EQ", "EN", "PS", "PE", "zY", "zZ", "char")
)  # fmt: skip
_NROFF = re.compile(r"(!?)\s*([nt]|\\n\S*|\d+|[cdmrFS]\s*\S+|'[^']*'[^']*'|\([^)]*\)|\S+)\s*(.*)$", re.DOTALL)
_MOST_NAME = 200  # characters of the line that names a page's command
_LEAST_COLUMNS = 2


@dataclass(slots=True)
class Roff:
    """A manual page as it is read: its blocks, title and metadata, and the page that it only refers to."""

    blocks: Blocks = field(default_factory=Blocks)
    title: str = ""
    metadata: dict[str, Value] = field(default_factory=dict)
    refers_to: str = ""
    _words: list[str] = field(default_factory=list)
    _code: list[str] | None = None
    _lead: str = ""
    _tag_follows: bool = False
    _heading: int = 0  # the level of a heading whose words are on the next line
    _strings: dict[str, str] = field(default_factory=dict)
    _macros: set[str] = field(default_factory=set)
    _else: bool = False  # whether the next ".el" holds
    _name: str = ""  # of an mdoc page's command
    _section: str = ""

    def read(self, lines: list[str]) -> None:
        """Read a page's lines."""
        rest = iter(_joined(lines))
        for line in rest:
            self._line(line, rest)
        self._end_code()
        self._flush()
        self.blocks.add(self._lead)

    def _line(self, line: str, rest: Iterator[str]) -> None:
        if line[:1] in (".", "'") and not line.startswith("'\\\""):
            match = _REQUEST.match(line)
            if match:
                self._request(match["name"], match["rest"], rest)
        elif self._code is not None:
            self._code.append(self._plain(line))
        elif not line.strip():
            self._flush()
        elif not line.startswith("'\\\""):
            self._text(self._plain(line))

    def _plain(self, text: str) -> str:
        return unescape(text.replace("\\}", ""), self._strings)

    def _text(self, text: str) -> None:
        """Add words: of a heading, of a tag, or of the paragraph."""
        if not text.strip():
            return
        if self._heading:
            self._add_heading(text, self._heading)
        elif self._tag_follows:
            self._tag_follows = False
            self._lead = f"{self._lead}, {squeeze(text)}" if self._lead else squeeze(text)
        elif self._code is not None:
            self._code.append(text)
        else:
            self._words.append(text)

    def _request(self, name: str, rest: str, lines: Iterator[str]) -> None:
        if name.startswith("\\") or not name:
            if rest and not name:
                self._line(rest, lines)
            return
        if name in ("de", "de1", "am", "ig", "dei", "am1"):
            self._macros.add(rest.split(maxsplit=1)[0] if rest.split() else "")
            self._skip(lines, f".{rest.split()[1]}" if len(rest.split()) > 1 else "..")
        elif name in ("if", "ie", "el", "while"):
            self._conditional(name, rest, lines)
        elif name == "ds":
            key, _, value = rest.partition(" ")
            self._strings.setdefault(key, unescape(value.removeprefix('"'), self._strings))
        elif name == "so":
            self.refers_to = rest.strip()
        elif name == "TS":
            self._table(lines)
        else:
            self._macro(name, [self._plain(argument) for argument in _arguments(rest)])

    def _macro(self, name: str, arguments: list[str]) -> None:
        """Do what a macro does, or add its words."""
        if action := _ACTIONS.get(name):
            action(self, name, arguments)
        elif name in _ALTERNATING:
            self._text("".join(arguments))
        elif name not in _QUIET:
            is_known = name in _JOINED or name in self._macros
            self._text(" ".join(arguments) if is_known else mdoc_words(name, arguments, self._name))

    def _section_macro(self, name: str, arguments: list[str]) -> None:
        self._flush()
        self._begin_section(" ".join(arguments), 1 if name[1].upper() == "H" else 2)

    def _code_begins(self, _name: str, _arguments: list[str]) -> None:
        self._flush()
        self._code = []

    def _code_ends(self, _name: str, _arguments: list[str]) -> None:
        self._end_code()

    def _tag(self, name: str, arguments: list[str]) -> None:
        """Let the next line, or an argument, stand above what follows it."""
        if name != "TQ":
            self._flush()
        if name == "IP":
            self._lead = squeeze(" ".join([self._lead, *arguments[:1]]))
        else:
            self._tag_follows = True

    def _paragraph(self, _name: str, _arguments: list[str]) -> None:
        if self._code is None:
            self._flush()
        else:
            self._code.append("")

    def _break(self, _name: str, _arguments: list[str]) -> None:
        self._words.append("\n")

    def _begin(self, _name: str, arguments: list[str]) -> None:
        """Take a page's name, section, date and manual."""
        if arguments and not self.title:
            number = arguments[1] if len(arguments) > 1 else ""
            self.title = f"{arguments[0].lower() if arguments[0].isupper() else arguments[0]}({number})"
            date = parse_date(arguments[2]) if len(arguments) > 2 else ""
            extra = " ".join(arguments[2:])
            found: dict[str, Value] = {"section": number, "date": date, "manual": squeeze(extra)}
            self.metadata.update((key, value) for key, value in found.items() if value)

    def _begin_section(self, words: str, level: int) -> None:
        self._end_code()
        self._lead_out()
        if words.strip():
            self._add_heading(words, level)
        else:
            self._heading = level

    def _add_heading(self, words: str, level: int) -> None:
        self._heading = 0
        self._section = squeeze(words).upper() if level == 1 else self._section
        self.blocks.add(squeeze(words), "heading", level)

    def _mdoc_block(self, name: str, arguments: list[str]) -> None:
        if name in ("Dd", "Os"):
            date = parse_date(" ".join(arguments)) if name == "Dd" else ""
            self.metadata.update({"date": date} if date else {})
        elif name == "It":
            self._flush()
            self._lead_out()
            self._lead = squeeze(mdoc_words("It", arguments, self._name))
        elif name == "Bd":
            self._flush()
            if {"-literal", "-unfilled"} & set(arguments):
                self._code = []
        elif name == "Ed":
            self._end_code()
        elif name in ("Bl", "El"):
            self._flush()
        elif name == "Nm":
            self._name = self._name or (arguments[0] if arguments else "")
            self._text(mdoc_words("Nm", arguments, self._name))
        elif name == "Nd":
            self._text(f"- {' '.join(arguments)}")
        else:  # lines of code: D1, Dl
            self._flush()
            self.blocks.add(mdoc_words(name, arguments, self._name), "code")

    def _lead_out(self) -> None:
        self.blocks.add(self._lead)
        self._lead = ""

    def _flush(self) -> None:
        """End the paragraph; a tag stands above what it names."""
        self._tag_follows = False
        lines = " ".join(self._words).split("\n")
        self._words.clear()
        text = "\n".join(filter(None, map(squeeze, lines)))
        if not text:
            return
        if self._section == "NAME" and len(text) <= _MOST_NAME and text.count("\n") == 0 and " - " in f" {text} ":
            self.title = squeeze(f"{self.title}: {text.partition(' - ')[2]}") if " - " in text else self.title
            self._section = ""
        self.blocks.add(f"{self._lead}\n{text}" if self._lead else text)
        self._lead = ""

    def _end_code(self) -> None:
        if self._code is not None:
            self._lead_out()
            self.blocks.add("\n".join(self._code).strip("\n"), "code")
            self._code = None

    def _skip(self, lines: Iterator[str], end: str) -> None:
        for line in lines:
            if line.rstrip() == end or line.rstrip() == f"{end[0]} {end[1:]}":
                return

    def _conditional(self, name: str, rest: str, lines: Iterator[str]) -> None:
        """Read what a condition allows on a terminal; of conditions that are not known, what they guard."""
        holds, body = True, rest
        if name == "el":
            holds = self._else
        elif match := _NROFF.match(rest):
            known = {"n": True, "t": False}.get(match[2])
            holds = known != bool(match[1]) if known is not None else not _defines(match[2])
            body = match[3]
        if name == "ie":
            self._else = not holds
        body = body.strip()
        if holds:
            body = body.removeprefix("\\{").removeprefix("\\").strip()
            if body and body != "\\":
                self._line(body, lines)
            return
        depth = body.count("\\{") - body.count("\\}")
        while depth > 0 and (line := next(lines, None)) is not None:
            depth += line.count("\\{") - line.count("\\}")

    def _table(self, lines: Iterator[str]) -> None:
        """Append a table of tbl: options and formats up to the line that ends in a full stop, then rows."""
        self._end_code()
        self._flush()
        body = list(takewhile(lambda line: not line.startswith(".TE"), lines))
        sign = next((match[1] for line in body[:2] if (match := re.search(r"tab ?\((.)\)", line))), "\t")
        rows: list[list[str]] = []
        in_format, block = True, ""
        for line in body:
            if in_format or line.startswith(".T&"):
                in_format = not line.rstrip().endswith(".")
            elif block or line.rstrip().endswith("T{"):
                block = f"{block} {line}" if block else line
                if line.startswith("T}") and not line.rstrip().endswith("T{"):
                    rows.append(self._row(block, sign))
                    block = ""
            elif words := _table_words(line):
                rows.append(self._row(words, sign))
        self._lead_out()
        add_table(self.blocks, rows, header=len(max(rows, key=len, default=[])) >= _LEAST_COLUMNS)

    def _row(self, line: str, sign: str) -> list[str]:
        words = re.sub(r"T[{}]", " ", line)
        words = re.sub(r"(?:^|\s)\.(?:[A-Z]{1,2}|br|sp|nf|fi|ad l|nh)\b", " ", words)
        return [self._plain(cell) for cell in words.split(sign)]


def _table_words(line: str) -> str:
    """Return the words of a line in a table, "" for a rule or a request without any."""
    if line.startswith("."):
        match = _REQUEST.match(line)
        return match["rest"] if match and match["name"] in _JOINED else ""
    return "" if re.fullmatch(r"[_=\s]*", line) else line


def _defines(condition: str) -> bool:
    """Tell whether a condition asks for a register or macro, which only preambles do."""
    return condition.startswith(("\\n", "(", "d", "r", "'", "F", "m"))


def _joined(lines: list[str]) -> Iterator[str]:
    """Yield lines without comments, those that a backslash continues as one."""
    kept = ""
    for line in lines:
        whole = re.sub(r"\\[\"#].*$", "", kept + line)
        kept = ""
        if re.search(r"(?<!\\)(?:\\\\)*\\$", whole) and not whole.endswith("\\{\\"):
            kept = whole[:-1]
        elif whole or not line:
            yield whole
    if kept:
        yield kept


def _arguments(rest: str) -> list[str]:
    return [
        match[1].replace('""', '"') if match[1] is not None else match[2].replace("\\ ", " ")
        for match in _ARGUMENT.finditer(rest)
    ]


_Action: TypeAlias = Callable[[Roff, str, list[str]], None]
_ACTIONS: dict[str, _Action] = {
    **dict.fromkeys(("Dd", "Os", *MDOC_BLOCKS), Roff._mdoc_block),
    **dict.fromkeys(("TH", "Dt"), Roff._begin),
    **dict.fromkeys(("SH", "Sh", "SS", "Ss"), Roff._section_macro),
    **dict.fromkeys(_CODE_ON, Roff._code_begins),
    **dict.fromkeys(_CODE_OFF, Roff._code_ends),
    **dict.fromkeys(("TP", "TQ", "IP"), Roff._tag),
    **dict.fromkeys(_PARAGRAPH, Roff._paragraph),
    "br": Roff._break,
}
