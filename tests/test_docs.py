"""The README does what it says: its commands and its Python run, in order, on the sample news."""

import contextlib
import http.client
import json
import re
import shlex
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest
import typer.main

from searchkit import Document
from searchkit.cli.commands import app
from searchkit.search.choices import OPTIONS, STAGES
from tests.memory_view import MemoryView

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(console|python)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line[2:] for kind, block in BLOCKS if kind == "console" for line in block.splitlines()]
COMMAND_LINE = typer.main.get_command(app).commands
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
PYTHON = "".join(block for kind, block in BLOCKS if kind == "python")


def section(heading: str) -> str:
    return README.split(f"\n## {heading}\n")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with the sample news, in which the README's commands have run."""
    home = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "seeds", home / "seeds")
    (home / "indexes").mkdir()
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "searchkit", command
        done = subprocess.run(
            [sys.executable, "-m", "searchkit", *arguments], cwd=home, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout.strip(), command
    return home


def test_the_readme_has_commands_and_python():
    assert len(COMMANDS) >= 4
    assert PYTHON.count("index.") >= 4


def test_the_python_of_the_readme_runs_after_its_commands(workplace):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PYTHON], cwd=workplace, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Vietnam" in done.stdout
    assert "tea#1" in done.stdout


def test_two_commands_lead_to_an_answer_over_http(workplace):
    pytest.importorskip("uvicorn")
    shell = "".join(re.findall(r"```sh\n(.*?)```", section("Over HTTP"), re.DOTALL))
    index, serve, curl, *_ = (line.partition(" #")[0].strip() for line in shell.splitlines() if line)
    assert (index, serve) == ("searchkit index seeds", "searchkit serve")
    address = re.fullmatch(r"curl 'http://127\.0\.0\.1:7720(/\S+)'", curl)[1]
    command = [sys.executable, "-m", *serve.split(), "--port", "0"]
    with subprocess.Popen(command, cwd=workplace, stderr=subprocess.PIPE, text=True) as started:
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)", started.stderr.readline())[1])
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            connection.request("GET", address)
            found = json.load(connection.getresponse())
            connection.request("GET", "/")
            page = connection.getresponse().read().decode()
        started.terminate()
        started.stderr.read()
    assert "punished for its success" in found["hits"][0]["passage"]["text"]
    assert len(found["hits"]) == 3
    assert 'id="q"' in page


def test_the_first_two_shell_commands_exist_and_can_be_run():
    first = README.split("```sh\n")[1].split("```")[0]
    scripts = re.findall(r"^(scripts/\S+)", first, re.MULTILINE)
    assert scripts == ["scripts/demo", "scripts/test"]
    assert all((ROOT / script).stat().st_mode & 0o111 for script in scripts)


def test_the_table_of_commands_has_every_command_and_no_other():
    cells = re.findall(r"^\| (`.*?) \|", section("Commands"), re.MULTILINE)
    told = [each.split()[0] for cell in cells for each in re.findall(r"`([^`]+)`", cell)]
    assert sorted(told) == sorted(COMMAND_LINE)


def test_the_table_of_stages_has_every_stage_in_its_order():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", section("What happens to the first passages"), re.MULTILINE)
    assert rows == [(name, entry.summary, entry.example) for name, entry in STAGES.items()]


def test_what_the_readme_says_of_options_holds():
    """In Python each name is an option, an argument or a method; on the command line some command takes it."""
    paragraph = next(each for each in section("Asking").split("\n\n") if each.startswith("`index.search_many"))
    assert set(re.findall(r"`(\w+)[`=]", paragraph)) <= OPTIONS.keys()
    assert {"mode", "fusion", "stages", "reranker"} <= set(re.findall(r"`(\w+)[`=]", paragraph))
    offered = {each for command in COMMAND_LINE.values() for given in command.params for each in given.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) <= offered | {"--help"}


def addresses(page: Path) -> set[str]:
    """Return the addresses of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page):
    for target, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", page.read_text(encoding="utf-8")):
        found = page.parent / target if target else page
        assert found.exists(), target
        assert not heading or heading in addresses(found), heading


def test_every_script_is_executable_and_says_what_it_does():
    for script in (path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix):
        lines = script.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("#!"), script
        assert script.stat().st_mode & 0o111, script
        assert len(lines[1]) > 10, script


# --- CONTRIBUTING: its recipes -----------------------------------------------------------------------------------

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NEW_FILES = {"searchkit/documents/captioned.py", "searchkit/search/stages/titles.py"}  # that the recipes make


@pytest.fixture(scope="module")
def recipes():
    """What the code of the recipes defines."""
    made = types.ModuleType("titles")
    for block in re.findall(r"^```python\n(.*?)^```", CONTRIBUTING, re.MULTILINE | re.DOTALL):
        exec(compile(block, "CONTRIBUTING.md", "exec"), made.__dict__)  # noqa: S102 - our own text
    return made


def test_the_format_of_the_recipe_reads(recipes):
    cues = ["0:00:01.000,0:00:04.000\r\nAn otter.\r\n\r\n", "0:00:05.000,0:00:06.000\r\nAt night."]
    assert recipes.read_captioned("".join(cues), "a.sbv") == Document("a.sbv", "An otter.\n\nAt night.")


def test_the_stage_of_the_recipe_runs_once_it_is_registered(recipes, news, monkeypatch):
    monkeypatch.setitem(sys.modules, "searchkit.search.stages.titles", recipes)
    monkeypatch.setitem(STAGES, "titles", recipes.ENTRY)
    found = news.search("coffee", stages=["titles"], explain=True)
    assert found.explain["stages"]["titles"]["weight"] == recipes.WEIGHT


def test_the_home_of_the_recipe_answers(recipes):
    view = MemoryView.of([Document("tea", "Green tea is steamed."), Document("beer", "Beer is brewed.")])
    assert [hit.passage.id for hit in recipes.ask(view, "steamed tea")] == ["tea#0"]


def test_scripts_and_files_that_contributors_are_told_of_exist():
    named = set(re.findall(r"(?:searchkit|tests|scripts|seeds)/[\w./]*\w", CONTRIBUTING))
    assert {each for each in named if not (ROOT / each).exists()} == NEW_FILES
    assert not any(Path(ROOT / each).exists() for each in NEW_FILES)
