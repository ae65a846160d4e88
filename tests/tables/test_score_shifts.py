"""Score shifts: values against other libraries, agreement with thresholds, and when no interval is given."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from facegap.cards import Study
from facegap.compare import listed_comparisons
from facegap.estimate.scores import drawn_out, people_alike
from facegap.evidence import Evidence
from facegap.records import ListedTrials, ScoredPairs
from facegap.schema import PolicyRow, ScoreShiftRow, ThresholdRow
from facegap.tables import Built, Workbench, score_shifts
from facegap.tables.suppress import suppressed
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
    everyones = {row.name: row.threshold for row in made[ThresholdRow]}
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
    given, missed = 0, 0
    for seed in range(6):
        for row in chosen(rows_of(evidence_of(90, seed=seed)), grouping="colour", group="red"):
            if row.low is not None:
                given += 1
                missed += not row.low <= (0.5 if row.measure == AUC else 0) <= row.high
    assert given >= 24 and missed <= 3


def test_names_of_groups_and_the_order_of_people_do_not_matter() -> None:
    evidence = evidence_of(60)
    rows = rows_of(evidence)
    colour = np.where(evidence.samples.groups["colour"] == "red", "blue", "yellow")
    renamed = replace(evidence, samples=replace(evidence.samples, groups={**evidence.samples.groups, "colour": colour}))
    new = {"red": "blue", "green": "yellow"}
    others = rows_of(renamed)
    for row in rows:
        first, *rest = row.group.split(", ")
        name = ", ".join([new[first], *rest])
        assert replace(row, group=name, caution=row.caution.replace(row.group, name)) in others
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


def with_few_red(people: int) -> Evidence:
    """The first `people` are red, everyone else is green."""
    evidence = evidence_of(60)
    colour = np.where(evidence.samples.people() < people, "red", "green")
    return replace(evidence, samples=replace(evidence.samples, groups={**evidence.samples.groups, "colour": colour}))


def test_a_few_people_have_no_interval_and_the_note_says_so() -> None:
    for row in chosen(rows_of(with_few_red(9)), grouping="colour", group="red"):
        assert row.low is None and row.high is None
        assert row.value is None or row.note.startswith("no interval: fewer than 10 people")
        assert row.note
    for row in chosen(rows_of(with_few_red(9)), grouping="colour", group="green"):
        assert (row.low is None) == (row.measure != TAIL)
    for row in chosen(rows_of(with_few_red(10)), grouping="colour", group="red", target=None):
        assert row.low < row.value < row.high and not row.note


def test_few_comparisons_in_a_tail_have_no_interval() -> None:
    """Ten red people make 405 comparisons: 8 at FMR 0.02, 2 at FMR 0.005."""
    for row in chosen(rows_of(with_few_red(10)), grouping="colour", group="red", measure=TAIL):
        assert row.value is not None and row.low is None
        assert row.note == "no interval: fewer than 10 comparisons in the group's tail"


def test_a_group_too_small_for_the_target_has_no_value() -> None:
    (row,) = chosen(rows_of(with_few_red(4)), group="red", target=0.005)
    assert row.value is None and row.note == "54 comparisons do not resolve FMR 0.005"


def test_mated_scores_that_are_mostly_one_persons_have_no_interval() -> None:
    """One red person's comparisons are there forty times more."""
    evidence = evidence_of(60)
    mated = evidence.comparisons["m", "clean"].mated
    often = np.concatenate([np.arange(len(mated)), np.repeat(np.flatnonzero(mated.probe < 3), 40)])
    uneven = with_comparisons(
        evidence, mated=ScoredPairs(*(side[often] for side in (mated.reference, mated.probe, mated.score)))
    )
    for row in chosen(rows_of(uneven), grouping="colour", target=None):
        assert row.subjects >= 20 and row.low is None
        assert row.note == "no interval: a few people have most scores of a side, as if fewer than 5 took part alike"


def test_under_fifty_people_the_interval_of_a_tail_has_a_warning() -> None:
    rows = chosen(rows_of(evidence_of(90)), grouping="colour", measure=TAIL)
    for row in rows:
        warned = row.note.startswith("worth fewer than 50 people")
        assert row.low is not None and warned == (row.subjects < 50)
    assert {row.subjects for row in rows} == {30, 60}


def test_intervals_do_not_depend_on_how_many_scores_were_kept() -> None:
    """Where the kept scores suffice for a draw they say all of it; where not there is no interval."""
    evidence = evidence_of(60)
    everything = rows_of(evidence)
    tail = evidence.comparisons["m", "clean"].tail
    seen = 0
    for share in (0.5, 0.4, 0.3, 0.25, 0.2):
        floor = float(np.quantile(tail.score, 1 - share))
        kept = tail.score >= floor
        less = ScoredPairs(tail.reference[kept], tail.probe[kept], tail.score[kept])
        for row, other in zip(everything, rows_of(with_comparisons(evidence, tail=less, floor=floor)), strict=True):
            if other.low is None:
                assert row.low is None or "the kept scores end above" in other.note
                seen += row.low is not None
            else:
                assert other == row
    assert seen


