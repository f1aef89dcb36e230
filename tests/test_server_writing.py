"""Changes through a server: reports, one queue, tasks with their events."""

from __future__ import annotations

import threading

import pytest

pytest.importorskip("starlette")

from searchkit import Index
from searchkit.server.limits import RequestLimits
from tests.served import made, serving

ROOT = "/v1/indexes/news"


@pytest.fixture
def path(tmp_path):
    return made(tmp_path)


@pytest.fixture
def client(path):
    with serving(path, writable=True) as client:
        yield client


def ended(client, task):
    """Return a task when it is over."""
    client.hub.tasks.get(task["id"]).future.exception()
    return client.get(f"/v1/tasks/{task['id']}").json()


def test_documents_are_put_in_and_counted_with_their_failures(client):
    items = [{"id": "tea", "text": "Tea was picked.", "title": "Tea", "section": "FARMS"}, {"id": "none"}, 3]
    report = client.post(f"{ROOT}/documents", json=items).json()
    assert (report["added"], report["failed"]) == (1, 2)
    assert [each["source"] for each in report["failures"]] == ["none", "item 3"]
    found = client.post(f"{ROOT}/search", json={"query": "tea", "where": {"section": "FARMS"}}).json()
    assert [hit["passage"]["id"] for hit in found["hits"]] == ["tea#0"]
    assert found["generation"] == report["generation"]


def test_documents_come_as_json_lines_too(client):
    body = b'{"id": "tea", "text": "Tea."}\n\nno json\r\n{"id": "rice", "text": "Rice."}'
    report = client.post(f"{ROOT}/documents", content=body, headers={"Content-Type": "application/x-ndjson"}).json()
    assert (report["added"], report["failed"]) == (2, 1)
    assert report["failures"][0]["source"] == "line 3"


@pytest.mark.parametrize("body", [{"id": "tea", "text": "Tea."}, "tea"])
def test_documents_are_a_list(client, body):
    assert client.post(f"{ROOT}/documents", json=body).status_code == 422


def test_documents_are_removed_by_id_and_glob(client):
    report = client.delete(f"{ROOT}/documents", params={"id": ["hanoi", "man*"]}).json()
    assert report["removed"] == 2
    assert client.delete(f"{ROOT}/documents").status_code == 422
    assert [each["id"] for each in client.get(f"{ROOT}/documents").json()["documents"]] == ["coffee"]


def test_only_sources_that_were_there_at_the_start_are_synced(tmp_path):
    (tmp_path / "press").mkdir()
    (tmp_path / "press" / "tea.txt").write_text("Tea was picked.")
    (tmp_path / "late").mkdir()
    path = made(tmp_path)
    with serving(path, writable=True) as client:
        response = client.post(f"{ROOT}/sync", json={})
        assert (response.status_code, response.json()["error"]["code"]) == (409, "no_sources")
    with Index.open(path) as index:
        index.sync(tmp_path / "press")
    with serving(path, writable=True) as client:
        with Index.open(path) as index:
            index.sync(tmp_path / "late")
        (tmp_path / "late" / "rice.txt").write_text("Rice.")
        (tmp_path / "press" / "tea.txt").write_text("Tea was sold.")
        begun = client.post(f"{ROOT}/sync", json={})
        assert begun.status_code == 202
        task = ended(client, begun.json())
        assert begun.headers["location"] == f"/v1/tasks/{task['id']}"
        assert (task["state"], task["result"]["changed"], task["result"]["added"]) == ("done", 1, 0)
        assert client.post(f"{ROOT}/sync", json={"paths": ["/etc"]}).status_code == 422
        assert str(tmp_path) not in str(task)


def test_compact_and_improve_are_tasks(client):
    assert ended(client, client.post(f"{ROOT}/compact", json={}).json())["state"] == "done"
    task = ended(client, client.post(f"{ROOT}/improve", json={"seconds": 1}).json())
    assert (task["state"], task["error"]["message"]) == ("failed", "news holds no vectors")


