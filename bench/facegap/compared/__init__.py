"""Compared: finished runs held against each other and against a policy, as a folder with tables and a page."""

from facegap.compared.folder import Comparison, compare_runs, write_comparison
from facegap.compared.runs import OneRun, read_runs
from facegap.compared.verify import examine_comparison, is_comparison

__all__ = [
    "Comparison",
    "OneRun",
    "compare_runs",
    "examine_comparison",
    "is_comparison",
    "read_runs",
    "write_comparison",
]
