"""A cited and checked answer with Haystack: `python -m examples.haystack_answer INDEX "QUESTION"`.

Needs: pip install 'searchkit[haystack]'. OpenAIGenerator or any other generator takes QuotingModel's place.
"""

import sys

from haystack import Document, Pipeline, component
from haystack.components.builders import PromptBuilder

from examples.quoting import INSTRUCTIONS, answer_to
from searchkit import Context, Index
from searchkit.integrations.haystack import SearchkitRetriever

TEMPLATE = INSTRUCTIONS + "\n\n{{ context.text }}\n\nQuestion: {{ question }}"


@component
class QuotingModel:
    """A fake."""

    @component.output_types(replies=list[str])
    def run(self, prompt: str):
        return {"replies": [answer_to(prompt)]}


@component
class Citations:
    """Puts the documents that were found under markers."""

    def __init__(self, index):
        self.index = index

    @component.output_types(context=Context)
    def run(self, documents: list[Document], question: str):
        return {"context": self.index.cite([each.id for each in documents], question)}


def ask(index, question, model):
    """Return the ids of the passages found, the answer, and what `check` says of it."""
    pipeline = Pipeline()
    pipeline.add_component("search", SearchkitRetriever(index, 5))
    pipeline.add_component("cite", Citations(index))
    pipeline.add_component("prompt", PromptBuilder(TEMPLATE, required_variables="*"))
    pipeline.add_component("model", model)
    pipeline.connect("search.documents", "cite.documents")
    pipeline.connect("cite.context", "prompt.context")
    pipeline.connect("prompt.prompt", "model.prompt")
    given = {"search": {"query": question}, "cite": {"question": question}, "prompt": {"question": question}}
    done = pipeline.run(given, include_outputs_from={"search", "cite"})
    answer = done["model"]["replies"][0]
    report = index.check(answer, done["cite"]["context"])
    return [each.id for each in done["search"]["documents"]], answer, report


if __name__ == "__main__":
    with Index.open(sys.argv[1]) as opened:
        print(*ask(opened, sys.argv[2], QuotingModel()), sep="\n")
