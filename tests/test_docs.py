"""The README does what it says: its commands and its Python run, in order, on the sample news."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(console|python)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line[2:] for kind, block in BLOCKS if kind == "console" for line in block.splitlines()]
PYTHON = "".join(block for kind, block in BLOCKS if kind == "python")


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


def test_the_first_two_shell_commands_exist_and_can_be_run():
    first = README.split("```sh\n")[1].split("```")[0]
    scripts = re.findall(r"^(scripts/\S+)", first, re.MULTILINE)
    assert scripts == ["scripts/demo", "scripts/test"]
    assert all((ROOT / script).stat().st_mode & 0o111 for script in scripts)


def test_every_command_is_in_the_readme():
    from searchkit.cli.commands import app  # noqa: PLC0415 - not needed by the other tests

    table = README.split("## Commands")[1].split("\n## ")[0]
    names = {(command.name or command.callback.__name__).replace("_", "-") for command in app.registered_commands}
    assert {name.strip("-") for name in names} <= set(re.findall(r"`([a-z-]+)[ `]", table))


def test_links_lead_to_files():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_script_is_executable_and_says_what_it_does():
    for script in (path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix):
        lines = script.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("#!"), script
        assert script.stat().st_mode & 0o111, script
        assert len(lines[1]) > 10, script
