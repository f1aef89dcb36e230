"""Commands that measure: each parses, makes one call and prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from searchkit.cli import arguments, opening, render
from searchkit.cli.arguments import DEFAULT_INDEX, IndexPath, one_of
from searchkit.cli.exits import WORSE, examples
from searchkit.cli.options import flat
from searchkit.search.choices import ARMS, FUSIONS, STAGES

# Whatever is not needed by --help is imported by the command that needs it.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from searchkit.cluster.address import Place
    from searchkit.evaluation import Evaluation, Questions, Verdict

SETTINGS = (
    *ARMS,
    *FUSIONS,
    *(f"no {stage}" for stage in STAGES),
    "default",
    "late",
    "no history",
)  # for completion; evaluation.settings knows the truth
JUDGED, WRITTEN = "Questions", "What is written"

QUESTIONS = typer.Argument(
    metavar="QUESTIONS",
    show_default=False,
    help="BEIR folder, TREC topics (with --qrels), or JSON lines of questions with judged quotes.",
)
MaybeQuestions = Annotated[Path | None, QUESTIONS]


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
class QuestionOptions(Judged):
    """The same, or questions made from the index itself."""

    self_: Annotated[
        bool,
        typer.Option(
            "--self",
            help="Make up questions from the index itself, answered by the passages they come from. No judgments "
            "are needed; it tells settings of one index apart, not how good they are.",
            rich_help_panel=JUDGED,
        ),
    ] = False
    seed: Annotated[int, typer.Option(help="Of --self: other numbers, other questions.", rich_help_panel=JUDGED)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFiles:
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
    save_baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the JSON to FILE, for --gate and compare.", rich_help_panel=WRITTEN),
    ] = None


Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        metavar="NAME",
        help=f"Measure only these: {', '.join(SETTINGS)}. May be repeated.",
        autocompletion=one_of(SETTINGS),
        show_default="all but late; no history where questions follow others",
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
Gate = Annotated[
    Path | None,
    typer.Option(
        "--gate", metavar="FILE", help="Exit with 4 if the default is significantly worse than in this baseline."
    ),
]
Run = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON of an evaluation, or a TREC run file.")]
Pair = Annotated[
    list[str] | None,
    typer.Option("--setting", metavar="NAME", help="Setting in the JSON: one for both files, or one each."),
]
RunQuestions = Annotated[
    Path | None, typer.Option("--questions", metavar="QUESTIONS", help="What judges run files, as for evaluate.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a comparison is printed."""

    k: Annotated[
        int, typer.Option("-k", min=0, help="So many of the questions that differ most.", rich_help_panel=WRITTEN)
    ] = 10
    json: arguments.AsJson = False


def add_to(app: typer.Typer) -> None:
    """Make the commands part of the command line."""
    app.command(
        epilog=examples(
            "searchkit evaluate questions.jsonl",
            "searchkit evaluate --self            (without judgments, on any index)",
            "searchkit evaluate data/scifact -i indexes/scifact --split train --setting keyword --setting default",
            "searchkit evaluate topics.txt --qrels qrels.txt --from-run bm25.run",
            "searchkit evaluate data/scifact --picture scifact.png --run scifact.run",
            "searchkit evaluate questions.jsonl --save-baseline baseline.json",
            "searchkit evaluate questions.jsonl --gate baseline.json     (exits with 4 if it got worse)",
        )
    )(evaluate)
    app.command(
        epilog=examples(
            "searchkit compare before.json after.json",
            "searchkit compare all.json all.json --setting rrf --setting default",
            "searchkit compare bm25.run mine.run --questions data/scifact",
        )
    )(compare)
    app.command(
        epilog=examples(
            "searchkit tune data/scifact -i indexes/scifact --split train",
            "searchkit tune questions.jsonl --apply",
            "searchkit tune --forget",
        )
    )(tune)


@flat
def evaluate(
    questions: MaybeQuestions = None,
    index: IndexPath = DEFAULT_INDEX,
    setting: Settings = None,
    measure: Measures = None,
    from_run: FromRun = None,
    gate: Gate = None,
    *,
    asked: QuestionOptions,
    written: WrittenFiles,
) -> None:
    """Measure how well an index answers judged questions, each setting beside the others."""
    from searchkit import evaluation
    from searchkit.cli import tables
    from searchkit.evaluation.gating import gated
    from searchkit.evaluation.scores import read_baseline

    if asked.self_ == (questions is not None):
        raise typer.BadParameter("give judged questions, or --self to make some up", param_hint="QUESTIONS")
    stored = read_baseline(gate) if gate else None
    if stored:
        setting = setting or (None if from_run else gated(stored))
        measure = measure or list(next(iter(stored.values())).values)
    made = _evaluated(questions, index, setting, measure, from_run, asked=asked)
    render.warnings(made.warnings)
    verdict = evaluation.gate(made, stored) if stored else None
    _write(made, written, verdict)
    if verdict:
        tables.verdict(verdict)
        if not verdict.ok:
            raise typer.Exit(WORSE)


