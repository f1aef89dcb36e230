"""The command that serves indexes over HTTP."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from searchkit.cli.arguments import DEFAULT_INDEX, index_names, index_place
from searchkit.cli.exits import examples
from searchkit.cli.render import note, out

# Whatever is not needed by --help is imported by the command that needs it.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.cluster.address import Place

ACCESS = "Who may ask"
Indexes = Annotated[
    list[str] | None,
    typer.Option(
        "--index",
        "-i",
        metavar="[NAME=]INDEX",
        help="Folder of an index or its address on a cluster, and its name in addresses: its own unless given. May be "
        "repeated.",
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


def mcp(
    index: Indexes = None,
    writable: Annotated[bool, typer.Option("--writable/--read-only", help="Let agents sync the indexes.")] = False,
    install: Annotated[
        str | None,
        typer.Option(
            metavar="CLIENT", help="Print what a client's configuration needs: claude-code, cursor, vscode, …"
        ),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="With --install: put it into the client's file.")] = False,
    skill: Annotated[bool, typer.Option("--skill", help="Print how agents should search, as a skill file.")] = False,
) -> None:
    """Serve agents over standard input and output, by the Model Context Protocol; or set a client up to do so."""
    folders = _named(index or [os.environ.get("SEARCHKIT_INDEX") or str(DEFAULT_INDEX)])
    if skill:
        out((Path(__file__).parents[1] / "integrations" / "SKILL.md").read_text(encoding="utf-8").rstrip())
    elif install is not None:
        _install(install, folders, writable=writable, write=write)
    else:
        from searchkit.cli.opening import existing
        from searchkit.integrations.mcp import server, sync_here

        with contextlib.ExitStack() as opened:
            indexes = {name: opened.enter_context(existing(path)) for name, path in folders.items()}
            server(indexes, sync=sync_here if writable else None).run("stdio")


def _install(client: str, folders: dict[str, Place], *, writable: bool, write: bool) -> None:
    """Print or write the configuration by which a client starts this server."""
    from searchkit.errors import ArgumentError
    from searchkit.integrations import clients

    given = [
        part
        for name, path in folders.items()
        for part in ("-i", f"{name}={path.resolve() if isinstance(path, Path) else path}")
    ]
    arguments = ["-m", "searchkit", "mcp", *given, *["--writable"] * writable]
    try:
        file = clients.place(client, Path.home(), Path.cwd())
        if not write:
            note(f"{file} needs this; --write puts it there")
            out(clients.configuration(client, sys.executable, arguments).rstrip())
            return
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        after = clients.installed(before, client, sys.executable, arguments)
    except ArgumentError as error:
        raise typer.BadParameter(str(error), param_hint="--install") from None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(after, encoding="utf-8")
    note(f"{file}: the server searchkit is in it")


def _named(given: list[str]) -> dict[str, Place]:
    """Return where indexes are, by name. Raises BadParameter."""
    found: dict[str, Place] = {}
    for each in given:
        name, equals, place = each.partition("=")
        named = equals and "://" not in name  # an address may have an equals sign of its own
        path = index_place(place if named else each)
        name = name if named else path.resolve().name if isinstance(path, Path) else path.index
        if name in found:
            raise typer.BadParameter(f"two indexes are called {name!r}; write NAME=INDEX", param_hint="--index")
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
    app.command(
        epilog=examples(
            "searchkit mcp -i news=indexes/press          (what an agent's configuration starts)",
            "searchkit mcp -i news=indexes/press --install cursor --write",
            "searchkit mcp --skill > SKILL.md",
        )
    )(mcp)
