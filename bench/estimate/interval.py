"""One estimate from one count: the default interval by what the counts carry, and what a reader must know of it."""

from __future__ import annotations

from bench.estimate.clustered import effective_size, rate, wilson_n_eff
from bench.estimate.rates import wilson
from bench.records import ErrorCounts, Estimate

FEW_SUBJECTS = 50
FEW_ERRORS = 10


def estimate(counts: ErrorCounts, level: float = 0.95) -> Estimate:
    """The rate with its interval at confidence `level`.

    Wilson's interval at the effective sample size where the counts carry cluster sums, Wilson's on the comparisons
    where they do not. Where there is no error (or nothing but errors) the sample size is the number of people, or, for
    false matches, of comparisons.
    """
    if counts.trials == 0:
        return Estimate(counts, None, None, None, "none", level, None, _no_trials(counts))
    if counts.by_subject is None:
        low, high = wilson(counts.errors, counts.trials, level)
        return Estimate(counts, rate(counts), low, high, "Wilson", level, float(counts.trials), _note(counts))
    n_eff, method = _sample_size(counts)
    low, high = wilson_n_eff(counts.errors, counts.trials, n_eff, level)
    return Estimate(counts, rate(counts), low, high, method, level, n_eff, _note(counts))


def _sample_size(counts: ErrorCounts) -> tuple[float, str]:
    """Effective sample size, at most the comparisons, and the method's name."""
    found = effective_size(counts)
    if found is None:
        if counts.by_pair is None:
            return float(counts.subjects), "Wilson, n = people"
        return float(counts.trials), "Wilson, n = comparisons"
    if _independent_clusters(counts) < 2:
        return 1.0, "Wilson, n = 1: one person or one pair of people"
    return min(found, float(counts.trials)), "Wilson at effective sample size, clustered by person"


def _independent_clusters(counts: ErrorCounts) -> int:
    return counts.subjects if counts.by_pair is None else counts.subjects - 1


def _no_trials(counts: ErrorCounts) -> str:
    what = {"FTA": "samples", "FTE": "people", "FNIR": "mated searches", "FPIR": "non-mated searches"}
    noun = what.get(counts.metric, "comparisons")
    if counts.failed:
        return f"no {noun} completed; {counts.failed} failed"
    return f"no {noun} in this group"


def _note(counts: ErrorCounts) -> str:
    notes = []
    if counts.errors == 0 and counts.by_pair is not None:
        notes.append("no errors: the upper bound takes comparisons that share people for independent")
    elif counts.errors == 0:
        notes.append("no errors: only the upper bound was learned")
    if counts.subjects < FEW_SUBJECTS:
        notes.append(f"fewer than {FEW_SUBJECTS} people: the interval may be too narrow")
    if counts.errors < FEW_ERRORS:
        notes.append(f"fewer than {FEW_ERRORS} errors")
    return "; ".join(notes)
