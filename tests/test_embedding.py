"""Vectors that are predicted first and computed later: which, when, and that nothing else changes."""

import numpy as np
import pytest

from searchkit import Document, EmbedderMismatch, Index, IndexLocked, QueryError
from searchkit.indexing import embedding, improve
from searchkit.indexing.entries import text_digest
from searchkit.storage import store
from searchkit.storage.vectors.arm import Vectors
from searchkit.storage.vectors.journal import reached
from tests.worlds import WORDS, OtherEmbedder, WordHashEmbedder, WordPieceEmbedder

COUNT = 60


class Interrupted(Exception):
    """Stands for Ctrl-C."""


def documents(count=COUNT, start=0):
    chance = np.random.default_rng(start)
    for number in range(start, start + count):
        yield Document(f"d{number}", f"number{number} " + " ".join(chance.choice(WORDS, 6)))


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch):
    """Let a model embed at most ten new passages at once."""
    monkeypatch.setattr(embedding, "FIRST", 10)
    monkeypatch.setattr(embedding, "CHUNK", 4)
    monkeypatch.setattr(improve, "CHUNK", 4)
    monkeypatch.setattr(improve, "HELD", 8)


@pytest.fixture(params=[WordHashEmbedder, WordPieceEmbedder])
def model(request):
    return request.param()


@pytest.fixture
def drafted(tmp_path, model):
    with Index.create(tmp_path / "index", embedder=model) as index:
        index.add(documents())
        yield index


def exact(index):
    """Return the vectors that a model makes of all passages, and those that the index has."""
    with index._reading() as view:
        snapshot = view.snapshot
        rows = snapshot.catalog.passages.rows()
        texts = [passage.embedded_text for passage in snapshot.catalog.passages.get(rows.tolist()).values()]
        return WordHashEmbedder().embed_passages(texts), snapshot.vectors.get(rows), snapshot.vectors.drafts(rows)


def agrees(index):
    wanted, found, drafts = exact(index)
    return np.allclose(wanted[~drafts], found[~drafts], atol=1e-3)


def test_of_many_new_passages_a_sample_is_embedded_and_the_others_are_predicted(drafted, model):
    assert len(model.embedded) == 10
    facts = drafted.status()
    assert (facts["passages"], facts["vectors"], facts["drafts"]) == (COUNT, COUNT, COUNT - 10)
    wanted, found, drafts = exact(drafted)
    assert np.allclose(wanted[~drafts], found[~drafts], atol=1e-3)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(COUNT), abs=1e-3)
    shuffled = np.random.default_rng(0).permutation(wanted)
    assert (wanted * found).sum(axis=1)[drafts].mean() > (wanted * shuffled).sum(axis=1).mean() + 0.1
    assert drafted.verify().ok


def test_few_new_passages_are_all_embedded(drafted, model):
    report = drafted.add(documents(5, start=COUNT))
    assert (report.embedded, report.predicted) == (5, 0)
    assert drafted.status()["drafts"] == COUNT - 10


def test_a_full_run_embeds_everything_also_what_was_predicted_before(drafted):
    report = drafted.add(documents(20, start=COUNT), embed="full")
    assert (report.embedded, report.predicted) == (COUNT + 10, 0)
    assert drafted.status()["drafts"] == 0
    assert agrees(drafted)


def test_a_way_of_embedding_that_does_not_exist_is_refused(drafted):
    with pytest.raises(ValueError, match="progressive"):
        drafted.add([], embed="later")


def test_improving_ends_where_a_full_run_would(drafted, model, tmp_path):
    report = drafted.improve()
    assert (report.embedded, report.drafts) == (COUNT - 10, 0)
    assert sorted(model.embedded) == sorted(set(model.embedded))
    assert agrees(drafted)
    with Index.create(tmp_path / "full", embedder=type(model)()) as full:
        full.add(documents(), embed="full")
        for question in ("storm hanoi", "number7", "trade river voters"):
            hits = [
                [(hit.passage.id, hit.score, hit.confidence) for hit in i.search(question)] for i in (drafted, full)
            ]
            assert hits[0] == hits[1]
    assert drafted.improve().embedded == 0
    assert drafted.verify().ok


def test_a_budget_of_passages_is_kept(drafted):
    assert drafted.improve(passages=6).drafts == COUNT - 16
    assert drafted.status()["drafts"] == COUNT - 16


def test_a_budget_of_no_time_embeds_nothing(drafted):
    assert drafted.improve(seconds=0).embedded == 0


def test_what_questions_reach_comes_first(drafted, model):
    before = len(model.embedded)
    wanted = {hit.passage.text for hit in drafted.search("storm hanoi", 4)}
    drafted.improve(passages=4, questions=["storm hanoi"])
    assert set(model.embedded[before:]) <= {hit.passage.text for hit in drafted.search("storm hanoi", 20)} | wanted