@flat
def compare(
    a: Run,
    b: Run,
    setting: Pair = None,
    measure: Measures = None,
    questions: RunQuestions = None,
    index: IndexPath = DEFAULT_INDEX,
    *,
    judged: Judged,
    shown: Shown,
) -> None:
    """Say whether run B is better than run A, by how much, and on which questions."""
    from searchkit import evaluation
    from searchkit.cli import tables
    from searchkit.evaluation.measures import MEASURES

    asked = _read(questions, index, judged) if questions else None
    made = evaluation.compare(a, b, settings=setting or (), questions=asked, measures=measure or MEASURES)
    if shown.json:
        render.dump(made.to_dict())
    else:
        texts = {question.id: question.text for question in asked.items} if asked else {}
        tables.comparison(made, texts, shown.k)


@flat
def tune(
    questions: MaybeQuestions = None,
    index: IndexPath = DEFAULT_INDEX,
    apply: Annotated[bool, typer.Option("--apply", help="Let the index do so, where the gain is significant.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Go back to searchkit's own ranking and confidences.")
    ] = False,
    json: arguments.AsJson = False,
    *,
    judged: Judged,
) -> None:
    """Fit fusion, the arms' weights and the confidences to judged questions; only significant gains are taken.

    At most 150 questions are asked unless --sample says otherwise, each once for every weight that is tried.
    """
    from searchkit import evaluation
    from searchkit.cli import tables
    from searchkit.cli.progress import reporting
    from searchkit.evaluation.tuning import SAMPLE

    if forget == (questions is not None):
        raise typer.BadParameter("give questions to tune with, or --forget", param_hint="QUESTIONS")
    with opening.existing(index) as opened:
        if questions is None:
            evaluation.prefer(opened, None)
            return render.out(f"{index}: ranks as searchkit does by itself, and is as sure")
        asked = evaluation.read_questions(questions, split=judged.split, qrels=judged.qrels)
        with reporting() as progress:
            found = evaluation.tune(opened, asked, apply=apply, sample=judged.sample or SAMPLE, progress=progress)
    if json:
        return render.dump(found.to_dict())
    return tables.tuned(found, index)


def _read(path: Path, index: Place, judged: Judged) -> Questions:
    """Return the questions, with quotes turned into passages of the index."""
    from searchkit import evaluation

    found = evaluation.read_questions(path, split=judged.split, qrels=judged.qrels, sample=judged.sample)
    if found.unit == "document":
        return found
    with opening.existing(index) as opened:
        return found.judged_in(opened)


def _evaluated(
    path: Path | None,
    index: Place,
    names: list[str] | None,
    measures: list[str] | None,
    runs: list[Path] | None,
    *,
    asked: QuestionOptions,
) -> Evaluation:
    from searchkit import evaluation
    from searchkit.cli.progress import reporting
    from searchkit.evaluation.measures import MEASURES
    from searchkit.evaluation.pseudo import SIZE

    questions = None
    if path:
        questions = evaluation.read_questions(path, split=asked.split, qrels=asked.qrels, sample=asked.sample)
        if runs and not names and questions.unit == "document":
            return evaluation.evaluate(None, questions, measures=measures or MEASURES, runs=runs)
    with opening.existing(index) as opened, reporting() as progress:
        if questions is None:
            questions = evaluation.pseudo_questions(opened, asked.sample or SIZE, seed=asked.seed)
        return evaluation.evaluate(
            opened, questions, names=names or (), measures=measures or MEASURES, runs=runs or (), progress=progress
        )


def _write(made: Evaluation, written: WrittenFiles, verdict: Verdict | None) -> None:
    import json

    from searchkit.cli import tables
    from searchkit.evaluation.runs import write_run

    if written.run:
        for name, outcome in made.outcomes.items():
            one = len(made.outcomes) == 1
            path = written.run if one else written.run.with_name(f"{written.run.stem}-{name}{written.run.suffix}")
            write_run(path, outcome.run, name)
    if written.picture:
        from searchkit.evaluation.pictures import draw

        draw(made, written.picture)
    if written.save_baseline:
        written.save_baseline.write_text(json.dumps(made.to_dict(), indent=1), encoding="utf-8")
    if written.json:
        render.dump(made.to_dict() | ({"gate": verdict.to_dict()} if verdict else {}))
    else:
        tables.evaluation(made)
