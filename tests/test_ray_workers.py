"""Workers on other machines: the index is the one that this machine would have made, whatever befalls them."""

import importlib.util
import os
import pickle
import signal
import sqlite3
import sys
from collections import deque

import pytest

from searchkit import ArgumentError, Document, EmbedderMismatch, Index, MissingExtra, SearchkitError
from searchkit.indexing import embedding, jobs, ray_workers
from searchkit.indexing.prepare import Text
from searchkit.indexing.ray_workers import RayWorkers
from searchkit.threads import cores, use_cores
from tests.test_pipeline import news, tables
from tests.worlds import WORDS, WordHashEmbedder

NO_RAY = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="ray is not installed: scripts/test_ray runs these in its own place"
)
ITEMS = [Document(f"d{n}", f"{' '.join(WORDS)} {n % 7}. Lee said so.\n\n{WORDS[n % 12]} {n}.") for n in range(60)]


class Slow:
    """Workers in this process that have nothing done before somebody waits for it."""

    cores = 3

    def task(self, make, *arguments):
        made, arguments = pickle.loads(pickle.dumps((make, arguments)))  # noqa: S301 - our own
        return SlowTask(made(*arguments))

    def vectors(self, model):
        return SlowTask(model.embed_passages)

    def close(self):
        pass


class SlowTask:
    def __init__(self, work):
        self._work = work

    def submit(self, item):
        return SlowResult(self._work, item)

    def results(self, items):
        under_way = deque()
        for item in items:
            under_way.append(item)
            if len(under_way) == 4:
                yield self._work(under_way.popleft())
        yield from map(self._work, under_way)


