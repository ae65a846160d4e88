"""Operating points: set at target FMRs on the named comparisons, taken from the vendor, or given."""

from __future__ import annotations

from facegap import count, estimate
from facegap.records import Comparisons, Threshold
from facegap.tables.evidence import Evidence

NO_THRESHOLD = "none"
"""Name of "no threshold" in tables: rates that need none, and rank-only identification."""


def set_thresholds(evidence: Evidence) -> tuple[Threshold, ...]:
    """Every operating point of the run, by model: at target FMRs, the vendor's, the given ones.

    Raises:
        InputError: the kept tail does not reach a target.
    """
    found: list[Threshold] = []
    for use in evidence.study.models:
        found += at_target_fmrs(evidence, use.card)
        if evidence.study.thresholds.vendor and use.card in evidence.vendor:
            policy = "the vendor's own threshold"
            found.append(Threshold("vendor", use.card, evidence.vendor[use.card], policy))
        found += [threshold for threshold in evidence.given if threshold.model == use.card]
    return tuple(found)


def at_target_fmrs(evidence: Evidence, model: str) -> list[Threshold]:
    """Thresholds of `model` at the study's target FMRs; none where thresholds come from another run."""
    rule = evidence.study.thresholds
    if rule.from_run is not None:
        return []
    comparisons = evidence.comparisons[model, rule.condition]
    impostors = count.pooled_nonmated(comparisons, evidence.samples, rule.impostors, evidence.study.groups[0])
    scope = "all" if rule.impostors == "all" else f"same {', '.join(evidence.study.groups[0])}"
    out = []
    for target in rule.fmr:
        value, realised, false_matches, note = estimate.threshold_at_fmr(
            impostors.scores, impostors.total, target, impostors.floor
        )
        policy = f"highest FMR <= target over {scope} non-mated comparisons, condition {rule.condition}"
        out.append(
            Threshold(f"FMR {target:g}", model, value, policy, target, realised, false_matches, impostors.total, note)
        )
    return out


def for_model(thresholds: tuple[Threshold, ...], comparisons: Comparisons) -> list[Threshold]:
    """The thresholds of the model that made `comparisons`."""
    return [threshold for threshold in thresholds if threshold.model == comparisons.model]
