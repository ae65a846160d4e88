"""At most so many images of a person: the same draw in plan, run and verify, and how many were left out is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny
from facegap import datasets, store
from facegap.audit import verify
from facegap.cards import load_dataset
from facegap.datasets.draw import draw_images
from facegap.errors import InputError
from facegap.planning import plan_study
from facegap.report import views
from facegap.report.page import _limits
from facegap.run import resolve
from finished import SECRET


def test_plan_run_verify_and_page_agree(place: Path, run_here: Callable[..., Path]) -> None:
    text = (place / "tiny.toml").read_text(encoding="utf-8")
    (place / "few.toml").write_text(f"{text}\n[trials]\nimages_per_person = 2\n", encoding="utf-8")
    folder = run_here("few.toml")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["study"]["trials"]["images_per_person"] == 2
    assert manifest["samples"] == {
        "samples": 48,
        "subjects": 24,
        "refused": 0,
        "unreadable files": manifest["samples"]["unreadable files"],
        "left out as copies": 0,
        "nearly copies": 0,
        "left out, more than 2 of a person": 48,
    }
    plan = plan_study("few.toml")
    assert (plan.samples, plan.left_out, plan.comparisons) == (48, 48, 48 * 47 // 2)
    assert "48 samples of people who have more" in tiny.facegap(place, "plan", "few.toml")[1]
    assert verify(folder, inputs=False) == []
    tables = store.read_tables(folder)
    assert any("At most 2 images of a person were used" in line and "; 48 images were left out" in line
               for line in _limits(tables))  # fmt: skip
    (row,) = views.rates(tables, "tiny", "FNMR", grouping="", threshold_name="FMR 0.05")
    assert (row.trials, row.subjects) == (24, 24) and row.by_people == row.rate

    samples = datasets.load(load_dataset("patterns"), place / "data").samples
    drawn = draw_images(samples, 2, seed=7)
    secret = bytes.fromhex(SECRET)
    ids = {store.keyed(secret, "image", store.sha256_file(place / "data" / str(path))) for path in drawn.paths}
    traced = store.read_table(folder / "tables" / "samples.csv")
    assert {row["hmac_sha256"] for row in traced} - {""} <= ids and len(traced) == 48
    _, images = np.unique([row["subject"] for row in traced], return_counts=True)
    assert set(images.tolist()) == {2}


def test_of_people_who_are_not_known_it_is_refused(place: Path) -> None:
    card = (place / "datasets" / "patterns.toml") if (place / "datasets").is_dir() else None
    cards = [card] if card is not None and card.is_file() else list(place.rglob("patterns.toml"))
    text = cards[0].read_text(encoding="utf-8")
    cards[0].write_text(text.replace('adapter = "csv"', 'adapter = "csv"\nidentities = false'), encoding="utf-8")
    study = (place / "tiny.toml").read_text(encoding="utf-8")
    (place / "few.toml").write_text(f"{study}\n[trials]\nimages_per_person = 2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"few.toml: trials.images_per_person: 'patterns' does not say whose"):
        resolve("few.toml", None, None)
