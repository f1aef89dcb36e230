"""A model of any make is checked: its vectors, token counts, word pieces and scores, before anything is committed."""

import dataclasses

import numpy as np
import pytest

from searchkit import ArgumentError, Document, Index, ModelError, QueryError, SearchkitError
from searchkit.models.embedders import OnnxEmbedder, checks, embedder
from searchkit.storage import store
from searchkit.storage.vectors.segments import DTYPE, Part, are_units
from searchkit.types import QuestionStates
from tests.worlds import DIM, NEWS, WordHashEmbedder, WordPieceEmbedder


class Broken(WordHashEmbedder):
    """Returns, for texts with "poison", what `spoil` makes of the vectors."""

    def __init__(self, spoil):
        super().__init__()
        self._spoil = spoil

    def embed_passages(self, texts):
        rows = super().embed_passages(texts)
        return self._spoil(rows) if any("poison" in text for text in texts) else rows

    def embed_query(self, text):
        return self.embed_passages([text])[0]


def with_row(value):
    def spoil(rows):
        rows[0] = value
        return rows

    return spoil


SPOILT = {
    "nan": (with_row(np.nan), "NaN or infinity .*poison"),
    "infinity": (with_row(np.inf), "NaN or infinity .*poison"),
    "beyond float32": (lambda rows: rows.astype(np.float64) * 1e300, "NaN or infinity .*poison"),
    "zeros": (with_row(0), "vector of zeros .*poison"),
    "another dimension": (lambda rows: rows[:, :-1], rf"\({DIM - 1},?\)|, {DIM - 1}\)"),
    "texts": (lambda rows: [["a"] * DIM for _ in rows], "what it returned is none"),
    "lists of different lengths": (lambda rows: [[[0.0] * at for at in range(3)] for _ in rows], "what it returned is"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOILT)
def test_a_vector_that_is_none_is_refused_before_anything_is_committed(tmp_path, kind):
    spoil, message = SPOILT[kind]
    with Index.create(tmp_path / "index", embedder=Broken(spoil)) as index:
        index.add(NEWS)
        found, before = index.search("vietnam"), index.generation
        with pytest.raises(ModelError, match=message) as raised:
            index.add([Document("poison", "A poison paragraph.")])
        assert isinstance(raised.value, SearchkitError)
        assert isinstance(raised.value, ValueError)
        assert (index.reload(), index.generation) == (False, before)
        assert index.search("vietnam").hits == found.hits
        with pytest.raises(ModelError, match=message):
            index.search("poison")
        assert index.add([Document("cure", "A cure.")]).added == ("cure",)  # no journal holds what was refused
        assert index.verify().ok


@pytest.mark.parametrize("rows", [lambda rows: rows[:-1], lambda rows: rows[0], lambda _: None, lambda _: []])
def test_a_model_must_return_one_row_a_text(tmp_path, rows):
    with Index.create(tmp_path / "index", embedder=Broken(rows)) as index:
        with pytest.raises(ModelError, match="word-hash must return an array of shape"):
            index.add([Document("poison", "A poison paragraph.\n\nAnother poison paragraph.")])
        assert index.documents() == []


@pytest.mark.parametrize("vector", [None, 5.0, "text", np.ones((1, DIM)), np.ones(DIM + 1), [[0.0], [1.0, 2.0]]])
def test_a_question_s_vector_has_one_shape(news, embedder, vector):
    embedder.embed_query = lambda _: vector
    with pytest.raises(ModelError, match=rf"must return a question's vector of shape \({DIM},\)"):
        news.search("vietnam")


def test_other_lengths_are_brought_to_one_and_units_stay_to_the_last_bit():
    model = WordHashEmbedder()
    units = model.embed_passages(["vietnam coffee", "storm", "river trade market"])
    model.embed_passages = lambda _: units * np.array([[1], [2], [1]], np.float32)
    found = checks.passage_vectors(model, ["a", "b", "c"])
    assert (found == units).all()
    model.embed_query = lambda _: 3 * units[1]
    assert np.linalg.norm(checks.question_vector(model, "a")) == pytest.approx(1)


def test_the_model_that_travels_passes_to_the_last_bit():
    model = OnnxEmbedder()
    texts = ["Coffee prices rose.", "A storm hit Hanoi, and the river rose by two metres."]
    assert checks.passage_vectors(model, texts).tobytes() == model.embed_passages(texts).tobytes()
    assert checks.question_vector(model, texts[0]).tobytes() == model.embed_query(texts[0]).tobytes()
    ours, own = checks.question_states(model, texts[0]), model.read_question(texts[0])
    assert [part.tobytes() for part in ours] == [part.tobytes() for part in own]
    assert checks.token_counter(model)(texts) == model.count_tokens(texts)


@pytest.mark.parametrize("counts", [[], [1, 2, 3] * 50, [1.5], ["3"], [-1], None, 3])
def test_a_model_must_count_the_tokens_of_each_text(tmp_path, counts):
    model = WordHashEmbedder()
    model.count_tokens = lambda _: counts
    with Index.create(tmp_path / "index", embedder=model) as index:
        with pytest.raises(ModelError, match="must count the tokens of each of"):
            index.add([Document("a", "word " * 400)])
        assert index.documents() == []


def test_counts_of_numpy_are_counts():
    model = WordHashEmbedder()
    model.count_tokens = lambda texts: np.array([2] * len(texts))
    assert checks.token_counter(model)(["a b", "c d"]) == [2, 2]


@pytest.mark.parametrize("pieces", [[], [[1], [2]], [[-1]], [[70_000]], [["a"]], [3], 5])
def test_a_model_must_tell_the_pieces_of_each_text(tmp_path, pieces):
    model = WordPieceEmbedder()
    model.pieces = lambda _: pieces
    with Index.create(tmp_path / "index", embedder=model) as index:
        with pytest.raises(ModelError, match="pieces"):
            index.add([Document("a", "Some text.")])
        assert index.documents() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda read: read._replace(states=read.states * np.nan),
        lambda read: read._replace(pieces=read.pieces[:-1]),
        lambda read: read._replace(states=read.states[0]),
        lambda read: read.vector,
        lambda _: None,
    ],
)
def test_a_model_must_tell_a_place_and_a_state_for_each_piece_of_a_question(tmp_path, change):
    model = WordPieceEmbedder()
    with Index.create(tmp_path / "index", embedder=model) as index:
        index.add(NEWS)
        read = model.read_question
        model.read_question = lambda text: change(read(text))
        with pytest.raises(ModelError, match="must return QuestionStates"):
            index.search("vietnam coffee")


