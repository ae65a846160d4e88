"""Tables: every table of a run, computed from its evidence.

`run` writes evidence and tables; `audit` reads the evidence back, computes the tables again and compares.
"""

from facegap.tables.build import DICTIONARY, NOTICE, TABLES, Built, build, write_tables
from facegap.tables.workbench import NO_THRESHOLD, Workbench

__all__ = ["DICTIONARY", "NOTICE", "NO_THRESHOLD", "TABLES", "Built", "Workbench", "build", "write_tables"]
