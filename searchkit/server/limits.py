"""How much one request, and all of them together, may ask of a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What is refused beyond these.

    body, query, answer: bytes. seconds: of a request, of its body, of a connection's headers. running: requests that
    are answered or wait for a thread. reading: requests whose bodies arrive. queue: writes that wait for their turn at
    one index. batch_passages: that the questions of a batch may ask for. window: characters of a document's text in
    one answer.
    """

    body: int = 16 * 2**20
    query: int = 8 * 2**10
    answer: int = 256 * 2**10
    k: int = 1_000
    offset: int = 10_000
    context: int = 20
    max_tokens: int = 100_000
    batch: int = 100
    batch_passages: int = 10_000
    page: int = 1_000
    window: int = 1_000_000
    seconds: float = 30.0
    running: int = 128
    reading: int = 256
    queue: int = 32
    connections: int = 1_000
