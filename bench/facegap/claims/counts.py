"""What a claim is held against: its operating points, and the error counts of the groups at one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from facegap import count
from facegap.claims.text import Claim
from facegap.errors import InputError
from facegap.evidence import Evidence
from facegap.records import Comparisons, ErrorCounts, Searches, Threshold
from facegap.tables.workbench import NO_THRESHOLD, Workbench


def points_of(bench: Workbench, claim: Claim, comparisons: Comparisons) -> Sequence[Threshold]:
    """The thresholds that the claim speaks of: those of 1:1, and for searches those of their protocol.

    Raises:
        InputError: the model has no threshold of that name, or the run no such searches.
    """
    if claim.metric in ("FTA", "FTE") or claim.threshold == NO_THRESHOLD:
        return [Threshold(name=NO_THRESHOLD, model=comparisons.model, value=0.0, policy="")]
    there: Sequence[Threshold] = bench.thresholds_of(comparisons)
    if claim.protocol:
        there = bench.operating_points(searches_of(bench.evidence, claim, comparisons))
    asked = [point for point in there if claim.threshold is None or point.name.lower() == claim.threshold.lower()]
    if not asked:
        names = ", ".join(point.name for point in there)
        where = f" in the {claim.protocol} gallery" if claim.protocol else ""
        raise InputError(
            f"claim '{claim.text}': {comparisons.model} has no threshold '{claim.threshold}'{where}; it has: {names}"
        )
    return asked


def searches_of(evidence: Evidence, claim: Claim, comparisons: Comparisons) -> Searches:
    """The searches that a claim on FNIR or FPIR is about.

    Raises:
        InputError: the run made none of that protocol, or none that could make such an error.
    """
    if not evidence.searches:
        raise InputError(
            f"claim '{claim.text}': this run made no searches, so there is no {claim.metric}; a study asks for them in "
            "[identification]"
        )
    key = (comparisons.model, comparisons.condition)
    found = evidence.searches.get((*key, claim.protocol))
    if found is None:
        made = ", ".join(protocol for *other, protocol in evidence.searches if tuple(other) == key) or "none"
        raise InputError(
            f"claim '{claim.text}': no searches of {' under '.join(key)} in a gallery that is {claim.protocol}; "
            f"this run has: {made}"
        )
    possible = found.mated if claim.metric == "FNIR" else ~found.mated
    if not possible.any():
        who = "nobody" if claim.metric == "FNIR" else "everybody"
        raise InputError(f"claim '{claim.text}': {who} who searched is enrolled, so there is no {claim.metric}")
    return found


def group_counts_of(
    bench: Workbench, claim: Claim, comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold
) -> Mapping[str, tuple[ErrorCounts, ...]]:
    """Metric -> counts of the groups, failures counted.

    Raises:
        InputError: the run cannot have that error rate.
    """
    evidence = bench.evidence
    if claim.protocol:
        searches = searches_of(evidence, claim, comparisons)
        value = None if threshold.name == NO_THRESHOLD else threshold.value
        if why := count.unknown(searches, claim.metric, claim.rank, value):
            raise InputError(f"claim '{claim.text}': {searches.model}, {threshold.name}: {claim.metric} {why}")
        if claim.metric == "FPIR":
            return {"FPIR": count.fpir_counts(searches, evidence.samples, columns, threshold.value)}
        return {"FNIR": count.fnir_counts(searches, evidence.samples, columns, claim.rank, value)}
    if claim.metric == "FTE":
        return {"FTE": count.fte_counts(comparisons, evidence.samples, columns)}
    if claim.metric == "FTA":
        acquired = evidence.acquired(comparisons.model, comparisons.condition)
        if acquired is None:
            raise InputError(
                f"claim '{claim.text}': {comparisons.model} was run by others, so that no failure to acquire was seen; "
                "failed comparisons are in FTE and FNMR"
            )
        return {"FTA": count.fta_counts(acquired, evidence.samples, columns)}
    if not evidence.identities and claim.metric != "FMR":
        raise InputError(f"claim '{claim.text}': nobody knows who is who in this data set, so there is no FNMR")
    return bench.counts(comparisons, columns, threshold.value)


def gallery_of(evidence: Evidence, claim: Claim, comparisons: Comparisons) -> str:
    """The gallery that rates of searches hold for: ", open gallery of 500"; "" for other rates."""
    if not claim.protocol:
        return ""
    return f", {claim.protocol} gallery of {searches_of(evidence, claim, comparisons).gallery_size}"
