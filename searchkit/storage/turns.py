"""Turns of the threads of one process at a file that one of them may hold at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from searchkit.threads import renew_in_children

PATIENCE = 60.0  # seconds that a thread waits for the others, unless told otherwise


class Turns:
    """Lines of threads, one for each file, first come first served."""

    def __init__(self) -> None:
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Forget the threads that wait: in a forked process there are none of them."""
        self._moved = threading.Condition()
        self._lines: dict[Path, list[int]] = {}

    @contextlib.contextmanager
    def taken(self, file: Path, timeout: float) -> Iterator[bool]:
        """Wait for this thread's turn, for the length of a block; tell whether it came within so many seconds.

        A thread whose turn it is already would wait for itself: it is told at once that it gets no other.
        """
        thread, key = threading.get_ident(), file.resolve()
        if thread in self._lines.get(key, ()):
            yield False
            return
        with self._moved:
            line = self._lines.setdefault(key, [])
            line.append(thread)
        try:
            with self._moved:
                came = self._moved.wait_for(lambda: line[0] == thread, timeout)
            yield came
        finally:
            with self._moved:
                line.remove(thread)
                if not line and self._lines.get(key) is line:
                    del self._lines[key]
                self._moved.notify_all()


turns = Turns()
