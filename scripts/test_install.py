"""Build the wheel, install it into a bare environment, index a file for each reader that needs no extra, find a word of
each.

The environment has the oldest Python that is supported, the oldest pip, of every dependency the lowest version that
pyproject.toml allows, and no compiler's help.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PIP = "23.0.1"  # Debian 12's
PAGE = "<html><head><title>Rivers</title></head><body><article><p>{}</p></article></body></html>"
CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile
full-path="p.opf"/></rootfiles></container>"""
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a.xhtml"
media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>"""
CHAPTER = '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>{}</p></body></html>'
OPEN_TEXT = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p>{}</text:p>
</office:text></office:body></office:document-content>"""
OPEN_SHEET = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Rivers"><table:table-row><table:table-cell
office:value-type="string"><text:p>{}</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>
</office:body></office:document-content>"""
OPEN_SLIDES = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:presentation><draw:page><draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>
</draw:page></office:presentation></office:body></office:document-content>"""
RELATED = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/></Relationships>"""
WORD = """<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>
<w:t>{}</w:t></w:r></w:p></w:body></w:document>"""
NAMES = """xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"
xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships\""""
SLIDES = f'<p:presentation {NAMES}><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>'
SLIDE = f"""<p:sld {NAMES}><p:cSld><p:spTree><p:sp><p:nvSpPr><p:cNvPr id="2" name="Text"/></p:nvSpPr><p:txBody><a:p>
<a:r><a:t>{{}}</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>"""
BOOK = """<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Rivers" sheetId="1"
r:id="r1"/></sheets></workbook>"""
SHEET = """<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"
t="inlineStr"><is><t>{}</t></is></c></row></sheetData></worksheet>"""
NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
# By format: the word to find, and how a file that holds its sentence is written.
FILES: dict[str, tuple[str, Callable[[Path, str], object]]] = {
    ".txt": ("heron", Path.write_text),
    ".md": ("beaver", lambda path, text: path.write_text(f"---\ntitle: Rivers\n---\n# Rivers\n\n{text}\n")),
    ".rst": ("trout", lambda path, text: path.write_text(f"Rivers\n======\n\n{text}\n")),
    ".html": ("kingfisher", lambda path, text: path.write_text(PAGE.format(text))),
    ".htm": ("dragonfly", lambda path, text: path.write_bytes(PAGE.format(f"{text} Café.").encode("latin-1"))),
    ".org": ("salmon", lambda path, text: path.write_text(f"* Rivers\n\n{text}\n")),
    ".adoc": ("otter", lambda path, text: path.write_text(f"== Rivers\n\n{text}\n")),
    ".tex": ("grebe", lambda path, text: path.write_text(f"\\section{{Rivers}}\n\n{text}\n")),
    ".xml": ("mink", lambda path, text: path.write_text(f"<rivers><p>{text}</p></rivers>")),
    ".ipynb": ("vole", lambda path, text: path.write_text(
        json.dumps(NOTEBOOK | {"cells": [{"cell_type": "markdown", "metadata": {}, "source": [text]}]})
    )),
    ".srt": ("swan", lambda path, text: path.write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n")),
    ".man": ("coot", lambda path, text: path.write_text(f".TH RIVERS 1\n.SH NAME\nrivers\n.SH DESCRIPTION\n{text}\n")),
    ".info": ("teal", lambda path, text: path.write_text(f"\x1f\nFile: rivers.info,  Node: Top\n\n{text}\n")),
    ".mbox": ("crane", lambda path, text: path.write_text(
        f"From a@b.example Mon Jan  1 00:00:00 2024\nFrom: a@b.example\nSubject: Rivers\n\n{text}\n"
    )),
    ".rtf": ("stork", lambda path, text: path.write_text(f"{{\\rtf1\\ansi {text}}}")),
    ".docx": ("ibis", lambda path, text: zipped(path, {
        "_rels/.rels": RELATED.format("officeDocument", "word/document.xml"), "word/document.xml": WORD.format(text),
    })),
    ".pptx": ("egret", lambda path, text: zipped(path, {
        "_rels/.rels": RELATED.format("officeDocument", "ppt/presentation.xml"), "ppt/presentation.xml": SLIDES,
        "ppt/_rels/presentation.xml.rels": RELATED.format("slide", "slides/slide1.xml"),
        "ppt/slides/slide1.xml": SLIDE.format(text),
    })),
    ".xlsx": ("bittern", lambda path, text: zipped(path, {
        "_rels/.rels": RELATED.format("officeDocument", "xl/workbook.xml"), "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": RELATED.format("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": SHEET.format(text),
    })),
    ".ods": ("plover", lambda path, text: zipped(path, {"content.xml": OPEN_SHEET.format(text)})),
    ".odp": ("dipper", lambda path, text: zipped(path, {"content.xml": OPEN_SLIDES.format(text)})),
    ".json": ("newt", lambda path, text: path.write_text(json.dumps([{"text": text}]))),
    ".jsonl": ("toad", lambda path, text: path.write_text(json.dumps({"text": text}) + "\n")),
    ".csv": ("pike", lambda path, text: path.write_text(f"id,text\n1,{text}\n")),
    ".tsv": ("perch", lambda path, text: path.write_text(f"id\ttext\n2\t{text}\n")),
    ".eml": ("eel", lambda path, text: path.write_text(f"From: a@b.example\nSubject: Rivers\n\n{text}\n")),
    ".epub": ("crayfish", lambda path, text: zipped(path, {
        "META-INF/container.xml": CONTAINER, "p.opf": PACKAGE, "a.xhtml": CHAPTER.format(text),
    })),
    ".odt": ("sturgeon", lambda path, text: zipped(path, {"content.xml": OPEN_TEXT.format(text)})),
}  # fmt: skip

READERS = """
import json
from searchkit.documents import FORMATS
base = {suffix: each.reader for suffix, each in FORMATS.items() if each.by_default and not each.extra}
print(json.dumps(base))
"""


def zipped(path: Path, parts: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def lowest() -> Iterator[str]:
    """Yield a constraint for each dependency: the lowest version that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"]:
        name, bound = re.fullmatch(r"([\w.-]+)[>=]=([\w.]+)(?:[,;].*)?", requirement).groups()
        yield f"{name}=={bound}"


