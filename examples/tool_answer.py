"""A cited and checked answer by a model that calls a tool: `python -m examples.tool_answer INDEX "QUESTION"`.

Messages and tools have the shape of OpenAI's chat completions, which most servers of models take:
`lambda **asked: client.chat.completions.create(model=..., **asked).model_dump()` takes quoting_model's place.
"""

import json
import sys

from examples.quoting import INSTRUCTIONS, answer_to
from searchkit import Index
from searchkit.integrations.tools import run_search_tool, search_tool

NUMBERED = "Cite a passage by its number among all that `search` gave you: [1] is the first."


def quoting_model(*, messages, tools):
    """Return what a model says: a call of the tool, then an answer. A fake."""
    last = messages[-1]
    if last["role"] == "user":
        function = {"name": tools[0]["function"]["name"], "arguments": json.dumps({"query": last["content"]})}
        said = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": function}]}
    else:
        found = json.loads(last["content"])["results"]
        said = {
            "role": "assistant",
            "content": answer_to("\n".join(f"[{at}] {each['text']}" for at, each in enumerate(found, 1))),
        }
    return {"choices": [{"message": said}]}


def ask(index, question, model):
    """Return the ids of the passages found, the answer, and what `check` says of it."""
    tools, found = [search_tool()], []
    messages = [{"role": "system", "content": f"{INSTRUCTIONS} {NUMBERED}"}, {"role": "user", "content": question}]
    while calls := (said := model(messages=messages, tools=tools)["choices"][0]["message"]).get("tool_calls"):
        messages.append(said)
        for call in calls:
            told = run_search_tool(index, call["function"]["arguments"])
            found += [each["passage_id"] for each in json.loads(told).get("results", ())]
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": told})
    return found, said["content"], index.check(said["content"], index.cite(found, question))


if __name__ == "__main__":
    with Index.open(sys.argv[1]) as opened:
        print(*ask(opened, sys.argv[2], quoting_model), sep="\n")
