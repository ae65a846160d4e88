"""Data sets: a card and a folder give samples with their labels, and an account of what was refused and why.

Four adapters, one plain function each: `csv` (a manifest), `tree` (group/subject/image folders), `pattern` (paths by
the card's patterns), `lfw` (LFW's layout).
"""

from facegap.datasets.check import GroupCount, Report, check
from facegap.datasets.draw import draw_subjects
from facegap.datasets.load import load
from facegap.datasets.pairs import Pairs, asked_pairs, load_pairs, related
from facegap.datasets.pull import pull, terms
from facegap.datasets.row import Loaded

__all__ = [
    "GroupCount",
    "Loaded",
    "Pairs",
    "Report",
    "asked_pairs",
    "check",
    "draw_subjects",
    "load",
    "load_pairs",
    "pull",
    "related",
    "terms",
]
