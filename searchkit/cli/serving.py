"""The command that serves indexes over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from searchkit.cli.arguments import DEFAULT_INDEX, index_names
from searchkit.cli.exits import examples
from searchkit.cli.render import note

# Whatever is not needed by --help is imported by the command that needs it.
# ruff: noqa: PLC0415

ACCESS = "Who may ask"
Indexes = Annotated[
    list[str] | None,
    typer.Option(
        "--index",
        "-i",
        metavar="[NAME=]FOLDER",
        help="An index, and its name in addresses: that of its folder unless given. May be repeated.",
        autocompletion=index_names,
        show_default="indexes/default",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help='Tokens, a line each: "read SECRET" or "write SECRET"; or SEARCHKIT_TOKEN and SEARCHKIT_WRITE_TOKEN.',
        rich_help_panel=ACCESS,
    ),
]
AllowedHosts = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", help="Name that the server is reached by. May be repeated.",
                 rich_help_panel=ACCESS),
]  # fmt: skip
Origins = Annotated[
    list[str] | None,
    typer.Option("--cors-origin", metavar="ORIGIN", help="Web pages from there may ask. May be repeated.",
                 rich_help_panel=ACCESS),
]  # fmt: skip


def serve(
    index: Indexes = None,
    host: Annotated[str, typer.Option(help="Address to listen at; beyond loopback only with tokens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at.")] = 7720,
    token_file: TokenFile = None,
    allow_host: AllowedHosts = None,
    cors_origin: Origins = None,
    writable: Annotated[
        bool, typer.Option("--writable/--read-only", help="Take documents, syncs and removals.", rich_help_panel=ACCESS)
    ] = False,
    log_questions: Annotated[bool, typer.Option("--log-questions", help="Log what is asked in addresses.")] = False,
) -> None:
    """Answer over HTTP, until Ctrl-C: search, contexts, documents; what there is stands at /docs."""
    from searchkit.models.embedders.checks import require

    require("starlette", extra="server")
    require("uvicorn", extra="server")
    from searchkit.server.config import ServerOptions, read_tokens
    from searchkit.server.running import serve as run

    options = ServerOptions(
        indexes=_named(index or [os.environ.get("SEARCHKIT_INDEX") or str(DEFAULT_INDEX)]),
        host=host,
        port=port,
        tokens=read_tokens(token_file, os.environ),
        hosts=allow_host or (),
        origins=cors_origin or (),
        writable=writable,
        log_questions=log_questions,
    )
    run(
        options,
        lambda address: note(f"serving {', '.join(options.indexes)} at {address}; see {address} and {address}/docs"),
    )


def _named(given: list[str]) -> dict[str, Path]:
    """Return folders by name. Raises BadParameter."""
    found: dict[str, Path] = {}
    for each in given:
        name, equals, folder = each.partition("=")
        path = Path(folder if equals else each)
        name = name if equals else path.resolve().name
        if name in found:
            raise typer.BadParameter(f"two indexes are called {name!r}; write NAME=FOLDER", param_hint="--index")
        found[name] = path
    return found


def add_to(app: typer.Typer) -> None:
    """Make the command part of the command line."""
    app.command(
        epilog=examples(
            "searchkit serve                              (indexes/default at http://127.0.0.1:7720)",
            "searchkit serve -i news=indexes/press -i wiki=/srv/wiki --port 8000",
            "searchkit serve --host 0.0.0.0 --token-file tokens --allow-host search.example.org",
            "curl 'http://127.0.0.1:7720/v1/indexes/default/search?q=Vietnam&k=3'",
        )
    )(serve)
