"""Claims on searches, counted by brute force, and the sample that would have decided an undecided margin."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from facegap import count
from facegap.claims.judge import judge_claim
from facegap.claims.margins import held, judge_margin
from facegap.claims.text import parse
from facegap.claims.verdict import End, Judged
from facegap.count.groups import heaviest
from facegap.errors import InputError
from facegap.estimate.at_most import judge
from facegap.estimate.equivalence import equivalent_difference, equivalent_ratio
from facegap.estimate.interval import effective_sample
from facegap.estimate.two_groups import Rate
from facegap.evidence import Evidence
from facegap.records import ClusterSums, ErrorCounts, Threshold
from facegap.tables import Workbench, identification
from facegap.tables.search_intervals import drawn_point, threshold_ends
from made_evidence import evidence_of, searched_evidence


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """Open searches at four operating points; the same ones of enrolled people as the closed protocol."""
    made = searched_evidence(shift=1.0)
    opened = made.searches["m", "clean", "open"]
    mated = opened.mated
    of_mated = {
        name: getattr(opened, name)[mated]
        for name in ("probe", "mated", "completed", "mate_score", "mate_rank", "mate_rank_optimistic", "top_nonmate")
    }
    failed = np.where(np.arange(mated.sum()) % 50 == 0, np.nan, of_mated["mate_score"]).astype(np.float32)
    closed = replace(opened, protocol="closed", **{**of_mated, "mate_score": failed})
    return replace(made, searches={("m", "clean", "open"): opened, ("m", "clean", "closed"): closed})


@pytest.mark.parametrize(
    ("text", "protocol", "rank"),
    [
        ("FNIR <= 0.3 in every group at FPIR 0.1", "open", None),
        ("FNIR at rank 1 <= 0.3 in every group at FPIR 0.1", "open", 1),
        ("FNIR <= 0.3 in the closed gallery at FMR 0.005", "closed", None),
        ("FNIR at rank 1 <= 0.3 in the closed gallery at no threshold", "closed", 1),
        ("rank-1 hit rate >= 70 %", "closed", 1),
        ("FPIR <= 0.3 at FMR 0.005", "open", None),
    ],
)
def test_searches_are_counted_as_by_brute_force(evidence: Evidence, text: str, protocol: str, rank: int | None) -> None:
    claim = parse(text)
    searches = evidence.searches["m", "clean", protocol]
    points = Workbench(evidence).operating_points(searches)
    at = next((point.value for point in points if point.name == claim.threshold), -np.inf)
    group = evidence.samples.groups["colour"][searches.probe]
    found = judge_claim(evidence, claim)
    assert [row.group for row in found] == ["green", "red"]
    for row in found:
        if claim.metric == "FPIR":
            trials = [k for k in range(len(group)) if group[k] == row.group and not searches.mated[k]]
            errors = sum(searches.top_nonmate[k] >= at for k in trials)
        else:
            trials = [k for k in range(len(group)) if group[k] == row.group and searches.mated[k]]
            hits = [
                searches.mate_score[k] >= at and (rank is None or searches.mate_rank[k] <= rank) for k in trials
            ]  # a failed search has the score NaN, which is no hit
            errors = len(trials) - sum(hits)
        assert (row.errors, row.trials) == (errors, len(trials))
        assert row.reading == f"{claim.measured} <= 0.3, {protocol} gallery of 120"
        assert row.threshold == (None if claim.threshold == "none" else at)


def test_verdicts_on_searches_are_those_of_the_counts(evidence: Evidence) -> None:
    searches = evidence.searches["m", "clean", "open"]
    at = next(p.value for p in Workbench(evidence).operating_points(searches) if p.name == "FPIR 0.1")
    points = Workbench(evidence).operating_points(searches)
    drawn = drawn_point(Workbench(evidence), searches, next(p for p in points if p.name == "FPIR 0.1"))
    assert drawn is not None
    ends = threshold_ends(drawn, 0.975)
    assert ends is not None
    assert ends[0] < at < ends[1]
    here, *at_ends = (count.fnir_counts(searches, evidence.samples, ("colour",), None, t) for t in (at, *ends))
    wanted = judge(here, 0.25, 0.95, at_ends)
    found = judge_claim(evidence, parse("FNIR <= 0.25 in every group at FPIR 0.1"))
    assert all("p-values carry the threshold's own uncertainty" in row.note for row in found)
    assert [(row.verdict, row.p_refute, row.p_support) for row in found] == [
        (one.verdict, one.p_refute, one.p_support) for one in wanted
    ]
    least = judge_claim(evidence, parse("FNIR >= 0.25 in every group at FPIR 0.1"))
    mirror = {"refuted": "supported", "supported": "refuted", "undecided": "undecided", None: None}
    assert [(mirror[row.verdict], mirror[row.decided_as]) for row in found] == [
        (row.verdict, row.decided_as) for row in least
    ]


@pytest.mark.parametrize("text", ["FNIR <= 0.2 in every group at FPIR 0.1", "FPIR <= 0.3 in every group at FPIR 0.1"])
def test_a_claim_at_a_target_is_less_certain_than_one_at_the_score_it_came_to(evidence: Evidence, text: str) -> None:
    """The same searches at the same score: only where the claim is about FPIR 0.1 would other people move it."""
    searches = evidence.searches["m", "clean", "open"]
    at = next(p.value for p in Workbench(evidence).operating_points(searches) if p.name == "FPIR 0.1")
    given = replace(evidence, given=(Threshold(name="score", model="m", value=at, policy="given"),))
    target = judge_claim(evidence, parse(text))
    score = judge_claim(given, parse(text.replace("at FPIR 0.1", "at score")))
    assert [row.errors for row in target] == [row.errors for row in score]
    for one, other in zip(target, score, strict=True):
        assert one.p_refute >= other.p_refute and one.p_support >= other.p_support
        assert one.low <= other.low and one.high >= other.high
        assert "threshold's own" in one.note and "threshold's own" not in other.note
    assert any(one.p_refute > 2 * other.p_refute for one, other in zip(target, score, strict=True)) or any(
        one.p_support > 2 * other.p_support for one, other in zip(target, score, strict=True)
    )
    table = identification.rows(Workbench(evidence))
    wanted = {
        "metric": target[0].reading[:4],
        "failures": "counted",
        "grouping": "colour",
        "threshold_name": "FPIR 0.1",
    }
    rows = [row for row in table if all(getattr(row, k) == v for k, v in wanted.items()) and row.rank in ("N", "")]
    assert [(row.low, row.high) for row in rows] == [(one.low, one.high) for one in target]


def test_a_claim_at_a_target_fmr_carries_its_threshold_in_searches_too(evidence: Evidence) -> None:
    found = judge_claim(evidence, parse("FNIR <= 0.3 in every group in the closed gallery at FMR 0.005"))
    assert all("p-values carry the threshold's own uncertainty" in row.note for row in found)
    rank_only = judge_claim(evidence, parse("FNIR at rank 1 <= 0.3 in the closed gallery at no threshold"))
    assert not any("threshold's own" in row.note for row in rank_only)


def test_a_hit_rate_is_that_of_the_cmc(evidence: Evidence) -> None:
    curves = count.cmc(evidence.searches["m", "clean", "closed"], evidence.samples, ("colour",), 1)
    found = judge_claim(evidence, parse("rank-1 hit rate >= 0.7"))
    assert [(row.trials, row.trials - row.errors) for row in found] == [(c.trials, c.hits[0]) for c in curves]


def test_without_a_named_point_all_those_of_the_gallery_are_judged(evidence: Evidence) -> None:
    for gallery, names in (
        ("open", ["FMR 0.02", "FMR 0.005", "FPIR 0.1"]),
        ("closed", ["FMR 0.02", "FMR 0.005"]),
    ):
        found = judge_claim(evidence, parse(f"FNIR <= 0.5 overall in the {gallery} gallery"))
        assert [row.threshold_name for row in found] == names


def test_what_the_searches_of_a_run_do_not_have(evidence: Evidence) -> None:
    opened = evidence.searches["m", "clean", "open"]
    only_open = replace(evidence, searches={("m", "clean", "open"): opened})
    nobody = replace(opened, mated=np.zeros_like(opened.mated))
    for made, text, expected in (
        (evidence_of(30), "FNIR <= 0.1", r"made no searches, so there is no FNIR; .* in \[identification\]"),
        (only_open, "rank-1 hit rate >= 99 %", "no searches of m under clean in a gallery that is closed; .*has: open"),
        (evidence, "FNIR <= 0.1 at FPIR 0.5", "no threshold 'FPIR 0.5' in the open gallery; it has: FMR 0.02, "),
        (evidence, "FNIR <= 0.1 in the closed gallery at FPIR 0.1", "'FPIR 0.1' in the closed gallery"),
        (
            replace(evidence, searches={("m", "clean", "open"): nobody}),
            "FNIR <= 0.1",
            "nobody who searched is enrolled",
        ),
    ):
        with pytest.raises(InputError, match=expected):
            judge_claim(made, parse(text))


def counts(metric: str, group: str, errors: int, trials: int, people: int, pairs: bool = False) -> ErrorCounts:
    """Independent comparisons; or pairs whose rows of people hold nothing but the pairs: no errors are shared."""
    sums = ClusterSums(errors * 2, errors * 2, 4 * trials * trials // people), ClusterSums(errors, errors, trials)
    return ErrorCounts(
        metric=metric,
        model="m",
        condition="clean",
        grouping="g",
        group=group,
        threshold=0.5,
        errors=errors,
        completed=trials,
        failed=0,
        subjects=people,
        by_subject=sums[0] if pairs else None,
        by_pair=sums[1] if pairs else None,
    )


MARGINS = {
    "FNMR within a ratio of 1.25": ((12, 600), (13, 600), equivalent_ratio, "supported"),
    "FNMR within a ratio of 1.3": ((20, 1000), (12, 1000), equivalent_ratio, "refuted"),
    "FNMR within 20 per 10,000": ((2, 1000), (3, 1000), equivalent_difference, "supported"),
    "FNIR within 50 per 10,000": ((28, 1000), (20, 1000), equivalent_difference, "refuted"),
}


@pytest.mark.parametrize("text", MARGINS)
def test_the_sample_that_would_have_decided_a_margin_does(text: str) -> None:
    a, b, function, verdict = MARGINS[text]
    claim = parse(text)
    metric = claim.metric
    rows = list(judge_margin([counts(metric, "a", *a, a[1] // 2), counts(metric, "b", *b, b[1] // 2)], claim, 0.95, 10))
    assert [(row.verdict, row.decided_as) for row in rows] == [("undecided", verdict)] * 2
    first = rows[0]
    assert first.decided_people == pytest.approx(first.decided_trials / 2, abs=1)
    for factor, wanted in ((1.0, True), (0.99, False)):
        growth = factor * first.decided_trials / a[1]
        one, other = (Rate(x * growth, n * growth) for x, n in (a, b))
        found = function(one, other, claim.number, 0.05 if verdict == "supported" else 0.025)
        assert found.decided == wanted
    assert f"{math.ceil(first.decided_people * b[1] / a[1])} people in the other groups" in first.note


def test_non_mated_comparisons_grow_with_the_square_of_people() -> None:
    sides = [counts("FMR", "a", 60, 4950, 100, pairs=True), counts("FMR", "b", 66, 4950, 100, pairs=True)]
    row = next(iter(judge_margin(sides, parse("FMR within a ratio of 1.25"), 0.95, 10)))
    assert (row.verdict, row.decided_as) == ("undecided", "supported")
    assert row.decided_trials / 4950 == pytest.approx((row.decided_people / 100) ** 2, rel=0.02)


def test_a_margin_leaves_room_for_one_more_person_who_errs_most() -> None:
    """On the side that an end takes for high; what refutes is the interval at half of the error."""
    x, m = np.array([6] + [1] * 19 + [0] * 80), np.full(100, 10)
    one = ErrorCounts(
        metric="FNMR",
        model="m",
        condition="clean",
        grouping="g",
        group="a",
        threshold=0.5,
        errors=25,
        completed=1000,
        failed=0,
        subjects=100,
        by_subject=ClusterSums(int(x @ x), int(x @ m), int(m @ m)),
        heaviest=heaviest(x, m),
    )
    row = next(iter(judge_margin([one, replace(one, group="b")], parse("FNMR within a ratio of 2"), 0.95, 10)))
    n = effective_sample(one, 0.95)
    plain, roomy = Rate(0.025 * n, n), Rate((25 + 5) / 1010 * n, n)
    assert row.low == pytest.approx(equivalent_ratio(plain, roomy, 2, 0.05).low)
    assert row.high == pytest.approx(equivalent_ratio(roomy, plain, 2, 0.05).high)
    wide = held((one, replace(one, group="b")), parse("FNMR within a ratio of 2"), 0.95, 0.05, 1.0)
    assert wide.refuting is not None and wide.refuting[1] == pytest.approx(
        equivalent_ratio(roomy, plain, 2, 0.025).high
    )


def test_a_margin_must_hold_at_both_ends_of_the_threshold_s_interval() -> None:
    """Each of three places has half of the error, and the interval spans them."""
    claim = parse("FNMR within a ratio of 1.5")

    def at(errors: int) -> tuple[ErrorCounts, ...]:
        return counts("FNMR", "a", errors, 40000, 20000), counts("FNMR", "b", 1000, 40000, 20000)

    def judged(*places: tuple[ErrorCounts, ...]) -> Judged:
        ends = [End(0.0, {"FNMR": place}) for place in places[1:]]
        return next(iter(judge_margin(places[0], claim, 0.95, 10, ends)))

    half = equivalent_ratio(Rate(1000, 40000), Rate(1000, 40000), 1.5, 0.025)
    same = judged(at(1000), at(1000), at(1000))
    assert (same.low, same.high) == (pytest.approx(half.low), pytest.approx(half.high))
    assert judged(at(1000)).verdict == judged(at(1000), at(1100), at(900)).verdict == "supported"
    wide = judged(at(1000), at(1450), at(900))
    assert wide.verdict == "undecided" and "not at both ends of its interval" in wide.note
    assert wide.high == equivalent_ratio(Rate(1450, 40000), Rate(1000, 40000), 1.5, 0.025).high
    assert judged(at(2000), at(2100), at(1900)).verdict == "refuted"


def test_no_sample_decides_on_the_margin_or_without_errors() -> None:
    for a, b, text in (
        ((25, 1000), (20, 1000), "FNMR within a ratio of 1.25"),
        ((0, 100), (0, 100), "FNMR within a ratio of 2"),
    ):
        for row in judge_margin([counts("FNMR", "a", *a, 50), counts("FNMR", "b", *b, 50)], parse(text), 0.95, 10):
            if row.value is None or row.value > 1:
                assert (row.decided_as, row.decided_people, row.decided_trials) == (None, None, None)
                assert row.note.endswith("no larger sample with these rates would have decided")


def test_people_and_comparisons_that_would_have_decided_belong_together() -> None:
    rows = judge_claim(evidence_of(60), parse("FMR <= 0.02 in every group at FMR 0.02"))
    assert any(row.decided_people is not None for row in rows)
    for row in rows:
        if row.decided_people is not None:
            assert row.decided_trials == math.ceil(row.trials * (row.decided_people / row.subjects) ** 2 - 1e-9)
