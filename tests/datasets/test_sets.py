"""Every published data set, in its makers' layout: whole, and with each trap that it is known for."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from facegap.cards import card_names, load_dataset
from facegap.datasets import check
from facegap.errors import DatasetError
from sets import SETS

OURS = {"synthetic-heads", "synthetic-heads-causal", "lfw-subset", "london-subset", "utkface-subset"}
"""Cards of what facegap renders, and of parts of sets that lie beside the checkout where they do."""

TRAPS = [(card, trap) for card, made in SETS.items() for trap in made.traps]
REMARK = re.compile(r"(error|warning|info): ")


def test_every_card_has_its_tree() -> None:
    assert set(SETS) == set(card_names("datasets")) - OURS


@pytest.mark.parametrize("name", SETS)
def test_a_sound_tree(name: str, tmp_path: Path) -> None:
    made, card = SETS[name], load_dataset(name)
    report = check(card, made.write(tmp_path))
    lines = report.lines()
    assert report.refused == {} and report.ok, lines
    everyone = report.groups[0]
    assert everyone.subjects == made.people
    if made.list:
        assert report.listed_pairs[made.list] == made.mated + made.nonmated
    else:
        assert (everyone.mated, everyone.nonmated) == (made.mated, made.nonmated)
    remarks = [line for line in lines if REMARK.match(line)]
    unsaid = [start for start in made.says if not any(line.startswith(start) for line in remarks)]
    assert unsaid == [], remarks
    unexpected = [line for line in remarks if not line.startswith(made.says) and "info" not in line[:4]]
    assert [line for line in unexpected if "join people of one group" not in line] == []


@pytest.mark.parametrize(("name", "trap"), TRAPS)
def test_each_trap_is_said(name: str, trap: str, tmp_path: Path) -> None:
    made = SETS[name]
    report = check(load_dataset(name), made.write(tmp_path, trap))
    lines = report.lines()
    unsaid = [start for start in made.traps[trap].says if not any(line.startswith(start) for line in lines)]
    assert unsaid == [], "\n".join(line for line in lines if REMARK.match(line))
    assert report.refused == made.traps[trap].refused
    assert Counter(dict(report.refused)) <= made.refused


@pytest.mark.parametrize("name", SETS)
def test_all_traps_together(name: str, tmp_path: Path) -> None:
    made = SETS[name]
    report = check(load_dataset(name), made.write(tmp_path, *made.traps))
    assert Counter(dict(report.refused)) == made.refused, "\n".join(report.lines())


@pytest.mark.parametrize("name", SETS)
def test_a_root_that_is_one_folder_too_high(name: str, tmp_path: Path) -> None:
    """BFW's pictures come in uncropped-face-samples/, bfw-cropped-aligned/ or face-samples/."""
    inner = SETS[name].write(tmp_path / "face-samples")
    with pytest.raises(DatasetError) as caught:
        check(load_dataset(name), tmp_path)
    line = str(caught.value)
    assert "\n" not in line and str(inner) in line
    assert "give that folder" in line


def test_londons_table_with_another_column(tmp_path: Path) -> None:
    made = SETS["london"]
    root = made.write(tmp_path)
    table = root / "london_faces_info.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("face_gender", "face_sex"), encoding="utf-8")
    message = (
        "line 1: no column 'face_gender'; there are: face_id, face_age, face_sex, face_eth, did you mean 'face_age'?; "
        "name it in the card: columns.gender"
    )
    with pytest.raises(DatasetError, match=re.escape(message)):
        check(load_dataset("london"), root)
