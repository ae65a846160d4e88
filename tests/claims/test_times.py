"""Claims on a ratio to a named group, or to the rest: how they are read, and that intervals decide them."""

from __future__ import annotations

import pytest

from facegap.claims.judge import judge_claim
from facegap.claims.margins import judge_margin
from facegap.claims.text import parse
from facegap.errors import InputError
from facegap.estimate.clustered import pooled
from facegap.estimate.equivalence import at_most_times
from facegap.estimate.interval import effective_sample
from facegap.estimate.two_groups import Rate, koopman
from facegap.records import ClusterSums, ErrorCounts
from made_evidence import evidence_of


@pytest.mark.parametrize(
    ("text", "kind", "number", "scope", "reference", "columns", "threshold"),
    [
        ("FNMR of Black at most 1.5 times that of White", "times", 1.5, "Black", "White", None, None),
        ("FNMR of Black <= 1.5 times that of White at vendor", "times", 1.5, "Black", "White", None, "vendor"),
        ("FMR of Black, female <= 2 x that of White, male", "times", 2, "Black, female", "White, male", None, None),
        ("the FNMR of the group Black is at most 3 times as high as that of White", "times", 3, "Black", "White", None,
         None),
        ("FNMR in group Black at most 1.5 times the rate of White", "times", 1.5, "Black", "White", None, None),
        ("FNMR at most 1.5 times that of White in every group", "times", 1.5, "every group", "White", None, None),
        ("FNMR in every group of race at most 1.5 times that of White", "times", 1.5, "every group", "White", ("race",),
         None),
        ("FNMR of Black at most 1.5 times that of the other groups", "times", 1.5, "Black", "", None, None),
        ("FNMR of Black at most 1.5 times the others' at FMR 0.001", "times", 1.5, "Black", "", None, "FMR 0.001"),
        ("FNMR at most 1.5 times the rest in every group", "times", 1.5, "every group", "", None, None),
        ("FPIR in the open gallery of Black at most 2 times that of White", "times", 2, "Black", "White", None, None),
        ("FNMR within a ratio of 1.25 of that of White in every group", "ratio", 1.25, "every group", "White", None,
         None),
        ("FNMR within 20 per 10,000 of White", "difference", 0.002, "every group", "White", None, None),
        ("FNMR within a ratio of 1.25 of the other groups", "ratio", 1.25, "every group", "", None, None),
        ("FNMR within a ratio of 1.25 of each other", "ratio", 1.25, "every group", "", None, None),
    ],
)  # fmt: skip
def test_what_is_understood(text, kind, number, scope, reference, columns, threshold) -> None:
    found = parse(text)
    assert (found.kind, found.scope, found.reference) == (kind, scope, reference)
    assert (found.columns, found.threshold) == (columns, threshold)
    assert found.number == pytest.approx(number)
    assert (reference or "the other groups") in found.says()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FNMR of Black at least 1.5 times that of White", "claimed to be at most"),
        ("TAR of Black at most 1.5 times that of White", "a ratio is that of an error rate"),
        ("FNMR of White at most 1.5 times that of White", "compared with itself"),
        ("FNMR of Black at most 1.5 % times that of White", "expected a ratio such as 1.5 times"),
        ("FNMR of Black at most 1.5 times", "times the rate of which group?"),
        ("FNMR at most 1.5 times that of White overall", "cannot be overall"),
    ],
)
def test_what_is_not_understood_is_one_line_with_a_form_that_is(text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected.replace("?", r"\?")) as error:
        parse(text)
    line = str(error.value)
    assert "\n" not in line
    if 'nearest: "' in line:
        parse(line.split('nearest: "')[1].rstrip('"'))


def counts(group: str, errors: int, trials: int, people: int | None = None) -> ErrorCounts:
    return ErrorCounts(
        metric="FNMR", model="m", condition="clean", grouping="g", group=group, threshold=0.5, errors=errors,
        completed=trials, failed=0, subjects=trials if people is None else people,
        by_subject=ClusterSums(errors, errors, trials),
    )  # fmt: skip


