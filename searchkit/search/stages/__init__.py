"""What the first passages show beyond the arms' two scores, stage by stage; any can be left out.

A stage is an object with a name, a summary for help texts, and `refine`. To add one, write its module and name it
below: requests, the command line, its help and completion, and the ablations of `evaluate` read this registry.

The weights were chosen on the training or development questions of SciFact, NFCorpus and SQuAD, and on questions put
together from two to five of those; BENCHMARKS.md has what each stage gains.
"""

from __future__ import annotations

from collections.abc import Mapping

from searchkit.search.first import First
from searchkit.search.stages.contract import Stage
from searchkit.search.stages.feedback import Feedback
from searchkit.search.stages.guard import Guard
from searchkit.search.stages.neighbours import Neighbours
from searchkit.search.stages.pieces import Pieces
from searchkit.search.stages.recency import Recency
from searchkit.search.stages.speaker import Speaker
from searchkit.search.stages.time import Time

ORDER: tuple[Stage, ...] = (Guard(), Neighbours(), Pieces(), Feedback(), Speaker(), Time())
REGISTRY: Mapping[str, Stage] = {stage.name: stage for stage in ORDER}
ALWAYS: tuple[Stage, ...] = (Recency(),)  # has an option of its own


def refined(first: First) -> First:
    """Return what the stages that are asked for make of the first passages."""
    wanted = first.question.request.stages
    for stage in (*(stage for stage in ORDER if stage.name in wanted), *ALWAYS):
        if not len(first.rows):
            break
        first = stage.refine(first)
    return first
