"""Questions that ask for somebody's words, and those that don't."""

import pytest

from searchkit.attribution.question import Asked, asked

ASKING = [
    ("What did analysts say about Vietnam?", "analysts", "Vietnam"),
    ("what does Lena Okafor think of the bridge", "Lena Okafor", "the bridge"),
    ("What has the ministry said on rents?", "the ministry", "rents"),
    ("What are economists saying about rents?", "economists", "rents"),
    ("What did the rescue official in Skagen say?", "the rescue official in Skagen", ""),
    ("What is Okafor's view on rents?", "Okafor", "rents"),
    ("What was the reaction of pilots to the bridge?", "pilots", "the bridge"),
    ("How did Okafor explain the flood?", "Okafor", "the flood"),
    ("How did the mayor respond to the criticism?", "the mayor", "the criticism"),
    ("Why do analysts doubt the plan?", "analysts", "the plan"),
    ("Who said that the bridge is too short?", "", "the bridge is too short"),
    ("Who criticised the bridge?", "", "the bridge"),
    ("Which analyst expects rents to fall?", "analyst", "rents to fall"),
    ("According to Okafor, how long is the bridge?", "Okafor", "how long is the bridge"),
    ("How long is the bridge according to the harbour office?", "the harbour office", "How long is the bridge"),
    ("comments by pilots on the channel", "pilots", "the channel"),
    ("analysts on the harbour", "analysts", "the harbour"),
    ("Lena Okafor on rents and wages", "Lena Okafor", "rents and wages"),
]


@pytest.mark.parametrize(("question", "source", "topic"), ASKING, ids=[one[0] for one in ASKING])
def test_a_question_for_somebodys_words(question, source, topic):
    assert asked(question) == Asked(source, topic)


OTHERS = [
    "How long is the bridge?",
    "What is the capital of Vietnam?",
    "Who built the bridge?",
    "What does it mean?",
    "effects of salt on eels",
    "tariffs on Vietnam",
    "Which harbour is the oldest?",
    "What did the flood destroy?",
    "",
]


@pytest.mark.parametrize("question", OTHERS)
def test_a_question_for_something_else(question):
    assert asked(question) is None
