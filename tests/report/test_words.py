"""Numbers in words."""

from dataclasses import replace

import pytest

from facegap.report import words
from facegap.report.style import label, plain, power, printable, slug, two_and_five
from facegap.schema import RateRow

ROW = RateRow(
    model="m", condition="clean", metric="FNMR", failures="counted", grouping="g", group="a", threshold_name="t",
    threshold=0.5, errors=61, trials=1000, completed=1000, failed=0, subjects=500, n_eff=900.0, rate=0.061, low=0.048,
    high=0.076, level=0.95, method="wilson", note="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"), (1.0, "100.0"), (0.104, "10.4"), (0.0152, "1.5"), (0.00999999, "1.0"), (0.00523, "0.52"),
        (0.005, "0.50"), (0.0001, "0.010"), (1.234e-7, "0.000012"),
    ],
)  # fmt: skip
def test_percent(value: float, said: str) -> None:
    assert words.percent(value) == f"{said}\u00a0%"


def test_counts_in_people() -> None:
    assert words.people(ROW) == "61 (48–76)"
    assert words.people(replace(ROW, rate=None)) == "–"
    assert words.people(replace(ROW, errors=0, rate=0.0, low=0.0, high=0.005)) == "0 seen (up to 5)"
    assert words.people(replace(ROW, low=None)) == "61"


def test_scale_shows_at_least_five_people() -> None:
    assert words.people_scale([ROW]) == 1_000
    assert words.people_scale([replace(ROW, high=0.0006)]) == 10_000
    assert words.people_scale([]) == 10_000_000


def test_rates_in_words() -> None:
    assert words.rate(ROW) == "6.1\u00a0% (4.8–7.6\u00a0%)"
    assert words.rate_of(ROW) == "6.1\u00a0% (4.8–7.6\u00a0%; 61 of 1,000)"
    assert (
        words.rate(replace(ROW, errors=0, trials=600, rate=0.0, low=0.0, high=0.005)) == "0 of 600: up to 0.50\u00a0%"
    )
    assert words.rate(replace(ROW, rate=None, note="no comparisons")) == "not estimated (no comparisons)"


def test_flags() -> None:
    assert words.flags(ROW, 10) == ""
    assert words.flags(replace(ROW, subjects=9), 10) == "fewer than 10 people: left out of the summaries"
    assert words.flags(replace(ROW, caution="fewer than 10 errors"), 10) == "fewer than 10 errors"


def test_other_words() -> None:
    assert words.moment("2026-11-21T20:58:09+00:00") == "2026-11-21 20:58 UTC"
    assert words.moment("yesterday") == "yesterday"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.exact_percent(0.95) == "95\u00a0%"
    assert words.score(-0.54026) == "−0.5403"
    assert words.at("FMR 0.001", float("inf")) == "at FMR 0.001 (score ≥ above every score)"


def test_names_for_figures() -> None:
    assert printable("a\x00b\u202ec\n") == "a\ufffdb\ufffdc\n"
    assert label("x" * 40) == "x" * 29 + "…"
    assert label("_a\nb") == "\u2009_a b"
    assert slug("cross-fmr", "Net / v2", "FMR 0.001", "東京") == "cross-fmr-net-v2-fmr-0.001-x"
    assert [power(x) for x in (0.001, 1.0, 0.002)] == ["10⁻³", "1", ""]
    assert [two_and_five(x) for x in (0.002, 0.03, 0.05)] == ["0.002", "", "0.05"]
    assert plain(0.00001) == "0.00001"
