"""The Model Context Protocol: indexes as tools, resources and a prompt that an agent finds its way by.

`search` and `fetch` have the shapes that ChatGPT's connectors expect: results with id, title and url, and a document
with id, title, text, url and metadata.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from searchkit import __version__
from searchkit.errors import MissingExtra, SearchkitError
from searchkit.index import Index
from searchkit.types import Document, Hit, Passage

try:
    from anyio import to_thread
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
    from mcp.server.mcpserver.resources import ResourceSecurity
    from mcp.types import ToolAnnotations
    from typing_extensions import TypedDict  # pydantic's, before Python 3.12
except ImportError as error:
    raise MissingExtra("the MCP SDK is not installed. Run: pip install 'searchkit[mcp]'") from error

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
UrlOf = Callable[[str, str], str]
Work = Callable[[Callable[[], Any]], Awaitable[Any]]
Sync = Callable[[str, Index], Awaitable[Mapping[str, Any]]]

MOST_PASSAGES = 50
MOST_CHARACTERS = 20_000  # of a document, in one answer
MOST_DOCUMENTS = 200
SYNCED = ("added", "changed", "removed", "failed", "passages")  # what is counted of a sync
READING = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
WRITING = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)


class FoundPassage(TypedDict):
    """A passage that fits a question."""

    id: str
    title: str
    url: str
    text: str
    section: str
    date: str
    line: int
    page: int | None
    confidence: float


class SearchAnswer(TypedDict):
    """What a search found, best first. answerable: whether the index seems to hold an answer at all."""

    results: list[FoundPassage]
    answerable: bool
    warnings: list[str]


class FetchedText(TypedDict):
    """A document or passage, from `start` on. next_start: where to go on, None at the end."""

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, Any]
    start: int
    next_start: int | None


class CitedPassage(TypedDict):
    """A passage in a context."""

    marker: str
    id: str
    title: str
    url: str


class PromptContext(TypedDict):
    """Passages to answer from, each under a marker such as [1]; empty if nothing was found.

    understood: how the question was read with the turns before it, None if it stands alone.
    """

    text: str
    citations: list[CitedPassage]
    confidence: float
    understood: str | None


class ConversationTurn(TypedDict):
    """What was said before. role: user or assistant."""

    role: str
    content: str


class StatementSaid(TypedDict):
    """What somebody said."""

    speaker: str
    claim: str
    id: str
    title: str
    url: str


class DocumentList(TypedDict):
    """Ids of documents. more: how many there are besides."""

    documents: list[str]
    more: int


def resource_url(index: str, item_id: str) -> str:
    """Return where a document or passage is found where no page shows it: as a resource of this server."""
    return f"searchkit://{index}/{item_id}"


class Served:
    """Indexes by name, and what the tools do with them; ids bear an index's name where there are several."""

    def __init__(self, indexes: Mapping[str, Index], url_of: UrlOf = resource_url) -> None:
        self.indexes = dict(indexes)
        self.url_of = url_of

    def index(self, name: str | None) -> tuple[str, Index]:
        """Return an index by name at its newest commit; None stands for the only one."""
        if name is None and len(self.indexes) == 1:
            name = next(iter(self.indexes))
        if name not in self.indexes:
            raise ToolError(f"name one of the indexes: {', '.join(self.indexes)}")
        found = self.indexes[name]
        found.reload()
        return name, found

    def told(self, name: str, item_id: str) -> str:
        """Return an id as agents see it."""
        return item_id if len(self.indexes) == 1 else f"{name}:{item_id}"

    def meant(self, told: str) -> tuple[str, Index, str]:
        """Return the index and the id that an agent's id means."""
        if len(self.indexes) == 1:
            return *self.index(None), told
        name, _, item_id = told.partition(":")
        return *self.index(name), item_id

    def passage(self, name: str, hit: Hit) -> FoundPassage:
        """Return a hit as agents see it."""
        found = hit.passage
        return FoundPassage(
            id=self.told(name, found.id), title=found.title or found.doc_id, url=self.url_of(name, found.id),
            text=found.shown_text, section=found.section, date=str(found.metadata.get("date") or "")[:10],
            line=found.line, page=found.page, confidence=round(hit.confidence, 3),
        )  # fmt: skip


