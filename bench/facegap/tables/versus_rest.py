"""What each comparison of a group with the others could have seen, and what it saw.

FMR and FNMR at every threshold, and of the open searches FNIR (threshold only) and FPIR at every operating point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from facegap.estimate.differentials import LeftOut
from facegap.estimate.interval import effective_sample
from facegap.estimate.leverage import FEWEST_ALIKE, too_few
from facegap.estimate.people import people_for_mated, people_for_nonmated
from facegap.estimate.power import trials_to_see, visible_ratio
from facegap.estimate.versus_rest import AgainstRest, Ratio, against_rest
from facegap.records import ErrorCounts
from facegap.schema import PowerRow, VersusRow
from facegap.tables.doubts import doubt
from facegap.tables.shared_cells import caution_against, key_cells
from facegap.tables.workbench import Workbench, search_counts

DIFFERS, NOT_SHOWN = "differs", "not shown to differ"
RATIOS = {"people_1_5": 1.5, "people_2": 2.0, "people_3": 3.0}


def power_rows(bench: Workbench) -> Iterator[PowerRow]:
    """For every group: the smallest ratio to the others that its test sees, and the people that others would take."""
    for key, rows, left_out in _comparisons(bench):
        for row in rows:
            yield PowerRow(**key, **_power_cells(row, tests_in(rows)), caution=_caution(bench, row))
        for group, reason in left_out:
            yield PowerRow(**key, group=group, note=f"left out: {reason}")


def rows(bench: Workbench) -> Iterator[VersusRow]:
    """Every group against the others together: ratio, interval, p-value by Holm, and the verdict in words."""
    for key, rows, left_out in _comparisons(bench):
        groups = [row.counts.group for row in rows]
        for row in rows:
            mine = row.counts.group
            why = doubt(bench, key, (row.counts, row.rest), ([mine], [name for name in groups if name != mine]))
            yield VersusRow(**key, **_versus_cells(row, tests_in(rows), why), caution=_caution(bench, row))
        for group, reason in left_out:
            yield VersusRow(**key, group=group, note=f"left out: {reason}")


def _caution(bench: Workbench, row: AgainstRest) -> str:
    """The cautions of the group and of the others together."""
    return caution_against(bench, row.counts, [row.rest])


def _comparisons(bench: Workbench) -> Iterator[tuple[dict[str, Any], tuple[AgainstRest, ...], LeftOut]]:
    """Which rates are compared, every group against the others, and the groups left out; failures counted."""
    yield from bench.once(("against the others",), lambda: tuple(_compared(bench)))


def _compared(bench: Workbench) -> Iterator[tuple[dict[str, Any], tuple[AgainstRest, ...], LeftOut]]:
    rule = bench.evidence.study.statistics
    for key, counts in compared_rates(bench):
        # A rest with a group that is hidden along would give the small one away that it is hidden for.
        along = bench.hidden_of(key["grouping"]).along
        rows, left_out = against_rest([c for c in counts if c.group not in along], rule.min_subjects, rule.level)
        yield key, one_test(rows), (*left_out, *((group, "not shown") for group in sorted(along)))


def compared_rates(bench: Workbench) -> Iterator[tuple[dict[str, Any], tuple[ErrorCounts, ...]]]:
    """Which rates groups are compared by, 1:1 and of the open searches, with the groups' counts; failures counted."""
    yield from _one_to_one(bench)
    yield from _one_to_many(bench)


def _one_to_one(bench: Workbench) -> Iterator[tuple[dict[str, Any], tuple[ErrorCounts, ...]]]:
    for found in bench.group_counts:
        for metric, counts in found.by_metric.items() if found.columns else ():
            yield key_cells(found, metric), counts


def _one_to_many(bench: Workbench) -> Iterator[tuple[dict[str, Any], tuple[ErrorCounts, ...]]]:
    evidence = bench.evidence
    for searches in evidence.searches.values():
        if searches.protocol == "closed":
            continue
        for columns in evidence.study.groups:
            for point in bench.operating_points(searches):
                for metric, counts in search_counts(evidence, searches, columns, point.value).items():
                    yield (
                        {
                            "model": searches.model,
                            "condition": searches.condition,
                            "metric": metric,
                            "grouping": ", ".join(columns),
                            "threshold_name": point.name,
                            "threshold": point.value,
                        },
                        counts,
                    )


def tests_in(rows: tuple[AgainstRest, ...]) -> int:
    """Different tests: with two groups, each against the other is one."""
    return 1 if len(rows) == 2 else len(rows)


def one_test(rows: tuple[AgainstRest, ...]) -> tuple[AgainstRest, ...]:
    """Two groups need no adjustment: their two tests are the same."""
    return (
        tuple(replace(row, p_holm=row.p, by_people=_alone(row.by_people)) for row in rows) if len(rows) == 2 else rows
    )


def _alone(found: Ratio | None) -> Ratio | None:
    return None if found is None else replace(found, p_holm=found.p)


def sizes(row: AgainstRest) -> tuple[float, float]:
    """Effective comparisons of the group and of the others, as many as their comparison counts.

    Without false matches the counts do not show how much comparisons share; the others' design effect then stands in.
    """
    group, rest = (row.share * effective_sample(side, row.level) for side in (row.counts, row.rest))
    if row.counts.by_pair is not None and row.counts.errors == 0:
        group = min(group, row.counts.trials * rest / row.rest.trials)
    return group, rest


