"""The house: a module imports only from lower layers, and nothing heavy while it is imported."""

import ast
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "searchkit"
LAYERS = (
    {"types", "errors", "syntax", "days"},
    {"storage"},
    {"validation"},
    {"text", "fusion", "duplicates", "durable", "sentences", "filters", "schema", "statements", "attribution"}
    | {"ragged", "confidence", "threads", "workers", "cleaning"},
    {"scanning", "bands", "codes"},
    {"maxsim", "segments", "student"},
    {"nearest"},
    {"documents", "splitter", "embedders", "queries", "highlight", "catalog", "keywords", "vectors", "journal"}
    | {"request"},
    {"prepare"},
    {"pipeline"},
    {"snapshot", "rerankers"},
    {"store"},
    {"creation"},
    {"derive", "pick", "timeliness", "said", "asked"},
    {"embedding", "hearing", "arms", "current"},
    {"refine", "upgrading", "coverage"},
    {"ingest", "search"},
    {"batch"},
    {"batch"},
    {"sync", "maintenance", "archive", "whynot", "context", "improve"},
    {"parameters"},
    {"index"},
    {"evaluation"},
    {"render", "progress", "arguments", "stdin"},
    {"exits", "options", "tables"},
    {"opening"},
    {"evaluating"},
    {"cli"},
    {"__main__", "__init__"},
)
LEVEL = {module: level for level, modules in enumerate(LAYERS) for module in modules}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def owner(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "searchkit":
            parts = (node.module or "").split(".")
            names |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("searchkit.")}
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_lower_layers(path):
    own = owner(path)
    wrong = {name for name in imported(path) - {own} if LEVEL[name] >= LEVEL[own]}
    assert not wrong, f"{own} must not import {sorted(wrong)}"


def test_every_module_has_its_layer():
    assert {owner(path) for path in modules()} - {"models"} <= set(LEVEL)


def test_the_architecture_has_the_same_layers_and_a_sentence_for_each_module():
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    lines = [re.split(r" {2,}", line.strip()) for line in text.split("```\n")[1].splitlines()]
    levels = [sorted(LEVEL[name] for name in names.split()) for _, names, *_ in lines]
    assert sum(map(len, levels)) == len(LEVEL) - len(LAYERS[-1])
    assert all(above[-1] < below[0] for above, below in pairwise(levels))
    described = set(re.findall(r"`(\w+)`", text.split("## Modules")[1].split("\n## ")[0]))
    assert set(LEVEL) - LAYERS[-1] <= described


def test_no_file_is_longer_than_400_lines():
    assert {str(path): lines for path in modules() if (lines := len(path.read_text("utf-8").splitlines())) > 400} == {}


def test_importing_searchkit_loads_neither_torch_nor_anything_heavy():
    heavy = (
        "torch transformers sentence_transformers onnxruntime tokenizers tantivy whoosh numpy trafilatura lxml typer "
        "ir_measures matplotlib"
    )
    code = f"import sys, searchkit; print([m for m in {heavy.split()} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
