"""Each example ends in the passages that `Index.search` finds, and in a cited answer that `check` accepts."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from examples.quoting import answer_to
from searchkit import Index

ROOT = Path(__file__).parent.parent
QUESTION = "What did analysts say about Vietnam?"
EXAMPLES = {
    "langchain_answer": ("langchain_core", lambda example: example.QuotingModel()),
    "llamaindex_answer": ("llama_index.core", lambda example: example.QuotingModel()),
    "haystack_answer": ("haystack", lambda example: example.QuotingModel()),
    "mcp_answer": ("mcp", lambda _: answer_to),
    "tool_answer": (None, lambda example: example.quoting_model),
}
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with Index.create(tmp_path_factory.mktemp("examples") / "index") as made:
        made.sync(ROOT / "seeds" / "business")
        yield made


def test_every_example_is_here():
    assert {path.stem for path in (ROOT / "examples").glob("*_answer.py")} == EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_finds_what_search_finds_and_its_answer_is_borne_out(name, index):
    needed, model = EXAMPLES[name]
    if needed is not None:
        pytest.importorskip(needed)
    example = importlib.import_module(f"examples.{name}")
    found, answer, report = example.ask(index, QUESTION, model(example))
    assert found == [hit.passage.id for hit in index.search(QUESTION, 5)]
    assert report.ok, report
    assert report.cited
    taken = " ".join(hit.passage.text for hit in index.search(QUESTION, 20))
    assert answer.removesuffix(f" {report.cited[0]}") in taken


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_answer_that_nothing_bears_out_is_found_out(name, index, monkeypatch):
    needed, model = EXAMPLES[name]
    if needed is not None:
        pytest.importorskip(needed)
    example = importlib.import_module(f"examples.{name}")
    said = "Vietnam exports 987,654 bicycles [1]."
    monkeypatch.setattr(example, "answer_to", lambda _: said)
    report = example.ask(index, QUESTION, model(example) if name != "mcp_answer" else lambda _: said)[2]
    assert [each.text for each in report.unsupported] == ["987,654"]


def test_an_example_runs_by_its_command(index):
    command = [sys.executable, "-m", "examples.tool_answer", str(index.path), QUESTION]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert index.search(QUESTION, 1)[0].passage.id in done.stdout
    assert "cited=('[1]',)" in done.stdout
    assert "unsupported=()" in done.stdout
