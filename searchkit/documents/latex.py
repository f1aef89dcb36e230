"""LaTeX: what a reader of the printed page sees, without the commands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze
from searchkit.documents.properties import metadata_of
from searchkit.documents.tables import add_table
from searchkit.types import Document, Omission

_LEVELS = {
    "part": 1,
    "chapter": 1,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
}
_HEADING = re.compile(rf"\\({'|'.join(_LEVELS)})\*?\s*(?:\[[^\]]*\])?\s*(?=\{{)")
_VERBATIM = re.compile(r"\\begin\{(verbatim\*?|lstlisting|minted|Verbatim|alltt)\}(.*?)\\end\{\1\}", re.DOTALL)
_TABLE = re.compile(r"\\begin\{(tabular[*x]?|longtable|array|tabu)\}(.*?)\\end\{\1\}", re.DOTALL)
_LIST = re.compile(r"\\(begin|end)\{(?:itemize|enumerate|description|compactitem|inparaenum)\}")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*\n?[^\S\n]*")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^}]*\}(?:\[[^\]]*\])?")
_DROPPED = re.compile(
    r"\\(?:label|index|vspace|hspace|includegraphics|bibliographystyle|usepackage|documentclass|setlength|pagestyle|"
    r"thispagestyle|addcontentsline|setcounter|newcounter|color|fontsize|selectfont|graphicspath|hypersetup|geometry)"
    r"\*?\s*(?:\[[^\]]*\])?(?:\s*\{[^{}]*\})*"
)
_INCLUDED = re.compile(r"\\(?:input|include|subfile|bibliography)\s*\{([^}]*)\}")
_LINKED = re.compile(r"\\href\s*(?:\[[^\]]*\])?\s*\{[^{}]*\}")
_CITED = re.compile(r"\\(?:cite\w*|ref|eqref|autoref|cref|Cref|pageref)\*?\s*(?:\[[^\]]*\])*\{([^{}]*)\}")
_ACCENT = re.compile(
    r"\\([`'^\"~=.uvHcdbrk])\s*(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z])(?![A-Za-z]))|\\([`'^\"~=.])\{?([a-zA-Z])\}?"
)
_MARKS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
          "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323", "b": "\u0331", "r": "\u030a",
          "k": "\u0328"}  # fmt: skip
_SIGNS = {"ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł",
          "L": "Ł", "i": "ı", "ldots": "…", "dots": "…", "textendash": "–", "textemdash": "—", "LaTeX": "LaTeX",
          "TeX": "TeX", "copyright": "©", "pounds": "£", "euro": "€", "S": "§", "textbackslash": "\\", "quad": " ",
          "qquad": " ", "par": "\n\n", "newline": "\n", "textdegree": "°", "times": "×", "alpha": "α", "beta": "β",
          "gamma": "γ", "delta": "δ", "lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ"}  # fmt: skip
_SIGN = re.compile(rf"\\({'|'.join(sorted(_SIGNS, key=len, reverse=True))})(?![A-Za-z])(?:\{{\}}|[^\S\n]*)")
_COMMAND = re.compile(r"\\[A-Za-z@]+\*?(?:\s*\[[^\]\n]*\])?|\\[^A-Za-z\s]")
_PROTECTED = re.compile(r"\\([&%$#_{}])")
_HIDDEN_SIGNS = "&%$#_{}"
_KEEP = "\ue000"  # private signs stand for the escaped ones while commands are taken out
_BLOCK = "\ue100"
_ROW_END = re.compile(r"\\\\\*?(?:\[[^\]]*\])?|\\tabularnewline")
_INCLUDED_REASON = ("included files", "they are files of their own")


def read_latex(text: str, doc_id: str) -> Document:
    """Return the document of a LaTeX file."""
    verbatim: list[str] = []

    def keep(match: re.Match[str]) -> str:
        body = re.sub(r"\A(?:\[[^\]]*\])?(?:\{[^}]*\})?[^\S\n]*\n?", "", match[2])
        verbatim.append(body)
        return f"\n\n{_BLOCK}{len(verbatim) - 1}{_BLOCK}\n\n"

    text = _COMMENT.sub(r"\1", _VERBATIM.sub(keep, text))
    stated = {key: _inline(value) for key in ("title", "author", "date") if (value := _argument(text, key))}
    title, metadata = metadata_of({key: squeeze(value) for key, value in stated.items() if squeeze(value)})
    included = _INCLUDED.findall(text)
    body = text.partition(r"\begin{document}")[2].partition(r"\end{document}")[0] or text
    blocks = Blocks()
    for kind, content, level in _pieces(body):
        if kind == "heading":
            blocks.add(squeeze(_inline(content)), "heading", level)
        elif kind == "table":
            _add_table(content, blocks)
        else:
            _add_text(content, verbatim, blocks)
    omitted = (Omission(*_INCLUDED_REASON, len(included), ", ".join(included)),) if included else ()
    return replace(blocks.document(doc_id, title, metadata), omitted=omitted)


def _pieces(body: str) -> Iterator[tuple[str, str, int]]:
    """Yield headings, tables and the text between them."""
    at = 0
    while True:
        found = [match for pattern in (_HEADING, _TABLE) if (match := pattern.search(body, at))]
        if not found:
            yield "text", body[at:], 0
            return
        match = min(found, key=lambda one: one.start())
        yield "text", body[at : match.start()], 0
        if match.re is _HEADING:
            end = _closing(body, match.end())
            yield "heading", body[match.end() + 1 : end], _LEVELS[match[1]]
            at = end + 1
        else:
            yield "table", match[2], 0
            at = match.end()


def _argument(text: str, command: str) -> str:
    match = re.search(rf"\\{command}\s*(?:\[[^\]]*\])?\s*(?=\{{)", text)
    return text[match.end() + 1 : _closing(text, match.end())] if match else ""


def _closing(text: str, start: int) -> int:
    """Return where the brace that opens at `start` closes."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] in "{}" and (at == 0 or text[at - 1] != "\\"):
            depth += 1 if text[at] == "{" else -1
            if depth == 0:
                return at
    return len(text)


