"""Questions that ask for somebody's words, and those that don't."""

import pytest

from searchkit.text.attribution.question import asked

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
    found = asked(question)
    assert found is not None
    assert (found.source, found.topic) == (source, topic)


@pytest.mark.parametrize(
    ("question", "is_open"),
    [
        ("What did Okafor say about rents?", True),
        ("What does Okafor think of rents?", True),
        ("What is Okafor's view on rents?", True),
        ("Okafor Lena on rents", True),
        ("What did Okafor say?", True),
        ("Who said that rents would fall?", False),
        ("What did Okafor say rents would do?", False),
        ("When did Okafor predict rents would fall?", False),
        ("According to Okafor, how long is the bridge?", False),
    ],
)
def test_a_question_asks_for_all_on_a_subject_or_for_one_fact(question, is_open):
    found = asked(question)
    assert found is not None
    assert found.open == is_open


OTHERS = [
    "How long is the bridge?",
    "What is the capital of Vietnam?",
    "Who built the bridge?",
    "What does it mean?",
    "effects of salt on eels",
    "tariffs on Vietnam",
    "Which harbour is the oldest?",
    "What did the flood destroy?",
    "What did Okafor call the bridge?",
    "Where did Okafor want to live?",
    "Was there a difference between Okafor's statements on rents and those of Lind?",
    "",
]


@pytest.mark.parametrize("question", OTHERS)
def test_a_question_for_something_else(question):
    assert asked(question) is None
