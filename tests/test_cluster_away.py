"""A cluster that is not there: how commands end, and what a server says."""

from __future__ import annotations

import socket
import sys

import pytest
from typer.testing import CliRunner

from searchkit import BackendUnavailable, Index
from searchkit.cli.commands import app
from searchkit.cluster import client as client_module
from searchkit.errors import MissingExtra
from searchkit.server.faults import fault


@pytest.fixture
def nowhere(monkeypatch):
    """An address at which nobody listens."""
    monkeypatch.setattr(client_module, "FIRST_WAIT", 0.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield f"opensearch://127.0.0.1:{free.getsockname()[1]}/news"


def test_a_command_ends_with_a_code_of_its_own(nowhere):
    done = CliRunner().invoke(app, ["search", "tea", "-i", nowhere], prog_name="searchkit")
    assert done.exit_code == 5
    assert f"{nowhere} does not answer" in done.stderr


def test_wrong_addresses_are_wrong_usage():
    done = CliRunner().invoke(app, ["search", "tea", "-i", "opensearch://localhost/Böse"], prog_name="searchkit")
    assert done.exit_code == 2
    assert "is no name of an index" in done.stderr


def test_a_server_says_that_it_may_be_tried_again(nowhere):
    with pytest.raises(BackendUnavailable) as caught:
        Index.open(nowhere)
    told = fault(caught.value)
    assert (told.status, told.code, told.headers) == (503, "backend_unavailable", {"Retry-After": "1"})
    assert "127.0.0.1" not in told.message


def test_without_its_package_one_is_told_what_to_install(nowhere, monkeypatch):
    monkeypatch.setitem(sys.modules, "urllib3", None)
    with pytest.raises(MissingExtra, match=r"pip install 'searchkit\[opensearch\]'"):
        Index.open(nowhere)
