"""Commands that measure: each parses, makes one call and prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from searchkit import arguments, opening, render
from searchkit.arguments import DEFAULT_INDEX, FUSIONS, IndexPath, flat, one_of
from searchkit.exits import examples

# Whatever is not needed by --help is imported by the command that needs it.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.evaluation import Evaluation

SETTINGS = (*arguments.ARMS, *FUSIONS, "default")  # for completion
JUDGED, WRITTEN = "Questions", "What is written"

QuestionsPath = Annotated[
    Path,
    typer.Argument(
        metavar="QUESTIONS",
        show_default=False,
        help="BEIR folder, TREC topics (with --qrels), or JSON lines of questions with judged quotes.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Which questions are asked, and how they were judged."""

    split: Annotated[
        str | None,
        typer.Option(help="Judgments of a BEIR folder: test, dev …", show_default="test", rich_help_panel=JUDGED),
    ] = None
    qrels: Annotated[Path | None, typer.Option(help="File of judgments, TREC or BEIR.", rich_help_panel=JUDGED)] = None
    sample: Annotated[
        int | None, typer.Option(min=1, help="At most so many questions, always the same.", rich_help_panel=JUDGED)
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """In which forms an evaluation is given out."""

    json: Annotated[
        bool, typer.Option("--json", help="Print JSON, with a row a question.", rich_help_panel=WRITTEN)
    ] = False
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a TREC run file; with several settings, one each: FILE's name-SETTING.",
            rich_help_panel=WRITTEN,
        ),
    ] = None
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the evaluation as .png or .svg.", rich_help_panel=WRITTEN),
    ] = None


Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        metavar="NAME",
        help=f"Measure only these: {', '.join(SETTINGS)}. May be repeated.",
        autocompletion=one_of(SETTINGS),
        show_default="all",
    ),
]
Measures = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        help="Measure in ir_measures' words: nDCG@10, R@100. May be repeated; the first one decides.",
        show_default="nDCG@10 R@100 RR@10 AP@100 P@3",
    ),
]
FromRun = Annotated[
    list[Path] | None,
    typer.Option("--from-run", metavar="FILE", help="Measure a TREC run file; searches nothing unless --setting."),
]


def add_to(app: typer.Typer) -> None:
    """Make the commands part of the command line."""
    app.command(
        epilog=examples(
            "searchkit evaluate questions.jsonl",
            "searchkit evaluate data/scifact -i indexes/scifact --split train --setting keyword --setting default",
            "searchkit evaluate topics.txt --qrels qrels.txt --from-run bm25.run",
            "searchkit evaluate data/scifact --picture scifact.png --run scifact.run",
        )
    )(evaluate)


@flat
def evaluate(
    questions: QuestionsPath,
    index: IndexPath = DEFAULT_INDEX,
    setting: Settings = None,
    measure: Measures = None,
    from_run: FromRun = None,
    *,
    judged: Judged,
    written: Written,
) -> None:
    """Measure how well an index answers judged questions, each setting beside the others."""
    made = _evaluated(questions, index, setting, measure, from_run, judged=judged)
    for warning in made.warnings:
        render.note(f"warning: {warning}")
    _write(made, written)


def _evaluated(
    path: Path,
    index: Path,
    names: list[str] | None,
    measures: list[str] | None,
    runs: list[Path] | None,
    *,
    judged: Judged,
) -> Evaluation:
    from searchkit import evaluation
    from searchkit.evaluation.measures import MEASURES
    from searchkit.progress import reporting

    questions = evaluation.read_questions(path, split=judged.split, qrels=judged.qrels, sample=judged.sample)
    if runs and not names and questions.unit == "document":
        return evaluation.evaluate(None, questions, measures=measures or MEASURES, runs=runs)
    with opening.existing(index) as opened, reporting() as progress:
        return evaluation.evaluate(
            opened, questions, names=names or (), measures=measures or MEASURES, runs=runs or (), progress=progress
        )


def _write(made: Evaluation, written: Written) -> None:
    from searchkit import tables
    from searchkit.evaluation.runs import write_run

    if written.run:
        for name, outcome in made.outcomes.items():
            one = len(made.outcomes) == 1
            path = written.run if one else written.run.with_name(f"{written.run.stem}-{name}{written.run.suffix}")
            write_run(path, outcome.run, name)
    if written.picture:
        from searchkit.evaluation.pictures import draw

        draw(made, written.picture)
    if written.json:
        render.dump(made.to_dict())
    else:
        tables.evaluation(made)
