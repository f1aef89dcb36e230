"""Evaluations for people: the settings side by side, and what differs between two runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from searchkit import render

if TYPE_CHECKING:
    from searchkit.evaluation import Evaluation

PIPED = 200  # columns of a table that nobody sees on a terminal
NOTHING = ""


def evaluation(made: Evaluation) -> None:
    """Print the measures of each setting, what it costs, and its kinds of questions."""
    unanswerable = len(made.questions) - len(made.answerable)
    rest = f", and {unanswerable} without an answer" if unanswerable else ""
    render.out(f"{made.source}: {len(made.answerable)} questions, judged by {made.unit}{rest}")
    table(["setting", *made.measures, "95 % interval", "p"], [_quality(made, name) for name in made.outcomes])
    costs = ["setting", "regret", "worse", "better", "p50 ms", "p95", "p99", "ECE", "AUROC", "refused", "lost"]
    table(costs, [_costs(made, name) for name in made.outcomes])
    _kinds(made)
    render.out("; ".join(_legend(made)))


def _quality(made: Evaluation, name: str) -> list[str]:
    reference, interval = made.reference(), made.interval(name)
    tested = reference is not None and name != reference
    return [
        name,
        *(number(made.mean(name, measure)) for measure in made.measures),
        f"{interval.low:.3f} … {interval.high:.3f}",
        number(made.p_value(name, reference), 3) if tested and reference else NOTHING,
    ]


def _costs(made: Evaluation, name: str) -> list[str]:
    regret, latency, trust = made.regret(name), made.outcomes[name].latency, made.calibration(name)
    return [
        name,
        *([number(regret.mean), share(regret.worse), share(regret.better)] if regret else [NOTHING] * 3),
        *([number(value, 1) for value in latency.values()] if latency else [NOTHING] * 3),
        *([number(trust.ece, 3), number(trust.auroc, 3)] if trust else [NOTHING] * 2),
        *([share(trust.refused), share(trust.lost)] if trust else [NOTHING] * 2),
    ]


def _kinds(made: Evaluation) -> None:
    found = [made.kinds(name) for name in made.outcomes]
    first = made.measures[0]
    rows = [
        [kind, str(sum(q.kind == kind for q in made.answerable)), *(number(each[kind][first]) for each in found)]
        for kind in found[0]
    ]
    if rows:
        table([f"{first} by kind", "questions", *made.outcomes], rows)


def _legend(made: Evaluation) -> list[str]:
    reference = made.reference()
    lines = [f"interval, p and regret are of {made.measures[0]}"]
    if reference:
        lines.append(f"p: paired randomisation test against {reference}")
    if made.better_arm():
        lines.append("regret: mean distance below the better arm of each question")
        lines.append("worse, better: share of questions below, above it")
    return lines


def number(value: float | None, digits: int = 4) -> str:
    """Return a number for a table, nothing for none."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def share(value: float | None) -> str:
    """Return a share as per cent, nothing for none."""
    return NOTHING if value is None else f"{value:.0%}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, all but the first column to the right; none if the rows hold nothing but names."""
    from rich import box  # noqa: PLC0415 - JSON does without it
    from rich.table import Table  # noqa: PLC0415

    kept = [column for column in range(len(head)) if any(row[column] for row in rows)]
    if len(kept) < 2:
        return
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim")
    for column in kept:
        drawn.add_column(head[column], justify="right" if column else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(render.printable(row[column]) for column in kept))
    screen = render.console()
    if not screen.is_terminal:
        screen.width = PIPED
    screen.print(drawn)
