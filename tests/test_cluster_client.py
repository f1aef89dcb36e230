"""What the client of a cluster makes of answers: a server of a few lines says what a cluster would."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from searchkit.cluster import client as client_module
from searchkit.cluster.address import Address, Host, Secrets
from searchkit.cluster.bulk import Change, Done, apply
from searchkit.cluster.client import Client, Refused, ViewLost
from searchkit.errors import BackendUnavailable, IndexNotFound

WHOLE = {"_shards": {"total": 3, "successful": 3, "failed": 0}, "timed_out": False, "hits": {"hits": []}}


class Node:
    """Answers each request with the next of its answers, (status, body), the last one for ever; keeps what it got."""

    def __init__(self, *answers):
        node = self
        self.answers, self.got, self.headers = list(answers), [], []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                node.got.append((self.command, self.path, body.decode()))
                node.headers.append(self.headers)
                status, said = node.answers.pop(0) if len(node.answers) > 1 else node.answers[0]
                content = said.encode() if isinstance(said, str) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815

            def log_message(self, *said):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def port(self):
        return self.server.server_address[1]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def nodes():
    started = []

    def start(*answers):
        started.append(Node(*answers))
        return started[-1]

    yield start
    for node in started:
        node.stop()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(client_module, "FIRST_WAIT", 0.0)


@pytest.fixture
def connected():
    opened = []

    def connect(*nodes, user="", **secrets):
        hosts = tuple(Host("127.0.0.1", getattr(node, "port", node)) for node in nodes)
        opened.append(Client(Address(hosts, "news", user), Secrets(**secrets)))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


def error(kind, reason="because", status=400):
    return status, {"error": {"type": kind, "reason": reason, "root_cause": [{"type": kind, "reason": reason}]}}


def test_a_request_is_sent_again_while_the_cluster_is_busy_or_away(nodes, connected):
    node = nodes((429, {}), (503, "no body that is JSON"), (200, {"found": True}))
    client = connected(node)
    assert client.get("news/_doc/1", routing=3) == {"found": True}
    assert [path for _, path, _ in node.got] == ["/news/_doc/1?routing=3"] * 3
    assert client.requests == 3


def test_another_host_is_asked_where_one_does_not_answer(nodes, connected):
    gone = nodes((200, {}))
    gone.stop()
    busy, well = nodes((503, {})), nodes((200, {"found": True}))
    client = connected(gone.port, busy, well)
    assert client.get("x") == {"found": True}
    assert client.get("x") == {"found": True}  # and it goes on with the one that answered
    assert (len(busy.got), len(well.got)) == (1, 2)


def test_a_cluster_that_stays_away_is_unavailable_after_bounded_tries(nodes, connected):
    node = nodes((503, {"error": {"type": "cluster_block_exception", "reason": "no manager"}}))
    with pytest.raises(
        BackendUnavailable, match=r"127\.0\.0\.1:\d+/news .*cluster_block_exception: no manager.*6 times"
    ):
        connected(node).get("x")
    assert len(node.got) == client_module.TRIES


def test_an_index_is_missed_only_by_a_cluster_that_knows_its_indexes(nodes, connected):
    unknown, starting = error("index_not_found_exception", status=404), {"blocks": {"global": {"1": {}}}}
    node = nodes(unknown, (200, starting), unknown, (200, {"blocks": {}}), (200, {"found": True}))
    assert connected(node).get("news/_mapping") == {"found": True}
    assert [path for _, path, _ in node.got] == [
        *("/news/_mapping", "/_cluster/state/blocks", "/news/_mapping", "/_cluster/state/blocks", "/news/_mapping")
    ]


@pytest.mark.parametrize(
    ("answer", "raised", "said"),
    [
        (error("index_not_found_exception", status=404), IndexNotFound, "searchkit index FOLDER -i"),
        (error("search_context_missing_exception", status=404), ViewLost, "Ask again"),
        (error("query_shard_exception", "failed to create query: this Analyzer is closed"), ViewLost, "Ask again"),
        (error("security_exception", "no permissions", 403), Refused, "lets us not do this: no permissions"),
        (error("parsing_exception", "unknown query", 400), Refused, r"HTTP 400\): parsing_exception: unknown query"),
        (error("whatever", "a bug of theirs", 500), BackendUnavailable, "whatever: a bug of theirs"),
    ],
)
def test_errors_of_a_cluster_become_ours(nodes, connected, answer, raised, said):
    node = nodes(answer)
    with pytest.raises(raised, match=said):
        connected(node).search({"query": {"match_all": {}}}, "news")
    assert len(node.got) == (3 if raised is IndexNotFound else 1)  # and whether the cluster knows its indexes by now


def test_a_point_in_time_that_died_with_its_node_is_lost_at_once(nodes, connected):
    reason = {"reason": {"type": "no_shard_available_action_exception", "reason": "no node found for [x]"}}
    node = nodes((503, {"error": {"type": "search_phase_execution_exception", "failed_shards": [reason]}}))
    with pytest.raises(ViewLost):
        connected(node).search({"pit": {"id": "x"}})
    assert len(node.got) == 1


@pytest.mark.parametrize("change", [{"timed_out": True}, {"_shards": {"total": 3, "successful": 2, "failed": 1}}])
def test_a_partial_answer_is_refused(nodes, connected, change):
    node = nodes((200, WHOLE), (200, WHOLE | change))
    client = connected(node)
    assert client.search({"size": 3}, "news") == WHOLE
    with pytest.raises(BackendUnavailable, match="an answer from a part is none"):
        client.search({"size": 3}, "news")
    _, path, _ = node.got[0]
    assert path == "/news/_search?search_type=dfs_query_then_fetch&allow_partial_search_results=false"


def test_of_searches_that_go_together_none_may_be_partial(nodes, connected):
    node = nodes((200, {"responses": [WHOLE, WHOLE]}), (200, {"responses": [WHOLE, WHOLE | {"timed_out": True}]}))
    client = connected(node)
    assert client.msearch([{"size": 1}, {"size": 2}], "news") == [WHOLE, WHOLE]
    lines = [json.loads(line) for line in node.got[0][2].splitlines()]
    head = {"search_type": "dfs_query_then_fetch", "allow_partial_search_results": False, "index": "news"}
    assert lines == [head, {"size": 1}, head, {"size": 2}]
    with pytest.raises(BackendUnavailable):
        client.msearch([{"size": 1}, {"size": 2}])


def test_secrets_go_into_a_header(nodes, connected):
    node = nodes((200, {}))
    connected(node).get("x")
    secrets = {"password": "hunter2"}
    connected(node, user="ada", **secrets).get("x")
    connected(node, user="ada", **secrets, api_key="k3y").get("x")
    basic = base64.b64encode(b"ada:hunter2").decode()
    assert [each.get("authorization") for each in node.headers] == [None, f"Basic {basic}", "ApiKey k3y"]


# --- many changes in few requests -----------------------------------------------------------------------------


def item(status=201, copies=2, seq_no=1, **told):
    return {"index": {"_id": "1", "status": status, "_shards": {"successful": copies}, "_seq_no": seq_no,
                      "_primary_term": 1, **told}}  # fmt: skip


def changes(count):
    return [Change("index", "news", str(number), {"n": number}, routing="0") for number in range(count)]


def test_changes_that_the_cluster_has_no_room_for_are_sent_again_alone(nodes, connected):
    node = nodes((200, {"items": [item(), item(429), item(seq_no=3)]}), (200, {"items": [item(seq_no=2)]}))
    assert apply(connected(node), changes(3), copies=2) == [Done(201, n, 1) for n in (1, 2, 3)]
    again = [json.loads(line) for line in node.got[1][2].splitlines()]
    assert again == [{"index": {"_index": "news", "_id": "1", "routing": "0"}}, {"n": 1}]


def test_a_change_that_is_not_on_every_copy_is_not_acknowledged(nodes, connected):
    node = nodes((200, {"items": [item(copies=1)]}), (200, {"items": [item(copies=2)]}))
    assert len(apply(connected(node), changes(1), copies=2)) == 1
    assert len(node.got) == 2
    with pytest.raises(BackendUnavailable, match="not on every copy"):
        apply(connected(nodes((200, {"items": [item(copies=1)]}))), changes(1), copies=2)


def test_a_conflict_is_told_and_what_is_never_taken_is_refused(nodes, connected):
    node = nodes((200, {"items": [item(409, error={"type": "version_conflict_engine_exception", "reason": "r"})]}))
    assert [done.status for done in apply(connected(node), changes(1))] == [409]
    wrong = {"type": "mapper_parsing_exception", "reason": "no", "caused_by": {"reason": "NaN"}}
    with pytest.raises(Refused, match=r"refuses 1: no \(NaN\)"):
        apply(connected(nodes((200, {"items": [item(400, error=wrong)]}))), changes(1))


def test_changes_are_sent_in_requests_of_a_bounded_size(nodes, connected, monkeypatch):
    monkeypatch.setattr("searchkit.cluster.bulk.MOST", 2)
    node = nodes((200, {"items": [item(), item()]}), (200, {"items": [item()]}))
    assert len(apply(connected(node), changes(3))) == 3
    assert len(node.got) == 2
