"""Each group against the others: what differs is found, and what is not says what it could have seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from facegap.count.groups import exact_dot, leverage_sums
from facegap.estimate.versus_rest import against_rest
from facegap.records import ClusterSums, ErrorCounts, Samples
from facegap.schema import IdentificationRow, PowerRow, VersusRow
from facegap.tables import Built, build
from facegap.tables.versus_rest import _versus_cells
from made_evidence import chosen, evidence_of, searched_evidence


def test_a_group_that_differs_is_found_and_the_rest_say_what_they_could_have_seen(made: Built) -> None:
    red = chosen(made[VersusRow], metric="FMR", grouping="colour", group="red", threshold_name="FMR 0.02")[0]
    assert red.verdict == "differs"
    assert red.ratio > 2
    assert red.low < red.ratio < red.high
    assert "times the others' rate" in red.sentence
    same = [row for row in made[VersusRow] if row.verdict == "not shown to differ"]
    assert same
    assert all("this test would have seen" in row.sentence for row in same)


def test_more_people_see_smaller_ratios() -> None:
    ratios = []
    for people in (60, 240):
        evidence = evidence_of(people, each=2)
        rows = build(evidence)[PowerRow]
        ratios.append(chosen(rows, metric="FMR", grouping="colour", group="red", threshold_name="FMR 0.02")[0])
    assert ratios[1].ratio_80 < ratios[0].ratio_80 <= ratios[0].ratio_90
    needed = [row.people_2 for row in ratios]
    assert 1 / 4 < needed[0] / needed[1] < 4  # what is needed does not grow with the study that says so


def test_searches_are_compared_at_their_own_thresholds() -> None:
    evidence = searched_evidence(shift=1.5)
    tables = build(evidence)
    searches = evidence.searches["m", "clean", "open"]
    colour = evidence.samples.groups["colour"]
    for metric, of, is_error in (
        ("FNIR", searches.mated, lambda at: searches.mate_score < at),
        ("FPIR", ~searches.mated, lambda at: searches.top_nonmate >= at),
    ):
        rows = chosen(tables[VersusRow], metric=metric, grouping="colour")
        assert [row.threshold_name for row in rows[::2]] == ["FMR 0.02", "FMR 0.005", "FPIR 0.1"]
        for row in rows:
            for group, side in ((row.group, ""), ("green" if row.group == "red" else "red", "rest_")):
                wrong = of & (colour == group) & is_error(row.threshold)  # by brute force
                counted = tuple(getattr(row, f"{side}{name}") for name in ("errors", "trials", "subjects"))
                assert counted == (wrong.sum(), (of & (colour == group)).sum(), (of & (colour == group)).sum() / 2)
        of_table = chosen(tables[IdentificationRow], metric=metric, grouping="colour", failures="counted")
        same = [row for row in of_table if row.rank in ("N", "") and row.threshold is not None]
        assert [(row.errors, row.trials) for row in rows] == [(row.errors, row.trials) for row in same]
        power = chosen(tables[PowerRow], metric=metric, grouping="colour", threshold_name="FPIR 0.1")
        assert all(row.n_eff <= row.trials and "would have seen" in row.sentence for row in power)
    (red,) = chosen(tables[VersusRow], metric="FPIR", group="red", grouping="colour", threshold_name="FPIR 0.1")
    assert red.verdict == "differs" and red.ratio > 2


def test_closed_searches_are_not_compared() -> None:
    evidence = searched_evidence(shift=0.0)
    open_searches = evidence.searches["m", "clean", "open"]
    closed = replace(open_searches, protocol="closed")
    rows = build(replace(evidence, searches={("m", "clean", "closed"): closed}))[VersusRow]
    assert {row.metric for row in rows} == {"FMR", "FNMR"}


def test_nobody_is_dropped_where_people_have_no_label() -> None:
    evidence = evidence_of(60)
    colour = np.where(evidence.samples.groups["size"] == "big", evidence.samples.groups["colour"], "unknown")
    samples = replace(evidence.samples, groups={**evidence.samples.groups, "colour": colour})
    assert isinstance(samples, Samples)
    rows = build(replace(evidence, samples=samples))[VersusRow]
    unlabelled = chosen(rows, grouping="colour", group="unknown")
    assert all(row.note == "left out: no label" for row in unlabelled)


def counted(group: str, errors: list[int], comparisons: list[int]) -> ErrorCounts:
    x, m = np.array(errors), np.array(comparisons)
    return ErrorCounts(
        metric="FNMR",
        model="m",
        condition="clean",
        grouping="g",
        group=group,
        threshold=0.5,
        errors=int(x.sum()),
        completed=int(m.sum()),
        failed=0,
        subjects=len(x),
        by_subject=ClusterSums(exact_dot(x, x), exact_dot(x, m), exact_dot(m, m)),
        leverage=leverage_sums(x, m),
    )


def test_where_one_makes_nearly_all_comparisons_no_difference_is_stated() -> None:
    """A man makes 400 of 500 comparisons, a fourth of them wrong; of others every fortieth is."""
    one = counted("a", [100, *[1] * 20, *[0] * 30], [400, *[2] * 50])
    rows, _ = against_rest([one, counted("b", [1, 0, 0, 0, 0] * 12, [8] * 60)])
    cells = _versus_cells(rows[0], 1, "")
    why = "fewer than 5 people, as if all took part alike: no difference is shown by these"
    assert (cells["verdict"], cells["note"]) == ("not shown to differ", why)
    assert cells["sentence"].endswith(why)
    assert rows[0].ratio is not None and rows[0].ratio > 8
