"""What a search can be asked to do: every option once, with its default, meaning and choices.

The request, the command line and its help, the documentation of `Index.search` and the README read this table, or are
checked against it. It imports nothing, so that help and completion need not wait for anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

ARMS = ("keyword", "vector")
MODES = ("hybrid", *ARMS)
FUSIONS = ("minmax", "zscore", "rrf")
RERANKERS = ("late", "onnx:", "st-ce:")
MOST_RERANKED = 200
MOST_WEIGHT = 1_000_000  # beyond, what weighs nothing beside it would be lost to rounding


class StageEntry(NamedTuple):
    """A stage as the registry knows it: what it does, an example, and the class in `searchkit.search.stages` for it."""

    summary: str
    example: str
    home: str  # module:class


STAGES: Mapping[str, StageEntry] = {  # in the order in which they run
    "neighbours": StageEntry(
        "raises a passage whose neighbours match too",
        '"He doubted that." between two paragraphs on the tariff',
        "neighbours:Neighbours",
    ),
    "pieces": StageEntry(
        "looks for each word piece of the question in the passage, by closeness",
        '"car tax" finds "levy on vehicles"',
        "pieces:Pieces",
    ),
    "feedback": StageEntry(
        "moves a short question's vector towards the best passages, where the arms agree on them",
        '"rates" in an index of central banks',
        "feedback:Feedback",
    ),
    "smoothing": StageEntry(
        "draws the scores of passages that say much the same towards each other",
        "a report among five others on the same strike",
        "smoothing:Smoothing",
    ),
    "speaker": StageEntry(
        "prefers statements by whoever is asked about", '"What did analysts say about Vietnam?"', "speaker:SpeakerStage"
    ),
    "time": StageEntry(
        "prefers documents of a time that is named; rules none out", '"semiconductors in June 2024"', "time:Time"
    ),
}


class Option(NamedTuple):
    """An option of a search: what it is unless given, what it means, and what it is chosen from."""

    default: Any
    meaning: str
    choices: tuple[str, ...] = ()


OPTIONS: Mapping[str, Option] = {
    "k": Option(10, "how many passages to return"),
    "mode": Option("hybrid", "hybrid, keyword or vector", MODES),
    "where": Option(None, "a filter, applied before ranking: its text, or a mapping"),
    "since": Option(None, "only documents from this year, month or day on: a date, or text such as 2024-06"),
    "until": Option(None, "only documents up to this year, month or day, included"),
    "fusion": Option("zscore", "how hybrid joins both arms: minmax, zscore or rrf", FUSIONS),
    "weights": Option({}, "what each arm counts in hybrid: 1 unless given, as in {'keyword': 1.5}"),
    "offset": Option(0, "pass over so many hits"),
    "context": Option(0, "bring so many neighbours of each passage on each side"),
    "per_document": Option(None, "at most so many hits of one document"),
    "collapse": Option(False, "make near duplicates one hit"),
    "diversity": Option(0.0, "0 to 1: prefer hits that say something new, by maximal marginal relevance"),
    "explain": Option(False, "say what each arm saw and each stage did"),
    "strict": Option(False, "a malformed advanced query is an error, not plain words"),
    "said_by": Option(None, "only passages in which somebody of this name says something"),
    "stages": Option(tuple(STAGES), "what hybrid does beyond fusion: all stages unless some are named", tuple(STAGES)),
    "recency": Option(0.0, "in hybrid, the weight of how new a document is, beside a score in [0, 1]: .1 is a nudge"),
    "history": Option((), "the turns before the question, oldest first: mappings or pairs of role and content"),
    "rewrite": Option(
        None, "a function of the turns and the question, which returns the question as it would stand alone"
    ),
    "today": Option(None, 'what "last week" counts from: a date, or its ISO 8601 text; the clock\'s day unless given'),
    "min_confidence": Option(0.0, "leave out hits that are less likely to answer, 0 to 1"),
    "reranker": Option(
        None, "judge the first hits anew: late (with the model at hand), onnx:FOLDER or st-ce:MODEL; in Python also a "
        "Reranker, or a function",
        RERANKERS,
    ),
    "rerank_depth": Option(30, f"how many it judges, at most {MOST_RERANKED}"),
    "rerank_weight": Option(0.7, "its share in their scores, 0 to 1"),
    "upgrade": Option(0, "have the model read so many of the first passages whose vectors are predicted"),
    "upgrade_seconds": Option(None, "as many of them as fit into this time; all unless given"),
    "recall": Option(0.98, "of the 10 nearest of very many vectors, find this share, or as near ones; 1 compares all"),
}  # fmt: skip