class Blocking:
    """A write that runs until it is let go, and tells of its progress then."""

    def __init__(self, client):
        self.begun, self.go = threading.Event(), threading.Event()
        self.task = client.hub.tasks.submit("news", "test", self)
        self.begun.wait()

    def __call__(self, progress):
        self.begun.set()
        progress("read", 1, 3)
        self.go.wait()
        progress("index", 2, 3)
        return {"told": True}


def test_writes_of_an_index_wait_for_each_other(client):
    first = Blocking(client)
    second = client.post(f"{ROOT}/compact", json={}).json()
    assert second["state"] == "queued"
    assert 'searchkit_queue{index="news"} 2' in client.get("/metrics").text
    first.go.set()
    assert ended(client, second)["state"] == "done"
    assert first.task.state == "done"


def test_a_write_that_takes_long_is_answered_with_its_task(path):
    with serving(path, writable=True, limits=RequestLimits(seconds=0.05)) as client:
        first = Blocking(client)
        response = client.post(f"{ROOT}/documents", json=[{"id": "tea", "text": "Tea."}])
        assert (response.status_code, response.json()["state"]) == (202, "queued")
        first.go.set()
        assert ended(client, response.json())["result"]["added"] == 1


def test_a_queue_that_is_full_is_refused(path):
    with serving(path, writable=True, limits=RequestLimits(queue=1)) as client:
        first = Blocking(client)
        response = client.post(f"{ROOT}/compact", json={})
        assert (response.status_code, response.json()["error"]["code"]) == (429, "queue_full")
        assert response.headers["retry-after"] == "10"
        first.go.set()


def test_a_task_is_cancelled_while_it_waits_and_while_it_runs(client):
    first = Blocking(client)
    second = client.post(f"{ROOT}/compact", json={}).json()
    assert client.delete(f"/v1/tasks/{second['id']}").json()["state"] == "cancelled"
    assert client.delete(f"/v1/tasks/{first.task.id}").json()["state"] == "running"
    first.go.set()
    assert ended(client, {"id": first.task.id})["state"] == "cancelled"
    assert client.get(f"{ROOT}/status").json()["documents"] == 3


def events(response):
    return [block.splitlines() for block in response.text.strip().split("\n\n")]


def test_events_tell_what_happens_to_a_task_from_where_a_client_lost_them(client):
    first = Blocking(client)
    first.go.set()
    ended(client, {"id": first.task.id})
    address = f"/v1/tasks/{first.task.id}/events"
    response = client.get(address)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert [(lines[0], lines[1]) for lines in events(response)] == [
        ("id: 1", "event: progress"), ("id: 2", "event: progress"), ("id: 3", "event: done"),
    ]  # fmt: skip
    later = events(client.get(address, headers={"Last-Event-ID": "2"}))
    assert [lines[0] for lines in later] == ["id: 3"]
    assert '"told": true' in later[0][2]


def test_a_stream_beats_while_nothing_happens_and_ends_with_the_server(client, monkeypatch):
    monkeypatch.setattr("searchkit.server.writing.HEARTBEAT_SECONDS", 0.0)
    first = Blocking(client)
    threading.Timer(0.3, client.hub.stop).start()
    response = client.get(f"/v1/tasks/{first.task.id}/events")
    first.go.set()
    assert ": still here\n\n" in response.text


def test_there_is_no_task_of_another_id(client):
    for method, address in (("GET", "/v1/tasks/x"), ("DELETE", "/v1/tasks/x"), ("GET", "/v1/tasks/x/events")):
        response = client.request(method, address)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "no_such_task")


def test_another_process_that_writes_is_told_of(client, path, monkeypatch):
    from searchkit.errors import IndexLocked  # noqa: PLC0415

    def locked(*_, **__):
        raise IndexLocked(f"{path} is being written by process 1")

    monkeypatch.setattr(client.hub.served("news").index, "add", locked)
    response = client.post(f"{ROOT}/documents", json=[{"id": "tea", "text": "Tea."}])
    assert (response.status_code, response.json()["error"]["code"]) == (409, "index_locked")
    assert str(path) not in response.text
