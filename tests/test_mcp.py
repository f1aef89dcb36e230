"""The MCP server, by the SDK's own client: in this process, and over standard input and output."""

import asyncio
import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tomllib

import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from typer.testing import CliRunner

from searchkit import Index
from searchkit.cli.commands import app
from searchkit.errors import ArgumentError
from searchkit.integrations import clients
from searchkit.integrations.mcp import server, sync_here
from tests.served import READER, WRITER, bearer
from tests.worlds import NEWS, WordHashEmbedder

QUESTION = "analysts on Vietnam's exports"


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with Index.create(tmp_path_factory.mktemp("mcp") / "index", embedder=WordHashEmbedder()) as made:
        made.add(NEWS)
        yield made


def asked(served, work, **options):
    async def run():
        async with Client(served, **options) as client:
            return await work(client)

    return asyncio.run(run())


def called(served, tool, **arguments):
    """Return the structured answer of a tool, or the text of its error."""
    result = asked(served, lambda client: client.call_tool(tool, arguments))
    return result.content[0].text if result.is_error else result.structured_content


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_clients_of_either_handshake_find_what_search_finds(index, mode):
    result = asked(server({"news": index}), lambda client: client.call_tool("search", {"query": QUESTION}), mode=mode)
    hits = index.search(QUESTION, 5, collapse=True)
    assert [each["id"] for each in result.structured_content["results"]] == [hit.passage.id for hit in hits]
    assert result.structured_content["answerable"] is hits.answerable
    assert json.loads(result.content[0].text) == result.structured_content


def test_tools_say_what_they_are_for_and_that_they_only_read(index):
    tools = {each.name: each for each in asked(server({"news": index}), lambda client: client.list_tools()).tools}
    assert set(tools) == {"search", "fetch", "context", "who_said", "list_documents", "status"}
    assert all(each.annotations.read_only_hint for each in tools.values())
    assert "Use this first" in tools["search"].description
    assert tools["search"].output_schema["properties"].keys() == {"results", "answerable", "warnings"}
    assert "sync" in {
        each.name for each in asked(server({"news": index}, sync=sync_here), lambda c: c.list_tools()).tools
    }


def test_a_document_is_fetched_piece_by_piece(index):
    whole, served = index.get("hanoi"), server({"news": index})
    first = called(served, "fetch", id="hanoi", max_chars=20)
    assert (first["text"], first["next_start"]) == (whole.text[:20], 20)
    rest = called(served, "fetch", id="hanoi", start=20)
    assert (rest["text"], rest["next_start"]) == (whole.text[20:], None)
    passage = called(served, "fetch", id="hanoi#1")
    assert passage["text"] == index.get("hanoi#1").text
    assert passage["metadata"]["document"] == "hanoi"
    assert passage["url"] == "searchkit://news/hanoi#1"


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("fetch", {"id": "nowhere"}, "no document or passage 'nowhere'"),
        ("fetch", {"id": "../../etc/passwd"}, "no document or passage"),
        ("search", {"query": "x", "where": "("}, "expected"),
        ("search", {"query": "x", "k": 0}, "k"),
        ("search", {"query": "x" * 8193}, "at most 8,192 characters"),
        ("context", {"question": "x" * 8193}, "at most 8,192 characters"),
        ("who_said", {"name": "x", "about": "x" * 8193}, "at most 8,192 characters"),
        ("search", {"query": "x", "index": "other"}, "name one of the indexes: news"),
    ],
)
def test_what_a_model_did_wrong_is_told_for_it_to_read(index, tool, arguments, told):
    assert told in called(server({"news": index}), tool, **arguments)


def test_context_who_said_and_lists(index):
    served = server({"news": index})
    made = index.context("What did analysts say about Vietnam?")
    context = called(served, "context", question="What did analysts say about Vietnam?")
    assert (context["text"], context["confidence"]) == (made.text, made.confidence)
    turns = [{"role": "user", "content": "What did analysts say about Vietnam?"}]
    follow = called(served, "context", question="And why did they?", history=turns)
    assert follow["understood"] == index.context("And why did they?", history=turns).understood
    assert follow["understood"] != context["understood"] is None
    assert "role" in called(served, "context", question="Why?", history=[{"role": "robot", "content": "x"}])
    said = called(served, "who_said", name="analysts")["result"]
    assert [each["claim"] for each in said] == [each.claim for each in index.who_said("analysts")]
    assert said
    assert called(served, "list_documents", pattern="h*") == {"documents": ["hanoi"], "more": 0}
    facts = called(served, "status")
    assert facts["documents"] == len(index)
    assert str(index.path) not in json.dumps(facts)