def test_an_interruption_keeps_what_was_done(drafted, model, monkeypatch):
    def stop(stage, done, total):
        if done >= 12:
            raise Interrupted

    with pytest.raises(Interrupted):
        drafted.improve(progress=stop)
    drafted.reload()
    assert drafted.status()["drafts"] == COUNT - 10 - 12
    assert agrees(drafted)
    seen = len(model.embedded)
    assert drafted.improve().embedded == COUNT - 22
    assert len(model.embedded) == seen + COUNT - 22


def test_passages_that_go_while_they_are_improved_stay_gone(drafted, model):
    def remove(stage, done, total):
        if done == 4:
            with Index.open(drafted.path, embedder=model) as other:
                other.remove("d*")
                other.add(documents(3))

    drafted.improve(progress=remove)
    assert drafted.documents() == ["d0", "d1", "d2"]
    assert drafted.status()["vectors"] == 3
    assert drafted.verify().ok


def test_other_writers_get_in_between_and_a_commit_waits_for_them(drafted, monkeypatch):
    monkeypatch.setattr(improve, "PATIENCE", 0)
    with store.writing(drafted.path), pytest.raises(IndexLocked):
        drafted.improve()
    assert drafted.improve().drafts == 0


def test_vectors_that_searches_left_are_taken(drafted, model):
    with drafted._reading() as view:
        snapshot = view.snapshot
        row = int(snapshot.vectors.all_rows(drafts=True)[0])
        digest = snapshot.catalog.passages.digests([row])[row]
    vector = np.eye(1, model.dim, dtype=np.float32)
    reached(drafted.path, model).append([digest], vector)
    report = drafted.improve(seconds=0)
    assert (report.reached, report.drafts) == (1, COUNT - 11)
    with drafted._reading() as view:
        assert np.array_equal(view.snapshot.vectors.get(np.array([row])), vector)
    assert drafted.improve(seconds=0).reached == 0


def test_an_index_without_a_model_has_nothing_to_improve(tmp_path):
    with Index.create(tmp_path / "index", embedder="none") as index, pytest.raises(QueryError, match="rebuild"):
        index.improve()


def test_a_model_that_was_changed_meanwhile_writes_nothing(drafted, model):
    def change(stage, done, total):
        if done == 4:
            with Index.open(drafted.path, embedder=model) as other:
                other.rebuild(embedder=OtherEmbedder())

    with pytest.raises(EmbedderMismatch):
        drafted.improve(progress=change)
    with Index.open(drafted.path, embedder=OtherEmbedder()) as index:
        assert index.verify().ok
        assert agrees(index)


def test_drafts_survive_removals_and_compaction(drafted):
    drafted.remove([f"d{number}" for number in range(0, COUNT, 2)])
    drafted.compact()
    facts = drafted.status()
    assert facts["vectors"] == facts["passages"] == COUNT // 2
    assert 0 < facts["drafts"] < COUNT // 2
    assert agrees(drafted)


def test_an_export_holds_no_drafts_and_its_import_predicts_them_anew(drafted, model, tmp_path):
    drafted.export(tmp_path / "all.zip")
    embedded = len(model.embedded)
    with Index.import_(tmp_path / "all.zip", tmp_path / "copy", embedder=model) as copy:
        facts = copy.status()
        assert facts["vectors"] == COUNT
        assert len(model.embedded) - embedded == 10
        assert agrees(copy)


def test_a_run_that_was_cut_off_between_words_and_vectors_is_completed_by_the_next(tmp_path, model):
    class Failing(type(model)):
        def embed_passages(self, texts):
            raise Interrupted(texts[0])

    with Index.create(tmp_path / "index", embedder=Failing()) as index:
        with pytest.raises(Interrupted):
            index.add(documents())
        index.reload()
        assert index.status()["vectors"] == 0
        assert index.search("number7")[0].passage.doc_id == "d7"
        assert index.verify().ok
    with Index.open(tmp_path / "index", embedder=model) as index:
        index.add([])
        assert index.status()["vectors"] == COUNT


def test_another_model_takes_over_when_it_is_complete(drafted, model):
    found = []

    class Watched(OtherEmbedder):
        background = 0.0  # not measured by embedding more

        def embed_passages(self, texts):
            with Index.open(drafted.path, embedder=model) as reader:
                found.append((reader.settings.embedder, len(reader.search("storm hanoi"))))
            return super().embed_passages(texts)

    drafted.rebuild(embedder=Watched())
    assert set(found) == {(model.name, 10)}
    assert drafted.settings.embedder == "other"
    assert drafted.status()["vectors"] == COUNT
    assert drafted.search("number7")[0].passage.doc_id == "d7"


