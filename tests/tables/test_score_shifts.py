"""Score shifts: values against other libraries, agreement with thresholds, and when no interval is given."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from facegap.cards import Study
from facegap.compare import listed_comparisons
from facegap.evidence import Evidence
from facegap.records import ListedTrials, ScoredPairs
from facegap.schema import PolicyRow, ScoreShiftRow, ThresholdRow
from facegap.tables import Built, Workbench, score_shifts
from made import make_samples
from made_evidence import STUDY, chosen, evidence_of

REFERENCE = Path(__file__).parents[1] / "reference"
RESULTS = json.loads((REFERENCE / "R08_results.json").read_text(encoding="utf-8"))
MEAN, DPRIME, AUC = "mean of mated scores", "d' of mated scores", "AUC of mated scores"
TAIL = "tail of non-mated scores"


def rows_of(evidence: Evidence) -> list[ScoreShiftRow]:
    return list(score_shifts.rows(Workbench(evidence)))


def with_comparisons(evidence: Evidence, **changes: object) -> Evidence:
    compared = replace(evidence.comparisons["m", "clean"], **changes)  # type: ignore[arg-type]
    return replace(evidence, comparisons={("m", "clean"): compared})


def red_and_others(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    mated = evidence.comparisons["m", "clean"].mated
    red = evidence.samples.groups["colour"][mated.probe] == "red"
    return mated.score[red].astype(np.float64), mated.score[~red].astype(np.float64)


def listed_r08(groups: str) -> Evidence:
    """The pairs of R08 inside and between `groups`, each of people of its own."""
    with (REFERENCE / "R08_scores.csv").open(encoding="utf-8", newline="") as file:
        pairs = [
            row for row in csv.DictReader(file) if row["group_probe"] in groups and row["group_reference"] in groups
        ]
    subjects, colours = [], []
    for k, row in enumerate(pairs):
        subjects += [f"p{k}", f"p{k}" if row["mated"] == "1" else f"q{k}"]
        colours += [row["group_reference"], row["group_probe"]]
    samples = make_samples(subjects, {"colour": colours})
    trials = ListedTrials(np.arange(0, 2 * len(pairs), 2), np.arange(1, 2 * len(pairs), 2))
    scores = np.array([row["score"] or "nan" for row in pairs], dtype=np.float32)
    compared = listed_comparisons(samples, trials, scores, model="m", condition="clean", cell_columns=("colour",))
    changes = {"groups": [["colour"]], "thresholds": {"fmr": [1e-3]}, "statistics": {"draws": 100}}
    study = Study.model_validate({**STUDY, **changes}, strict=False)
    return replace(evidence_of(12), study=study, samples=samples, comparisons={("m", "clean"): compared})


@pytest.mark.parametrize("group", "BC")
def test_mated_scores_of_r08(group: str) -> None:
    """One group against A: the others are then A alone."""
    rows = chosen(rows_of(listed_r08("A" + group)), group=group, target=None)
    expected = RESULTS["score_shift"][f"{group}_vs_A_mated"]
    found = {row.measure: row.value for row in rows}
    wanted = {MEAN: expected["mean_diff"], DPRIME: expected["cohen_d"], AUC: expected["AUC_P_b_gt_a"]}
    assert found == pytest.approx(wanted, abs=1e-6)
    failed = RESULTS["policies"]["pooled_all_impostors@1e-3"]["groups"][group]["n_fte_mated"]
    assert failed and {row.scores for row in rows} == {400 - failed}
    assert all(row.low <= row.value <= row.high for row in rows)


def test_tails_of_r08() -> None:
    """The threshold that gives a group the target FMR, less the one that gives it to everyone."""
    rows = rows_of(listed_r08("ABC"))
    everyone = RESULTS["policies"]["pooled_all_impostors@1e-3"]["threshold"]
    for group, expected in RESULTS["per_group_threshold_at_FMR_1e3"].items():
        (row,) = chosen(rows, group=group, target=1e-3)
        assert row.value == pytest.approx(expected["threshold"] - everyone, abs=1e-6)
        assert row.scores == 4000


def test_auc_is_that_of_mann_and_whitney() -> None:
    evidence = evidence_of(60)
    red, others = red_and_others(evidence)
    (row,) = chosen(rows_of(evidence), measure=AUC, group="red")
    assert row.value == pytest.approx(mannwhitneyu(red, others).statistic / len(red) / len(others), rel=1e-12)
    of_red = np.repeat([True, False], [len(red), len(others)])
    assert row.value == pytest.approx(roc_auc_score(of_red, np.concatenate([red, others])), rel=1e-12)
    assert (row.scores, row.others) == (len(red), len(others))


def test_tails_are_what_separates_the_thresholds_of_groups_and_everyone(made: Built) -> None:
    everyones = {row.name: row.value for row in made[ThresholdRow]}
    own = {
        (row.policy.removeprefix("set by "), row.target): row.threshold
        for row in made[PolicyRow]
        if row.policy.startswith("set by ") and row.grouping == "colour"
    }
    rows = chosen(made[ScoreShiftRow], measure=TAIL, grouping="colour")
    assert len(rows) == 4
    for row in rows:
        assert row.value == own[row.group, row.target] - everyones[f"FMR {row.target:g}"]
        assert row.low <= row.value <= row.high


def test_red_strangers_who_score_higher_are_seen_in_the_tail_alone(made: Built) -> None:
    for row in chosen(made[ScoreShiftRow], grouping="colour", group="red", measure=TAIL):
        assert row.low > 0
    for row in chosen(made[ScoreShiftRow], grouping="colour", group="red", target=None):
        assert row.low < (0.5 if row.measure == AUC else 0) < row.high


def test_groups_that_are_all_there_is_have_no_shift() -> None:
    evidence = evidence_of(60)
    samples = replace(evidence.samples, groups={"colour": np.full(180, "red"), "size": evidence.samples.groups["size"]})
    rows = rows_of(replace(evidence, samples=samples))
    for row in chosen(rows, grouping="colour", measure=TAIL):
        assert (row.value, row.low, row.high) == (0, 0, 0)
    (row,) = chosen(rows, grouping="colour", target=None)
    assert row.value is None and row.note


def test_two_equal_groups_are_within_their_intervals() -> None:
    missed = 0
    for seed in range(10):
        evidence = evidence_of(60, each=2, seed=seed)
        for row in chosen(rows_of(evidence), grouping="colour", group="red"):
            centre = 0.5 if row.measure == AUC else 0
            missed += not row.low <= centre <= row.high
    assert missed <= 6


def test_names_of_groups_and_the_order_of_people_do_not_matter() -> None:
    evidence = evidence_of(60)
    rows = rows_of(evidence)
    colour = np.where(evidence.samples.groups["colour"] == "red", "blue", "yellow")
    renamed = replace(evidence, samples=replace(evidence.samples, groups={**evidence.samples.groups, "colour": colour}))
    new = {"red": "blue", "green": "yellow"}
    for row in rows:
        first, *rest = row.group.split(", ")
        assert replace(row, group=", ".join([new[first], *rest])) in rows_of(renamed)
    for row, other in zip(rows, rows_of(in_another_order(evidence)), strict=True):
        assert (row.group, row.measure, row.scores, row.others) == (
            other.group,
            other.measure,
            other.scores,
            other.others,
        )
        assert other.value == pytest.approx(row.value, abs=1e-9)
        if row.low is not None:
            width = row.high - row.low
            assert (other.low, other.high) == pytest.approx((row.low, row.high), abs=0.25 * width)


def in_another_order(evidence: Evidence) -> Evidence:
    order = np.random.default_rng(8).permutation(len(evidence.samples))
    place = np.argsort(order)

    def moved(pairs: ScoredPairs) -> ScoredPairs:
        return ScoredPairs(place[pairs.reference], place[pairs.probe], pairs.score)

    compared = evidence.comparisons["m", "clean"]
    evidence = replace(evidence, samples=evidence.samples.take(order))
    return with_comparisons(evidence, mated=moved(compared.mated), tail=moved(compared.tail))


def test_a_constant_added_to_every_score_changes_nothing() -> None:
    evidence = evidence_of(60)
    compared = evidence.comparisons["m", "clean"]

    def moved(pairs: ScoredPairs) -> ScoredPairs:
        return ScoredPairs(pairs.reference, pairs.probe, pairs.score + np.float32(2))

    higher = with_comparisons(
        evidence, mated=moved(compared.mated), tail=moved(compared.tail), floor=compared.floor + 2
    )
    for row, other in zip(rows_of(evidence), rows_of(higher), strict=True):
        for name in ("value", "low", "high"):
            assert getattr(other, name) == pytest.approx(getattr(row, name), abs=1e-5)
