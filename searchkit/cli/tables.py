"""Evaluations for people: the settings side by side, and what differs between two runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from searchkit.cli import render
from searchkit.evaluation.scaling import FEWEST, FEWEST_UNANSWERABLE

if TYPE_CHECKING:
    from searchkit.cluster.address import Place
    from searchkit.evaluation import Comparison, Evaluation, Scaled, Tuned, Verdict
    from searchkit.evaluation.report import Grouping

PIPED = 200  # columns of a table that nobody sees on a terminal
NOTHING = ""
AT_MOST = "at most"
FULL = 0.99995  # what is above is shown as 1
WORDS = ("question",)  # columns, beside the first, that are read from the left


def evaluation(made: Evaluation) -> None:
    """Print the measures of each setting, what it costs, and its kinds of questions."""
    unanswerable = len(made.questions) - len(made.answerable)
    rest = f", and {unanswerable} without an answer" if unanswerable else ""
    render.out(f"{made.source}: {len(made.answerable)} questions, judged by {made.unit}{rest}")
    rows = [_quality(made, name) for name in made.outcomes]
    best = made.ceilings()
    if min(best.values()) < FULL:
        rows.append([AT_MOST, *(number(best[measure]) for measure in made.measures), NOTHING, NOTHING])
    table(["setting", *made.measures, "95 % interval", "p"], rows)
    costs = ["setting", "regret", "worse", "better", "p50 ms", "p95", "p99", "ECE", "AUROC", "refused", "lost"]
    table(costs, [_costs(made, name) for name in made.outcomes])
    for measure in _broken_down(made):
        _groups(made, measure, "kind")
        _groups(made, measure, "turn")
    for line in _legend(made):
        render.out(line)


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


def _broken_down(made: Evaluation) -> list[str]:
    """Return the measures that are shown for each kind of question: the first one, and precision."""
    return [measure for place, measure in enumerate(made.measures) if not place or measure.startswith("P@")]


def _groups(made: Evaluation, measure: str, by: Grouping) -> None:
    found = [made.kinds(name, by=by) for name in made.outcomes]
    rows = []
    for kind, count in made.groups(by).items():
        best = made.ceilings(kind, by=by)[measure]
        rows.append(
            [
                kind,
                str(count),
                *(number(each[kind][measure]) for each in found),
                number(best) if best < FULL else NOTHING,
            ]
        )
    if rows:
        table([f"{measure} by {by}", "questions", *made.outcomes, AT_MOST], rows)


def _legend(made: Evaluation) -> list[str]:
    reference = made.reference()
    lines = [f"interval{', p' * bool(reference)}{', regret' * bool(made.better_arm())}: of {made.measures[0]}"]
    if reference:
        lines.append(f"p: paired randomisation test against {reference}")
    if min(made.ceilings().values()) < FULL:
        lines.append(
            f"{AT_MOST}: what a perfect ranking reaches, for some questions have fewer answers than are counted"
        )
    if made.better_arm():
        lines.append(
            "regret: mean distance below the better arm of each question; worse, better: share below, above it"
        )
    if any(made.calibration(name) for name in made.outcomes):
        lines.append("ECE: of the best hit's confidence; AUROC: of it, answerable against unanswerable questions")
        lines.append("refused, lost: share of unanswerable, of answerable questions that the search declined")
    return lines


def comparison(made: Comparison, texts: Mapping[str, str], shown: int) -> None:
    """Print each measure of both runs, and the questions that differ most."""
    unshared = f"; {made.unshared} that only one of them has are left out" if made.unshared else ""
    render.out(f"A: {made.a}\nB: {made.b}\n{made.count} questions{unshared}")
    head = ["measure", "A", "B", "B - A", "95 % interval", "p", "B wins", "loses", "ties"]
    rows = [
        [
            each.measure, number(each.a), number(each.b), f"{each.difference:+.4f}",
            f"{each.interval.low:+.4f} … {each.interval.high:+.4f}", number(each.p),
            str(each.wins), str(each.losses), str(each.ties),
        ]
        for each in made.differences
    ]  # fmt: skip
    table(head, rows)
    most = made.contrasts[:shown]
    rows = [[c.question, number(c.a), number(c.b), f"{c.b - c.a:+.4f}", texts.get(c.question, "")] for c in most]
    table([f"{made.differences[0].measure} of", "A", "B", "B - A", "question"], rows)
    render.out("p: paired randomisation test; interval: bootstrap of the difference")


def verdict(found: Verdict) -> None:
    """Say on standard error what the gate found."""
    for check in found.checks:
        judged = "worse than the baseline" if check.dropped else "not significantly worse"
        values = f"{check.measure} {check.before:.4f} before, {check.now:.4f} now"
        render.note(f"gate: {check.setting}: {values} on {check.questions} questions, p {check.p:.4f}: {judged}")


def tuned(found: Tuned, index: Place) -> None:
    """Say what tuning gained, and whether the index uses it."""
    weights = ", ".join(f"{arm} {weight:g}" for arm, weight in found.weights.items())
    asked = (
        f"{found.questions} of {found.available} questions" if found.questions < found.available else "all questions"
    )
    render.out(
        f"{asked}: nDCG@10 is {found.present:.4f} now, {found.best:.4f} at the best of the weights that were tried"
    )
    render.out(f"gain of tuning on questions that it did not see: {found.gain:+.4f} ({_sure(found)})")
    if not found.real:
        render.out(f"That is no significant gain. {index} keeps {found.fusion}, {weights}.")
    elif found.applied:
        render.out(f"{index} ranks by {found.fusion}, {weights} from now on. Undo it with: searchkit tune --forget")
    else:
        render.out(f"That is significant: {found.fusion}, {weights}. Let the index rank so with --apply.")
    _scaled(found, index)


def _scaled(found: Tuned, index: Place) -> None:
    """Say what fitting the confidences gained, and whether the index uses it."""
    fitted = found.confidence
    if fitted is None:
        least = f"{FEWEST} questions are the least, {FEWEST_UNANSWERABLE} of them without an answer"
        render.out(f"confidences: these questions cannot tell whether they fit; {least}.")
        return
    render.out(
        f"confidences: log loss is {fitted.present:.4f} now, {fitted.fitted:.4f} fitted, on questions that the fit did "
        f"not see: {fitted.gain:+.4f} better ({_sure(fitted)})"
    )
    changed = f"slope {fitted.slope:.2f}, shift {fitted.shift:+.2f}"
    if not fitted.real:
        render.out(f"That is no significant gain. {index} keeps its confidences.")
    elif found.applied:
        render.out(f"{index} changes its confidences from now on ({changed} of the log odds).")
    else:
        render.out(f"That is significant ({changed} of the log odds). Let the index change them with --apply.")


def _sure(found: Tuned | Scaled) -> str:
    return f"95 % interval {found.interval.low:+.4f} … {found.interval.high:+.4f}, p {found.p:.4f}"


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
        drawn.add_column(
            head[column], justify="left" if column == 0 or head[column] in WORDS else "right", overflow="fold"
        )
    for row in rows:
        drawn.add_row(*(render.printable(row[column]) for column in kept))
    screen = render.console()
    if not screen.is_terminal:
        screen.width = PIPED
    screen.print(drawn)
