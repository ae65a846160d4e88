"""A plan counts what the run then counts, and its sample sizes are the published formula's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from facegap import store
from facegap.cards import load_dataset
from facegap.compare.pairs import mated_pairs
from facegap.errors import InputError
from facegap.planning import plan_study
from facegap.planning.cluster import Job, cluster_cost
from facegap.planning.groups import _groups
from facegap.planning.size import mated_trials
from facegap.records import RuledTrials
from made import make_samples


def in_place(place: Path, *words: str) -> dict:
    code, out, error = tiny.facegap(place, "plan", *words, "--json")
    assert code == 0, error
    return json.loads(out)


def test_a_plan_counts_what_the_run_counts(finished: Path) -> None:
    found = in_place(finished.parents[1], "tiny.toml")
    rates = store.read_table(finished / "tables" / "rates.csv")
    searches = store.read_table(finished / "tables" / "identification.csv")
    for group in found["groups"]:
        here = [r for r in rates if (r["grouping"], r["group"]) == (group["grouping"], group["group"])]
        here = [r for r in here if r["failures"] == "counted"]
        for metric, count in (("FMR", "nonmated"), ("FNMR", "mated"), ("FTA", "samples")):
            assert {int(r["trials"]) for r in here if r["metric"] == metric} == {group[count]}
        assert {int(r["subjects"]) for r in here if r["metric"] == "FTA"} == {group["people"]}
        searched = [r for r in searches if r["failures"] == "counted"]
        searched = [r for r in searched if (r["grouping"], r["group"]) == (group["grouping"], group["group"])]
        fnir = {int(r["trials"]) for r in searched if (r["metric"], r["protocol"]) == ("FNIR", "closed")}
        assert fnir == {group["searches"]["closed"]}
    assert found["comparisons"] == found["samples"] * (found["samples"] - 1) // 2


def test_a_pilot_gives_its_design_effects(finished: Path) -> None:
    found = in_place(finished.parents[1], "tiny.toml", "--pilot", str(finished))
    assert found["assumed"]["nonmated"] >= 1
    assert found["assumed"]["source"] == f"measured in pilot {finished.name}"
    stated = in_place(finished.parents[1], "tiny.toml", "--pilot", str(finished), "--design-effect", "2")
    assert stated["assumed"]["nonmated"] == 2
    assert stated["assumed"]["fnmr"] == found["assumed"]["fnmr"]


def test_sizes_are_the_published_ones_and_nothing_is_rendered(cache_folder: Path) -> None:
    plan = plan_study("synthetic-population")
    by_name = {(group.grouping, group.group): group for group in plan.groups}
    female = {seen.metric: seen for seen in by_name["sex", "female"].seen}
    # R12 of tests/reference: FNMR 2 %, ratio 2 and 1.5, two-sided 5 %, 80 % power; one comparison a person.
    assert (female["FNMR"].people_2, female["FNMR"].people_1_5) == (1141, 3826)
    assert by_name["", "everyone"].people == 600
    assert not (cache_folder / "synthetic").exists()


def test_rendering_is_in_the_time(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "configs" / "quickstart.toml").read_text(encoding="utf-8")
    times = []
    for oversample in (1, 3):
        study = tmp_path / f"times-{oversample}.toml"
        lines = [line for line in text.splitlines() if not line.startswith("oversample")]
        place = lines.index("[dataset.synthetic]") + 1
        study.write_text("\n".join([*lines[:place], f"oversample = {oversample}", *lines[place:]]), encoding="utf-8")
        plan = plan_study(str(study))
        times.append(plan.seconds * plan.cores / plan.samples)
    assert times[1] - times[0] == pytest.approx(0.05 * (9 - 1), rel=0.01)


def test_larger_design_effects_see_less() -> None:
    few, many = (plan_study("quickstart", design_effect=effect) for effect in (1, 8))
    for a, b in zip(few.groups, many.groups, strict=True):
        for one, other in zip(a.seen, b.seen, strict=True):
            if one.metric.startswith("FMR"):
                assert one.ratio_80 < other.ratio_80
                assert one.people_2 < other.people_2


@pytest.mark.parametrize(("option", "value"), [("design_effect", 0.5), ("fnmr", 1.0)])
def test_what_cannot_be_assumed_is_one_line(option: str, value: float) -> None:
    stated: dict[str, Any] = {option: value}
    with pytest.raises(InputError, match=f"--{option.replace('_', '-')}: expected"):
        plan_study("quickstart", **stated)


def test_lines_for_people(finished: Path) -> None:
    code, out, _ = tiny.facegap(finished.parents[1], "plan", "tiny.toml")
    assert code == 0
    assert "smallest ratio to the other groups that this study would see" in out
    assert "people: in each of two groups of this kind, 80 % power" in out


@pytest.mark.parametrize("symmetric", [True, False])
def test_mated_comparisons_are_counted_as_they_are_listed(symmetric: bool) -> None:
    rng = np.random.default_rng(2)
    samples = make_samples([f"p{k}" for k in rng.integers(0, 9, 60)], {})
    rows = np.sort(rng.choice(60, 40, replace=False))
    ruled = RuledTrials(rows, rows if symmetric else np.arange(20, 60), symmetric=symmetric)
    _, probe = mated_pairs(samples, ruled)
    assert len(probe) and mated_trials(samples, ruled).tolist() == np.bincount(probe, minlength=60).tolist()


def test_groups_stand_in_the_order_of_the_card() -> None:
    """Case 12: by the alphabet 10-19 comes before 3-9."""
    samples = make_samples(["a", "b", "c"], {"age": ["10-19", "3-9", "0-2"]})
    names, group = _groups(samples, load_dataset("fairface"), ("age",))
    assert names == ["0-2", "3-9", "10-19"] and group.tolist() == [2, 1, 0]


def test_a_plan_says_what_the_comparisons_take_on_a_cluster(finished: Path) -> None:
    place = finished.parents[1]
    code, out, _ = tiny.facegap(place, "plan", "tiny.toml", "--engine", "dask", "--workers", "8")
    assert code == 0
    (line,) = [line for line in out.splitlines() if line.startswith("comparisons on a cluster: ")]
    assert "on 8 workers, " in line and " of memory a worker, " in line and line.endswith(" moved")
    assert in_place(place, "tiny.toml")["cluster"] is None
    for words in (("--engine", "spark"), ("--workers", "3")):
        code, _, error = tiny.facegap(place, "plan", "tiny.toml", *words)
        assert code == 2 and 'expected "dask"' in error


def test_the_cost_on_a_cluster_follows_from_its_parts() -> None:
    """1e12 comparisons of 512 components: 5.7 core-hours at 25e9 multiplications a second."""
    job = Job(passes=1, comparisons=1e12, templates=1_414_214, dim=512, tables=1, kept=0)
    one, two, many = (cluster_cost(job, workers) for workers in (1, 2, 1000))
    assert one.tasks == 20_480 and one.bound == "products" and many.bound != "products"
    assert 20_480 < one.seconds < 20_480 + 120 and one.seconds / 2 < two.seconds < 0.6 * one.seconds
    templates = 1_414_214 * (4 * 512 + 28)
    assert templates < one.bytes_a_worker - 3e8 < 2.1 * templates
    assert many.bytes_moved > 1000 * templates
    doubled = cluster_cost(replace(job, passes=2), 2)
    assert doubled.seconds == 2 * two.seconds and doubled.bytes_a_worker == two.bytes_a_worker
