"""Tables: what a run measured, kept as evidence, and every table computed from it.

`run` writes the evidence and the tables; `audit` reads the evidence back, computes the tables again and compares.
"""

from facegap.tables.build import NOTICE, TABLES, Table, build, write_tables
from facegap.tables.evidence import Evidence, read_evidence, write_evidence
from facegap.tables.thresholds import NO_THRESHOLD, set_thresholds

__all__ = [
    "NOTICE",
    "NO_THRESHOLD",
    "TABLES",
    "Evidence",
    "Table",
    "build",
    "read_evidence",
    "set_thresholds",
    "write_evidence",
    "write_tables",
]
