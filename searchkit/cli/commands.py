"""The command line: each command parses, makes one call and prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.models import CommandInfo

import searchkit
from searchkit.cli import arguments, checking, keeping, measuring, opening, render, serving, states, syncing
from searchkit.cli.arguments import DEFAULT_INDEX, IndexPath
from searchkit.cli.exits import ERROR, EXIT_CODES, NOTHING, Commands, end, examples, streams
from searchkit.cli.options import FullPage, Output, Page, RankingOptions, flat

# Whatever is not needed by --help is imported by the command that needs it.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.types import Results


def main() -> None:
    """Run the command line. Only the command that is asked for is built: to build all takes ten times as long."""
    asked = [each for each in app.registered_commands if sys.argv[1:2] == [_called(each)]]
    app.registered_commands = asked or app.registered_commands
    with streams():
        app(prog_name="searchkit")


app = typer.Typer(
    cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich", epilog=EXIT_CODES
)


def _called(command: CommandInfo) -> str:
    return command.name or (command.callback.__name__ if command.callback else "")


def _version(asked: bool) -> None:
    if asked:
        render.out(f"searchkit {searchkit.__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Point it at a folder, ask a question, get the right paragraph with its place in the source."""


# --- writing ------------------------------------------------------------------------------------------------


syncing.add_to(app)
keeping.add_to(app)


# --- reading ------------------------------------------------------------------------------------------------


