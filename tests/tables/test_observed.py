"""Rates by observed capture and by years between pictures, against counts made comparison by comparison."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from facegap.estimate import cautions
from facegap.evidence import Evidence, age_gaps
from facegap.records import NO_LABEL, Comparisons, ListedTrials, RuledTrials, ScoredPairs
from facegap.tables import Workbench, observed, rates
from facegap.tables import age_gaps as gap_table
from facegap.tables.hidden import Parts, hidden_groups, hidden_parts
from facegap.tables.observed import DIFFERENT
from made_evidence import evidence_of


def seen(people: int = 60, each: int = 4, **statistics: Any) -> Evidence:
    """People with two phones or one, each picture a year and a half after the one before."""
    evidence = evidence_of(people, each, **statistics)
    n = len(evidence.samples)
    person, shot = np.divmod(np.arange(n), each)
    phone = np.where((person % 2 == 0) & (shot >= 2), "B", "A")
    phone = np.where((person % 5 == 0) & (shot == 0), NO_LABEL, phone)
    years = {"date": np.where(person % 7 == 0, np.nan, 2000 + 1.5 * shot), "age": np.full(n, np.nan)}
    samples = replace(evidence.samples, observed={"phone": phone}, years=years)
    study = evidence.study.model_copy(update={"observed": ("phone",), "age_gap": (2.0, 4.0)})
    gaps = age_gaps(samples, evidence.comparisons.values(), study.age_gap or ())
    return replace(evidence, samples=samples, study=study, gaps=gaps, observed={"phone": ("B", "A")})


def with_roles(evidence: Evidence) -> Evidence:
    """The first picture of everybody is a photo, with which the selfies of all are compared."""
    (found,) = evidence.comparisons.values()
    n = len(evidence.samples)
    photo = np.arange(n) % 4 == 0
    roles = np.where(photo, "photo", "selfie")

    def between(pairs: ScoredPairs) -> ScoredPairs:
        keep = photo[pairs.reference] != photo[pairs.probe]
        a, b = pairs.reference[keep], pairs.probe[keep]
        return ScoredPairs(np.where(photo[a], a, b), np.where(photo[a], b, a), pairs.score[keep])

    trials = RuledTrials(np.flatnonzero(photo), np.flatnonzero(~photo), symmetric=False)
    parted = replace(found, trials=trials, mated=between(found.mated), tail=between(found.tail))
    rule = evidence.study.trials.model_copy(update={"reference_role": "photo", "probe_role": "selfie"})
    study = evidence.study.model_copy(update={"trials": rule})
    samples = replace(evidence.samples, roles=roles)
    return replace(evidence, samples=samples, study=study, comparisons={("m", "clean"): parted})


def listed(evidence: Evidence) -> Evidence:
    """The mated comparisons and those of the tail, as a list."""
    (found,) = evidence.comparisons.values()
    a, b = (np.concatenate([getattr(p, side) for p in (found.mated, found.tail)]) for side in ("reference", "probe"))
    completed = np.ones(len(a), bool)
    return replace(
        evidence, comparisons={("m", "clean"): replace(found, trials=ListedTrials(a, b), completed=completed)}
    )


def pairs_of(found: Comparisons) -> list[tuple[int, int]]:
    """Every comparison that was made."""
    trials = found.trials
    if isinstance(trials, ListedTrials):
        return list(zip(trials.reference.tolist(), trials.probe.tolist(), strict=True))
    every = product(trials.reference.tolist(), trials.probe.tolist())
    return [(a, b) for a, b in every if (a < b if trials.symmetric else a != b)]


def by_hand(evidence: Evidence, threshold: float, columns: tuple[str, ...]) -> dict[tuple[str, ...], list[int]]:
    """(metric, value, group) -> errors and comparisons, one comparison after the other."""
    (found,) = evidence.comparisons.values()
    phone, subject = evidence.samples.observed["phone"].tolist(), evidence.samples.subjects.tolist()
    group = evidence.samples.grouping(columns).tolist()
    roles = evidence.study.trials.reference_role is not None
    scores = {
        (a, b): score
        for part in (found.mated, found.tail)
        for a, b, score in zip(part.reference.tolist(), part.probe.tolist(), part.score.tolist(), strict=True)
    }
    counts: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    for a, b in pairs_of(found):
        matched = scores.get((a, b), -np.inf) >= threshold
        value = phone[b]
        if not roles:
            value = phone[b] if phone[a] == phone[b] else DIFFERENT
            value = NO_LABEL if NO_LABEL in (phone[a], phone[b]) else value
        if subject[a] == subject[b]:
            cell, error = ("FNMR", value, group[b]), not matched
        elif group[a] == group[b] and (roles or value not in (DIFFERENT, NO_LABEL)):
            cell, error = ("FMR", value, group[b]), matched
        else:
            continue
        counts[cell][0] += error
        counts[cell][1] += 1
    return counts


@pytest.mark.parametrize("made", [seen, lambda: with_roles(seen()), lambda: listed(seen())])
def test_rates_by_phone_are_those_counted_one_by_one(made: Any) -> None:
    evidence = made()
    rows = list(observed.rows(Workbench(evidence)))
    assert {row.threshold_name for row in rows} == {"none", "FMR 0.02", "FMR 0.005"}
    for columns in evidence.groupings:
        mine = [row for row in rows if row.grouping == ", ".join(columns) and row.threshold_name == "FMR 0.02"]
        threshold = mine[0].threshold
        assert threshold is not None
        found = {(row.metric, row.value, row.group): [row.errors, row.trials] for row in mine}
        assert found == by_hand(evidence, threshold, columns)
    assert {row.metric for row in rows} == {"FTA", "FMR", "FNMR"}
    assert all(cautions.OBSERVED in row.caution for row in rows)


@pytest.mark.parametrize("made", [seen, lambda: with_roles(seen())])
def test_no_mated_comparison_is_left_out_or_counted_twice(made: Any) -> None:
    bench = Workbench(made())
    whole = {
        (row.threshold_name, row.grouping, row.group): (row.errors, row.trials)
        for row in rates.rows(bench)
        if row.metric == "FNMR" and row.failures == "counted"
    }
    for parts in (observed.rows(bench), gap_table.rows(bench)):
        sums: dict[Any, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for row in parts:
            if getattr(row, "metric", "FNMR") == "FNMR":
                key = row.threshold_name, row.grouping, row.group
                sums[key] = sums[key][0] + (row.errors or 0), sums[key][1] + (row.trials or 0)
        assert sums == whole


def test_values_come_in_the_order_of_the_card_and_people_under_several_are_counted() -> None:
    rows = [row for row in observed.rows(Workbench(seen())) if row.metric == "FTA" and not row.grouping]
    assert [(row.value, row.trials, row.subjects, row.under_several) for row in rows] == [
        ("B", 60, 30, 30),
        ("A", 168, 60, 30),
        (NO_LABEL, 12, 12, None),
    ]


def test_years_between_pictures_are_counted_one_by_one() -> None:
    evidence = seen()
    rows = [row for row in gap_table.rows(Workbench(evidence)) if row.threshold_name == "FMR 0.02"]
    (found,) = evidence.comparisons.values()
    colour = evidence.samples.groups["colour"].tolist()
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for a, b, score in zip(
        found.mated.reference.tolist(), found.mated.probe.tolist(), found.mated.score.tolist(), strict=True
    ):
        years = 1.5 * abs(a % 4 - b % 4)
        name = "below 2" if years < 2 else "2 to below 4" if years < 4 else "4 and over"
        name = NO_LABEL if (a // 4) % 7 == 0 else name
        assert rows[0].threshold is not None
        counts[name, colour[b]][0] += score < rows[0].threshold
        counts[name, colour[b]][1] += 1
    assert {(row.years, row.group): [row.errors, row.trials] for row in rows if row.grouping == "colour"} == counts
    assert [row.years for row in rows if not row.grouping] == ["below 2", "2 to below 4", "4 and over", NO_LABEL]


def test_bins_can_be_joined_afterwards_and_nothing_else() -> None:
    evidence = seen()
    joined = replace(evidence, study=evidence.study.model_copy(update={"age_gap": (4.0,)}))
    fine, coarse = (
        {row.years: row.trials for row in gap_table.rows(Workbench(one)) if not row.grouping}
        for one in (evidence, joined)
    )
    assert coarse["below 4"] == (fine["below 2"] or 0) + (fine["2 to below 4"] or 0)
    assert coarse["4 and over"] == fine["4 and over"] and coarse[NO_LABEL] == fine[NO_LABEL]


def test_five_birthdays_are_five_years_whatever_the_leap_years() -> None:
    evidence = seen()
    years = {"age": np.full(240, np.nan), "date": np.tile([2000 + 1 / 12, 2005 + 1 / 12, 2001.5, 2006.5], 60)}
    gaps = age_gaps(replace(evidence.samples, years=years), evidence.comparisons.values(), (5.0,))
    assert gaps is not None
    pairs = {
        (int(low) % 4, int(high) % 4): int(bin_) for low, high, bin_ in zip(gaps.low, gaps.high, gaps.bin, strict=True)
    }
    assert pairs == {(0, 1): 1, (0, 2): 0, (0, 3): 1, (1, 2): 0, (1, 3): 0, (2, 3): 1}


def scored(evidence: Evidence, first: set[int], second: set[int]) -> Evidence:
    """Mates score 9, but those of the people `first` 0 between pictures of A, of `second` between those of B."""
    (found,) = evidence.comparisons.values()
    phone, person = evidence.samples.observed["phone"], np.arange(len(evidence.samples)) // 4
    a, b = found.mated.reference, found.mated.probe
    both = {value: (phone[a] == value) & (phone[b] == value) for value in ("A", "B")}
    fails = both["A"] & np.isin(person[a], sorted(first)) | both["B"] & np.isin(person[a], sorted(second))
    mated = replace(found.mated, score=np.where(fails, 0, 9).astype(np.float32))
    return replace(evidence, comparisons={("m", "clean"): replace(found, mated=mated)})


def test_people_are_held_against_themselves() -> None:
    """Of 30 people with both phones 6 have no picture of A but one; nine err under B alone, two under A alone."""
    evidence = scored(seen(), {2, 4}, {6, 8, 12, 14, 16, 18, 22, 24, 26})
    everyone, *groups = [row for row in observed.within_rows(Workbench(evidence)) if row.threshold_name == "FMR 0.02"]
    assert (everyone.value, everyone.other, everyone.people) == ("B", "A", 24)
    assert (everyone.more, everyone.less) == (9, 2)
    # 2 (C(11, 0) + C(11, 1) + C(11, 2)) / 2^11, in full: 134 / 2048.
    assert everyone.p == pytest.approx(134 / 2048) and everyone.p_holm == everyone.p
    assert everyone.verdict == "not shown to differ"
    assert everyone.rate == pytest.approx(9 / 24) and everyone.other_rate == pytest.approx(2 / 24)
    assert everyone.change == pytest.approx(7 / 24)
    assert cautions.SAME_PEOPLE in everyone.caution
    assert sum(row.people or 0 for row in groups if row.grouping == "colour") <= 24
    assert all((row.people or 0) >= 10 for row in groups)


def test_nothing_is_said_of_what_was_not_observed_or_not_asked_for() -> None:
    evidence = seen()
    none = replace(evidence, study=evidence.study.model_copy(update={"observed": (), "age_gap": ()}))
    before = replace(evidence, study=evidence.study.model_copy(update={"observed": None, "age_gap": None}), gaps=None)
    for one in (none, before, evidence_of(30)):
        bench = Workbench(one)
        assert not [*observed.rows(bench), *observed.within_rows(bench), *gap_table.rows(bench)]
    nobody = replace(evidence.samples, observed={"phone": np.full(240, NO_LABEL)})
    assert list(observed.rows(Workbench(replace(evidence, samples=nobody)))) == []


def few_with_phone_c(**statistics: Any) -> Evidence:
    """Two red people and six green ones have phone C."""
    evidence = seen(suppress_below=5, min_subjects=10, **statistics)
    phone, person = evidence.samples.observed["phone"].copy(), np.arange(240) // 4
    phone[np.isin(person, [3, 9, 1, 5, 7, 11, 13, 17])] = "C"
    return replace(evidence, samples=replace(evidence.samples, observed={"phone": phone}))


def test_parts_of_few_people_are_hidden_with_one_more_of_their_whole() -> None:
    bench = Workbench(few_with_phone_c())
    rows = [row for row in observed.rows(bench) if row.metric == "FNMR" and row.threshold_name == "FMR 0.02"]
    hidden = {(row.grouping, row.group, row.value) for row in rows if row.trials is None}
    assert ("colour", "red", "C") in hidden
    for row in rows:
        kept = [one for one in hidden if one[:2] == (row.grouping, row.group)]
        assert len(kept) != 1, "one hidden part is what the whole leaves of the others"
        assert row.trials is not None or row.note == observed.hidden_note(5)
        assert row.trials is not None or (row.subjects, row.under_several, row.caution) == (None, None, "")
    gaps = list(gap_table.rows(bench))
    assert gaps and all(row.subjects is None or row.subjects >= 5 for row in gaps)


def test_no_part_of_few_people_is_a_sum_of_what_is_shown() -> None:
    """Over 12 phones at random: the parts of few people are no combination of wholes and parts that are shown."""
    rng = np.random.default_rng(3)
    evidence = seen(people=300, suppress_below=5, min_subjects=10)
    part = rng.choice([f"phone {k:02}" for k in range(12)], len(evidence.samples), p=rng.dirichlet(np.ones(12)))
    hidden = hidden_parts(evidence, hidden_groups(evidence), Parts(rows=np.arange(len(part)), part=part))
    people = evidence.samples.people()
    shown, small = [], []
    for columns in evidence.groupings:
        group = evidence.samples.grouping(columns)
        for name in np.unique(group):
            shown.append(group == name)
            for value in np.unique(part):
                mask = (group == name) & (part == value)
                if 0 < len(np.unique(people[mask])) < 5:
                    small.append(mask)
                    assert (", ".join(columns), str(name), str(value)) in hidden
                elif mask.any() and (", ".join(columns), str(name), str(value)) not in hidden:
                    shown.append(mask)
    known = np.array(shown, dtype=float).T
    assert len(small) > 3 and len(shown) > 20
    for mask in small:
        left = known @ np.linalg.lstsq(known, mask.astype(float), rcond=None)[0] - mask
        assert np.abs(left).max() > 1e-6


def test_forty_phones_are_searched_in_seconds() -> None:
    rng = np.random.default_rng(3)
    evidence = seen(people=300, suppress_below=5, min_subjects=10)
    part = rng.choice([f"phone {k}" for k in range(40)], len(evidence.samples), p=rng.dirichlet(np.ones(40)))
    assert hidden_parts(evidence, hidden_groups(evidence), Parts(rows=np.arange(len(part)), part=part))
