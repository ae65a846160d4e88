"""Names, tables and labels as other systems write them: read rightly, or refused with the reason; never lost, never
guessed. The cases of shared/cases that they come from are named with them, and are made here in the same way."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facegap.cards import DatasetCard
from facegap.datasets import check, load, load_pairs
from facegap.datasets.ids import alike, as_number
from facegap.errors import DatasetError

Folder = Callable[..., Path]
MakeCard = Callable[..., DatasetCard]
LinesOf = Callable[[Any], list[str]]

SEX = {"values": ("female", "male"), "label_source": "generated"}
TREE = {"adapter": "tree", "files": {}, "groups": {"sex": SEX}, "tree_groups": ("sex",)}


def encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), 90, dtype=np.uint8)).save(buffer, kind)
    return buffer.getvalue()


def test_files_are_pictures_by_their_content(folder: Folder, make_card: MakeCard) -> None:
    """Case 03: two people each under .jpg .jfif .JPE .gif .jp2 .heic .avif .jpg.bin .JPG .pjpeg .webp .png."""
    kinds = {
        ".jpg": "JPEG",
        ".jfif": "JPEG",
        ".JPE": "JPEG",
        ".gif": "GIF",
        ".jp2": "JPEG2000",
        ".heic": "JPEG",
        ".avif": "PNG",
        ".jpg.bin": "JPEG",
        ".JPG": "JPEG",
        ".pjpeg": "JPEG",
        ".webp": "WEBP",
        "": "TIFF",
    }
    names = {
        f"{'male' if number % 2 else 'female'}/p{number:03d}/{light}{suffix}": encoded(kind)
        for number, (suffix, kind) in enumerate(kinds.items())
        for light in ("studio", "window")
    }
    report = check(make_card(**TREE), folder(**names))
    assert report.groups[0].samples == 24
    assert report.groups[0].subjects == 12
    assert not report.refused


def test_what_is_no_picture_and_what_is_not_read_is_named(
    folder: Folder, make_card: MakeCard, lines_of: LinesOf
) -> None:
    root = folder(
        "female/a/1.jpg",
        **{
            "female/a/2.psd": b"8BPS\0\1" + bytes(60),
            "female/a/3.jxl": b"\xff\x0a" + bytes(60),
            "female/a/4.heic": b"\0\0\0\x18ftypheic" + bytes(60),
            "female/a/5.txt": "words",
            "female/a/6": b"",
            "female/a/7.mp4": b"\0\0\0\x18ftypisom" + bytes(60),
        },
    )
    found = load(make_card(**TREE), root)
    assert found.samples.ids.tolist() == ["female/a/1.jpg", "female/a/4.heic"]
    assert found.refused == {
        "female/a/2.psd": "Photoshop: not read here; save it as JPEG or PNG",
        "female/a/3.jxl": "JPEG XL: not read here; save it as JPEG or PNG",
    }
    assert lines_of(found.findings)[-1] == (
        "info: tiny: 3 files below the root that are no picture: female/a/5.txt; female/a/6; female/a/7.mp4; not used"
    )


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_utf8_are_refused(folder: Folder, make_card: MakeCard) -> None:
    """Case 07: a folder called jos\\xe9 in Latin-1."""
    root = folder("female/anna/studio.jpg", "male/bert/studio.jpg")
    odd = os.fsencode(root) + b"/male/jos\xe9"
    try:
        Path(os.fsdecode(odd)).mkdir()
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    Path(os.fsdecode(odd + b"/studio.jpg")).write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(root) + b"/note\xe9.txt")).write_bytes(b"x")
    report = check(make_card(**TREE), root)
    assert report.refused == {"file name is not UTF-8": 1}
    text = "\n".join(report.lines())
    assert "jos\\xe9/studio.jpg" in text
    assert "note\\xe9.txt" in text
    text.encode()


def test_control_characters_in_names_stay_on_their_line(folder: Folder, make_card: MakeCard) -> None:
    root = folder("female/a/1.jpg", **{"evil\n\x1b[31m.txt": "x"})
    text = "\n".join(check(make_card(**TREE), root).lines())
    assert "evil\\n\\x1b[31m.txt" in text


def test_accents_in_another_form_are_named(folder: Folder, make_card: MakeCard, lines_of: LinesOf) -> None:
    """Case 13: names decomposed on disk (macOS) and composed in the table; Korean too."""
    import unicodedata

    names = ("José_studio.jpg", "김민수_studio.jpg", "plain.jpg")
    root = folder(*(unicodedata.normalize("NFD", name) for name in names))
    table = "subject_id,path,gender\n" + "".join(f"s{k},{name},female\n" for k, name in enumerate(names))
    (root / "index.csv").write_text(table, encoding="utf-8")
    found = load(make_card(), root)
    assert found.refused == dict.fromkeys(names[:2], "no such file")
    line = lines_of(found.findings)[0]
    assert line.count("whose accents are written in another form (NFC, NFD)") == 2


@pytest.mark.parametrize(
    ("changed", "whole"), [("1", "0001"), ("1.0", "0001"), ("0001", "1"), ("12/3.jpg", "0012/03.jpg")]
)
def test_numbers_as_spreadsheets_change_them(changed: str, whole: str) -> None:
    assert as_number(changed) == as_number(whole)


@pytest.mark.parametrize(("one", "other"), [("1", "2"), ("10", "1"), ("1.5", "1"), ("a1", "b1"), ("1-0", "10")])
def test_other_numbers_are_other_names(one: str, other: str) -> None:
    assert as_number(one) != as_number(other)


def test_a_file_that_a_spreadsheet_took_the_zeros_from(folder: Folder, make_card: MakeCard, lines_of: LinesOf) -> None:
    found = load(make_card(), folder("0001.jpg", **{"index.csv": "subject_id,path,gender\na,1.jpg,female\n"}))
    assert "there is '0001.jpg': did a spreadsheet change it?" in lines_of(found.findings)[0]


def test_subjects_that_are_one_number_are_warned_of(folder: Folder, make_card: MakeCard, lines_of: LinesOf) -> None:
    assert alike(["0001", "1", "1.0", "2", "x"]) == [["0001", "1", "1.0"]]
    table = "subject_id,path,gender\n0001,1.jpg,female\n1,2.jpg,female\n1.0,3.jpg,male\n"
    found = load(make_card(), folder("1.jpg", "2.jpg", "3.jpg", **{"index.csv": table}))
    assert len(set(found.samples.subjects)) == 3
    assert "1 subject written in two ways: '0001' and '1' and '1.0'" in lines_of(found.findings)[0]


@pytest.mark.parametrize("mark", [";", "\t", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_tables_as_spreadsheets_save_them(
    folder: Folder, make_card: MakeCard, mark: str, encoding: str, end: str
) -> None:
    text = end.join(mark.join(row) for row in (("subject_id", "path", "gender"), ("Zoë", "a.jpg", "female"), ()))
    if encoding.endswith("-bom"):
        data = ("\ufeff" + text).encode(encoding.removesuffix("-bom"))
    else:
        data = text.encode(encoding)
    found = load(make_card(), folder("a.jpg", **{"index.csv": data}))
    assert found.samples.subjects.tolist() == ["Zoë"]
    assert found.samples.groups["gender"].tolist() == ["female"]


def test_a_line_that_names_the_mark_is_obeyed(folder: Folder, make_card: MakeCard) -> None:
    text = "sep=;\nsubject_id;path;gender\nann;a.jpg;female\nbob;b.jpg;mael\n"
    found = load(make_card(), folder("a.jpg", "b.jpg", **{"index.csv": text}))
    assert len(found.samples) == 1
    assert "(line 4)" in found.findings[0].examples[0]


def test_commas_inside_quotes_do_not_count(folder: Folder, make_card: MakeCard) -> None:
    text = 'subject_id;path;gender;"a,b,c,d"\nann;a.jpg;female;1,5\n'
    assert len(load(make_card(), folder("a.jpg", **{"index.csv": text})).samples) == 1


def test_a_field_of_two_hundred_thousand_characters(folder: Folder, make_card: MakeCard) -> None:
    """FHIBE's manifest has fields of up to 168,126 characters."""
    text = f'subject_id,path,gender,landmarks\nann,a.jpg,female,"{"[1, 2], " * 25_000}"\n'
    assert len(load(make_card(), folder("a.jpg", **{"index.csv": text})).samples) == 1


