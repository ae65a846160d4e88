"""The same people under two conditions, of which one harms as the test wants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facegap.evidence import Evidence
from facegap.records import RuledTrials, ScoredPairs, Threshold
from facegap.schema import PairedRow, RateRow
from facegap.tables import Workbench, build, paired
from made_evidence import chosen, evidence_of

KEY = {"grouping": "colour", "threshold_name": "FMR 0.005"}


def degraded(evidence: Evidence, harm: dict[str, float]) -> Evidence:
    """A second condition: both directions of each pair, mated scores lower by `harm` of the probe's colour."""
    clean = evidence.comparisons["m", "clean"]
    mated = clean.mated
    a, b = np.concatenate([mated.reference, mated.probe]), np.concatenate([mated.probe, mated.reference])
    colour = evidence.samples.groups["colour"][b]
    less = np.where(colour == "red", harm["red"], harm["green"])
    noise = np.random.default_rng(2).normal(0, 0.2, len(b))
    score = (np.tile(mated.score, 2) - less + noise).astype(np.float32)
    assert isinstance(clean.trials, RuledTrials)
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


@pytest.mark.slow
def test_the_same_people_are_compared_with_themselves() -> None:
    evidence = degraded(evidence_of(150), {"red": 1.5, "green": 0.3})
    rows = build(evidence)[PairedRow]
    red, green = (chosen(rows, group=name, **KEY)[0] for name in ("red", "green"))
    clean = {row.group: row.rate for row in chosen_rates(evidence, "clean")}
    dark = {row.group: row.rate for row in chosen_rates(evidence, "dark")}
    for row in (red, green):
        assert row.fnmr_clean == pytest.approx(clean[row.group])
        assert row.fnmr == pytest.approx(dark[row.group])
        assert row.change == pytest.approx(row.fnmr - row.fnmr_clean)
        assert row.low < row.change < row.high
        assert row.verdict == "changes otherwise"
    assert red.against_others == pytest.approx(red.change - green.change)
    assert red.against_others_low > 0


def chosen_rates(evidence: Evidence, condition: str) -> list[RateRow]:
    rates = build(evidence)[RateRow]
    return chosen(rates, metric="FNMR", failures="counted", condition=condition, **KEY)


def test_a_condition_that_harms_alike_is_not_said_to_differ() -> None:
    evidence = degraded(evidence_of(150), {"red": 0.5, "green": 0.5})
    rows = chosen(paired.rows(Workbench(evidence)), **KEY)
    assert {row.verdict for row in rows} == {"not shown to change otherwise"}


def test_no_verdict_without_people_who_changed_and_its_reason() -> None:
    evidence = degraded(evidence_of(150), {"red": 0.0, "green": 0.0})
    strict = {"grouping": "colour", "threshold_name": "nobody errs"}
    given = (Threshold(name="nobody errs", model="m", value=-50.0, policy="given"),)
    rows = chosen(paired.rows(Workbench(replace(evidence, given=given))), **strict)
    for row in rows:
        assert (row.change, row.against_others, row.verdict, row.p, row.p_holm, row.visible_80) == (
            0,
            0,
            "",
            None,
            None,
            None,
        )
        assert row.low < 0 < row.high
        assert row.against_others_low < 0 < row.against_others_high
        assert "no comparison changed" in row.note
        assert "no verdict: 0 people changed" in row.note


def test_no_verdict_where_few_people_take_part() -> None:
    evidence = degraded(evidence_of(36), {"red": 2.5, "green": 0.3})
    red, green = (chosen(paired.rows(Workbench(evidence)), group=name, **KEY)[0] for name in ("red", "green"))
    assert red.subjects == 12
    assert (red.verdict, green.verdict, red.p) == ("", "", None)
    assert red.against_others > 0
    assert "no verdict: this group as if 12 people took part alike, fewer than 20" in red.note
    assert "no verdict: the others as if 12 people" in green.note


def test_verdict_p_and_interval_agree_where_there_is_one_test() -> None:
    for harm in (0.4, 0.8, 1.2):
        evidence = degraded(evidence_of(150), {"red": harm, "green": 0.4})
        for row in chosen(paired.rows(Workbench(evidence)), **KEY):
            outside = row.against_others_low > 0 or row.against_others_high < 0
            assert (row.verdict == "changes otherwise") == outside == (row.p_holm < 0.05)
            assert row.p == row.p_holm