def test_of_several_indexes_ids_tell_which(index):
    served = server({"a": index, "b": index})
    assert "name one of the indexes: a, b" in called(served, "search", query=QUESTION)
    found = called(served, "search", query=QUESTION, index="b")["results"][0]["id"]
    assert found.startswith("b:")
    assert called(served, "fetch", id=found)["text"]


async def nothing_outside(client):
    with pytest.raises(MCPError, match="no document"):
        await client.read_resource("searchkit://news/../../etc/passwd")


def test_resources_and_the_prompt(index):
    served = server({"news": index})
    read = asked(served, lambda client: client.read_resource("searchkit://news/hanoi"))
    assert read.contents[0].text == index.get("hanoi").text
    asked(served, nothing_outside)
    prompt = asked(served, lambda client: client.get_prompt("cited_answer", {"question": "Who buys coffee?"}))
    assert "Who buys coffee?" in prompt.messages[0].content.text


def test_a_server_sees_what_was_written_since(index, tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as made:
        made.add(NEWS)
        served = server({"news": made})
        with Index.open(tmp_path / "index") as other:
            other.add([{"id": "new", "text": "Rubber from Thailand."}])
        assert called(served, "search", query="rubber")["results"][0]["id"] == "new#0"


def behind_its_sources(folder):
    """Make an index in a folder, of sources to which a file was added since."""
    (folder / "news").mkdir()
    (folder / "news" / "a.txt").write_text("Coffee from Brazil.")
    with Index.create(folder / "index", embedder="none") as made:
        made.sync(folder / "news")
    (folder / "news" / "b.txt").write_text("Tea from India.")


def test_sync_reads_the_sources_anew(tmp_path):
    behind_its_sources(tmp_path)
    with Index.open(tmp_path / "index") as made:
        done = called(server({"news": made}, sync=sync_here), "sync")
        assert done == {"added": 1, "changed": 0, "removed": 0, "failed": 0, "passages": 2}


def test_over_standard_input_and_output_nothing_but_the_protocol_is_said(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as made:
        made.add(NEWS)
    command = ["-m", "searchkit", "mcp", "-i", f"news={tmp_path / 'index'}"]
    started = StdioServerParameters(command=sys.executable, args=command)

    async def work(client):
        found = await client.call_tool("search", {"query": "coffee"})
        return client.instructions, found.structured_content["results"][0]["id"]

    instructions, first = asked(started, work, mode="legacy")
    assert "news (3 documents, 5 passages)" in instructions
    assert first.startswith("coffee#")


@contextlib.contextmanager
def serving(path, *options, **environment):
    command = [sys.executable, "-m", "searchkit", "serve", "-i", f"news={path}", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | environment) as started:
        try:
            yield re.search(r"http://127\.0\.0\.1:\d+", started.stderr.readline())[0]
        finally:
            started.send_signal(signal.SIGTERM)
            started.stderr.read()


def test_the_http_server_serves_agents_too(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as made:
        made.add(NEWS)
        first = made.search("coffee", collapse=True)[0].passage
    with serving(tmp_path / "index") as address:

        async def work(client):
            found = await client.call_tool("search", {"query": "coffee"})
            return found.structured_content["results"][0]

        for mode in ("auto", "legacy"):
            found = asked(f"{address}/mcp", work, mode=mode)
            assert found["id"] == first.id
            assert found["url"].startswith(address)


def posted(address, body, method="POST", **headers):
    """Return the status and the answer to a request as it stands, of a client of the older handshake."""
    known = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    known |= {"MCP-Protocol-Version": "2025-06-18"} | {name.replace("_", "-"): value for name, value in headers.items()}
    text = body if isinstance(body, bytes) else json.dumps({"jsonrpc": "2.0", "id": 1, **body}).encode()
    with contextlib.closing(http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)) as connection:
        connection.request(method, "/mcp", text, known)
        response = connection.getresponse()
        return response.status, response.read().decode()


def result_of(answer):
    assert answer[0] == 200, answer
    return json.loads(answer[1])["result"]


def test_whoever_may_write_may_sync(tmp_path):
    behind_its_sources(tmp_path)
    call = {"method": "tools/call", "params": {"name": "sync", "arguments": {}}}
    tokens = {"SEARCHKIT_TOKEN": READER, "SEARCHKIT_WRITE_TOKEN": WRITER}
    with serving(tmp_path / "index", "--writable", **tokens) as address:
        assert posted(address, {"method": "tools/list"})[0] == 401
        offered = {
            token: {
                each["name"] for each in result_of(posted(address, {"method": "tools/list"}, **bearer(token)))["tools"]
            }
            for token in (READER, WRITER)
        }
        assert offered[WRITER] - offered[READER] == {"sync"}
        assert "Unknown tool" in posted(address, call, **bearer(READER))[1]
        done = result_of(posted(address, call, **bearer(WRITER)))["structuredContent"]
        assert done == {"added": 1, "changed": 0, "removed": 0, "failed": 0, "passages": 2}
    with serving(tmp_path / "index", **tokens) as address:
        assert "sync" not in posted(address, {"method": "tools/list"}, **bearer(WRITER))[1]


def test_what_is_no_request_of_the_protocol_is_refused(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as made:
        made.add(NEWS)
    ask = {"method": "tools/list"}
    with serving(tmp_path / "index") as address:
        assert posted(address, ask)[0] == 200
        assert [posted(address, b"", method=method)[0] for method in ("GET", "DELETE")] == [405, 405]
        assert posted(address, ask, Host="evil.example")[0] == 421
        assert posted(address, ask, Origin="http://evil.example")[0] == 403
        for status, said in (
            posted(address, b"{"),
            posted(address, b"[]"),
            posted(address, ask, MCP_Protocol_Version="1999-01-01"),
            posted(address, ask, Content_Type="text/plain"),
            posted(address, ask, Accept="text/html"),
            posted(address, {"method": "no/such"}),
            posted(address, {"method": "tools/call", "params": {"name": "search", "arguments": {"query": 3}}}),
        ):
            assert status < 500
            assert re.search("error|invalid|acceptable", said, re.IGNORECASE), (status, said)
        many = {"name": "search", "arguments": {"query": "x", "where": " or ".join(["n > 1"] * 501)}}
        refused = result_of(posted(address, {"method": "tools/call", "params": many}))
        assert refused["isError"]
        assert "looks through" in refused["content"][0]["text"]


# --- configurations ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", clients.CLIENTS)
def test_a_configuration_starts_the_server_and_keeps_what_else_there_is(client):
    arguments = ["mcp", "-i", 'a "name"=/x y']
    alone = clients.configuration(client, "/bin/searchkit", arguments)
    is_toml = clients.CLIENTS[client].file.endswith(".toml")
    read = tomllib.loads if is_toml else json.loads
    entry = read(alone)[clients.CLIENTS[client].key]["searchkit"]
    assert (entry["command"], entry["args"]) == ("/bin/searchkit", arguments)
    assert read(clients.installed("", client, "/bin/searchkit", arguments)) == read(alone)
    before = 'theme = "dark"\n' if is_toml else '{"theme": "dark"}'
    assert read(clients.installed(before, client, "/bin/searchkit", arguments)) == {"theme": "dark", **read(alone)}


def test_other_servers_stay_and_what_cannot_be_read_is_left_alone():
    before = '{"mcpServers": {"other": {"command": "x"}}}'
    assert set(json.loads(clients.installed(before, "cursor", "s", []))["mcpServers"]) == {"other", "searchkit"}
    for broken in ("// a comment\n{}", "[]", '{"mcpServers": 3}'):
        with pytest.raises(ArgumentError, match="by hand"):
            clients.installed(broken, "cursor", "s", [])
    with pytest.raises(ArgumentError, match="by hand"):
        clients.installed("[mcp_servers.searchkit]\n", "codex", "s", [])


def test_a_configuration_lies_in_the_home_or_the_project(tmp_path):
    assert clients.place("cursor", tmp_path / "home", tmp_path / "p") == tmp_path / "home" / ".cursor" / "mcp.json"
    assert clients.place("vscode", tmp_path / "home", tmp_path / "p") == tmp_path / "p" / ".vscode" / "mcp.json"
    with pytest.raises(ArgumentError, match="no client that is known"):
        clients.place("emacs", tmp_path, tmp_path)


def test_the_command_prints_or_writes_a_configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    arguments = ["mcp", "-i", f"news={tmp_path}", "--install", "cursor"]
    printed = CliRunner().invoke(app, arguments)
    entry = json.loads(printed.stdout)["mcpServers"]["searchkit"]
    assert (entry["command"], entry["args"]) == (sys.executable, ["-m", "searchkit", "mcp", "-i", f"news={tmp_path}"])
    assert not (tmp_path / ".cursor").exists()
    assert CliRunner().invoke(app, [*arguments, "--write"]).exit_code == 0
    assert json.loads((tmp_path / ".cursor" / "mcp.json").read_text()) == json.loads(printed.stdout)
    assert CliRunner().invoke(app, ["mcp", "--install", "emacs"]).exit_code == 2


def test_the_skill_is_printed():
    assert CliRunner().invoke(app, ["mcp", "--skill"]).stdout.startswith("---\nname: searchkit\n")
