"""A population's numbers are the run's own, weighted by its mix, and what the run has not is one clear line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facegap import store
from facegap.cards import Population, load_population
from facegap.errors import InputError
from facegap.population import applicants, write_population
from facegap.schema import AtTargetRow, GalleryRow, PopulationRow

Command = Callable[..., tuple[int, str, str]]

MIX: dict[str, Any] = {
    "kind": "population",
    "name": "mix",
    "title": "M",
    "at": "FMR 0.05",
    "groups": {"amber": 0.25, "blue": 0.75},
    "conditions": {"clean": 1.0},
    "applicants_per_day": 2000,
    "impostors": 0.01,
    "watch_list": {"size": 1000},
}


def mix(**changes: Any) -> Population:
    return Population.model_validate({**MIX, **changes}, strict=False)


def chosen(rows: tuple[PopulationRow, ...], outcome: str) -> dict[str, PopulationRow]:
    found = {row.group: row for row in rows if row.outcome == outcome}
    assert found, outcome
    return found


@pytest.fixture(scope="module")
def rows(finished: Path) -> tuple[PopulationRow, ...]:
    return applicants(finished, mix())


@pytest.mark.parametrize(
    ("outcome", "metric", "part"),
    [("turned away once", "FNMR", 1.0), ("accepted as somebody else", "FMR", 0.01)],
)
def test_rates_are_those_of_the_tables(
    finished: Path, rows: tuple[PopulationRow, ...], outcome: str, metric: str, part: float
) -> None:
    own = {
        row.group: row
        for row in store.Tables(finished)[AtTargetRow]
        if (row.metric, row.threshold_name, row.grouping) == (metric, "FMR 0.05", "group")
    }
    found = chosen(rows, outcome)
    for group, share in MIX["groups"].items():
        one = own[group]
        assert one.by_people is not None and one.by_people_low is not None and one.by_people_high is not None
        ends = (one.by_people, one.by_people_low, one.by_people_high)
        assert (found[group].per_10000, found[group].low, found[group].high) == pytest.approx([1e4 * x for x in ends])
        assert found[group].per_day == pytest.approx(2000 * share * part * one.by_people)
    everyone = sum(share * (own[group].by_people or 0) for group, share in MIX["groups"].items())
    assert found["everyone"].per_10000 == pytest.approx(1e4 * everyone)
    assert found["everyone"].share == 1
    low, value, high = (getattr(found["everyone"], end) for end in ("low", "per_10000", "high"))
    assert low < value < high


def test_more_attempts_turn_away_no_more(rows: tuple[PopulationRow, ...]) -> None:
    once, after = chosen(rows, "turned away once"), chosen(rows, "turned away after 3 attempts")
    for group in once:
        assert (after[group].per_10000 or 0) <= (once[group].per_10000 or 0)
        assert (after[group].low or 0) <= (after[group].per_10000 or 0) <= (after[group].high or 0)
        assert after[group].method.startswith("modelled")


def test_the_watch_list_is_the_gallery_model_of_the_run(finished: Path) -> None:
    """1,000 people in equal groups are among the galleries of every run."""
    asked = mix(watch_list={"size": 1000, "groups": {"amber": 0.5, "blue": 0.5}})
    found = chosen(applicants(finished, asked), "flagged by the watch list")
    rows = [row for row in store.Tables(finished)[GalleryRow] if row.group != "everyone" and row.gallery_size == 1000]
    for row in rows:
        if (row.mix, row.threshold_name) == ("groups of equal size", "FMR 0.05"):
            assert found[row.group].per_10000 == pytest.approx(1e4 * (row.fpir_model or 0))
            assert found[row.group].high == pytest.approx(1e4 * (row.fpir_model_high or 0))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"groups": {"amber": 0.5, "green": 0.5}}, "population: no group 'green' in this run; there: amber; blue"),
        ({"conditions": {"dim": 1.0}}, "population: no condition 'dim' in this run; there: clean"),
        ({"at": "vendor"}, "no operating point of tiny 'vendor' in this run"),
        ({"grouping": ("age",)}, "no grouping 'age' in this run.*there: group; group, size"),
        ({"watch_list": {"size": 5, "groups": {"red": 1.0}}}, "no group 'red' in this run"),
    ],
)
def test_what_the_run_has_not(finished: Path, changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        applicants(finished, mix(**changes))


def test_the_command_and_its_folder(finished: Path, tmp_path: Path, command: Command) -> None:
    file = tmp_path / "mix.toml"
    file.write_text(
        'kind = "population"\nname = "mix"\ntitle = "M"\nat = "FMR 0.05"\n[groups]\namber = 0.25\nblue = 0.75\n'
        "[conditions]\nclean = 1.0\n",
        encoding="utf-8",
    )
    code, out, _ = command("population", str(finished), str(file), "--results", str(tmp_path))
    assert code == 0 and "turned away after 3 attempts" in out
    (folder,) = tmp_path.glob("population-mix-*")
    assert store.sums_differences(folder) == []
    asked, _ = load_population(str(file))
    rows = applicants(finished, asked)
    assert write_population(finished, asked, file.read_text(encoding="utf-8"), rows, tmp_path) == folder
    assert len(store.read_rows(folder, PopulationRow)) == len(rows)
    assert command("population", str(finished), str(file), "--model", "x")[2].startswith(
        "facegap: population: no model 'x' in this run"
    )
