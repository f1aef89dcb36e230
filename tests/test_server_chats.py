"""Requests as chat applications send them: Dify, OpenAI's vector stores, Open WebUI."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette")

from searchkit import Index
from tests.served import READER, TOKENS, bearer, made, serving


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return made(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def client(path):
    with serving(path, tokens=TOKENS) as client:
        client.headers.update(bearer(READER))
        yield client


# --- Dify ---------------------------------------------------------------------------------------------------------


def asked(client, query="analysts said", top_k=5, threshold=0.0, **more):
    setting = {"top_k": top_k, "score_threshold": threshold}
    return client.post(
        "/retrieval", json={"knowledge_id": "news", "query": query, "retrieval_setting": setting, **more}
    )


def test_dify_gets_records_with_content_score_title_and_metadata(client, path):
    records = asked(client).json()["records"]
    with Index.open(path) as index:
        hits = index.search("analysts said", 5)
    assert [each["content"] for each in records] == [hit.passage.text for hit in hits]
    assert [each["score"] for each in records] == [hit.confidence for hit in hits]
    assert records[0]["title"] == "Manila votes"
    assert records[0]["metadata"]["section"] == "WORLD"
    assert records[0]["metadata"]["id"] == "manila#0"
    assert all(isinstance(each["metadata"], dict) for each in records)


def test_dify_decides_how_many_and_how_sure(client):
    assert len(asked(client, top_k=1).json()["records"]) == 1
    assert asked(client, threshold=1.0).json() == {"records": []}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (("section", "is", "WORLD"), {"manila", "hanoi"}),
        (("section", "is not", "WORLD"), {"coffee"}),
        (("section", "contains", "USI"), {"coffee"}),
        (("section", "not contains", "USI"), {"manila", "hanoi"}),
        (("title", "start with", "Hanoi"), {"hanoi"}),
        (("title", "end with", "record"), {"coffee"}),
        (("authors", "empty", None), {"manila", "hanoi"}),
        (("authors", "not empty", None), {"coffee"}),
        (("section", "in", ["BUSINESS", "SPORT"]), {"coffee"}),
        (("section", "not in", ["BUSINESS", "SPORT"]), {"manila", "hanoi"}),
        (("date", "before", "2024-07"), {"hanoi"}),
        (("date", "after", "2024-07"), {"coffee", "manila"}),
        (("date", "≥", "2024-09-01"), {"coffee", "manila"}),
        ((["title", "section"], "is", "BUSINESS"), {"coffee"}),
    ],
)
def test_dify_filters_by_metadata(client, condition, found):
    name, operator, value = condition
    conditions = [{"name": name, "comparison_operator": operator, "value": value}]
    more = {"metadata_condition": {"logical_operator": "and", "conditions": conditions}}
    records = asked(client, "vietnam analysts", **more).json()["records"]
    assert {each["metadata"]["id"].partition("#")[0] for each in records} == found


def test_what_later_versions_send_besides_is_passed_over(client):
    condition = {"name": "section", "comparison_operator": "is", "value": "WORLD", "id": "1"}
    more = {"metadata_condition": {"logical_operator": "and", "conditions": [condition], "x": 1}, "user": "someone"}
    assert asked(client, **more).json()["records"]
    options = {"ranker": "auto", "hybrid_search": {"embedding_weight": 1, "text_weight": 1}}
    assert stored(client, query="coffee", ranking_options=options, x=1).json()["data"]


def test_dify_tries_the_address_with_an_empty_request(client):
    assert client.post("/retrieval").status_code not in (403, 404, 502)  # which it takes for a wrong key or address


def test_what_stands_in_a_value_cannot_change_the_filter(client):
    for value in ('x" or section = "WORLD', "x\\", '"', "x') or (section exists"):
        conditions = [{"name": "section", "comparison_operator": "is", "value": value}]
        assert asked(client, metadata_condition={"conditions": conditions}).json() == {"records": []}


def test_dify_gets_errors_as_it_shows_them(client, path):
    missing = client.post("/retrieval", json={"knowledge_id": "x", "query": "y", "retrieval_setting": {"top_k": 1}})
    assert (missing.status_code, missing.json()["error_code"]) == (404, 2001)
    assert missing.json()["error_msg"].startswith("this server has no index of this name")
    lacking = [{"name": "section", "comparison_operator": "is"}]
    assert asked(client, metadata_condition={"conditions": lacking}).json()["error_code"] == 422
    with serving(path, tokens=TOKENS) as stranger:
        assert stranger.post("/retrieval", json={}).json()["error_code"] == 1002


# --- OpenAI -------------------------------------------------------------------------------------------------------


def stored(client, **body):
    return client.post("/v1/vector_stores/news/search", json=body)


def test_a_vector_store_is_searched(client):
    page = stored(client, query="analysts said Vietnam", max_num_results=2, rewrite_query=False).json()
    assert (page["object"], page["search_query"]) == ("vector_store.search_results.page", ["analysts said Vietnam"])
    assert (page["has_more"], page["next_page"]) == (False, None)
    first = page["data"][0]
    assert (first["file_id"], first["filename"], first["attributes"]["section"]) == ("hanoi", "hanoi", "WORLD")
    assert first["content"][0]["type"] == "text"
    assert first["content"][0]["text"].startswith("Analysts said Vietnam")
    assert 0 <= first["score"] <= 1
    assert len(page["data"]) == 2


def test_several_queries_give_each_passage_once(client):
    page = stored(client, query=["analysts said Vietnam", "analysts Vietnam", "coffee"]).json()
    texts = [each["content"][0]["text"] for each in page["data"]]
    assert len(texts) == len(set(texts)) == 4
    assert {each["file_id"] for each in page["data"][:2]} == {"hanoi", "coffee"}


def test_lists_in_metadata_become_text(client):
    page = stored(client, query="coffee", max_num_results=1).json()
    assert page["data"][0]["attributes"]["authors"] == "A. Writer"


def compared(key, kind, value):
    return {"type": kind, "key": key, "value": value}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (compared("section", "eq", "WORLD"), {"hanoi", "manila"}),
        (compared("section", "ne", "WORLD"), {"coffee"}),
        (compared("section", "in", ["BUSINESS"]), {"coffee"}),
        (compared("section", "nin", ["BUSINESS"]), {"hanoi", "manila"}),
        (compared("date", "gte", "2024-09-01"), {"coffee", "manila"}),
        (compared("date", "lt", "2024-09-01"), {"hanoi"}),
        ({"type": "or", "filters": [compared("section", "eq", "BUSINESS"), compared("date", "gt", "2025")]},
         {"coffee"}),
        ({"type": "and", "filters": [compared("section", "eq", "WORLD"),
                                     {"type": "or", "filters": [compared("date", "lt", "2025")]}]}, {"hanoi"}),
    ],
)  # fmt: skip
def test_filters_are_comparisons_and_what_joins_them(client, filters, found):
    page = stored(client, query="vietnam analysts", filters=filters).json()
    assert {each["file_id"] for each in page["data"]} == found


@pytest.mark.parametrize(
    "filters", [{"type": "eq"}, {"type": "like", "key": "a", "value": "b"}, {"type": "and", "filters": []}]
)
def test_other_filters_are_refused(client, filters):
    response = stored(client, query="x", filters=filters)
    assert (response.status_code, response.json()["error"]["param"]) == (422, "filters")


def test_filters_that_never_end_are_refused(client):
    filters = compared("section", "eq", "WORLD")
    for _ in range(40):
        filters = {"type": "and", "filters": [filters]}
    assert stored(client, query="x", filters=filters).status_code == 422


def test_an_openai_threshold_is_a_confidence(client):
    assert (
        stored(client, query="coffee", ranking_options={"ranker": "auto", "score_threshold": 1.0}).json()["data"] == []
    )


# --- Open WebUI ---------------------------------------------------------------------------------------------------


def test_an_agent_gets_few_operations_whose_paths_it_can_call(client):
    described = client.get("/v1/indexes/news/openapi.json").json()
    assert described["servers"] == [{"url": "/v1/indexes/news"}]
    found = {
        op["operationId"]: (path, method, op) for path, ops in described["paths"].items() for method, op in ops.items()
    }
    assert set(found) == {"search", "context", "who_said", "documents"}
    assert all(op["description"] and "$ref" not in str(op.get("requestBody")) for _, _, op in found.values())
    assert {each["in"] for _, _, op in found.values() for each in op["parameters"]} == {"query"}
    path, method, op = found["search"]
    shape = op["requestBody"]["content"]["application/json"]["schema"]
    assert list(shape["properties"]) == ["query", "k", "where"]
    answer = client.request(method, f"/v1/indexes/news{path}", json={"query": "coffee", "k": 1})
    assert answer.json()["hits"][0]["passage"]["id"] == "coffee#0"
    assert client.get("/v1/indexes/other/openapi.json").status_code == 404
