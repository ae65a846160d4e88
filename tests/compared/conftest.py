"""Runs of the tiny study by several vendors: a net, templates that somebody made noisier, scores; made once."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import given
import tiny
from facegap.run import resolve, run_study
from finished import SECRET

NET = 'card = "tiny"\ndetector = "aligned-none"'


@pytest.fixture(scope="session")
def vendors(finished: Path, cache_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> results folder: "net" (ONNX), "noisy" (templates), "other" (ONNX, other targets and people)."""
    place = tmp_path_factory.mktemp("vendors") / "place"
    shutil.copytree(finished.parents[1], place)
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEGAP_CACHE", str(cache_folder))
        patch.setenv("FACEGAP_SECRET", SECRET)
        patch.chdir(place)
        samples, made = given.measured(Path("tiny.toml"))
        rng = np.random.default_rng(3)
        noisy = made.vectors + rng.normal(0, 0.12, made.vectors.shape).astype(np.float32)
        noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
        given.write_templates(place / "noisy.npz", samples, replace(made, vectors=noisy.astype(np.float32)))
        given.write_card(place, "noisy", given.TEMPLATES)
        noisy_net = 'card = "noisy"\ntemplates = "noisy.npz"'
        study = tiny.STUDY.replace(NET, noisy_net)
        (place / "noisy.toml").write_text(study, encoding="utf-8")
        other = tiny.STUDY.replace("fmr = [0.05, 0.01]", "fmr = [0.1]")
        other = other.replace('root = "data"', 'root = "data"\nsubjects = 16')
        (place / "other.toml").write_text(other, encoding="utf-8")
        runs = {"net": finished}
        for name in ("noisy", "other"):
            inputs = resolve(f"{name}.toml", None, given.silent)
            runs[name] = place / run_study(inputs, Path("made"), lambda _: None, given.silent)
    assert Path.cwd() == before
    return runs
