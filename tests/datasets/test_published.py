"""Cards of published data sets: a small tree in the layout of each, with the traps that it is known for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facegap.cards import card_names, load_dataset
from facegap.datasets import Loaded, check, load, load_pairs
from facegap.errors import DatasetError

Folder = Callable[..., Path]
Lines = Callable[[Any], list[str]]


def labels(found: Loaded, column: str) -> dict[str, str]:
    """Sample id -> its label."""
    return dict(zip(found.samples.ids.tolist(), found.samples.groups[column].tolist(), strict=True))


def roles(found: Loaded) -> list[str]:
    return found.samples.roles.tolist()


def test_rfw_pairs_within_races_and_people_under_two(folder: Folder) -> None:
    lmk = "test/txts/African/African_lmk.txt"
    root = folder(
        "test/data/African/m.01/m.01_0001.jpg",
        "test/data/African/m.01/m.01_0002.JPG",
        "test/data/African/m.02/m.02_0001.jpg",
        "test/data/African/m.0z08d8y/m.0z08d8y_0001.jpg",
        "test/data/Asian/m.0z08d8y/m.0z08d8y_0001.jpg",
        "test/data/Asian/m.03/m.03_0001.jpg",
        "test/data/Asian/m.03/._m.03_0001.jpg",
        "test/data/Asian/m.04/m.04_0002.jpg",
        "test/data/Martian/m.05/m.05_0001.jpg",
        "train/data/Asian/flat.jpg",
        lmk,
        **{
            "test/txts/African/African_pairs.txt": "m.01\t1\t3\nm.01\t1\tm.02\t1\nm.0z08d8y\t1\tm.02\t1\n",
            "test/txts/Asian/Asian_pairs.txt": "m.03\t1\tm.04\t2\n",
        },
    )
    card = load_dataset("rfw")
    assert card.needs_acknowledgement
    report = check(card, root)
    assert report.refused == {
        "race: the subject has two labels": 2,
        "race: expected African, Asian, Caucasian, Indian": 1,
    }
    # m.01_0003 is missing; the doubled person goes with its pairs.
    assert report.listed_pairs == {"African": 1, "Asian": 1, "all": 2}
    lines = "\n".join(report.lines())
    assert "warning: protocol 'Indian': no 'test/txts/Indian/Indian_pairs.txt' below the root" in lines
    reason = "2 pairs refused: a sample that is not in use (unknown, refused or not drawn)"
    assert f"African_pairs.txt: {reason}: line 1; line 3" in lines
    assert "'m.0z08d8y' is African" in lines and "._m.03_0001.jpg" in lines
    pairs = load_pairs(card, root, load(card, root).samples, "all")
    race = load(card, root).samples.groups["race"]
    assert (race[pairs.reference] == race[pairs.probe]).all()


def test_bfw_with_its_datatable(folder: Folder) -> None:
    header = "fold,p1,p2,label,id1,id2,att1,att2,vgg16,resnet50,senet50,a1,a2,g1,g2,e1,e2\n"
    rest = "0,1,asian_females,asian_females,0.5,0.5,0.5,AF,AF,F,F,A,A\n"
    table = (
        f"1,asian_females/n01/0001_01.jpg,asian_females/n01/0002_01.jpg,1,{rest}"
        f"2,asian_females/n01/0001_01.jpg,white_males/n02/0001_01.jpg,1,{rest}"
        f"3,asian_females/n01/0001_01.jpg,white_males/n02/0001_01.jpg,0,{rest}"
    )
    root = folder(
        "asian_females/n01/0001_01.jpg",
        "asian_females/n01/0002_01.jpg",
        "white_males/n02/0001_01.jpg",
        "white/n03/0001_01.jpg",
        **{"bfw-v0.1.5-datatable.csv": header + table},
    )
    report = check(load_dataset("bfw"), root)
    assert report.refused == {"folder is not ethnicity_gender": 1}
    assert report.listed_pairs == {"datatable": 2}
    assert "1 pair refused: called mated, but the subjects are not the same: line 3" in "\n".join(report.lines())


def test_demogpairs_labels_are_file_names(folder: Folder, lines_of: Lines) -> None:
    root = folder(
        "images/ann/001.jpg",
        "images/ann/002.JPG",
        "images/bob/001.jpg",
        "images/eve/001.jpg",
        **{
            "metadata/Asian_Females.txt": "db_code  image_path\r\nCWF  ann/001.jpg\r\nVGGFace ann/002.JPG\r\n",
            "metadata/Black_Males.txt": "db_code image_path\nVGGFace2 bob/001.jpg\nCWF gone/001.jpg\n",
            "metadata/White_Females.txt": "db_code image_path\nVGGFace2 bob/001.jpg\n",
        },
    )
    found = load(load_dataset("demogpairs"), root)
    assert labels(found, "ethnicity") == {"ann/001.jpg": "Asian", "ann/002.JPG": "Asian", "eve/001.jpg": "unknown"}
    assert labels(found, "gender")["ann/001.jpg"] == "female"
    assert labels(found, "source")["ann/002.JPG"] == "VGGFace"
    assert found.refused == {"bob/001.jpg": "the table of labels has two rows for it that differ"}
    lines = lines_of(found.findings)
    assert any("1 sample without a row of labels: 'eve/001.jpg'" in line for line in lines)
    assert any("1 row of labels for ids without a sample: gone/001.jpg" in line for line in lines)


def test_meds_2_records_that_contradict(folder: Folder) -> None:
    root = folder(
        "data/S001/S001-01-t10_01.jpg",
        "data/S001/S001-02-t10_01.jpg",
        "data/S001/S001-01-t10_01.eft",
        "data/S002/S003-01-t10_01.jpg",
        "data/S004/S004-01-t10_01.jpg",
        "data/S005/S005-01-t10_01.jpg",
        **{"subjects.csv": "subject_id,sex,race\rS001,M,B\rS004,M,W\rS004,M,B\rS005,F,X\r"},
    )
    found = load(load_dataset("meds-2"), root)
    assert found.samples.subjects.tolist() == ["S001", "S001"]
    assert found.samples.sessions.tolist() == ["01", "02"]
    assert found.refused == {
        "S002/S003-01-t10_01.jpg": "its path matches no pattern of the card",
        "S004/S004-01-t10_01.jpg": "the table of labels has two rows for it that differ",
        "S005/S005-01-t10_01.jpg": "race: expected Asian, Black, Native American, White",
    }


def test_colorferet_packed_and_unpacked(folder: Folder, lines_of: Lines) -> None:
    one, two = "dvd1/data/images/00001/00001_930831_fa", "dvd2/data/images/00740/00740_940128_fb"
    truth = "data/ground_truths/name_value"
    root = folder(
        f"{one}.ppm",
        f"{one}.ppm.bz2",
        "dvd1/data/images/00001/00001_930831_hl_a.PPM.bz2",
        f"{two}.ppm",
        "dvd2/data/images/00740/00741_940128_fa.ppm",
        "dvd1/data/thumbnails/00001/00001_930831_fa.ppm",
        **{
            f"dvd1/{truth}/00001/00001.txt": "id=cfrS00001\ngender=Male\nyob=1943\nrace=White\n",
            f"dvd1/{truth}/00001/00001_930831_fa.txt": "capture_date=08/31/1993\npose=fa\n",
            f"dvd2/{truth}/00740/00740.txt": "id=cfrS00740\r\ngender=Female\r\nyob=1960\r\nrace=Asian-Southern\r\n",
        },
    )
    found = load(load_dataset("colorferet"), root)
    assert labels(found, "race") == {f"{one}.ppm": "White", f"{two}.ppm": "Asian-Southern"}
    assert labels(found, "pose")[f"{two}.ppm"] == "fb" and roles(found) == ["photo", "selfie"]
    assert found.refused == {
        "dvd1/data/images/00001/00001_930831_hl_a.PPM.bz2": "bzip2: packed; run find FOLDER -name '*.bz2' -exec "
        "bunzip2 -k {} +",
        "dvd2/data/images/00740/00741_940128_fa.ppm": "its path matches no pattern of the card",
    }
    assert any("1 image left out, as the card says: dvd1/data/thumbnails" in line for line in lines_of(found.findings))


def test_vggface2_spaces_commas_and_broken_rows(folder: Folder, lines_of: Lines) -> None:
    root = folder(
        "test/n000001/0001_01.jpg",
        "test/n000002/0001_01.jpg",
        "test/n000003/0001_01.jpg",
        "test/n000004/0001_01.jpg",
        "test/n000005/1.jpg",
        **{
            "identity_meta.csv": 'Class_ID, Name, Sample_Num, Flag, Gender\nn000001, "A, B", 424, 0, m\n'
            "n000002, C, D, 100, 0, f\nn000003, E, 7, 0, f\nn009999, F, 7, 1, f\n"
        },
    )
    card = load_dataset("vggface2")
    assert card.needs_acknowledgement
    found = load(card, root)
    assert labels(found, "gender") == {
        "n000001/0001_01.jpg": "male",
        "n000003/0001_01.jpg": "female",
        "n000004/0001_01.jpg": "unknown",
    }
    assert found.refused == {
        "n000002/0001_01.jpg": "its row in the table of labels has too many or too few fields",
        "n000005/1.jpg": "its path matches no pattern of the card",
    }
    assert any(
        line.startswith("error: identity_meta.csv: 1 row of labels with too many or too few fields: line 3")
        for line in lines_of(found.findings)
    )


def test_ba_test_flags(folder: Folder) -> None:
    names = [f"n00000{person}/0001_01.jpg" for person in range(1, 5)]
    rows = ["n000001,1,1,0,0,1,0,0,0", "n000002,0,0,1,0,0,1,1,0", "n000003,0,0,0,1,0,0,0,0", "n000004,x,1,0,0,0,0,0,1"]
    table = "Filename,Identity,Male,Young,Middle_Aged,Senior,White,Black,Indian,Asian\n"
    table += "".join(f"{name},{row}\n" for name, row in zip(names, rows, strict=True))
    found = load(load_dataset("ba-test"), folder(*names, **{"ba_test.csv": table}))
    assert labels(found, "ethnicity") == {names[0]: "White", names[2]: "unknown"}
    assert labels(found, "gender") == {names[0]: "male", names[2]: "female"}
    assert labels(found, "age") == {names[0]: "Young", names[2]: "Senior"}
    assert found.refused == {
        names[1]: "ethnicity: expected Asian, Black, Indian, White",
        names[3]: "gender: expected female, male",
    }
    assert any("'Black + Indian'" in line for one in found.findings for line in one.examples)


def test_casual_conversations_2_free_text(folder: Folder) -> None:
    def video(subject: str, gender: str, age: str, scale: str) -> str:
        return (
            f'{{"subject_id": "{subject}", "video_name": "v", "age": "{age}", "gender": "{gender}", '
            f'"country": "India", "monk_skin_tone": {{"scale": "{scale}", "confidence": "high"}}}}'
        )

    videos = [
        video("0001", "cis woman", "25", "scale 5"),
        video("0001", "cis woman", "25", "scale 5"),
        video("0002", "Cis Man", "60", "scale 10"),
        video("0003", "transgender woman", "prefer not to say", "scale 1"),
        video("0004", "prefer not to say", "17", "scale 2"),
        video("0005", "non-binary", "30", "scale 3"),
        video("0006", "cis man", "30", "scale 3"),
        video("0006", "cis man", "31", "scale 3"),
        video("7", "cis man", "31", "scale 3"),
    ]
    names = [f"ccv2-frames-part-{1 + person % 5}/000{person}/frame.jpg" for person in range(1, 8)]
    root = folder(*names, **{"annotations/CasualConversationsV2.json": f"[{','.join(videos)}]"})
    found = load(load_dataset("casual-conversations-2"), root)
    by_subject = dict(zip(found.samples.subjects.tolist(), found.samples.groups["gender"].tolist(), strict=True))
    assert by_subject == {"0001": "woman", "0002": "man", "0003": "woman", "0005": "other"}
    assert labels(found, "age")[names[2]] == "unknown" and labels(found, "skin")[names[1]] == "10"
    assert found.refused == {
        names[3]: "age: expected a number from 18 to below 120",
        names[5]: "the table of labels has two rows for it that differ",
        names[6]: "the table of labels has its id written as another number only",
    }


def test_fhibe_lists_and_several_people(folder: Folder, lines_of: Lines) -> None:
    base = "data/raw/fhibe_downsampled"
    rows = [
        ("p1", "a", "['0. She/her/hers']", "['0. Africa', '4. Southern Africa']", "[18, 30)", "False"),
        ("p1", "b", "['0. She/her/hers']", "['0. Africa', '4. Southern Africa']", "[18, 30)", "False"),
        ("p2", "c", "['0. She/her/hers', '2. They/them/their']", "['11. Asia', '17. Europe']", "61", "False"),
        ("p3", "d", "['1. He/him/his']", "['11. Asia']", "[30, 40)", "True"),
        ("p4", "e", "['5. Prefer not to say']", "['99. Moon']", "[30, 40)", "False"),
    ]
    header = (
        "image_id,filepath,subject_id,pronoun,ancestry,age,natural_skin_color,lighting,scene,multiple_subjects,more\n"
    )
    names = [f"{base}/{subject}/{image}/faces_crop_and_align_{image}_{subject}.png" for subject, image, *_ in rows]
    text = "".join(
        f'{image},{name},{subject},"{pronoun}","{ancestry}","{age}","5. [198, 180, 157]",'
        f'"[\'0. Lighting from above the head/face\']","12. Indoor: Home or hotel",{several},"{"x" * 200_000}"\n'
        for (subject, image, pronoun, ancestry, age, several), name in zip(rows, names, strict=True)
    )
    card = load_dataset("fhibe")
    found = load(card, folder(*names, **{card.files["manifest"].replace("/", "__"): header + text}))
    assert found.samples.groups["pronoun"].tolist() == ["she", "she", "several"]
    assert found.samples.groups["ancestry"].tolist() == ["Africa", "Africa", "several"]
    assert found.samples.groups["age"].tolist() == ["18-29", "18-29", "60 and over"]
    assert set(found.samples.groups["skin"]) == {"I very light"} and set(found.samples.groups["scene"]) == {"indoor"}
    assert set(found.samples.groups["lighting"]) == {"above"}
    assert found.refused == {names[4]: "ancestry: expected Africa, Americas, Asia, Europe, Oceania, several"}
    assert [line for line in lines_of(found.findings) if "left out" in line] == [
        f"info: {card.files['manifest']}: 1 sample left out, as the card says: multiple_subjects is not False or 0: "
        "line 5; not used"
    ]


def test_london_litter_two_ethnicities_and_no_age(folder: Folder) -> None:
    names = ["neutral_front/001_03.jpg", "smiling_front/001_08.jpg", "neutral_front/002_03.jpg"]
    table = "face_id,face_age,face_gender,face_eth\n001,24,female,white\n002,,male,east_asian/white\n"
    litter = ["neutral_front/._001_03.jpg", "neutral_front/001_08.jpg"]
    found = load(load_dataset("london"), folder(*names, *litter, **{"london_faces_info.csv": table}))
    assert labels(found, "ethnicity") == {names[0]: "white", names[2]: "unknown", names[1]: "white"}
    assert labels(found, "age")[names[2]] == "unknown" and roles(found) == ["photo", "photo", "selfie"]
    assert found.refused == {"neutral_front/001_08.jpg": "its path matches no pattern of the card"}


def test_london_in_the_copies_with_other_ids(folder: Folder) -> None:
    table = "face_id,face_age,face_gender,face_eth\nX001,24,female,white\n"
    root = folder("neutral_front/001_03.jpg", **{"london_faces_info.csv": table})
    message = "not one of its 1 id is a subject of the data set: 'X001' there, '001' here"
    with pytest.raises(DatasetError, match=re.escape(message)):
        load(load_dataset("london"), root)


@pytest.mark.parametrize("base", ["FLUXSynID", "FLUXSynID/FLUXSynID"])
def test_fluxsynid_prompts_and_names(folder: Folder, base: str) -> None:
    a, b = "0123456789ab", "ba9876543210"

    def prompt(gender: str) -> str:
        return f'{{"attributes": {{"ages.txt": "20-29", "genders.txt": "{gender}"}}, "prompt": "a face"}}'

    root = folder(
        *(f"{base}/{a}/{a}_m_{shot}.jpg" for shot in ("doc", "live_0_e_d1", "live_0_a_d1")),
        f"{base}/{a}/{a}_m_live_0_p_d1.png",
        f"{base}/{b}/{b}_f_doc.jpg",
        f"{base}/{b}/{a}_f_doc.jpg",
        **{f"{base}/{a}/{a}_m.json": prompt("Male"), f"{base}/{b}/{b}_f.json": prompt("Male")},
    )
    found = load(load_dataset("fluxsynid"), root)
    assert sorted(found.samples.groups["shot"].tolist()) == ["doc", "live a", "live e", "live p"]
    assert set(found.samples.groups["gender"]) == {"male"} and set(found.samples.groups["age"]) == {"20-29"}
    assert roles(found).count("photo") == 1
    assert found.refused == {
        f"{base}/{b}/{b}_f_doc.jpg": "gender: its path and the table of labels say different labels",
        f"{base}/{b}/{a}_f_doc.jpg": "its path matches no pattern of the card",
    }


def test_controlface10k(folder: Folder) -> None:
    one = "African/female/adult/identity-0a1b-2c/1.png"
    found = load(load_dataset("controlface10k"), folder(f"controlface/{one}", "controlface/African/female/1.png"))
    assert found.samples.subjects.tolist() == ["0a1b-2c"] and labels(found, "race") == {one: "African"}
    assert found.refused == {"African/female/1.png": "its path matches no pattern of the card"}


def test_lfw_attributes_signs_and_missing_images(folder: Folder) -> None:
    header = "# lfw_attributes.txt v1.2 - 73 attributes\n#\tperson\timagenum\tMale\tAsian\tWhite\tBlack\tBaby\n"
    text = (
        "Abba Eban\t1\t1.5\t-1\t2.0\t-2\t0\nAbba Eban\t2\t-0.1\t1\t2\t-2\t0\nAnn B\t1\t-2\t-1\t-2\t-2\t0\n"
        "Zoe Ball\t1\t-2\t-1\t2\t-2\t0\n"
    )
    names = ["Abba_Eban/Abba_Eban_0001.jpg", "Abba_Eban/Abba_Eban_0002.jpg", "Ann_B/Ann_B_0001.jpg"]
    root = folder(
        *(f"lfw/{name}" for name in [*names, "Ann_B/Ann_C_0001.jpg"]),
        **{"lfw_attributes.txt": header + text, "pairs.txt": "1\t1\nAbba_Eban\t1\t2\nAnn_B\t1\tZoe_Ball\t1\n"},
    )
    card = load_dataset("lfw-attributes")
    found = load(card, root)
    assert labels(found, "race") == {names[0]: "White", names[1]: "unknown", names[2]: "unknown"}
    assert labels(found, "gender") == {names[0]: "male", names[1]: "female", names[2]: "female"}
    assert found.refused == {"Ann_B/Ann_C_0001.jpg": "its path matches no pattern of the card"}
    assert len(load_pairs(card, root, found.samples, "view2")) == 1


@pytest.mark.parametrize("name", ["calfw", "cplfw"])
def test_two_lines_a_pair(folder: Folder, name: str) -> None:
    images = ["Ann_B_0001.jpg", "Ann_B_0002.jpg", "Zoe_0001.jpg", "odd.jpg"]
    pairs = "Ann_B_0001.jpg 1\nAnn_B_0002.jpg 1\nAnn_B_0001.jpg 0\nZoe_0001.jpg 0\nAnn_B_0001.jpg 2\nZoe_0001.jpg 2\n"
    root = folder(
        *(f"aligned images/{image}" for image in images),
        **{f"pairs_{name.upper()}.txt": pairs, "people.csv": "subject_id,gender\nAnn_B,female\n"},
    )
    report = check(load_dataset(name), root)
    assert report.refused == {"its path matches no pattern of the card": 1}
    assert report.listed_pairs == {name: 2}
    assert any("called mated, but the subjects are not the same: line 5" in line for line in report.lines())


def test_xqlfw(folder: Folder) -> None:
    names = ["Ann_B/Ann_B_0001.jpg", "Ann_B/Ann_B_0002.jpg", "Zoe/Zoe_0001.jpg"]
    root = folder(
        *(f"lfw_original_imgs_min_qual0.85variant11/{name}" for name in names),
        **{
            "xqlfw_pairs.txt": "1\t1\nAnn_B\t1\t2\nAnn_B\t1\tZoe\t1\n",
            "female_names.txt": "Ann_B_0001.jpg\r\nZoe_0001.jpg\r\n",
            "male_names.txt": "Ann_B_0002.jpg\n",
        },
    )
    report = check(load_dataset("xqlfw"), root)
    assert report.refused == {"gender: the subject has two labels": 2}
    assert report.listed_pairs == {"view2": 0}


def test_agedb(folder: Folder) -> None:
    names = ["0_MariaCallas_35_f.jpg", "1_MariaCallas_60_f.JPG", "2_PaulNewman_20_m.jpg", "3_Paul_Newman_21_m.jpg"]
    pairs = f"{names[0]} {names[1]} 1\n{names[0]} {names[2]} 0\n"
    report = check(load_dataset("agedb"), folder(*names, "4_NoAge_f.jpg", **{"agedb_30_pairs.txt": pairs}))
    assert report.refused == {"its path matches no pattern of the card": 2}
    assert report.listed_pairs == {"agedb-30": 2}
    assert {count.group: count.samples for count in report.groups if count.grouping == "age" and count.samples} == {
        "18-29": 1,
        "30-44": 1,
        "60 and over": 1,
    }


def test_utkface_names_that_lack_a_part(folder: Folder, lines_of: Lines) -> None:
    good = ["34_1_2_20170104201443273.jpg", "116_0_0_20170104201443273.jpg.chip.JPG"]
    bad = ["61_1_20170109150557335.jpg.chip.jpg", "53__0_20170116184028385.jpg", "24_0_9_20170116220224657 .jpg"]
    found = load(load_dataset("utkface"), folder(*good, *bad, "._34_1_2_20170104201443273.jpg"))
    assert labels(found, "ethnicity") == {good[0]: "Asian", good[1]: "White"}
    assert labels(found, "age") == {good[0]: "30-44", good[1]: "61 and over"}
    assert found.refused == {
        bad[0]: "its path matches no pattern of the card",
        bad[1]: "its path matches no pattern of the card",
        bad[2]: "ethnicity: expected Asian, Black, Indian, Other, White",
    }
    assert lines_of(found.findings)[0] == (
        f"error: utkface: 2 samples refused: its path matches no pattern of the card: {bad[1]}; {bad[0]}; correct it"
    )


def test_ppb_with_lines_that_end_in_cr(folder: Folder) -> None:
    table = (
        "id,file,gender,numeric,skin_color,country\r1,a.jpg,Female,1,VI,Senegal\r2,b.jpg,Male,0,II,Sweden\r"
        "3,gone.jpg,Male,0,II,Sweden\r4,c.jpg,Male,0,darker,Sweden\r"
    )
    images = [f"PPB-2017/imgs/{name}.jpg" for name in "abc"]
    report = check(load_dataset("ppb"), folder(*images, **{"PPB-2017/PPB-2017-metadata.csv": table}))
    assert report.refused == {"no such file": 1, "skin: expected I, II, III, IV, V, VI": 1}
    assert (report.groups[0].subjects, report.groups[0].mated, report.groups[0].nonmated) == (2, 0, 1)
    assert any("no identities: every sample counts as a person of its own" in line for line in report.lines())


def test_cfd_folders_that_contradict(folder: Folder) -> None:
    base = "CFD 2.0.3 Images"
    root = folder(
        f"{base}/WM-238/CFD-WM-238-020-N.jpg",
        f"{base}/WM-238/CFD-WM-238-021-HO.JPG",
        f"{base}/BF-001/CFD-BM-001-020-N.jpg",
        f"{base}/XF-002/CFD-XF-002-020-N.jpg",
        f"{base}/AF-003/CFD-AF-003-020-Z.jpg",
    )
    found = load(load_dataset("cfd"), root)
    assert found.samples.subjects.tolist() == ["WM-238"] * 2 and roles(found) == ["photo", "selfie"]
    assert set(found.samples.groups["race"]) == {"White"} and set(found.samples.groups["gender"]) == {"male"}
    assert sorted(set(found.refused.values())) == [
        "expression: expected N, A, F, HC, HO",
        "its path matches no pattern of the card",
        "race: expected Asian, Black, Indian, Latino, Multiracial, White",
    ]


def test_muct_mirrored_and_changing_sex(folder: Folder) -> None:
    names = ["i000qa-fn.jpg", "i000rb-fg.jpg", "i001qa-mn.jpg", "i001qb-fn.jpg"]
    root = folder(*(f"jpg/{name}" for name in [*names, "ir000qa-fn.jpg", "i002qa-f.jpg"]))
    found = load(load_dataset("muct"), root)
    assert labels(found, "glasses") == {names[0]: "no", names[1]: "yes"}
    assert found.refused == {
        names[2]: "sex: the subject has two labels",
        names[3]: "sex: the subject has two labels",
        "i002qa-f.jpg": "its path matches no pattern of the card",
    }
    assert [one.examples for one in found.findings if one.rule == "left-out"] == [("jpg/ir000qa-fn.jpg",)]


def test_scface_distance_that_contradicts_its_folder(folder: Folder) -> None:
    root = folder(
        "mugshot_frontal_cropped_all/001_frontal.JPG",
        "surveillance_cameras_distance_1/cam_1/001_cam1_1.jpg",
        "surveillance_cameras_distance_2/cam_1/001_cam1_3.jpg",
        "surveillance_cameras_distance_2/cam_2/001_cam3_2.jpg",
        "mugshot_rotation_all/001_L1.jpg",
    )
    found = load(load_dataset("scface"), root)
    assert roles(found) == ["photo", "selfie"] and found.samples.groups["distance"].tolist() == ["unknown", "1"]
    assert found.refused == {
        "surveillance_cameras_distance_2/cam_1/001_cam1_3.jpg": "distance: two values in its path",
        "surveillance_cameras_distance_2/cam_2/001_cam3_2.jpg": "camera: two values in its path",
    }


def test_diveface(folder: Folder) -> None:
    root = folder(
        "4K_120/HA4K_120/1@N01_identity_0/1_0.jpg",
        "4K_120/MN4K_120/2@N01_identity_0/1_0.jpg",
        "4K_120/MX4K_120/3@N01_identity_0/1_0.jpg",
        "4K_120/HB4K_120/2@N01_identity_1/1_0.jpg",
        "4K_120/MB4K_120/2@N01_identity_1/2_0.jpg",
    )
    card = load_dataset("diveface")
    found = load(card, root)
    assert card.needs_acknowledgement
    assert found.samples.grouping(("ethnicity", "gender")).tolist() == ["Asian, male", "Black, female"]
    assert sorted(found.refused.values()) == [
        "ethnicity: expected Asian, Black, White",
        "gender: the subject has two labels",
        "gender: the subject has two labels",
    ]


def test_casia_face_africa(folder: Folder) -> None:
    table = "subject_id,path,sex,camera,light\n1,a.jpg,F,C1,day\n1,b.jpg,F,C3,night\n2,c.jpg,M,C4,day\n"
    found = load(load_dataset("casia-face-africa"), folder("a.jpg", "b.jpg", "c.jpg", **{"index.csv": table}))
    assert labels(found, "camera") == {"a.jpg": "C1", "b.jpg": "C3"}
    assert found.refused == {"c.jpg": "camera: expected C1, C2, C3"}


def test_celeba_tables_without_a_header(folder: Folder) -> None:
    names = [f"00000{number}.jpg" for number in range(1, 4)]
    flags = [" ".join(["-1"] * 20 + [male] + ["-1"] * 18 + ["1"]) for male in ("1", "-1", "1")]
    rows = "".join(f"{name} {text}\n" for name, text in zip(names, flags, strict=True))
    card = load_dataset("celeba")
    attributes = f"3\n{' '.join(card.tables['labels'].header[1:])}\n{rows}"
    root = folder(
        *(f"img_align_celeba/{name}" for name in names[:2]),
        **{"identity_CelebA.txt": "".join(f"{name} {7 + k // 2}\n" for k, name in enumerate(names)),
           "list_attr_celeba.txt": attributes},
    )  # fmt: skip
    found = load(card, root)
    assert found.samples.subjects.tolist() == ["7", "7"]
    assert labels(found, "gender") == {names[0]: "male", names[1]: "female"}
    assert set(found.samples.groups["age"]) == {"young"} and set(found.samples.groups["skin"]) == {"not pale"}
    assert found.refused == {names[2]: "no such file"}


def test_digiface(folder: Folder) -> None:
    found = load(
        load_dataset("digiface"), folder("0/0.png", "0/1.PNG", "1/x/0.png", **{"people.csv": "subject_id,group\n0,a\n"})
    )
    assert found.samples.subjects.tolist() == ["0", "0"]
    assert found.refused == {"1/x/0.png": "its path matches no pattern of the card"}


WITHDRAWN = {"rfw", "bfw", "bfw-scores", "bupt-balancedface", "demogpairs", "vggface2", "ba-test", "diveface"}
AGREED = {"casual-conversations-2", "colorferet", "fhibe", "ijb-c", "morph-2", "scface"}
RESEARCH = {"agedb", "casia-face-africa", "celeba", "cfd", "digiface", "ppb", "utkface", "utkface-subset"}


def test_terms_are_acknowledged_that_were_withdrawn_signed_or_bar_a_use() -> None:
    asked = {name for name in card_names("datasets") if load_dataset(name).needs_acknowledgement}
    assert asked == WITHDRAWN | AGREED | RESEARCH
    assert all(load_dataset(name).bars for name in WITHDRAWN | RESEARCH)
    assert set(load_dataset("fhibe").bars) >= {"law enforcement", "military use", "surveillance"}


@pytest.mark.parametrize("name", card_names("datasets"))
def test_terms_that_say_what_alone_is_allowed_bar_the_rest(name: str) -> None:
    card = load_dataset(name)
    narrow = re.search(r"research( under the signed agreement)? only|evaluation only|no law enforcement", card.terms)
    assert bool(card.bars) == bool(narrow), card.terms
