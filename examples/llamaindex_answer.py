"""A cited and checked answer with LlamaIndex: `python -m examples.llamaindex_answer INDEX "QUESTION"`.

Needs: pip install 'searchkit[llamaindex]'. Any LLM of LlamaIndex takes QuotingModel's place.
"""

import sys

from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.response import Response

from examples.quoting import INSTRUCTIONS, answer_to
from searchkit import Index
from searchkit.integrations.llamaindex import SearchkitRetriever


class QuotingModel(CustomLLM):
    """A fake."""

    @property
    def metadata(self):
        return LLMMetadata(model_name="quoting")

    def complete(self, prompt, formatted=False, **options):
        return CompletionResponse(text=answer_to(prompt))

    def stream_complete(self, prompt, formatted=False, **options):
        yield self.complete(prompt)


class CitedQueryEngine(CustomQueryEngine):
    """Answers from the passages that the retriever finds, each under its marker."""

    index: Index
    retriever: SearchkitRetriever
    llm: CustomLLM

    def custom_query(self, query_str):
        nodes = self.retriever.retrieve(query_str)
        context = self.index.cite([each.node.node_id for each in nodes], query_str)
        said = self.llm.complete(f"{INSTRUCTIONS}\n\n{context.text}\n\nQuestion: {query_str}")
        return Response(said.text, nodes, {"report": self.index.check(said.text, context)})


def ask(index, question, model):
    """Return the ids of the passages found, the answer, and what `check` says of it."""
    engine = CitedQueryEngine(index=index, retriever=SearchkitRetriever(index, 5), llm=model)
    done = engine.query(question)
    return [each.node.node_id for each in done.source_nodes], done.response, done.metadata["report"]


if __name__ == "__main__":
    with Index.open(sys.argv[1]) as opened:
        print(*ask(opened, sys.argv[2], QuotingModel()), sep="\n")