ANCESTRY = ("Africa", "Southern Africa", "Asia")


def ancestry(**changes: Any) -> dict[str, Any]:
    renamed = {"0. Africa": "Africa", "4. Southern Africa": "Southern Africa", "1. Asia": "Asia"}
    return {"ancestry": {"values": ANCESTRY, "label_source": "self-report", "map": renamed, **changes}}


LISTED = """subject_id,path,ancestry
a,a.jpg,"['0. Africa', '4. Southern Africa']"
b,b.jpg,['1. Asia']
c,c.jpg,"[""1. Asia"", ""0. Africa""]"
d,d.jpg,[]
"""
"""Cells as FHIBE writes them, one as JSON."""


@pytest.mark.parametrize(
    ("rule", "labels"),
    [
        ("first", ["Africa", "Asia", "Asia", "unknown"]),
        ("last", ["Southern Africa", "Asia", "Africa", "unknown"]),
        ("joined", ["Africa + Southern Africa", "Asia", "unknown"]),
        ("refuse", ["Asia", "unknown"]),
    ],
)
def test_labels_that_are_lists_follow_the_card(
    folder: Folder, make_card: MakeCard, rule: str, labels: list[str], lines_of: LinesOf
) -> None:
    groups = ancestry(lists=rule, values=(*ANCESTRY, "Africa + Southern Africa"))
    found = load(make_card(groups=groups), folder("a.jpg", "b.jpg", "c.jpg", "d.jpg", **{"index.csv": LISTED}))
    assert found.samples.groups["ancestry"].tolist() == labels
    assert len(found.samples) + len(found.refused) == 4
    if rule == "refuse":
        assert "a list: say in the card which counts, groups.ancestry.lists" in lines_of(found.findings)[0]