@app.command(
    epilog=examples(
        'searchkit search "What did analysts say about Vietnam?"',
        "searchkit search '\"bamboo diplomacy\" AND date:2024-06' -k 3 --json",
        "searchkit search storms --where 'section = \"WORLD\" and date >= 2024-06-01'",
        "searchkit search -- -word            (a query that begins with a dash)",
        "searchkit search - --jsonl < questions.txt",
        'searchkit search "And the ministry?" --history chat.json',
    )
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
    served = None if many else shortcut.search(index, _text(query), page.k, options)
    if served is not None:
        _exit_unless(any(_print_all(iter([served]), form, many=False)))
        return
    with opening.existing(index) as opened:
        found = (
            each for asked in _queries(query) for each in opened.search_many(asked, page.k, **_for_each(asked, options))
        )
        answered = sum(_print_all(found, form, many=many))
    _exit_unless(answered > 0)


def _for_each(asked: list[str], options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of several queries, which all follow the same conversation if there is one."""
    return options | {"history": [options["history"]] * len(asked)} if "history" in options else options


@app.command(epilog=examples("searchkit similar news/hanoi.txt", "searchkit similar 'news/hanoi.txt#4' -k 3 --json"))
@flat
def similar(
    item_id: arguments.ItemId,
    index: IndexPath = DEFAULT_INDEX,
    *,
    page: FullPage,
    ranking: RankingOptions,
    output: Output,
) -> None:
    """Find passages of other documents that are like a document or passage, most alike first."""
    form = output.form()
    with opening.existing(index) as opened:
        found = opened.similar(item_id, page.k, **page.options(), **ranking.options())
    for warning in found.warnings:
        render.note(f"warning: {warning}")
    _print_results(found, form, many=False)
    _exit_unless(bool(found))


def _queries(query: str) -> Iterator[list[str]]:
    """Yield the one query, or those on standard input for "-", as they come together."""
    if query == "-":
        from searchkit.cli import stdin

        yield from stdin.queries()
    else:
        yield [_text(query)]


def _text(argument: str) -> str:
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
        _print_results(results, form, many=many)
        sys.stdout.flush()
        yield results.answerable


def _print_results(results: Results, form: str, *, many: bool) -> None:
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


@app.command(epilog=examples('searchkit context "What did analysts say about Vietnam?" --max-tokens 800'))
@flat
def context(
    question: arguments.Query,
    max_tokens: arguments.MaxTokens = 1500,
    index: IndexPath = DEFAULT_INDEX,
    json: arguments.AsJson = False,
    *,
    ranking: RankingOptions,
) -> None:
    """Print passages for a prompt, within a budget of tokens, with citations."""
    with opening.existing(index) as opened:
        made = opened.context(_text(question), max_tokens, **ranking.options())
    render.either(made.to_dict(), lambda: render.context(made), json=json)
    _exit_unless(bool(made.citations))


checking.add_to(app)


@app.command(
    name="who-said",
    epilog=examples("searchkit who-said analysts --about Vietnam", "searchkit who-said 'Ingrid Solheim' -k 3 --json"),
)
def who_said(
    name: arguments.SpeakerName,
    about: arguments.About = None,
    only_about: arguments.OnlyAbout = False,
    k: arguments.Count = 10,
    index: IndexPath = DEFAULT_INDEX,
    json: arguments.AsJson = False,
) -> None:
    """List what somebody said, each statement with its place. English documents only."""
    with opening.existing(index) as opened:
        found = opened.who_said(name, about=about, k=k, only_about=only_about)
        facts = {} if found else opened.status()
    render.either([each.to_dict() for each in found], lambda: render.statements(found), json=json)
    if not found:
        old = " This index has a format that does not hold it; run: searchkit rebuild" if facts["format"] < 2 else ""
        end(f"nothing that {name!r} said was found in {index}.{old}", NOTHING)


@app.command(name="why-not", epilog=examples("searchkit why-not 'news/hanoi.txt#4' \"analysts on Vietnam\" --offset 0"))
@flat
def why_not(
    passage: arguments.PassageId,
    query: arguments.Query,
    index: IndexPath = DEFAULT_INDEX,
    json: arguments.AsJson = False,
    *,
    page: Page,
    ranking: RankingOptions,
) -> None:
    """Say why a passage is not among the hits of a query, and what would bring it in."""
    with opening.existing(index) as opened:
        answer = opened.why_not(passage, query, page.k, **page.options(), **ranking.options())
    render.either(answer.to_dict(), lambda: render.why_not(answer), json=json)
    _exit_unless(answer.verdict != "not_indexed")


@app.command(epilog=examples("searchkit show news/hanoi.txt", "searchkit show 'news/hanoi.txt#4' --context 1"))
def show(
    item_id: arguments.ItemId,
    index: IndexPath = DEFAULT_INDEX,
    context: arguments.Neighbours = 0,
    text: arguments.OnlyText = False,
    json: arguments.AsJson = False,
) -> None:
    """Show a document with its passages, or a passage with its place and neighbours."""
    from searchkit.types import Passage

    with opening.existing(index) as opened:
        item = opened.get(item_id)
        parts = opened.passages(item.doc_id if isinstance(item, Passage) else item_id)
    if item is None:
        end(f"{index} holds no document or passage {item_id!r}; see them with: searchkit list", NOTHING)
    if text:
        render.out(item.text)
    elif isinstance(item, Passage):
        before = parts[max(0, item.ordinal - context) : item.ordinal]
        after = parts[item.ordinal + 1 : item.ordinal + 1 + context]
        shape = render.passage_dict(item, before, after)
        render.either(shape, lambda: render.passage(item, before, after), json=json)
    else:
        render.either(render.document_dict(item, parts), lambda: render.document(item, parts), json=json)


@app.command(name="list", epilog=examples("searchkit list", "searchkit list 'news/2024/*'"))
def list_(
    pattern: arguments.DocumentGlob = "*", index: IndexPath = DEFAULT_INDEX, json: arguments.AsJson = False
) -> None:
    """List the ids of documents."""
    with opening.existing(index) as opened:
        ids = opened.documents(pattern)
    render.either(ids, lambda: render.ids(ids), json=json)
    _exit_unless(bool(ids))


@app.command(
    epilog=examples("searchkit status", "searchkit status -i indexes/press --json", "searchkit status --sources")
)
def status(
    index: IndexPath = DEFAULT_INDEX, sources: arguments.BySource = False, json: arguments.AsJson = False
) -> None:
    """Say what an index holds and how it was made."""
    with opening.existing(index) as opened:
        facts = opened.status(sources=sources)
    render.either(facts, lambda: states.status(facts), json=json)


@app.command(epilog=examples("searchkit verify", "searchkit verify || searchkit rebuild"))
def verify(index: IndexPath = DEFAULT_INDEX, json: arguments.AsJson = False) -> None:
    """Check every file of an index and that its parts agree; exit with 3 if they don't."""
    from searchkit import homes

    report = homes.verify(index)
    render.either(report.to_dict(), lambda: states.verified(report, index), json=json)
    if not report.ok:
        raise typer.Exit(ERROR)


@app.command(epilog=examples("searchkit models", "searchkit models --json"))
def models(json: arguments.AsJson = False) -> None:
    """List the models that --embedder takes, and whether they run here."""
    from searchkit.models import embedders

    known = embedders.available()
    render.either([model._asdict() for model in known], lambda: states.models(known), json=json)


def _exit_unless(found: bool) -> None:
    if not found:
        raise typer.Exit(NOTHING)


serving.add_to(app)
measuring.add_to(app)
