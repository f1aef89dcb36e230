"""A cited and checked answer with LangChain: `python -m examples.langchain_answer INDEX "QUESTION"`.

Needs: pip install 'searchkit[langchain]'. ChatOpenAI, ChatAnthropic or any other chat model takes QuotingModel's place.
"""

import sys

from langchain_core.language_models.chat_models import SimpleChatModel
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough

from examples.quoting import INSTRUCTIONS, answer_to
from searchkit import Index
from searchkit.integrations.langchain import SearchkitRetriever


class QuotingModel(SimpleChatModel):
    """A fake."""

    _llm_type = "quoting"

    def _call(self, messages, stop=None, run_manager=None, **options):
        return answer_to(messages[-1].content)


def ask(index, question, model):
    """Return the ids of the passages found, the answer, and what `check` says of it."""
    retriever = SearchkitRetriever(index=index, k=5)
    prompt = ChatPromptTemplate.from_messages([("system", INSTRUCTIONS), ("user", "{context}\n\nQuestion: {question}")])

    def cited(given):
        return index.cite([document.id for document in given["documents"]], given["question"])

    chain = (
        {"documents": retriever, "question": RunnablePassthrough()}
        | RunnablePassthrough.assign(cited=cited)
        | RunnablePassthrough.assign(context=lambda given: given["cited"].text)
        | RunnablePassthrough.assign(answer=prompt | model)
    )
    done = chain.invoke(question)
    answer = done["answer"].text
    return [document.id for document in done["documents"]], answer, index.check(answer, done["cited"])


if __name__ == "__main__":
    with Index.open(sys.argv[1]) as opened:
        print(*ask(opened, sys.argv[2], QuotingModel()), sep="\n")