class SlowResult:
    def __init__(self, work, item):
        self._work, self._item = work, item

    def done(self):
        return False

    def result(self):
        return self._work(self._item)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Have few documents make several parts of the work."""
    monkeypatch.setattr(jobs, "CHUNK", 500)
    monkeypatch.setattr(embedding, "CHUNK", 16)
    monkeypatch.setattr(embedding, "JOURNAL_CHUNK", 6)


def contents(index: Index) -> tuple[object, ...]:
    """Return all that an index holds, to the last bit."""
    db = sqlite3.connect(index.path / "catalog.sqlite")
    settings = db.execute("SELECT * FROM settings").fetchall()
    db.close()
    vectors = {path.name: path.read_bytes() for path in sorted((index.path / "vectors").iterdir())}
    hits = [(hit.passage, hit.score, hit.confidence) for hit in index.search("coffee prices in hanoi", k=30)]
    assert hits
    return settings, tables(index), vectors, hits


def filled(path, workers, model, folder=None) -> tuple[object, ...]:
    """Return what an index holds that was filled in two ways, and what was reported."""
    with Index.create(path, embedder=model) as index:
        reports = [index.add(ITEMS, embed="full", workers=workers)]
        if folder:
            reports.append(index.sync(folder, embed="full", workers=workers))
        return contents(index), [report.to_dict() for report in reports]


@pytest.fixture
def folder(tmp_path):
    return news(tmp_path / "news")


@pytest.mark.parametrize("model", ["none", "minilm", "word-hash"])
def test_an_index_is_the_same_when_others_do_the_work(tmp_path, folder, model, monkeypatch):
    monkeypatch.setattr("searchkit.index._joined", lambda _: Slow())
    model = WordHashEmbedder() if model == "word-hash" else model
    assert filled(tmp_path / "one", None, model, folder) == filled(tmp_path / "two", "ray", model, folder)


def test_files_are_read_where_they_are_and_records_go_elsewhere(tmp_path, folder, monkeypatch):
    sent = []

    class Noting(Slow):
        def task(self, make, *arguments):
            task = super().task(make, *arguments)
            submit = task.submit
            task.submit = lambda chunk: sent.extend(chunk) or submit(chunk)
            return task

    monkeypatch.setattr("searchkit.index._joined", lambda _: Noting())
    with Index.create(tmp_path / "index", embedder="none") as index:
        index.sync(folder, workers="ray")
        assert {type(job) for job in sent} == {Text}
        sent.clear()
        index.add(ITEMS, workers="ray")
    assert [job.text for job in sent] == [item.text for item in ITEMS]


def test_what_is_no_address_of_a_cluster_is_refused():
    for wrong in ("dask", "ray:", "ray://", "10.0.0.1:10001"):
        with pytest.raises(ArgumentError, match="workers must be 'ray'"):
            RayWorkers(wrong)


def test_without_ray_the_command_to_install_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with Index.create(tmp_path / "index", embedder="none") as index:
        with pytest.raises(MissingExtra, match=r"pip install 'searchkit\[ray\]'"):
            index.add(ITEMS, workers="ray")
        assert len(index) == 0


def test_a_worker_with_another_searchkit_or_another_model_does_nothing():
    setup = pickle.dumps((str, ()))
    with pytest.raises(SearchkitError, match=r"a Ray worker has searchkit .*, not 0\.0\.0; install the same"):
        ray_workers._work("0.0.0", setup, "item")
    with pytest.raises(EmbedderMismatch, match="the model minilm is another one on a Ray worker"):
        ray_workers._embedding("minilm", "another digest")


def test_a_worker_uses_one_core(monkeypatch):
    monkeypatch.setattr("searchkit.threads._most", [])
    allowed = cores()
    use_cores(allowed + 1)
    assert cores() == allowed
    use_cores(1)
    assert cores() == 1


# --- Ray itself


class Mortal(WordHashEmbedder):
    """A model in whose arms a process is killed when it embeds for the first time, and one when it does for the third.

    deaths: a folder with a file for each.
    """

    def __init__(self, deaths):
        super().__init__()
        self._deaths = deaths
        self._calls = 0

    def embed_passages(self, texts):
        self._calls += 1
        if self._calls in (1, 3) and self._is_first(f"in call {self._calls}"):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed_passages(texts)

    def _is_first(self, name):
        try:
            (self._deaths / name).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


class Murderous(WordHashEmbedder):
    """A model that no process survives."""

    def embed_passages(self, *_):
        os.kill(os.getpid(), signal.SIGKILL)


class Failing(WordHashEmbedder):
    """A model that fails."""

    def embed_passages(self, *_):
        raise SearchkitError("the model has no words for it")


@pytest.fixture(scope="module")
def cluster():
    """A cluster of two workers that outlives each run."""
    ray = pytest.importorskip("ray")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield ray
    ray.shutdown()


def on_ray(test):
    """Skip a test where Ray is missing, and let Ray's own warnings pass."""
    return NO_RAY(pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning")(test))


@on_ray
@pytest.mark.parametrize("model", ["minilm", "word-hash"])
def test_an_index_is_the_same_to_the_bit(tmp_path, folder, cluster, model):
    model = WordHashEmbedder() if model == "word-hash" else model
    alone = filled(tmp_path / "alone", None, model, folder)
    embedded = getattr(model, "embedded", [])
    embedded.clear()
    assert filled(tmp_path / "spread", "ray", model, folder) == alone
    assert embedded == []  # others did


@on_ray
def test_killed_workers_change_nothing(tmp_path, cluster):
    deaths = tmp_path / "deaths"
    deaths.mkdir()
    spread = filled(tmp_path / "spread", "ray", Mortal(deaths))
    assert spread == filled(tmp_path / "alone", None, WordHashEmbedder())
    assert {path.name for path in deaths.iterdir()} == {"in call 1", "in call 3"}


@on_ray
def test_a_run_that_was_cut_off_goes_on_where_it_was(tmp_path, cluster):
    def cut(stage, done, total):
        if stage == "embed" and done > 20:
            raise KeyboardInterrupt

    with Index.create(tmp_path / "cut", embedder=WordHashEmbedder()) as index:
        with pytest.raises(KeyboardInterrupt):
            index.add(ITEMS, embed="full", workers="ray", progress=cut)
        report = index.add(ITEMS, embed="full", workers="ray")
        assert report.reused + report.embedded == len(ITEMS) - 16  # these had been committed
        assert report.reused == 6  # one part of the second commit
        found = [(hit.passage, hit.score) for hit in index.search("coffee prices", k=30)]
    with Index.create(tmp_path / "alone", embedder=WordHashEmbedder()) as index:
        index.add(ITEMS, embed="full")
        assert found == [(hit.passage, hit.score) for hit in index.search("coffee prices", k=30)]


@on_ray
def test_work_that_kills_every_worker_ends_the_run(tmp_path, cluster, monkeypatch):
    monkeypatch.setattr(ray_workers, "RETRIES", 1)
    with Index.create(tmp_path / "index", embedder=Murderous()) as index:
        with pytest.raises(SearchkitError, match=r"failed on the Ray cluster.*What was committed is safe"):
            index.add(ITEMS, workers="ray")
        assert index.verify().ok


@on_ray
def test_an_error_of_the_work_is_told_as_it_is(tmp_path, cluster):
    index = Index.create(tmp_path / "index", embedder=Failing())
    with pytest.raises(SearchkitError, match=r"^the model has no words for it$"):
        index.add(ITEMS, workers="ray")


@on_ray
def test_a_cluster_that_is_not_there_cannot_be_joined(tmp_path, cluster, monkeypatch):
    def nobody(*_, **__):
        raise ConnectionError("nobody answers")

    monkeypatch.setattr(cluster, "is_initialized", lambda: False)
    monkeypatch.setattr(cluster, "init", nobody)
    index = Index.create(tmp_path / "index", embedder="none")
    with pytest.raises(SearchkitError, match="the Ray cluster ray://nowhere:1 cannot be joined: nobody answers"):
        index.add(ITEMS, workers="ray://nowhere:1")
