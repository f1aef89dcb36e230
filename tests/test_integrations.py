"""The retrievers of LangChain, LlamaIndex and Haystack find what `Index.search` finds, each in its own idiom."""

# ruff: noqa: PLC0415 - a framework is imported by its own tests

import asyncio
import json

import pytest

from searchkit import Document, Index
from searchkit.errors import ArgumentError, QueryError
from searchkit.integrations.filters import from_haystack, from_llamaindex
from searchkit.integrations.tools import run_search_tool, search_tool
from searchkit.queries.filters import matches
from tests.worlds import NEWS, WordHashEmbedder

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning")]

QUESTION = "analysts on Vietnam's exports"


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with Index.create(tmp_path_factory.mktemp("integrations") / "index", embedder=WordHashEmbedder()) as made:
        made.add(NEWS)
        made.add([Document("table", "Rivers and towns.", "Rivers", {"year": 2020, "tags": ["water", "land"]})])
        yield made


@pytest.fixture(scope="module")
def expected(index):
    return [(hit.passage.id, hit.passage.shown_text) for hit in index.search(QUESTION, 5)]


# --- LangChain --------------------------------------------------------------------------------------------


def test_langchain_finds_what_search_finds(index, expected):
    from searchkit.integrations.langchain import SearchkitRetriever

    retriever = SearchkitRetriever(index=index, k=5)
    found = retriever.invoke(QUESTION)
    assert [(each.id, each.page_content) for each in found] == expected
    assert asyncio.run(retriever.ainvoke(QUESTION)) == found
    hit = index.search(QUESTION, 5)[0]
    known = found[0].metadata
    assert (known["score"], known["confidence"]) == (hit.score, hit.confidence)
    assert (known["doc_id"], known["start"], known["end"]) == (hit.passage.doc_id, hit.passage.start, hit.passage.end)
    assert [each.id for each in retriever.invoke("rivers", where="year = 2020")] == ["table#0"]


def test_langchain_takes_a_path_and_refuses_what_search_refuses(index):
    from searchkit.integrations.langchain import SearchkitRetriever

    with Index.open(index.path, embedder=WordHashEmbedder()) as again:
        assert SearchkitRetriever(index=again).invoke(QUESTION)
    with pytest.raises(QueryError, match="mode"):
        SearchkitRetriever(index=index, options={"mode": "psychic"}).invoke(QUESTION)
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        SearchkitRetriever(index=index, k=0)


def test_langchain_documents_fill_an_index(tmp_path):
    from langchain_core.documents import Document as Theirs

    from searchkit.integrations.langchain import from_documents

    documents = [
        Theirs(id="a", page_content="Coffee from Brazil.", metadata={"title": "Coffee", "year": 2021}),
        Theirs(page_content="Tea from India.", metadata={"source": "tea.txt"}),
    ]
    with Index.create(tmp_path / "index", embedder="none") as made:
        made.add(from_documents(documents))
        assert sorted(made) == ["a", "tea.txt:2"]
        assert made.search("coffee")[0].passage.metadata["year"] == 2021
        assert made.search("coffee")[0].passage.title == "Coffee"


# --- LlamaIndex -------------------------------------------------------------------------------------------


def test_llamaindex_finds_what_search_finds_and_knows_the_neighbours(index, expected):
    from llama_index.core.schema import NodeRelationship

    from searchkit.integrations.llamaindex import SearchkitRetriever

    retriever = SearchkitRetriever(index, 5)
    found = retriever.retrieve(QUESTION)
    assert [(each.node.node_id, each.node.text) for each in found] == expected
    assert [each.score for each in found] == [hit.score for hit in index.search(QUESTION, 5)]
    again = asyncio.run(retriever.aretrieve(QUESTION))
    assert [each.node.node_id for each in again] == [each.node.node_id for each in found]
    nodes = {each.node.node_id: each.node for each in found}
    first = nodes["hanoi#0"].relationships
    assert first[NodeRelationship.SOURCE].node_id == "hanoi"
    assert first[NodeRelationship.NEXT].node_id == "hanoi#1"
    assert NodeRelationship.PREVIOUS not in first
    assert NodeRelationship.NEXT not in nodes["hanoi#1"].relationships
    document = index.get("hanoi")
    node = nodes["hanoi#0"]
    assert document.text[node.start_char_idx : node.end_char_idx] == node.text


def test_llamaindex_filters_and_documents(index, tmp_path):
    from llama_index.core.schema import Document as Theirs
    from llama_index.core.vector_stores.types import MetadataFilter, MetadataFilters

    from searchkit.integrations.llamaindex import SearchkitRetriever, from_documents

    wanted = MetadataFilters(filters=[MetadataFilter(key="year", value=2020)])
    assert [each.node.node_id for each in SearchkitRetriever(index, filters=wanted).retrieve("rivers")] == ["table#0"]
    with pytest.raises(ArgumentError, match="either filters or where"):
        SearchkitRetriever(index, filters=wanted, where="year = 2020")
    with Index.create(tmp_path / "index", embedder="none") as made:
        made.add(from_documents([Theirs(id_="a", text="Coffee from Brazil.", metadata={"year": 2021})]))
        assert made.search("coffee", where="year = 2021")[0].passage.doc_id == "a"


# --- Haystack ---------------------------------------------------------------------------------------------


def test_haystack_finds_what_search_finds_and_survives_yaml(index, expected):
    from searchkit.integrations.haystack import SearchkitRetriever

    retriever = SearchkitRetriever(index, 5)
    found = retriever.run(QUESTION)
    assert [(each.id, each.content) for each in found["documents"]] == expected
    assert found["answerable"] is index.search(QUESTION, 5).answerable
    assert asyncio.run(retriever.run_async(QUESTION)) == found
    assert [
        each.id
        for each in retriever.run("rivers", {"field": "meta.year", "operator": "==", "value": 2020})["documents"]
    ] == ["table#0"]
    kept = retriever.to_dict()
    again = SearchkitRetriever.from_dict(json.loads(json.dumps(kept)))
    assert again.to_dict() == kept
    assert kept["init_parameters"]["index"] == str(index.path)


