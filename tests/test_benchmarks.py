"""The benchmarks can be found, say what they are, and fit the code as it stands."""

from __future__ import annotations

import subprocess
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOME = ROOT / "scripts" / "benchmarks"
FILES = {file.stem: file for file in HOME.glob("*.py")} | {
    file.parent.name: file for file in HOME.glob("*/__main__.py")
}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "scripts" / "bench", *arguments], capture_output=True, text=True, check=False)


def test_without_a_name_all_are_listed_with_what_they_measure():
    done = run()
    listed = dict(line.split(maxsplit=1) for line in done.stdout.splitlines()[1:])
    assert done.returncode == 0
    assert listed.keys() == FILES.keys()
    assert all(said.endswith(".") for said in listed.values())


def test_an_unknown_name_is_refused_with_the_list():
    done = run("sped")
    assert done.returncode == 2
    assert done.stderr == "There is no benchmark sped.\n"
    assert done.stdout == run().stdout


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_benchmark_finds_what_it_measures(name):
    pytest.importorskip("scipy")
    package = ".__main__" if FILES[name].stem == "__main__" else ""
    assert callable(import_module(f"scripts.benchmarks.{name}{package}").main)


def test_the_clock_of_latency_watches_what_there_is():
    latency = import_module("scripts.benchmarks.latency")
    assert [name for owner, name, _ in latency.STAGES if not callable(getattr(owner, name, None))] == []


def test_what_a_benchmark_is_compared_with_belongs_to_it():
    assert {file.stem for file in HOME.glob("*.txt")} <= FILES.keys()
