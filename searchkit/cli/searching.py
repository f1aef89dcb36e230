"""The command that asks an index. It imports little: people wait for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from searchkit.cli import arguments, opening, render
from searchkit.cli.arguments import DEFAULT_INDEX, IndexPath
from searchkit.cli.exits import NOTHING, examples
from searchkit.cli.options import FullPage, Output, RankingOptions, flat

# Whatever is not needed by --help is imported when it is needed.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.types import Results

EXAMPLES = examples(
    'searchkit search "What did analysts say about Vietnam?"',
    "searchkit search '\"bamboo diplomacy\" AND date:2024-06' -k 3 --json",
    "searchkit search storms --where 'section = \"WORLD\" and date >= 2024-06-01'",
    "searchkit search -- -word            (a query that begins with a dash)",
    "searchkit search - --jsonl < questions.txt",
    'searchkit search "And the ministry?" --history chat.json',
)


@flat
def search(
    query: arguments.Queries,
    index: IndexPath = DEFAULT_INDEX,
    *,
    page: FullPage,
    ranking: RankingOptions,
    output: Output,
) -> None:
    """Find the passages that answer a question, best first."""
    from searchkit.cli import shortcut

    form, many = output.form(), query == "-"
    options = page.options() | ranking.options()
    served = None if many else shortcut.search(index, text_of(query), page.k, options)
    if served is not None:
        exit_unless(any(_print_all(iter([served]), form, many=False)))
        return
    by_words = options.get("mode") == "keyword"
    if isinstance(index, Path) and not by_words:
        opening.load_ahead(index)
    with opening.existing(index) as opened:
        if not by_words:
            opening.import_ahead()
        found = (
            each for asked in _queries(query) for each in opened.search_many(asked, page.k, **_for_each(asked, options))
        )
        answered = sum(_print_all(found, form, many=many))
    exit_unless(answered > 0)


def _for_each(asked: list[str], options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of several queries, which all follow the same conversation if there is one."""
    return options | {"history": [options["history"]] * len(asked)} if "history" in options else options


def _queries(query: str) -> Iterator[list[str]]:
    """Yield the one query, or those on standard input for "-", as they come together."""
    if query == "-":
        from searchkit.cli import stdin

        yield from stdin.queries()
    else:
        yield [text_of(query)]


def text_of(argument: str) -> str:
    """Return an argument as text: bytes that are none become question marks."""
    return argument.encode("utf-8", "replace").decode()


def _print_all(found: Iterator[Results], form: str, *, many: bool) -> Iterator[bool]:
    """Print the results of each query as they come; yield whether each seems to be answered."""
    if form == "csv":
        render.csv_header(queries=many)
    if form == "json" and many:
        everything = list(found)
        render.dump([results.to_dict() for results in everything])
        yield from (results.answerable for results in everything)
        return
    for results in found:
        render.warnings(results.warnings)
        if results.hits and not results.answerable:
            render.note(f"nothing found that clearly answers {results.query!r}; these are the nearest passages")
        print_results(results, form, many=many)
        sys.stdout.flush()
        yield results.answerable


def print_results(results: Results, form: str, *, many: bool) -> None:
    """Print the results of a query. many: others come too."""
    if form == "csv":
        render.csv_rows(results, queries=many)
    elif form == "jsonl" and not many:
        for hit in results.hits:
            render.dump(hit.to_dict(), lines=True)
    elif form != "text":
        render.dump(results.to_dict(), lines=many)
    else:
        render.results(results, headed=many)
        if not results.hits:
            render.note(f"nothing found for {results.query!r}")


def exit_unless(found: bool) -> None:
    """End the command by its exit code where nothing was found."""
    if not found:
        raise typer.Exit(NOTHING)


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog=EXAMPLES)(search)
