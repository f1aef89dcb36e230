"""A server as a process: one real uvicorn on a free port, its description, and clients that misbehave."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from html.parser import HTMLParser

import pytest

pytest.importorskip("uvicorn")

from searchkit import StorageError
from searchkit.server.application import table
from searchkit.server.config import ServerOptions
from searchkit.server.endpoints import OPEN
from searchkit.server.hub import Hub
from searchkit.server.limits import RequestLimits
from searchkit.server.openapi import statuses
from searchkit.server.running import PatientProtocol, protocol, serve
from tests import hostile
from tests.served import listening, made, serving


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return made(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def process(path):
    command = [sys.executable, "-m", "searchkit", "serve", "-i", f"news={path}", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started:
        started.port = int(re.search(r"http://127\.0\.0\.1:(\d+)", started.stderr.readline())[1])
        yield started
        started.send_signal(signal.SIGTERM)
        started.rest = started.stderr.read()
        assert started.wait() == 0
        assert "Traceback" not in started.rest
        assert all(json.loads(line)["status"] for line in started.rest.splitlines())


def get(port, address):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", address)
        response = connection.getresponse()
        return response.status, response.read()


def test_the_command_serves_an_index(process):
    status, body = get(process.port, "/v1/indexes/news/search?q=coffee&k=1")
    assert (status, json.loads(body)["hits"][0]["passage"]["id"]) == (200, "coffee#0")
    while get(process.port, "/ready")[0] == 503:
        pass
    assert json.loads(get(process.port, "/ready")[1]) == {"ready": True}


def spoken(port, *parts):
    """Return what a server says to bytes that come one after the other, until it closes."""
    with socket.create_connection(("127.0.0.1", port)) as connection, contextlib.suppress(ConnectionError):
        for part in parts:
            connection.sendall(part)
        said = b""
        while chunk := connection.recv(65536):
            said += chunk
    return said


@pytest.mark.parametrize(
    "request_",
    [b"\0\1\2\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"A" * 100_000],
)
def test_what_is_no_request_gets_an_error_in_our_shape(process, request_):
    head, _, body = spoken(process.port, request_).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"]["code"] == "malformed_request"


def test_a_port_that_is_taken_is_told(path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = ServerOptions(indexes={"news": path}, port=taken.getsockname()[1])
        with pytest.raises(StorageError, match="--port"):
            serve(options, lambda _: None)


def slight(path, **limits):
    """Return a server with these limits, in a thread, as a context whose value is its port."""
    return listening(Hub(ServerOptions(indexes={"news": path}, limits=RequestLimits(**limits))))


WHOLE = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_client_that_sends_no_request_in_time_is_let_go(path):
    with slight(path, seconds=0.2) as port:
        assert spoken(port) == b""
        assert spoken(port, b"GET /health HTTP/1.1\r\nHost: loc") == b""
        said = spoken(port, WHOLE, b"GET /health HTTP/1.1\r\nHost: loc")
        assert said.count(b"HTTP/1.1 200 OK") == 1


def test_a_body_that_does_not_arrive_in_time_is_refused(path):
    head = b"POST /v1/indexes/news/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n"
    with slight(path, seconds=0.2) as port:
        said = spoken(port, head + b"\r\n{")
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b'"code": "too_slow"' in said


def test_more_connections_than_allowed_are_sent_away(path):
    with slight(path, connections=1) as port, socket.create_connection(("127.0.0.1", port)) as first:
        first.sendall(WHOLE)
        assert first.recv(65536).startswith(b"HTTP/1.1 200 OK")
        said = spoken(port, WHOLE)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in said.lower()


def test_the_protocol_of_a_server_has_its_limits():
    assert protocol(RequestLimits(connections=7)).limits.connections == 7
    assert issubclass(protocol(RequestLimits()), PatientProtocol)


def test_requests_that_mean_harm_end_in_documented_answers():
    """A few hundred; scripts/test_server sends 10,000."""
    statuses, wrong = hostile.run(320, seed=1)
    assert wrong == []
    assert {200, 400, 404, 405, 422} <= set(statuses)


# --- what a server tells of itself --------------------------------------------------------------------------------


def test_the_description_has_every_endpoint_with_its_answers(path):
    with serving(path) as client:
        described = client.get("/openapi.json").json()
    known = {(each.path, each.method.lower()): each for each in table(RequestLimits())}
    found = {(path, method): op for path, ops in described["paths"].items() for method, op in ops.items()}
    assert set(found) == set(known)
    assert len({op["operationId"] for op in found.values()}) == len(found)
    for key, op in found.items():
        assert set(op["responses"]) == {str(each) for each in (*known[key].answers, *statuses(known[key]))}
        assert (op["security"] == []) == (known[key].access == OPEN)
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described)))
    assert references <= set(described["components"]["schemas"])


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]


def test_the_page_of_the_description_needs_no_script_and_no_other_host(path):
    with serving(path) as client:
        response = client.get("/docs")
    page = Page()
    page.feed(response.text)
    assert page.links == ["/", "/openapi.json"]
    assert not page.tags & {"script", "img", "link", "iframe", "form"}
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "POST /v1/indexes/{name}/search" in response.text


def test_metrics_count_requests_and_tell_what_indexes_hold(path):
    with serving(path) as client:
        client.get("/health")
        client.get("/v1/indexes/news/search")
        client.get("/whatever")
        text = client.get("/metrics").text
    assert 'searchkit_requests_total{route="/health",status="200"} 1' in text
    assert 'searchkit_requests_total{route="/v1/indexes/{name}/search",status="422"} 1' in text
    assert 'searchkit_requests_total{route="other",status="404"} 1' in text
    assert 'searchkit_request_seconds_count{route="/health"} 1' in text
    assert 'searchkit_documents{index="news"} 3' in text
    assert 'searchkit_predicted_vectors{index="news"} 0' in text


def test_a_server_is_ready_when_its_indexes_are_warm(path):
    hub = Hub(ServerOptions(indexes={"news": path}))
    assert not hub.is_ready
    hub.start()
    while not hub.is_ready:
        time.sleep(0.01)
    hub.stop()
    assert not hub.is_ready
    hub.close()
