"""Groups worst first: in which grouping of people the tested difference is largest, and which groups are not tested."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from facegap.records import has_label
from facegap.report import views
from facegap.report.marks import as_people
from facegap.report.views import GroupRate
from facegap.schema import JudgedRatioRow, ThresholdRow, VersusRow
from facegap.store import Tables

DIFFERS = "differs"
NO_TEST = "the run holds no such test"
METRICS = ("FNMR", "FMR")
_LEFT_OUT = "left out: "


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One rate in the groups of one grouping, at one operating point, in one condition.

    Attributes:
        rows: groups that may be called highest or lowest, the highest rate first.
        left_out: labelled groups that may not, each with the reason.
        tests: group -> its test against all others together, where there is one.
        notes: group -> why it has no test, where the run says so.
    """

    metric: str
    grouping: str
    rows: tuple[GroupRate, ...]
    left_out: tuple[tuple[GroupRate, str], ...]
    tests: Mapping[str, VersusRow]
    notes: Mapping[str, str]

    @property
    def worst(self) -> GroupRate:
        """The group with the highest rate."""
        return self.rows[0]

    @property
    def least(self) -> GroupRate:
        """The group with the lowest rate."""
        return self.rows[-1]

    @property
    def test(self) -> VersusRow | None:
        """The one test that decides what is said of the worst group."""
        return self.tests.get(self.worst.group) if self.rows else None

    @property
    def differs(self) -> bool:
        """Whether the worst group is shown to differ from the others."""
        return self.test is not None and self.test.verdict == DIFFERS

    def others_that_differ(self) -> list[VersusRow]:
        """Tests of the groups after the worst one that differ from their others, highest rate first."""
        tests = [self.tests[row.group] for row in self.rows[1:] if row.group in self.tests]
        return [test for test in tests if test.verdict == DIFFERS]

    def why_not_tested(self, group: str) -> str:
        """The reason that the tables give, or that there is no test at all."""
        return self.notes.get(group) or NO_TEST


@views.once_per_run
def contrasts(tables: Tables, model: str, point: ThresholdRow, condition: str) -> list[Contrast]:
    """FNMR and FMR by every grouping at `point`, the largest tested difference first; failures counted.

    None by shapes of a generator, of whose differences no finding is made.
    """
    wanted = {"threshold_name": point.name, "condition": condition}
    spoken = [grouping for grouping in views.groupings(tables) if not views.of_generator(tables, grouping)]
    keys = [(metric, grouping) for metric in METRICS for grouping in spoken]
    return ranked(contrast(tables, views.rates(tables, model, m, grouping=by, **wanted)) for m, by in keys)


@views.once_per_run
def groupings(tables: Tables, model: str, metric: str, point: ThresholdRow | None = None) -> list[str]:
    """Every grouping of the study, the one with the largest tested difference of `metric` first, in any condition.

    At `point`, or at the one that leads the findings; groupings without a rate last, in the study's order.
    """
    leading = views.leading_thresholds(tables, model)
    at = point if point is not None else next(iter(leading), None)
    found: list[Contrast] = []
    if at is not None:
        every = [contrasts(tables, model, at, condition) for condition in views.conditions(tables)]
        found = ranked(one for some in every for one in some if one.metric == metric)
    return views.once([*(one.grouping for one in found), *views.groupings(tables)])


def ranked(found: Iterable[Contrast | None]) -> list[Contrast]:
    """Those whose worst group differs from the others first, then by the ratio that was tested."""
    return sorted((one for one in found if one is not None), key=_rank)


