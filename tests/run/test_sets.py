"""Whole runs on every published data set's layout with the tiny net: from the card to tables and verify."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from facegap import store
from facegap.audit import verify
from facegap.cards import card_names, load_dataset
from facegap.datasets import load
from facegap.errors import InputError
from facegap.records import Samples
from facegap.schema import CrossRow, RateRow
from sets import SETS, Set

Run = Callable[..., Path]
Place = Callable[..., Path]

ROLES = '[trials]\nreference_role = "photo"\nprobe_role = "selfie"\n'
RUNS = [(name, trapped) for name in SETS for trapped in (False, True)]
QUICK = [("lfw", True), ("london", True)]
"""The others take minutes together; a set of each other adapter is run by the tests below."""

ASKING = [name for name in card_names("datasets") if load_dataset(name).needs_acknowledgement]
NAMELESS = [name for name in SETS if not load_dataset(name).identities]


def slow(case: Any, quick: bool) -> Any:
    return case if quick else pytest.param(*case, marks=pytest.mark.slow)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Writes the net and the tree with these traps, and a study of it into the working directory."""

    def write(name: str, *traps: str, groups: str = '[["x"]]', trials: str = "", acknowledge: bool = True) -> Path:
        made = SETS.get(name)
        said = "\nacknowledge_terms = true" if acknowledge and load_dataset(name).needs_acknowledgement else ""
        text = tiny.STUDY.replace('card = "patterns"', f'card = "{name}"{said}')
        text = text.replace('groups = [["group"], ["group", "size"]]', f"groups = {groups}")
        text = text.replace("[thresholds]", f"{trials}\n[thresholds]").replace("min_subjects = 4", "min_subjects = 2")
        tiny.make_model(tmp_path / "models")
        (tmp_path / "tiny.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        root = tmp_path / "data"
        root.mkdir()
        return made.write(root, *traps) if made else root

    return write


def trials_of(made: Set) -> str:
    return f'[trials]\nprotocol = "{made.list}"\n' if made.list else ROLES if made.roles else ""


def expected(made: Set, samples: Samples) -> tuple[int, int]:
    """Mated and non-mated comparisons of the study, counted from the samples."""
    if made.list:
        return made.mated, made.nonmated
    same = samples.subjects[:, None] == samples.subjects[None, :]
    if made.roles:
        chosen = (samples.roles == "photo")[:, None] & (samples.roles == "selfie")[None, :]
    else:
        chosen = np.triu(np.ones_like(same), 1)
    return int((same & chosen).sum()), int((~same & chosen).sum())


def everyone(folder: Path, metric: str) -> int | None:
    """Comparisons of everybody at the first threshold; 0 where there is no such rate."""
    rows = [row for row in store.Tables(folder)[RateRow] if row.metric == metric and not row.grouping]
    return next((row.trials for row in rows if row.threshold_name == "FMR 0.05"), 0)


@pytest.mark.parametrize(("name", "trapped"), [slow(case, case in QUICK) for case in RUNS])
def test_a_whole_run(name: str, trapped: bool, place: Place, run_here: Run) -> None:
    made = SETS[name]
    root = place(name, *(made.traps if trapped else ()), groups=made.groups, trials=trials_of(made))
    folder = run_here()
    loaded = load(load_dataset(name), root)
    if not (trapped and made.list):
        copies = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["samples"]["left out as copies"]
        mated, nonmated = expected(made, loaded.samples)
        assert everyone(folder, "FNMR") == mated
        assert everyone(folder, "FMR") == nonmated - copies * (len(loaded.samples) - 1)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["samples"]["refused"] == (made.refused.total() if trapped else 0)
    assert manifest["samples"]["samples"] == len(loaded.samples)
    assert verify(folder, root=root) == []


def test_rfw_has_no_impostors_across_races_and_says_so(place: Place, run_here: Run) -> None:
    made = SETS["rfw"]
    place("rfw", "twelve people under two races", groups=made.groups, trials=trials_of(made))
    folder = run_here()
    across = [row for row in store.Tables(folder)[CrossRow] if row.reference_group != row.probe_group]
    assert not any(row.trials for row in across)
    found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["findings"]
    said = {one["rule"]: one["message"] for one in found}
    assert said["within-groups"].startswith(
        "20 non-mated pairs are all that the list has by one of the labels, and all"
    )
    assert said["contradiction"] == "24 samples of people who have two labels"


@pytest.mark.parametrize(("name",), [slow((name,), name == "ppb") for name in NAMELESS])
def test_sets_without_identities_serve_failures_and_impostors_alone(name: str, place: Place, run_here: Run) -> None:
    place(name, groups=SETS[name].groups)
    folder = run_here()
    rows = store.Tables(folder)[RateRow]
    assert {row.metric for row in rows if row.trials} == {"FTA", "FTE", "FMR"}
    banners = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["banners"]
    assert any("only failures to acquire and non-mated comparisons are measured" in line for line in banners)
    bars = load_dataset(name).bars
    assert not bars or any(f"and its terms bar {', '.join(bars)}. " in line for line in banners)


@pytest.mark.parametrize("name", ASKING)
def test_a_study_says_that_it_knows_the_terms(name: str, place: Place, run_here: Run) -> None:
    place(name, acknowledge=False)
    card = load_dataset(name)
    with pytest.raises(InputError) as caught:
        run_here()
    line = str(caught.value)
    assert f"tiny.toml: dataset '{name}' is {card.status}" in line and card.terms in line
    assert all(use in line for use in card.bars)
    assert line.endswith("read these terms and set dataset.acknowledge_terms = true")
