"""The report of `check`: counts by hand, copies, terms, and the two real subsets where they are there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from facegap.cards import DatasetCard, load_dataset
from facegap.datasets import GroupCount, check
from facegap.words import with_examples

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
GROUPS = {
    "gender": {"values": ("female", "male", "other"), "label_source": "self-report"},
    "site": {"values": ("north", "south"), "label_source": "record", "per": "sample"},
}
MANIFEST = """subject_id,path,gender,site
ann,1.jpg,female,north
ann,2.jpg,female,north
ann,3.jpg,female,south
bea,4.jpg,female,north
cal,5.jpg,male,south
cal,6.jpg,,south
dan,7.jpg,mael,south
"""


@pytest.fixture
def root(folder: Callable[..., Path]) -> Path:
    return folder(*(f"{number}.jpg" for number in range(1, 8)), **{"index.csv": MANIFEST})


def test_counts_by_hand(root: Path, make_card: Callable[..., DatasetCard]) -> None:
    report = check(make_card(groups=GROUPS), root)
    assert report.groups == (
        GroupCount(grouping="", group="everyone", subjects=3, samples=6, mated=4, nonmated=11),
        GroupCount(grouping="gender", group="female", subjects=2, samples=4, mated=3, nonmated=3),
        GroupCount(grouping="gender", group="male", subjects=1, samples=1, mated=0, nonmated=0),
        GroupCount(grouping="gender", group="other", subjects=0, samples=0, mated=0, nonmated=0),
        GroupCount(grouping="gender", group="unknown", subjects=1, samples=1, mated=0, nonmated=0),
        GroupCount(grouping="site", group="north", subjects=2, samples=3, mated=1, nonmated=2),
        GroupCount(grouping="site", group="south", subjects=2, samples=3, mated=1, nonmated=2),
        GroupCount(grouping="gender, site", group="female, north", subjects=2, samples=3, mated=1, nonmated=2),
        GroupCount(grouping="gender, site", group="female, south", subjects=1, samples=1, mated=0, nonmated=0),
        GroupCount(grouping="gender, site", group="male, north", subjects=0, samples=0, mated=0, nonmated=0),
        GroupCount(grouping="gender, site", group="male, south", subjects=1, samples=1, mated=0, nonmated=0),
        GroupCount(grouping="gender, site", group="other, north", subjects=0, samples=0, mated=0, nonmated=0),
        GroupCount(grouping="gender, site", group="other, south", subjects=0, samples=0, mated=0, nonmated=0),
        GroupCount(grouping="gender, site", group="unknown, north", subjects=0, samples=0, mated=0, nonmated=0),
        GroupCount(grouping="gender, site", group="unknown, south", subjects=1, samples=1, mated=0, nonmated=0),
    )
    assert report.refused == {"gender: expected female, male, other": 1}
    assert not report.ok


def test_the_page(root: Path, make_card: Callable[..., DatasetCard]) -> None:
    groups = {"gender": GROUPS["gender"]}
    card = make_card(groups=groups, status="withdrawn-parent", terms="ask first", banner="Mind this.")
    assert check(card, root).lines() == [
        "tiny, version 1: Tiny",
        "status: withdrawn-parent; licence: CC0-1.0",
        "terms: ask first",
        "source of the labels: gender: self-report",
        "cite: none",
        "a study that uses it must say so: dataset.acknowledge_terms = true",
        "note: Mind this.",
        "",
        "grouping  group     subjects  samples  mated pairs  non-mated pairs",
        "          everyone         3        6            4               11",
        "gender    female           2        4            3                3",
        "gender    male             1        1            0                0",
        "gender    other            0        0            0                0",
        "gender    unknown          1        1            0                0",
        "",
        "6 samples can be used, 1 refused",
        "  refused 1: gender: expected female, male, other",
        "error: index.csv: 1 sample refused: gender: expected female, male, other: "
        "'mael', did you mean 'male'? (line 8); correct it, or map it in the card",
        "warning: index.csv: gender: 1 sample without the label that other samples of the same subject have: 'cal'; "
        "counted as 'unknown', never filled in",
        "info: 1 subject with one sample only: in non-mated comparisons, never in mated ones",
    ]


def test_copies_of_an_image_are_found(folder: Callable[..., Path], make_card: Callable[..., DatasetCard]) -> None:
    manifest = "subject_id,path,gender\na,1.jpg,male\na,2.jpg,male\nb,3.jpg,male\nb,4.jpg,male\nb,5.jpg,male\n"
    contents = {"1.jpg": "same", "2.jpg": "same", "3.jpg": "SAME", "4.jpg": "alike", "5.jpg": "same"}
    found = check(make_card(), folder(**{"index.csv": manifest}, **contents)).findings
    assert [(one.level, with_examples(one.message, one.examples, one.advice)) for one in found] == [
        (
            "warning",
            "1 image there more than once (the same file or pixels), 1 of them under two subjects; 3 samples left out "
            "of every comparison: '1.jpg' = '2.jpg' = '5.jpg'; keep one of each, under whom it belongs to",
        )
    ]


def test_roles_and_listed_pairs_are_counted(folder: Callable[..., Path], make_card: Callable[..., DatasetCard]) -> None:
    manifest = "subject_id,path,role,gender\na,1.jpg,photo,male\na,2.jpg,selfie,male\nb,3.jpg,,male\n"
    files = {"index.csv": manifest, "pairs.csv": "sample_a,sample_b\n1.jpg,2.jpg\n1.jpg,9.jpg\n"}
    root = folder("1.jpg", "2.jpg", "3.jpg", **files)
    report = check(make_card(files={"manifest": "index.csv", "pairs": "pairs.csv"}), root)
    assert report.roles == {"": 1, "photo": 1, "selfie": 1}
    assert report.listed_pairs == {"": 1}
    assert "roles: none 1, photo 1, selfie 1" in report.lines()
    assert "1 listed pair can be used" in report.lines()
    assert not report.ok


def test_the_lfw_subset() -> None:
    root = SHARED / "lfw-subset"
    if not root.is_dir():
        pytest.skip("../shared/data/lfw-subset is not here")
    report = check(load_dataset("lfw-subset"), root)
    assert report.ok
    assert report.groups[1:] == (
        GroupCount(grouping="gender", group="female", subjects=335, samples=976, mated=1066, nonmated=474734),
        GroupCount(grouping="gender", group="male", subjects=928, samples=2670, mated=2889, nonmated=3560226),
        GroupCount(grouping="gender", group="unknown", subjects=1, samples=2, mated=1, nonmated=0),
    )
    assert [finding.rule for finding in report.findings] == ["half-labelled", "other-file"]


def test_the_utkface_subset() -> None:
    root = SHARED / "utkface-subset"
    if not root.is_dir():
        pytest.skip("../shared/data/utkface-subset is not here")
    report = check(load_dataset("utkface-subset"), root)
    assert report.ok
    counts = {count.group: count.samples for count in report.groups if count.grouping == "ethnicity, gender"}
    assert counts == {
        "Asian, female": 200,
        "Asian, male": 176,
        "Black, female": 99,
        "Black, male": 84,
        "Indian, female": 200,
        "Indian, male": 200,
        "White, female": 200,
        "White, male": 200,
    }
    assert report.groups[0].mated == 0
