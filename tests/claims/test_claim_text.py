"""Claims as people type them: each is read as what it says, or refused with one line that holds the nearest form.

A decimal comma once vanished: "FNMR <= 9,5 % in every group" was read as 0.95, and supported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facegap.claims.refusal import UNDERSTOOD
from facegap.claims.text import parse
from facegap.errors import InputError


def refused(text: str) -> str:
    """The one line that refuses a claim; a form that it offers in quotes as the nearest is understood."""
    with pytest.raises(InputError) as found:
        parse(text)
    line = str(found.value)
    assert "\n" not in line
    assert 'nearest: "' in line or "understood are " in line, line
    for nearest in re.findall(r'nearest: "(.+)"$', line):
        parse(nearest)
    return line


@pytest.mark.parametrize(
    ("text", "write"),
    [
        ("FNMR <= 9,5 % in every group", "write 9.5"),
        ("FNMR <= 0,5 %", "write 0.5"),
        ("FNMR <= 0,12 % at FMR 0,1 %", 'nearest: "FNMR <= 0.12 % at FMR 0.1 %"'),
        ("FNMR <= 0,123 %", "write 0.123"),
        ("FNMR within a ratio of 1,25 in every group of sex at FMR 0.1", "write 1.25"),
        ("FNMR within a ratio of 1,250", "write 1.250 or 1250"),
        ("FNMR within 20,5 per 10,000", "write 20.5"),
        ("FNMR <= 1,5e-3", "write 1.5e-3"),
        ("FMR <= 1 in 10.000", "write 10,000"),
        ("FMR <= 1 in 10'000", "write 10,000"),
        ("FMR <= 1 in 10,00", "exactly three digits"),
        ("FMR <= 1 in 1,0000", "exactly three digits"),
        ("FMR <= 1 in 0,500", "exactly three digits"),
        ("FMR <= 1 in 1.5", "whole number"),
        ("FNMR <= 1 in 0", "is no number"),
        ("FNMR <= 0.1.2", "is no number"),
        ("99,38 % accurate", "write 99.38"),
        ("FNMR <= 5", '"5 %"'),
        ("accuracy >= 99.88", '"99.88 %"'),
        ("FNMR <= 10^9999", "more than a claim could say"),
        ("FNMR <= 1e99999", "is no number"),
        ("FNMR <= 0.1 ‰", "'‰' behind the rest"),
    ],
)
def test_a_number_that_can_be_read_in_two_ways_is_refused_with_what_to_write(text: str, write: str) -> None:
    assert write in refused(text)


MOST_SAID = 10**15
"""No claim is about more cases than that: refused, whatever they are divided by."""


def careful(typed: str) -> Fraction | None:
    """What a careful reader takes `typed` for: a rate as it stands, a percentage or one in so many; else None."""
    found = re.fullmatch(r"(\d*\.?\d+(?:e[-+]?\d{1,3})?)\s?(%)?", typed)
    if found:
        return Fraction(Decimal(found[1])) / (100 if found[2] else 1)
    found = re.fullmatch(r"(\d*\.?\d+) in (\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?: \d{3})+)", typed)
    if found and Fraction(found[1]) <= MOST_SAID and int(re.sub(r"\D", "", found[2])):
        return Fraction(found[1]) / int(re.sub(r"\D", "", found[2]))
    return None


_DIGITS = st.text("0123456789", min_size=1, max_size=4)
_MARKED = st.lists(st.one_of(_DIGITS, st.sampled_from([".", ",", "000", ",000", ".000", "0,", "'"])), max_size=4).map(
    "".join
)


@settings(max_examples=400)
@given(
    _MARKED,
    st.one_of(st.sampled_from(["", " %", "%"]), _MARKED.map(lambda whole: f" in {whole}")),
    st.sampled_from(["", " overall", " in every group at vendor"]),
)
@example("0,12", " %", "")
@example("1", " in 10,000", "")
@example("1", " in 10 000", "")
@example("1", " in 10 00", "")
@example("1,5", " in 1,000", "")
@example("1000000000000000", " in 1000000000000001", "")
@example("1000000000000001", " in 1000000000000002", "")
def test_no_number_is_read_as_another(number: str, unit: str, behind: str) -> None:
    text = f"FNMR <= {number}{unit}{behind}"
    # A point at the end of a sentence is none of a number, nor a comma before a clause.
    meant = careful((number + unit).removesuffix("," if behind else "."))
    if meant is None or not 0 < meant < 1:
        refused(text)
    else:
        assert parse(text).number == float(meant)


METRICS = {
    "FNMR": ("FNMR", False),
    "the false non-match rate": ("FNMR", False),
    "fmr": ("FMR", False),
    "False match rate": ("FMR", False),
    "TAR": ("FNMR", True),
    "TMR": ("FNMR", True),
    "true accept rate": ("FNMR", True),
}
MOST: tuple[str, ...] = (
    "<=",
    "<",
    "≤",
    "=<",
    "at most",
    "is at most",
    "below",
    "must be below",
    "no more than",
    "under",
    "less than",
)
MOST += ("shall not exceed", "not more than", "is never above", "up to", "of at most")
LEAST = (">=", ">", "≥", "at least", "is at least", "above", "no less than", "over", "more than", "not below")
NUMBERS = {
    "0.0012": Fraction(12, 10_000),
    "1.2e-3": Fraction(12, 10_000),
    "0.12 %": Fraction(12, 10_000),
    "0.12%": Fraction(12, 10_000),
    "0.12 percent": Fraction(12, 10_000),
    "0.12 per cent": Fraction(12, 10_000),
    "0.12 pct": Fraction(12, 10_000),
    "1 in 10,000": Fraction(1, 10_000),
    "1 in 10 000": Fraction(1, 10_000),
    "1 in 10000": Fraction(1, 10_000),
    "1/10000": Fraction(1, 10_000),
    "1:10,000": Fraction(1, 10_000),
    "12 per 10,000": Fraction(12, 10_000),
    "3 out of 1000": Fraction(3, 1000),
    "10^-4": Fraction(1, 10_000),
    "10⁻⁴": Fraction(1, 10_000),
    "2 x 10^-4": Fraction(2, 10_000),
    "2×10^−4": Fraction(2, 10_000),
    "99.5 %": Fraction(995, 1000),
}
SCOPES = {
    "": ("every group", None),
    "in every group": ("every group", None),
    "in all groups": ("every group", None),
    "for every group": ("every group", None),
    "for all groups": ("every group", None),
    "in each group of sex": ("every group", ("sex",)),
    "in every group of sex, age": ("every group", ("sex", "age")),
    "for all groups of sex and age": ("every group", ("sex", "age")),
    "overall": ("overall", None),
    "in group Black, female": ("Black, female", None),
    "for group 50-59": ("50-59", None),
    'in group "red" of colour': ("red", ("colour",)),
}
THRESHOLDS = {
    "": None,
    "at vendor": "vendor",
    "at the vendor's threshold": "vendor",
    "at the vendor threshold": "vendor",
    "at FMR 0.001": "FMR 0.001",
    "at FMR 1e-3": "FMR 0.001",
    "at FMR = 1 in 1000": "FMR 0.001",
    "at FMR 0.1 %": "FMR 0.001",
    "at FMR 1 in 1,000": "FMR 0.001",
    "at an FMR of 0.1 percent": "FMR 0.001",
    "@ FMR=1e-3": "FMR 0.001",
    "at FMR <= 1e-3": "FMR 0.001",
    "at 0.1 % FMR": "FMR 0.001",
    "at FMR 10^-5": "FMR 1e-05",
    "at fixed": "fixed",
}


def joined(parts: Sequence[str]) -> str:
    return " ".join(part for part in parts if part)


@settings(max_examples=400)
@given(
    st.sampled_from(sorted(METRICS)),
    st.sampled_from((*MOST, *LEAST)),
    st.sampled_from(sorted(NUMBERS)),
    st.sampled_from(sorted(SCOPES)),
    st.sampled_from(sorted(THRESHOLDS)),
    st.sampled_from(["last", "threshold first", "threshold before", "scope before", "scope in front"]),
)
def test_what_people_type_is_what_is_read(
    metric: str, relation: str, number: str, scope: str, threshold: str, order: str
) -> None:
    # In front of the relation its words end a name, so names with such words stand behind.
    text = {
        "last": joined([metric, relation, number, scope, threshold]),
        "threshold first": joined([metric, relation, number, threshold, scope]),
        "threshold before": joined([metric, threshold, relation, number, scope]),
        "scope before": joined([metric, scope, relation, number, threshold]),
        "scope in front": f"{scope}, {metric} {relation} {number} {threshold}".strip(", "),
    }[order]
    if order == "scope in front" and scope in ("", "overall"):
        text = joined([metric, relation, number, scope, threshold])
    claim = parse(text)
    of, complement = METRICS[metric]
    assert claim.metric == of
    assert claim.kind == ("at most" if (relation in MOST) != complement else "at least")
    assert claim.number == float(1 - NUMBERS[number] if complement else NUMBERS[number])
    assert (claim.scope, claim.columns) == SCOPES[scope]
    assert claim.threshold == THRESHOLDS[threshold]
    assert claim.text == " ".join(text.split())


@given(
    st.sampled_from(["EER", "FAR", "FRR", "GAR", "HTER", "equal error rate", "false acceptance rate", "FNRM", "XYZ"]),
    st.sampled_from((*MOST, *LEAST)),
    st.sampled_from(sorted(NUMBERS)),
    st.sampled_from(sorted(SCOPES)),
    st.sampled_from([*sorted(THRESHOLDS), "at FAR 1e-3", "at FMR 0,1 %"]),
)
def test_other_measures_are_refused_with_the_nearest(
    metric: str, relation: str, number: str, scope: str, threshold: str
) -> None:
    refused(joined([metric, relation, number, scope, threshold]))


@pytest.mark.parametrize(
    ("text", "kind", "measure", "metric", "number", "columns", "threshold"),
    [
        ("max/min FMR <= 5", "summary", "max/min", "FMR", 5, None, None),
        ("max / min of FMR at most 5 at FMR 0.001", "summary", "max/min", "FMR", 5, None, "FMR 0.001"),
        ("the max/min ratio of the FMR <= 5 at vendor", "summary", "max/min", "FMR", 5, None, "vendor"),
        ("FNMR max/min below 3", "summary", "max/min", "FNMR", 3, None, None),
        ("max/geomean FNMR <= 2 in every group of sex", "summary", "max/geomean", "FNMR", 2, ("sex",), None),
        ("max/geometric mean of FNMR <= 2", "summary", "max/geomean", "FNMR", 2, None, None),
        ("max/mean FNMR <= 2 across groups", "summary", "max/mean", "FNMR", 2, None, None),
        ("Gini FNMR <= 0.25 over the groups of sex", "summary", "gini", "FNMR", 0.25, ("sex",), None),
        ("Gini coefficient of FMR at vendor <= 25 %", "summary", "gini", "FMR", 0.25, None, "vendor"),
        ("gini(FMR) <= 0.25", "summary", "gini", "FMR", 0.25, None, None),
        ("corrected Gini FMR <= 0.25", "summary", "gini corrected", "FMR", 0.25, None, None),
        ("max-min FNMR <= 2 %", "summary", "max-min", "FNMR", 0.02, None, None),
        ("FNMR within a factor of 1.25 of the other groups", "ratio", "", "FNMR", 1.25, None, None),
        ("FNMR is within a ratio of 1.25 of the others at vendor", "ratio", "", "FNMR", 1.25, None, "vendor"),
        ("FNMR within 2 percentage points", "difference", "", "FNMR", 0.02, None, None),
        ("FNMR within 2 % points in all groups", "difference", "", "FNMR", 0.02, None, None),
        ("FNMR within 2 per 1,000", "difference", "", "FNMR", 0.002, None, None),
        ("at least 99.38 % accurate in every group", "accuracy", "", "", 0.0062, None, None),
        ("accuracy of 99.38 % at FMR 1e-3", "accuracy", "", "", 0.0062, None, "FMR 0.001"),
        ("accuracy must be above 99.38 percent", "accuracy", "", "", 0.0062, None, None),
        ("FNMR 1 % or less at vendor", "at most", "", "FNMR", 0.01, None, "vendor"),
        ("TAR of 99 % or better", "at most", "", "FNMR", 0.01, None, None),
        ("TPIR at rank 1 >= 98 % at FPIR 1 %", "at most", "", "FNIR", 0.02, None, "FPIR 0.01"),
        ("rank-1 identification rate >= 98 %", "at most", "", "FNIR", 0.02, None, "none"),
    ],
)
def test_margins_summaries_and_accuracies(text, kind, measure, metric, number, columns, threshold) -> None:
    found = parse(text)
    assert (found.kind, found.measure, found.metric, found.number) == (kind, measure, metric, pytest.approx(number))
    assert (found.columns, found.threshold) == (columns, threshold)
    assert found.scope == "every group" and "\n" not in found.says()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no demographic differential", "FNMR within a ratio of 1.25 in every group"),
        ("no bias in any group", "say how far apart they may be"),
        ("the matcher is unbiased", "--stated"),
        ("works equally well for all", "say how far apart they may be"),
        ("same error rate in every group", "say how far apart they may be"),
        ("EER <= 1 %", 'sets a threshold of its own.*nearest: "FNMR <= 1 %"'),
        ("FAR <= 0.1 %", 'transactions.*nearest: "FMR <= 0.1 %"'),
        ("FRR <= 3 % at FAR 0.1 %", 'nearest: "FNMR <= 3 % at FMR 0.1 %"'),
        ("TAR >= 99 % at FAR 1e-3", 'nearest: "TAR >= 99 % at FMR 1e-3"'),
        ("99.38 % accurate on LFW", "a published LFW accuracy"),
        ("LFW accuracy >= 99.38 %", "a published LFW accuracy"),
        ("accuracy <= 99 %", 'nearest: "accuracy >= 99 %"'),
        ("FNMR = 1 %", 'exactly so much.*nearest: "FNMR <= 1 %"'),
        ("FNMR is 1 % at vendor", 'nearest: "FNMR <= 1 % at vendor"'),
        ("TAR = 99 %", 'nearest: "TAR >= 99 %"'),
        ("FNRM <= 1 %", "did you mean 'FNMR'"),
        ("FNMR <= 1 % and FMR <= 0.1 %", "one claim at a time"),
        ("FNMR <= 1 % with 95 % confidence", "statistics.level"),
        ("FNMR <= 1 % at 95 % confidence", "statistics.level"),
        ("FNMR <= 1 % for women", 'nearest: "FNMR <= 1 % in group women"'),
        ("FNMR <= 1 % for every ethnicity", 'nearest: "FNMR <= 1 % in every group of ethnicity"'),
        ("FNMR <= 1 % in all groups combined", 'nearest: "FNMR <= 1 % overall"'),
        ("FNMR <= 1 % at FMR 0.001 for women", "a threshold is such as"),
        ("FNMR within 25 %", '"within a ratio of 1.25".*"within 2500 per 10,000"'),
        ("TAR within a ratio of 1.25", 'nearest: "FNMR within a ratio of 1.25"'),
        ("Gini <= 0.25", "of which rate"),
        ("max/min FTA <= 5", "of FMR or of FNMR"),
        ("max/min FMR >= 5", 'nearest: "max/min FMR <= 5"'),
        ("max/min FMR <= 1", "a limit is above 1"),
        ("max/min FMR <= 5 overall", "cannot be overall"),
        ("max/min FMR <= 5 in group red", "cannot be in one"),
        ("GARBE <= 0.1", "no metric 'GARBE'"),
        ("FTA <= 1 % at vendor", "FTA has no threshold"),
        ("FNMR <= 1 % overall of sex", "no groups of a label"),
        ("FNMR <= 1 % in every group overall", "two scopes"),
        ("FNMR <= 1 % at vendor at FMR 0.001", "two thresholds"),
        ("FNMR not <= 1 %", "not understood"),
        ("FNMR <= -1 %", "not understood"),
        ("FNMR", "not understood"),
        ("FNMR <=", "not understood"),
        ("FNMR <= 1 %\nin red", 'nearest: "FNMR <= 1 % in group red"'),
        ("FNMR <= 1 %" + " x" * 300, "longer than 400"),
    ],
)
def test_the_rest_is_refused_with_the_nearest_form(text: str, expected: str) -> None:
    assert re.search(expected, refused(text))


def test_the_examples_in_messages_are_understood() -> None:
    for example_text in re.findall(r'"(.+?)"', UNDERSTOOD):
        parse(example_text)


@given(st.text("FNMRATEI <=>at01.,%ingroupof/()@", max_size=40))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        parse(text)
    except InputError as error:
        assert "\n" not in str(error)
