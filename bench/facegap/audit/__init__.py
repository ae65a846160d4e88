"""Audit: verify a finished run, put a model through the sanity gate, examine this machine."""

from facegap.audit.doctor import doctor
from facegap.audit.gate import GateOutcome, check_model
from facegap.audit.verify import added_since, unchecked, verify

__all__ = ["GateOutcome", "added_since", "check_model", "doctor", "unchecked", "verify"]
