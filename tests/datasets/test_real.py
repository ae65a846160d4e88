"""Published layouts on the real pictures beside the checkout; each test is skipped where they are absent."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest

from facegap.cards import load_dataset
from facegap.datasets import check, load


def rows_of(folder: Path) -> list[dict[str, str]]:
    if not folder.is_dir():
        pytest.skip(f"../shared/data/{folder.name} is not here")
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def copied(origin: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(origin, target)


def test_lfw(shared: Path, tmp_path: Path) -> None:
    """The first 60 people, with the gender lists and the pairs that their labels and pairs make."""
    folder = shared / "data" / "lfw-subset"
    rows = [row for row in rows_of(folder) if row["subject_id"] <= "Arnoldo_Aleman"]
    for row in rows:
        copied(folder / row["path"], tmp_path / row["path"].replace("images/", "lfw/"))
    for sex in ("female", "male"):
        names = [row["path"].rpartition("/")[2] for row in rows if row["gender"] == sex]
        (tmp_path / f"{sex}_names.txt").write_text("".join(f"{name}\r\n" for name in names), encoding="utf-8")
    pictures = Counter(row["subject_id"] for row in rows)
    lines = [f"{person}\t1\t2\n" for person in pictures]
    (tmp_path / "pairs.txt").write_text(f"{len(lines)}\n" + "".join(lines), encoding="utf-8")
    report = check(load_dataset("lfw"), tmp_path)
    assert report.ok and report.groups[0].samples == len(rows) > 100
    assert report.groups[0].mated == sum(n * (n - 1) // 2 for n in pictures.values())
    by_gender = Counter(row["gender"] for row in rows)
    assert {one.group: one.samples for one in report.groups[1:]} == dict(by_gender)
    assert report.listed_pairs == {"view2": len(lines)}


def test_utkface(shared: Path) -> None:
    """Its own file names say what the table of the subset says."""
    folder = shared / "data" / "utkface-subset"
    rows = rows_of(folder)
    found = load(load_dataset("utkface"), folder / "images").samples
    said = {
        path: (ethnicity, gender)
        for path, ethnicity, gender in zip(
            found.paths.tolist(), found.groups["ethnicity"].tolist(), found.groups["gender"].tolist(), strict=True
        )
    }
    assert said == {row["path"].removeprefix("images/"): (row["ethnicity"], row["gender"]) for row in rows}
    assert len(set(found.subjects.tolist())) == len(rows)


def test_the_london_subset(shared: Path) -> None:
    folder = shared / "data" / "london"
    rows = rows_of(folder)
    report = check(load_dataset("london-subset"), folder)
    assert report.ok and report.roles == {"photo": 102, "selfie": 102} and len(rows) == 204
    people = {one.group: one.subjects for one in report.groups if one.grouping == "ethnicity"}
    assert people == {"black": 13, "east_asian": 9, "west_asian": 10, "white": 69, "unknown": 1}


def test_london(shared: Path, tmp_path: Path) -> None:
    """The published folders and table, of the first people of the subset."""
    folder = shared / "data" / "london"
    rows = rows_of(folder)[:40]
    for row in rows:
        place = {"photo": "neutral_front/{}_03.jpg", "selfie": "smiling_front/{}_08.jpg"}[row["role"]]
        copied(folder / row["path"], tmp_path / place.format(row["subject_id"]))
    table = {row["subject_id"]: f"{row['subject_id']},{row['age']},{row['gender']},{row['ethnicity']}" for row in rows}
    text = "\n".join(["face_id,face_age,face_gender,face_eth", *table.values()])
    (tmp_path / "london_faces_info.csv").write_text(text, encoding="utf-8")
    report = check(load_dataset("london"), tmp_path)
    assert report.ok and report.roles == {"photo": 20, "selfie": 20}
    wanted = Counter(row["gender"] for row in rows)
    assert {one.group: one.samples for one in report.groups if one.grouping == "gender"} == dict(wanted)
