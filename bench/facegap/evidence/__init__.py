"""Evidence: what a run keeps, and everything that its tables are computed from; to files and back."""

from facegap.evidence.files import evidence_files, read_evidence, write_evidence
from facegap.evidence.gaps import age_gaps, gap_of
from facegap.evidence.opaque import keyed_images, opaque
from facegap.evidence.record import Evidence
from facegap.evidence.sealed import Seal, departures, read_seal

__all__ = [
    "Evidence",
    "Seal",
    "age_gaps",
    "departures",
    "evidence_files",
    "gap_of",
    "keyed_images",
    "opaque",
    "read_evidence",
    "read_seal",
    "write_evidence",
]
