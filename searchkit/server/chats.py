"""What chat applications already speak: Dify's external knowledge, OpenAI's search of vector stores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from searchkit.integrations.filters import JOINS, condition
from searchkit.queries.filters import AnyOf, Exists, Filter, Not
from searchkit.server import schemas
from searchkit.server.endpoints import Call, Endpoint, Parameter
from searchkit.server.faults import Fault, Refusal
from searchkit.server.limits import RequestLimits
from searchkit.server.schemas import LOOSE, TEXT, array, nullable, record
from searchkit.types import Hit

MOST_CONDITIONS = 100
SCALAR = (TEXT, {"type": "number"}, schemas.FLAG)
VALUE = {"anyOf": [*SCALAR, array({"anyOf": [*SCALAR]}, maxItems=1_000)]}

# --- Dify: docs.dify.ai, "External Knowledge API" -----------------------------------------------------------------

DIFY_ERRORS = {401: 1002, 403: 1002, 404: 2001}  # by status; 1001 is for headers that cannot be read
DIFY_SIGNS = {
    "is": "=", "is not": "!=", "=": "=", "≠": "!=", "in": "in", "not in": "not in", "contains": "contains",
    ">": ">", "<": "<", "≥": ">=", "≤": "<=", "before": "<", "after": ">",
}  # fmt: skip
DIFY_OPERATORS = (*DIFY_SIGNS, "not contains", "start with", "end with", "empty", "not empty")


def retrieval(call: Call) -> dict[str, Any]:
    """Answer Dify; the score is the confidence, which compares between questions as its threshold expects."""
    given, setting = call.given, call.given["retrieval_setting"]
    served = call.hub.served(given["knowledge_id"])
    where: Any = _dify_filter(given)
    threshold = setting.get("score_threshold") or 0.0
    results = served.index.search(given["query"], setting["top_k"], min_confidence=threshold, where=where)
    return {
        "records": [
            {
                "content": hit.passage.shown_text,
                "score": hit.confidence,
                "title": hit.passage.title or hit.passage.doc_id,
                "metadata": served.metadata(hit.passage.metadata)
                | {"id": hit.passage.id, "url": served.placed(hit.to_dict(), call.base)["url"]},
            }
            for hit in results
        ]
    }


def dify_error(found: Fault) -> dict[str, Any]:
    """Return an error as Dify shows it, with our own shape beside."""
    said = found.message + (f"; {found.hint}" if found.hint else "")
    return {"error_code": DIFY_ERRORS.get(found.status, found.status), "error_msg": said, **found.to_dict()}


def _dify_filter(given: Mapping[str, Any]) -> Filter | None:
    """Return Dify's conditions as a filter; several names of one condition mean any of them. Raises Refusal."""
    found = given.get("metadata_condition")
    if not found or not found["conditions"]:
        return None
    parts = []
    for each in found["conditions"]:
        names = each["name"] if isinstance(each["name"], list) else [each["name"]]
        parts.append(AnyOf(tuple(_dify_condition(name, each) for name in names)))
    return JOINS[found.get("logical_operator") or "and"](parts)


def _dify_condition(name: str, given: Mapping[str, Any]) -> Filter:
    operator, value = given["comparison_operator"], given.get("value")
    if operator.endswith("empty"):
        return Not(Exists(name)) if operator == "empty" else Exists(name)
    if value is None or (operator.endswith(" with") and not isinstance(value, str)):
        raise Refusal(Fault(422, "invalid_argument", f"{operator} lacks a value that fits", "", "metadata_condition"))
    if operator == "not contains":
        return Not(condition(name, "contains", value))
    if operator.endswith(" with"):
        plain = value.replace("*", "?")
        return condition(name, "~", f"{plain}*" if operator == "start with" else f"*{plain}")
    return condition(name, DIFY_SIGNS[operator], value)


# --- OpenAI: POST /v1/vector_stores/{id}/search -------------------------------------------------------------------

OPENAI_SIGNS = {"eq": "=", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "in": "in", "nin": "not in"}
DEEPEST = 20  # filters inside each other


def vector_store_search(call: Call) -> dict[str, Any]:
    """Answer as a vector store does; of several queries, each passage counts once, by its best confidence."""
    given = call.given
    served = call.hub.served(call.request.path_params["id"])
    queries = given["query"] if isinstance(given["query"], list) else [given["query"]]
    threshold = (given.get("ranking_options") or {}).get("score_threshold") or 0.0
    where = _openai_filter(given["filters"]) if given.get("filters") else None
    wanted = given.get("max_num_results", 10)
    found = served.index.search_many(queries, wanted, where=where, min_confidence=threshold)
    best: dict[str, Hit] = {}
    for hit in sorted((hit for results in found for hit in results), key=lambda hit: (hit.rank, -hit.confidence)):
        best.setdefault(hit.passage.id, hit)
    return {
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": [
            {
                "file_id": hit.passage.doc_id,
                "filename": served.source(str(hit.passage.metadata.get("source") or hit.passage.doc_id)),
                "score": hit.confidence,
                "attributes": _attributes(served.metadata(hit.passage.metadata)),
                "content": [{"type": "text", "text": hit.passage.shown_text}],
            }
            for hit in list(best.values())[:wanted]
        ],
        "has_more": False,
        "next_page": None,
    }


