"""Questions: each endpoint takes what the method of `Index` of the same name takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from searchkit.reader import CONTEXT_HITS
from searchkit.search.checking import AnswerReport, CheckedSentence, Finding
from searchkit.search.choices import OPTIONS
from searchkit.search.context import Citation, Context
from searchkit.search.why_not import WhyNot
from searchkit.server import schemas
from searchkit.server.endpoints import INDEX_NAME, Call, Endpoint, Parameter, answer
from searchkit.server.faults import Fault, Refusal
from searchkit.server.limits import RequestLimits
from searchkit.server.schemas import LOOSE, TEXT, Schema, array, record, reference
from searchkit.types import Hit, Passage, Results, Source, Statement

ROOT = "/v1/indexes/{name}"


def search(call: Call) -> dict[str, Any]:
    """Answer a question."""
    options = _allowed(call)
    return _results(call, call.served.index.search(options.pop("query"), **options))


def search_get(call: Call) -> Response:
    """Answer a question in the address, unless the client has the answer of this commit."""
    if call.has(call.served.index.generation):
        return call.unchanged()
    results = call.served.index.search(call.given.pop("q"), **call.given)
    return answer(_results(call, results), headers=call.tagged(results.generation))


def search_batch(call: Call) -> dict[str, Any]:
    """Answer many questions. Raises Refusal for more passages than can be found in time."""
    options, most = _allowed(call), call.hub.options.limits.batch_passages
    if len(options["queries"]) * options.get("k", OPTIONS["k"].default) > most:
        raise Refusal(
            Fault(422, "invalid_argument", f"k times the number of queries must be at most {most:,}", "", "k")
        )
    found = call.served.index.search_many(options.pop("queries"), **options)
    return {"results": [_results(call, each) for each in found]}


def similar(call: Call) -> dict[str, Any]:
    """Find what is like a document or passage."""
    options = _allowed(call)
    return _results(call, call.served.index.similar(options.pop("id"), **options))


def context(call: Call) -> dict[str, Any]:
    """Fill a context."""
    options = _allowed(call)
    made = call.served.index.context(options.pop("question"), **options)
    shape = made.to_dict()
    return shape | {"citations": [call.served.placed(each, call.base) for each in shape["citations"]]}


def check(call: Call) -> dict[str, Any]:
    """Compare an answer with what it cites."""
    return call.served.index.check(call.given["answer"], call.given["context"]).to_dict()


def who_said(call: Call) -> dict[str, Any]:
    """List statements."""
    found = call.served.index.who_said(call.given.pop("name"), **call.given)
    return {"statements": [call.served.placed(each.to_dict(), call.base) for each in found]}


def why_not(call: Call) -> dict[str, Any]:
    """Follow a passage through a search."""
    options = _allowed(call)
    return call.served.index.why_not(options.pop("passage_id"), options.pop("query"), **options).to_dict()


def _results(call: Call, results: Results) -> dict[str, Any]:
    shape = results.to_dict()
    return shape | {"hits": [call.served.placed(each, call.base) for each in shape["hits"]]}


def _allowed(call: Call) -> dict[str, Any]:
    """Return the options of a question. Raises Refusal for those that would write to an index that is only read."""
    if call.given.get("upgrade") and not call.hub.options.writable:
        raise Refusal(
            Fault(403, "read_only", "upgrade keeps what it computes in the index, and this server only reads",
                  "leave it out, or start the server with --writable", "upgrade")
        )  # fmt: skip
    return dict(call.given)


# --- what they take and give --------------------------------------------------------------------------------------

PLACED = {"url": TEXT | {"description": "the passage on the server's page"}}


def endpoints(limits: RequestLimits) -> tuple[Endpoint, ...]:
    """Return the endpoints of questions."""
    query: Schema = TEXT | {"maxLength": limits.query, "description": "a question, or an advanced query"}
    asked = schemas.options(limits)
    histories = array(schemas.CONVERSATION, maxItems=limits.batch, description="one conversation for each query")
    filled = {**asked, "k": asked["k"] | {"default": CONTEXT_HITS}, "collapse": asked["collapse"] | {"default": True}}
    alike = {name: shape for name, shape in asked.items() if name != "history"}
    return (
        Endpoint(
            method="POST", path=f"{ROOT}/search", operation="search", handle=search,
            summary="Find the passages that answer a question, best first",
            meaning="answerable false means that the index seems to hold no answer. Scores compare within one result, "
            "confidences between questions.",
            parameters=(INDEX_NAME,), body=record({"query": query, **asked}, ["query"]),
            answers={200: reference("Results")}, faults=(409,),
        ),
        Endpoint(
            method="GET", path=f"{ROOT}/search", operation="search_get", handle=search_get,
            summary="The same with a question in the address",
            parameters=(
                INDEX_NAME,
                Parameter(name="q", schema=query, meaning="a question, or an advanced query", required=True),
                Parameter(name="k", schema=asked["k"], meaning="how many passages to return"),
                Parameter(name="where", schema=TEXT, meaning="a filter, applied before ranking"),
            ),
            answers={200: reference("Results"), 304: {}}, faults=(409,),
        ),
        Endpoint(
            method="POST", path=f"{ROOT}/search:batch", operation="search_batch", handle=search_batch,
            summary="Answer many questions at once, each as by itself",
            meaning=f"All together may ask for {limits.batch_passages:,} passages.",
            parameters=(INDEX_NAME,),
            body=record({"queries": array(query, maxItems=limits.batch), **asked, "history": histories}, ["queries"]),
            answers={200: record({"results": array(reference("Results"))}, ["results"], closed=False)}, faults=(409,),
        ),
        Endpoint(
            method="POST", path=f"{ROOT}/similar", operation="similar", handle=similar,
            summary="Find passages of other documents that are like a document or passage, most alike first",
            parameters=(INDEX_NAME,),
            body=record(
                {"id": TEXT | {"maxLength": limits.query, "description": "of a document or passage"}, **alike}, ["id"]
            ),
            answers={200: reference("Results")}, faults=(409,),
        ),
        Endpoint(
            method="POST", path=f"{ROOT}/context", operation="context", handle=context,
            summary="Passages for a prompt, within a budget of tokens, with citations",
            meaning="Empty where the index seems to hold no answer.",
            parameters=(INDEX_NAME,),
            body=record(
                {
                    "question": query,
                    "max_tokens": {"type": "integer", "minimum": 1, "maximum": limits.max_tokens, "default": 1500,
                                   "description": "of the index's model, that the context may have"},
                    **filled,
                },
                ["question"],
            ),
            answers={200: reference("Context")}, faults=(409,),
        ),
        Endpoint(
            method="POST", path=f"{ROOT}/check", operation="check", handle=check,
            summary="Compare an answer with the passages that it cites, as the index has them now",
            meaning="Says which markers have no citation, which statements cite nothing, and what is not borne out.",
            parameters=(INDEX_NAME,),
            body=record(
                {
                    "answer": TEXT | {"maxLength": limits.answer, "description": "with markers such as [1]"},
                    "context": LOOSE | {"description": "what context gave for the question"},
                },
                ["answer", "context"],
            ),
            answers={200: reference("AnswerReport")}, faults=(409,),
        ),
        Endpoint(
            method="POST", path=f"{ROOT}/who-said", operation="who_said", handle=who_said,
            summary="What somebody said, each statement with its place",
            parameters=(INDEX_NAME,),
            body=record(
                {
                    "name": query | {"description": "words of the speaker's name"},
                    "about": schemas.nullable(query | {"description": "only claims about this, best first"}),
                    "k": asked["k"],
                    "only_about": schemas.FLAG | {"description": "leave out statements without any word of about"},
                },
                ["name"],
            ),
            answers={200: record({"statements": array(reference("Statement"))}, ["statements"], closed=False)},
            faults=(409,),
        ),
        Endpoint(
            method="POST", path=f"{ROOT}/why-not", operation="why_not", handle=why_not,
            summary="Why a passage is not among the hits of a question, and what would bring it in",
            parameters=(INDEX_NAME,),
            body=record(
                {"passage_id": TEXT | {"maxLength": limits.query}, "query": query, **asked}, ["passage_id", "query"]
            ),
            answers={200: reference("WhyNot")}, faults=(409,),
        ),
    )  # fmt: skip


def components() -> dict[str, Schema]:
    """Return the schemas of what answers hold, by name."""
    placed: Sequence[type] = (Hit, Statement, Citation)
    plain: Sequence[type] = (Passage, Source, Context, WhyNot, Finding, CheckedSentence)
    return {
        **{kind.__name__: schemas.component(kind, **PLACED) for kind in placed},
        **{kind.__name__: schemas.component(kind) for kind in plain},
        "AnswerReport": schemas.component(AnswerReport, ok=schemas.FLAG),
        "Results": schemas.component(Results, answerable=schemas.FLAG),
    }
