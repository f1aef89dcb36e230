"""Build the wheel, install it into a bare environment, index a file of each format that needs no extra, find a word of
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
# By format: the word to find, and how a file that holds its sentence is written.
FILES: dict[str, tuple[str, Callable[[Path, str], object]]] = {
    ".txt": ("heron", Path.write_text),
    ".text": ("otter", Path.write_text),
    ".md": ("beaver", lambda path, text: path.write_text(f"---\ntitle: Rivers\n---\n# Rivers\n\n{text}\n")),
    ".markdown": ("salmon", Path.write_text),
    ".rst": ("trout", lambda path, text: path.write_text(f"Rivers\n======\n\n{text}\n")),
    ".html": ("kingfisher", lambda path, text: path.write_text(PAGE.format(text))),
    ".htm": ("dragonfly", lambda path, text: path.write_bytes(PAGE.format(f"{text} Café.").encode("latin-1"))),
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


def zipped(path: Path, parts: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def lowest() -> Iterator[str]:
    """Yield a constraint for each dependency: the lowest version that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"]:
        name, bound = re.fullmatch(r"([\w-]+)[>=]=([\w.]+)(?:,.*)?", requirement).groups()
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
        code = "from searchkit.documents import FORMATS; print(*(each for each in FORMATS if not FORMATS[each].extra))"
        formats = run(commands / "python", "-c", code, home=home).split()
        if set(formats) != set(FILES):
            sys.exit(f"these formats need a file in {Path(__file__).name}, or no longer: {set(formats) ^ set(FILES)}")
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
