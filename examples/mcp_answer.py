"""A cited and checked answer by an agent that speaks MCP: `python -m examples.mcp_answer INDEX "QUESTION"`.

Needs: pip install 'searchkit[mcp]'. It starts `searchkit mcp` as a client's configuration would; a running server's
address, such as http://127.0.0.1:7720/mcp, takes its place as well.
"""

import asyncio
import sys

from mcp import Client, StdioServerParameters

from examples.quoting import INSTRUCTIONS, answer_to
from searchkit import Index


async def talk(server, question, model):
    """Return the ids of the five best passages, the answer, and the ids of those that its markers cite."""
    async with Client(server) as client:
        found = (await client.call_tool("search", {"query": question, "k": 5})).structured_content["results"]
        context = (await client.call_tool("context", {"question": question})).structured_content
        answer = model(f"{INSTRUCTIONS}\n\n{context['text']}\n\nQuestion: {question}")
        return [each["id"] for each in found], answer, [each["id"] for each in context["citations"]]


def ask(index, question, model):
    """Return the ids of the passages found, the answer, and what `check` says of it."""
    command = ["-m", "searchkit", "mcp", "-i", str(index.path)]
    server = StdioServerParameters(command=sys.executable, args=command)
    found, answer, cited = asyncio.run(talk(server, question, model))
    return found, answer, index.check(answer, index.cite(cited, question))


if __name__ == "__main__":
    with Index.open(sys.argv[1]) as opened:
        print(*ask(opened, sys.argv[2], answer_to), sep="\n")