def test_states_of_a_question_are_what_they_were():
    assert isinstance(checks.question_states(WordPieceEmbedder(), "vietnam"), QuestionStates)


@pytest.mark.parametrize("missing", ["embed_query", "count_tokens", "name", "digest", "dim"])
def test_an_object_that_lacks_a_part_of_a_model_is_no_embedder(missing):
    model = WordHashEmbedder()
    setattr(model, missing, None)
    with pytest.raises(ArgumentError, match=rf"embedder of WordHashEmbedder: {missing} must"):
        embedder(model)


def test_a_class_is_no_model():
    with pytest.raises(ArgumentError, match="got the class WordHashEmbedder"):
        embedder(WordHashEmbedder)


def test_a_dimension_may_be_a_number_of_numpy(tmp_path):
    model = WordHashEmbedder()
    model.dim = np.int64(DIM)
    with Index.create(tmp_path / "index", embedder=model) as index:
        index.add(NEWS)
        assert index.search("coffee", mode="vector")[0].passage.doc_id == "coffee"


@pytest.mark.parametrize("scores", [[np.nan] * 5, [1.0], "good", None, [["a"]]])
def test_an_object_that_reranks_is_checked_like_a_function(news, scores):
    class Judge:
        name = "judge"

        def score(self, *_):
            return scores

    with pytest.raises(ModelError, match="the reranker judge"):
        news.search("vietnam analysts", reranker=Judge())
    with pytest.raises(QueryError, match="reranker must be"):
        news.search("vietnam analysts", reranker=Judge)


# --- vectors that are on disk already -----------------------------------------------------------------------------


def poison(path, value):
    """Write over the vector of one passage, as a version that checked nothing would have."""
    with store.writing(path) as writer:
        writer.begin()
        row = writer.open_vectors().all_rows()[:1]
        writer.write_vectors([Part(row, np.full((1, DIM), value, DTYPE))])
        writer.commit()


@pytest.mark.parametrize("value", [np.nan, np.inf, 0, 1])
def test_verify_finds_vectors_that_are_none_and_rebuild_makes_them_anew(news, embedder, value):
    sound = news.search("vietnam coffee", mode="vector").hits
    poison(news.path, value)
    assert not news.verify().ok
    assert "holds 1 that are not finite or not of unit length. Run: searchkit rebuild" in news.verify().problems[0]
    embedder.embedded.clear()
    news.rebuild()
    assert news.verify().ok
    assert len(embedder.embedded) == 1  # the others are kept
    assert news.search("vietnam coffee", mode="vector").hits == sound


def test_a_text_that_comes_back_does_not_get_a_vector_that_is_none(news):
    poison(news.path, np.nan)
    news.add([dataclasses.replace(NEWS[0], id="again")])
    with store.opened(news.path) as snapshot:
        rows = np.array([snapshot.catalog.passages.row_of("again#0"), snapshot.catalog.passages.row_of("again#1")])
        assert are_units(snapshot.vectors.get(rows)).all()
        assert len(snapshot.vectors.broken()) == 1
