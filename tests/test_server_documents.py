"""What a server shows of documents, and what it must never show: paths, and files that are not indexed."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("starlette")

from searchkit import Document, Index
from tests.served import BASE, made, serving

ROOT = "/v1/indexes/news"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a synced source `press`, a secret beside it, and an index of the source."""
    home = tmp_path_factory.mktemp("served")
    (home / "press" / "world").mkdir(parents=True)
    (home / "press" / "world" / "hanoi.md").write_text("# Hanoi\n\nAnalysts said Vietnam balances the great powers.\n")
    (home / "press" / "claims.md").write_text(f"---\nsource: {home}/secret.txt\n---\n# Claims\n\nRobusta rose.\n")
    (home / "press" / "swapped.md").write_text("# Swapped\n\nArabica fell.\n")
    (home / "secret.txt").write_text("the secret")
    with Index.create(home / "index", embedder="none") as index:
        index.sync(home / "press")
        index.add([Document("posted", "Tea was posted.", metadata={"source": str(home / "secret.txt")})])
        index.add([Document("a/b#c d", "An id with everything.", metadata={"source": "https://example.org/x"})])
    (home / "press" / "swapped.md").unlink()
    (home / "press" / "swapped.md").symlink_to(home / "secret.txt")
    return home


@pytest.fixture(scope="module")
def client(home):
    with serving(home / "index") as client:
        yield client


def document(client, **query):
    return client.get(f"{ROOT}/documents", params=query)


def test_documents_are_listed_page_by_page(client):
    first = document(client, limit=3).json()
    assert [each["id"] for each in first["documents"]] == ["a/b#c d", "posted", "press/claims.md"]
    assert first["documents"][0]["url"] == f"{BASE}/?index=news&id=a%2Fb%23c+d"
    assert first["total"] == 5
    second = document(client, limit=3, cursor=first["cursor"]).json()
    assert [each["id"] for each in second["documents"]] == ["press/swapped.md", "press/world/hanoi.md"]
    assert second["cursor"] is None
    assert [each["id"] for each in document(client, glob="press/w*").json()["documents"]] == ["press/world/hanoi.md"]


def test_a_document_is_read_by_its_id_in_whole_in_part_and_around_a_passage(client):
    whole = document(client, id="press/world/hanoi.md").json()
    text = whole["text"]
    assert text == "# Hanoi\n\nAnalysts said Vietnam balances the great powers.\n"
    assert (whole["title"], whole["start"], whole["end"], whole["length"]) == ("Hanoi", 0, len(text), len(text))
    assert document(client, id="press/world/hanoi.md", start=9, end=17).json()["text"] == "Analysts"
    assert document(client, id="press/world/hanoi.md", start=10**6).json()["text"] == ""
    passage = document(client, id="press/world/hanoi.md#0", around=3).json()
    start, end = passage["passage"]["start"], passage["passage"]["end"]
    assert passage["text"] == text[start - 3 : end + 3]
    assert passage["url"].partition("&check=")[0].endswith(f"start={start}&end={end}")


def test_ids_may_hold_anything(client):
    assert document(client, id="a/b#c d").json()["text"] == "An id with everything."
    assert document(client, id="a/b#c d#0").json()["passage"]["ordinal"] == 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"id": "none"}, 404), ({"id": "press/world/hanoi.md#9"}, 404), ({"id": "posted", "start": -1}, 422),
        ({"id": "posted", "start": 5, "end": 2}, 422), ({"id": "posted", "around": 3}, 422), ({"start": 3}, 422),
        ({"id": "posted", "glob": "*"}, 422), ({"limit": 0}, 422), ({"limit": 1001}, 422),
        ({"glob": "*a" * 11}, 422), ({"cursor": "%%%"}, 422),
        ({"cursor": "_w"}, 422),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(client, query, status):
    assert document(client, **query).status_code == status