def contrast(tables: Tables, rows: Sequence[GroupRate]) -> Contrast | None:
    """The contrast of `rows`, which are one metric's of one grouping at one point; None where no rate is known.

    Who is turned away (FNMR) is read by people, each counted once; other rates by comparisons.
    """
    if not any(row.rate is not None for row in rows):
        return None
    first = rows[0]
    at = (first.model, first.condition, first.metric, first.grouping, first.threshold_name)
    found = list(_tests(tables).get(at, ()))
    if first.metric == "FNMR":
        rows, found = [as_people(row) for row in rows], [by_people(test) for test in found]
    least = views.min_subjects(tables)
    notes = {row.group: row.note.removeprefix(_LEFT_OUT) for row in found if row.note and not row.verdict}
    entering = views.entering(rows, least)
    names = {row.group for row in entering}
    outside = [row for row in rows if row.group not in names and has_label(row.group)]
    return Contrast(
        metric=first.metric,
        grouping=first.grouping,
        rows=tuple(sorted(entering, key=views.height, reverse=True)),
        left_out=tuple((row, notes.get(row.group) or _reason(row, least)) for row in outside),
        tests={row.group: row for row in found if row.verdict},
        notes=notes,
    )


def by_people(test: VersusRow) -> VersusRow:
    """The test of the rates by people in the place of that of the rates by comparisons, where the table has it."""
    if not test.by_people_verdict:
        return test
    return replace(
        test,
        ratio=test.by_people,
        low=test.by_people_low,
        high=test.by_people_high,
        p_holm=test.by_people_p_holm,
        verdict=test.by_people_verdict,
    )


@views.once_per_run
def _tests(tables: Tables) -> Mapping[tuple[str, ...], list[VersusRow]]:
    """Model, condition, metric, grouping, threshold -> the tests of its groups."""
    found: dict[tuple[str, ...], list[VersusRow]] = {}
    for row in tables[VersusRow]:
        key = (row.model, row.condition, row.metric, row.grouping, row.threshold_name)
        found.setdefault(key, []).append(row)
    return found


def _reason(row: GroupRate, least: int) -> str:
    return row.note if row.rate is None and row.note else f"fewer than {least} people"


def _rank(one: Contrast) -> tuple[bool, bool, bool, float]:
    test = one.test
    return (len(one.rows) < 2, not one.differs, not one.others_that_differ(), -_size(test))


def _size(test: VersusRow | None) -> float:
    """The ratio; its lower end where the others had no errors; nothing without a test."""
    if test is None:
        return -math.inf
    return test.ratio if test.ratio is not None else test.low or 0.0


def more_often(test: VersusRow) -> bool:
    """Whether the group's rate lies above that of the others."""
    if test.ratio is not None:
        return test.ratio > 1
    if test.trials and test.rest_trials and test.errors is not None and test.rest_errors is not None:
        return test.errors * test.rest_trials > test.rest_errors * test.trials
    return test.ratio > 1 if test.ratio is not None else test.low is not None


def judged_sentences(rows: Sequence[JudgedRatioRow]) -> list[str]:
    """Of published counts: of each table and grouping what is said of its worst group, the largest difference first."""
    tested = [row for row in rows if row.verdict]
    keys = dict.fromkeys(
        (row.model, row.condition, row.metric, row.threshold, row.grouping, row.against) for row in tested
    )
    worst = [max((row for row in tested if _judged_key(row) == key), key=_judged_rate) for key in keys]
    worst.sort(key=lambda row: (row.verdict != DIFFERS, -(row.ratio if row.ratio is not None else row.low or 0.0)))
    # Of two groups the comparison with the reference is that with the others.
    once = {(_judged_key(row)[:-1], row.group, row.other_errors, row.other_trials): row for row in reversed(worst)}
    return [f"{_judged_where(row)}{row.sentence}" for row in reversed(once.values())]


def _judged_key(row: JudgedRatioRow) -> tuple[str, ...]:
    return row.model, row.condition, row.metric, row.threshold, row.grouping, row.against


def _judged_rate(row: JudgedRatioRow) -> float:
    return row.errors / row.trials if row.errors is not None and row.trials else 0.0


def _judged_where(row: JudgedRatioRow) -> str:
    at = f"at {row.threshold}" if row.threshold else ""
    return ", ".join(part for part in (row.model, row.condition, row.metric, at, f"by {row.grouping}") if part) + ": "
