"""The formats that can be read: one table by suffix, and what a file without a telling suffix holds.

A format is read *by default* wherever a folder holds it, or *when asked*: when the file itself is named, or an include
pattern ends in its suffix ("*.py"). Source code, configuration, logs and data dumps are read when asked, since in most
folders they would bury the texts. A file that is named is read as text whatever its suffix, if it is text.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from searchkit.documents.sniffing import HEAD, is_prose, sniff


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: what it is in a few words, the function that reads it, the extra it needs ("" for none).

    takes: "text", "bytes", "json", or "records" for those that are read record by record and may be of any size.
    by_default: whether folders are searched for it, else it is read when asked.
    """

    description: str
    extra: str = ""
    reader: str = "plain:read_plain"
    takes: str = "text"
    by_default: bool = True


_CODE = "source code"
_CONFIGURATION = "configuration"

_CODE_SUFFIXES = (
    ".py .pyi .pyx .js .mjs .cjs .jsx .ts .tsx .java .kt .kts .scala .groovy .c .h .cc .cpp .cxx .hh .hpp .hxx .m "
    ".mm .cs .fs .vb .go .rs .rb .php .pl .pm .t .lua .r .jl .swift .dart .ex .exs .erl .hrl .hs .ml .mli .clj "
    ".cljs .lisp .el .scm .nim .zig .d .v .vhd .sv .asm .s .sh .bash .zsh .fish .ps1 .bat .cmd .awk .sed .tcl .sql "
    ".ddl .graphql .proto .thrift .cmake .mk .gradle .css .scss .sass .less .vue .svelte .cocci .cu .cl .f .f90 "
    ".pas .vim .diff .patch"
)
_CONFIGURATION_SUFFIXES = (
    ".yaml .yml .toml .ini .cfg .conf .config .cnf .properties .env .service .socket .timer .desktop .rules .tf "
    ".tfvars .hcl .nix .editorconfig .plist .lock .reg"
)

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".txt": Format("plain text, news articles"),
        ".text": Format("plain text, news articles"),
        ".md": Format("Markdown with front matter", reader="markdown:read_markdown"),
        ".markdown": Format("Markdown with front matter", reader="markdown:read_markdown"),
        ".mdx": Format("Markdown with components", reader="markdown:read_markdown"),
        ".qmd": Format("Quarto document", reader="markdown:read_markdown"),
        ".rmd": Format("R Markdown", reader="markdown:read_markdown"),
        ".rst": Format("reStructuredText", reader="restructured:read_restructured"),
        ".org": Format("Org outline", reader="outlines:read_org"),
        ".adoc": Format("AsciiDoc", reader="outlines:read_asciidoc"),
        ".asciidoc": Format("AsciiDoc", reader="outlines:read_asciidoc"),
        ".tex": Format("LaTeX", reader="latex:read_latex"),
        ".html": Format("web page: the article in it", reader="webpage:read_webpage", takes="bytes"),
        ".htm": Format("web page: the article in it", reader="webpage:read_webpage", takes="bytes"),
        ".xhtml": Format("web page: the article in it", reader="webpage:read_webpage", takes="bytes"),
        ".xml": Format("XML: its texts, or its fields as lines", reader="markedup:read_xml_document", takes="bytes"),
        ".json": Format("a list of records, or one document", reader="json", takes="json"),
        ".jsonl": Format("one record a line, BEIR corpora", reader="lines", takes="records"),
        ".ndjson": Format("one record a line", reader="lines", takes="records"),
        ".csv": Format("one record a row", reader="rows", takes="records"),
        ".tsv": Format("one record a row", reader="rows", takes="records"),
        ".tab": Format("one record a row", reader="rows", takes="records"),
        ".eml": Format("e-mail message", reader="mail:read_mail", takes="bytes"),
        ".mbox": Format("mailbox, one document a message", reader="mailbox", takes="records"),
        ".ipynb": Format("Jupyter notebook", reader="notebook:read_notebook"),
        ".srt": Format("subtitles", reader="subtitles:read_subtitles"),
        ".vtt": Format("subtitles", reader="subtitles:read_subtitles"),
        ".info": Format("GNU Info manual", reader="manuals:read_info"),
        ".man": Format("manual page", reader="manuals:read_man"),
        ".pdf": Format("PDF with page numbers", "pdf", reader="portable:read_pdf", takes="bytes"),
        ".docx": Format("Word document", reader="word:read_word", takes="bytes"),
        ".docm": Format("Word document with macros, left alone", reader="word:read_word", takes="bytes"),
        ".dotx": Format("Word template", reader="word:read_word", takes="bytes"),
        ".pptx": Format("PowerPoint slides", reader="slides:read_slides", takes="bytes"),
        ".pptm": Format(
            "PowerPoint slides with macros, which are not read", reader="slides:read_slides", takes="bytes"
        ),
        ".ppsx": Format("PowerPoint show", reader="slides:read_slides", takes="bytes"),
        ".xlsx": Format("Excel workbook", reader="workbook:read_workbook", takes="bytes"),
        ".xlsm": Format(
            "Excel workbook with macros, which are not read", reader="workbook:read_workbook", takes="bytes"
        ),
        ".epub": Format("e-book", reader="books:read_epub", takes="bytes"),
        ".odt": Format("OpenDocument text", reader="opendocument:read_odt", takes="bytes"),
        ".ods": Format("OpenDocument sheets", reader="opendocument:read_ods", takes="bytes"),
        ".odp": Format("OpenDocument slides", reader="opendocument:read_odp", takes="bytes"),
        ".rtf": Format("rich text", reader="richtext:read_rtf", takes="bytes"),
        ".log": Format("log", reader="code:read_log", by_default=False),
        ".out": Format("log", reader="code:read_log", by_default=False),
        **{s: Format(_CODE, reader="code:read_code", by_default=False) for s in _CODE_SUFFIXES.split()},
        **{
            s: Format(_CONFIGURATION, reader="code:read_configuration", by_default=False)
            for s in _CONFIGURATION_SUFFIXES.split()
        },
    }
)
_BY_CONTENT: Mapping[str, Format] = MappingProxyType(  # by what `sniff` calls it
    {
        "text": FORMATS[".txt"],
        "html": FORMATS[".html"],
        "xml": FORMATS[".xml"],
        "mail": FORMATS[".eml"],
        "mbox": FORMATS[".mbox"],
        "man": FORMATS[".man"],
        "info": FORMATS[".info"],
        "json": Format("JSON", reader="json", takes="json", by_default=False),
        "jsonl": Format("one record a line", reader="lines", takes="records", by_default=False),
        "code": Format(_CODE, reader="code:read_code", by_default=False),
        "pdf": FORMATS[".pdf"],
    }
)

