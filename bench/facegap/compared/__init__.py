"""Compared: finished runs held against each other and against a policy, as a folder with tables and a page."""

from facegap.compared.folder import Comparison, compare_runs, write_comparison
from facegap.compared.runs import OneRun, read_runs

__all__ = ["Comparison", "OneRun", "compare_runs", "read_runs", "write_comparison"]
