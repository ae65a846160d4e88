"""Evidence: what a run keeps, and everything that its tables are computed from; to files and back."""

from facegap.evidence.files import read_evidence, write_evidence
from facegap.evidence.opaque import keyed_images, opaque
from facegap.evidence.record import Evidence

__all__ = ["Evidence", "keyed_images", "opaque", "read_evidence", "write_evidence"]
