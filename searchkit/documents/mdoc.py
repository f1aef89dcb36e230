"""Macros of mdoc, BSD's language of manual pages, as the words that a terminal shows."""

from __future__ import annotations

from collections.abc import Sequence

MDOC_BLOCKS = frozenset({"It", "Bd", "Ed", "Bl", "El", "Nm", "Nd", "D1", "Dl"})

_AROUND = {
    "Op": ("[", "]"), "Oo": ("[", ""), "Oc": ("", "]"), "Aq": ("<", ">"), "Ao": ("<", ""), "Ac": ("", ">"),
    "Bq": ("[", "]"), "Bo": ("[", ""), "Bc": ("", "]"), "Pq": ("(", ")"), "Po": ("(", ""), "Pc": ("", ")"),
    "Dq": ("“", "”"), "Do": ("“", ""), "Dc": ("", "”"), "Sq": ("‘", "’"), "So": ("‘", ""), "Sc": ("", "’"),
    "Qq": ('"', '"'), "Qo": ('"', ""), "Qc": ("", '"'), "Ql": ("‘", "’"), "Brq": ("{", "}"), "Bro": ("{", ""),
    "Brc": ("", "}"),
}  # fmt: skip
_INLINE = frozenset(
    ("Ad An Ar At Bsx Bx Cd Cm Dv Em En Er Ev Fa Fd Fl Fn Fo Fc Ft Fx Ic In Lb Li Lk Ms Mt Nm No Ns Nx Ox Pa Pf Rv St "
     "Sx Sy Tn Ux Va Vt Xr Ap Bk Ek Ex Lp Pp Rs Re Sm Ta Xo Xc Fr Es Eo Ec Db Hf Ot Dx "
     "%A %B %C %D %I %J %N %O %P %Q %R %T %U %V").split()
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
    words: list[str] = []
    closing: list[str] = []
    glue = False
    tokens = [name, *arguments]
    for at, token in enumerate(tokens):
        before, after = _AROUND.get(token, ("", ""))
        if token in _AROUND:
            if before:
                words.append(before)
                glue = True
            if after and before:
                closing.append(after)
            elif after and words:
                words[-1] += after
        elif token in _SYSTEMS:
            words.append(_SYSTEMS[token])
        elif token == "Fl":
            words[-1:] = [f"{words[-1]}-"] if glue and words else [*words[-1:], "-"]
            glue = True
        elif token == "Nm" and (at + 1 == len(tokens) or tokens[at + 1] in _PUNCTUATION or tokens[at + 1] in _INLINE):
            words.append(command)
        elif token in ("Ns", "Pf", "Ap"):
            glue = True
        elif token in _INLINE or (at == 0 and token in MDOC_BLOCKS):
            continue
        elif _is_section(tokens, at):
            words[-1] += f"({token})"
        elif words and (glue or token in _PUNCTUATION):
            words[-1] += token
            glue = token in ("(", "[")
        else:
            words.append(token)
    if closing and words:
        words[-1] += "".join(reversed(closing))
    return " ".join(words)


def _is_section(tokens: Sequence[str], at: int) -> bool:
    """Tell whether a token is the section of a page that is referred to: "Xr ls 1"."""
    return at > 1 and tokens[at - 2] == "Xr" and tokens[at][:1].isdigit()
