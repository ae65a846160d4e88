"""Audit: verify a finished run, put a model through the sanity gate, examine this machine."""

from bench.audit.claim import Examined, examine_claim
from bench.audit.doctor import doctor
from bench.audit.gate import GateOutcome, check_model
from bench.audit.verify import verify

__all__ = ["Examined", "GateOutcome", "check_model", "doctor", "examine_claim", "verify"]