def test_a_manifest_in_json(folder: Folder, make_card: MakeCard) -> None:
    """One object a video, nested scales, as Casual Conversations v2 has them."""
    entries = [
        {"subject_id": "0001", "path": "a.jpg", "gender": "female", "skin": {"scale": "5", "sure": True}},
        {"subject_id": "0002", "path": "b.jpg", "gender": None, "skin": {"scale": "6"}},
    ]
    skin = {"values": ("5", "6"), "label_source": "annotator"}
    card = make_card(files={"manifest": "a.json"}, groups={"gender": SEX, "skin": skin}, columns={"skin": "skin/scale"})
    lines = "\n".join(json.dumps(entry) for entry in entries)
    for text in (json.dumps(entries), lines):
        found = load(card, folder("a.jpg", "b.jpg", **{"a.json": text}))
        assert found.samples.subjects.tolist() == ["0001", "0002"]
        assert found.samples.groups["gender"].tolist() == ["female", "unknown"]
        assert found.samples.groups["skin"].tolist() == ["5", "6"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: not JSON: Expecting value"),
        ("{", "line 1: not JSON: Expecting property name"),
        ("[]", "expected a list of JSON objects, or objects by id, found an empty one"),
        ("[1]", "expected a list of JSON objects, or objects by id, found a list"),
        ("12", "found a text"),
        ('[{"path": "a.jpg"}]', "no column 'subject_id'"),
        ("[" * 100_000, "JSON nested too deeply"),
    ],
)
def test_json_that_is_no_table(folder: Folder, make_card: MakeCard, text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message.replace("[", r"\[")):
        load(make_card(files={"manifest": "a.json"}), folder("a.jpg", **{"a.json": text}))


LONDON = {
    "adapter": "tree",
    "files": {"images": "images", "labels": "info.csv"},
    "tree_groups": (),
    "groups": {"gender": SEX},
    "columns": {"subject_id": "face_id", "gender": "face_gender"},
    "subject_pattern": r"(\d+)_\d+",
    "roles": {"photo": ("*_03",), "selfie": ("*_08",)},
}
"""Flat files NNN_03.jpg (neutral) and NNN_08.jpg (smiling) beside a table of labels, as the London Set has them."""


def test_labels_in_a_table_of_their_own_and_roles_by_suffix(
    folder: Folder, make_card: MakeCard, lines_of: LinesOf
) -> None:
    root = folder(
        "images/001_03.jpg",
        "images/001_08.jpg",
        "images/002_03.jpg",
        "images/002_10.jpg",
        "images/odd.jpg",
        **{"info.csv": "face_id,face_gender\n001,female\n002,male\n003,male\n"},
    )
    found = load(make_card(**LONDON), root)
    assert found.samples.subjects.tolist() == ["001", "001", "002", "002"]
    assert found.samples.roles.tolist() == ["photo", "selfie", "photo", ""]
    assert found.samples.groups["gender"].tolist() == ["female", "female", "male", "male"]
    assert found.refused == {"odd.jpg": "its name does not match subject_pattern"}
    rules = {one.rule: one for one in found.findings}
    assert rules["extra-labels"].examples == ("003",)
    assert rules["no-role"].examples == ("images/002_10.jpg",)


@pytest.mark.parametrize("ids", [("1", "2"), ("1.0", "2.0"), ("X001", "X002")])
def test_labels_whose_ids_all_differ_stop(folder: Folder, make_card: MakeCard, ids: tuple[str, str]) -> None:
    table = "face_id,face_gender\n" + "".join(f"{one},female\n" for one in ids)
    root = folder("images/001_03.jpg", "images/002_03.jpg", **{"info.csv": table})
    with pytest.raises(DatasetError, match="not one of its 2 ids is a subject of the data set") as error:
        load(make_card(**LONDON), root)
    assert ("did a spreadsheet change it?" in str(error.value)) == (ids[0][0] == "1")