def test_a_file_is_given_as_an_attachment(client, home):
    response = client.get(f"{ROOT}/raw", params={"id": "press/world/hanoi.md"})
    assert response.content == (home / "press" / "world" / "hanoi.md").read_bytes()
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''hanoi.md"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "doc_id", ["posted", "press/swapped.md", "../secret.txt", "press/../../secret.txt", "/etc/passwd", "", "\0"]
)
def test_no_other_file_is_given(client, doc_id):
    response = client.get(f"{ROOT}/raw", params={"id": doc_id})
    assert response.status_code == 404
    assert "secret" not in response.text.replace(doc_id, "")


def test_what_a_document_says_of_its_source_decides_nothing(client):
    response = client.get(f"{ROOT}/raw", params={"id": "press/claims.md"})
    assert response.content.endswith(b"Robusta rose.\n")


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(home):
    (home / "press" / "claims.md").rename(home / "claims.md")
    os.mkfifo(home / "press" / "claims.md")
    try:
        with serving(home / "index") as client:
            assert client.get(f"{ROOT}/raw", params={"id": "press/claims.md"}).status_code == 404
    finally:
        (home / "press" / "claims.md").unlink()
        (home / "claims.md").rename(home / "press" / "claims.md")


def test_no_answer_holds_a_path_of_this_machine(client, home):
    """But what the text of a file itself says."""
    answers = [
        client.get("/v1/indexes"),
        client.get(f"{ROOT}/status"),
        client.get(f"{ROOT}/openapi.json"),
        document(client),
        document(client, id="press/world/hanoi.md"),
        document(client, id="posted"),
        client.post(f"{ROOT}/search", json={"query": "Vietnam Robusta tea", "context": 2, "explain": True}),
        client.post(f"{ROOT}/context", json={"question": "Vietnam", "min_confidence": 0}),
        client.post(f"{ROOT}/who-said", json={"name": "analysts"}),
        client.post(f"{ROOT}/why-not", json={"passage_id": "none#1", "query": "tea"}),
        client.post(f"{ROOT}/search", json={"query": "tea", "mode": "vector"}),
        client.post(f"{ROOT}/search", json={"query": "tea", "where": f'source = "{home}"', "reranker": "late"}),
        client.get("/metrics"),
    ]
    held = [response.text.replace(f'\\"{home}\\"', "") for response in answers]
    assert [text for text in held if str(home) in text] == []
    assert document(client, id="press/world/hanoi.md").json()["metadata"]["source"] == "world/hanoi.md"
    assert document(client, id="posted").json()["metadata"]["source"] == "secret.txt"
    assert document(client, id="a/b#c d").json()["metadata"]["source"] == "https://example.org/x"
    assert client.get(f"{ROOT}/status").json()["sources"] == ["press"]


def test_an_index_that_is_damaged_is_unavailable_and_its_path_is_not_told(tmp_path, caplog):
    path = made(tmp_path)
    with serving(path) as client:
        client.hub.served("news").index.close()
        response = client.get(f"{ROOT}/search?q=coffee")
    assert response.status_code == 503
    assert str(tmp_path) not in response.text
    assert str(tmp_path) in caplog.text


def test_the_server_follows_the_commits_of_others(tmp_path):
    path = made(tmp_path)
    with serving(path) as client:
        served = client.hub.served("news")
        reloaded, reload = [], served.index.reload
        with Index.open(path) as index:
            index.remove("coffee")
        served.index.reload = lambda: reloaded.append(reload()) or reloaded[-1]
        while not any(reloaded):  # by the server's own thread
            client.get("/health")
        assert client.get("/v1/indexes").json() == {"indexes": [{"name": "news", "documents": 2}]}


def test_an_index_knows_the_file_of_a_document(home):
    with Index.open(home / "index") as index:
        assert index.file_of("press/world/hanoi.md") == home / "press" / "world" / "hanoi.md"
        assert index.file_of("posted") is None
        assert index.file_of("none") is None
