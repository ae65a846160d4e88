"""One head at three tones: held against itself, by hand and by statsmodels' McNemar; hidden and refused where due."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from facegap.cards import load_dataset
from facegap.cards.study import Study
from facegap.datasets import load
from facegap.errors import CardError
from facegap.estimate.multiplicity import holm
from facegap.evidence import Evidence
from facegap.records import Threshold
from facegap.schema import RelativeRow, WithinPersonRow
from facegap.tables import TABLES, Workbench, within_person
from facegap.tables.suppress import suppressed
from made_evidence import STUDY, chosen, evidence_of

TONES = ("T1", "T2", "T3")
POINT = {"threshold_name": "half"}


def heads_of(
    away: Mapping[str, Sequence[Sequence[int]]], each: int = 2, tones: Sequence[str] = TONES, **statistics: Any
) -> Evidence:
    """Heads at several tones; condition -> (subjects, mated comparisons) whether each is turned away at 0.5.

    Subject k is head k // tones at tone k % tones.
    """
    people = len(next(iter(away.values())))
    evidence = evidence_of(people, each=each)
    person = evidence.samples.people()
    samples = replace(
        evidence.samples,
        groups={"tone": np.array([tones[k % len(tones)] for k in person])},
        relations={"identity": np.array([f"h{k // len(tones)}" for k in person])},
    )
    content = {**STUDY, "groups": [["tone"]], "thresholds": {"fmr": [0.02]}, "statistics": statistics}
    study = Study.model_validate({**content, "conditions": tuple(away)}, strict=False)
    clean = evidence.comparisons["m", "clean"]
    order = np.argsort(person[clean.mated.probe], kind="stable")
    found, acquired = {}, {}
    for condition, errors in away.items():
        score = np.zeros(len(clean.mated), np.float32)
        score[order] = np.where(np.concatenate(errors), 0.0, 1.0)
        found["m", condition] = replace(clean, condition=condition, mated=replace(clean.mated, score=score))
        acquired["d", condition] = replace(evidence.acquisitions["d", "clean"], condition=condition)
    return replace(
        evidence,
        study=study,
        samples=samples,
        comparisons=found,
        acquisitions=acquired,
        given=(Threshold(name="half", model="m", value=0.5, policy="given"),),
        same_person="identity",
    )


def pattern(*counts: tuple[tuple[int, int, int], int]) -> list[list[int]]:
    """(subjects, 1) errors of heads by what they do at the three tones, and how many heads do so."""
    return [[error] for errors, number in counts for _ in range(number) for error in errors]


QUICK = {
    "clean": pattern(((0, 0, 0), 39), ((1, 0, 0), 1)),
    "tent": pattern(((0, 0, 1), 10), ((1, 1, 1), 1), ((1, 0, 0), 1), ((0, 0, 0), 28)),
}
"""Of 40 heads 11 are turned away in the tent at T3 and 2 at T1, 10 only at T3 and 1 only at T1; under clean 1 at T1."""


def rows_of(evidence: Evidence, **wanted: Any) -> list[WithinPersonRow]:
    bench = Workbench(evidence)
    rows = suppressed(evidence, WithinPersonRow, within_person.rows(bench), bench.hidden)
    return chosen(rows, **POINT, **wanted)


def test_the_same_heads_are_held_against_themselves() -> None:
    tables = pytest.importorskip("statsmodels.stats.contingency_tables", reason="the peer is statsmodels")
    rows = rows_of(heads_of(QUICK), condition="tent")
    assert {(row.group, row.other) for row in rows} == {("T1", "T2"), ("T3", "T1"), ("T3", "T2")}
    row = next(row for row in rows if (row.group, row.other) == ("T3", "T1"))
    assert (row.people, row.errors, row.comparisons, row.other_errors, row.other_comparisons) == (40, 11, 40, 2, 40)
    assert (row.rate, row.other_rate, row.change) == pytest.approx((11 / 40, 2 / 40, 9 / 40))
    assert (row.more, row.less) == (10, 1)
    assert row.p == pytest.approx(tables.mcnemar([[1, 10], [1, 28]], exact=True).pvalue)
    assert row.low is not None and row.high is not None and 0 < row.low < 9 / 40 < row.high
    tested = [one.p for one in rows if one.p is not None]
    assert len(tested) == 2 and min(holm(tested)) <= row.p_holm
    assert row.verdict == within_person.DIFFERS
    few = next(row for row in rows if (row.group, row.other) == ("T1", "T2"))
    assert few.verdict == "" and few.p is None and "1 people differ, fewer than 5" in few.note


def test_the_change_from_clean_is_compared_within_the_head() -> None:
    rows = rows_of(heads_of(QUICK), condition="tent")
    row = next(row for row in rows if (row.group, row.other) == ("T3", "T1"))
    # T3 changes by 11/40. T1 by (2 - 1)/40: the head that errs under clean is the last, and does not in the tent.
    assert row.interaction == pytest.approx(10 / 40)
    assert (row.interaction_more, row.interaction_less) == (11, 1)
    assert row.interaction_p == pytest.approx(2 * (1 + 12) / 2**12)
    assert row.interaction_verdict == within_person.CHANGES
    assert row.interaction_low is not None and 0 < row.interaction_low < 10 / 40
    clean = rows_of(heads_of(QUICK), condition="clean")
    assert all(row.interaction is None and row.interaction_verdict == "" for row in clean)


def test_several_comparisons_of_a_head_count_once() -> None:
    rng = np.random.default_rng(3)
    errors = [(rng.random(3) < 0.2 + 0.3 * (k % 3 == 2)).astype(int).tolist() for k in range(120)]
    means = np.array([np.mean(one) for one in errors]).reshape(40, 3)
    for row in rows_of(heads_of({"clean": errors}, each=3)):
        difference = means[:, TONES.index(row.group)] - means[:, TONES.index(row.other)]
        assert row.change == pytest.approx(difference.mean()) and row.change >= 0
        assert (row.more, row.less) == ((difference > 0).sum(), (difference < 0).sum())
        assert (row.people, row.comparisons) == (40, 120)


def test_no_verdict_of_few_heads_and_its_reason() -> None:
    for row in rows_of(heads_of({"clean": pattern(((0, 0, 1), 12))})):
        assert row.verdict == "" and row.p is None and "12 people under both, fewer than 20" in row.note
        assert "fewer than 30 people" in row.caution


def test_a_table_without_a_column_of_one_person_is_empty() -> None:
    assert not list(within_person.rows(Workbench(replace(heads_of(QUICK), same_person=""))))


def test_one_person_is_no_relative() -> None:
    evidence = heads_of(QUICK)
    assert not list(TABLES[RelativeRow](Workbench(evidence)))


def test_heads_without_a_value_or_a_label_are_left_out() -> None:
    evidence = heads_of(QUICK)
    person = evidence.samples.people()
    samples = replace(
        evidence.samples,
        relations={"identity": np.where(person < 3, "", evidence.samples.relations["identity"])},
        groups={"tone": np.where(person == 4, "unknown", evidence.samples.groups["tone"])},
    )
    rows = {(row.group, row.other): row for row in rows_of(replace(evidence, samples=samples), condition="tent")}
    assert rows["T3", "T1"].people == 39 and rows["T3", "T2"].people == 38
    assert not any("unknown" in pair for pair in rows)


def test_a_few_heads_that_a_difference_would_give_away_are_hidden() -> None:
    evidence = heads_of(QUICK, suppress_below=5)
    assert all(row.people == 40 for row in rows_of(evidence, condition="tent"))
    person = evidence.samples.people()
    # Two heads lose their identity at T1 alone: T1 of 40 less T1 of those with both would be the rate of two.
    alone = (person % 3 == 0) & (person < 6)
    relations = {
        "identity": np.where(alone, np.char.add("x", person.astype(str)), evidence.samples.relations["identity"])
    }
    rows = rows_of(replace(evidence, samples=replace(evidence.samples, relations=relations)), condition="tent")
    for row in rows:
        hidden = "suppressed" in row.note
        assert hidden == (row.people is None and row.rate is None and row.p is None)
        assert (row.group < row.other) if hidden else True
    assert any("suppressed" in row.note for row in rows)


def test_small_groups_are_hidden_here_too() -> None:
    evidence = heads_of({"clean": pattern(((0, 0, 1), 40))}, suppress_below=5)
    person = evidence.samples.people()
    tone = np.where((person % 3 == 2) & (person > 9), "T2", evidence.samples.groups["tone"])
    rows = rows_of(replace(evidence, samples=replace(evidence.samples, groups={"tone": tone})))
    of_few = [row for row in rows if "T3" in (row.group, row.other)]
    assert len(of_few) == 2 and all("suppressed" in row.note and row.rate is None for row in of_few)


CARD = tiny.DATASET.replace("[files]", 'same_person = "head"\n\n[files]')


def manifest(folder: Path, heads: Sequence[str], sizes: Sequence[str]) -> Path:
    (folder / "data").mkdir()
    lines = []
    for k, (head, size) in enumerate(zip(heads, sizes, strict=True)):
        for sample in range(2):
            (folder / "data" / f"{k}-{sample}.png").write_bytes(b"")
            lines.append([f"{k}-{sample}.png", f"p{k}", "amber", size, head])
    with (folder / "data" / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "subject_id", "group", "size", "head"], *lines])
    (folder / "card.toml").write_text(CARD, encoding="utf-8")
    return folder / "data"


def test_a_card_names_the_column(tmp_path: Path) -> None:
    root = manifest(tmp_path, ["7", "7", ""], ["big", "small", "big"])
    found = load(load_dataset(str(tmp_path / "card.toml")), root)
    assert found.samples.relations["head"].tolist() == ["7"] * 4 + ["", ""]
    assert load_dataset("synthetic-heads-causal").same_person == "identity"


def test_subjects_of_one_person_differ_in_a_label(tmp_path: Path) -> None:
    root = manifest(tmp_path, ["7", "7", "8", "8"], ["big", "big", "big", "small"])
    found = load(load_dataset(str(tmp_path / "card.toml")), root)
    assert len(found.samples) == 4 and set(found.refused.values()) == {"head: one person under the same labels"}


def test_a_person_is_one_head(tmp_path: Path) -> None:
    root = manifest(tmp_path, ["7", "7"], ["big", "small"])
    text = (root / "index.csv").read_text(encoding="utf-8")
    (root / "index.csv").write_text(text.replace("p0,amber,big,7", "p0,amber,big,9", 1), encoding="utf-8")
    found = load(load_dataset(str(tmp_path / "card.toml")), root)
    assert set(found.refused.values()) == {"head: the subject has two values"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"head"', '"group"', "same_person: 'group' is named already"),
        ('"head"', '"path"', "same_person: 'path' is named already"),
        ('adapter = "csv"', 'adapter = "tree"', "same_person: only a manifest"),
        ('adapter = "csv"', 'adapter = "csv"\nidentities = false', "same_person: without identities"),
    ],
)
def test_a_card_that_cannot_be(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = CARD.replace(old, new, 1)
    if "tree" in new:
        text = text.replace("citation", 'tree_groups = ["group", "size"]\ncitation', 1)
    (tmp_path / "card.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CardError, match=expected):
        load_dataset(str(tmp_path / "card.toml"))