def smallest_visible(row: AgainstRest, tests: int, power: float) -> float | None:
    """The smallest ratio to the others that the test sees with `power`, adjusted over `tests` as Holm's first step."""
    group, rest = sizes(row)
    rest_rate = row.rest.errors / row.rest.trials
    return visible_ratio(rest_rate, group, rest, power, (1 - row.level) / tests) if row.rest.errors else None


def _visible_by_people(row: AgainstRest, tests: int) -> float | None:
    """`smallest_visible` at 80 % power, of the rates by people."""
    people, rest = row.counts.people, row.rest.people
    if people is None or rest is None or not rest.errors:
        return None
    share = row.by_people.share if row.by_people is not None else 1.0
    group, others = (share * effective_sample(side, row.level) for side in (people, rest))
    return visible_ratio(rest.errors / rest.trials, group, others, 0.8, (1 - row.level) / tests)


def _power_cells(row: AgainstRest, tests: int) -> dict[str, Any]:
    group, rest = sizes(row)
    counts, rest_rate = row.counts, row.rest.errors / row.rest.trials
    seen = {power: smallest_visible(row, tests, power) for power in (0.8, 0.9)}
    needed = {
        name: people_needed(counts, group, rest_rate, ratio, (1 - row.level) / tests) for name, ratio in RATIOS.items()
    }
    return {
        "group": counts.group,
        "subjects": counts.subjects,
        "trials": counts.trials,
        "n_eff": group,
        "design_effect": counts.trials / group,
        "rest_rate": rest_rate,
        "rest_n_eff": rest,
        "tests": tests,
        "ratio_80": seen[0.8],
        "ratio_90": seen[0.9],
        "by_people_ratio_80": _visible_by_people(row, tests),
        **needed,
        "sentence": power_sentence(counts.subjects, seen[0.8], seen[0.9]),
        "note": "" if row.rest.errors else "the others had no errors: no ratio to them can be planned for",
    }


def people_needed(counts: ErrorCounts, n_eff: float, rate: float, ratio: float, alpha: float) -> int | None:
    """People in each of two groups of this kind who show `ratio` to `rate` with 80 % power; None where none would."""
    if rate <= 0:
        return None
    trials = trials_to_see(rate, ratio, 0.8, alpha)
    if counts.by_pair is None:
        return people_for_mated(trials, n_eff, counts.subjects)
    return people_for_nonmated(trials, counts.trials, counts.trials / n_eff, counts.subjects)


def power_sentence(people: int, at_80: float | None, at_90: float | None) -> str:
    """What the test could have seen, in words that stand beside a null result."""
    if at_80 is None:
        return f"with {people} people this test would have seen no ratio, however large, with 80 % power"
    more = f" ({ratio_text(at_90)} with 90 %)" if at_90 is not None else ""
    return (
        f"with {people} people this test would have seen a ratio of {ratio_text(at_80)} or more with 80 % power{more}"
    )


def ratio_text(ratio: float) -> str:
    """Two digits after the point below 2, one below 20, none above."""
    return f"{ratio:.2f}" if ratio < 2 else f"{ratio:.1f}" if ratio < 20 else f"{ratio:.0f}"


def _versus_cells(row: AgainstRest, tests: int, why: str) -> dict[str, Any]:
    """`why` no difference is stated; empty where one may be."""
    found = row.p_holm < 1 - row.level
    said = not_tested(row) or (why if found else "")
    differs = found and not said
    return {
        "group": row.counts.group,
        "errors": row.counts.errors,
        "trials": row.counts.trials,
        "subjects": row.counts.subjects,
        "rest_errors": row.rest.errors,
        "rest_trials": row.rest.trials,
        "rest_subjects": row.rest.subjects,
        "ratio": row.ratio,
        "low": row.low,
        "high": row.high,
        **_by_people(row.by_people, row.level, why),
        "level": row.level,
        "p": row.p,
        "p_holm": row.p_holm,
        "verdict": DIFFERS if differs else NOT_SHOWN,
        "sentence": _versus_sentence(row, tests, differs, said),
        "note": "; ".join(part for part in (_no_ratio(row), said) if part),
    }


def _no_ratio(row: AgainstRest) -> str:
    return "" if row.ratio is not None else "no ratio: one side has no errors; the bounds say at least or at most"


def not_tested(row: AgainstRest) -> str:
    """Why nothing is tested by comparisons; empty where it is."""
    few = too_few(row.counts) or too_few(row.rest)
    return (
        f"fewer than {FEWEST_ALIKE} people, as if all took part alike: no difference is shown by these" if few else ""
    )


def _by_people(found: Ratio | None, level: float, why: str) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "by_people": found.value,
        "by_people_low": found.low,
        "by_people_high": found.high,
        "by_people_p_holm": found.p_holm,
        "by_people_verdict": DIFFERS if found.p_holm < 1 - level and not why else NOT_SHOWN,
    }


def _versus_sentence(row: AgainstRest, tests: int, differs: bool, why: str) -> str:
    counts, rest = row.counts, row.rest
    seen = f"{counts.errors} of {counts.trials} against {rest.errors} of {rest.trials} in the other groups"
    if differs:
        ratio = f"{ratio_text(row.ratio)} times the others' rate" if row.ratio is not None else "another rate"
        return f"{counts.group}: {ratio} ({seen}; p = {row.p_holm:.2g} after Holm's adjustment)"
    if why:
        return f"{counts.group}: not shown to differ ({seen}); {why}"
    at_80, at_90 = (smallest_visible(row, tests, power) for power in (0.8, 0.9))
    return f"{counts.group}: not shown to differ ({seen}); {power_sentence(counts.subjects, at_80, at_90)}"
