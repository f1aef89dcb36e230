"""Progress: counts that go on over rounds, rates, and quiet in a pipe."""

import io
from collections.abc import Iterator

import pytest
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TextColumn

from searchkit.cli.progress import LINE_EVERY, Bar, Lines, Step, duration, reporting


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Iterator[Clock]:
    return Clock()


def test_a_short_job_writes_no_line(clock):
    written = []
    report = Lines(written.append, clock)
    for done in range(100):
        clock.now += LINE_EVERY / 200
        report("read", done, None)
    assert written == []


def test_a_long_job_writes_a_line_with_rate_and_time_left_every_few_seconds(clock):
    written = []
    report = Lines(written.append, clock)
    report("embed", 0, 1000)
    for done in range(10, 110, 10):  # ten passages a second for ten seconds
        clock.now += 1
        report("embed", done, 1000)
    assert written == [
        "embedding passages: 50 of 1,000 (10/s, 1:35 left)\n",
        "embedding passages: 100 of 1,000 (10/s, 1:30 left)\n",
    ]


def test_a_stage_that_begins_again_goes_on_counting():
    stage = Step("embed", 0.0)
    for done, total in [(1000, 2000), (2000, 2000), (500, 800)]:
        stage.advance(done, total)
    assert (stage.done, stage.total) == (2500, 2800)


def test_without_a_total_no_time_is_promised():
    stage = Step("read", 0.0)
    stage.advance(30, None)
    assert stage.facts(10.0) == "30 (3/s)"


def test_a_stage_that_took_no_time_has_no_speed():
    stage = Step("embed", 4.0)
    stage.advance(123, 123)
    assert stage.facts(4.0) == "123 of 123"


def test_a_reader_of_the_lines_who_has_gone_does_not_stop_the_job(clock):
    def broken(_: str) -> None:
        raise BrokenPipeError

    report = Lines(broken, clock)
    clock.now += 2 * LINE_EVERY
    report("read", 1, None)
    assert clock.now == 100.0 + 2 * LINE_EVERY


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00:00")])
def test_durations_read_like_a_clock(seconds, shown):
    assert duration(seconds) == shown


def test_bars_show_what_is_done_of_all():
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    with Bars(TextColumn("{task.description} {task.completed} of {task.total}"), console=screen) as bars:
        report = Bar(bars)
        report("read", 3, None)
        report("embed", 128, 300)
        tasks = {task.description: (task.completed, task.total) for task in bars.tasks}
    assert tasks == {"reading documents": (3, None), "embedding passages": (128, 300)}


def test_in_a_pipe_lines_are_chosen(capsys):
    with reporting() as report:
        report("read", 1, None)
    assert isinstance(report, Lines)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_bars_are_chosen(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stderr", Terminal())
    with reporting() as report:
        report("embed", 1, 2)
    assert isinstance(report, Bar)