def oldest_python() -> str | None:
    """Return the oldest Python that is supported, if this machine has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["requires-python"].removeprefix(">=")
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        return sys.executable
    return shutil.which(f"python{version}")


def run(*command: str | Path, home: Path, text: str = "") -> str:
    """Run a command in `home`, where it cannot find the working tree; end with what it said if it fails."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    words = [*map(str, command)]
    done = subprocess.run(words, cwd=home, env=clean, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def install(home: Path) -> Path:
    """Install the wheel into an environment below `home`; return the folder of its commands."""
    python, commands = oldest_python(), home / "env" / ("Scripts" if os.name == "nt" else "bin")
    run(python or sys.executable, "-m", "venv", "env", home=home)
    pip = (commands / "python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    constraints = home / "constraints.txt"
    constraints.write_text("\n".join(lowest()) if python else "")
    if python:
        run(*pip, "install", f"pip=={OLDEST_PIP}", home=home)
    else:
        print("no oldest Python here: the newest versions of all are installed")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", "wheels", ROOT, home=home)
    (wheel,) = (home / "wheels").iterdir()
    run(*pip, "install", "--only-binary", ":all:", "--constraint", constraints, wheel, home=home)
    run(*pip, "check", home=home)
    return commands


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="searchkit-install-"))
    try:
        commands = install(home)
        readers = json.loads(run(commands / "python", "-c", READERS, home=home))
        untried = {readers[suffix] for suffix in readers} - {readers.get(suffix) for suffix in FILES}
        if untried:
            sys.exit(f"these readers need a file in {Path(__file__).name}: {', '.join(sorted(untried))}")
        (home / "files").mkdir()
        for suffix, (word, write) in FILES.items():
            write(home / "files" / f"{word}{suffix}", f"The {word} lives in slow rivers and comes out at night.")
        print(run(commands / "searchkit", "index", "files", "--strict", home=home), end="")
        asked = "".join(f"{word}\n" for word, _ in FILES.values())
        answers = run(commands / "searchkit", "search", "-", "--jsonl", home=home, text=asked).splitlines()
        for (suffix, (word, _)), line in zip(FILES.items(), answers, strict=True):
            first = json.loads(line)["hits"][0]["passage"]
            if word not in first["text"]:
                sys.exit(f"{word}, in the {suffix} file, was not found; first came: {first['text']}")
    finally:
        shutil.rmtree(home)
    print(f"found a word in each of {len(FILES)} formats, with: {' '.join(lowest())}")


if __name__ == "__main__":
    main()