ARCHIVES = frozenset(
    (".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".7z", ".rar", ".bz2", ".xz", ".zst", ".lz4", ".jar", ".war",
     ".whl", ".egg", ".deb", ".rpm", ".apk", ".iso", ".dmg", ".cab", ".pst", ".zim")
)  # fmt: skip
"""What is left alone, since it holds other files."""

_NO_TEXTS = frozenset(
    (".pyc", ".pyo", ".so", ".o", ".a", ".lib", ".dll", ".exe", ".class", ".png", ".jpg", ".jpeg", ".gif", ".bmp",
     ".ico", ".tif", ".tiff", ".webp", ".heic", ".svgz", ".mp3", ".mp4", ".m4a", ".wav", ".ogg", ".flac", ".avi",
     ".mov", ".mkv", ".webm", ".ttf", ".otf", ".woff", ".woff2", ".npy", ".npz", ".pkl", ".parquet", ".sqlite",
     ".onnx", ".bin", ".pdb", ".wasm", ".mo", ".pack", ".idx", ".psd", ".blend")
)  # fmt: skip
_CODE_NAMES = frozenset({"makefile", "dockerfile", "jenkinsfile", "rakefile", "gemfile", "vagrantfile", "pkgbuild"})
_MANUAL = re.compile(r"\.(?:[1-9]|[1-9][a-z]{1,10}|[ln])$", re.IGNORECASE)
_SPLIT_INFO = re.compile(r"\.info-\d+$", re.IGNORECASE)
GZIP = ".gz"


@dataclass(frozen=True, slots=True)
class Found:
    """How a file is read: its format, the suffix that says so, whether gzip unpacks it first.

    `reason` says why it is not read, "" if it is; `format` is None where nothing can read it.
    """

    format: Format | None
    suffix: str
    packed: bool = False
    reason: str = ""


def reader_for(path: Path, *, named: bool) -> Found:
    """Return how a file is read. named: whether it was asked for, itself or by an include pattern with its suffix.

    The file is opened only where its name does not tell. Errors: OSError.
    """
    packed = path.suffix.lower() == GZIP
    name = path.name[: -len(GZIP)] if packed else path.name
    suffix = Path(name).suffix.lower()
    if suffix in ARCHIVES:
        return Found(None, suffix, packed, f"archive {suffix}{GZIP * packed}: unpack it to have its files read")
    if suffix in _NO_TEXTS:
        return Found(None, suffix, packed, f"unknown format {suffix}")
    known = FORMATS.get(suffix)
    if known is None or (suffix in _AMBIGUOUS and not named):
        return _by_content(path, name, suffix, named=named, packed=packed)
    if known.by_default or named:
        return Found(known, suffix, packed)
    return Found(known, suffix, packed, _when_asked(known, suffix))


_AMBIGUOUS = frozenset({".t", ".d", ".v", ".s", ".m", ".r", ".f", ".out", ".el"})  # texts have these endings too


def asked_for(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether an include pattern asks for files like this one: "*.py" does for a.py, "docs/" does not."""
    suffix = Path(name).suffix.lower()
    return any(pattern.lower().endswith(suffix if suffix else f"/{name.lower()}") for pattern in patterns) or (
        name in patterns
    )


def _by_content(path: Path, name: str, suffix: str, *, named: bool, packed: bool) -> Found:
    """Return how a file is read whose name does not say it."""
    head = _head(path, packed=packed)
    kind = sniff(head)
    if _MANUAL.search(name) and kind in ("text", "man"):
        kind = "man"
    elif _SPLIT_INFO.search(name) and kind == "text":
        kind = "info"
    elif name.lower() in _CODE_NAMES and kind == "text":
        kind = "code"
    if kind in ("", "archive", "empty"):
        reason = {"archive": "archive: unpack it to have its files read", "empty": "empty file"}.get(kind, "")
        return Found(
            None, suffix, packed, reason or f"unknown format {suffix}".rstrip() + ("" if suffix else ": no text")
        )
    found = _BY_CONTENT[kind]
    if named or (found.by_default and (kind != "text" or not suffix or is_prose(head))):
        return Found(found, suffix, packed)
    return Found(found, suffix, packed, _when_asked(found, suffix))


def _when_asked(found: Format, suffix: str) -> str:
    what = found.description if not found.by_default else "text"
    return f"{what} {suffix}".rstrip() + ": read when named or included"


def _head(path: Path, *, packed: bool) -> bytes:
    with path.open("rb") as file:
        if not packed:
            return file.read(HEAD)
        try:
            with gzip.open(file) as unpacked:
                return unpacked.read(HEAD)
        except (OSError, EOFError, ValueError):
            return b""  # no gzip file, or a damaged one
