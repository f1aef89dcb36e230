import asyncio
import inspect

import pytest

from searchkit import QueryError
from searchkit.asynchronous import AsyncIndex
from searchkit.holdings import Holdings
from searchkit.index import Index
from searchkit.reader import IndexReader
from tests.worlds import WordHashEmbedder


def test_every_method_returns_what_the_one_that_blocks_returns(news):
    async def ask():
        index = AsyncIndex(news)
        both = await asyncio.gather(index.search("analysts Vietnam", k=2), index.search("coffee", mode="keyword"))
        return both, await index.context("analysts Vietnam"), await index.documents()

    (first, second), context, documents = asyncio.run(ask())
    assert first.hits == news.search("analysts Vietnam", k=2).hits
    assert second.hits == news.search("coffee", mode="keyword").hits
    assert context == news.context("analysts Vietnam")
    assert documents == news.documents()


def test_the_loop_goes_on_while_a_question_is_answered(news):
    async def ask():
        index, ticks = AsyncIndex(news), 0
        question = asyncio.ensure_future(index.search_many(["analysts Vietnam"] * 50))
        while not question.done():
            ticks += 1
            await asyncio.sleep(0)
        return ticks, len(question.result())

    ticks, answers = asyncio.run(ask())
    assert ticks > 1
    assert answers == 50


def test_errors_come_to_whoever_waits(news):
    with pytest.raises(QueryError, match="mode"):
        asyncio.run(AsyncIndex(news).search("coffee", mode="psychic"))


def test_it_opens_writes_and_closes(news):
    news.close()

    async def fill():
        async with await AsyncIndex.open(news.path, embedder=WordHashEmbedder()) as index:
            report = await index.add([{"id": "new", "text": "Rubber from Thailand."}])
            found = await index.search("rubber")
            return report.added, found[0].passage.id, index

    added, first, index = asyncio.run(fill())
    assert (added, first) == (("new",), "new#0")
    with pytest.raises(ValueError, match="closed"):
        index.index.search("rubber")


def test_methods_say_what_they_do(news):
    assert AsyncIndex.search.__doc__ == type(news).search.__doc__
    assert AsyncIndex.search.__name__ == "search"


def test_what_takes_time_is_awaited():
    """Left out are makers of an index, what is known without asking, and the watch, which goes on for ever."""
    classes = (Index, IndexReader, Holdings)
    methods = {name for each in classes for name, held in vars(each).items() if name[0] != "_" and callable(held)}
    awaited = {name for name in dir(AsyncIndex) if inspect.iscoroutinefunction(getattr(AsyncIndex, name))}
    assert methods - awaited == {"watch"}
