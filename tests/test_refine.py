"""Each stage on passages whose new order can be worked out by hand; then in an index, where each moves a tie."""

from __future__ import annotations

from datetime import date
from string import ascii_lowercase

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from searchkit import Document, Index, QueryError
from searchkit.search import choices, first, fusion, pool
from searchkit.search.first import First
from searchkit.search.fusion import to_unit
from searchkit.search.inquiry import Inquiry, idf
from searchkit.search.pool import Pool
from searchkit.search.request import SearchRequest
from searchkit.search.stages import refined
from searchkit.search.stages.feedback import agreement
from searchkit.search.stages.smoothing import smoothed
from searchkit.text.analysis import Analyzer
from searchkit.types import Passage, QuestionStates, Ranking
from tests.memory_readers import MemoryScope, MemoryVectors
from tests.memory_view import MemoryView
from tests.worlds import WORDS, WordHashEmbedder, WordPieceEmbedder, piece

STAGES = tuple(choices.STAGES)

# --- by hand: rows 0, 1, 2 … with given scores -----------------------------------------------------------------


def ranking(scores: dict[int, float]) -> Ranking:
    rows = np.array(list(scores), np.int64)
    values = np.array(list(scores.values()), np.float32)
    order = np.lexsort((rows, -values))
    return Ranking(rows[order], values[order])


class World:
    """An index in memory and a question of `terms` terms, made of what a stage looks at. scores: what fusion found.

    documents: which rows are the passages of each, in order; each row is a document by itself unless given. words and
    weights: of the question's pieces; second: those of its second part, if it has one.
    """

    def __init__(
        self, scores, *, documents=(), vectors=None, pieces=None, words=(), weights=(), second=(), terms=3
    ) -> None:
        self.scores = dict(enumerate(scores))
        self.embedder = WordPieceEmbedder()
        self.terms = ["x"] * terms
        self.parts = [(words, weights), *([second] if second else [])]
        self.vectors = np.array([[1, 0]], np.float32) if vectors is not None else None
        known = vectors if vectors is not None else np.zeros((len(pieces or ()), 2))
        lists = None if pieces is None else [[piece(word) for word in text.split()] for text in pieces]
        places = documents or [(row,) for row in self.scores]
        self.view = MemoryView(
            [Document(str(number), "") for number in range(len(places))],
            {row: of(str(number), at) for number, own in enumerate(places) for at, row in enumerate(own)},
            vectors=MemoryVectors(range(len(known)), known, lists),
        )

    def question(self, request: SearchRequest, allowed=None) -> Inquiry:
        """Return the question, of which it is given what a model and an analyzer would find out."""
        question = Inquiry(self.view, self.embedder, Analyzer("en"), request)
        vector = np.zeros(2) if self.vectors is None else self.vectors[0]
        states = [
            self.embedder.piece_states(np.array([piece(word) for word in own], np.uint16)) for own, _ in self.parts
        ]
        read = [QuestionStates(vector, np.empty((0, 2), np.int64), each) for each in states]
        question.read = read if self.parts[0][0] else None, self.vectors
        question.terms = self.terms
        question.piece_weights = self.weights()
        question.scope = None if allowed is None else MemoryScope(allowed)
        return question

    def weights(self) -> np.ndarray:
        """Return what each piece counts in its part: (parts, pieces)."""
        first, *second = (np.array(weights, np.float32) for _, weights in self.parts)
        if not second:
            return first[None]
        return np.stack([np.append(first, 0 * second[0]), np.append(0 * first, second[0])])

    def refined(self, *stages: str, allowed=None, **options) -> tuple[list[int], list[float], dict]:
        """Return rows and scores in their new order, and what the stages note."""
        question = self.question(SearchRequest("The ferry was late", stages=stages, **options), allowed)
        found = ranking(self.scores)
        order = np.argsort(found.rows)
        candidates = Pool(question, {"keyword": found}, found.rows[order], {"keyword": found.scores[order]})
        looked_at = refined(First(candidates))
        settled = looked_at.settled()
        return settled.rows.tolist(), settled.scores.tolist(), looked_at.notes


def of(doc_id: str, ordinal: int) -> Passage:
    """Return a passage without a word."""
    return Passage(f"{doc_id}#{ordinal}", doc_id, ordinal, "", 0, 0, 1, 1)


