"""Macros of mdoc, BSD's language of manual pages, as the words that a terminal shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MDOC_BLOCKS = frozenset({"It", "Bd", "Ed", "Bl", "El", "Nm", "Nd", "D1", "Dl"})

_AROUND = {
    "Op": ("[", "]"), "Oo": ("[", ""), "Oc": ("", "]"), "Aq": ("<", ">"), "Ao": ("<", ""), "Ac": ("", ">"),
    "Bq": ("[", "]"), "Bo": ("[", ""), "Bc": ("", "]"), "Pq": ("(", ")"), "Po": ("(", ""), "Pc": ("", ")"),
    "Dq": ("“", "”"), "Do": ("“", ""), "Dc": ("", "”"), "Sq": ("‘", "’"), "So": ("‘", ""), "Sc": ("", "’"),
    "Qq": ('"', '"'), "Qo": ('"', ""), "Qc": ("", '"'), "Ql": ("‘", "’"), "Brq": ("{", "}"), "Bro": ("{", ""),
    "Brc": ("", "}"),
}  # fmt: skip
_INLINE = frozenset(
    ("Ad", "An", "Ar", "At", "Bsx", "Bx", "Cd", "Cm", "Dv", "Em", "En", "Er", "Ev", "Fa", "Fd", "Fl", "Fn", "Fo",
     "Fc", "Ft", "Fx", "Ic", "In", "Lb", "Li", "Lk", "Ms", "Mt", "Nm", "No", "Ns", "Nx", "Ox", "Pa", "Pf", "Rv",
     "St", "Sx", "Sy", "Tn", "Ux", "Va", "Vt", "Xr", "Ap", "Bk", "Ek", "Ex", "Lp", "Pp", "Rs", "Re", "Sm", "Ta",
     "Xo", "Xc", "Fr", "Es", "Eo", "Ec", "Db", "Hf", "Ot", "Dx", "%A", "%B", "%C", "%D", "%I", "%J", "%N", "%O",
     "%P", "%Q", "%R", "%T", "%U", "%V")
)  # fmt: skip
_PUNCTUATION = frozenset(".,:;)]?!")
_SYSTEMS = {
    "Ux": "UNIX",
    "Bx": "BSD",
    "Nx": "NetBSD",
    "Fx": "FreeBSD",
    "Ox": "OpenBSD",
    "Bsx": "BSD/OS",
    "At": "AT&T UNIX",
}


def mdoc_words(name: str, arguments: Sequence[str], command: str) -> str:
    """Return the words of a line. command: what "Nm" stands for by itself."""
    line = _Line([name, *arguments], command)
    for at in range(len(line.tokens)):
        line.read(at)
    if line.closing and line.words:
        line.words[-1] += "".join(reversed(line.closing))
    return " ".join(line.words)


@dataclass(slots=True)
class _Line:
    """A line as it is read: its words so far, the brackets to close, whether the next word joins the last."""

    tokens: list[str]
    command: str
    words: list[str] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)
    joins: bool = False

    def read(self, at: int) -> None:
        """Read a macro's name or a word."""
        word = self.tokens[at]
        if word in _AROUND:
            self._bracket(*_AROUND[word])
        elif word == "Fl":
            self._add("-")
            self.joins = True
        elif word in ("Ns", "Pf", "Ap"):
            self.joins = True
        elif word in _SYSTEMS or self._is_command(at):
            self._add(_SYSTEMS.get(word, self.command))
        elif word in _INLINE or (at == 0 and word in MDOC_BLOCKS):
            return
        elif at > 1 and self.tokens[at - 2] == "Xr" and word[:1].isdigit():
            self.words[-1] += f"({word})"
        else:
            self._add(word)

    def _is_command(self, at: int) -> bool:
        """Tell whether "Nm" stands for the page's own command, since no name follows."""
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else "."
        return self.tokens[at] == "Nm" and (following in _PUNCTUATION or following in _INLINE)

    def _add(self, word: str) -> None:
        if self.words and (self.joins or word in _PUNCTUATION):
            self.words[-1] += word
        else:
            self.words.append(word)
        self.joins = word in ("(", "[")

    def _bracket(self, before: str, after: str) -> None:
        if before:
            self._add(before)
            self.joins = True
            self.closing += [after] if after else []
        elif self.words:
            self.words[-1] += after
