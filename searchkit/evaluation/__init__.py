"""How well an index answers: judged or made-up questions, measures, significance, tuning, a gate against regressions.

Measures come from ir_measures and pictures from matplotlib, both of the extra `eval`; statistics need only numpy.
"""

from searchkit.evaluation.comparison import Comparison, compare
from searchkit.evaluation.gating import Verdict, gate
from searchkit.evaluation.pseudo import pseudo_questions
from searchkit.evaluation.questions import Question, Questions
from searchkit.evaluation.reading import read_questions
from searchkit.evaluation.report import Evaluation, Outcome
from searchkit.evaluation.scaling import Scaled
from searchkit.evaluation.scores import Scores, read_scores, scores_of
from searchkit.evaluation.settings import SETTINGS
from searchkit.evaluation.sidebyside import evaluate
from searchkit.evaluation.tuning import Tuned, prefer, tune

__all__ = [
    "SETTINGS", "Comparison", "Evaluation", "Outcome", "Question", "Questions", "Scaled", "Scores", "Tuned", "Verdict",
    "compare", "evaluate", "gate", "prefer", "pseudo_questions", "read_questions", "read_scores", "scores_of", "tune",
]  # fmt: skip