def test_haystack_runs_in_a_pipeline_and_fills_an_index(index, tmp_path):
    from haystack import Document as Theirs
    from haystack import Pipeline

    from searchkit.integrations.haystack import SearchkitRetriever, from_documents

    pipeline = Pipeline()
    pipeline.add_component("search", SearchkitRetriever(index, 2))
    assert len(pipeline.run({"search": {"query": QUESTION}})["search"]["documents"]) == 2
    assert "SearchkitRetriever" in pipeline.dumps()
    with Index.create(tmp_path / "index", embedder="none") as made:
        made.add(from_documents([Theirs(id="a", content="Coffee from Brazil.", meta={"year": 2021})]))
        assert made.search("coffee")[0].passage.metadata["year"] == 2021


# --- filters ----------------------------------------------------------------------------------------------

DOCUMENT = Document("d", "x", "T", {"year": 2020, "tags": ["water", "land"], "name": "Mekong River"})


def leaf(field, operator, value):
    return {"field": field, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        (leaf("meta.year", "==", 2020), True),
        (leaf("year", "!=", 2020), False),
        (leaf("meta.year", ">", 2019), True),
        (leaf("meta.year", "<=", 2019), False),
        (leaf("meta.year", "in", [2019, 2020]), True),
        (leaf("meta.year", "not in", [2019, 2020]), False),
        (leaf("meta.lacking", "not in", ["a"]), True),
        ({"operator": "AND", "conditions": [leaf("year", "==", 2020), leaf("tags", "==", "land")]}, True),
        ({"operator": "OR", "conditions": [leaf("year", "==", 1), leaf("tags", "==", "land")]}, True),
        ({"operator": "NOT", "conditions": [leaf("year", "==", 2020), leaf("tags", "==", "land")]}, False),
    ],
)
def test_a_filter_of_haystack_means_the_same(given, holds):
    assert matches(from_haystack(given), DOCUMENT) is holds


@pytest.mark.parametrize(
    "given",
    [
        {},
        "year == 2020",
        {"operator": "XOR", "conditions": []},
        {"operator": "==", "field": "year"},
        leaf("year", "resembles", 2020),
        leaf("year", ">", [1]),
    ],
)
def test_a_filter_that_cannot_be_said_is_refused(given):
    with pytest.raises(QueryError):
        from_haystack(given)


@pytest.mark.parametrize(
    ("key", "operator", "value", "holds"),
    [
        ("year", "==", 2020, True),
        ("year", "!=", 2020, False),
        ("year", ">=", 2020, True),
        ("year", "in", [1, 2020], True),
        ("year", "nin", [1, 2020], False),
        ("tags", "contains", "land", True),
        ("tags", "any", ["fire", "land"], True),
        ("tags", "all", ["water", "land"], True),
        ("tags", "all", ["water", "fire"], False),
        ("name", "text_match", "River", True),
        ("lacking", "is_empty", None, True),
        ("year", "is_empty", None, False),
    ],
)
def test_a_filter_of_llamaindex_means_the_same(key, operator, value, holds):
    from llama_index.core.vector_stores.types import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

    one = MetadataFilter(key=key, operator=FilterOperator(operator), value=value)
    assert matches(from_llamaindex(one), DOCUMENT) is holds
    either = MetadataFilters(filters=[one, MetadataFilter(key="year", value=1)], condition=FilterCondition.OR)
    assert matches(from_llamaindex(either), DOCUMENT) is holds
    neither = MetadataFilters(filters=[one], condition=FilterCondition.NOT)
    assert matches(from_llamaindex(neither), DOCUMENT) is not holds


def test_what_llamaindex_can_say_and_we_cannot_is_refused():
    from llama_index.core.vector_stores.types import FilterOperator, MetadataFilter

    with pytest.raises(QueryError, match="upper and lower case"):
        from_llamaindex(MetadataFilter(key="name", operator=FilterOperator.TEXT_MATCH_INSENSITIVE, value="x"))
    with pytest.raises(QueryError, match="takes a list"):
        from_llamaindex(MetadataFilter(key="name", operator=FilterOperator.IN, value="x"))


# --- tools ------------------------------------------------------------------------------------------------


def test_a_tool_says_what_it_takes_and_answers_in_json(index):
    described = search_tool("news of Asia")["function"]
    assert "news of Asia" in described["description"]
    assert described["parameters"]["required"] == ["query"]
    assert set(described["parameters"]["properties"]) == {"query", "k", "where"}
    answer = json.loads(run_search_tool(index, json.dumps({"query": QUESTION, "k": 2})))
    results = index.search(QUESTION, 2)
    assert [each["passage_id"] for each in answer["results"]] == [hit.passage.id for hit in results]
    assert answer["answerable"] is results.answerable


@pytest.mark.parametrize(
    "arguments",
    [
        "{",
        "[]",
        "{}",
        '{"query": 3}',
        '{"query": "a", "sudo": 1}',
        '{"query": "a", "k": 0}',
        '{"query": "a", "where": "("}',
    ],
)
def test_a_call_that_makes_no_sense_gets_an_error_to_read(index, arguments):
    assert json.loads(run_search_tool(index, arguments)).keys() == {"error"}


def test_a_model_cannot_ask_for_everything(index):
    assert len(json.loads(run_search_tool(index, {"query": QUESTION, "k": 10_000}))["results"]) <= 50
