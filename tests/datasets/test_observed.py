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


def observed_in(name: str, root: Path) -> dict[str, list[str]]:
    found = load(load_dataset(name), root)
    assert not found.refused
    return {condition: values.tolist() for condition, values in found.samples.observed.items()}


def test_scface_by_distance_and_camera(folder: Folder) -> None:
    names = ["mugshot_frontal_cropped_all/001_frontal.JPG"]
    names += [f"surveillance_cameras_distance_{d}/cam_{c}/001_cam{c}_{d}.jpg" for d, c in ((1, 2), (3, 7))]
    assert observed_in("scface", folder(*names)) == {"distance": ["unknown", "1", "3"], "camera": ["unknown", "2", "7"]}


def test_muct_by_light_and_camera(folder: Folder) -> None:
    found = observed_in("muct", folder("jpg/i000qa-fn.jpg", "jpg/i000rb-fg.jpg"))
    assert found == {"light": ["q", "r"], "camera": ["a", "b"]}


def test_casia_face_africa_by_camera_and_light(folder: Folder) -> None:
    table = "subject_id,path,sex,camera,light\n1,a.jpg,F,C1,day\n1,b.jpg,F,C3,night\n"
    found = observed_in("casia-face-africa", folder("a.jpg", "b.jpg", **{"index.csv": table}))
    assert found == {"camera": ["C1", "C3"], "light": ["day", "night"]}


def test_fluxsynid_by_generator(folder: Folder) -> None:
    person, base = "0123456789ab", "FLUXSynID/0123456789ab/0123456789ab_m"
    prompt = '{"attributes": {"ages.txt": "20-29", "genders.txt": "Male"}}'
    names = [f"{base}_doc.jpg", f"{base}_live_0_a_d1.jpg", f"{base}_live_0_e_d1.jpg"]
    found = observed_in("fluxsynid", folder(*names, **{f"FLUXSynID/{person}/{person}_m.json": prompt}))
    assert found == {"shot": ["doc", "live a", "live e"]}


def test_fhibe_with_its_camera_and_without(folder: Folder) -> None:
    base = "data/raw/fhibe_downsampled/p1"
    names = [f"{base}/{k}/faces_crop_and_align_{k}_p1.png" for k in "ab"]
    header = "filepath,subject_id,pronoun,ancestry,age,natural_skin_color,lighting,scene,multiple_subjects"
    own = "p1,['0. She/her/hers'],['11. Asia'],\"[18, 30)\",\"5. [198, 180, 157]\",['0. Above'],12. Indoor: Home,False"
    card = load_dataset("fhibe")
    manifest = card.files["manifest"].replace("/", "__")
    table = "".join(f"{name},{own}\n" for name in names)
    without = observed_in("fhibe", folder(*names, **{manifest: f"{header}\n{table}"}))
    assert without["lighting"] == ["above", "above"] and without["scene"] == ["indoor", "indoor"]
    assert without["maker"] == without["weather"] == without["hour"] == without["distance"] == ["unknown", "unknown"]
    more = "['1. Sunny'],12:00-17:59,3. 1-3 m,Apple\0"
    table = f"{header},weather,user_hour_captured,camera_distance,manufacturer\n" + "".join(
        f"{name},{own},{more}\n" for name in names
    )
    found = observed_in("fhibe", folder(*names, **{manifest: table}))
    assert (found["maker"][0], found["weather"][0], found["hour"][0]) == ("Apple", "1. Sunny", "12:00-17:59")


def test_colorferet_ages_and_years_between_sessions(folder: Folder) -> None:
    names = [f"dvd1/data/images/00001/00001_{day}_fa.ppm" for day in ("930831", "951129")]
    truth = {"dvd1/data/ground_truths/name_value/00001/00001.txt": "id=cfrS00001\ngender=Male\nyob=1943\nrace=White\n"}
    samples = load(load_dataset("colorferet"), folder(*names, **truth)).samples
    assert samples.groups["age"].tolist() == ["36-50", "51-65"]
    assert np.diff(samples.years["date"])[0] == pytest.approx(2 + 3 / 12 - 2 / 372)
    assert samples.sessions.tolist() == ["930831", "951129"]


def test_morph_2_and_agedb_years_between_ages(folder: Folder) -> None:
    head = "id_num,picture_num,dob,doa,race,gender,facial_hair,age,age_diff,glasses,photo\n"
    rows = "".join(f"009055,{k},,,B,M,,{age},,,Album2/{k}_M{age}.JPG\n" for k, age in enumerate((30, 45)))
    root = folder("Album2/0_M30.JPG", "Album2/1_M45.JPG", **{"morph_2008_nonCommercial.csv": head + rows})
    samples = load(load_dataset("morph-2"), root).samples
    assert samples.groups["age"].tolist() == ["30-44", "45-77"] and samples.years["age"].tolist() == [30.0, 45.0]
    agedb = load(load_dataset("agedb"), folder("0_MariaCallas_17_f.jpg", "1_MariaCallas_60_f.jpg")).samples
    assert {*zip(agedb.groups["age"].tolist(), agedb.years["age"].tolist(), strict=True)} == {
        ("0-17", 17.0),
        ("60 and over", 60.0),
    }
