"""Whole runs on trees in the layouts of published data sets, with the tiny net: from the card to tables and verify."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

import tiny
from facegap import store
from facegap.audit import verify
from facegap.errors import InputError
from facegap.schema import RateRow

Run = Callable[..., Path]


@pytest.fixture
def study_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes the net and a study of a published card; the folder for its pictures, beside it."""

    def write(card: str, groups: str, *more: str) -> Path:
        text = tiny.STUDY.replace('card = "patterns"', f'card = "{card}"\n{more[0] if more else ""}')
        text = text.replace('groups = [["group"], ["group", "size"]]', f"groups = {groups}")
        text = text.replace("[thresholds]", f"{''.join(more[1:])}\n[thresholds]")
        tiny.make_model(tmp_path / "models")
        (tmp_path / "tiny.toml").write_text(text.replace("min_subjects = 4", "min_subjects = 2"), encoding="utf-8")
        (tmp_path / "data").mkdir()
        monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        return tmp_path / "data"

    return write


def draw(root: Path, name: str, person: int, sample: int) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    kind = "PPM" if file.suffix == ".ppm" else "PNG"
    Image.fromarray(tiny.picture(person, sample, noise=60)).save(file, format=kind)


def rates(folder: Path, metric: str) -> dict[str, tuple[int, int]]:
    """Group of the first grouping -> comparisons and people, at the first target."""
    rows = [row for row in store.Tables(folder)[RateRow] if row.metric == metric and row.threshold_name == "FMR 0.05"]
    return {row.group: (row.trials, row.subjects) for row in rows if row.grouping}


def test_rfw_by_its_official_lists(study_of: Callable[..., Path], run_here: Run) -> None:
    root = study_of("rfw", '[["race"]]', "acknowledge_terms = true", '[trials]\nprotocol = "all"\n')
    for race, start in (("African", 0), ("Asian", 10)):
        people = [f"m.0{start + k}" for k in range(6)]
        for k, person in enumerate(people):
            for sample in (1, 2):
                draw(root, f"test/data/{race}/{person}/{person}_000{sample}.jpg", start + k, sample)
        draw(root, f"test/data/{race}/m.0z08d8y/m.0z08d8y_0001.jpg", 99, start)
        lines = [f"{person}\t1\t2" for person in people]
        lines += [f"{a}\t1\t{b}\t2" for a, b in pairwise(people)]
        lines += [f"m.0z08d8y\t1\t{people[0]}\t1"]
        (root / f"test/txts/{race}").mkdir(parents=True)
        (root / f"test/txts/{race}/{race}_pairs.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    folder = run_here()
    assert rates(folder, "FNMR") == {"African": (6, 6), "Asian": (6, 6)}
    assert {group: trials for group, (trials, _) in rates(folder, "FMR").items()} == {"African": 5, "Asian": 5}
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["samples"]["refused"] == 2
    assert verify(folder, root=root) == []


def test_rfw_without_acknowledged_terms_does_not_run(study_of: Callable[..., Path], run_here: Run) -> None:
    study_of("rfw", '[["race"]]')
    with pytest.raises(InputError, match=r"dataset 'rfw' is withdrawn-parent: .* set dataset.acknowledge_terms = true"):
        run_here()


def test_utkface_has_no_mated_comparisons(study_of: Callable[..., Path], run_here: Run) -> None:
    root = study_of("utkface", '[["gender"]]')
    for person in range(12):
        draw(root, f"{20 + person}_{person % 2}_{person % 5}_2017010420144327{person}.jpg.chip.jpg", person, 0)
    draw(root, "61_1_20170109150557335.jpg.chip.jpg", 50, 0)
    folder = run_here()
    assert not any(trials for trials, _ in rates(folder, "FNMR").values())
    assert {group: trials for group, (trials, _) in rates(folder, "FMR").items()} == {"female": 15, "male": 15}
    assert verify(folder, root=root) == []


ROLES = '[trials]\nreference_role = "photo"\nprobe_role = "selfie"\n'


@pytest.mark.slow
def test_colorferet_unpacked(study_of: Callable[..., Path], run_here: Run) -> None:
    root = study_of("colorferet", '[["gender"], ["race"]]', "", ROLES)
    for person in range(1, 9):
        folder = root / f"dvd1/data/ground_truths/name_value/0000{person}"
        folder.mkdir(parents=True)
        text = f"id=cfrS0000{person}\ngender={'Male' if person % 2 else 'Female'}\nyob=1943\nrace=White\n"
        (folder / f"0000{person}.txt").write_text(text, encoding="utf-8")
        for pose in ("fa", "fb"):
            draw(root, f"dvd1/data/images/0000{person}/0000{person}_930831_{pose}.ppm", person, pose == "fb")
    run = run_here()
    assert rates(run, "FNMR") == {"female": (4, 4), "male": (4, 4), "White": (8, 8)}
    assert verify(run, root=root) == []


@pytest.mark.slow
def test_fluxsynid_generators_are_conditions(study_of: Callable[..., Path], run_here: Run) -> None:
    root = study_of("fluxsynid", '[["shot"]]', "", ROLES)
    for person in range(8):
        name = f"{person:012x}"
        for sample, shot in enumerate(("doc", "live_0_e_d1", "live_0_p_d1", "live_0_a_d1")):
            draw(root, f"FLUXSynID/{name}/{name}_m_{shot}.png", person, sample)
        text = '{"attributes": {"ages.txt": "20-29", "genders.txt": "Male"}, "prompt": "a face"}'
        (root / f"FLUXSynID/{name}/{name}_m.json").write_text(text, encoding="utf-8")
    run = run_here()
    assert verify(run, root=root) == []
    assert {group: people for group, (_, people) in rates(run, "FNMR").items() if people} == {
        "live e": 8,
        "live p": 8,
        "live a": 8,
    }
