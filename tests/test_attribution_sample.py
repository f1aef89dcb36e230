"""How much of what is said in the sample news is taken down, and how much of what is taken down was said.

tests/data/statements.jsonl holds the statements of nineteen reports, annotated by hand. A statement has a source, a
verb by which it is reported, and as its claim a clause, a quotation, a forecast or a judgement ("called it a tax");
nouns alone ("announced a tariff", "reported a shortage") and relative clauses ("valued at") do not count. The rules
were mended after a look at twelve of the reports (development); seven were annotated before their results were seen
(held-out).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

import searchkit
from searchkit.models.embedders import estimate_tokens
from searchkit.text.attribution.document import attributions
from searchkit.text.splitting import Limits, split

SEEDS = Path(__file__).parent.parent / "seeds"
ANNOTATED = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "statements.jsonl").read_text(encoding="utf-8").splitlines()
]
SETS = ("development", "held-out")


@cache
def found_in(doc: str) -> tuple[tuple[str, str, str, str], ...]:
    """Return (source, speaker, verb, claim) of the statements that are taken down in a report."""
    (document,) = searchkit.read(SEEDS / doc, doc)
    assert isinstance(document, searchkit.Document)
    passages = split(document, Limits(target=200, maximum=256), lambda texts: [estimate_tokens(text) for text in texts])
    texts = [passage.text for passage in passages]
    return tuple(
        (one.source, one.resolved.split(",")[0], one.verb, " ".join(text[one.claim_start : one.claim_end].split()))
        for text, each in zip(texts, attributions(texts), strict=True)
        for one in each
    )


def counts(which: str) -> tuple[int, int, int]:
    """Return how many statements of a set are right, found, and annotated."""
    wanted = [one for one in ANNOTATED if one["set"] == which]
    right = sum(
        any(
            (source, speaker, verb) == (one["source"], one["speaker"], one["verb"]) and claim.startswith(one["claim"])
            for source, speaker, verb, claim in found_in(one["doc"])
        )
        for one in wanted
    )
    return right, sum(len(found_in(doc)) for doc in {one["doc"] for one in wanted}), len(wanted)


def test_the_sample_is_large_enough_to_tell():
    assert len({one["doc"] for one in ANNOTATED}) >= 12
    assert len(ANNOTATED) >= 100


@pytest.mark.parametrize("which", SETS)
def test_what_is_taken_down_was_said(which):
    right, found, _ = counts(which)
    assert right / found >= 0.9


@pytest.mark.parametrize("which", SETS)
def test_what_was_said_is_taken_down(which):
    right, _, annotated = counts(which)
    assert right / annotated >= 0.8
