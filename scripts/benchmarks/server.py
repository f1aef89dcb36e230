"""A server: what a warm question costs beyond one in process, and many clients at once while documents come and go.

Latency: questions go in turn to an index in this process and to the server, several times, and of each question the
fastest counts; processor time is the mean, of both processes. Load: so many clients ask as fast as they are answered,
on connections of their own, while another puts documents in; an answer is torn if it is no JSON, lacks hits, or tells
of a commit older than one seen before on the same connection.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from scripts.benchmarks.engine import read_texts
from searchkit import Index

SEARCH, DOCUMENTS = "/v1/indexes/here/search", "/v1/indexes/here/documents"
WORKED = (200, 202)
DOCUMENTED = (*WORKED, 429, 503)


@contextmanager
def serving(index: Path) -> Iterator[tuple[int, int]]:
    """Yield the port of a server in a process of its own, and that process's id."""
    command = [sys.executable, "-m", "searchkit", "serve", "-i", f"here={index}", "--port", "0", "--writable"]
    with tempfile.TemporaryFile("w+") as log, subprocess.Popen(command, stderr=log) as process:
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", _said(log))):
            time.sleep(0.1)
        port = int(found[1])
        while post(port, SEARCH, {"query": "warm"})[0] != 200:
            time.sleep(0.1)
        try:
            yield port, process.pid
        finally:
            process.terminate()


def _said(log: object) -> str:
    log.seek(0)  # type: ignore[attr-defined]
    return str(log.read())  # type: ignore[attr-defined]


def post(port: int, path: str, body: object) -> tuple[int, bytes]:
    """Ask on a connection of its own; return status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


# --- one at a time ------------------------------------------------------------------------------------------------


def latency(index: Path, port: int, process: int, questions: list[str], rounds: int) -> None:
    """Print the medians of both ways and of their difference, and what the processor spent on a question."""
    with Index.open(index) as opened, socket.create_connection(("127.0.0.1", port)) as connection:
        requests = {asked: _request({"query": asked}) for asked in questions}
        ways: dict[str, Callable[[str], object]] = {
            "in process": opened.search,
            "over HTTP": lambda asked: _answer(connection, requests[asked]),
        }
        best: dict[str, list[float]] = {way: [float("inf")] * len(questions) for way in ways}
        work, served = dict.fromkeys(ways, 0.0), processor(process)
        for _ in range(rounds):
            for at, asked in enumerate(questions):
                for way, ask in ways.items():
                    begun, spent = time.perf_counter(), time.process_time()
                    ask(asked)
                    best[way][at] = min(best[way][at], (time.perf_counter() - begun) * 1000)
                    work[way] += (time.process_time() - spent) * 1000
        work["over HTTP"] += processor(process) - served
    print("| warm question | p50 ms | p95 ms | processor ms |\n|---|---|---|---|")
    for way, spent in best.items():
        each = work[way] / rounds / len(questions)
        print(f"| {way} | {statistics.median(spent):.2f} | {statistics.quantiles(spent, n=20)[-1]:.2f} | {each:.2f} |")
    more = [there - here for here, there in zip(*best.values(), strict=True)]
    print(f"| the difference | {statistics.median(more):.2f} | {statistics.quantiles(more, n=20)[-1]:.2f} | |")


def _request(question: dict[str, str]) -> bytes:
    """Return a question as it goes over the wire."""
    body = json.dumps(question).encode()
    return f"POST {SEARCH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _answer(connection: socket.socket, request: bytes) -> bytes:
    """Return the body of an answer."""
    connection.sendall(request)
    head, _, body = connection.recv(2**20).partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]
    while len(body) < length:
        body += connection.recv(2**20)
    return body


def processor(process: int) -> float:
    """Return the milliseconds that processors have spent on a process."""
    spent = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, spent[11:13])) / os.sysconf("SC_CLK_TCK") * 1000


# --- many at once -------------------------------------------------------------------------------------------------


async def client(
    port: int, questions: list[str], number: int, end: float, found: Counter[str], spent: list[float]
) -> None:
    """Ask until the time is over; note each answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    newest = 0
    for at in count(number):
        if time.monotonic() >= end:
            break
        begun = time.monotonic()
        writer.write(_request({"query": questions[at % len(questions)]}))
        said = (await reader.readuntil(b"\r\n\r\n")).decode()
        status = int(said.split(" ", 2)[1])
        text = await reader.readexactly(int(re.search(r"content-length: (\d+)", said)[1]))  # type: ignore[index]
        if status == 200:
            spent.append(time.monotonic() - begun)
            newest, whole = _whole(text, newest)
            found["answered" if whole else "torn"] += 1
        else:
            found[f"{status}" if status in DOCUMENTED else f"undocumented {status}"] += 1
            await asyncio.sleep(1 if status in DOCUMENTED else 0)  # as Retry-After asks
    writer.close()


