"""Official protocols as their makers test: FERET's partitions, and LFW's View 2 whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tiny
from facegap import store
from facegap.audit import verify
from facegap.cards import load_dataset
from facegap.datasets import check, load, load_pairs
from facegap.errors import CardError, DatasetError
from facegap.evidence import read_evidence
from facegap.records import ListedTrials
from facegap.run import resolve
from facegap.trials import without
from given import silent
from sets import SETS

Run = Callable[..., Path]
FERET = "dvd1/partitions/by_previously_reported/feret"


@pytest.mark.parametrize(("protocol", "probes"), [("fb", 6), ("dup1", 4), ("dup2", 2)])
def test_each_picture_of_a_partition_is_compared_with_each_of_fa(tmp_path: Path, protocol: str, probes: int) -> None:
    card, root = load_dataset("colorferet"), SETS["colorferet"].write(tmp_path)
    samples = load(card, root).samples
    pairs = load_pairs(card, root, samples, protocol)
    names = samples.ids
    assert len(pairs) == 8 * probes and not pairs.refused
    assert all(str(name).endswith("_fa.ppm") for name in names[pairs.reference])
    mated = samples.subjects[pairs.reference] == samples.subjects[pairs.probe]
    assert int(mated.sum()) == probes
    assert check(card, root).listed_pairs == {"fb": 48, "dup1": 32, "dup2": 16}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("missing", "no '[*][*]/partitions/by_previously_reported/feret/fa.names' in"),
        ("words", "line 1: expected a picture, or person and picture; found 3 words"),
    ],
)
def test_partitions_that_cannot_be_read_are_one_line(tmp_path: Path, change: str, says: str) -> None:
    card, root = load_dataset("colorferet"), SETS["colorferet"].write(tmp_path)
    samples = load(card, root).samples
    path = root / FERET / "fa.names"
    if change == "missing":
        path.unlink()
        assert any("protocol 'fb': no" in line for line in check(card, root).lines())
    else:
        path.write_text("00001 00001_930831_fa.ppm fa\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=says):
        load_pairs(card, root, samples, "fb")


def test_a_study_cannot_name_the_two_files_itself(tmp_path: Path) -> None:
    text = tiny.STUDY.replace("[thresholds]", '[trials]\npairs = "fb.names"\nformat = "gallery-probe"\n\n[thresholds]')
    (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CardError, match=r"trials\.format: expected"):
        resolve(str(tmp_path / "bad.toml"), None, silent)


PEOPLE, EACH = 24, 3


def lfw_tree(root: Path) -> Path:
    """LFW's layout: people with four pictures each, and a pairs.txt of the real size, 10 folds of 300 and 300."""
    names = [f"Person_{k:02}" for k in range(PEOPLE)]
    for k, name in enumerate(names):
        (root / "lfw" / name).mkdir(parents=True)
        for s in range(EACH):
            Image.fromarray(tiny.picture(k, s, noise=95)).save(
                root / "lfw" / name / f"{name}_{s + 1:04}.jpg", format="PNG"
            )
    for sex in range(2):
        some = [f"{name}_{s + 1:04}.jpg" for name in names[sex::2] for s in range(EACH)]
        (root / f"{('male', 'female')[sex]}_names.txt").write_text("\n".join(some) + "\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    lines = ["10\t300"]
    for _ in range(10):
        for _ in range(300):
            a, b = (rng.permutation(EACH)[:2] + 1).tolist()
            lines.append(f"{names[rng.integers(PEOPLE)]}\t{a}\t{b}")
        for _ in range(300):
            (p, q), (a, b) = rng.permutation(PEOPLE)[:2].tolist(), (rng.integers(0, EACH, 2) + 1).tolist()
            lines.append(f"{names[p]}\t{a}\t{names[q]}\t{b}")
    (root / "pairs.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def test_lfws_view_2_whole_gives_its_fold_accuracy(
    tmp_path: Path, run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """6,000 pairs; each fold at the threshold that is best on the others, found by trying every score."""
    tiny.make_model(tmp_path / "models")
    lfw_tree(tmp_path / "data")
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    study = tiny.STUDY.replace('card = "patterns"', 'card = "lfw"').replace(
        'groups = [["group"], ["group", "size"]]', 'groups = [["gender"]]'
    )
    text = study.replace("[thresholds]", '[trials]\nprotocol = "view2"\n\n[thresholds]')
    (tmp_path / "view2.toml").write_text(text, encoding="utf-8")
    run = run_here("view2.toml")
    rows = {row["fold"]: row for row in store.read_table(run / "tables" / "fold_accuracy.csv")}
    assert set(rows) == {*map(str, range(1, 11)), "all"}
    assert {row["trials"] for name, row in rows.items() if name != "all"} == {"600"} and rows["all"]["trials"] == "6000"
    accuracies = [float(rows[str(k)]["accuracy"]) for k in range(1, 11)]
    assert float(rows["all"]["accuracy"]) == pytest.approx(np.mean(accuracies), abs=1e-4)
    assert float(rows["all"]["standard_error"]) == pytest.approx(np.std(accuracies, ddof=1) / 10**0.5, rel=0.02)
    assert "not the published protocol" not in rows["all"]["note"] and 0.5 < float(rows["all"]["accuracy"]) <= 1
    assert verify(run, root=tmp_path / "data") == []
    found = read_evidence(run, store.read_manifest(run)).comparisons["tiny", "clean"]
    assert isinstance(found.trials, ListedTrials) and found.trials.fold is not None
    score = np.full(len(found.trials), -np.inf, dtype=np.float32)
    people = read_evidence(run, store.read_manifest(run)).samples.people()
    mated = people[found.trials.reference] == people[found.trials.probe]
    score[mated], score[~mated] = found.mated.score, found.tail.score
    for fold in (1, 10):
        own, at = found.trials.fold == fold, float(rows[str(fold)]["threshold"])
        assert int(rows[str(fold)]["right"]) == int(((score[own] >= at) == mated[own]).sum())
        others, truth = score[~own], mated[~own]
        mine = int(((others >= at) == truth).sum())
        assert mine >= max(int(((others >= t) == truth).sum()) for t in np.unique(others)[::7])


def test_a_list_keeps_its_folds_where_copies_are_left_out() -> None:
    trials = ListedTrials(np.array([0, 1, 2]), np.array([3, 4, 5]), np.array([1, 2, 3]))
    left_out = np.array([False, True, False, False, False, False])
    found = without(trials, left_out)
    assert isinstance(found, ListedTrials) and found.fold is not None
    assert (found.reference.tolist(), found.fold.tolist()) == ([0, 2], [1, 3])
