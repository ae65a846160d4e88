"""Models that others ran: what arrives of them gives the tables that the net itself gives."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import given
import tiny
from facegap import report, store
from facegap.audit import examine, verify
from facegap.errors import CardError, InputError
from facegap.schema import ROWS

Run = Callable[..., Path]

OF_A_NET = ("acquisition", "quality", "edc", "quality_split")
"""Tables of what a detector saw."""


def cells(folder: Path, name: str) -> list[dict[str, str]]:
    """A table without the name of the model and what only a net has."""
    rows = store.read_table(folder / "tables" / f"{name}.csv")
    seen = [row for row in rows if row.get("metric") != "FTA" and row.get("loss") != "unreadable"]
    return [{key: value for key, value in row.items() if key != "model"} for row in seen]


def assert_same_tables(given_run: Path, direct: Path, but: tuple[str, ...] = ()) -> None:
    for name in ROWS:
        if name in OF_A_NET:
            assert cells(given_run, name) == [], name
        elif name not in but:
            assert cells(given_run, name) == cells(direct, name), name


@pytest.fixture
def with_templates(place: Path) -> Path:
    """The place of the tiny study, with a study of the net's own templates as a laboratory gives them."""
    samples, made = given.measured(Path("tiny.toml"))
    given.write_templates(place / "vectors.npz", samples, made)
    given.write_card(place, "lab", given.TEMPLATES)
    study = tiny.STUDY.replace('card = "tiny"\ndetector = "aligned-none"', 'card = "lab"\ntemplates = "vectors.npz"')
    (place / "lab.toml").write_text(study, encoding="utf-8")
    return place


def test_templates_give_the_tables_of_the_net(with_templates: Path, finished: Path, run_here: Run) -> None:
    run = run_here("lab.toml")
    assert_same_tables(run, finished)
    assert verify(run) == []
