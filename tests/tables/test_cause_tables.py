"""Tables of causes on made evidence whose cause is known."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from facegap.evidence import Evidence
from facegap.records import ScoredPairs
from facegap.tables import build, set_thresholds
from facegap.tables.edc import DISCARDS, edc_rows
from facegap.tables.paired import paired_rows
from facegap.tables.quality_split import split_rows
from made_evidence import chosen, evidence_of

KEY = {"grouping": "colour", "threshold_name": "FMR 0.005"}


def with_quality(evidence: Evidence, by_quality: float, by_group: float) -> Evidence:
    """Sharpness that is lower for red, and mated scores that fall with it and with being red."""
    rng = np.random.default_rng(9)
    red = evidence.samples.groups["colour"] == "red"
    sharpness = (rng.normal(10, 2, len(red)) - 2 * red).astype(np.float32)
    compared = evidence.comparisons["m", "clean"]
    mated = compared.mated
    worse = np.minimum(sharpness[mated.reference], sharpness[mated.probe])
    score = mated.score + by_quality * (worse - 10) - by_group * red[mated.probe]
    compared = replace(compared, mated=ScoredPairs(mated.reference, mated.probe, score.astype(np.float32)))
    acquired = replace(evidence.acquisitions["d", "clean"], quality={"Sharpness": sharpness})
    return replace(evidence, comparisons={("m", "clean"): compared}, acquisitions={("d", "clean"): acquired})


@pytest.mark.parametrize(("by_quality", "by_group", "share"), [(0.5, 0.0, (0.5, 1.6)), (0.0, 1.5, (-0.3, 0.3))])
def test_the_split_finds_the_cause(by_quality: float, by_group: float, share: tuple[float, float]) -> None:
    evidence = with_quality(evidence_of(200), by_quality, by_group)
    row = chosen(split_rows(evidence, set_thresholds(evidence)), group="red", **KEY)[0]
    assert row["gap_low"] > 0
    assert share[0] < row["by_quality"] / row["gap"] < share[1]
    assert row["by_quality"] + row["at_same_quality"] == pytest.approx(row["gap"])
    if by_group:
        assert row["at_same_quality_low"] > 0
        assert row["odds_ratio_low"] > 1
    else:
        assert row["at_same_quality_low"] < 0 < row["at_same_quality_high"]
        assert row["odds_ratio_low"] < 1 < row["odds_ratio_high"]


def test_discarding_the_worst_lowers_the_error_and_says_whom_it_discards() -> None:
    evidence = with_quality(evidence_of(200), 0.6, 0.0)
    rows = chosen(edc_rows(evidence, set_thresholds(evidence)), quality="Sharpness", **KEY)
    by_group = {name: [row for row in rows if row["group"] == name] for name in ("green", "red")}
    for curve in by_group.values():
        assert [row["discard"] for row in curve] == list(DISCARDS)
        assert curve[0]["discarded_share"] == 0
        assert curve[-1]["fnmr"] < curve[0]["fnmr"]
        assert all(a["kept"] >= b["kept"] for a, b in itertools.pairwise(curve))
    assert by_group["red"][4]["discarded_share"] > by_group["green"][4]["discarded_share"]
    everyone = chosen(edc_rows(evidence, set_thresholds(evidence)), grouping="", threshold_name="FMR 0.005")
    for row in everyone:
        assert row["discarded_share"] == pytest.approx(row["discard"], abs=0.01)


def degraded(evidence: Evidence, harm: dict[str, float]) -> Evidence:
    """A second condition: both directions of each pair, mated scores lower by `harm` of the probe's colour."""
    clean = evidence.comparisons["m", "clean"]
    mated = clean.mated
    a, b = np.concatenate([mated.reference, mated.probe]), np.concatenate([mated.probe, mated.reference])
    colour = evidence.samples.groups["colour"][b]
    less = np.where(colour == "red", harm["red"], harm["green"])
    noise = np.random.default_rng(2).normal(0, 0.2, len(b))
    score = (np.tile(mated.score, 2) - less + noise).astype(np.float32)
    other = replace(
        clean, condition="dark", mated=ScoredPairs(a, b, score), trials=replace(clean.trials, symmetric=False)
    )
    acquired = replace(evidence.acquisitions["d", "clean"], condition="dark")
    study = evidence.study.model_copy(update={"conditions": ("clean", "dark")})
    return replace(
        evidence,
        study=study,
        comparisons={("m", "clean"): clean, ("m", "dark"): other},
        acquisitions={("d", "clean"): evidence.acquisitions["d", "clean"], ("d", "dark"): acquired},
    )


def test_the_same_people_are_compared_with_themselves() -> None:
    evidence = degraded(evidence_of(150), {"red": 1.5, "green": 0.3})
    rows = build(evidence)["paired"].rows
    red, green = (chosen(rows, group=name, **KEY)[0] for name in ("red", "green"))
    clean = {row["group"]: row["rate"] for row in chosen_rates(evidence, "clean")}
    dark = {row["group"]: row["rate"] for row in chosen_rates(evidence, "dark")}
    for row in (red, green):
        assert row["fnmr_clean"] == pytest.approx(clean[row["group"]])
        assert row["fnmr"] == pytest.approx(dark[row["group"]])
        assert row["change"] == pytest.approx(row["fnmr"] - row["fnmr_clean"])
        assert row["low"] < row["change"] < row["high"]
        assert row["verdict"] == "changes otherwise"
    assert red["against_others"] == pytest.approx(red["change"] - green["change"])
    assert red["against_others_low"] > 0


def chosen_rates(evidence: Evidence, condition: str) -> list[dict[str, object]]:
    rates = build(evidence)["rates"].rows
    return chosen(rates, metric="FNMR", failures="counted", condition=condition, **KEY)


def test_a_condition_that_harms_alike_is_not_said_to_differ() -> None:
    evidence = degraded(evidence_of(150), {"red": 0.5, "green": 0.5})
    rows = chosen(paired_rows(evidence, set_thresholds(evidence)), **KEY)
    assert {row["verdict"] for row in rows} == {"not shown to change otherwise"}
