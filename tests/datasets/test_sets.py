"""Every published data set, in its makers' layout: whole, and with each trap that it is known for."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from facegap.cards import card_names, load_dataset
from facegap.datasets import check
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
