"""Models that others ran: what arrives of them gives the tables that the net itself gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import given
import tiny
from facegap import store
from facegap.audit import examine, verify
from facegap.errors import CardError, InputError
from facegap.schema import ROWS

Run = Callable[..., Path]

OF_A_NET = ("acquisition", "quality", "edc", "quality_split")
"""Tables of what a detector saw."""


def cells(folder: Path, name: str, metrics: tuple[str, ...] = ("FTA",)) -> list[dict[str, str]]:
    """A table without the name of the model and what only a net has."""
    rows = store.read_table(folder / "tables" / f"{name}.csv")
    seen = [row for row in rows if row.get("metric") not in metrics and row.get("loss") != "unreadable"]
    return [{key: value for key, value in row.items() if key != "model"} for row in seen]


def assert_same_tables(
    given_run: Path, direct: Path, but: tuple[str, ...] = (), metrics: tuple[str, ...] = ("FTA",)
) -> None:
    for name in ROWS:
        if name in OF_A_NET:
            assert cells(given_run, name) == [], name
        elif name not in but:
            assert cells(given_run, name) == cells(direct, name, metrics), name


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


VENDOR = 'card = "vendor"\nscores = ["{0}"]'
NET = 'card = "tiny"\ndetector = "aligned-none"'


def scored_study(place: Path, name: str, files: list[str], study: str = tiny.STUDY) -> str:
    """The study with the vendor's scores in place of the net, as a file of the working directory."""
    given.write_card(place, "vendor", given.SCORES)
    text = study.replace(NET, 'card = "vendor"\nscores = [{}]'.format(", ".join(f'"{file}"' for file in files)))
    (place / name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize("form", ["matrix", "lines"])
@pytest.mark.parametrize("roles", [True, False])
def test_scores_by_rule_give_the_tables_of_the_net(
    place: Path, finished: Path, run_here: Run, form: str, roles: bool
) -> None:
    study = tiny.STUDY
    if roles:
        study = study.replace(
            "[thresholds]", '[trials]\nreference_role = "photo"\nprobe_role = "selfie"\n\n[thresholds]'
        )
        (place / "roles.toml").write_text(study, encoding="utf-8")
    direct = run_here("roles.toml", "direct") if roles else finished
    samples, made = given.measured(Path("tiny.toml"))
    rows = {role: np.flatnonzero((samples.roles == role) | (not roles)).tolist() for role in ("photo", "selfie")}
    if form == "matrix":
        files = given.write_matrix(place, samples, made, rows["photo"], rows["selfie"])
    else:
        every = ((a, b) for a in rows["photo"] for b in rows["selfie"] if (a != b if roles else a < b))
        names = samples.ids.tolist()
        pairs = ((names[b], names[a], given.score_of(made, a, b)) for a, b in every)
        if roles:
            pairs = ((b, a, score) for a, b, score in pairs)
        files = [given.write_pairs(place / "all.csv", pairs)]
    run = run_here(scored_study(place, "vendor.toml", [file.name for file in files], study))
    assert_same_tables(run, direct)
    assert verify(run) == []


def test_scores_of_a_list_give_the_tables_of_the_net(place: Path, run_here: Run) -> None:
    study = tiny.STUDY.replace("[thresholds]", '[trials]\npairs = "pairs.csv"\n\n[thresholds]')
    (place / "listed.toml").write_text(study, encoding="utf-8")
    samples, made = given.measured(Path("tiny.toml"))
    names = samples.ids.tolist()
    rng = np.random.default_rng(3)
    mated = [(4 * k + a, 4 * k + b) for k in range(24) for a, b in ((1, 0), (0, 2), (3, 1))]
    strangers = rng.integers(0, 96, (800, 2)).tolist()
    pairs = [(a, b) for a, b in [*mated, *strangers] if a // 4 != b // 4 or (a, b) in mated]
    (place / "pairs.csv").write_text(
        "\n".join(["reference,probe", *(f"{names[a]},{names[b]}" for a, b in pairs)]) + "\n", encoding="utf-8"
    )
    direct = run_here("listed.toml", "direct")
    scores = {(a, b): (names[a], names[b], given.score_of(made, a, b)) for a, b in pairs}
    given.write_pairs(place / "scores.csv", iter(list(scores.values())[::-1]))
    run = run_here(scored_study(place, "vendor.toml", ["scores.csv"], study))
    searched = ("identification", "cmc", "gallery_model")
    assert_same_tables(run, direct, searched, ("FTA", "FNIR", "FPIR"))
    assert verify(run) == []
    manifest = store.read_manifest(run)
    assert any(found["rule"] == "no-searches" for found in manifest.findings)
