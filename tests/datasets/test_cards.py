"""Every dataset card loads, and reads a tiny tree in exactly the layout that it is written for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from facegap.cards import load_dataset
from facegap.datasets import check, load, load_pairs

CARDS = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "datasets").glob("*.toml"))


@pytest.mark.parametrize("name", CARDS)
def test_the_card_loads_and_says_its_own_name(name: str) -> None:
    card = load_dataset(name)
    assert card.name == name
    assert card.citation and card.terms and card.licence


def test_lfw(folder: Callable[..., Path]) -> None:
    root = folder(
        "lfw/Aaron_Eckhart/Aaron_Eckhart_0001.jpg",
        "lfw/Abba_Eban/Abba_Eban_0001.jpg",
        "lfw/Abba_Eban/Abba_Eban_0002.jpg",
        "lfw/Abdel_Aziz_Al-Hakim/Abdel_Aziz_Al-Hakim_0001.jpg",
        "lfw/Zoe_Ball/Zoe_Ball_0001.jpg",
        **{
            "pairs.txt": "1\t1\nAbba_Eban\t1\t2\nAaron_Eckhart\t1\tZoe_Ball\t1\n",
            "male_names.txt": "Aaron_Eckhart_0001.jpg\nAbba_Eban_0001.jpg\nAbba_Eban_0002.jpg\n",
            "female_names.txt": "Zoe_Ball_0001.jpg\n",
        },
    )
    card = load_dataset("lfw")
    found = load(card, root)
    assert found.refused == {} and found.findings == ()
    assert found.samples.groups["gender"].tolist() == ["male", "male", "male", "unknown", "female"]
    assert len(load_pairs(card, root, found.samples)) == 2


def test_rfw_with_a_person_under_two_races(folder: Callable[..., Path]) -> None:
    root = folder(
        "test/data/African/m.0100z7tp/m.0100z7tp_0001.jpg",
        "test/data/African/m.0z08d8y/m.0z08d8y_0001.jpg",
        "test/data/Asian/m.0z08d8y/m.0z08d8y_0001.jpg",
        "test/data/Caucasian/m.0104ls/m.0104ls_0002.jpg",
        "test/data/Indian/m.05y2fd_/m.05y2fd__0001.jpg",
        "test/txts/African/African_pairs.txt",
    )
    found = load(load_dataset("rfw"), root)
    assert found.samples.subjects.tolist() == ["m.0100z7tp", "m.0104ls", "m.05y2fd_"]
    assert found.samples.groups["race"].tolist() == ["African", "Caucasian", "Indian"]
    assert set(found.refused.values()) == {"race: the subject has two labels"} and len(found.refused) == 2


def test_bupt_balancedface(folder: Callable[..., Path]) -> None:
    found = load(load_dataset("bupt-balancedface"), folder("race_per_7000/Asian/m.01/1.jpg"))
    assert found.samples.groups["race"].tolist() == ["Asian"]


def test_bfw(folder: Callable[..., Path]) -> None:
    names = [
        f"{colour}_females/n0{number}/0001_01.jpg"
        for number, colour in enumerate(("asian", "black", "indian", "white"))
    ]
    found = load(load_dataset("bfw"), folder(*names, "white_males/n000009/0010_01.jpg"))
    assert found.refused == {}
    assert found.samples.grouping(("ethnicity", "gender")).tolist() == [
        "Asian, female",
        "Black, female",
        "Indian, female",
        "White, female",
        "White, male",
    ]


def test_fairface(folder: Callable[..., Path]) -> None:
    manifest = (
        "file,age,gender,race,service_test\n"
        "val/1.jpg,3-9,Male,East Asian,False\n"
        "val/2.jpg,more than 70,Female,Latino_Hispanic,True\n"
    )
    root = folder("val/1.jpg", "val/2.jpg", **{"fairface_label_val.csv": manifest})
    report = check(load_dataset("fairface"), root)
    assert report.ok and report.groups[0].samples == 2
    assert {count.group for count in report.groups if count.samples and count.grouping == "race"} == {
        "East Asian",
        "Latino_Hispanic",
    }


def test_morph_2_with_a_contradicting_record(folder: Callable[..., Path]) -> None:
    manifest = (
        "id_num,picture_num,dob,doa,race,gender,facial_hair,age,age_diff,glasses,photo\n"
        "009055,1,01/01/1950,02/02/2004,B,M,,54,,,Album2/009055_1M54.JPG\n"
        "009056,1,01/01/1975,02/02/2004,W,F,,29,,,Album2/009056_1F29.JPG\n"
        "009057,0,01/01/1960,02/02/2004,H,M,,44,,,Album2/009057_0M44.JPG\n"
        "009057,1,01/01/1960,02/02/2005,W,M,,45,,,Album2/009057_1M45.JPG\n"
    )
    photos = [line.rpartition(",")[2] for line in manifest.splitlines()[1:]]
    found = load(load_dataset("morph-2"), folder(*photos, **{"morph_2008_nonCommercial.csv": manifest}))
    assert found.samples.subjects.tolist() == ["009055", "009056"]
    assert found.samples.groups["age"].tolist() == ["45-77", "16-29"]
    assert set(found.refused.values()) == {"race: the subject has two labels"}
