"""How far a long job is: a bar on a terminal, a line now and then in a pipe; always on standard error."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from searchkit.types import Progress

LINE_EVERY = 5.0  # seconds between lines in a pipe
VERBS = {
    "read": "reading documents",
    "index": "indexing passages",
    "embed": "embedding passages",
    "ask": "asking questions",
}


@dataclass(slots=True)
class Step:
    """How far one stage is. A stage that begins again goes on counting where it was."""

    name: str
    started: float
    base: int = 0
    done: int = 0
    total: int | None = None

    def advance(self, done: int, total: int | None) -> None:
        """Take note of units done in this round, and of all of them if known."""
        if self.base + done < self.done:
            self.base = self.done
        self.done = self.base + done
        self.total = None if total is None else self.base + total

    def rate(self, now: float) -> float:
        """Return units a second, 0 before anything is done."""
        return self.done / (now - self.started) if now > self.started else 0.0

    def left(self, now: float) -> float | None:
        """Return the seconds that the known rest will take, None if unknown."""
        rate = self.rate(now)
        return None if self.total is None or not rate else (self.total - self.done) / rate

    def facts(self, now: float) -> str:
        """Return how far it is: "1,200 of 5,000 (45/s, 1:24 left)"."""
        total = "" if self.total is None else f" of {self.total:,}"
        rate, left = self.rate(now), self.left(now)
        rest = f", {duration(left)} left" if left else ""
        speed = f" ({rate:,.0f}/s{rest})" if rate else ""  # a stage whose first word is its last has none
        return f"{self.done:,}{total}{speed}"


def duration(seconds: float) -> str:
    """Return minutes and seconds, with hours if there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Lines:
    """Progress as plain lines, none for a job shorter than LINE_EVERY."""

    def __init__(self, write: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._stages: dict[str, Step] = {}
        self._next = clock() + LINE_EVERY

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Write a line if it is time for one."""
        now = self._clock()
        known = self._stages.setdefault(stage, Step(stage, now))
        known.advance(done, total)
        if now >= self._next:
            self._next = now + LINE_EVERY
            with contextlib.suppress(OSError, ValueError):  # whoever read the lines has gone; the job goes on
                self._write(f"{VERBS.get(stage, stage)}: {known.facts(now)}\n")


class Bar:
    """Progress as rich's bars, one for each stage."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._stages: dict[str, tuple[Step, TaskID]] = {}

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Move the stage's bar."""
        if stage not in self._stages:
            task = self._bars.add_task(VERBS.get(stage, stage), total=None, facts="")
            self._stages[stage] = Step(stage, time.monotonic()), task
        known, task = self._stages[stage]
        known.advance(done, total)
        facts = known.facts(time.monotonic())
        self._bars.update(task, completed=known.done, total=known.total, facts=facts)


@contextlib.contextmanager
def reporting() -> Iterator[Progress]:
    """Report progress for the length of a block, in the form that suits standard error."""
    if not sys.stderr.isatty():
        yield Lines(sys.stderr.write)
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal pays for it
    from rich.progress import BarColumn, SpinnerColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[facts]}", markup=False),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Bar(bars)