FOUR = [counts("a", 60, 2000), counts("b", 40, 2000), counts("c", 300, 2000), counts("d", 2, 40, 4)]


def test_a_named_group_is_one_test_and_the_interval_decides() -> None:
    claim = parse("FNMR of c at most 3 times that of b")
    rows = {row.group: row for row in judge_margin(FOUR, claim, 0.95, 10)}
    assert set(rows) == {"a", "c", "d"}
    a, b = (Rate(c.errors / c.trials * n, n) for c in (FOUR[2], FOUR[1]) for n in (effective_sample(c, 0.95),))
    low, high = koopman(a, b, 0.9)
    assert (rows["c"].low, rows["c"].high, rows["c"].value) == (low, high, pytest.approx(7.5))
    assert rows["c"].verdict == "refuted" and "adjusted over 1 test" in rows["c"].note
    assert rows["c"].reading == "FNMR <= 3 times that of b"
    assert rows["d"].note == "left out: 4 people, fewer than 10" and rows["d"].value is None


@pytest.mark.parametrize(("limit", "verdict"), [(1.2, "undecided"), (1.5, "undecided"), (4, "supported")])
def test_verdicts_of_every_group_are_adjusted_over_the_others(limit: float, verdict: str) -> None:
    claim = parse(f"FNMR at most {limit} times that of b in every group")
    row = next(row for row in judge_margin(FOUR, claim, 0.95, 10) if row.group == "a")
    assert row.verdict == verdict and "adjusted over 2 tests" in row.note
    if verdict == "undecided" and limit != 1.5:
        assert row.decided_as == "refuted" and "people in b" in row.note
    if limit == 1.5:  # the observed ratio itself: no sample decides
        assert row.decided_as is None


def test_the_rest_is_all_other_groups_that_enter() -> None:
    claim = parse("FNMR of c at most 3 times that of the others")
    row = next(row for row in judge_margin(FOUR, claim, 0.95, 10) if row.group == "c")
    rest = pooled(FOUR[:2])
    assert row.value == pytest.approx((300 / 2000) / (rest.errors / rest.trials))
    assert row.verdict == "supported" or row.low is not None


def test_too_few_people_in_the_reference_compare_nobody() -> None:
    rows = list(judge_margin(FOUR, parse("FNMR at most 3 times that of d in every group"), 0.95, 10))
    assert [row.group for row in rows] == ["a", "b", "c"]
    assert all(row.verdict == "undecided" for row in rows)
    assert all(row.note == "left out: nothing to compare with: d: 4 people, fewer than 10" for row in rows)


def test_an_upper_limit_has_no_lowerjudge_margin() -> None:
    found = at_most_times(Rate(1, 2000), Rate(100, 2000), 1.5)
    assert found.equivalent and not found.outside
    assert at_most_times(Rate(100, 2000), Rate(1, 2000), 1.5).outside
    assert not at_most_times(Rate(0, 2000), Rate(0, 2000), 1.5).decided


def test_of_a_run() -> None:
    evidence = evidence_of(180, each=2, shift=1.5)
    (row,) = judge_claim(evidence, parse("FMR of red at most 1.5 times that of GREEN at FMR 0.02"))
    assert (row.group, row.verdict) == ("red", "refuted")
    rows = judge_claim(evidence, parse("FMR at most 50 times that of green in every group at FMR 0.02"))
    assert [(row.group, row.verdict) for row in rows] == [("red", "supported")]
    with pytest.raises(InputError, match="no group 'gren', did you mean 'green'"):
        judge_claim(evidence, parse("FMR of red at most 1.5 times that of gren at FMR 0.02"))
    with pytest.raises(InputError, match="no group 'blue'"):
        judge_claim(evidence, parse("FMR of blue at most 1.5 times that of green at FMR 0.02"))
