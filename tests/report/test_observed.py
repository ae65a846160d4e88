"""Sentences on people under two observed values: the test within people alone decides them."""

from __future__ import annotations

from dataclasses import replace

from facegap.estimate.cautions import SAME_PEOPLE
from facegap.report.observed import said
from facegap.schema import WithinRow

ROW = WithinRow(
    model="m",
    condition="clean",
    observed="phone",
    value="Pixel",
    other="iPhone",
    threshold_name="FMR 0.001",
    grouping="",
    group="everyone",
    threshold=0.5,
    people=40,
    rate=0.3,
    other_rate=0.1,
    change=0.2,
    more=12,
    less=1,
    p=0.0034,
    p_holm=0.0034,
    verdict="differs",
    caution=SAME_PEOPLE,
)


def test_what_differs_is_said_of_the_value_under_which_more_people_err() -> None:
    assert said(ROW, 1) == (
        "By phone, at FMR 0.001 (score ≥ 0.5), clean: people are turned away more often under Pixel than under iPhone: "
        "of 40 people compared under both, 12 err more often under Pixel and 1 under iPhone (p 0.0034). Read with "
        f"care: {SAME_PEOPLE}."
    )
    turned = replace(ROW, value="iPhone", other="Pixel", more=1, less=12)
    assert said(turned, 1) == said(ROW, 1)


def test_nothing_is_claimed_where_the_test_finds_nothing() -> None:
    text = said(replace(ROW, more=5, less=4, p_holm=1.0, verdict="not shown to differ"), 3)
    assert "people are not shown to be turned away more often under Pixel than under iPhone" in text
    assert "(p 1, the largest of 3 differences of phone)" in text