def test_a_passage_gains_by_its_best_neighbour_and_a_documents_only_passage_by_itself():
    """.8 + .3 * .6, .6 + .3 * .8, .8 + 0, 0 + .3 * .8 and 1 + .3 * 1, mapped from .24 … 1.3 to 0 … 1."""
    world = World([0.8, 0.6, 0.8, 0.0, 1.0], documents=[(0, 1), (2, 3), (4,)])
    rows, scores, notes = world.refined("neighbours")
    assert rows == [4, 0, 1, 2, 3]
    assert scores == pytest.approx([1, 0.74 / 1.06, 0.6 / 1.06, 0.56 / 1.06, 0])
    assert notes == {"neighbours": {"weight": 0.3, "passages": 4}}


def test_neighbours_are_at_most_two_passages_away_and_the_best_counts():
    """Beside row 0 are 1 and 2, of which the better counts, and not 3: .5 + .3 * .4. Row 4 is alone: 1.3 * .62."""
    world = World([0.5, 0.4, 0.2, 1.0, 0.62, 0.0], documents=[(0, 1, 2, 3), (4,), (5,)])
    rows, scores, _ = world.refined("neighbours")
    assert rows == [3, 4, 1, 0, 2, 5]
    assert scores[3] == pytest.approx(0.62 / 1.12)


def test_passages_that_are_all_alone_keep_their_scores():
    world = World([0.0, 0.3, 1.0, 0.7], documents=[(0,), (1,), (2,), (3,)])
    assert world.refined("neighbours")[:2] == ([2, 3, 1, 0], pytest.approx([1, 0.7, 0.3, 0]))


def test_a_neighbour_that_the_filter_keeps_out_does_not_count():
    """Row 1 is what keeps row 0 up; without it row 0 counts as its document's only passage."""
    world = World([0.5, 0.1, 0.6, 0.6, 0.0], documents=[(0, 1), (2, 3), (4,)])
    assert world.refined("neighbours")[0] == [2, 3, 0, 1, 4]
    kept_out = np.array([0, 2, 3, 4], np.int64)
    assert world.refined("neighbours", allowed=kept_out)[2]["neighbours"]["passages"] == 3


def test_a_neighbour_that_is_not_found_matches_nothing():
    """As of keywords alone: row 0's neighbour, row 3, is in no ranking. 5 + 0 against 4.6 + .3 * 2."""
    world = World([5.0, 4.6, 2.0], documents=[(0, 3), (1, 2)])
    rows, scores, _ = world.refined("neighbours")
    assert rows == [1, 0, 2]
    assert scores == pytest.approx([5, 2 + 3 * 1.62 / 1.82, 2])


def test_pieces_are_blended_in_by_their_weight():
    """.6 * fused + .4 * pieces: .6 * 1 + 0, .6 * .6 + .4 * .75 and 0 + .4 * 1."""
    world = World(
        [1, 0.6, 0], pieces=["pier", "ferry pier", "ferry late"], words=["ferry", "late"], weights=[0.75, 0.25]
    )
    rows, scores, notes = world.refined("pieces")
    assert rows == [1, 0, 2]
    assert scores == pytest.approx([1, 0.2 / 0.26, 0])
    assert notes == {"pieces": {"weight": 0.4, "pieces": 2}}


def test_a_passage_counts_by_the_part_of_the_question_whose_pieces_it_meets_best():
    """.5 and 1 of the parts, .75 and 0, 0 and 0, mapped to 1, .75 and 0: .6 * 0 + .4, .6 * .5 + .4 * .75, .6 * 1."""
    world = World(
        [0, 0.5, 1], pieces=["late storm", "ferry", "pier"],
        words=["ferry", "late"], weights=[0.75, 0.25], second=(["storm"], [1.0]),
    )  # fmt: skip
    rows, scores, notes = world.refined("pieces")
    assert rows == [1, 2, 0]
    assert scores == pytest.approx([1, 1, 0])
    assert notes == {"pieces": {"weight": 0.4, "pieces": 3}}


def test_a_passage_without_pieces_counts_as_the_worst():
    """Pieces are .5, unknown and 1, mapped to 0, 0 and 1: .6 * 1, .6 * .6 and .4."""
    world = World([1, 0.6, 0], pieces=["late", "", "ferry late"], words=["ferry", "late"], weights=[0.5, 0.5])
    assert world.refined("pieces")[0] == [0, 2, 1]


@pytest.mark.parametrize(
    ("stages", "options"), [((), {}), (("feedback",), {}), (("pieces",), {"weights": {"vector": 0}})]
)
def test_pieces_have_no_say_where_they_or_the_vector_are_left_out(stages, options):
    world = World([1, 0.6, 0], pieces=["pier", "ferry", "ferry late"], words=["ferry"], weights=[1.0])
    assert world.refined(*stages, **options) == ([0, 1, 2], pytest.approx([1, 0.6, 0]), {})


