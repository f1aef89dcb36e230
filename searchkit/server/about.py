"""What a server tells of itself: that it lives and is ready, what it counts, and how it is spoken to."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from html import escape
from typing import Any

from starlette.responses import Response

import searchkit
from searchkit.server.asking import ROOT
from searchkit.server.endpoints import INDEX_NAME, JSON, OPEN, Call, Endpoint, answer
from searchkit.server.faults import RETRY, Fault, Refusal
from searchkit.server.metrics import CONTENT_TYPE
from searchkit.server.openapi import document, statuses
from searchkit.server.schemas import TEXT, Schema, record

TOOLS: Mapping[str, tuple[str, ...]] = {  # what an agent is offered of an index: each operation, and what it may choose
    "search": ("query", "k", "where"),
    "context": ("question", "max_tokens", "where"),
    "who_said": ("name", "about", "k"),
    "documents": ("id", "start", "end", "around", "glob", "cursor"),
}
STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:CanvasText;
background:Canvas}:root{color-scheme:light dark}code,pre{font-family:ui-monospace,monospace}h2{margin-top:2.5rem}
pre{overflow:auto;padding:.7rem;border:1px solid GrayText}td{vertical-align:top;padding:.1rem 1rem .1rem 0}
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
NOT_READY = Fault(503, "not_ready", "a model is loaded, or an index cannot be read", "", None, RETRY)
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def health(_: Call) -> Response:
    """Say that the server lives."""
    return answer({"status": "ok", "version": searchkit.__version__})


async def ready(call: Call) -> Response:
    """Say that every index can be read, with its model loaded. Raises Refusal."""
    if not call.hub.is_ready:
        raise Refusal(NOT_READY)
    return answer({"ready": True})


def metrics(call: Call) -> Response:
    """Give what is counted to Prometheus."""
    hub = call.hub
    facts = {name: hub.served(name).status() for name in hub.names}
    held = {
        f"searchkit_{name}": (meaning, {index: each[key] for index, each in facts.items()})
        for name, key, meaning in (
            ("documents", "documents", "documents that an index holds"),
            ("passages", "passages", "passages that an index holds"),
            ("predicted_vectors", "drafts", "passages whose vectors are predicted"),
            ("generation", "generation", "the commit that is answered from"),
        )
    }
    queue = {name: float(hub.tasks.waiting(name)) for name in hub.names}
    return Response(
        hub.metrics.render({
            **held,
            "searchkit_queue": ("writes that are not over", queue),
            "searchkit_requests_running": ("requests that are being answered", {"": hub.running.inside}),
        }),
        media_type=CONTENT_TYPE,
    )  # fmt: skip


def tools(call: Call, table: Iterable[Endpoint], parts: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the few operations on one index that an agent chooses from, paths relative to the index."""
    call.served  # noqa: B018 - raises Refusal if there is none
    chosen = [_narrowed(each) for each in table if each.operation in TOOLS]
    root = ROOT.format(name=call.request.path_params["name"])
    return document(chosen, parts, title=f"searchkit: {call.request.path_params['name']}", server=root)


def _narrowed(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint with nothing but what an agent may choose."""
    wanted = TOOLS[endpoint.operation]
    body = endpoint.body and record(
        {name: endpoint.body["properties"][name] for name in wanted}, endpoint.body["required"]
    )
    fields = {name: getattr(endpoint, name) for name in endpoint.__slots__}
    parameters = [each for each in endpoint.parameters if each.name in wanted and each.place == "query"]
    return Endpoint(**fields | {"path": endpoint.path.removeprefix(ROOT), "body": body, "parameters": parameters})


def page(table: Iterable[Endpoint]) -> str:
    """Return the documentation as a page without a script, a picture or another host."""
    parts = "".join(part for each in table for part in _section(each))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>searchkit</title><style>{STYLE}</style>'
        f"</head><body><h1>searchkit {escape(searchkit.__version__)}</h1><p><a href='/'>Search here</a>. "
        f"The same for programs: <a href='/openapi.json'>openapi.json</a>.</p>{parts}"
        "</body></html>"
    )


def _section(endpoint: Endpoint) -> Iterator[str]:
    yield f"<h2><code>{escape(f'{endpoint.method} {endpoint.path}')}</code></h2>"
    yield f"<p>{escape(f'{endpoint.summary}. {endpoint.meaning}')}</p>"
    rows = [(each.name, each.schema, each.meaning, each.required) for each in endpoint.parameters]
    body = endpoint.body or {}
    rows += [
        (name, schema, schema.get("description", ""), name in body.get("required", ()))
        for name, schema in body.get("properties", {}).items()
    ]
    if rows:
        yield "<table>"
        for name, schema, meaning, required in rows:
            default = "" if "default" not in schema else f" Unless given: {json.dumps(schema['default'])}."
            yield f"<tr><td><code>{escape(name)}</code>{' *' if required else ''}<td>{escape(f'{meaning}.{default}')}"
        yield "</table>"
    if endpoint.method == "POST" and endpoint.media == (JSON,):
        filled = json.dumps(dict.fromkeys(body.get("required", ()), "…"), ensure_ascii=False)
        yield f"<pre>curl http://127.0.0.1:7720{escape(endpoint.path)} --json '{escape(filled)}'</pre>"
    known = [str(status) for status in (*endpoint.answers, *statuses(endpoint))]
    yield f"<p>Answers: {', '.join(known)}.</p>"


def endpoints(others: tuple[Endpoint, ...], parts: Mapping[str, Schema]) -> tuple[Endpoint, ...]:
    """Return the endpoints that tell of the server, and of the others. parts: schemas that all refer to."""
    table: list[Endpoint] = []  # with these themselves, which are known only when all are made

    def give_document(_: Call) -> dict[str, Any]:
        return document(table, parts)

    def give_page(_: Call) -> Response:
        return Response(page(table), headers={"Content-Security-Policy": POLICY}, media_type="text/html")

    own = (
        Endpoint(
            method="GET", path="/health", operation="health", handle=health, access=OPEN,
            summary="Whether the server lives",
        ),
        Endpoint(
            method="GET", path="/ready", operation="ready", handle=ready,
            summary="Whether every index can be read, with its model loaded",
        ),
        Endpoint(
            method="GET", path="/metrics", operation="metrics", handle=metrics, answers={200: TEXT}, gives="text/plain",
            summary="What is counted, for Prometheus",
        ),
        Endpoint(
            method="GET", path="/openapi.json", operation="openapi", handle=give_document, access=OPEN,
            summary="This description for programs",
        ),
        Endpoint(
            method="GET", path="/docs", operation="docs", handle=give_page, access=OPEN, answers={200: TEXT},
            gives="text/html", summary="This description as a page",
        ),
        Endpoint(
            method="GET", path=f"{ROOT}/openapi.json", operation="tools",
            handle=partial(tools, table=others, parts=parts), parameters=(INDEX_NAME,),
            summary="The few operations on one index that an agent chooses from, as Open WebUI takes them",
        ),
    )  # fmt: skip
    table += [*own, *others]
    return tuple(table)
