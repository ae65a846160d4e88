"""People dealt anew to the groups of evidence: whose comparisons they are, and people of several labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from facegap import count
from facegap.evidence import Evidence
from facegap.tables import Workbench, differentials, equal_groups
from made_evidence import chosen, evidence_of


def of(evidence: Evidence, metric: str, columns: tuple[str, ...] = ("colour",)) -> equal_groups.Equal:
    bench = Workbench(evidence)
    comparisons = evidence.comparisons["m", "clean"]
    threshold = bench.thresholds[0].value
    counts = bench.counts(comparisons, columns, threshold)[metric]
    return equal_groups.equal_rates(bench, comparisons, columns, threshold, counts)


def test_each_deal_has_the_mean_rate_of_the_groups() -> None:
    evidence = evidence_of(120)
    bench = Workbench(evidence)
    threshold = bench.thresholds[0].value
    counts = count.fnmr_counts(evidence.comparisons["m", "clean"], evidence.samples, ("colour",), threshold)
    mean = np.mean([c.errors / c.trials for c in counts])
    seen = of(evidence, "FNMR").seen
    assert seen.shape == (equal_groups.DEALS, 2)
    np.testing.assert_allclose(seen.mean(axis=1), mean)
    assert abs(of(evidence, "FMR").seen.mean() / 0.02 - 1) < 0.2


def test_people_of_several_labels_are_dealt_once_for_each() -> None:
    evidence = evidence_of(60)
    colour = evidence.samples.groups["colour"].astype("U9")
    colour[np.flatnonzero(evidence.samples.subjects == "p002")[0]] = "red"  # the others of this person are green
    samples = replace(evidence.samples, groups={**evidence.samples.groups, "colour": colour})
    evidence = replace(evidence, samples=samples)
    for metric in ("FMR", "FNMR"):
        assert of(evidence, metric).seen.shape == (equal_groups.DEALS, 2)
    places = equal_groups._places(Workbench(evidence), ("colour",), ("green", "red"))
    assert places.people == 61


def test_null_bands_are_the_same_in_every_build_and_hold_equal_groups() -> None:
    evidence = evidence_of(240, each=2)
    rows = list(differentials.rows(Workbench(evidence)))
    assert rows == list(differentials.rows(Workbench(evidence)))
    for row in chosen(rows, grouping="colour", measure="gini"):
        assert row.null_low == 0
        assert row.value <= row.null_high
