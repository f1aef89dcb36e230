"""The command that compares an answer with the passages that it cites."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from searchkit.cli import arguments, opening, render
from searchkit.cli.arguments import DEFAULT_INDEX, STDIN, IndexPath
from searchkit.cli.exits import WORSE, examples

# Whatever is not needed by --help is imported by the command that needs it.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.search.checking import AnswerReport, CheckedSentence, Finding


def check(
    answer: arguments.AnswerFile,
    context: arguments.ContextFile,
    index: IndexPath = DEFAULT_INDEX,
    json: arguments.AsJson = False,
) -> None:
    """Say which markers of an answer cite nothing, which statements have none, and what is not in what they cite."""
    written = sys.stdin.read() if answer == STDIN else answer.read_text(encoding="utf-8", errors="replace")
    with opening.existing(index) as opened:
        report = opened.check(written, _read(context))
    render.either(report.to_dict(), lambda: _print(report, written), json=json)
    if not report.ok:
        raise typer.Exit(WORSE)


def _read(path: Path) -> dict[str, object]:
    """Return what the command context printed as JSON. Raises ArgumentError."""
    import json

    from searchkit.errors import ArgumentError

    try:
        shape = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        shape = None
    if not isinstance(shape, dict):
        raise ArgumentError(f"{path} holds no context; make one with: searchkit context QUESTION --json > {path}")
    return shape


def _print(report: AnswerReport, answer: str) -> None:
    """Print a line for the whole, and one for each thing that is wrong."""
    statements = sum(each.kind == "statement" for each in report.sentences)
    verdict = "nothing found wrong" if report.ok else "found wrong:"
    render.out(f"statements: {statements:,}, passages cited: {len(report.cited):,}; {verdict}")
    for marker in report.stale:
        render.out(f"{render.INDENT}{marker} is no longer in the index as it was cited")
    for finding in report.unknown:
        render.out(_line(f"{_quoted(finding.text)} is no citation of this context"))
    for sentence in report.sentences:
        if sentence in report.uncited:
            render.out(_line(f"cites nothing: {_quoted(answer[sentence.start : sentence.end])}"))
        for finding in sentence.unsupported:
            render.out(_line(_unsupported(finding, sentence)))


def _unsupported(finding: Finding, sentence: CheckedSentence) -> str:
    return f"{finding.kind} {_quoted(finding.text)} is not in {' '.join(sentence.cites) or 'what is cited'}"


def _quoted(text: str) -> str:
    return " ".join(text.split())


def _line(text: str) -> str:
    return render.INDENT + render.printable(text)


def add_to(app: typer.Typer) -> None:
    """Make the command part of the command line."""
    app.command(
        epilog=examples(
            'searchkit context "Who pays most?" --json > found.json',
            "searchkit check answer.txt --context found.json",
        )
    )(check)
