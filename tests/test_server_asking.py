"""Questions to a server: the answers of Python, the refusals of the one table, and what is never told."""

from __future__ import annotations

import json
import logging
import threading
import zlib

import pytest

pytest.importorskip("starlette")

from searchkit import Index
from searchkit.search.choices import OPTIONS
from searchkit.server.limits import RequestLimits
from tests.served import BASE, made, serving

ROOT = "/v1/indexes/news"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return made(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def client(path):
    with serving(path) as client:
        yield client


@pytest.fixture(scope="module")
def index(path):
    with Index.open(path) as index:
        yield index


def told(shape):
    """Return an answer without what a server adds, and without the time that it took."""
    if isinstance(shape, dict):
        return {key: told(value) for key, value in shape.items() if key not in ("url", "elapsed_ms")}
    return [told(each) for each in shape] if isinstance(shape, list) else shape


def plain(answer):
    return told(json.loads(json.dumps(answer)))


def fault(response, status):
    assert response.status_code == status, response.text
    return response.json()["error"]


# --- the same as Python -------------------------------------------------------------------------------------------


def test_search_answers_as_python_does(client, index):
    options = {"k": 2, "where": {"section": "WORLD"}, "explain": True, "context": 1, "mode": "keyword"}
    found = client.post(f"{ROOT}/search", json={"query": "analysts said Vietnam", **options}).json()
    assert told(found) == plain(index.search("analysts said Vietnam", **options).to_dict())
    assert [hit["passage"]["doc_id"] for hit in found["hits"]] == ["hanoi", "manila"]


def test_a_question_in_the_address_is_the_same(client, index):
    found = client.get(f"{ROOT}/search", params={"q": "coffee", "k": 1, "where": "date > 2024-01"}).json()
    assert told(found) == plain(index.search("coffee", 1, where="date > 2024-01").to_dict())


def test_a_batch_answers_each_question(client, index):
    asked = ["coffee", "analysts", "nothing of this"]
    found = client.post(f"{ROOT}/search:batch", json={"queries": asked, "k": 1}).json()["results"]
    assert told(found) == [plain(each.to_dict()) for each in index.search_many(asked, 1)]


def test_similar_finds_what_python_finds(client, index):
    found = client.post(f"{ROOT}/similar", json={"id": "hanoi", "k": 2}).json()
    assert [hit["passage"]["id"] for hit in found["hits"]] == [hit.passage.id for hit in index.similar("hanoi", 2)]
    assert found["hits"]
    none = client.post(f"{ROOT}/similar", json={"id": "nowhere"})
    assert none.status_code in (400, 404, 422)
    assert "nowhere" in none.json()["error"]["message"]
    assert client.post(f"{ROOT}/similar", json={"id": "hanoi", "history": []}).status_code == 422


def test_context_who_said_and_why_not_answer_as_python_does(client, index):
    made = client.post(f"{ROOT}/context", json={"question": "coffee", "max_tokens": 200, "min_confidence": 0}).json()
    assert told(made) == plain(index.context("coffee", 200, min_confidence=0).to_dict())
    assert made["citations"][0]["url"].startswith(f"{BASE}/?index=news&id=coffee&start=0&end=")
    said = client.post(f"{ROOT}/who-said", json={"name": "analysts", "about": "Vietnam"}).json()["statements"]
    assert told(said) == [plain(each.to_dict()) for each in index.who_said("analysts", about="Vietnam")]
    why = client.post(f"{ROOT}/why-not", json={"passage_id": "coffee#1", "query": "Hanoi", "k": 1}).json()
    assert why == plain(index.why_not("coffee#1", "Hanoi", 1).to_dict())


def test_a_question_follows_a_conversation(client, index):
    turns = [{"role": "user", "content": "What of coffee prices?"}, {"role": "assistant", "content": "They rose."}]
    asked = {"query": "And who bought more?", "history": turns, "k": 2}
    found = client.post(f"{ROOT}/search", json=asked).json()
    assert told(found) == plain(index.search("And who bought more?", 2, history=turns).to_dict())
    many = client.post(f"{ROOT}/search:batch", json={"queries": ["And who bought more?"], "history": [turns], "k": 2})
    assert told(many.json()["results"]) == [told(found)]
    made = client.post(f"{ROOT}/context", json={"question": "And who?", "history": turns, "min_confidence": 0}).json()
    assert told(made) == plain(index.context("And who?", history=turns, min_confidence=0).to_dict())
    wrong = {"query": "x", "history": [{"role": "robot", "content": "x"}]}
    assert fault(client.post(f"{ROOT}/search", json=wrong), 422)["param"] == "history[0].role"


def test_an_answer_is_checked_against_its_citations(client, index):
    made = client.post(f"{ROOT}/context", json={"question": "coffee prices", "min_confidence": 0}).json()
    marker = next(each["marker"] for each in made["citations"] if each["passage"]["id"] == "coffee#0")
    answer = f"Coffee prices rose as Vietnam harvested less {marker}. They doubled in 2031 {marker}. Nobody knows why."
    report = client.post(f"{ROOT}/check", json={"answer": answer, "context": made}).json()
    assert report == plain(index.check(answer, index.context("coffee prices", min_confidence=0)).to_dict())
    assert (report["ok"], report["sentences"][0]["unsupported"]) == (False, [])
    assert report["sentences"][1]["unsupported"][0]["text"] == "2031"
    found = fault(client.post(f"{ROOT}/check", json={"answer": "x", "context": {"citations": 3}}), 422)
    assert found["param"] == "context"


def test_a_hit_has_the_address_of_its_place_on_the_page(client):
    hit = client.post(f"{ROOT}/search", json={"query": "robusta", "k": 1}).json()["hits"][0]
    passage = hit["passage"]
    check = f"{zlib.crc32(passage['text'].encode()):08x}"
    assert hit["url"] == f"{BASE}/?index=news&id=coffee&start={passage['start']}&end={passage['end']}&check={check}"


def test_the_schema_takes_every_option_of_a_search(client):
    described = client.get("/openapi.json").json()["paths"][f"{ROOT.replace('news', '{name}')}/search"]["post"]
    shape = described["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert list(shape) == ["query", *(name for name in OPTIONS if name != "rewrite")]  # which is a function
    assert shape["k"] == {
        "type": "integer", "minimum": 1, "maximum": 1000, "default": 10, "description": OPTIONS["k"].meaning,
    }  # fmt: skip


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"query": "x", "k": 0}, "k"),
        ({"query": "x", "k": 1001}, "k"),
        ({"query": "x", "k": True}, "k"),
        ({"query": "x", "k": "3"}, "k"),
        ({"query": 3}, "query"),
        ({}, "query"),
        ({"query": "x" * 9000}, "query"),
        ({"query": "é" * 5000}, "query"),
        ({"query": "x", "mode": "magic"}, "mode"),
        ({"query": "x", "stages": ["magic"]}, "stages[0]"),
        ({"query": "x", "weights": {"magic": 1}}, "weights.magic"),
        ({"query": "x", "weights": {"keyword": 0, "vector": 0}}, "weights"),
        ({"query": "x", "min_confidence": 2}, "min_confidence"),
        ({"query": "x", "recall": 0}, "recall"),
        ({"query": "x", "offset": 10**9}, "offset"),
        ({"query": "x", "today": "tomorrow"}, "today"),
        ({"query": "x", "where": "section ="}, "where"),
        ({"query": "x", "where": 3}, "where"),
        ({"query": "x", "where": {"path": [f"*{n}*" for n in range(501)]}}, "where"),
        ({"query": "x", "where": {"path": "*" * 1001}}, "where"),
        ({"query": "x", "top": 3}, "top"),
        ({"query": "x", "reranker": "onnx:/etc"}, "reranker"),
        ({"query": "x", "reranker": "st-ce:somebody/model"}, "reranker"),
        ({"query": '"open', "strict": True}, None),
        ([], None),
        ("text", None),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(client, body, param):
    found = fault(client.post(f"{ROOT}/search", json=body), 422)
    assert (found["param"], set(found)) == (param, {"code", "message", "hint", "param"})


