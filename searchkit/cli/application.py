"""The command line as a whole."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.models import CommandInfo

import searchkit
from searchkit.cli import render
from searchkit.cli.exits import EXIT_CODES, Commands, streams

# The modules of commands are imported when one is asked for.
# ruff: noqa: PLC0415


def main() -> None:
    """Run the command line. Only the command that is asked for is built: to build all takes ten times as long."""
    app = _searching() if sys.argv[1:2] == ["search"] else _of_all()
    with streams():
        app(prog_name="searchkit")


def new() -> typer.Typer:
    """Return a command line that has no commands yet."""
    app = typer.Typer(
        cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich", epilog=EXIT_CODES
    )
    app.callback()(start)
    return app


def _searching() -> typer.Typer:
    """Return the one command that people wait for most: not even the others' modules are imported."""
    from searchkit.cli import searching

    app = new()
    searching.add_to(app)
    return app


def _of_all() -> typer.Typer:
    from searchkit.cli.commands import app

    asked = [each for each in app.registered_commands if sys.argv[1:2] == [_called(each)]]
    app.registered_commands = asked or app.registered_commands
    return app


def _called(command: CommandInfo) -> str:
    return command.name or (command.callback.__name__ if command.callback else "")


def _version(asked: bool) -> None:
    if asked:
        render.out(f"searchkit {searchkit.__version__}")
        raise typer.Exit


def start(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Point it at a folder, ask a question, get the right paragraph with its place in the source."""
