"""A group against all other groups together: the test's verdict, and what a test that shows nothing would have seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from facegap.report import views, words, worst_first
from facegap.report.marks import Rated
from facegap.report.style import Table
from facegap.report.worst_first import DIFFERS
from facegap.schema import IdentificationRow, PowerRow, RateRow, ReferenceRow, VersusRow
from facegap.store import Tables

_KEYS = ("model", "condition", "metric", "grouping", "threshold_name", "group")


def of(tables: Tables, row: Rated) -> VersusRow | None:
    """The test of the group of `row`, of the FNMR that by people; None where the run has none."""
    if not (isinstance(row, RateRow) or (isinstance(row, IdentificationRow) and _open(row))):
        return None
    found = _by_key(tables).get(_key(row), ())
    tests = [worst_first.by_people(one) if one.metric == "FNMR" else one for one in found]
    return next((one for one in tests if one.verdict), None)


def _open(row: IdentificationRow) -> bool:
    """Whether `row` is of those searches that are tested: open ones, by the threshold alone."""
    return row.protocol == "open" and row.rank in ("", "N")


def power_of(tables: Tables, row: VersusRow) -> PowerRow | None:
    """What that test could have seen."""
    found = views.select(tables[PowerRow], **{key: getattr(row, key) for key in _KEYS})
    return next((one for one in found if one.sentence), None)


def would_have_seen(tables: Tables, row: VersusRow) -> str:
    """ "this test would have seen a ratio of 2.7 or more"; also where it would have seen none."""
    if withheld(row):
        return row.note
    power = power_of(tables, row)
    if power is None:
        return "what this test could have seen is not known"
    return seen(visible(power, row))


def visible(power: PowerRow, row: VersusRow) -> float | None:
    """The smallest ratio that the test of `row` would have seen with 80 % power; None where it would have seen none."""
    return power.by_people_ratio_80 if row.metric == "FNMR" and row.by_people_verdict else power.ratio_80


def withheld(row: VersusRow | ReferenceRow) -> bool:
    """Whether the test finds a difference that is not stated, for the reason in the note."""
    found = row.p_holm is not None and row.level is not None and row.p_holm < 1 - row.level
    return found and row.verdict != DIFFERS


def seen(ratio_80: float | None) -> str:
    """What a test that shows nothing would have seen with 80 % power."""
    if ratio_80 is None:
        return "this test would have seen no ratio, however large"
    return f"this test would have seen a ratio of {times(ratio_80)} or more"


def cell(tables: Tables, row: Rated) -> str:
    """The same for a cell of a table; a dash where there is no test."""
    return _verdict(tables, of(tables, row))


def ratio(row: VersusRow | ReferenceRow, whose: str = "their") -> str:
    """ "2.5 times their rate (1.40-4.5; p = 0.004 after Holm's adjustment)", or at least or at most so much."""
    p = f"p{words.SPACE}={words.SPACE}{row.p_holm:.2g}" if row.p_holm is not None else ""
    if row.ratio is not None and row.low is not None and row.high is not None:
        span = f"{times(row.low)}{words.DASH}{times(row.high)}; {p} after Holm’s adjustment"
        return f"{times(row.ratio)} times {whose} rate ({span})"
    if row.low:
        return f"at least {times(row.low)} times {whose} rate ({p} after Holm’s adjustment)"
    if row.high is not None:
        return f"at most {times(row.high)} times {whose} rate ({p} after Holm’s adjustment)"
    return f"another rate ({p} after Holm’s adjustment)"


def times(ratio: float) -> str:
    """A ratio in as many digits as a reader needs: 1.25, 3.4, 120."""
    return f"{ratio:.2f}" if ratio < 2 else f"{ratio:.1f}" if ratio < 20 else f"{ratio:,.0f}"


def power_table(tables: Tables) -> Table:
    """Every test at the operating points that the page reads at, under the baseline, with people for other ratios.

    1:1 rates at the leading ones, the vendor's own first; searches at their own, none where groups hold the same heads.
    """
    head = (
        "Model", "Metric", "At", "By", "Group", "People", "Worth so many independent comparisons",
        "Against the other groups", "People needed to see 1.5 times", "2 times", "3 times", "Tests", "Note",
    )  # fmt: skip
    rows: list[Sequence[str]] = []
    for model in views.models(tables):
        for metrics, names in _read_at(tables, model):
            wanted = {"model": model, "condition": views.baseline(tables)}
            tests = {_key(test): test for test in views.select(tables[VersusRow], **wanted)}
            for name in names:
                found = views.select(tables[PowerRow], threshold_name=name, **wanted)
                mine = [row for row in found if row.metric in metrics]
                rows += [_power_cells(tables, row, tests.get(_key(row))) for row in mine]
    return Table(head, rows)


def _read_at(tables: Tables, model: str) -> list[tuple[tuple[str, ...], list[str]]]:
    """Metrics, and the names of the operating points that the page reads them at."""
    searched = [] if views.same_heads(tables) else views.open_searches(tables, model)
    return [
        (("FMR", "FNMR"), [point.name for point in views.leading_thresholds(tables, model)]),
        (("FNIR", "FPIR"), views.once(row.threshold_name for row in searched)),
    ]


def _power_cells(tables: Tables, row: PowerRow, test: VersusRow | None) -> Sequence[str]:
    return (
        row.model, row.metric, row.threshold_name, row.grouping, row.group, words.count(row.subjects),
        words.number(row.n_eff), _verdict(tables, test), words.count(row.people_1_5), words.count(row.people_2),
        words.count(row.people_3), words.count(row.tests), words.noted(row),
    )  # fmt: skip


def _key(row: VersusRow | PowerRow | RateRow | IdentificationRow) -> tuple[str, ...]:
    return tuple(getattr(row, key) for key in _KEYS)


@views.once_per_run
def _by_key(tables: Tables) -> Mapping[tuple[str, ...], list[VersusRow]]:
    found: dict[tuple[str, ...], list[VersusRow]] = {}
    for row in tables[VersusRow]:
        found.setdefault(_key(row), []).append(row)
    return found


def _verdict(tables: Tables, test: VersusRow | None) -> str:
    if test is None or not test.verdict:
        return words.DASH
    if test.verdict == DIFFERS:
        return ratio(test)
    return f"not shown to differ; {would_have_seen(tables, test)}"