def _whole(text: bytes, newest: int) -> tuple[int, bool]:
    """Return the commit that an answer tells of, and whether it is whole and no step back."""
    try:
        shape = json.loads(text)
        whole = len(shape["hits"]) == 10 and all(hit["passage"]["text"] for hit in shape["hits"])
    except (ValueError, KeyError):
        return newest, False
    return max(newest, shape["generation"]), whole and shape["generation"] >= newest


async def write(port: int, end: float, found: Counter[str]) -> None:
    """Put documents in and remove them, one write after the other."""
    for at in count():
        if time.monotonic() >= end:
            return
        items = [{"id": f"load/{at}/{number}", "text": f"Note {number} of write {at}."} for number in range(20)]
        status, _ = await asyncio.to_thread(post, port, DOCUMENTS, items)
        found[f"write {status}"] += 1
        await asyncio.sleep(0.5)


async def load(port: int, process: int, questions: list[str], clients: int, seconds: float) -> float:
    """Print what clients got; return answers a second."""
    end, found, spent = time.monotonic() + seconds, Counter[str](), list[float]()
    asking = [client(port, questions, number, end, found, spent) for number in range(clients)]
    held, *_ = await asyncio.gather(watch(process, end, seconds / 6), write(port, end, found), *asking)
    print(f"\n{clients} clients for {seconds:g} s: {dict(sorted(found.items()))}")
    if spent:
        quantiles = statistics.quantiles(spent, n=20)
        print(f"answered after p50 {statistics.median(spent):.2f} s, p95 {quantiles[-1]:.2f} s")
    print(f"memory of the server in MB, before and by sixths of the time: {', '.join(f'{each:.0f}' for each in held)}")
    return found["answered"] / seconds


async def watch(process: int, end: float, pause: float) -> list[float]:
    """Return the memory of a process as time goes by."""
    held = [memory(process)]
    while time.monotonic() < end:
        await asyncio.sleep(pause)
        held.append(memory(process))
    return held


def memory(process: int) -> float:
    """Return the resident memory of a process, in MB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def in_process(index: Path, questions: list[str], seconds: float) -> float:
    """Return how many questions a second one thread answers in this process."""
    with Index.open(index) as opened:
        opened.search("warm")
        end, done = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            opened.search(questions[done % len(questions)])
            done += 1
    return done / seconds


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path, help="a JSON-lines file with the field text")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    questions = read_texts(given.questions, given.count)
    with tempfile.TemporaryDirectory() as folder:
        index = Path(shutil.copytree(given.index, Path(folder) / "index"))
        with serving(index) as (port, process):
            latency(index, port, process, questions, given.rounds)
            alone = in_process(index, questions, given.seconds / 6)
            served = asyncio.run(load(port, process, questions, given.clients, given.seconds))
    print(f"answers a second: {served:.1f} by the server, {alone:.1f} in process by one thread")


if __name__ == "__main__":
    main()
