"""Writes that take their time: one queue an index, each write with its events."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeAlias

from searchkit.server.faults import Fault, Refusal
from searchkit.types import Progress

Work: TypeAlias = Callable[[Progress], dict[str, Any]]
Told: TypeAlias = Callable[[BaseException], Fault]

MOST_REMEMBERED = 1_000  # tasks that are over
EVENT_SECONDS = 0.25  # between two reports of progress at the same stage
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
OVER = (DONE, FAILED, CANCELLED)


class _Cancelled(BaseException):
    """A write was told to stop; like an interruption, it loses nothing that was committed."""


class WriteTask:
    """A write: queued, running, then done, failed or cancelled. `events` are (kind, data): progress, done, error."""

    def __init__(self, index: str, kind: str, told: Told) -> None:
        """told: what a client is told of an error."""
        self._told_of = told
        self.id = secrets.token_hex(12)
        self.index, self.kind, self.state = index, kind, QUEUED
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.result: dict[str, Any] | None = None
        self.fault: Fault | None = None
        self.future: Future[None]
        self._created, self._told = time.time(), ("", 0.0)
        self._stopping = False

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will happen."""
        return self.state in OVER

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON-ready values."""
        progress = next((data for kind, data in reversed(self.events) if kind == "progress"), None)
        return {
            "id": self.id, "index": self.index, "kind": self.kind, "state": self.state,
            "created": round(self._created, 3), "progress": progress, "result": self.result,
            **(self.fault.to_dict() if self.fault else {"error": None}),
        }  # fmt: skip

    def run(self, work: Work) -> None:
        """Do the work, and take down how it ended."""
        if self._stopping:
            self._end(CANCELLED)
            return
        self.state = RUNNING
        try:
            self.result = work(self.progress)
            self._end(DONE)
        except _Cancelled:
            self._end(CANCELLED)
        except BaseException as error:
            self.fault = self._told_of(error)
            self._end(FAILED)
            raise

    def stop(self) -> None:
        """Have the work end before it is done: at once if it has not begun, else at its next report of progress."""
        self._stopping = True
        if self.future.cancel():
            self._end(CANCELLED)

    def progress(self, stage: str, done: int, total: int | None) -> None:
        """Take note of how far the work is. Raises what ends it, if it was told to stop."""
        if self._stopping:
            raise _Cancelled
        before, when = self._told
        if stage != before or time.monotonic() - when >= EVENT_SECONDS:
            self._told = stage, time.monotonic()
            self.events.append(("progress", {"stage": stage, "done": done, "total": total}))

    def _end(self, state: str) -> None:
        self.state = state
        self.events.append(("done" if state == DONE else "error", self.to_dict()))


class Tasks:
    """The writes of a server: those of one index one after the other."""

    def __init__(self, queue: int, told: Told, failed: Callable[[WriteTask, BaseException], None]) -> None:
        """queue: how many may wait at an index. failed: learns the error that a task ended with."""
        self._queue, self._told, self._failed = queue, told, failed
        self._writers: dict[str, ThreadPoolExecutor] = {}
        self._known: dict[str, WriteTask] = {}

    def submit(self, index: str, kind: str, work: Work) -> WriteTask:
        """Put a write into the queue of its index. Raises Refusal if too many wait there."""
        if self.waiting(index) >= self._queue:
            raise Refusal(
                Fault(429, "queue_full", f"{self._queue} writes wait at this index", "wait for some to end", None,
                      {"Retry-After": "10"})
            )  # fmt: skip
        task = WriteTask(index, kind, self._told)
        for old in [each for each in self._known.values() if each.is_over][
            : max(0, len(self._known) - MOST_REMEMBERED)
        ]:
            del self._known[old.id]
        self._known[task.id] = task
        if index not in self._writers:
            self._writers[index] = ThreadPoolExecutor(1, f"searchkit-writer-{index}")
        task.future = self._writers[index].submit(task.run, work)
        task.future.add_done_callback(lambda done: self._watch(task, done))
        return task

    def get(self, task_id: str) -> WriteTask:
        """Return a task. Raises Refusal for one that is not known."""
        if task_id not in self._known:
            raise Refusal(Fault(404, "no_such_task", "there is no task of this id", "ids are in the answers of writes"))
        return self._known[task_id]

    def waiting(self, index: str) -> int:
        """Return how many writes of an index are not over."""
        return sum(task.index == index and not task.is_over for task in self._known.values())

    def close(self) -> None:
        """Stop all writes, and wait for those that run to come to a point where nothing is lost."""
        for task in list(self._known.values()):
            task.stop()
        for writer in self._writers.values():
            writer.shutdown()

    def _watch(self, task: WriteTask, done: Future[None]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._failed(task, error)
