"""Titles of figures: every grouping of the study is drawn, the worst first, and no title says what its rows do not."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facegap import store
from facegap.report import (
    at_target,
    cross_fmr,
    det,
    differentials,
    page,
    paired,
    policies,
    rates,
    transactions,
    views,
    words,
    worst_first,
)
from facegap.schema import (
    AtTargetRow,
    CrossRow,
    DifferentialRow,
    IdentificationRow,
    PairedRow,
    PolicyRow,
    RateRow,
    Row,
    TransactionRow,
    VersusRow,
)
from facegap.store import Tables
from invented_run import GROUPING, Plan, wilson, write_run

Counts = list[int]
PLAN = Plan(conditions=("clean", "phone"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("titles") / "run", PLAN)


@pytest.fixture(scope="module")
def tables(folder: Path) -> Tables:
    return store.read_tables(folder)


class Changed(Tables):
    """Tables of which some are others."""

    def __init__(self, tables: Tables, others: dict[type[Row], list[Any]]) -> None:
        self.folder, self.manifest, self._read = tables.folder, tables.manifest, {**tables._read, **others}


def with_errors(tables: Tables, errors: Counts, trials: int) -> Tables:
    """The tables with these errors of so many trials, one after the other, in every row that has a rate."""
    turn = itertools.cycle(errors)

    def changed(row: Any) -> Any:
        if not row.trials:
            return row
        of = min(next(turn), trials)
        low, high = wilson(of, trials)
        return replace(row, errors=of, trials=trials, rate=of / trials, low=low, high=high)

    classes: tuple[type[Row], ...] = (RateRow, CrossRow, IdentificationRow, TransactionRow)
    return Changed(tables, {row_class: [changed(row) for row in tables[row_class]] for row_class in classes})


def titles(tables: Tables) -> list[str]:
    """Titles of every figure that names groups, without drawing any."""
    model = "resnet"
    order = worst_first.groupings(tables, model, "FNMR")
    found = []
    for point in views.leading_thresholds(tables, model):
        for metric in ("FNMR", "FTA"):
            name = point.name if metric == "FNMR" else None
            panel = rates.Panel(
                metric=metric, heading="", how="", series=rates._by_condition(tables, model, metric, order, name)
            )
            found.append(rates._turned_away_words(tables, model, panel, order, point)[0])
    points = views.thresholds(tables, model)
    found.append(rates._spread_words(tables, model, "clean", points)[0])
    searched = views.open_searches(tables, model)
    found.append(rates._search_words(tables, searched, searched[0].threshold_name)[0])
    for by in order:
        groups = views.once(row.group for row in det.curves(tables, model, "clean", by))
        marks = {one.name: det._operating_points(tables, one, "clean", by, groups) for one in points}
        found.append(det._det_words(tables, model, "clean", by, marks)[0])
        found.append(det._calibration_title(tables, model, "clean", by, groups))
        found.append(det._distributions_title(tables, model, "clean", by))
        for one in points:
            if cells := cross_fmr.cells(tables, model, one, by):
                found.append(cross_fmr._in_words(tables, cells, one)[0])
    refused = [row for row in tables[TransactionRow] if row.condition == "phone" and row.stage == "turned away"]
    found.append(transactions._words(model, "phone", refused)[0])
    found.append(paired._words(model, paired._rows(tables, model))[0])
    return found


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(errors=st.lists(st.integers(0, 3), min_size=1, max_size=12), trials=st.sampled_from([5, 40, 600]))
def test_no_title_calls_a_group_highest_that_is_not(tables: Tables, errors: Counts, trials: int) -> None:
    for title in titles(with_errors(tables, errors, trials)):
        assert "None" not in title and "nan" not in title
        most, highest, least = title.partition("least often")
        if "most often" in title or "FMR is highest" in title or "most of all groups" in title:
            assert len(set(errors)) > 1, title
            worst = re.split("the same group|after one attempt", most)[0]
            assert not re.search(r"\b0 of|\b0 seen", worst), title
        if highest:
            *_, rate = re.findall(r"[\d.,]+(?:\s?%)? \([^)]*\)", most)
            assert rate not in least, title


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (
            [0],
            [
                "no one turned away at the vendor’s own threshold in any group; largest upper bound",
                "no false match seen in any of",
            ],
        ),
        (
            [2],
            [
                "turned away at the vendor’s own threshold equally often in every group",
                "FMR is the same in each of",
                "in every group",
            ],
        ),
    ],
)
def test_equal_rates_are_said_to_be_equal(tables: Tables, errors: Counts, expected: list[str]) -> None:
    said = titles(with_errors(tables, errors, 40))
    for part in expected:
        assert any(part in title for title in said), part


def test_conditions_are_contrasted_in_the_same_group(tables: Tables) -> None:
    order = worst_first.groupings(tables, "resnet", "FNMR")
    for point in views.leading_thresholds(tables, "resnet"):
        series = rates._by_condition(tables, "resnet", "FNMR", order, point.name)
        panel = rates.Panel(metric="FNMR", heading="", how="", series=series)
        title = rates._turned_away_words(tables, "resnet", panel, order, point)[0]
        found = re.search(
            rf"most often at {words.point(point.name)}, by ([^:]*): ([\w, ]+) under phone, .*; the same group under",
            title,
        )
        assert found is not None, title
        assert found[2] in {row.group for row in tables[RateRow] if row.grouping == found[1]}
        assert "differs from the others" in title or "not shown to differ" in title or "not tested" in title


def versus_of(tables: Tables, worst: str) -> list[VersusRow]:
    """A test of every group: those of `worst` differ from the others by far, no others do."""
    found = []
    for row in tables[RateRow]:
        if row.metric in worst_first.METRICS and row.failures == "counted" and row.grouping:
            differs = row.grouping == worst
            ratio = 9.0 if differs else 1.1
            keys = ("model", "condition", "metric", "grouping", "threshold_name", "threshold", "group")
            found.append(
                VersusRow(
                    **{key: getattr(row, key) for key in keys},
                    ratio=ratio,
                    low=ratio / 2,
                    high=ratio * 2,
                    verdict="differs" if differs else "not shown to differ",
                )
            )
    return found


@pytest.mark.parametrize("worst", [GROUPING, "gender"])
def test_every_grouping_is_drawn_and_the_worst_one_is_open(tmp_path: Path, worst: str) -> None:
    run = write_run(tmp_path / "run", Plan(identification=False))
    store.write_rows(run, VersusRow, versus_of(store.read_tables(run), worst))
    cells = store.read_rows(run, CrossRow)
    other = {"East, female": "female", "East, male": "male"}
    more = [
        replace(row, grouping="gender", reference_group=other[row.reference_group], probe_group=other[row.probe_group])
        for row in cells
        if row.reference_group in other and row.probe_group in other
    ]
    store.write_rows(run, CrossRow, [*cells, *more])
    tables = store.read_tables(run)
    assert worst_first.groupings(tables, "resnet", "FNMR")[0] == worst
    figures = page.pictures(tables)
    for section in ("det", "curves", "scores"):
        shown = [one for one in figures[section] if not one.folded]
        assert [f"groups by {worst}." in one.caption for one in shown] == [True]
        assert {by for by in (GROUPING, "gender") for one in figures[section] if f"by {by}." in one.caption} == {
            GROUPING,
            "gender",
        }
    (matrix,) = [one for one in figures["impostors"] if one.name.startswith("cross-fmr")]
    assert f"Groups by {worst}." in matrix.caption
    assert len(figures["matrices"]) == 2 * len(views.thresholds(tables, "resnet")) - 1
    assert all(one.folded for one in figures["matrices"])
    (one,) = figures["turned-away"]
    assert len(one.parts) == 2 and not one.folded
    for at in ("the vendor’s own threshold", "FMR 0.0001"):
        lines = [row[2] for row in one.table.rows if at in row[1]]
        groupings = views.once(line.split(":")[0] for line in lines if ":" in line)
        assert groupings == [worst, *({GROUPING, "gender"} - {worst})]
    every = {one.name for some in figures.values() for one in some}
    assert len(every) == sum(len(some) for some in figures.values())


def test_conditions_show_every_grouping_the_hardest_hit_first(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", PLAN)
    rows = store.read_rows(run, PairedRow)
    of_group = [row for row in rows if row.group == "East, male"]
    assert of_group
    more = [replace(row, grouping="gender", group="male", against_others=0.5, change=0.6) for row in of_group]
    store.write_rows(run, PairedRow, [*rows, *more])
    picture = paired.changes(store.read_tables(run), "resnet")
    assert picture is not None
    groups = [row[1] for row in picture.table.rows]
    assert groups.index("male") < groups.index("East, male")
    assert "turns male away more than the others" in picture.title and "turns male away more" in picture.says[0]


def test_the_page_reads_at_the_vendor_s_own_threshold_first(tables: Tables) -> None:
    (line,) = page._read_at(tables)
    assert line.startswith("resnet: the vendor’s own threshold, score ≥ 0.4; then FMR 0.0001, score ≥ ")
    only = [row for row in tables[RateRow] if row.threshold_name != views.VENDOR]
    assert page._read_at(Changed(tables, {RateRow: only}))[0].startswith("resnet: FMR 0.0001, ")


def test_a_policy_that_changes_nothing_for_a_group_says_so(tables: Tables) -> None:
    def with_fmr(row: PolicyRow, matches: int) -> PolicyRow:
        return replace(row, fmr=matches / 1000, false_matches=matches, fmr_low=0.0, fmr_high=0.1)

    rows = [row for row in tables[PolicyRow] if row.policy in ("pooled", "worst group")]
    kept_out = [with_fmr(row, 1 if row.policy == "worst group" and row.group != "East, female" else 20) for row in rows]
    title, _ = policies._words(tables, "resnet", kept_out)
    assert "impostors in East, female" not in title and "instead of 200" in title, title
    title, _ = policies._words(tables, "resnet", [with_fmr(row, 20) for row in rows])
    assert re.search(r"lets 200 \([^)]*\) through, as before", title), title


def test_the_change_under_a_condition_is_a_sentence(tables: Tables) -> None:
    rows = [replace(row, verdict="") for row in paired._rows(tables, "resnet")]
    title, _ = paired._words("resnet", rows)
    assert re.search(r"under phone the share turned away (of everyone|in [\w, ]+) changes by [+−]\d", title), title
    assert "groups are not tested against each other" in title


def test_words_of_titles_and_tables_where_groups_are_alike(tables: Tables) -> None:
    none = titles(with_errors(tables, [0], 40))
    assert any("no false match in any group, largest upper bound" in title for title in none)
    alike = [replace(row, worst="East, male", best="East, male") for row in tables[DifferentialRow]]
    for _, table in differentials.measure_tables(tables):
        assert any("East, female" in row for row in table.rows)
    for _, table in differentials.measure_tables(Changed(tables, {DifferentialRow: alike})):
        assert not any("East, male" in row for row in table.rows)


def test_a_title_says_at_which_threshold_in_words(tables: Tables) -> None:
    said = titles(tables)
    assert any("impostors’ scores reach the threshold of FMR 0.0001, by region, gender, most often" in t for t in said)
    assert any("at the vendor’s own threshold, by region, gender, FMR is highest" in title for title in said)
    assert not any("at vendor" in title or "of vendor" in title for title in said)


def test_tables_of_searches_and_of_targets_speak_of_every_grouping(tables: Tables) -> None:
    rows = tables[AtTargetRow]
    more = [replace(row, grouping="gender", group="male") for row in rows if row.group == "East, male"]
    every = Changed(tables, {AtTargetRow: [*rows, *more]})
    for table in (page._search_table(tables), at_target.at_target_table(every)):
        by = list(table.head).index("By")
        assert {row[by] for row in table.rows} == {"everyone", GROUPING, "gender"}


def test_titles_on_false_matches_name_no_shape_of_a_generator(tables: Tables) -> None:
    """What tells them apart comes from the generator: the table has the numbers, no title ranks the groups."""
    groups = {name: {**card, "generated_shape": True} for name, card in tables.manifest.dataset["groups"].items()}
    made = Changed(tables, {})
    made.manifest = replace(tables.manifest, dataset={**tables.manifest.dataset, "groups": groups})
    model, by = "resnet", views.groupings(tables)[0]
    point, points = views.leading_thresholds(made, model)[0], views.thresholds(made, model)
    cells = cross_fmr.cells(made, model, point, by)
    searched = views.open_searches(made, model)
    names = views.once(row.group for row in made[RateRow] if row.grouping == by)
    found = [
        rates._spread_words(made, model, "clean", points)[0],
        rates._search_words(made, searched, searched[0].threshold_name)[0],
        det._calibration_title(made, model, "clean", by, names),
        det._distributions_title(made, model, "clean", by),
        cross_fmr._in_words(made, cells, point)[0],
        cross_fmr._short(made, cells, point),
    ]
    for title in found:
        assert not [name for name in names if re.search(rf"\b{re.escape(name)}\b", title)], title
