"""The command line: each command parses, makes one call and prints."""

from __future__ import annotations

import typer

from searchkit.cli import (
    application,
    arguments,
    checking,
    keeping,
    measuring,
    opening,
    render,
    searching,
    serving,
    states,
    syncing,
)
from searchkit.cli.arguments import DEFAULT_INDEX, IndexPath
from searchkit.cli.exits import ERROR, NOTHING, end, examples
from searchkit.cli.options import FullPage, Output, Page, RankingOptions, flat
from searchkit.cli.searching import exit_unless, print_results, text_of

# Whatever is not needed by --help is imported by the command that needs it.
# ruff: noqa: PLC0415

app = application.new()


# --- writing ------------------------------------------------------------------------------------------------


syncing.add_to(app)
keeping.add_to(app)


# --- reading ------------------------------------------------------------------------------------------------


searching.add_to(app)


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
    print_results(found, form, many=False)
    exit_unless(bool(found))


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
        made = opened.context(text_of(question), max_tokens, **ranking.options())
    render.either(made.to_dict(), lambda: render.context(made), json=json)
    exit_unless(bool(made.citations))


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
    exit_unless(answer.verdict != "not_indexed")


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
    exit_unless(bool(ids))


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


serving.add_to(app)
measuring.add_to(app)