def test_suppressed_groups_are_blank() -> None:
    evidence = evidence_of(30, min_subjects=12, suppress_below=11)
    rows = list(suppressed(evidence, ScoreShiftRow, rows_of(evidence)))
    for row in chosen(rows, grouping="colour", group="red"):
        assert row.note == "suppressed: fewer than 11 people"
        assert all(getattr(row, name) is None for name in ("value", "low", "high", "scores", "subjects", "others"))
    along = "suppressed: a group of fewer than 11 people could be computed from it"
    assert all(row.note == along for row in chosen(rows, grouping="colour", group="green"))


def test_failed_mated_comparisons_do_not_enter() -> None:
    evidence = evidence_of(60)
    mated = evidence.comparisons["m", "clean"].mated
    failed = np.arange(len(mated)) % 7 == 0
    score = np.where(failed, np.float32(np.nan), mated.score)
    with_failed = with_comparisons(evidence, mated=ScoredPairs(mated.reference, mated.probe, score))
    kept = ScoredPairs(mated.reference[~failed], mated.probe[~failed], mated.score[~failed])
    assert rows_of(with_failed) == rows_of(with_comparisons(evidence, mated=kept))


def test_failed_strangers_count_and_are_in_no_tail() -> None:
    """As everywhere: a failed comparison is one that does not match."""
    evidence = evidence_of(60)
    ok = np.arange(len(evidence.samples)) % 9 != 0
    compared = evidence.comparisons["m", "clean"]
    tail = compared.tail
    kept = ok[tail.reference] & ok[tail.probe]
    less = ScoredPairs(tail.reference[kept], tail.probe[kept], tail.score[kept])
    failed = with_comparisons(evidence, tail=less, reference_ok=ok, probe_ok=ok)
    red = evidence.samples.groups["colour"] == "red"
    of_red = less.score[red[less.reference] & red[less.probe]]
    for target in (0.02, 0.005):
        (row,) = chosen(rows_of(failed), group="red", target=target)
        # Sixty people with three samples each; a third of them are red.
        assert (row.scores, row.others) == (60 * 57 // 2, 180 * 177 // 2)
        points = [np.sort(s)[-int(n * target)] for s, n in ((of_red, row.scores), (less.score, row.others))]
        assert row.value == float(points[0]) - float(points[1])


def test_without_identities_there_are_only_tails() -> None:
    evidence = evidence_of(60, each=1)
    rows = rows_of(replace(evidence, identities=False))
    assert {row.measure for row in rows} == {TAIL} and all(row.value is not None or row.note for row in rows)


def test_a_list_of_all_comparisons_gives_what_the_rule_gives() -> None:
    evidence = evidence_of(60)
    pairs = np.array(list(combinations(range(len(evidence.samples)), 2)))
    listed = with_comparisons(
        evidence, trials=ListedTrials(pairs[:, 0], pairs[:, 1]), completed=np.ones(len(pairs), bool)
    )
    assert rows_of(listed) == rows_of(evidence)


def test_every_row_has_a_value_or_says_why_not(made: Built) -> None:
    for row in (*made[ScoreShiftRow], *rows_of(evidence_of(30))):
        assert row.note if row.low is None else row.low <= row.value <= row.high
        assert (row.target is None) == (row.measure != TAIL)


def test_ends_are_drawn_out_by_t_over_normal() -> None:
    """qt(0.975, 9) / qnorm(0.975) of R: 2.262157 / 1.959964."""
    assert drawn_out(1.0, (0.0, 3.0), 0.95, people=10) == pytest.approx((1 - 1.154183, 1 + 2 * 1.154183), rel=1e-6)
    assert drawn_out(1.0, (0.0, 3.0), 0.95, people=1e9) == pytest.approx((0.0, 3.0), abs=1e-6)
    assert drawn_out(1.0, (2.0, 3.0), 0.95, people=10)[0] == 1.0
    assert drawn_out(1.0, (0.0, 3.0), 0.95, people=1) == drawn_out(1.0, (0.0, 3.0), 0.95, people=3)


def test_people_alike() -> None:
    assert people_alike(np.array([3, 3, 3, 0])) == pytest.approx(3)
    assert people_alike(np.array([9, 1])) == pytest.approx(100 / 82)
    assert people_alike(np.array([0, 0])) == 0