def test_one_id_that_a_spreadsheet_changed_is_refused_and_never_joined(
    folder: Folder, make_card: MakeCard, lines_of: LinesOf
) -> None:
    root = folder(
        "images/001_03.jpg",
        "images/002_03.jpg",
        "images/003_03.jpg",
        **{"info.csv": "face_id,face_gender\n1,female\n002,male\n"},
    )
    found = load(make_card(**LONDON), root)
    assert found.refused == {"001_03.jpg": "the table of labels has its id written as another number only"}
    assert found.samples.groups["gender"].tolist() == ["male", "unknown"]
    lines = lines_of(found.findings)
    assert "1 subject with its id as another number only: '001', there is '1': did a spreadsheet change it?" in lines[1]
    assert "1 subject without a row of labels: '003'" in lines[2]


def test_two_rows_of_labels_that_differ_are_refused(folder: Folder, make_card: MakeCard) -> None:
    table = "face_id,face_gender\n001,female\n001,male\n002,male\n002,male\n"
    found = load(make_card(**LONDON), folder("images/001_03.jpg", "images/002_03.jpg", **{"info.csv": table}))
    assert found.refused == {"001_03.jpg": "the table of labels has two rows for it that differ"}


def test_a_json_file_of_labels_for_each_subject(folder: Folder, make_card: MakeCard) -> None:
    """FLUXSynID: <id>/<id>_m.json beside the pictures, keys with dots in them."""
    attributes = {"attributes": {"genders.txt": "Male", "ages.txt": "20-29"}, "prompt": "a man"}
    card = make_card(
        adapter="tree",
        files={"labels": "*/*.json"},
        tree_groups=(),
        groups={"gender": {**SEX, "map": {"Male": "male"}}},
        columns={"subject_id": "folder", "gender": "attributes/genders.txt"},
        roles={"photo": ("*_doc",), "selfie": ("*_live_*",)},
    )
    root = folder("abc/abc_m_doc.jpg", "abc/abc_m_live_0_e_d1.jpg", **{"abc/abc_m.json": json.dumps(attributes)})
    found = load(card, root)
    assert found.samples.groups["gender"].tolist() == ["male", "male"]
    assert found.samples.roles.tolist() == ["photo", "selfie"]
    assert not found.findings


def test_a_name_that_matches_two_roles_is_refused(folder: Folder, make_card: MakeCard) -> None:
    table = "subject_id,path,gender\nann,a_doc_live.jpg,female\n"
    card = make_card(roles={"photo": ("*_doc*",), "selfie": ("*_live",)})
    found = load(card, folder("a_doc_live.jpg", **{"index.csv": table}))
    assert found.refused == {"a_doc_live.jpg": "role: its name matches photo and selfie"}


def test_a_list_of_labels_of_which_nothing_matches_stops(folder: Folder, make_card: MakeCard) -> None:
    lists = {"female.txt": "Ann_0001.jpg\n", "male.txt": "Bob_Smith_1.jpg\nCal_1.jpg\n"}
    card = make_card(adapter="lfw", files={"images": "lfw", "female": "female.txt", "male": "male.txt"})
    root = folder("lfw/Ann/Ann_0001.jpg", "lfw/Bob_Smith/Bob_Smith_0001.jpg", **lists)
    with pytest.raises(
        DatasetError, match=r"male.txt: not one of its 2 names is an image.*'Bob_Smith_1.jpg' in the"
    ) as e:
        load(card, root)
    assert "did a spreadsheet change it?" in str(e.value)


def test_pairs_whose_ids_a_spreadsheet_changed_are_named(folder: Folder, make_card: MakeCard) -> None:
    table = "sample_id,subject_id,path,gender\n0001,a,1.jpg,female\n0002,b,2.jpg,female\n0003,c,3.jpg,female\n"
    pairs = "sample_a,sample_b\n1,2\n0001,3.0\n0001,0002\n0001,9\n"
    card = make_card(files={"manifest": "index.csv", "pairs": "pairs.csv"})
    root = folder("1.jpg", "2.jpg", "3.jpg", **{"index.csv": table, "pairs.csv": pairs})
    found = load_pairs(card, root, load(card, root).samples)
    assert len(found) == 1
    assert found.refused == {
        "a sample whose id differs from a known one as a spreadsheet changes numbers (0001, 1, 1.0)": 2,
        "a sample that is not in use (unknown, refused or not drawn)": 1,
    }


def test_what_is_known_of_refused_samples_is_kept(folder: Folder, make_card: MakeCard) -> None:
    table = "subject_id,path,gender\nann,a.jpg,female\nann,gone.jpg,female\nbob,b.jpg,mael\n"
    found = load(make_card(), folder("a.jpg", "b.jpg", **{"index.csv": table}))
    assert found.lost.subjects.tolist() == ["ann", "bob"]
    assert found.lost.groups["gender"].tolist() == ["female", "unknown"]
    assert found.reasons == ("no such file", "gender: expected female, male")
