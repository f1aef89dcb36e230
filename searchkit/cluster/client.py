"""JSON over HTTP with an OpenSearch cluster: hosts in turn, time-outs, bounded retries, errors in our tree.

Every request that is sent may be sent again: what is written has ids and versions of our own, so that doing it twice
is doing it once. Partial answers are refused.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from searchkit.cluster.address import Address, Secrets
from searchkit.errors import BackendUnavailable, IndexNotFound, MissingExtra, StorageError
from searchkit.threads import Guard, renew_in_children

if TYPE_CHECKING:
    import urllib3

CONNECT, READ = 5.0, 60.0  # seconds
TRIES = 6  # of one request
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0  # seconds before a request is sent again; doubled each time, with full jitter
CONNECTIONS = 16  # kept open to each host
BUSY, UNAVAILABLE = 429, frozenset({429, 502, 503, 504})
LOST = (  # how the cluster says that a point in time is gone: forgotten, with the node that held it, or by that one
    "Analyzer is closed",  # what a node says that was cut off, came back, and opened its copies anew
    *("search_context_missing_exception", "no node found", "node_disconnected_exception"),
    *("node_not_connected_exception", "connect_transport_exception"),
)
CONFLICT, MISSING = 409, 404
SEARCH = {"search_type": "dfs_query_then_fetch", "allow_partial_search_results": "false"}  # global statistics
LONGEST_REASON = 300  # characters of what a cluster says

JSON = dict[str, Any]


class Refused(StorageError):
    """The cluster refuses a request: its HTTP status, the kind of its error, and why."""

    def __init__(self, message: str, status: int, kind: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


class ViewLost(BackendUnavailable):
    """A point in time is no more: it expired, or its node died. The question can be asked anew with another one."""


class Client:
    """Requests to one cluster. Safe to share among threads; a forked process makes its own connections."""

    def __init__(self, address: Address, secrets: Secrets) -> None:
        """Send nothing yet. Raises MissingExtra."""
        self.address = address
        self._secrets = secrets
        self._lock = Guard()
        self._first = 0  # the host that answered last
        self.requests = 0  # sent so far, for tests that count
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Forget all connections: in a forked process they are the parent's."""
        self._pools: list[urllib3.HTTPConnectionPool] = [self._pool(*host) for host in self.address.hosts]

    def close(self) -> None:
        """Close the connections."""
        for pool in self._pools:
            pool.close()

    def get(self, path: str, **parameters: object) -> JSON:
        """Return what is at a path. Raises Refused, IndexNotFound, BackendUnavailable."""
        return self.request("GET", path, parameters=parameters)

    def request(
        self, method: str, path: str, body: object = None, *, parameters: Mapping[str, object] | None = None
    ) -> JSON:
        """Send one request until it is answered; return the answer. body: JSON-ready; lines of JSON; a list of those.

        Raises Refused, IndexNotFound, BackendUnavailable.
        """
        content = None if body is None else _content(body)
        kind = "application/x-ndjson" if isinstance(body, list | str) else "application/json"
        query = "&".join(f"{name}={value}" for name, value in (parameters or {}).items())
        where = f"/{path}?{query}" if query else f"/{path}"
        said, is_started = "", False
        for tried in range(TRIES):
            wait(tried)
            status, answer, said = self._send(method, where, content, kind)
            if not is_started and _is_unknown(answer):  # a node that just started says so of any index
                is_started = self._is_started()
                continue
            if status and (status not in UNAVAILABLE or _is_lost(answer)):
                return answer if status < 400 else self._refuse(status, answer)
        raise BackendUnavailable(f"{self.address} does not answer ({said}); it was asked {tried + 1} times. Try again.")

    def search(self, body: JSON, index: str = "") -> JSON:
        """Return the whole answer of a search: with a point in time in the body, or in an index.

        Raises ViewLost, Refused, BackendUnavailable; partial answers are refused.
        """
        path = f"{index}/_search" if index else "_search"
        return self.checked(self.request("POST", path, body, parameters=SEARCH))

    def msearch(self, bodies: Sequence[JSON], index: str = "") -> list[JSON]:
        """Return the whole answers of several searches that are sent as one, in order. Raises as `search`."""
        head = {**SEARCH, "allow_partial_search_results": False} | ({"index": index} if index else {})
        lines = [line for body in bodies for line in (head, body)]
        return [self.checked(answer) for answer in self.request("POST", "_msearch", lines)["responses"]]

    def count(self, index: str, query: JSON) -> int:
        """Return how many rows match a query. Raises Refused, IndexNotFound, BackendUnavailable."""
        return int(self.checked(self.request("POST", f"{index}/_count", {"query": query}))["count"])

    def checked(self, answer: JSON) -> JSON:
        """Return a search's answer if it is whole. Raises ViewLost, Refused, BackendUnavailable."""
        if "error" in answer:
            self._refuse(int(answer.get("status", 500)), answer)
        shards = answer.get("_shards", {})
        if answer.get("timed_out") or shards.get("failed"):
            raise BackendUnavailable(
                f"{self.address} answered for {shards.get('successful', 0)} of {shards.get('total', 0)} shards only; "
                "an answer from a part is none. Try again."
            )
        return answer

    def _send(self, method: str, where: str, content: bytes | None, kind: str) -> tuple[int, JSON, str]:
        """Send a request once, to the host that answered last; return status, answer and what went wrong.

        Status 0: no answer came.
        """
        import urllib3  # noqa: PLC0415 - an extra

        with self._lock:
            at = self._first % len(self._pools)
            pool = self._pools[at]
            self.requests += 1
        try:
            answer = pool.urlopen(
                method,
                where,
                body=content,
                headers=self._headers | {"content-type": kind},
                retries=False,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            self._turn(at)
            return 0, {}, f"{self.address.hosts[at]}: {type(error).__name__}"
        if answer.status in UNAVAILABLE:
            self._turn(at)
        try:
            found = json.loads(answer.data) if answer.data else {}
        except ValueError:
            found = {"error": answer.data[:LONGEST_REASON].decode(errors="replace")}
        found = found if isinstance(found, dict) else {"items": found}
        return answer.status, found, f"HTTP {answer.status}, {': '.join(filter(None, _reason(found)))}"

    def _is_started(self) -> bool:
        """Tell whether the cluster has a manager and knows its indexes."""
        status, answer, _ = self._send("GET", "/_cluster/state/blocks", None, "application/json")
        return status not in {0, *UNAVAILABLE} and not answer.get("blocks", {}).get("global")

    def _turn(self, at: int) -> None:
        """Go to the next host, unless another thread has gone already."""
        with self._lock:
            if self._first % len(self._pools) == at:
                self._first = at + 1

    def _refuse(self, status: int, answer: JSON) -> NoReturn:
        kind, reason = _reason(answer)
        if _is_lost(answer):
            raise ViewLost(f"{self.address} lost the state that a question was asked of. Ask again.")
        if _is_unknown(answer):
            raise IndexNotFound(f"no index at {self.address}. Make one with: searchkit index FOLDER -i {self.address}")
        if status in (401, 403):
            raise Refused(f"{self.address} lets us not do this: {reason or kind or status}.", status, kind)
        if status in UNAVAILABLE or status >= 500:
            raise BackendUnavailable(f"{self.address} cannot answer: {kind or status}: {reason}. Try again.")
        raise Refused(f"{self.address} refuses a request (HTTP {status}): {kind}: {reason}", status, kind)

    @property
    def _headers(self) -> dict[str, str]:
        from urllib3 import make_headers  # noqa: PLC0415 - an extra

        found = {"accept": "application/json", "accept-encoding": "gzip"}
        if self._secrets.api_key:
            return found | {"authorization": f"ApiKey {self._secrets.api_key}"}
        if self.address.user:
            return found | make_headers(basic_auth=f"{self.address.user}:{self._secrets.password}")
        return found

    def _pool(self, host: str, port: int) -> urllib3.HTTPConnectionPool:
        try:
            import urllib3  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtra(
                "an index on a cluster needs the package urllib3. Run: pip install 'searchkit[opensearch]'"
            ) from error
        timeout = urllib3.Timeout(connect=CONNECT, read=READ)
        if not self.address.tls:
            return urllib3.HTTPConnectionPool(host, port, timeout=timeout, maxsize=CONNECTIONS)
        return urllib3.HTTPSConnectionPool(
            host,
            port,
            timeout=timeout,
            maxsize=CONNECTIONS,
            cert_reqs="CERT_REQUIRED",
            ca_certs=self._secrets.certificates,
        )


def every_hit(search: Callable[[JSON], JSON], body: JSON, size: int) -> Iterator[JSON]:
    """Yield the hits of a search with a sort to the last, so many at a time."""
    after: JSON = {}
    while True:
        hits = search(body | {"size": size, "track_total_hits": False} | after)["hits"]["hits"]
        yield from hits
        if len(hits) < size:
            return
        after = {"search_after": hits[-1]["sort"]}


def wait(tried: int) -> None:
    """Wait before something is tried once more, after so many times: longer each time, and never as long as others."""
    if tried:
        time.sleep(random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2**tried)))  # noqa: S311 - jitter


def _content(body: object) -> bytes:
    """Return a request's body: a JSON-ready value; a list of them as lines; or lines as they are."""
    if isinstance(body, str):
        return body.encode()
    return "".join(f"{json.dumps(each)}\n" for each in (body if isinstance(body, list) else [body])).encode()


def _is_lost(answer: Mapping[str, Any]) -> bool:
    """Tell whether an error says that a point in time is no more."""
    said = json.dumps(answer.get("error", ""))
    return any(each in said for each in LOST)


def _is_unknown(answer: Mapping[str, Any]) -> bool:
    """Tell whether an error says that there is no such index."""
    return _reason(answer)[0] in ("index_not_found_exception", "aliases_not_found_exception")


def _reason(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kind of an error, of its cause where that says more, and why."""
    error = answer.get("error") or {}
    if isinstance(error, str):
        return "", error[:LONGEST_REASON]
    causes = error.get("root_cause") or error.get("failed_shards") or [error]
    cause = causes[0].get("reason", causes[0]) if isinstance(causes[0].get("reason"), dict) else causes[0]
    return str(cause.get("type", "")), str(cause.get("reason", ""))[:LONGEST_REASON]
