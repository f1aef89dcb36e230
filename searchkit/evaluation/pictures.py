"""An evaluation as a picture: gains and losses by question, precision and recall, latency, reliability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from searchkit.errors import EvaluationError
from searchkit.evaluation.measures import RECALL_POINTS, precision_at_recall, require_eval
from searchkit.evaluation.report import Evaluation
from searchkit.evaluation.settings import ABLATIONS
from searchkit.search.choices import ARMS

FORMATS = (".png", ".svg")
GAIN, LOSS = "#2a7f62", "#b5403a"
MOST_LINES = 6  # in one panel
PANEL = (5.2, 4.0)  # inches


def draw(made: Evaluation, path: Path) -> None:
    """Write the picture of an evaluation as PNG or SVG. Raises EvaluationError, MissingExtra."""
    if path.suffix.lower() not in FORMATS:
        raise EvaluationError(f"{path}: a picture is written as {' or '.join(FORMATS)}; choose such a name.")
    figure_module = require_eval("matplotlib.figure")  # without pyplot: no window, no state
    panels = [_gains, _precision_recall]
    if any(outcome.latency for outcome in made.outcomes.values()):
        panels.append(_latency)
    if any(made.calibration(name) for name in made.outcomes):
        panels.append(_reliability)
    columns = min(2, len(panels))
    lines = -(-len(panels) // columns)
    figure = figure_module.Figure(figsize=(PANEL[0] * columns, PANEL[1] * lines), layout="constrained")
    figure.suptitle(f"{made.source}: {len(made.answerable)} questions", fontsize=11)
    for number, panel in enumerate(panels, 1):
        panel(figure.add_subplot(lines, columns, number), made)
    figure.savefig(path, dpi=150)


def _shown(made: Evaluation) -> list[str]:
    """Return the settings that lines are drawn for: of too many, those that lack one stage are left out."""
    return [name for name in made.outcomes if len(made.outcomes) <= MOST_LINES or name not in ABLATIONS]


def _trusted(made: Evaluation) -> list[str]:
    """Return the settings whose confidences are drawn: the reference alone, or all that have any without one."""
    reference = made.reference()
    return [reference] if reference and made.calibration(reference) else list(made.outcomes)


def _gains(axes: Any, made: Evaluation) -> None:
    """Draw the reference against the better arm of each question, or else against the first setting."""
    name = made.reference() or next(iter(made.outcomes))
    if set(ARMS) <= set(made.outcomes):
        base, label = np.maximum(*(made.values(arm) for arm in ARMS)), "the better arm"
    else:
        label = next(iter(made.outcomes))
        base = made.values(label)
    gains = np.sort(made.values(name) - base)[::-1]
    axes.bar(np.arange(len(gains)), gains, width=1.0, color=np.where(gains >= 0, GAIN, LOSS))
    axes.axhline(0, color="black", linewidth=0.6)
    won, lost = int((gains > 0).sum()), int((gains < 0).sum())
    axes.set(title=f"{name} against {label}: {won} won, {lost} lost", xlabel="questions")
    axes.set_ylabel(f"difference of {made.measures[0]}")


def _precision_recall(axes: Any, made: Evaluation) -> None:
    for name in _shown(made):
        curve = precision_at_recall(made.answerable, made.outcomes[name].run)
        axes.plot(RECALL_POINTS, curve, label=name, linewidth=1.4)
    axes.set(title="precision at recall", xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(fontsize=8, frameon=False)


def _latency(axes: Any, made: Evaluation) -> None:
    timed = {name: outcome for name, outcome in made.outcomes.items() if outcome.latency}
    times = [[answer.elapsed_ms for answer in outcome.run.values()] for outcome in timed.values()]
    axes.boxplot(times, orientation="horizontal", whis=(5, 95), showfliers=False)
    axes.set_yticks(range(1, len(timed) + 1), list(timed))
    axes.set(title="latency, 5th to 95th percentile", xlabel="milliseconds", xlim=(0, None))


def _reliability(axes: Any, made: Evaluation) -> None:
    """Draw confidence against share right; the larger a dot, the more answers it stands for."""
    for name in _trusted(made):
        found = made.calibration(name)
        if found:
            at = [b.confidence for b in found.bins], [b.right for b in found.bins]
            (line,) = axes.plot(*at, label=f"{name}, ECE {found.ece:.3f}", linewidth=1.4)
            axes.scatter(*at, s=[10 + 200 * b.size / len(made.questions) for b in found.bins], color=line.get_color())
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--")
    axes.set(title="reliability", xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(fontsize=8, frameon=False)
