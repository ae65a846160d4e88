"""Observed capture and ages as data sets write them: every value is kept, unknown or counted; none is repaired."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facegap.cards import load_dataset
from facegap.cards.observed import NIST_AGES, Ages, ObservedColumn
from facegap.datasets import Loaded, check, load
from facegap.datasets.ages import moments_of
from facegap.datasets.row import Row
from facegap.errors import DatasetError

Folder = Callable[..., Path]
MakeCard = Callable[..., Any]
Lines = Callable[[Any], list[str]]


def ages(**said: Any) -> Ages:
    return Ages(**{"label_source": "record", "bins": "nist", **said})


def read(make_card: MakeCard, folder: Folder, table: str, **card: Any) -> Loaded:
    names = [line.split(",")[1] for line in table.splitlines()[1:]]
    return load(make_card(groups={}, **card), folder(*names, **{"index.csv": table}))


def test_the_bins_of_nist_and_children() -> None:
    """R19: "C.America M (12-20]" and the like; whole years above 12 up to 20 are 13 to 20."""
    assert ages(column="age").names == ("0-12", "13-20", "21-35", "36-50", "51-65", "66-99")
    assert NIST_AGES[1:] == tuple(edge + 1 for edge in (12, 20, 35, 50, 65, 99))
    own = ages(column="age", bins=(0, 6, 13, 18, 40, 120))
    assert own.names == ("0-5", "6-12", "13-17", "18-39", "40 and over")
    assert ages(column="age", bins=(17, 18, 30)).names == ("17", "18-29")


@pytest.mark.parametrize(
    ("age", "group"),
    [("12", "0-12"), ("12.9", "0-12"), ("13", "13-20"), ("20", "13-20"), ("21", "21-35"), ("99", "66-99"),
     ("0", "0-12"), ("100", "unknown"), ("", "unknown"), ("unknown", "unknown"), ("121", "unknown"),
     ("-1", "unknown"), ("old", "unknown")],
)  # fmt: skip
def test_an_age_is_in_the_bin_of_its_whole_years(make_card: MakeCard, folder: Folder, age: str, group: str) -> None:
    table = f"subject_id,path,age\np,a.jpg,{age}\nq,b.jpg,30\n"
    found = read(make_card, folder, table, ages=ages(column="age"))
    assert found.samples.groups["age"].tolist() == [group, "21-35"] and not found.refused


def test_the_oldest_are_in_an_open_bin(make_card: MakeCard, folder: Folder) -> None:
    found = read(make_card, folder, "subject_id,path,age\np,a.jpg,120\n", ages=ages(column="age", bins=(0, 60, 120)))
    assert found.samples.groups["age"].tolist() == ["60 and over"]


def test_ages_from_birth_and_capture(make_card: MakeCard, folder: Folder) -> None:
    table = (
        "subject_id,path,born,taken\n"
        "p,a.jpg,1990-06-15,2010-06-14\n"  # the day before the twentieth birthday
        "p,b.jpg,1990-06-15,2011-06-15\n"  # the twenty-first
        "q,c.jpg,1943,1993-08-31\n"  # a year alone: 50 by the years
        "r,d.jpg,2000-02-29,2001-02-28\n"
    )
    found = read(make_card, folder, table, ages=ages(birth="born", date="taken"))
    assert found.samples.groups["age"].tolist() == ["13-20", "21-35", "36-50", "0-12"]
    row = Row(
        where="line 2", id="a", subject="p", path="a", labels={"ages.birth": "1990-06-15", "ages.date": "2010-06-14"}
    )
    (moment,) = moments_of(make_card(groups={}, ages=ages(birth="born", date="taken")), [row])
    assert moment.whole == 19
    assert np.diff(found.samples.years["date"][:2])[0] == pytest.approx(1 + 1 / 372)


def test_two_digits_of_a_year_are_no_year_to_come(make_card: MakeCard, folder: Folder) -> None:
    table = "subject_id,path,born,taken\np,a.jpg,430615,930831\n"
    found = read(make_card, folder, table, ages=ages(birth="born", date="taken", dates=("%y%m%d",)))
    assert found.samples.groups["age"].tolist() == ["36-50"]


def test_every_contradiction_is_counted_and_nobody_refused(
    make_card: MakeCard, folder: Folder, lines_of: Lines
) -> None:
    table = (
        "subject_id,path,age,born,taken,session,device\n"
        "p,a.jpg,,2000-01-01,1999-01-01,1,X\n"  # born later
        "q,b.jpg,40,1990-01-01,2010-01-01,1,X\n"  # 20 by the dates
        "r,c.jpg,21,1990-01-01,2010-01-01,1,X\n"  # within a year
        "s,d.jpg,150,,,1,X\n"
        "t,e.jpg,,1990-01-01,31.12.2010,1,X\n"
        "u,f.jpg,,1850-01-01,1999-01-01,1,X\n"  # 149 years
        "v,g.jpg,,1990-01-01,2010-01-01,1,X\n"
        "v,h.jpg,,1991-01-01,2010-01-01,1,Y\n"  # born twice, and another phone in one session
    )
    found = read(
        make_card,
        folder,
        table,
        ages=ages(column="age", birth="born", date="taken"),
        observed={"phone": ObservedColumn(column="device")},
    )
    assert not found.refused and len(found.samples) == 8
    assert found.samples.groups["age"].tolist() == ["unknown", "unknown", "21-35", *["unknown"] * 5]
    said = lines_of(found.findings)
    assert said == [
        "warning: index.csv: observed.phone: 1 session of a person with two values: 'v', session '1': X, Y; every "
        'picture counts under its own value; where a session may have several, say per = "sample" in the card',
        "warning: index.csv: 2 samples with an age that is no number of years from 0 to 120: '150' (line 5); 'born "
        "1850-01-01, taken 1999-01-01' (line 7); age counted as unknown; correct it",
        "warning: index.csv: 1 sample with a date that cannot be read: '31.12.2010' (line 6); date counted as unknown; "
        "correct it, or name its form in the card: ages.dates",
        "warning: index.csv: 1 sample with a person born after the picture was taken: 'born 2000-01-01, taken "
        "1999-01-01' (line 2); age and date counted as unknown; correct one of the two dates",
        "warning: index.csv: 1 sample with an age that the dates contradict by more than a year: '40, born 1990-01-01, "
        "taken 2010-01-01' (line 3); age counted as unknown; correct one of them",
        "warning: index.csv: 1 subject with two dates of birth: 'v': 1990-01-01 and 1991-01-01; ages that come from "
        "them counted as unknown; correct them",
    ]
    kept = {one.rule: one.kept()["message"] for one in found.findings}
    assert kept["born-later"] == "1 samples of people born after their picture was taken; lines 2"
    assert all("1990" not in message and "'v'" not in message for message in kept.values())


def test_numbers_in_bins_names_by_pattern_lists_and_what_is_neither(
    make_card: MakeCard, folder: Folder, lines_of: Lines
) -> None:
    table = (
        "subject_id,path,device,iso,weather\n"
        'p,a.jpg,"iPhone12,1",99,"[\'1. Sunny\']"\n'
        "p,b.jpg,Pixel 7\0\0,100,\"['1. Sunny', '2. Windy']\"\n"
        "q,c.jpg,Nokia,399.5,[]\n"
        "q,d.jpg,,400,1. Sunny\n"
        "q,e.jpg,unknown,fast,\n"
        "q,f.jpg,Pixel 6,nan,\n"
    )
    observed = {
        "phone": ObservedColumn(
            column="device", values=("Pixel", "iPhone"), map={"iphone*": "iPhone", "Pixel*": "Pixel"}
        ),
        "iso": ObservedColumn(bins=(100, 400), per="sample"),
        "weather": ObservedColumn(map={"1. *": "sunny", "2. *": "windy"}),
    }
    card = make_card(groups={}, observed=observed)
    root = folder(*(f"{name}.jpg" for name in "abcdef"), **{"index.csv": table})
    found = load(card, root).samples.observed
    assert found["phone"].tolist() == ["iPhone", "Pixel", "unknown", "unknown", "unknown", "Pixel"]
    assert found["iso"].tolist() == [
        "below 100", "100 to below 400", "100 to below 400", "400 and over", "unknown", "unknown",
    ]  # fmt: skip
    assert found["weather"].tolist() == ["sunny", "sunny + windy", "unknown", "sunny", "unknown", "unknown"]
    said = check(card, root).lines()
    assert "observed phone: Pixel 2, iPhone 1, unknown 3; 1 subject under several values" in said
    assert any(
        "observed.phone: 1 value that the card does not know, expected Pixel, iPhone: 'Nokia'" in x for x in said
    )
    assert any("observed.iso: 2 values that the card does not know, expected a number: 'fast'" in x for x in said)


def test_a_column_that_is_not_there_and_one_of_too_many_values(make_card: MakeCard, folder: Folder) -> None:
    table = "subject_id,path,device\n" + "".join(f"p,{k}.jpg,serial {k}\n" for k in range(60))
    with pytest.raises(DatasetError, match=r"observed\.phone: 60 values, expected at most 50, such as 'serial 0'"):
        read(make_card, folder, table, observed={"phone": ObservedColumn(column="device")})
    with pytest.raises(DatasetError, match=r"no column 'devise'; there are: subject_id, path, device, did you mean"):
        read(make_card, folder, table, observed={"phone": ObservedColumn(column="devise")})
    found = read(make_card, folder, table, observed={"phone": ObservedColumn(column="devise", optional=True)})
    assert set(found.samples.observed["phone"]) == {"unknown"}
    assert [one.rule for one in found.findings] == ["no-observed"]


def test_what_is_read_from_a_table_of_labels_and_from_paths(make_card: MakeCard, folder: Folder) -> None:
    card = make_card(
        adapter="pattern",
        files={"labels": "people.csv"},
        patterns=("{subject}/{date}_{phone}.jpg",),
        groups={"gender": {"values": ("female", "male"), "label_source": "record"}},
        observed={"phone": ObservedColumn()},
        ages=ages(birth="born", date="date", dates=("%Y%m%d",)),
    )
    root = folder("p/20100101_X.jpg", "p/20200101_Y.jpg", **{"people.csv": "subject_id,gender,born\np,female,1990\n"})
    samples = load(card, root).samples
    assert samples.groups["age"].tolist() == ["13-20", "21-35"] and samples.observed["phone"].tolist() == ["X", "Y"]
    assert np.diff(samples.years["date"]).tolist() == [10.0]


@pytest.mark.parametrize(
    ("name", "observed"),
    [("scface", {"distance", "camera"}), ("muct", {"light", "camera"}), ("casia-face-africa", {"camera", "light"}),
     ("fhibe", {"lighting", "scene", "weather", "hour", "distance", "maker"}), ("fluxsynid", {"shot"})],
)  # fmt: skip
def test_cards_of_sets_that_recorded_the_capture(name: str, observed: set[str]) -> None:
    assert set(load_dataset(name).observed) == observed


@pytest.mark.parametrize("name", ["colorferet", "morph-2", "agedb"])
def test_cards_of_sets_with_ages(name: str) -> None:
    card = load_dataset(name)
    assert card.ages is not None and card.groups["age"].values == card.ages.names and card.gaps
