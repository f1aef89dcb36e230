"""What cosine a model gives a question and a passage that have nothing to do with each other: some give .7."""

from __future__ import annotations

import numpy as np

from searchkit.models.embedders.checks import passage_vectors, question_vector
from searchkit.threads import Guard
from searchkit.types import Embedder

# A question and a text that answers it, each pair about something else.
PAIRS = (
    ("How long do eggs take to boil?", "Hard-boiled eggs need ten minutes from the moment the water bubbles."),
    ("Who may borrow books from the library?", "Residents with a card can take home up to eight volumes at a time."),
    ("Why does iron rust?", "In moist air the metal reacts with oxygen and turns into a brown, crumbling oxide."),
    ("When does the last ferry leave?", "On weekdays the final boat to the island departs at twenty to eleven."),
    ("What did the court decide about the merger?", "The judges blocked the takeover, and so saved competition."),
    ("How are violins tuned?", "The strings are set a fifth apart by turning the pegs, beginning with A."),
    ("Which vaccine protects against measles?", "Two doses of a weakened virus, given in childhood, prevent it."),
    ("How many goals were scored in the final?", "After extra time it was three all, and penalties had to settle it."),
)  # fmt: skip
_measured: dict[str, float] = {}
_measuring = Guard()


def background(model: Embedder) -> float:
    """Return the mean cosine of questions and passages on other subjects, below which a cosine means nothing.

    A model may tell it as its attribute `background`; of others it is measured on PAIRS, once in a process.
    """
    told = getattr(model, "background", None)
    if told is not None:
        return float(told)
    with _measuring:
        if model.digest not in _measured:
            _measured[model.digest] = measured(model)
        return _measured[model.digest]


def measured(model: Embedder) -> float:
    """Return the mean cosine of each question of PAIRS with the texts of the others."""
    texts = passage_vectors(model, [text for _, text in PAIRS])
    questions = np.stack([question_vector(model, question) for question, _ in PAIRS])
    cosines = questions @ texts.T
    return float(cosines[~np.eye(len(PAIRS), dtype=bool)].mean())
