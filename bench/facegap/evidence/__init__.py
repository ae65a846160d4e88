"""Evidence: what a run keeps, and everything that its tables are computed from; to files and back."""

from facegap.evidence.files import evidence_files, read_evidence, write_evidence
from facegap.evidence.opaque import keyed_images, opaque
from facegap.evidence.record import Evidence
from facegap.evidence.sealed import Seal, departures, read_seal

__all__ = [
    "Evidence",
    "Seal",
    "departures",
    "evidence_files",
    "keyed_images",
    "opaque",
    "read_evidence",
    "read_seal",
    "write_evidence",
]
