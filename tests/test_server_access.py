"""Who may ask a server: Host, Origin, tokens, loopback."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette")

from searchkit import ArgumentError
from searchkit.server.config import ServerOptions, read_tokens
from tests.served import BASE, READER, TOKENS, WRITER, bearer, made, serving

SEARCH = "/v1/indexes/news/search"
EVERY = ["/health", "/ready", "/metrics", "/openapi.json", "/docs", "/v1/indexes", SEARCH, "/nothing"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return made(tmp_path_factory.mktemp("served"))


def code(response):
    return response.status_code, response.json()["error"]["code"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7720", "127.0.0.1.evil.example", "", "10.0.0.1"])
def test_a_request_to_another_name_is_refused_everywhere(path, host):
    with serving(path) as client:
        for address in EVERY:
            assert code(client.get(address, headers={"Host": host})) == (421, "wrong_host")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:7720", "[::1]:7720", "LOCALHOST", "Search.example.org:80"])
def test_loopback_and_names_that_were_given_are_answered(path, host):
    with serving(path, hosts=["search.example.org"]) as client:
        assert client.get("/health", headers={"Host": host}).status_code == 200


def test_beyond_loopback_addresses_are_answered_for_they_cannot_be_rebound(path):
    with serving(path, host="0.0.0.0", tokens=TOKENS) as client:  # noqa: S104
        assert client.get("/health", headers={"Host": "10.0.0.1:7720"}).status_code == 200
        assert code(client.get("/health", headers={"Host": "evil.example"})) == (421, "wrong_host")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://chat.example.org.evil"]
)
def test_pages_of_other_origins_are_refused_everywhere(path, origin):
    with serving(path, origins=["https://chat.example.org"]) as client:
        for address in EVERY:
            response = client.get(address, headers={"Origin": origin})
            assert code(response) == (403, "wrong_origin")
            assert "access-control-allow-origin" not in response.headers


def test_the_servers_own_page_may_ask(path):
    with serving(path) as client:
        assert client.get("/v1/indexes", headers={"Origin": BASE}).status_code == 200


def test_an_origin_that_was_given_may_read_and_is_told_so_before(path):
    origin = "https://chat.example.org"
    with serving(path, origins=[origin], tokens=TOKENS) as client:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        before = client.options(SEARCH, headers=asked)
        assert before.status_code == 204
        assert "Authorization" in before.headers["access-control-allow-headers"]
        refused = client.get(SEARCH, headers={"Origin": origin})
        assert refused.status_code == 401  # which the page may read
        assert refused.headers["access-control-allow-origin"] == origin
        assert refused.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", ["*", "chat.example.org", "https://chat.example.org/", "https://*.example.org/x", "null"]
)
def test_an_origin_is_given_in_full_and_never_a_star(path, origin):
    with pytest.raises(ArgumentError, match="never \\*"):
        ServerOptions(indexes={"news": path}, origins=[origin])


def test_without_a_token_nothing_but_health_and_the_description_answers(path):
    with serving(path, tokens=TOKENS) as client:
        for address in EVERY:
            response = client.get(address)
            if address in ("/health", "/openapi.json", "/docs"):
                assert response.status_code == 200
            else:
                assert code(response) == (401, "unauthorized")
                assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", "Basic reader-0123456789", f"Bearer {READER}x", f"Bearer {READER[:-1]}", "Bearer é"],
)
def test_a_token_that_is_not_known_is_none(path, given):
    with serving(path, tokens=TOKENS) as client:
        assert client.get("/v1/indexes", headers={"Authorization": given.encode("latin-1")}).status_code == 401


def test_reading_and_writing_have_tokens_apart(path):
    with serving(path, tokens=TOKENS, writable=True) as client:
        for token in (READER, WRITER):
            assert client.get("/v1/indexes", headers=bearer(token)).status_code == 200
        documents = "/v1/indexes/news/documents"
        assert code(client.delete(documents, params={"id": "x"}, headers=bearer(READER))) == (403, "may_not_write")
        assert client.delete(documents, params={"id": "none"}, headers=bearer(WRITER)).json()["removed"] == 0


def test_a_server_only_reads_unless_it_was_told_otherwise(path):
    with serving(path, tokens=TOKENS) as client:
        for asked in ("POST documents", "DELETE documents?id=hanoi", "POST sync", "POST improve", "POST compact"):
            method, address = asked.split()
            response = client.request(method, f"/v1/indexes/news/{address}", json=[], headers=bearer(WRITER))
            assert code(response) == (403, "read_only")
        upgrade = client.post(SEARCH, json={"query": "coffee", "upgrade": 1}, headers=bearer(WRITER))
        assert code(upgrade) == (403, "read_only")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "search.example.org"])  # noqa: S104
def test_beyond_loopback_a_token_is_needed(path, host):
    with pytest.raises(ArgumentError, match="--token-file"):
        ServerOptions(indexes={"news": path}, host=host)
    assert ServerOptions(indexes={"news": path}, host=host, tokens=TOKENS).host == host


def test_tokens_come_from_a_file_and_from_the_environment(tmp_path):
    file = tmp_path / "tokens"
    file.write_text(f"# ours\nread {READER}\n\nwrite {WRITER}\n")
    assert read_tokens(file, {}) == TOKENS
    both = {"SEARCHKIT_TOKEN": READER, "SEARCHKIT_WRITE_TOKEN": WRITER}
    assert read_tokens(None, both) == TOKENS
    assert read_tokens(None, {"SEARCHKIT_TOKEN": ""}) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "holds no token"), ("read short", "16 characters"), (READER, "line 1"), (f"admin {READER}", "line 1")],
)
def test_a_file_of_tokens_that_makes_no_sense_is_refused(tmp_path, text, said):
    (tmp_path / "tokens").write_text(text)
    with pytest.raises(ArgumentError, match=said):
        read_tokens(tmp_path / "tokens", {})
    with pytest.raises(ArgumentError, match="cannot be read"):
        read_tokens(tmp_path / "none", {})


@pytest.mark.parametrize("name", ["", "a/b", ".", "..", "a b", "é", "a" * 65])
def test_a_name_that_addresses_cannot_have_is_refused(path, name):
    with pytest.raises(ArgumentError, match="no name for an index"):
        ServerOptions(indexes={name: path})


def test_there_is_an_index_to_serve():
    with pytest.raises(ArgumentError, match="at least one"):
        ServerOptions(indexes={})
