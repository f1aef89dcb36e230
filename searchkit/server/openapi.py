"""The OpenAPI document: all that the endpoints say of themselves, and no word of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import searchkit
from searchkit.server.endpoints import OPEN, Endpoint, Parameter
from searchkit.server.schemas import TEXT, Schema, nullable, record, reference

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ANY_FAULTS = (400, 403, 404, 405, 421, 422, 429, 500, 503)  # statuses that any request can be refused with
BODY_FAULTS = (408, 413, 415)
ERROR = record(
    {"error": record({"code": TEXT, "message": TEXT, "hint": TEXT, "param": nullable(TEXT)},
                     ["code", "message", "hint", "param"], closed=False)}, ["error"], closed=False
)  # fmt: skip


def document(
    endpoints: Iterable[Endpoint], components: Mapping[str, Schema], *, title: str = "searchkit", server: str = "/"
) -> dict[str, Any]:
    """Return the document. components: schemas that the endpoints refer to. server: what paths are relative to."""
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": title,
            "version": searchkit.__version__,
            "description": "Search in the passages of local documents. Errors have one shape, see `Error`.",
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Error": ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def statuses(endpoint: Endpoint) -> list[int]:
    """Return the statuses of errors that an endpoint can answer with."""
    found = {*ANY_FAULTS, *endpoint.faults}
    if endpoint.access != OPEN:
        found.add(401)
    return sorted(found | set(BODY_FAULTS if endpoint.body is not None else ()))


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    refusals = {str(status): _answer(status, reference("Error")) for status in statuses(endpoint)}
    given = {str(status): _answer(status, schema, endpoint.gives) for status, schema in endpoint.answers.items()}
    shape: dict[str, Any] = {
        "operationId": endpoint.operation,
        "summary": endpoint.summary,
        "description": f"{endpoint.summary}. {endpoint.meaning}".strip(),
        "parameters": [_parameter(each) for each in endpoint.parameters],
        "responses": {**given, **refusals},
        "security": [] if endpoint.access == OPEN else [{"token": []}, {}],
    }
    if endpoint.body is not None:
        shape["requestBody"] = _body(endpoint.body, endpoint.media)
    return shape


def _body(schema: Schema, media: Sequence[str]) -> dict[str, Any]:
    kinds = {kind: {"schema": schema if kind == media[0] else TEXT} for kind in media}
    return {"required": bool(schema.get("required")) or schema.get("type") == "array", "content": kinds}


def _parameter(found: Parameter) -> dict[str, Any]:
    return {
        "name": found.name, "in": found.place, "required": found.required, "schema": found.schema,
        "description": found.meaning,
    }  # fmt: skip


def _answer(status: int, schema: Schema, media: str = "application/json") -> dict[str, Any]:
    said = {"description": HTTPStatus(status).phrase}
    return said | ({"content": {media: {"schema": schema}}} if schema or status == 200 else {})