def test_nothing_known_of_any_passage_changes_nothing():
    world = World([1, 0.6, 0], pieces=["", "", ""], words=["ferry"], weights=[1.0])
    assert world.refined("pieces") == ([0, 1, 2], pytest.approx([1, 0.6, 0]), {})


LEFT, RIGHT = (0.6, 0.8), (0.6, -0.8)  # as near to the question, (1, 0), and on either side of it


def test_feedback_moves_the_question_towards_the_best_passages():
    """It becomes (1, 0) + (LEFT + RIGHT / 2 + LEFT / 2) / 2 = (1.6, .4): LEFT is nearer now.

    .8 * fused + .2 * that, as 0 or 1: 1, .4, .4 + .2, 0.
    """
    world = World([1, 0.5, 0.5, 0], vectors=[LEFT, RIGHT, LEFT, RIGHT])
    assert world.refined()[0] == [0, 1, 2, 3]
    rows, scores, notes = world.refined("feedback")
    assert rows == [0, 2, 1, 3]
    assert scores == pytest.approx([1, 0.6, 0.4, 0], abs=1e-6)
    assert notes == {"feedback": {"weight": 0.2, "passages": 4}}


@pytest.mark.parametrize(("terms", "weight"), [(1, 0.2), (4, 0.2), (7, 0.1), (10, None), (30, None)])
def test_feedback_fades_with_the_length_of_the_question(terms, weight):
    world = World([1, 0.5, 0.5, 0], vectors=[LEFT, RIGHT, LEFT, RIGHT], terms=terms)
    notes = world.refined("feedback")[2]
    assert notes.get("feedback", {}).get("weight") == weight


@pytest.mark.parametrize(
    ("keyword", "vector", "agreed"),
    [
        (range(20), range(20), 1),
        (range(20), range(5, 25), 1),
        (range(20), range(8, 28), 0.4),
        (range(20), range(20, 40), 0),
        ([3, 4], range(4, 24), 1),
        ([], range(20), 0),
    ],
)
def test_feedback_counts_by_how_many_of_their_first_ten_the_arms_share(keyword, vector, agreed):
    """In full from half of them on; of an arm that finds fewer, by those."""
    found = {"keyword": ranking_of(keyword), "vector": ranking_of(vector)}
    nothing = np.empty(0, np.int64)
    assert agreement(First(Pool(None, found, nothing, {}))) == pytest.approx(agreed)
    assert agreement(First(Pool(None, {"vector": found["vector"]}, nothing, {}))) == 1


def ranking_of(rows) -> Ranking:
    return Ranking(np.array([*rows], np.int64), np.zeros(len(rows), np.float32))


def test_only_the_best_ten_give_feedback():
    world = World([1.0] * 10 + [0.5] * 10, vectors=[LEFT] * 10 + [RIGHT] * 10)
    assert world.refined("feedback")[2]["feedback"]["passages"] == 10


def test_smoothing_draws_scores_of_like_passages_together():
    """LEFT and RIGHT are not near at all: the means are .75, .25, .75, .25; .9 * fused + .1 * that, as 1 or 0."""
    world = World([1, 0.5, 0.5, 0], vectors=[LEFT, RIGHT, LEFT, RIGHT])
    rows, scores, notes = world.refined("smoothing")
    assert rows == [0, 2, 1, 3]
    assert scores == pytest.approx([1, 0.55, 0.45, 0], abs=1e-4)
    assert notes == {"smoothing": {"weight": 0.1, "passages": 4}}


@pytest.mark.parametrize("options", [{}, {"weights": {"vector": 0}}])
def test_without_a_say_of_vectors_nothing_is_smoothed(options):
    world = World([1, 0.5, 0], vectors=[LEFT, RIGHT, LEFT] if options else None)
    assert world.refined("smoothing", **options) == ([0, 1, 2], pytest.approx([1, 0.5, 0]), {})


def test_a_passage_counts_for_another_by_the_fourth_power_of_their_cosine_and_one_without_a_vector_for_none():
    vectors = np.array([(1, 0), (0.6, 0.8), (0, 0)], np.float32)
    share = 0.6**4
    expected = [1 / (1 + share), share / (1 + share), 0.3]
    assert smoothed(np.array([1, 0, 0.3]), vectors) == pytest.approx(expected)


