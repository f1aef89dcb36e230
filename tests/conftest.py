import pytest
from hypothesis import HealthCheck, settings

from searchkit.storage.keywords import ENGINES
from tests.worlds import NEWS, WordHashEmbedder

# no test depends on time: a machine under load, or Hypothesis' first tables of Unicode, is no failure
settings.register_profile("searchkit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("searchkit")


@pytest.fixture
def embedder():
    return WordHashEmbedder()


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture
def empty(tmp_path, embedder):
    from searchkit import Index  # noqa: PLC0415 - modules are tested while others are broken

    with Index.create(tmp_path / "index", embedder=embedder) as index:
        yield index


@pytest.fixture
def news(empty):
    """Three short reports: hanoi (2 passages), coffee (2), manila (1)."""
    empty.add(NEWS)
    return empty
