"""Requests that mean harm, against a server that runs: paths, headers, bodies, Unicode, slow clients.

Run: python -m tests.hostile [COUNT [SEED]]. Every one must end in a documented answer, and none may show a file that is
not indexed.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from searchkit import Document, Index
from searchkit.server.application import table
from searchkit.server.config import ServerOptions
from searchkit.server.endpoints import Endpoint
from searchkit.server.hub import Hub
from searchkit.server.limits import RequestLimits
from tests.served import listening

HIDDEN = "the text that nobody indexed"
DOCUMENTED = {200, 202, 204, 304, 400, 403, 404, 405, 408, 413, 415, 421, 422, 429, 503}
AT_ONCE = 16
ENDPOINTS = table(RequestLimits())
STEPS = (
    "..",
    "%2e%2e",
    "..%2f",
    "%252e%252e",
    "....//",
    "..\\",
    "%00",
    "%c0%ae%c0%ae",
    "etc/passwd",
    "secret.txt",
    "news",
)
STRINGS = (
    "", "x", "../secret.txt", "/etc/passwd", "press/../secret.txt", "press/tea.txt", "\0", "\ud800", "é" * 4000,
    "x" * 9000, "'; DROP TABLE documents; --", '"', "\\", "(" * 2000, "a AND " * 500, "*" * 300, "?*" * 200,
    "title:" * 100, "~" * 99, "[" * 500, "date:[2024 TO", "\u202e\u0301\ufeff", "💩" * 500, "%s%n{0}{{", "NaN", "-1",
    "1e999", "true", "\r\nX-Evil: 1", "section = ((((", "a.b.c = 1", "date >= 9999-99-99", 'x ~ "' + "*a" * 400 + '"',
    "<script>alert(1)</script>", "title contains a or " * 1_000 + "x = 1", 'path = "' + "*a?" * 300 + '"',
)  # fmt: skip
HOSTS = (
    "localhost",
    "127.0.0.1:7720",
    "evil.example",
    "",
    "[::1]",
    "localhost\tx",
    "a" * 3000,
    "127.0.0.1@evil.example",
)
HEADERS = (
    "Origin: http://evil.example", "Origin: null", "Authorization: Bearer " + "x" * 5000, "Authorization: \xff",
    "If-None-Match: *", "Content-Length: -1", "Content-Length: 99999999999", "Content-Length: 1e3",
    "Transfer-Encoding: chunked", "Expect: 100-continue", "X-Request-ID: \x80\x81", "X-Request-ID: a\x0bb",
    "Last-Event-ID: -5", "Connection: upgrade\r\nUpgrade: websocket", "Range: bytes=0-", "X-Forwarded-For: 127.0.0.1",
    "Cookie: " + "a=b;" * 2000, "X-HTTP-Method-Override: DELETE", ": empty", "no colon", "A" * 70_000 + ": x",
    "Content-Type: text/html", "Content-Type: application/json; charset=utf-16", "Content-Encoding: gzip",
    "Accept: */*;q=nan",
)  # fmt: skip
METHODS = (
    "GET",
    "POST",
    "DELETE",
    "PUT",
    "PATCH",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "GET\0",
    "get",
    "PROPFIND",
    "",
)
NAMES = ("query", "k", "__class__", "self", "")
QUERIES = ("q", "k", "where", "id", "start", "end", "around", "glob", "cursor", "limit", "replace", "x")


def value(draw: random.Random, depth: int = 0) -> object:
    """Draw a value of JSON."""
    kind = draw.randrange(9 if depth < 4 else 7)
    if kind < 4:
        return draw.choice(STRINGS)
    if kind < 7:
        return draw.choice((0, 1, -1, 10, 10**6, 10**400, 0.5, -0.0, 1e308, True, False, None))
    if kind == 7:
        return [value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {draw.choice(NAMES): value(draw, depth + 1) for _ in range(draw.randrange(4))}


def body(draw: random.Random, endpoint: Endpoint) -> bytes:
    """Draw a body: most are JSON that could mean something."""
    known = (endpoint.body or {}).get("properties", {})
    if draw.random() < 0.7:
        wanted = {name: draw.choice(STRINGS) for name in (endpoint.body or {}).get("required", ())}
        names = draw.sample([*known, *NAMES], draw.randrange(4))
        return json.dumps(wanted | {name: value(draw) for name in names}).encode()
    if draw.random() < 0.5:
        return json.dumps(value(draw)).encode()
    deep = (b"[" * 50_000, b'{"query":' * 5_000)
    return draw.choice((b"", b"\0", *deep, b"\xff\xfe{}", draw.randbytes(500), b"1" * 5_000, b"x" * 300_000))


def quoted(draw: random.Random, text: str) -> str:
    """Return a text for an address, sometimes as it is."""
    raw = text.encode("utf-8", "surrogatepass")
    return "".join(f"%{byte:02x}" for byte in raw) if draw.random() < 0.9 else raw.decode("latin-1")


def drawn(draw: random.Random) -> bytes:
    """Draw a request as it goes over the wire: most reach an endpoint."""
    endpoint = draw.choice(ENDPOINTS)
    method, path = endpoint.method, endpoint.path.format(name="news", id="news")
    if draw.random() < 0.15:
        path += "/" + "/".join(draw.choice(STEPS) for _ in range(draw.randrange(1, 6)))
    if method != "POST" or draw.random() < 0.1:
        given = (f"{draw.choice(QUERIES)}={quoted(draw, draw.choice(STRINGS))}" for _ in range(draw.randrange(4)))
        path += "?" + "&".join(given)
    method = draw.choice(METHODS) if draw.random() < 0.1 else method
    host = draw.choice(HOSTS) if draw.random() < 0.1 else "localhost"
    sent = body(draw, endpoint) if method == "POST" or draw.random() < 0.1 else b""
    headers = [f"Host: {host}", "Connection: close", *draw.sample(HEADERS, draw.choice((0, 0, 0, 1, 2)))]
    if sent and draw.random() < 0.95:
        headers += [f"Content-Length: {len(sent)}", "Content-Type: application/json"]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *headers, "", ""]).encode("latin-1") + sent


async def ask(port: int, draw: random.Random, request: bytes) -> tuple[int, bytes]:
    """Send a request, now and then slowly, and not always to its end; return the status, 0 for none, and the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        if draw.random() < 0.1:
            request = request[: draw.randrange(len(request))]
        if draw.random() < 0.1:
            for at in range(0, min(len(request), 200), 20):
                writer.write(request[at : at + 20])
                await asyncio.sleep(0.01)
            request = request[200:]
        writer.write(request)
        if draw.random() < 0.1:
            writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 60)
    except OSError:
        answer = b""
    finally:
        writer.close()
    answer = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    return (int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0), answer


