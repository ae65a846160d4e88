"""Claims: what is claimed, read from its words, counted and judged by a run's evidence."""

from facegap.claims.examine import Examined, examine_claim, parse_sealed
from facegap.claims.judge import judge_groups
from facegap.claims.requirements import Required, judge_policy
from facegap.claims.verdict import Judged

__all__ = ["Examined", "Judged", "Required", "examine_claim", "judge_groups", "judge_policy", "parse_sealed"]
