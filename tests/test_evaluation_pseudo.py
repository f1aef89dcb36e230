"""Questions made from an index: the same for the same seed, telling, and answerable."""

import numpy as np
import pytest

from searchkit import Document, EvaluationError, Index, evaluate, pseudo_questions
from searchkit.evaluation.pseudo import KINDS, Maker, PseudoWord, Synonyms, Vocabulary
from searchkit.types import Passage

COFFEE = (
    "Robusta coffee grows in the highlands of Vietnam. Farmers there sold their coffee early this year, "
    "because traders in London paid a record price for robusta."
)
TEA = (
    "Green tea is steamed soon after picking, and black tea oxidises for hours. Gardens in Assam pick tea from "
    "March to December, while gardens in Darjeeling rest during winter months."
)
STORM = (
    "The storm reached Hanoi at night. Streets were flooded when the river rose, schools stayed closed, and "
    "the storm cut power to thousands of families for several days."
)


def passage(text):
    return Passage("d#0", "d", 0, text, 0, len(text), 1, 1)


@pytest.fixture
def index(empty):
    empty.add([Document("coffee", COFFEE), Document("tea", TEA), Document("storm", STORM)])
    return empty


@pytest.fixture
def vocabulary():
    return Vocabulary([passage(COFFEE), passage(TEA), passage(STORM)], "en")


def test_each_passage_is_asked_about_once_and_answers_its_question(index):
    made = pseudo_questions(index)
    assert sorted(unit for question in made.items for unit in question.grades) == ["coffee#0", "storm#0", "tea#0"]
    assert {question.kind for question in made.items} == set(KINDS)


def test_equal_seeds_make_equal_questions_and_others_others(index):
    assert pseudo_questions(index, seed=3) == pseudo_questions(index, seed=3)
    assert pseudo_questions(index, seed=3).items != pseudo_questions(index, seed=4).items


def test_made_up_questions_can_be_evaluated_like_judged_ones(index):
    made = evaluate(index, pseudo_questions(index, 2), names=["vector", "default"])
    assert len(made.answerable) == 2
    assert made.mean("default", "R@100") == 1
    assert "what ECE and lost say of them holds for no others" in made.warnings[0]


def test_function_words_say_nothing_of_the_subject(vocabulary):
    assert set(vocabulary.telling("What is the coffee of Vietnam?")) == {"coffe", "vietnam"}


def test_the_sentence_that_is_asked_about_holds_what_comes_again(vocabulary):
    maker = Maker(vocabulary, None, np.random.default_rng(0))
    words = {word.term for word in vocabulary.words(maker.paraphrase(passage(COFFEE)))}
    assert words <= {word.term for word in vocabulary.words(COFFEE)}
    assert not words & {"storm", "tea"}


def test_a_known_item_is_asked_for_by_words_that_tell_most(vocabulary, monkeypatch):
    monkeypatch.setattr("searchkit.evaluation.pseudo.KNOWN_REPLACED", (0, 0))
    maker = Maker(vocabulary, None, np.random.default_rng(1))
    asked = [maker.known_item(passage(STORM)).split() for _ in range(40)]
    assert 10 < sum("storm" in question for question in asked) < 40  # it comes twice: among those that are drawn from
    assert all(4 <= len(question) <= 7 for question in asked)
    assert not any(word in question for question in asked for word in ("The", "at", "was"))


class Pairs:
    """A model for which coffee means about the same as tea, and nothing else does."""

    def embed_passages(self, texts):
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text):
        return np.eye(2)[0 if text in ("coffee", "tea") else 1]


def test_a_word_is_replaced_by_one_that_the_passage_lacks(vocabulary):
    twice = Vocabulary([passage(COFFEE), passage(TEA)] * 2, "en")
    synonyms = Synonyms(twice, Pairs())
    assert synonyms.of(PseudoWord("coffee", "coffe", True), vocabulary.telling(COFFEE)) == ["tea"]
    assert synonyms.of(PseudoWord("coffee", "coffe", True), vocabulary.telling(TEA)) == []  # itself is no replacement


def test_an_index_without_a_model_is_asked_in_fewer_words(tmp_path):
    with Index.create(tmp_path / "plain", embedder="none") as index:
        index.add([Document("coffee", COFFEE), Document("tea", TEA)])
        assert all(question.text for question in pseudo_questions(index).items)


def test_an_index_without_text_is_an_error(tmp_path):
    with Index.create(tmp_path / "plain", embedder="none") as index:
        index.add([Document("short", "Hardly a word.")])
        with pytest.raises(EvaluationError, match="no passage of 12 words"):
            pseudo_questions(index)
