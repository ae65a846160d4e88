"""Tables: every table of a run, computed from its evidence.

`run` writes evidence and tables; `audit` reads the evidence back, computes the tables again and compares.
"""

from facegap.tables.build import NOTICE, TABLES, Table, build, write_tables
from facegap.tables.workbench import NO_THRESHOLD, set_thresholds

__all__ = ["NOTICE", "NO_THRESHOLD", "TABLES", "Table", "build", "set_thresholds", "write_tables"]
