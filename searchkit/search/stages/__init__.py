"""What the first passages show beyond the arms' two scores, stage by stage; any can be left out.

A stage is an object with a name and `refine`. To add one, write its module here and give it a line in
`choices.STAGES`: requests, the command line, its help and completion, and the ablations of `evaluate` read that.

The weights were chosen on the training or development questions of SciFact, NFCorpus and SQuAD, and on questions put
together from two to five of those; BENCHMARKS.md has what each stage gains.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import cast

from searchkit.search.choices import STAGES
from searchkit.search.first import First
from searchkit.search.inquiry import Inquiry
from searchkit.search.stages.stage import Stage


@cache
def stage(name: str) -> Stage:
    """Return the stage of this name, which is imported when it is first asked for."""
    module, _, kind = STAGES[name].home.partition(":")
    return cast(Stage, getattr(import_module(f"{__name__}.{module}"), kind)())


def wanted(question: Inquiry) -> Iterator[Stage]:
    """Yield the stages that are asked for, in their order; recency, which has an option of its own, comes last."""
    yield from (stage(name) for name in STAGES if name in question.request.stages)
    if question.request.recency:
        from searchkit.search.stages.recency import Recency  # noqa: PLC0415 - few questions ask for it

        yield Recency()


def refined(first: First) -> First:
    """Return what the stages that are asked for make of the first passages."""
    if len(first.pool.rows):
        for each in wanted(first.question):
            first = each.refine(first)
    return first
