"""Addresses of indexes on a cluster, and the secrets that open it."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from searchkit import Index
from searchkit.cluster.address import Address, Host, parsed, secrets
from searchkit.errors import ArgumentError


def test_an_address_names_hosts_index_and_user():
    found = parsed("opensearch+tls://ada@search.example:9250,10.0.0.7/news")
    assert found == Address((Host("search.example", 9250), Host("10.0.0.7", 9200)), "news", "ada", tls=True)
    assert str(found) == "opensearch+tls://ada@search.example:9250,10.0.0.7:9200/news"
    assert parsed(str(found)) == found


def test_an_address_can_say_how_large_a_new_index_is():
    found = parsed("opensearch://[::1]:9201/news?shards=3&replicas=0")
    assert (found.hosts, found.shards, found.replicas) == ((Host("[::1]", 9201),), 3, 0)
    assert str(found) == "opensearch://[::1]:9201/news"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("http://localhost/news", "no address of a cluster"),
        ("opensearch://localhost", "'' is no name of an index"),
        ("opensearch://localhost/News", "'News' is no name of an index"),
        ("opensearch://localhost/a/b", "'a/b' is no name of an index"),
        ("opensearch://localhost:port/news", "'localhost:port' is no host"),
        ("opensearch://localhost:70000/news", "'localhost:70000' is no host"),
        ("opensearch://one,,two/news", "'' is no host"),
        ("opensearch://localhost/news?shards=0", "shards is '0'; give 1 to 1024"),
        ("opensearch://localhost/news?shard=3", "'shard' is nothing that an address can say"),
    ],
)
def test_what_is_no_address_is_refused_with_what_one_is(place, said):
    with pytest.raises(ArgumentError, match="(?s)" + said.replace("?", r"\?")):
        parsed(place)


def test_a_password_in_an_address_is_refused_and_not_shown():
    with pytest.raises(ArgumentError) as caught:
        Index.open("opensearch://ada:hunter2@localhost/news")
    assert "SEARCHKIT_OPENSEARCH_PASSWORD" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_secrets_come_from_the_environment_and_are_never_shown():
    environment = {
        "SEARCHKIT_OPENSEARCH_PASSWORD": "hunter2",
        "SEARCHKIT_OPENSEARCH_API_KEY": "k3y",
        "SEARCHKIT_OPENSEARCH_CA": "/etc/ca.pem",
    }
    found = secrets(parsed("opensearch+tls://ada@search.example/news"), environment)
    assert (found.password, found.api_key, found.certificates) == ("hunter2", "k3y", "/etc/ca.pem")
    assert "hunter2" not in repr(found)
    assert "k3y" not in repr(found)


def test_a_password_is_found_in_the_keyring(monkeypatch):
    asked = []
    kept = SimpleNamespace(get_password=lambda *given: asked.append(given) or "hunter2")
    monkeypatch.setitem(sys.modules, "keyring", kept)
    assert secrets(parsed("opensearch+tls://ada@search.example/news"), {}).password == "hunter2"  # noqa: S105
    assert asked == [("searchkit", "ada@search.example")]
    assert secrets(parsed("opensearch+tls://search.example/news"), {}).password == ""


def test_a_secret_is_not_sent_in_the_clear_to_another_machine():
    environment = {"SEARCHKIT_OPENSEARCH_PASSWORD": "hunter2"}
    with pytest.raises(ArgumentError, match=r"not encrypted.*opensearch\+tls://"):
        secrets(parsed("opensearch://ada@search.example/news"), environment)
    assert secrets(parsed("opensearch://ada@127.0.0.1/news"), environment).password == "hunter2"  # noqa: S105
    assert secrets(parsed("opensearch://search.example/news"), environment).password == "hunter2"  # and goes nowhere  # noqa: S105
