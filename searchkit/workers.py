"""Processes of our own that share work.

They are started as programs, not forked: locks that another thread holds at that moment do not matter, and the script
that uses searchkit isn't run again. They talk through pipes, end with the process that started them, and leave
Ctrl-C to it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import IO, Any

from searchkit.errors import SearchkitError
from searchkit.threads import renew_in_children

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from searchkit.workers import serve; serve()"
_OWN_GROUP: dict[str, Any] = (
    {"process_group": 0}  # the terminal's Ctrl-C is for the process that started it
    if os.name == "posix"
    else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
)
_SIZE_BYTES = 8


class WorkerPool:
    """Runs `make(*arguments)`, a function of one argument, in several processes.

    make, arguments, and what goes in and out are pickled; `make` must be found by name in an importable module.
    """

    def __init__(self, make: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...], processes: int) -> None:
        """Begin to start the processes. Where none can be started, `ready` never comes."""
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._workers: list[_Worker] = []
        self._threads = ThreadPoolExecutor(processes)  # one waits for each process
        self.ready = False  # whether any process has started
        setup = pickle.dumps((make, arguments))
        with contextlib.suppress(OSError):
            for _ in range(processes if sys.executable and not getattr(sys, "frozen", False) else 0):
                self._workers.append(_Worker())
        for worker in self._workers:
            self._threads.submit(self._set_up, worker, setup)

    def submit(self, item: Any) -> Future[Any]:
        """Have one of the processes work on an item; only when `ready`.

        The result raises what the work raised, or SearchkitError if the process died.
        """
        return self._threads.submit(self._work, item)

    def close(self) -> None:
        """End the processes, whatever they do."""
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def _set_up(self, worker: _Worker, setup: bytes) -> None:
        with contextlib.suppress(SearchkitError):
            worker.ask(setup)
            self._idle.put(worker)
            self.ready = True

    def _work(self, item: Any) -> Any:
        worker = self._idle.get()
        try:
            done, result = pickle.loads(worker.ask(pickle.dumps(item, pickle.HIGHEST_PROTOCOL)))  # noqa: S301 - ours
        finally:
            self._idle.put(worker)
        if done:
            return result
        raise result


class _Worker:
    """One process, from outside."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this very Python
            [sys.executable, "-P", "-c", _BOOT, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            **_OWN_GROUP,
        )
        renew_in_children(self)

    def renew(self) -> None:
        """Leave the process to the one that started it: its pipes end with that one, not with a forked process."""
        self._process.returncode = 0  # it is not ours to kill
        with open(os.devnull, "r+b", buffering=0) as nothing:  # noqa: PTH123 - os.devnull is text
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe and not pipe.closed:
                    os.dup2(nothing.fileno(), pipe.fileno(), inheritable=False)

    def ask(self, message: bytes) -> bytes:
        """Return the answer to a message. Raises SearchkitError if the process is dead."""
        answer = None
        if self._process.stdin and self._process.stdout:
            with contextlib.suppress(OSError, ValueError):  # a closed pipe
                _write(self._process.stdin, message)
                answer = _read(self._process.stdout)
        if answer is None:
            raise SearchkitError(
                f"a process that shared the work ended early (exit status {self._process.wait()}); perhaps memory ran "
                "out. What was committed is safe. Run it again, on fewer cores if need be (taskset -c 0 ...)"
            )
        return answer

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with contextlib.suppress(OSError):  # what it had not read yet
                    pipe.close()


def serve() -> None:
    """Be such a process: read work from standard input and write results to standard output until there is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000)  # work leaves hardly any cycles: to look for them takes a twentieth of its time
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    with contextlib.suppress(BrokenPipeError):
        setup = _read(sys.stdin.buffer)
        if setup is None:
            return
        make, arguments = pickle.loads(setup)  # noqa: S301 - from the process that started this one
        work = make(*arguments)
        _write(answers, b"")
        while (message := _read(sys.stdin.buffer)) is not None:
            _write(answers, _answer(work, message))


def _answer(work: Callable[[Any], Any], message: bytes) -> bytes:
    try:
        result = (True, work(pickle.loads(message)))  # noqa: S301 - from the process that started this one
        return pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - whoever asked is to see it
        import traceback  # noqa: PLC0415 - hardly ever needed

        error.add_note(f"in a process that shared the work:\n{traceback.format_exc()}")
        return pickle.dumps((False, error))


def _write(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(_SIZE_BYTES, "little"))
    stream.write(message)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes | None:
    """Return the next message, None at the end."""
    size = stream.read(_SIZE_BYTES)
    if len(size) < _SIZE_BYTES:
        return None
    message = stream.read(int.from_bytes(size, "little"))
    return message if len(message) == int.from_bytes(size, "little") else None
