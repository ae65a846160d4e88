"""Audit: verify a finished run, put a model through the sanity gate, examine this machine."""

from facegap.audit.doctor import doctor
from facegap.audit.gate import GateOutcome, check_model
from facegap.audit.verified import Check, Verified
from facegap.audit.verify import examine, verify

__all__ = ["Check", "GateOutcome", "Verified", "check_model", "doctor", "examine", "verify"]
