"""BFW by its table of comparisons: its shipped scores are a run without a single image."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny
from facegap import store
from facegap.audit import verify
from facegap.cards import load_dataset
from facegap.datasets import check, load
from facegap.errors import InputError
from sets import SETS

Run = Callable[..., Path]
TABLE = "bfw-v0.1.5-datatable.csv"
STUDY = f"""\
name = "bfw"
title = "BFW's own scores"
groups = [["ethnicity", "gender"], ["gender"]]

[dataset]
card = "bfw-scores"
root = "data"
acknowledge_terms = true

[[models]]
card = "bfw-vgg16"
scores = ["data/{TABLE}"]

[[models]]
card = "bfw-senet50"
scores = ["data/{TABLE}"]

[trials]
protocol = "datatable"

[thresholds]
fmr = [0.1]

[statistics]
min_subjects = 2
suppress_below = 0
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory that holds the table alone, and a study of it."""
    SETS["bfw-scores"].write(tmp_path / "whole")
    (tmp_path / "data").mkdir()
    shutil.copy(tmp_path / "whole" / TABLE, tmp_path / "data" / TABLE)
    (tmp_path / "bfw.toml").write_text(STUDY, encoding="utf-8")
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_shipped_scores_are_a_run_without_images(here: Path, run_here: Run) -> None:
    run = run_here("bfw.toml")
    assert verify(run) == []
    lines = [line.split(",") for line in (here / "data" / TABLE).read_text(encoding="utf-8").splitlines()]
    columns = {name: [row[k] for row in lines[1:]] for k, name in enumerate(lines[0])}
    score = np.array(columns["senet50"], dtype=np.float32)
    mated = np.array(columns["label"]) == "1"
    female = np.array(columns["g1"]) == "F"
    rates = {
        (row["metric"], row["group"]): row
        for row in store.read_table(run / "tables" / "rates.csv")
        if row["model"] == "bfw-senet50" and row["failures"] == "counted" and row["threshold_name"] == "FMR 0.1"
    }
    at = float(rates["FNMR", "female"]["threshold"])
    assert int(rates["FMR", "everyone"]["errors"]) == int((score[~mated] >= at).sum()) <= 4
    assert int(rates["FMR", "everyone"]["trials"]) == 48
    assert int(rates["FNMR", "female"]["errors"]) == int((score[mated & female] < at).sum())
    assert int(rates["FNMR", "female"]["trials"]) == 8


def test_its_samples_are_those_of_its_rows_each_once(here: Path) -> None:
    loaded = load(load_dataset("bfw-scores"), here / "data", images=False)
    assert (len(loaded.samples), len(np.unique(loaded.samples.subjects)), loaded.refused) == (32, 16, {})
    row = loaded.samples.ids.tolist().index("black_males/n003001/0002_01.jpg")
    assert loaded.samples.subjects[row] == "n003001"
    assert {name: values[row] for name, values in loaded.samples.groups.items()} == {
        "ethnicity": "Black", "gender": "male",
    }  # fmt: skip
    assert check(load_dataset("bfw-scores"), here / "data").refused == {}


def test_a_column_that_the_table_has_not_is_one_line(here: Path, run_here: Run) -> None:
    text = (here / "data" / TABLE).read_text(encoding="utf-8").replace("senet50", "senet", 1)
    (here / "data" / TABLE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="line 1: no column 'score'"):
        run_here("bfw.toml")


def test_nets_run_where_the_images_lie_beside_it(here: Path, run_here: Run) -> None:
    tiny.make_model(here / "models")
    start = STUDY.index("[[models]]")
    text = STUDY[:start] + '[[models]]\ncard = "tiny"\ndetector = "aligned-none"\n\n' + STUDY[STUDY.index("[trials]") :]
    (here / "net.toml").write_text(text.replace('root = "data"', 'root = "whole"'), encoding="utf-8")
    rows = store.read_table(run_here("net.toml") / "tables" / "rates.csv")
    assert {row["trials"] for row in rows if row["metric"] == "FMR" and row["group"] == "everyone"} == {"48"}