def _openai_filter(given: Any, depth: int = 0) -> Filter:
    """Return a comparison, or comparisons joined by and or or, as a filter. Raises Refusal."""
    kind = given.get("type") if isinstance(given, dict) else None
    if kind in OPENAI_SIGNS and isinstance(given.get("key"), str) and "value" in given:
        schemas.require("filters.value", given["value"], VALUE)
        return condition(given["key"], OPENAI_SIGNS[kind], given["value"])
    inside = given.get("filters") if kind in ("and", "or") else None
    if not isinstance(inside, list) or not 0 < len(inside) <= MOST_CONDITIONS or depth > DEEPEST:
        raise Refusal(
            Fault(422, "invalid_argument", "filters is neither a comparison nor filters joined by and or or",
                  'write {"type": "eq", "key": NAME, "value": VALUE} or {"type": "and", "filters": [...]}', "filters")
        )  # fmt: skip
    return JOINS[str(kind)]([_openai_filter(each, depth + 1) for each in inside])


def _attributes(metadata: Mapping[str, Any]) -> dict[str, str | float | bool]:
    """Return metadata as OpenAI has it: texts, numbers and truths; lists as texts."""
    shown = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in metadata.items()}
    return {name: value for name, value in shown.items() if isinstance(value, str | int | float)}


# --- what they take and give --------------------------------------------------------------------------------------


def endpoints(limits: RequestLimits) -> tuple[Endpoint, ...]:
    """Return the endpoints of chat applications. What a later version of theirs sends besides is passed over."""
    query = TEXT | {"maxLength": limits.query}
    names = array(TEXT, minItems=1, maxItems=MOST_CONDITIONS)
    condition = record(
        {
            "name": {"anyOf": [TEXT, names]},
            "comparison_operator": TEXT | {"enum": list(DIFY_OPERATORS)},
            "value": nullable({"anyOf": [TEXT, {"type": "number"}, array(TEXT, maxItems=1_000)]}),
        },
        ["name", "comparison_operator"],
        closed=False,
    )
    conditions = record(
        {
            "logical_operator": nullable(TEXT | {"enum": ["and", "or"]}),
            "conditions": array(condition, maxItems=MOST_CONDITIONS),
        },
        ["conditions"],
        closed=False,
    )
    threshold = nullable({"type": "number", "minimum": 0, "maximum": 1})
    setting = record(
        {"top_k": {"type": "integer", "minimum": 1, "maximum": limits.k}, "score_threshold": threshold},
        ["top_k"],
        closed=False,
    )
    told = record({"content": TEXT, "score": {"type": "number"}, "title": TEXT, "metadata": LOOSE},
                  ["content", "score", "title", "metadata"], closed=False)  # fmt: skip
    return (
        Endpoint(
            method="POST", path="/retrieval", operation="dify_retrieval", handle=retrieval, shape=dify_error,
            summary="Dify's external knowledge: the knowledge's id is the index's name, the score the confidence",
            body=record(
                {"knowledge_id": TEXT, "query": query, "retrieval_setting": setting,
                 "metadata_condition": nullable(conditions)},
                ["knowledge_id", "query", "retrieval_setting"],
                closed=False,
            ),
            answers={200: record({"records": array(told)}, ["records"], closed=False)},
            faults=(404, 409),
        ),
        Endpoint(
            method="POST", path="/v1/vector_stores/{id}/search", operation="vector_store_search",
            handle=vector_store_search,
            summary="OpenAI's search of a vector store: its id is the index's name, the score the confidence",
            parameters=(Parameter(name="id", schema=TEXT, meaning="the index's name", place="path", required=True),),
            body=record(
                {
                    "query": {"anyOf": [query, array(query, minItems=1, maxItems=limits.batch)]},
                    "max_num_results": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
                    "filters": nullable(LOOSE),
                    "ranking_options": nullable(
                        record({"ranker": TEXT, "score_threshold": threshold}, closed=False)
                    ),
                    "rewrite_query": nullable(schemas.FLAG),
                },
                ["query"],
                closed=False,
            ),
            answers={200: record({"object": TEXT, "search_query": array(TEXT), "data": array(LOOSE),
                                  "has_more": schemas.FLAG, "next_page": {"type": "null"}},
                                 ["object", "search_query", "data", "has_more"], closed=False)},
            faults=(404, 409),
        ),
    )  # fmt: skip
