"""What a cosine means nothing below, by model."""

import pytest

from searchkit.models.embedders import embedder
from searchkit.models.embedders.background import PAIRS, background, measured
from tests.worlds import WordHashEmbedder


def test_what_the_model_that_travels_says_of_itself_is_what_is_measured():
    model = embedder("minilm")
    assert background(model) == pytest.approx(measured(model), abs=1e-3)


def test_a_model_that_says_nothing_is_measured_once():
    class Own(WordHashEmbedder):
        digest = "measured-1"

    model = Own()
    assert background(model) == background(model) == measured(WordHashEmbedder())
    assert model.embedded == [text for _, text in PAIRS]


def test_a_model_may_say_it_itself():
    class Telling(WordHashEmbedder):
        background = 0.7

    assert background(Telling()) == 0.7
