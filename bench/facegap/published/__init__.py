"""Published: tables of counts that somebody else printed, read, judged and written as a folder with a page."""

from facegap.published.asked import Asked
from facegap.published.counts_file import PublishedCounts, read_counts
from facegap.published.folder import write_judged
from facegap.published.judged import Judged, judge_counts
from facegap.published.policy import Asks, claims_of, held, policy_lines
from facegap.published.verify import is_judged, verify_judged

__all__ = [
    "Asked",
    "Asks",
    "Judged",
    "PublishedCounts",
    "claims_of",
    "held",
    "is_judged",
    "judge_counts",
    "policy_lines",
    "read_counts",
    "verify_judged",
    "write_judged",
]
