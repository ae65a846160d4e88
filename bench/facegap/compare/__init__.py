"""Compare: templates against templates, all pairs, without ever holding N x N scores.

Cost grows with the number of pairs, memory with the number of templates plus the kept tail.
"""

from facegap.compare.pairs import TailRule, compare
from facegap.compare.scores import exact_scores

__all__ = ["TailRule", "compare", "exact_scores"]
