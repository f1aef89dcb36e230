"""Work in several threads."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from searchkit import threads
from searchkit.threads import along, meanwhile, parallel


def test_results_come_in_the_order_of_what_they_were_made_of():
    assert parallel(lambda number: number * number, range(20), 4) == [number * number for number in range(20)]


def test_work_is_done_when_the_block_is_left():
    done = []
    with meanwhile(lambda: done.append("work")):
        pass
    assert done == ["work"]


def test_an_error_of_the_other_thread_is_raised_here():
    with pytest.raises(ZeroDivisionError), meanwhile(lambda: 1 / 0):
        pass


def test_items_come_with_their_results_while_the_next_is_fetched():
    fetched = []

    def items():
        for number in range(4):
            fetched.append(number)
            yield number

    found = along(lambda number: number * number, items())
    assert next(found) == (0, 0)
    assert fetched == [0, 1]
    assert list(found) == [(1, 1), (2, 4), (3, 9)]
    assert list(along(abs, [])) == []
    with pytest.raises(ZeroDivisionError):
        list(along(lambda number: 1 / number, [1, 0, 2]))


def test_an_error_of_the_block_waits_for_work_that_has_begun():
    begun, go_on, done = threading.Event(), threading.Event(), []

    def work():
        begun.set()
        go_on.wait()
        done.append("work")

    def interrupted():
        with meanwhile(work):
            begun.wait()
            threading.Timer(0, go_on.set).start()
            raise KeyError("block")

    with pytest.raises(KeyError):
        interrupted()
    assert done == ["work"]


def test_work_that_no_other_thread_has_begun_is_done_here(monkeypatch):
    free, doers = threading.Event(), []
    with ThreadPoolExecutor(1) as busy:
        monkeypatch.setattr(threads, "_helpers", lambda: busy)
        busy.submit(free.wait)
        with meanwhile(lambda: doers.append(threading.current_thread())):
            pass
        free.set()
    assert doers == [threading.current_thread()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_helpers_of_its_own():
    with meanwhile(int):  # so that there is a helper before the fork
        pass
    child = os.fork()
    if child == 0:
        with meanwhile(lambda: os._exit(7)):  # never returns if the work waits for a thread that stayed behind
            pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
