"""Cautions come from one place and stand in every table that holds a number resting on people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facegap import schema
from facegap.estimate import cautions
from facegap.estimate.cautions import FEW_FOR_MEANS
from facegap.evidence import Evidence
from facegap.records import ScoredPairs
from facegap.schema import (
    AtTargetRow,
    DetRow,
    DifferentialRow,
    EdcRow,
    PolicyRow,
    QualityRow,
    RateRow,
    Row,
    ScoreShiftRow,
    ThresholdRow,
    VersusRow,
    columns_of,
    names_of,
)
from facegap.tables import Built, build
from made_evidence import chosen, evidence_of, searched_evidence, with_quality

FEW = cautions.few_people()
MEANS = (QualityRow, ScoreShiftRow)
"""Of what is no error rate."""


def estimates_in(row: type[Row]) -> list[str]:
    """Columns with a number that is neither counted nor a part of the key."""
    return [column.name for column in columns_of(row) if column.kind == "number" and not column.says.key]


@pytest.mark.parametrize("row", schema.ROWS.values(), ids=schema.ROWS)
def test_every_table_with_an_estimate_has_cautions_or_says_why_not(row: type[Row]) -> None:
    has = "caution" in names_of(row)
    assert has != bool(row.no_caution)
    assert has or not any(name.startswith(("rate", "value", "fmr", "fnmr", "ratio", "mean")) for name in names_of(row))
    if row.no_caution:
        assert f"No cautions: {row.no_caution}." in schema.dictionary([row.table])


@pytest.fixture(scope="module")
def small() -> Built:
    """Twenty-eight people in all: no number rests on as many as it takes."""
    return build(with_quality(searched_evidence(people=28, draws=100, min_subjects=8), 1.0, 0.5))


def test_every_row_that_rests_on_few_people_says_so(small: Built) -> None:
    seen = set()
    for row_class, rows in small.items():
        for row in rows if "caution" in names_of(row_class) else ():
            known = [name for name in estimates_in(row_class) if getattr(row, name) is not None and name != "level"]
            note = getattr(row, "note", "")
            if known and not note.startswith("left out"):
                few = cautions.few_people(FEW_FOR_MEANS) if row_class in MEANS else FEW
                assert few in row.caution, (row_class.table, row)  # type: ignore[attr-defined]
                seen.add(row_class.table)
    assert len(seen) > 14, sorted(seen)


def test_the_same_rate_has_the_same_cautions_in_every_table(small: Built) -> None:
    for row in chosen(small[RateRow], metric="FNMR", failures="counted", grouping="colour"):
        same = {"grouping": row.grouping, "group": row.group, "threshold_name": row.threshold_name}
        for other in chosen(small[AtTargetRow], metric="FNMR", **same):
            assert (other.caution, other.by_people, other.largest_share) == (
                row.caution,
                row.by_people,
                row.largest_share,
            )
        for test in chosen(small[VersusRow], metric="FNMR", **same):
            if test.verdict:
                for caution in row.caution.split("; "):
                    assert f"{caution} ({row.group}" in test.caution


def test_a_person_with_most_pictures_is_said_and_hides_nothing_by_people() -> None:
    """One red person has 26 pictures, all others two; that person never errs, the others do."""
    evidence = uneven()
    rows = chosen(build(evidence)[RateRow], metric="FNMR", failures="counted", grouping="colour", group="red")
    row = next(row for row in rows if row.threshold_name == "FMR 0.02")
    assert row.largest_share is not None and row.largest_share > 0.6
    assert row.by_people is not None and row.rate is not None and row.by_people > 3 * row.rate
    assert f"one person makes {100 * row.largest_share:.0f} % of these comparisons" in row.caution
    ids = set(evidence.samples.subjects.tolist()) | set(evidence.samples.ids.tolist())
    assert not any(name in row.caution for name in ids)


def uneven() -> Evidence:
    evidence = evidence_of(120, each=2, draws=100)
    ((key, comparisons),) = evidence.comparisons.items()
    mated = comparisons.mated
    person = evidence.samples.people()[mated.probe]
    red = evidence.samples.groups["colour"][mated.probe] == "red"
    # The pictures of a person who has many of the mated comparisons: more pairs of the same two samples do as well.
    first = np.flatnonzero(red)[:1]
    score = np.where(red, -5.0, 5.0).astype(np.float32)
    score[red & (person % 2 == 0)] = 5.0
    many = np.concatenate([np.arange(len(mated)), np.repeat(first, 150)])
    grown = ScoredPairs(mated.reference[many], mated.probe[many], np.concatenate([score, np.full(150, 5, np.float32)]))
    return replace(evidence, comparisons={key: replace(comparisons, mated=grown)})


def test_points_of_curves_and_thresholds_say_how_few_errors_they_rest_on(small: Built) -> None:
    built = build(evidence_of(150, draws=100))
    few = "fewer than 10 errors"
    for row in chosen(built[DetRow], grouping="", group="everyone"):
        assert (f"{few} (FMR" in row.caution) == (row.fmr is not None and row.fmr * 150 * 149 / 2 * 9 < 9.5)
    assert all(FEW not in row.caution for row in built[ThresholdRow])
    assert any(few in row.caution for row in built[PolicyRow])
    kept = chosen(built[DifferentialRow], grouping="colour", metric="FMR+FNMR")
    assert all("FNMR of" in row.caution or "FMR of" in row.caution or not row.caution for row in kept)
    for point in small[EdcRow]:
        assert point.kept is not None
        assert (few in point.caution) == (point.kept > 0 and (point.errors or 0) < 10)