async def sync_here(_: str, index: Index) -> Mapping[str, Any]:
    """Sync an index in this process; return how many documents were added, changed and removed, and so on."""
    done = await to_thread.run_sync(index.sync)
    return {name: len(getattr(done, name)) for name in SYNCED[:-1]} | {"passages": done.passages}


def server(
    indexes: Mapping[str, Index],
    *,
    url_of: UrlOf = resource_url,
    work: Work = to_thread.run_sync,
    sync: Sync | None = None,
) -> MCPServer[Any]:
    """Return a server for these indexes by name.

    work: does what takes a while in a thread. sync: what the tool of this name does, which is not offered without.
    """
    served = Served(indexes, url_of)
    made: MCPServer[Any] = MCPServer(
        "searchkit", title="searchkit", version=__version__, instructions=_instructions(served), log_level="WARNING"
    )
    for tool in (_search, _fetch, _context, _who_said, _list_documents, _status):
        made.add_tool(_told(_worked(tool(served), work)), annotations=READING)
    if sync is not None:
        made.add_tool(_told(_sync(served, sync)), annotations=WRITING)
    _add_resources(made, served)
    _add_prompt(made)
    return made


def _instructions(served: Served) -> str:
    held = []
    for name, index in served.indexes.items():
        facts = index.status()
        held.append(f"{name} ({facts['documents']:,} documents, {facts['passages']:,} passages)")
    return (
        f"Search over: {', '.join(held)}. Call `search` before answering from memory; read on with `fetch`. If "
        "`answerable` is false, the answer is not there: rephrase once, then say so. Cite passages by title and url."
    )


def _worked(function: Callable[Parameters, Any], work: Work) -> Callable[Parameters, Awaitable[Any]]:
    """Return a tool that does its work in a thread."""

    @wraps(function)
    async def call(*arguments: Parameters.args, **options: Parameters.kwargs) -> Any:
        return await work(partial(function, *arguments, **options))

    return call


