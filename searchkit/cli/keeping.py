"""The commands that keep an index in order: improve, remove, compact, rebuild, copy, export, import."""

from __future__ import annotations

import typer

from searchkit.cli import arguments, opening, render, reports, states
from searchkit.cli.arguments import DEFAULT_INDEX, IndexPath
from searchkit.cli.exits import NOTHING, examples

# Whatever is not needed by --help is imported by the command that needs it.
# ruff: noqa: PLC0415


def improve(
    index: IndexPath = DEFAULT_INDEX,
    seconds: arguments.Seconds = None,
    passages: arguments.MostPassages = None,
    questions: arguments.QuestionsFile = None,
    wait: arguments.Wait = None,
    json: arguments.AsJson = False,
) -> None:
    """Have the model read passages whose vectors are only predicted, at idle priority; what pays most comes first."""
    from searchkit.cli.progress import reporting
    from searchkit.threads import lower_priority

    lower_priority()
    asked = questions.read_text(encoding="utf-8", errors="replace").splitlines() if questions else []
    with opening.existing(index) as opened, reporting() as progress:
        done = opened.improve(seconds=seconds, passages=passages, questions=asked, progress=progress, timeout=wait)
    render.either(done.to_dict(), lambda: states.improved(done, index), json=json)


def remove(
    ids: arguments.DocumentGlobs,
    index: IndexPath = DEFAULT_INDEX,
    wait: arguments.Wait = None,
    json: arguments.AsJson = False,
) -> None:
    """Remove documents by id or glob. Indexing their folder again brings them back."""
    with opening.existing(index) as opened:
        done = opened.remove(ids, timeout=wait)
    render.either(done.to_dict(), lambda: reports.report(done, index), json=json)
    if not done.removed:
        raise typer.Exit(NOTHING)


def compact(index: IndexPath = DEFAULT_INDEX, wait: arguments.Wait = None) -> None:
    """Reclaim the space of what was removed."""
    with opening.existing(index) as opened:
        before = opened.status()["bytes"]
        generation = opened.compact(timeout=wait)
        after = opened.status()["bytes"]
    render.out(f"{index}: {render.size(before)} before, {render.size(after)} now, generation {generation}")


def rebuild(
    index: IndexPath = DEFAULT_INDEX,
    embedder: arguments.NewEmbedder = None,
    embed: arguments.Embed = "progressive",
    wait: arguments.Wait = None,
) -> None:
    """Make keywords and vectors anew from the documents, with another model if one is given.

    It mends an index whose files were damaged. Searches go on with what there was until all is complete.
    """
    from searchkit.cli.progress import reporting
    from searchkit.index import rebuild as rebuild_index

    with reporting() as progress:
        model = opening.model_called(embedder)
        generation = rebuild_index(index, embedder=model, embed=embed, progress=progress, timeout=wait)
    render.out(f"{index}: rebuilt, generation {generation}")


def copy(source: arguments.CopiedIndex, target: arguments.NewIndex, json: arguments.AsJson = False) -> None:
    """Make an index of all that another holds, in a folder or on a cluster; its vectors are not computed again."""
    from searchkit.cli.progress import reporting

    with (
        opening.existing(source) as opened,
        reporting() as progress,
        opened.copy(target, progress=progress) as made,
    ):
        facts = made.status()
    render.either(
        facts,
        lambda: render.out(f"{target}: {facts['documents']:,} documents, {facts['passages']:,} passages"),
        json=json,
    )


def export_(file: arguments.NewFile, index: IndexPath = DEFAULT_INDEX, force: arguments.Replace = False) -> None:
    """Write documents, passages and vectors to one portable file."""
    if file.exists() and not force:
        raise typer.BadParameter(f"{file} exists; replace it with --force", param_hint="FILE")
    with opening.existing(index) as opened:
        count = opened.export(file)
    render.out(f"{file}: {count:,} documents, {render.size(file.stat().st_size)}")


def import_(
    file: arguments.ArchiveFile, index: IndexPath = DEFAULT_INDEX, embedder: arguments.NewEmbedder = None
) -> None:
    """Make an index from an exported file; its vectors are not computed again."""
    from searchkit.cli.progress import reporting
    from searchkit.index import Index

    with (
        reporting() as progress,
        Index.import_(file, index, embedder=opening.model_called(embedder), progress=progress) as made,
    ):
        facts = made.status()
    render.out(f"{index}: {facts['documents']:,} documents, {facts['passages']:,} passages")


def add_to(app: typer.Typer) -> None:
    """Make the commands part of the command line."""
    app.command(
        epilog=examples(
            "searchkit improve                           (until all is done; Ctrl-C loses nothing)",
            "searchkit improve --seconds 600 --questions asked.txt",
        )
    )(improve)
    app.command(epilog=examples("searchkit remove news/2024/storm.txt", "searchkit remove 'news/2023/*' 'drafts/*'"))(
        remove
    )
    app.command(epilog=examples("searchkit compact", "searchkit compact -i indexes/press"))(compact)
    app.command(epilog=examples("searchkit rebuild", "searchkit rebuild --embedder st:intfloat/e5-small-v2"))(rebuild)
    app.command(epilog=examples("searchkit copy indexes/news opensearch+tls://me@search.example:9200/news"))(copy)
    app.command(name="export", epilog=examples("searchkit export news.zip", "searchkit export --force backup.zip"))(
        export_
    )
    app.command(name="import", epilog=examples("searchkit import news.zip -i indexes/news"))(import_)
