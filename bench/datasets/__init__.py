"""Data sets: a card and a folder give samples with their labels, and an account of what was refused and why.

Three adapters, one plain function each: `csv` (a manifest), `tree` (group/subject/image folders), `lfw` (LFW's layout).
"""

from bench.datasets.adapters import load
from bench.datasets.check import GroupCount, Report, check
from bench.datasets.draw import draw_subjects
from bench.datasets.pairs import Pairs, load_pairs
from bench.datasets.rows import Loaded

__all__ = ["GroupCount", "Loaded", "Pairs", "Report", "check", "draw_subjects", "load", "load_pairs"]