@given(st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_equal_passages_are_smoothed_to_the_same_bits(count, seed):
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = random.random(count)
    vectors[-1], scores[-1] = vectors[0], scores[0]
    found = smoothed(scores, vectors)
    assert found[0] == found[-1]


def test_passages_behind_those_looked_at_again_stay_behind(monkeypatch):
    """.6 * 1, .6 * .8 + .4 and 0, mapped to the scores there were; row 3 holds the word too, but comes after."""
    monkeypatch.setattr(first, "DEPTH", 3)
    world = World([1, 0.9, 0.5, 0.4], pieces=["pier", "ferry", "pier", "ferry"], words=["ferry"], weights=[1.0])
    rows, scores, _ = world.refined("pieces")
    assert rows == [1, 0, 2, 3]
    assert scores == pytest.approx([1, 0.5 + 0.5 * 0.6 / 0.88, 0.5, 0.4])


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_passages_have_no_order(count):
    world = World([0.7] * count, documents=[(0,)], vectors=[LEFT])
    assert world.refined(*STAGES)[:2] == ([0] * count, pytest.approx([0.7] * count))


def test_to_unit_maps_the_lowest_to_0_and_the_highest_to_1():
    assert to_unit(np.array([2, 4, 3])).tolist() == [0, 1, 0.5]
    assert to_unit(np.array([7.0, 7.0])).tolist() == [1, 1]
    assert to_unit(np.empty(0)).tolist() == []


# --- in an index: of two passages that fusion finds equal, the first comes first; a stage moves the second up ----


@pytest.fixture
def made(tmp_path):
    """Make an index of documents of which every paragraph is a passage."""
    opened: list[Index] = []

    def make(*documents: Document | str, embedder=None) -> Index:
        path = tmp_path / str(len(opened))
        opened.append(Index.create(path, embedder=embedder or WordPieceEmbedder(), target_tokens=1))
        opened[-1].add(d if isinstance(d, Document) else Document(str(at), d) for at, d in enumerate(documents))
        return opened[-1]

    yield make
    for index in opened:
        index.close()


def ids(index: Index, question: str, *stages: str, **options) -> list[str]:
    return [hit.passage.id for hit in index.search(question, stages=stages, **options)]


@pytest.mark.parametrize("embedder", [None, "none"])
def test_a_passage_whose_neighbour_matches_too_beats_an_equal_one(made, embedder):
    index = made("Coffee is dear.\n\nThe river is high.", "Coffee is dear.\n\nCoffee rose again.", embedder=embedder)
    assert ids(index, "Why is coffee dear?")[:2] == ["0#0", "1#0"]
    assert ids(index, "Why is coffee dear?", "neighbours")[:2] == ["1#0", "0#0"]


def test_by_keywords_alone_a_neighbour_without_a_match_is_not_found(made):
    index = made("Coffee is dear.\n\nThe river is high.", "Tea is cheap.", embedder="none")
    assert ids(index, "Why is coffee dear?", "neighbours") == ["0#0"]


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_a_neighbour_that_operators_exclude_never_appears_and_never_counts(made, mode):
    """Coffee rose again is beside coffee is dear, which is excluded, and beside nothing: else 1#0 would come first."""
    index = made("Coffee rose again.\n\nThe river is high.", "Coffee rose again.\n\nCoffee is dear. Coffee!")
    assert ids(index, "coffee AND again AND NOT dear", *STAGES, mode=mode) == ["0#0", "1#0"]


def test_pieces_know_synonyms_that_fusion_does_not(made):
    embedder = WordPieceEmbedder(synonyms={"climbed": "rose"})
    index = made("Coffee prices slumped.", "Coffee prices climbed.", embedder=embedder)
    assert ids(index, "Which prices rose?") == ["0#0", "1#0"]
    assert ids(index, "Which prices rose?", "pieces") == ["1#0", "0#0"]


def test_feedback_finds_what_the_best_passage_also_says(made):
    """Tea prices is as near to the question as coffee prices, but not to the best passage."""
    index = made("Tea storm.", "Coffee storm.", "Prices storm coffee prices.")
    assert ids(index, "prices storm")[0] == "2#0"
    assert ids(index, "prices storm")[1:] == ["0#0", "1#0"]
    assert ids(index, "prices storm", "feedback") == ["2#0", "1#0", "0#0"]


def test_smoothing_prefers_what_is_like_the_best_passage(made):
    index = made("Tea storm.", "Coffee storm.", "Prices storm coffee prices.")
    assert ids(index, "prices storm", "smoothing") == ["2#0", "1#0", "0#0"]


def test_a_long_question_trusts_its_vector_as_a_short_one_does(made):
    long = " ".join(f"zu{letter}k" for letter in ascii_lowercase[:24])
    index = made("Coffee is dear.", "Tea is cheap.", long)
    assert index.search(long, explain=True).explain["weights"] == {"keyword": 1, "vector": 1}
    assert index.search(long, explain=True, mode="vector").explain["weights"] == {"vector": 1}


def test_a_question_for_somebodys_words_prefers_what_they_say(made):
    index = made("Analysts read that rents would fall.", "Analysts said that rents would fall.")
    question = "What did analysts say about rents?"
    assert ids(index, question) == ["0#0", "1#0"]
    assert ids(index, question, "speaker") == ["1#0", "0#0"]
    assert ids(index, "analysts rents fall", "speaker") == ["0#0", "1#0"]  # asks for nobody's words


DATED = (
    Document("old", "Rents rose.", metadata={"date": "2023-06-01"}),
    Document("new", "Rents rose.", metadata={"date": "2024-06-15"}),
)


def test_a_question_that_names_a_time_prefers_documents_of_that_time(made):
    index = made(*DATED)
    assert ids(index, "Why did rents rise in June 2024?") == ["old#0", "new#0"]
    assert ids(index, "Why did rents rise in June 2024?", "time") == ["new#0", "old#0"]
    assert ids(index, "Why did rents rise?", "time") == ["old#0", "new#0"]


def test_last_month_counts_from_the_day_that_is_given(made):
    index = made(*DATED)
    assert ids(index, "Why did rents rise last month?", "time", today=date(2024, 7, 20)) == ["new#0", "old#0"]
    assert ids(index, "Why did rents rise last month?", "time", today=date(2023, 7, 2)) == ["old#0", "new#0"]


@pytest.mark.parametrize("stages", [(), STAGES])
def test_recency_prefers_what_is_new_with_stages_or_without(made, stages):
    index = made(*DATED)
    assert ids(index, "Why did rents rise?", *stages) == ["old#0", "new#0"]
    assert ids(index, "Why did rents rise?", *stages, recency=0.1, today=date(2024, 7, 1)) == ["new#0", "old#0"]


def test_recency_is_a_nudge_beside_a_far_better_passage(made):
    index = made("Rents rose.", Document("new", "Rents.", metadata={"date": "2024-06-30"}), "Ferries.")
    assert ids(index, "Have rents rose?", recency=0.1, today=date(2024, 7, 1))[0] == "0#0"


# --- a larger world --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """24 documents of one to three paragraphs of few words, so that nearly all match a little, and a report."""
    draw = np.random.default_rng(7)

    def text() -> str:
        return "\n\n".join(" ".join(draw.choice(WORDS, draw.integers(2, 7))) + "." for _ in range(draw.integers(1, 4)))

    with Index.create(tmp_path_factory.mktemp("world") / "i", embedder=WordPieceEmbedder(), target_tokens=1) as index:
        index.add(
            Document(f"d{at}", text(), metadata={"date": f"20{20 + at % 5}-06-01", "section": "AB"[at % 2]})
            for at in range(24)
        )
        index.add(
            [Document("d24", "Analysts said that coffee prices rose.", metadata={"date": "2022-06-02", "section": "A"})]
        )
        yield index


QUESTIONS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
QUESTION = "What did analysts say about coffee prices in June 2022?"
CHOSEN = st.lists(st.sampled_from(STAGES), unique=True)
CALM = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def everything(index: Index) -> set[str]:
    return {passage.id for doc_id in index.documents() for passage in index.passages(doc_id)}


@CALM
@given(question=QUESTIONS, stages=CHOSEN, section=st.sampled_from("AB"), first=st.integers(2020, 2024))
def test_hits_are_all_that_fit_the_filter_and_nothing_else(world, question, stages, section, first):
    fits = {
        passage.id
        for doc_id in world.documents()
        for passage in world.passages(doc_id)
        if passage.metadata["section"] == section and passage.metadata["date"] >= f"{first}"
    }
    where = {"section": section, "date": {">=": f"{first}-01-01"}}
    found = ids(world, question, *stages, where=where, k=100)
    assert set(found) == fits
    assert len(found) == len(fits)


@CALM
@given(question=QUESTIONS, stages=CHOSEN, size=st.integers(1, 7), shallow=st.booleans())
@example(question="vietnam hanoi hanoi hanoi market market voters voters", stages=[], size=1, shallow=False)
def test_pages_fit_together(world, question, stages, size, shallow):
    with pytest.MonkeyPatch.context() as patch:
        if shallow:  # so that pages reach beyond the first candidates, and beyond those that are refined
            patch.setattr(pool, "DEPTHS", (8, 16))
            patch.setattr(first, "DEPTH", 5)
        whole = world.search(question, 3 * size, stages=stages)
        pages = [hit for at in range(3) for hit in world.search(question, size, stages=stages, offset=at * size)]
    assert [(hit.rank, hit.passage.id, hit.score, hit.confidence) for hit in pages] == [
        (hit.rank, hit.passage.id, hit.score, hit.confidence) for hit in whole
    ]
    scores = [hit.score for hit in whole]
    assert scores == sorted(scores, reverse=True)


@CALM
@given(question=QUESTIONS, stages=CHOSEN)
def test_stages_change_the_order_and_find_nothing_more_or_less(world, question, stages):
    assert set(ids(world, question, *stages, k=100)) == everything(world)


@pytest.mark.parametrize("mode", ["keyword", "vector"])
@pytest.mark.parametrize("question", [QUESTION, "storm hanoi", " ".join(WORDS) + " and so on " + "x y z " * 5])
def test_an_arm_alone_is_what_it_is_whatever_the_stages(world, mode, question):
    plain = world.search(question, mode=mode, stages=())
    staged = world.search(question, mode=mode, explain=True)
    assert staged.hits == plain.hits
    assert staged.explain["stages"] == {}


@pytest.mark.parametrize("question", [QUESTION, "storm hanoi"])
@pytest.mark.parametrize("name", sorted(fusion.FUSIONS))
def test_without_stages_the_ranking_is_plain_fusion(world, question, name):
    results = world.search(question, 100, stages=(), fusion=name, explain=True)
    scores = {
        arm: np.array([hit.sources[arm].score if arm in hit.sources else 0.0 for hit in results])
        for arm in ("keyword", "vector")
    }
    fused = fusion.FUSIONS[name](scores, {"keyword": 1.0, "vector": 1.0})
    assert [hit.score for hit in results] == pytest.approx(fused, abs=1e-4)
    assert results.explain["stages"] == {}


@pytest.mark.parametrize("left_out", ["", *STAGES[1:]])
def test_explain_says_which_stages_ran(world, left_out):
    explained = world.search(QUESTION, stages=[s for s in STAGES if s != left_out], explain=True).explain
    assert set(explained["stages"]) == set(STAGES) - {left_out}


def test_explain_says_how_rare_each_term_is(world):
    term, *_ = world.search("coffee", explain=True).explain["terms"]
    holds = sum("coffee" in passage for passage in texts(world))
    assert (term["term"], term["passages"]) == ("coffe", holds)
    assert term["idf"] == pytest.approx(idf(len(texts(world)), holds), abs=1e-4)


def texts(index: Index) -> list[str]:
    return [passage.text for doc_id in index.documents() for passage in index.passages(doc_id)]


def test_a_model_without_pieces_has_all_other_stages(made):
    index = made("Coffee is dear.\n\nCoffee rose.", "Tea is cheap.", embedder=WordHashEmbedder())
    explained = set(index.search("coffee tea", explain=True).explain["stages"])
    assert {"neighbours", "feedback"} <= explained
    assert "pieces" not in explained


@pytest.mark.parametrize("stages", [("piece",), ("time", "Pieces"), "time"])
def test_an_unknown_stage_is_a_query_error_that_names_those_there_are(world, stages):
    with pytest.raises(
        QueryError, match="stages must be some of neighbours, pieces, feedback, smoothing, speaker, time"
    ):
        world.search("coffee", stages=stages)


@pytest.mark.parametrize("fusing", choices.FUSIONS)
@pytest.mark.parametrize("weight", [1e-300, choices.MOST_WEIGHT])
def test_the_greatest_and_least_weights_give_scores_that_are_numbers(world, fusing, weight):
    for arm in choices.ARMS:
        found = world.search("coffee prices", fusion=fusing, weights={arm: weight}, recency=weight)
        assert len(found)
        assert all(0 <= hit.score <= 1 for hit in found)


def test_a_negative_recency_is_a_query_error(world):
    with pytest.raises(QueryError, match="recency must lie between 0 and 1000000"):
        world.search("coffee", recency=-0.1)