def _told(function: Callable[Parameters, Awaitable[Result]]) -> Callable[Parameters, Awaitable[Result]]:
    """Return a tool that tells what a caller did wrong, for the model to read."""

    @wraps(function)
    async def call(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        try:
            return await function(*arguments, **options)
        except SearchkitError as error:
            raise ToolError(str(error)) from error

    return call


def _search(served: Served) -> Callable[..., SearchAnswer]:
    def search(
        query: str,
        k: int = 5,
        where: str | None = None,
        since: str | None = None,
        until: str | None = None,
        index: str | None = None,
    ) -> SearchAnswer:
        """Find passages by a question or words, best first. Use this first; rephrase once if nothing fits.

        `answerable` false means that the answer is not there. Scores do not compare between questions; confidences (0
        to 1) do. where: a filter on metadata, as in: section = "World" and year >= 2020. since, until: dates such as
        2024-06. index: which, if there are several.
        """
        name, asked = served.index(index)
        chosen = {"where": where, "since": since, "until": until}
        options = {key: value for key, value in chosen.items() if value is not None}
        results = asked.search(query, min(k, MOST_PASSAGES), collapse=True, **options)  # type: ignore[arg-type]
        found = [served.passage(name, hit) for hit in results]
        return SearchAnswer(results=found, answerable=results.answerable, warnings=list(results.warnings))

    return search


def _fetch(served: Served) -> Callable[..., FetchedText]:
    def fetch(id: str, start: int = 0, max_chars: int = MOST_CHARACTERS) -> FetchedText:  # noqa: A002 - the contract's
        """Read a document or passage by an id that `search` or `list_documents` told; long ones piece by piece.

        start: the character to begin at, as `next_start` told.
        """
        name, asked, item_id = served.meant(id)
        found = asked.get(item_id)
        if found is None:
            raise ToolError(f"there is no document or passage {id!r}; ids come from search and list_documents")
        begin, size = max(start, 0), min(max(max_chars, 1), MOST_CHARACTERS)
        end = begin + size
        return FetchedText(
            id=id, title=found.title or id, text=found.text[begin:end], url=served.url_of(name, item_id),
            metadata=_metadata(found), start=begin, next_start=end if end < len(found.text) else None,
        )  # fmt: skip

    return fetch


def _metadata(found: Document | Passage) -> dict[str, Any]:
    kept = {key: value for key, value in found.metadata.items() if key != "source"}  # a path of this machine
    if isinstance(found, Passage):
        kept |= {"document": found.doc_id, "start": found.start, "end": found.end, "line": found.line}
        kept |= {"page": found.page} if found.page else {}
    return kept


def _context(served: Served) -> Callable[..., PromptContext]:
    def context(
        question: str,
        history: list[ConversationTurn] | None = None,
        max_tokens: int = 1500,
        index: str | None = None,
    ) -> PromptContext:
        """Get passages to answer a question from, within a budget of tokens, each under a marker such as [1] to cite.

        Empty text means that the index holds no answer: say so instead of guessing. history: the turns before the
        question, oldest first, if it leans on them ("and what did they say?").
        """
        name, asked = served.index(index)
        made = asked.context(question, max_tokens, history=[dict(turn) for turn in history or ()])
        citations = [
            CitedPassage(
                marker=each.marker, id=served.told(name, each.passage.id), title=each.passage.title,
                url=served.url_of(name, each.passage.id),
            )
            for each in made.citations
        ]  # fmt: skip
        return PromptContext(
            text=made.text, citations=citations, confidence=made.confidence, understood=made.understood
        )

    return context


def _who_said(served: Served) -> Callable[..., list[StatementSaid]]:
    def who_said(name: str, about: str | None = None, k: int = 10, index: str | None = None) -> list[StatementSaid]:
        """Find what somebody (a name, or a group such as "analysts") is reported to have said, about a topic too."""
        called, asked = served.index(index)
        found = asked.who_said(name, about=about, k=min(k, MOST_PASSAGES))
        return [
            StatementSaid(
                speaker=each.speaker, claim=each.claim, id=served.told(called, each.passage.id),
                title=each.passage.title, url=served.url_of(called, each.passage.id),
            )
            for each in found
        ]  # fmt: skip

    return who_said


def _list_documents(served: Served) -> Callable[..., DocumentList]:
    def list_documents(pattern: str = "*", index: str | None = None) -> DocumentList:
        """List ids of documents that match a pattern such as reports/*.pdf, in order; `fetch` reads them."""
        name, asked = served.index(index)
        ids = asked.documents(pattern)
        shown = [served.told(name, each) for each in ids[:MOST_DOCUMENTS]]
        return DocumentList(documents=shown, more=len(ids) - len(shown))

    return list_documents


def _status(served: Served) -> Callable[..., dict[str, Any]]:
    def status(index: str | None = None) -> dict[str, Any]:
        """Tell what an index holds: documents, passages, model, language, time of its last change."""
        _, asked = served.index(index)
        return {key: value for key, value in asked.status().items() if key not in ("path", "sources")}

    return status


def _sync(served: Served, given: Sync) -> Callable[..., Awaitable[dict[str, int]]]:
    async def sync(index: str | None = None) -> dict[str, int]:
        """Bring an index up to date with the files that it was made from: what changed is read anew."""
        done = await given(*served.index(index))
        return {name: done[name] for name in SYNCED}

    return sync


def _add_resources(made: MCPServer[Any], served: Served) -> None:
    @made.resource(
        "searchkit://{index}/{+id}",
        name="document",
        description="The text of a document or passage, by its index and id.",
        mime_type="text/plain",
        security=ResourceSecurity(exempt_params={"id"}),  # ids of documents, which are looked up, and no paths
    )
    def document(index: str, id: str) -> str:  # noqa: A002 - the template's
        if index not in served.indexes or (found := served.index(index)[1].get(id)) is None:
            raise ResourceNotFoundError(f"there is no document {id!r} in {index!r}")
        return found.text


def _add_prompt(made: MCPServer[Any]) -> None:
    @made.prompt(name="cited_answer", description="Answer a question from the indexed documents, with citations.")
    def cited_answer(question: str) -> str:
        return (
            f"Answer this question from the indexed documents alone: {question}\n\nCall `context` with the question. "
            "Cite each sentence by the markers of the passages that it rests on, such as [1]. If the context is empty "
            "or does not answer, say that the documents do not tell."
        )
