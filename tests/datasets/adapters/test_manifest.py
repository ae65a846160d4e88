"""The csv adapter: everything that a manifest can get wrong, with the line that the user reads."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from facegap.cards import DatasetCard
from facegap.datasets import Loaded, load
from facegap.errors import DatasetError, DatasetMissing

HEADER = "subject_id,path,gender\n"
ANN = "ann,a1.jpg,female\nann,a2.jpg,female\n"
FILES = ("a1.jpg", "a2.jpg", "b1.jpg")

Folder = Callable[..., Path]
MakeCard = Callable[..., DatasetCard]
LinesOf = Callable[..., list[str]]


def write(root: Path, text: str | bytes) -> None:
    (root / "index.csv").write_bytes(text.encode() if isinstance(text, str) else text)


def loaded(folder: Folder, card: DatasetCard, text: str | bytes, files: tuple[str, ...] = FILES) -> Loaded:
    root = folder(*files)
    write(root, text)
    return load(card, root)


def fails(folder: Folder, card: DatasetCard, text: str | bytes, message: str) -> None:
    with pytest.raises(DatasetError) as error:
        loaded(folder, card, text)
    assert str(error.value).replace(str(error.value).split("index.csv")[0], "") == message


def test_samples_come_in_the_manifest_s_order(folder: Folder, make_card: MakeCard) -> None:
    text = (
        "sample_id,subject_id,path,session,role,gender\ns2,bob,b1.jpg,day 2,selfie,male\ns1,ann,a1.jpg,,photo,female\n"
    )
    found = loaded(folder, make_card(), text, files=("a1.jpg", "b1.jpg"))
    samples = found.samples
    assert samples.ids.tolist() == ["s2", "s1"]
    assert samples.subjects.tolist() == ["bob", "ann"]
    assert samples.paths.tolist() == ["b1.jpg", "a1.jpg"]
    assert samples.sessions.tolist() == ["day 2", ""]
    assert samples.roles.tolist() == ["selfie", "photo"]
    assert samples.groups["gender"].tolist() == ["male", "female"]
    assert found.refused == {} and found.findings == ()


def test_the_path_is_the_sample_id_where_none_is_given(folder: Folder, make_card: MakeCard) -> None:
    samples = loaded(folder, make_card(), HEADER + ANN + "bob,./b1.jpg,male\n").samples
    assert samples.ids.tolist() == samples.paths.tolist() == ["a1.jpg", "a2.jpg", "b1.jpg"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace(",", " , "),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("a1.jpg", '"a1.jpg"'),
    ],
    ids=["CR", "CRLF", "byte order mark", "spaces", "empty lines", "no last line end", "quotes"],
)
def test_harmless_forms_of_the_same_manifest(folder: Folder, make_card: MakeCard, spoil: Callable[[str], str]) -> None:
    found = loaded(folder, make_card(), spoil(HEADER + ANN + "bob,b1.jpg,male\n"))
    assert found.samples.ids.tolist() == ["a1.jpg", "a2.jpg", "b1.jpg"]
    assert found.samples.groups["gender"].tolist() == ["female", "female", "male"]
    assert found.findings == ()


def test_names_outside_ascii_and_upper_case_suffixes(folder: Folder, make_card: MakeCard) -> None:
    found = loaded(folder, make_card(), HEADER + "Zoë,bilder/Zoë 1.JPG,female\n", files=("bilder/Zoë 1.JPG",))
    assert found.samples.subjects.tolist() == ["Zoë"]
    assert found.findings == ()


def test_root_missing(tmp_path: Path, make_card: MakeCard) -> None:
    root = tmp_path / "nowhere"
    message = f"data set 'tiny': expected its folder at {root}, found nothing; give the folder that holds it"
    with pytest.raises(DatasetMissing, match=f"^{re.escape(message)}$"):
        load(make_card(), root)
    root.write_text("")
    with pytest.raises(DatasetMissing, match="found a file"):
        load(make_card(), root)


def test_manifest_missing(folder: Folder, make_card: MakeCard) -> None:
    root = folder("indx.csv", "a1.jpg")
    message = (
        f"data set 'tiny': files.manifest: no file 'index.csv' in {root}, did you mean 'indx.csv'?; "
        "give the folder that holds it, or correct the card"
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        load(make_card(), root)


def test_manifest_outside_the_root(folder: Folder, make_card: MakeCard) -> None:
    root = folder("a1.jpg")
    message = "data set 'tiny': files.manifest: '../index.csv' leaves the root; name a file below it"
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        load(make_card(files={"manifest": "../index.csv"}), root)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            b"subject_id,path,gender\nZo\xeb,a1.jpg,female\n",
            "index.csv: line 2: not UTF-8 text; save the file as UTF-8",
        ),
        (HEADER.encode("utf-16")[:-1], "index.csv: line 1: not UTF-16 text; save the file as UTF-8"),
        ("", "index.csv: empty; expected a header of column names in its first line"),
        (HEADER, "index.csv: no rows below the header; expected one per sample"),
        (
            "subject_id,path,path,gender\n",
            "index.csv: line 1: column 'path' stands twice in the header; rename one",
        ),
        (
            "subject_id,path,gendr\nann,a1.jpg,female\n",
            "index.csv: line 1: no column 'gender'; there are: subject_id, path, gendr, did you mean 'gendr'?; "
            "name the file's own column in the card: columns.gender",
        ),
        (
            "subject_id|path|gender\nann|a1.jpg|female\n",
            "index.csv: line 1: one column found, 'subject_id|path|gender'; separate the columns with commas",
        ),
        (HEADER + 'ann,"a1.jpg,female\n', "index.csv: line 2: not CSV: unexpected end of data; check the quotes"),
    ],
    ids=["latin-1", "utf-16", "empty", "no rows", "column twice", "column missing", "bars", "open quote"],
)
def test_manifest_that_cannot_be_used(folder: Folder, make_card: MakeCard, text: str | bytes, message: str) -> None:
    fails(folder, make_card(), text, message)


def test_another_version_of_the_manifest(folder: Folder, make_card: MakeCard) -> None:
    fails(
        folder,
        make_card(digest="0" * 64),
        "",
        f"index.csv: another version than the card's: expected sha256 {'0' * 64}, found "
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855; "
        "restore the file, or correct digest in the card",
    )


REFUSALS = {
    "fields": (
        "bob,b1.jpg,male,x\n",
        {"line 4": "4 fields where the header has 3"},
        "1 sample refused: 4 fields where the header has 3: line 4; correct it",
    ),
    "no path": ("bob,,male\n", {"line 4": "no path"}, None),
    "no subject": (
        ",b1.jpg,male\n",
        {"b1.jpg": "no subject_id"},
        "1 sample refused: no subject_id: line 4; fill it in or delete the row",
    ),
    "path twice": (
        "bob,b1.jpg,male\nbob,b1.jpg,male\n",
        {"b1.jpg (line 4)": "path given twice", "b1.jpg (line 5)": "path given twice"},
        "2 samples refused: path given twice: 'b1.jpg' (line 4; line 5); name each file once",
    ),
    "absolute": (
        "bob,/etc/b1.jpg,male\n",
        {"/etc/b1.jpg": "path leaves the root"},
        "1 sample refused: path leaves the root: line 4 '/etc/b1.jpg'; "
        "write it relative to the root, with /, without ..",
    ),
    "upwards": ("bob,x/../../b1.jpg,male\n", {"x/../../b1.jpg": "path leaves the root"}, None),
    "drive": ("bob,C:/b1.jpg,male\n", {"C:/b1.jpg": "path leaves the root"}, None),
    "backslash": (
        "bob,x\\b1.jpg,male\n",
        {"x\\b1.jpg": "path is not written with /"},
        "1 sample refused: path is not written with /: line 4 'x\\\\b1.jpg'; "
        "write it relative to the root, with /, without ..",
    ),
    "missing file": (
        "bob,b2.jpg,male\n",
        {"b2.jpg": "no such file"},
        "1 sample refused: no such file: line 4 'b2.jpg'; restore the file or delete the row",
    ),
    "case": (
        "bob,B1.JPG,male\n",
        {"B1.JPG": "no such file"},
        "1 sample refused: no such file: line 4 'B1.JPG', there is 'b1.jpg'; restore the file or delete the row",
    ),
    "unknown label": (
        "bob,b1.jpg,mal\n",
        {"b1.jpg": "gender: expected female, male"},
        "1 sample refused: gender: expected female, male: 'mal', did you mean 'male'? (line 4); "
        "correct it, or map it in the card",
    ),
    "contradiction": (
        "ann,b1.jpg,male\n",
        dict.fromkeys(["a1.jpg", "a2.jpg", "b1.jpg"], "gender: the subject has two labels"),
        "3 samples refused: gender: the subject has two labels: 'ann' is female (line 2) and male (line 4); "
        "correct the labels; all samples of the subject are left out",
    ),
}


@pytest.mark.parametrize(("rows", "refused", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refused_samples(
    folder: Folder, make_card: MakeCard, lines_of: LinesOf, rows: str, refused: dict[str, str], message: str | None
) -> None:
    found = loaded(folder, make_card(), HEADER + ANN + rows)
    assert found.refused == refused
    assert len(found.samples) == 2 + rows.count("\n") - len(refused)
    errors = [line for line in lines_of(found.findings) if line.startswith("error")]
    assert len(errors) == 1
    if message is not None:
        assert errors == [f"error: index.csv: {message}"]


def test_sample_id_twice(folder: Folder, make_card: MakeCard, lines_of: LinesOf) -> None:
    text = "sample_id,subject_id,path,gender\ns1,ann,a1.jpg,female\ns1,ann,a2.jpg,female\ns2,bob,b1.jpg,male\n"
    found = loaded(folder, make_card(), text)
    assert found.samples.ids.tolist() == ["s2"]
    assert found.refused == {"s1 (line 2)": "sample_id given twice", "s1 (line 3)": "sample_id given twice"}
    assert lines_of(found.findings) == [
        "error: index.csv: 2 samples refused: sample_id given twice: 's1' (line 2; line 3); "
        "give each sample an id of its own"
    ]


def test_unknown_role(folder: Folder, make_card: MakeCard, lines_of: LinesOf) -> None:
    text = "subject_id,path,role,gender\nann,a1.jpg,photo,female\nann,a2.jpg,selfi,female\nbob,b1.jpg,,male\n"
    found = loaded(folder, make_card(), text)
    assert found.refused == {"a2.jpg": "role: expected photo, selfie, frame"}
    assert lines_of(found.findings) == [
        "error: index.csv: 1 sample refused: role: expected photo, selfie, frame: "
        "'selfi', did you mean 'selfie'? (line 3); correct it"
    ]


def test_a_label_per_sample_may_change(folder: Folder, make_card: MakeCard) -> None:
    groups = {"gender": {"values": ("female", "male"), "label_source": "annotator", "per": "sample"}}
    found = loaded(folder, make_card(groups=groups), HEADER + ANN + "ann,b1.jpg,male\n")
    assert len(found.samples) == 3 and found.refused == {}


def test_an_empty_label_is_unknown_and_never_filled_in(folder: Folder, make_card: MakeCard, lines_of: LinesOf) -> None:
    found = loaded(folder, make_card(), HEADER + "ann,a1.jpg,female\nann,a2.jpg,\nbob,b1.jpg,unknown\n")
    assert found.samples.groups["gender"].tolist() == ["female", "unknown", "unknown"]
    assert found.refused == {}
    assert lines_of(found.findings) == [
        "warning: index.csv: gender: 1 sample without the label that other samples of the same subject have: 'ann'; "
        "counted as 'unknown', never filled in"
    ]


def test_images_that_nobody_names(folder: Folder, make_card: MakeCard, lines_of: LinesOf) -> None:
    files = (*FILES, "x/C.JPEG", "notes.txt", "._a1.jpg", ".cache/d.png")
    found = loaded(folder, make_card(), HEADER + ANN, files=files)
    assert len(found.samples) == 2
    assert lines_of(found.findings) == [
        "info: index.csv: 2 images below the root not named: b1.jpg; x/C.JPEG; not used",
        "info: index.csv: 3 files below the root that are no picture: ._a1.jpg; .cache/d.png; notes.txt; not used",
    ]


def test_the_card_s_own_column_names_map_and_image_folder(folder: Folder, make_card: MakeCard) -> None:
    card = make_card(
        files={"manifest": "meta/list.csv", "images": "faces"},
        columns={"subject_id": "person", "path": "file", "gender": "sex"},
        groups={
            "gender": {"values": ("female", "male"), "label_source": "record", "map": {"F": "female", "M": "male"}}
        },
    )
    root = folder("faces/1.jpg", "faces/2.jpg", meta__list="")
    (root / "meta/list.csv").write_text("person,file,sex\np,1.jpg,F\nq,2.jpg,male\n", encoding="utf-8")
    found = load(card, root)
    assert found.samples.paths.tolist() == ["faces/1.jpg", "faces/2.jpg"]
    assert found.samples.groups["gender"].tolist() == ["female", "male"]


def test_without_identities_every_sample_is_its_own_subject(folder: Folder, make_card: MakeCard) -> None:
    found = loaded(folder, make_card(identities=False), "path,gender\na1.jpg,female\na2.jpg,male\nb1.jpg,\n")
    assert found.samples.subjects.tolist() == ["a1.jpg", "a2.jpg", "b1.jpg"]
    assert found.findings == ()


def test_bands_of_a_numeric_column(folder: Folder, make_card: MakeCard, lines_of: LinesOf) -> None:
    bands = {"values": ("18-29", "30-60"), "bands": (18, 30, 61), "label_source": "record", "per": "sample"}
    text = "path,age\na1.jpg,18\na2.jpg,29.9\nb1.jpg,30\nc.jpg,60\nd.jpg,61\ne.jpg,old\nf.jpg,\ng.jpg,nan\n"
    files = (*FILES, "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg")
    found = loaded(folder, make_card(identities=False, groups={"age": bands}), text, files=files)
    assert found.samples.groups["age"].tolist() == ["18-29", "18-29", "30-60", "30-60", "unknown"]
    assert lines_of(found.findings) == [
        "error: index.csv: 3 samples refused: age: expected a number from 18 to below 61: "
        "'61' (line 6); 'old' (line 7); 'nan' (line 9); correct it, or map it in the card"
    ]


def test_links_that_leave_the_root_or_lead_to_folders(
    folder: Folder, make_card: MakeCard, lines_of: LinesOf, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "o.jpg").write_text("o")
    root = folder("real/a1.jpg")
    try:
        (root / "inside.jpg").symlink_to(root / "real/a1.jpg")
        (root / "outside.jpg").symlink_to(tmp_path / "elsewhere/o.jpg")
        (root / "dead.jpg").symlink_to(tmp_path / "elsewhere/none.jpg")
        (root / "linked").symlink_to(root / "real", target_is_directory=True)
        (root / "away").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    except OSError:
        pytest.skip("symbolic links cannot be made here")
    paths = ["inside.jpg", "outside.jpg", "dead.jpg", "linked/a1.jpg", "away/o.jpg"]
    write(root, HEADER + "".join(f"ann,{path},female\n" for path in paths))
    found = load(make_card(), root)
    assert found.samples.ids.tolist() == ["inside.jpg"]
    assert found.refused == {
        "outside.jpg": "path is a symbolic link out of the root",
        "dead.jpg": "path is a symbolic link to nothing",
        "linked/a1.jpg": "path is a symbolic link to a folder",
        "away/o.jpg": "path is a symbolic link out of the root",
    }
    assert lines_of(found.findings)[0] == (
        "error: index.csv: 2 samples refused: path is a symbolic link out of the root: "
        "line 3 'outside.jpg'; line 6 'away/o.jpg'; put the file itself below the root"
    )


def test_many_examples_are_cut(folder: Folder, make_card: MakeCard, lines_of: LinesOf) -> None:
    rows = "".join(f"p{number},gone{number}.jpg,male\n" for number in range(9))
    found = loaded(folder, make_card(), HEADER + ANN + rows, files=("a1.jpg", "a2.jpg"))
    assert len(found.refused) == 9
    assert lines_of(found.findings) == [
        "error: index.csv: 9 samples refused: no such file: line 4 'gone0.jpg'; line 5 'gone1.jpg'; "
        "line 6 'gone2.jpg'; and 6 more; restore the file or delete the row"
    ]


def test_one_person_spelt_in_two_ways(folder: Folder, make_card: MakeCard, lines_of: LinesOf) -> None:
    found = loaded(folder, make_card(), HEADER + "Zo\u00eb,a1.jpg,female\nZOE\u0308,a2.jpg,female\nbob,b1.jpg,male\n")
    assert len(found.samples) == 3
    assert lines_of(found.findings) == [
        "warning: index.csv: 1 subject written in two ways: 'Zo\u00eb' and 'ZOE\u0308'; "
        "counted as different people, correct them if they are one"
    ]


CELLS = st.tuples(
    st.sampled_from(["s1", "s2", "s3", ""]),
    st.sampled_from(["ann", "bob", ""]),
    st.sampled_from(["a1.jpg", "a2.jpg", "b1.jpg", "gone.jpg", "../x.jpg", ""]),
    st.sampled_from(["female", "male", "", "other"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CELLS, min_size=1, max_size=8))
def test_every_row_is_used_or_refused(folder: Folder, make_card: MakeCard, rows: list[tuple[str, ...]]) -> None:
    lines = [",".join(row) for row in rows if any(row)]
    assume(lines)
    found = loaded(folder, make_card(), "sample_id,subject_id,path,gender\n" + "\n".join(lines))
    assert len(found.samples) + len(found.refused) == len(lines)
    assert len(set(found.samples.ids.tolist())) == len(found.samples)
    assert len(set(found.samples.paths.tolist())) == len(found.samples)
    assert (len(found.refused) > 0) == any(finding.level == "error" for finding in found.findings)


def test_no_reason_names_a_person_or_a_file(folder: Folder, make_card: MakeCard) -> None:
    rows = "Secret,secret.jpg,male\nSecret,a1.jpg,secret\nSecret,b1.jpg,female\nSecret,/secret,male\n"
    found = loaded(folder, make_card(), HEADER + ANN + rows)
    assert len(found.refused) == 5
    assert not any("secret" in reason.lower() for reason in found.refused.values())


def test_a_hundred_thousand_rows_take_seconds(folder: Folder, make_card: MakeCard) -> None:
    root = folder("a1.jpg")
    rows = "".join(f"p{number // 4},images/p{number // 4}/{number}.jpg,female\n" for number in range(100_000))
    write(root, HEADER + rows)
    start = time.process_time()
    found = load(make_card(), root)
    assert len(found.refused) == 100_000
    assert time.process_time() - start < 60  # minutes if each row were compared with every other
