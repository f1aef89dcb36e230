"""Processes that help: they answer in order, a failure in them is told, and they end with whoever started them."""

import os
import signal
import subprocess
import sys
import time

import pytest

from searchkit.errors import DocumentError, SearchkitError
from searchkit.workers import WorkerPool


def shouting():
    return str.upper


def failing():
    def work(item):
        print("what a library prints does not get between the answers")
        raise DocumentError(f"{item} is damaged")

    return work


def dying():
    return os._exit


def unable():
    raise ValueError("no work here")


def ready(make):
    """Return a pool whose processes have started."""
    pool = WorkerPool(make, (), 2)
    deadline = time.monotonic() + 60
    while not pool.ready and time.monotonic() < deadline:
        time.sleep(0.01)
    assert pool.ready
    return pool


def test_each_answer_is_that_of_its_question():
    pool = ready(shouting)
    futures = [pool.submit(f"word {number}") for number in range(20)]
    assert [future.result() for future in futures] == [f"WORD {number}" for number in range(20)]
    pool.close()


def test_an_error_in_a_process_is_raised_here_and_the_process_goes_on():
    pool = ready(failing)
    for name in "abc":
        with pytest.raises(DocumentError, match=f"{name} is damaged"):
            pool.submit(name).result()
    pool.close()


def test_the_death_of_a_process_is_told():
    pool = ready(dying)
    with pytest.raises(SearchkitError, match="ended early"):
        pool.submit(3).result()
    pool.close()


def test_processes_that_cannot_start_never_get_ready():
    pool = WorkerPool(unable, (), 1)
    assert pool._workers[0]._process.wait(60) == 1
    assert not pool.ready
    pool.close()


def test_where_python_cannot_be_started_there_are_no_processes(monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    pool = WorkerPool(shouting, (), 2)
    assert (pool._workers, pool.ready) == ([], False)
    pool.close()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_processes_end_with_the_one_that_started_them():
    code = (
        "import time; from tests.test_workers import *; pool = ready(shouting)\n"
        "print(*(worker._process.pid for worker in pool._workers), flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    helpers = [int(number) for number in process.stdout.readline().split()]
    assert len(helpers) == 2
    process.send_signal(signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 60
    while any(map(is_alive, helpers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_alive, helpers))


def is_alive(number: int) -> bool:
    """Tell whether a process runs; one that ended but that nobody asked for its status counts as ended."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
    return found.stdout.strip()[:1] not in ("", "Z")
