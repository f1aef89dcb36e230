"""Nodes fail under two writers and two readers: every answer is the one before, or a clear error; nothing is lost.

For a cluster of its own alone, which scripts/test_cluster starts: it kills and cuts off nodes.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from searchkit import Index
from searchkit.cluster import home
from searchkit.cluster.address import parsed
from tests.cluster.actors import (
    LENGTHS,
    MOVING,
    OVER,
    STILL,
    acknowledged,
    answers,
    fault_of,
    noted,
    opened,
    standing,
)
from tests.worlds import WordHashEmbedder

if os.environ.get("SEARCHKIT_CLUSTER_FAILURES") != "1":
    pytest.skip("nodes are killed by scripts/test_cluster alone", allow_module_level=True)

from scripts.opensearch import cluster
from scripts.opensearch.cluster import NODES

ROOT = Path(__file__).parent.parent.parent
QUIET = 4.0  # seconds before and after what happens
APART = float(os.environ.get("SEARCHKIT_CLUSTER_SECONDS", "60"))  # that a node is cut off, or sleeps
DEAD = 8.0  # that killed nodes stay away: shorter than what a cluster waits before it copies their shards
RECOVERY = 240.0  # at most, from the return of all nodes to a write and an answer


def one_that_is_no_manager():
    return next(node for node in NODES if node != cluster.manager())


def kill_a_data_node():
    node = one_that_is_no_manager()
    cluster.send(node, cluster.KILL)
    time.sleep(DEAD)
    cluster.start((node,), fresh=False)


def kill_the_manager():
    node = cluster.manager()
    cluster.send(node, cluster.KILL)
    time.sleep(DEAD)
    cluster.start((node,), fresh=False)


def kill_two_of_three():
    for node in NODES[:2]:
        cluster.send(node, cluster.KILL)
    time.sleep(DEAD)
    cluster.start(NODES[:2], fresh=False)


def restart_all():
    for node in NODES:
        cluster.send(node, cluster.KILL)
    cluster.start(fresh=False)


def put_a_node_to_sleep():
    node = one_that_is_no_manager()
    cluster.send(node, cluster.STOP)
    time.sleep(APART)
    cluster.send(node, cluster.CONTINUE)


def cut_a_node_off():
    node = one_that_is_no_manager()
    cluster.cut(node)
    time.sleep(APART)
    cluster.mend(node)


def cut_the_manager_off():
    node = cluster.manager()
    cluster.cut(node)
    time.sleep(APART)
    cluster.mend(node)


needs_networks = pytest.mark.skipif(
    not cluster.APART, reason="nodes share one network: networks of their own need root and iproute2"
)
EVENTS = [
    kill_a_data_node,
    kill_the_manager,
    kill_two_of_three,
    restart_all,
    put_a_node_to_sleep,
    pytest.param(cut_a_node_off, marks=needs_networks),
    pytest.param(cut_the_manager_off, marks=needs_networks),
]


@pytest.fixture
def folder(tmp_path):
    """A folder with the addresses of both indexes and with the answers of the one that stands still."""
    hosts = ",".join(f"{cluster.host(node)}:{cluster.PORT + node}" for node in NODES)
    stamp = time.time_ns()
    for which in (STILL, MOVING):
        place = f"opensearch://{hosts}/{which}{stamp}"
        (tmp_path / which).write_text(place)
        with Index.create(f"{place}?shards=3&replicas=1", embedder=WordHashEmbedder(), **LENGTHS) as index:
            index.add(standing())
            if which == STILL:
                (tmp_path / "answers").write_text(json.dumps(answers(index)))
    cluster.wait(len(NODES))
    yield tmp_path
    for which in (STILL, MOVING):
        home.drop(home.client(parsed((tmp_path / which).read_text())))


@pytest.fixture
def actors(folder):
    """Two writers and two readers at work."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen([sys.executable, "-m", "tests.cluster.actors", role, folder, str(number)], env=environment)
        for role in ("write", "read")
        for number in (1, 2)
    ]
    yield processes
    (folder / OVER).touch()
    for process in processes:
        process.kill()
        process.wait()


def wait_until_all_work(folder: Path) -> float:
    """Wait until each process was answered once more; return the seconds that this took."""
    began = time.time()
    while time.time() - began < RECOVERY:
        names = [f"{role}{number}" for role in ("write", "read") for number in (1, 2)]
        if all(any(kind in ("in", "answer") and at > began for kind, at, _ in noted(folder, name)) for name in names):
            return time.time() - began
        time.sleep(0.5)
    raise AssertionError(f"after {RECOVERY:.0f} s some were still refused: {[*noted(folder)][-3:]}")


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")  # nodes go on
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("event", EVENTS)
def test_every_answer_is_the_one_before_or_a_clear_error_and_nothing_is_lost(folder, actors, event, capsys):
    wait_until_all_work(folder)
    time.sleep(QUIET)
    began = time.time()
    event()
    cluster.wait(len(NODES))
    recovered = wait_until_all_work(folder)
    time.sleep(QUIET)
    (folder / OVER).touch()
    for process in actors:
        process.wait(timeout=RECOVERY)
    wrong = [about for kind, _, about in noted(folder) if kind == "wrong"]
    assert wrong == []
    assert answers(opened(folder, STILL)) == json.loads((folder / "answers").read_text())
    index, known = opened(folder, MOVING), acknowledged(folder)
    assert [fault for key, version in known.items() if (fault := fault_of(index, key, version))] == []
    kinds = [kind for kind, _, _ in noted(folder)]
    meanwhile = [kind for kind, at, _ in noted(folder) if at > began]
    with capsys.disabled():
        print(
            f"\n{event.__name__}: {len(known)} acknowledged documents found, {kinds.count('answer')} answers right, "
            f"{meanwhile.count('refused')} clear errors; all at work {recovered:.0f} s after the cluster was green"
        )
