"""How well an index answers: judged or made-up questions, measures, significance, tuning, a gate against regressions.

Measures come from ir_measures and pictures from matplotlib, both of the extra `eval`; statistics need only numpy.
"""

from searchkit.evaluation.questions import Question, Questions
from searchkit.evaluation.reading import read_questions
from searchkit.evaluation.report import Evaluation, Outcome
from searchkit.evaluation.settings import SETTINGS
from searchkit.evaluation.sidebyside import evaluate

__all__ = ["SETTINGS", "Evaluation", "Outcome", "Question", "Questions", "evaluate", "read_questions"]