QUESTION = "storm hanoi trade"


def shown(results):
    return [(hit.passage.id, hit.score, hit.confidence) for hit in results]


def test_an_upgrade_ranks_the_first_passages_by_the_models_own_vectors(drafted, model, tmp_path):
    with Index.create(tmp_path / "full", embedder=type(model)()) as full:
        full.add(documents(), embed="full")
        wanted = {hit.passage.id: hit.sources["vector"].score for hit in full.search(QUESTION, COUNT)}
    found = drafted.search(QUESTION, 5, upgrade=20, explain=True)
    assert found.explain["upgraded"] > 0
    assert [hit.sources["vector"].score for hit in found] == pytest.approx(
        [wanted[hit.passage.id] for hit in found], abs=1e-3
    )
    assert drafted.search(QUESTION, explain=True).explain["upgraded"] == 0


def test_diversity_compares_the_vectors_that_an_upgrade_made(drafted):
    options = {"upgrade": 20, "diversity": 0.7}
    found = drafted.search(QUESTION, 10, **options)
    told = [drafted.why_not(hit.passage.id, QUESTION, 10, **options).reasons[0] for hit in found]
    assert told == [f"it is hit {rank} of the result" for rank in range(1, 11)]


def test_an_upgrade_is_computed_once_and_changes_nothing_for_questions_that_ask_for_none(drafted, model):
    plain = shown(drafted.search(QUESTION))
    first = shown(drafted.search(QUESTION, upgrade=20))
    computed = len(model.embedded)
    drafted.add(documents(1, start=COUNT))
    drafted.remove(f"d{COUNT}")
    assert shown(drafted.search(QUESTION, upgrade=20)) == first
    assert len(model.embedded) == computed + 1
    assert shown(drafted.search(QUESTION)) == plain


def test_improving_takes_what_searches_computed(drafted, model):
    drafted.search(QUESTION, upgrade=20)
    computed = len(model.embedded) - 10
    assert computed > 0
    report = drafted.improve()
    assert (report.reached, report.embedded) == (computed, COUNT - 10 - computed)
    assert len(model.embedded) == COUNT
    assert agrees(drafted)


def test_an_upgrade_without_time_is_none(drafted, model):
    assert shown(drafted.search(QUESTION, upgrade=20, upgrade_seconds=0)) == shown(drafted.search(QUESTION))
    assert len(model.embedded) == 10


def test_an_index_that_cannot_be_written_is_upgraded_in_memory(drafted, model, monkeypatch):
    def refuse(journal, digests, vectors):
        raise PermissionError(len(digests))

    monkeypatch.setattr("searchkit.storage.vectors.journal.Journal.append", refuse)
    assert drafted.search(QUESTION, upgrade=20, explain=True).explain["upgraded"] > 0


@pytest.mark.parametrize("options", [{"upgrade": -1}, {"upgrade": 1_000}, {"upgrade_seconds": -1}])
def test_an_upgrade_that_makes_no_sense_is_a_query_error(drafted, options):
    with pytest.raises(QueryError, match="upgrade"):
        drafted.search(QUESTION, **options)


@pytest.mark.parametrize("many", [False, True])
def test_the_recall_that_is_asked_for_reaches_the_vectors(drafted, monkeypatch, many):
    asked = []
    plain = Vectors.search_many

    def watched(self, queries, limit, allowed=None, recall=0.0):
        asked.append(recall)
        return plain(self, queries, limit, allowed, recall)

    monkeypatch.setattr(Vectors, "search_many", watched)
    if many:
        drafted.search_many([QUESTION], recall=1)
    else:
        drafted.search(QUESTION, recall=1)
    assert asked == [1]


@pytest.mark.parametrize("recall", [0, 1.5])
def test_a_recall_that_makes_no_sense_is_a_query_error(drafted, recall):
    with pytest.raises(QueryError, match="recall"):
        drafted.search(QUESTION, recall=recall)


def test_a_vector_is_found_again_by_what_the_model_read_whatever_section_a_document_states(tmp_path, model):
    lines = "The sluice opens at dawn."
    told = [Document(name, lines, "", {"section": name}) for name in ("World / Asia", "Business")]
    with Index.create(tmp_path / "index", embedder=model) as index:
        index.add(told)
        with index._reading() as view:
            passages = view.snapshot.catalog.passages
            rows = passages.rows().tolist()
            read = {row: text_digest(passage.embedded_text) for row, passage in passages.get(rows).items()}
            assert passages.digests(rows) == read
        wanted, found, _ = exact(index)
        assert np.allclose(wanted, found, atol=1e-3)