@pytest.mark.parametrize(
    "body", [b"{", b"", b"\xff{}", b'{"query": NaN}', b"[" * 100_000, b'{"query": 1' + b"0" * 5000 + b"}"]
)
def test_what_is_no_json_is_refused(client, body):
    response = client.post(f"{ROOT}/search", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == (422 if body == b"" else 400)


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_other_kinds_of_bodies_are_refused(client, media):
    response = client.post(f"{ROOT}/search", content=b'{"query": "x"}', headers={"Content-Type": media})
    assert fault(response, 415)["code"] == "wrong_media_type"


@pytest.mark.parametrize(
    "query", ["", "q=", "q=x&k=0", "q=x&k=1.5", "q=x&k=٣", "q=x&q=y", "q=x&mode=keyword", "q=x&where=%28"]
)
def test_addresses_that_make_no_sense_are_refused(client, query):
    status = client.get(f"{ROOT}/search?{query}").status_code
    assert status == (200 if query == "q=" else 422)


def test_there_is_no_other_index_and_no_other_address(client):
    assert fault(client.post("/v1/indexes/other/search", json={"query": "x"}), 404)["code"] == "no_such_index"
    for address in ("/v1/indexes/../news", "/v1/indexes/news/", "/etc/passwd", "/v1"):
        assert fault(client.get(address), 404)["code"] == "no_such_address"
    response = client.put(f"{ROOT}/search", json={})
    assert fault(response, 405)["code"] == "wrong_method"
    assert "POST" in response.headers["allow"]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(path):
    with serving(path, limits=RequestLimits(body=100)) as client:
        assert fault(client.post(f"{ROOT}/search", json={"query": "x" * 200}), 413)["code"] == "too_large"
        parts = iter([b'{"query": "', b"x" * 200, b'"}'])  # of a length that is not announced
        response = client.post(f"{ROOT}/search", content=parts, headers={"Content-Type": "application/json"})
        assert fault(response, 413)["code"] == "too_large"


def test_too_many_at_once_are_asked_to_come_again(path):
    with serving(path, limits=RequestLimits(running=0)) as client:
        response = client.post(f"{ROOT}/search", json={"query": "x"})
        assert fault(response, 429)["code"] == "too_many_requests"
        assert response.headers["retry-after"] == "1"
        assert client.get("/health").status_code == 200


def test_an_answer_that_takes_too_long_is_given_up(path):
    answered = threading.Event()
    with serving(path, limits=RequestLimits(seconds=0.05)) as client:
        client.hub.served("news").index.who_said = lambda *_, **__: answered.wait()
        response = client.post(f"{ROOT}/who-said", json={"name": "analysts"})
        assert client.hub.running.inside == 1  # a thread that is late still counts
        answered.set()
    assert fault(response, 503)["code"] == "timeout"
    assert response.headers["retry-after"] == "1"


def test_a_bug_is_told_to_the_log_alone(client, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("the question was: coffee")

    monkeypatch.setattr(client.hub.served("news").index, "search", fail)
    with caplog.at_level(logging.INFO, "searchkit.server"):
        response = client.post(f"{ROOT}/search", json={"query": "coffee"}, headers={"X-Request-ID": "mine-1"})
    assert "coffee" not in response.text
    assert fault(response, 500)["code"] == "bug"
    assert [json.loads(each.getMessage())["request"] for each in caplog.records] == ["mine-1", "mine-1"]


# --- what is told, and what is not --------------------------------------------------------------------------------


def test_the_log_has_a_line_a_request_without_what_was_asked(client, caplog):
    with caplog.at_level(logging.INFO, "searchkit.server"):
        client.post(f"{ROOT}/search", json={"query": "secret coffee"})
        client.get(f"{ROOT}/search", params={"q": "secret coffee"})
        client.get("/secret-coffee")
    lines = [json.loads(each.getMessage()) for each in caplog.records]
    assert "coffee" not in caplog.text
    assert [line["route"] for line in lines] == ["/v1/indexes/{name}/search"] * 2 + ["other"]
    assert [line["status"] for line in lines] == [200, 200, 404]
    assert {"time", "request", "method", "route", "index", "status", "ms"} == set(lines[0])


def test_a_server_that_was_asked_to_logs_questions(path, caplog):
    with serving(path, log_questions=True) as client, caplog.at_level(logging.INFO, "searchkit.server"):
        client.get(f"{ROOT}/search", params={"q": "coffee"})
        assert json.loads(caplog.records[-1].getMessage())["query"] == "q=coffee"


def test_a_request_has_an_id_that_a_client_may_give(client):
    assert client.get("/health", headers={"X-Request-ID": "a-1"}).headers["x-request-id"] == "a-1"
    made = [
        client.get("/health", headers={"X-Request-ID": each}).headers["x-request-id"] for each in ("", "a b", "x" * 65)
    ]
    assert len({*made}) == 3
    assert all(len(each) == 16 for each in made)


def test_answers_are_neither_sniffed_nor_framed_nor_kept(client):
    for address in ("/health", "/nothing", f"{ROOT}/status"):
        headers = client.get(address).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] in ("no-store", "no-cache")


def test_an_answer_is_not_sent_again_until_there_is_a_newer_commit(tmp_path):
    address, path = f"{ROOT}/search?q=coffee", made(tmp_path)
    with serving(path) as client:
        tag = client.get(address).headers["etag"]
        assert client.get(address, headers={"If-None-Match": f'"other", {tag}'}).status_code == 304
        with Index.open(path) as index:
            index.remove("coffee")
        client.hub.served("news").index.reload()
        response = client.get(address, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.headers["etag"] != tag
    assert response.json()["hits"] == []


def test_numbers_that_json_does_not_know_and_half_characters_do_no_harm(client):
    response = client.post(
        f"{ROOT}/search", content=b'{"query": "coffee \\ud800 \\u0000"}', headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 200
    assert response.json()["query"] == "coffee \ufffd \x00"
