"""The reference in docs/ says what the code says of itself now."""

import re

import pytest

import searchkit
from searchkit.cli.commands import app
from tests.reference import PAGES, commands_page, python_page


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_what_the_code_says_now(path):
    assert path.read_text(encoding="utf-8") == PAGES[path](), "run scripts/reference"


def test_every_public_name_is_in_the_reference_of_python():
    page = python_page()
    told = set(re.findall(r"^##+ (?:Index\.)?(\w+)$", page, re.MULTILINE)) | set(
        re.findall(r"^ *- `(\w+)`", page, re.MULTILINE)
    )
    assert set(searchkit.__all__) - {"SearchOptions"} <= told
    assert {name for name in dir(searchkit.Index) if not name.startswith("_")} <= told


def test_every_option_of_a_command_is_in_its_section_or_in_one_that_it_links_to():
    page = commands_page()
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    context, shared = sections["searchkit context"], sections["Ranking options"]
    assert "`--max-tokens NUMBER` | `1500`" in context
    assert "[its options](#ranking-options)" in context
    assert "`--fusion TEXT` | `zscore`" in shared
    assert "`--self`" in sections["searchkit evaluate"]
    assert len([name for name in sections if name.startswith("searchkit ")]) == len(app.registered_commands)