def _add_table(body: str, blocks: Blocks) -> None:
    body = re.sub(r"\A\s*(?:\[[^\]]*\])?(?:\s*\{(?:[^{}]|\{[^{}]*\})*\}){1,2}", "", body)
    body = re.sub(r"\\(?:hline|toprule|midrule|bottomrule|cline\{[^}]*\}|cmidrule(?:\([^)]*\))?\{[^}]*\})", "", body)
    body = re.sub(r"\\multi(?:column|row)\s*\{[^{}]*\}\s*\{[^{}]*\}", "", body)
    rows = [re.split(r"(?<!\\)&", row) for row in _ROW_END.split(body)]
    add_table(blocks, [[_inline(cell) for cell in row] for row in rows], header=True)


def _add_text(text: str, verbatim: list[str], blocks: Blocks) -> None:
    text = _LIST.sub(r"\n\n", re.sub(r"\s*\\item\b\s*(?:\[([^\]]*)\])?", _item, text))
    for paragraph in re.split(r"\n\s*\n", text):
        if kept := re.fullmatch(rf"\s*{_BLOCK}(\d+){_BLOCK}\s*", paragraph):
            blocks.add(verbatim[int(kept[1])], "code")
            continue
        lines = [squeeze(line) for line in _inline(paragraph).split("\n")]
        is_list = any(line.startswith("- ") for line in lines)
        blocks.add("\n".join(line for line in lines if line), "list" if is_list else None)


def _item(match: re.Match[str]) -> str:
    return f"\n- {match[1]}: " if match[1] else "\n- "


def _inline(text: str) -> str:
    """Return text without commands; what stands in their braces stays."""
    text = _PROTECTED.sub(lambda sign: chr(ord(_KEEP) + _HIDDEN_SIGNS.index(sign[1])), text)
    text = _ROW_END.sub("\n", text)
    text = _ACCENT.sub(_accented, text)
    text = _LINKED.sub("", _CITED.sub(r"[\1]", _INCLUDED.sub("", _DROPPED.sub("", text))))
    text = re.sub(r"\\footnote\s*(?=\{)", " ", text)
    text = _SIGN.sub(lambda sign: _SIGNS[sign[1]], _ENVIRONMENT.sub("", text))
    text = _COMMAND.sub(" ", text)
    text = re.sub(r"[{}]", "", text).replace("~", " ").replace("---", "—").replace("--", "–")
    text = text.replace("``", "“").replace("''", "”")
    return "".join(
        _HIDDEN_SIGNS[ord(sign) - ord(_KEEP)] if _KEEP <= sign < chr(ord(_KEEP) + len(_HIDDEN_SIGNS)) else sign
        for sign in text
    )


def _accented(match: re.Match[str]) -> str:
    sign, letter = (match[1], match[2] or match[3]) if match[1] else (match[4], match[5])
    return unicodedata.normalize("NFC", letter + _MARKS[sign])
