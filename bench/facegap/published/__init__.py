"""Published: tables of counts that somebody else printed, read, judged and written as a folder with a page."""

from facegap.published.asked import Asked
from facegap.published.counts_file import PublishedCounts, read_counts
from facegap.published.folder import write_judged
from facegap.published.judged import Judged, judge_counts

__all__ = ["Asked", "Judged", "PublishedCounts", "judge_counts", "read_counts", "write_judged"]
