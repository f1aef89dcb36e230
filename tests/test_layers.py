"""The house: a room imports only from rooms below it, a module only from those above it in its room's list."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "searchkit"
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROOMS = [line.split()[0] for line in reversed(TEXT.split("```\n")[1].splitlines())]  # from the ground up
APART = ({"search", "indexing"}, {"models", "documents", "queries"})  # rooms that do not know each other
FACADE = {
    "again",
    "homes",
    "parameters",
    "holdings",
    "answerer",
    "reader",
    "index",
    "asynchronous",
}  # modules beside the folders
ENTRANCES = {"__init__", "__main__"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def place(parts: tuple[str, ...]) -> tuple[str, str]:
    """Return the room of a module, and the module or folder that it is there. parts: its dotted name."""
    if parts[0] in ROOMS and (PACKAGE / parts[0]).is_dir():
        return parts[0], parts[1] if len(parts) > 1 else "__init__"
    return ("index" if parts[0] in FACADE else "ground"), parts[0]


def owner(path: Path) -> tuple[str, str]:
    return place(path.relative_to(PACKAGE).with_suffix("").parts)


def imported(path: Path) -> set[tuple[str, str]]:
    """Return the places of what a file imports of ours, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "searchkit":
            base = (node.module or "").split(".")[1:]
            for alias in node.names:
                full = [*base, alias.name]
                inside = PACKAGE.joinpath(*full)
                is_module = inside.with_suffix(".py").exists() or inside.is_dir()
                if is_module or base:
                    found.add(place(tuple(full if is_module else base)))
        elif isinstance(node, ast.Import):
            found |= {place(tuple(alias.name.split(".")[1:])) for alias in node.names if "searchkit." in alias.name}
    return found


def listed(room: str) -> list[str]:
    """Return the modules that the architecture lists for a room, in order."""
    section = TEXT.split(f"\n## {room}\n")[1].split("\n## ")[0]
    return re.findall(r"^- `(\w+)`", section, re.MULTILINE)


def test_every_room_has_its_section_and_every_folder_is_a_room():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders == set(ROOMS) - {"ground", "index"}
    assert all(f"\n## {room}\n" in TEXT for room in ROOMS)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_rooms_below_and_modules_above_it(path):
    room, own = owner(path)
    if own in ENTRANCES:
        return
    order = listed(room)
    for other, name in imported(path) - {(room, own)}:
        apart = any({room, other} <= group for group in APART)
        assert other == room or (ROOMS.index(other) < ROOMS.index(room) and not apart), f"{room} must not know {other}"
        if other == room and order and name != "__init__":
            assert order.index(name) < order.index(own), f"{room}: {own} must not import {name}"


@pytest.mark.parametrize("room", [room for room in ROOMS if listed(room)])
def test_a_list_of_modules_names_each_that_there_is(room):
    there = {name for found, name in map(owner, modules()) if found == room} - ENTRANCES
    assert set(listed(room)) == there
    assert len(listed(room)) == len(there)


OUTSIDE = [path for path in modules() if owner(path)[0] != "storage" and path.stem != "marker"]


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_storage_knows_sql_locks_of_the_catalog_and_paths_inside_an_index(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert "sqlite3" not in names
    strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    assert not [each for each in strings if re.match(r"(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA) ", each)]
    assert not re.search(r"catalog\.lock|\bpath / [\"']|[\"'](catalog\.sqlite|writer\.lock|index\.json)", text)


def test_a_question_knows_the_contract_and_no_more_of_its_index():
    """What remains are the settings that the contract's own view tells."""
    known = {other for path in modules() if owner(path)[0] == "search" for other in imported(path)}
    assert {name for room, name in known if room == "storage"} <= {"contract", "settings"}


def test_no_file_is_longer_than_400_lines():
    assert {str(path): lines for path in modules() if (lines := len(path.read_text("utf-8").splitlines())) > 400} == {}


def test_no_two_rooms_have_a_class_of_one_name():
    homes: dict[str, set[str]] = {}
    for path in modules():
        if owner(path)[0] == "integrations":  # nobody imports two of them: each framework has its SearchkitRetriever
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, set()).add(str(path.relative_to(PACKAGE)))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_importing_searchkit_loads_neither_torch_nor_anything_heavy():
    heavy = (
        "torch transformers sentence_transformers onnxruntime tokenizers tantivy whoosh numpy trafilatura lxml typer "
        "ir_measures matplotlib"
    )
    code = f"import sys, searchkit; print([m for m in {heavy.split()} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
