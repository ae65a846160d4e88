"""Claims: what is claimed, read from its words, counted and judged by a run's evidence."""

from facegap.claims.examine import Examined, examine_claim, parse_sealed

__all__ = ["Examined", "examine_claim", "parse_sealed"]
