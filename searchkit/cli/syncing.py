"""Commands that bring sources into an index: each parses, makes one call and prints."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import typer

from searchkit.cli import arguments, opening, render, reports
from searchkit.cli.arguments import DEFAULT_INDEX, IndexPath
from searchkit.cli.exits import ERROR, NOTHING, end, examples
from searchkit.cli.options import Caution, Creation, Reading, Writing, flat

# Whatever is not needed by --help is imported by the command that needs it.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.types import SyncReport


@flat
def index(
    paths: arguments.Sources = None,
    index: IndexPath = DEFAULT_INDEX,
    stdin_name: arguments.StdinName = "stdin",
    json: arguments.AsJson = False,
    *,
    writing: Writing,
    caution: Caution,
    reading: Reading,
    creation: Creation,
) -> None:
    """Make an index match files and folders, and create it if there is none."""
    from searchkit.cli.progress import reporting

    dry, piped = caution.dry_run, opening.is_piped(paths)
    if piped and dry:
        raise typer.BadParameter("standard input can be read only once", param_hint="--dry-run")
    opened_index = opening.existing_or_new(index, creation, create=bool(paths), dry=dry)
    aside = contextlib.redirect_stdout(sys.stderr if writing.workers else sys.stdout)  # Ray prints of dead workers
    with opened_index as opened, reporting() as progress, aside:
        if piped:
            from searchkit.cli import stdin

            read = reading.options().read
            done = opened.add(stdin.documents(stdin_name, read), **writing.options(), progress=progress)
        else:
            opening.require_sources(opened, paths)
            given = writing.options() | caution.options()
            done = opened.sync(paths or (), options=reading.given(), **given, progress=progress)
    render.either(done.to_dict(), lambda: reports.report(done, index), json=json)
    _end(done)


def _end(done: SyncReport) -> None:
    """Exit with an error for what is a bug or needs a decision, and with 1 where nothing was taken in."""
    if done.withheld or any(failure.bug for failure in done.failed):
        raise typer.Exit(ERROR)
    if not (done.added or done.changed or done.removed or done.kept):
        end(f"nothing was indexed: {reports.why_nothing(done)}", NOTHING)


@flat
def watch(
    paths: arguments.Sources = None,
    index: IndexPath = DEFAULT_INDEX,
    embed: arguments.Embed = "progressive",
    allow_removals: arguments.AllowRemovals = False,
    wait: arguments.Wait = None,
    json: arguments.AsJsonLines = False,
    *,
    reading: Reading,
    creation: Creation,
) -> None:
    """Keep an index current: sync now, and after each burst of changes, until Ctrl-C."""
    if opening.is_piped(paths):
        raise typer.BadParameter("standard input cannot be watched", param_hint="PATH")
    with opening.existing_or_new(index, creation, create=bool(paths)) as opened:
        opening.require_sources(opened, paths)
        options = reading.given()
        for done in opened.watch(
            paths or (), options=options, embed=embed, allow_removals=allow_removals, timeout=wait
        ):
            if json:
                render.dump(done.to_dict(), lines=True)
            else:
                reports.report(done, index)
            sys.stdout.flush()


def forget(
    roots: arguments.Roots,
    index: IndexPath = DEFAULT_INDEX,
    wait: arguments.Wait = None,
    json: arguments.AsJson = False,
) -> None:
    """Let folders or files go that were indexed, with their documents, whether they are still there or not."""
    with opening.existing(index) as opened:
        done = opened.forget(roots, timeout=wait)
    render.either(done.to_dict(), lambda: reports.report(done, index), json=json)
    if done.failed:
        raise typer.Exit(NOTHING)


def add_to(app: typer.Typer) -> None:
    """Make the commands part of the command line."""
    app.command(
        epilog=examples(
            "searchkit index news/",
            "searchkit index news/ reports/ -i indexes/press --exclude 'drafts/'",
            "searchkit index                             (all sources again)",
            "searchkit index --dry-run                   (what that would do)",
            "zcat wiki.jsonl.gz | searchkit index - --stdin-name wiki --text-field body",
        )
    )(index)
    app.command(
        epilog=examples("searchkit watch", "searchkit watch news/ -i indexes/press", "searchkit watch --json >> log")
    )(watch)
    app.command(epilog=examples("searchkit forget old/news", "searchkit status          (lists the sources)"))(forget)
