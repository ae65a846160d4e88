"""Compare: templates against templates, by rule (all pairs) or by list, without ever holding N x N scores.

Cost grows with the number of pairs, memory with the number of templates plus the kept tail.
"""

from facegap.compare.cluster import chosen
from facegap.compare.engine import Engine, Part, TilePlan, merged
from facegap.compare.listed import listed_comparisons
from facegap.compare.matrix import ScoreMatrix, compare_matrix
from facegap.compare.pairs import TailRule, compare
from facegap.compare.scores import exact_scores
from facegap.compare.tiles import LocalEngine, run_unit

__all__ = [
    "Engine",
    "LocalEngine",
    "Part",
    "ScoreMatrix",
    "TailRule",
    "TilePlan",
    "chosen",
    "compare",
    "compare_matrix",
    "exact_scores",
    "listed_comparisons",
    "merged",
    "run_unit",
]
