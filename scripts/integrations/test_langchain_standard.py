"""LangChain's own tests of a retriever."""

import pytest
from langchain_tests.integration_tests import RetrieversIntegrationTests

from searchkit import Index
from searchkit.integrations.langchain import SearchkitRetriever
from tests.worlds import NEWS, WordHashEmbedder


class TestSearchkitRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _index(self, tmp_path):
        with Index.create(tmp_path / "index", embedder=WordHashEmbedder()) as made:
            made.add(NEWS)
            self.index = made
            yield

    @property
    def retriever_constructor(self):
        return SearchkitRetriever

    @property
    def retriever_constructor_params(self):
        return {"index": self.index}

    @property
    def retriever_query_example(self):
        return "analysts on Vietnam's exports"
