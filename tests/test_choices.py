"""Every option of a search, and every stage, stands once in `choices`; all that offers them says the same."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, fields

import pytest
import typer.main

from searchkit import Index, SearchOptions
from searchkit.cli.commands import app
from searchkit.evaluation.settings import ABLATIONS, SETTINGS
from searchkit.search.choices import FUSIONS, OPTIONS, STAGES
from searchkit.search.request import CHECKS, SearchRequest
from searchkit.search.stages import stage

COMMANDS = typer.main.get_command(app).commands
OTHERWISE = {"weights": "weight", "stages": "without"}  # how the command line says what takes a mapping or a list
NOT_THERE = {  # what a command leaves out: it takes no function, prints no pages of hits, or nothing but a verdict
    "search": {"rewrite"},
    "context": {"k", "offset", "context", "collapse", "explain", "rewrite"},
    "why-not": {"context", "explain", "rewrite"},
}


def test_a_request_checks_and_names_the_options_in_one_order():
    assert [each.name for each in fields(SearchRequest)] == ["query", *OPTIONS] == [*CHECKS]
    assert ["k", *SearchOptions.__annotations__] == [*OPTIONS]


def test_the_defaults_of_a_request_are_those_of_the_options():
    made = {f.name: f.default if f.default_factory is MISSING else f.default_factory() for f in fields(SearchRequest)}
    assert {name: made[name] for name in OPTIONS} == {name: option.default for name, option in OPTIONS.items()}


def test_every_default_passes_its_own_check():
    request = SearchRequest("tea")
    assert {name: getattr(request, name) for name in OPTIONS} == {name: each.default for name, each in OPTIONS.items()}


def test_the_documentation_of_search_gives_each_option_its_meaning():
    listed = " ".join((inspect.getdoc(Index.search) or "").split("\n\n")[1].split())
    assert listed == " ".join(f"{name}: {option.meaning}." for name, option in OPTIONS.items())


@pytest.mark.parametrize("method", ["search", "search_many", "context", "why_not"])
def test_the_signature_of_a_question_shows_each_option_with_its_default(method):
    signature = inspect.signature(getattr(Index, method))
    assert all(each.kind is not each.VAR_KEYWORD for each in signature.parameters.values())
    expected = {name: repr(option.default) for name, option in OPTIONS.items()}
    shown = {name: signature.parameters[name] for name in OPTIONS}
    if method == "context":
        expected["k"] = "30"  # from which a budget is filled
    assert {n: repr(each.default) for n, each in shown.items() if n != "weights"} == {
        n: value
        for n, value in expected.items()
        if n != "weights"  # a new mapping each time
    }


@pytest.mark.parametrize("command", NOT_THERE)
def test_the_command_line_offers_each_option(command):
    offered = {each.name for each in COMMANDS[command].params}
    assert {name for name in OPTIONS if OTHERWISE.get(name, name) not in offered} == NOT_THERE[command]


def test_the_choices_of_an_option_are_those_that_it_names():
    for name, option in OPTIONS.items():
        if name == "stages":
            continue  # their names stand in the signature, and in the table of the README
        words = set(re.findall(r"[\w:-]+", option.meaning))
        assert all(each in words or (each.endswith(":") and each in option.meaning) for each in option.choices), name


def test_stages_are_registered_by_the_name_that_they_give():
    assert {name: stage(name).name for name in STAGES} == {name: name for name in STAGES}


def test_the_ablations_of_an_evaluation_leave_out_each_stage_in_turn():
    assert {name: set(STAGES) - set(options["stages"]) for name, options in ABLATIONS.items()} == {
        f"no {name}": {name} for name in STAGES
    }
    assert list(SETTINGS) == ["keyword", "vector", *FUSIONS, *ABLATIONS, "default"]


def test_help_and_completion_of_the_command_line_name_every_stage_and_setting():
    leave_out = next(each for each in COMMANDS["search"].params if each.name == "without")
    assert ", ".join(STAGES) in leave_out.help
    measured = next(each for each in COMMANDS["evaluate"].params if each.name == "setting")
    assert ", ".join(SETTINGS) in measured.help