async def attack(port: int, count: int, seed: int) -> tuple[Counter[int], list[str]]:
    """Send requests; return how often each status came, and what should not have been."""
    draw, statuses, wrong = random.Random(seed), Counter(), []

    async def some(number: int) -> None:
        for _ in range(number):
            request = drawn(draw)
            status, answer = await ask(port, draw, request)
            statuses[status] += 1
            if (status and status not in DOCUMENTED) or HIDDEN.encode() in answer or b"root:" in answer:
                wrong.append(f"{status}: {request[:300]!r}: {answer[:300]!r}")

    await asyncio.gather(*(some(count // AT_ONCE) for _ in range(AT_ONCE)))
    return statuses, wrong


def run(count: int, seed: int) -> tuple[Counter[int], list[str]]:
    """Serve a small index that may be written, and attack it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "press").mkdir()
        (home / "press" / "tea.txt").write_text("Tea was picked in Hanoi.")
        (home / "secret.txt").write_text(HIDDEN)
        with Index.create(home / "index", embedder="none") as index:
            index.sync(home / "press")
            index.add([Document("posted", "Coffee was drunk.", metadata={"source": str(home / "secret.txt")})])
        options = ServerOptions(
            indexes={"news": home / "index"}, writable=True, limits=RequestLimits(seconds=5, body=200_000)
        )
        with listening(Hub(options)) as port:
            found = asyncio.run(attack(port, count, seed))
            after, answer = asyncio.run(
                ask(port, random.Random(1), b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            )
            assert after == 200, answer
        return found


def main() -> None:
    count, seed = (int(sys.argv[at]) if len(sys.argv) > at else default for at, default in ((1, 10_000), (2, 0)))
    statuses, wrong = run(count, seed)
    print(f"{sum(statuses.values()):,} requests; by status: {dict(sorted(statuses.items()))} (0: the client gave up)")
    sys.exit("\n".join(wrong) or None)


if __name__ == "__main__":
    main()
