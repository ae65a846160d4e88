"""Lists of comparisons as benchmarks publish them: each form from a small list, and what is wrong with one by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from facegap.cards import DatasetCard
from facegap.cards.dataset import ListFormat, Protocol
from facegap.cards.study import TrialRule
from facegap.datasets import asked_pairs, load_pairs
from facegap.datasets.lists import Listed, read_list
from facegap.errors import DatasetError, InputError
from facegap.records import Samples

Told = tuple[str, str, bool | None, int]


def read(path: Path, form: ListFormat, columns: Mapping[str, str] | None = None) -> list[Told | str]:
    """Each line's reference, probe, truth and fold, or its fault."""
    return [line.fault or told(line) for line in read_list(path, form, columns or {}).lines]


def told(line: Listed) -> Told:
    return line.a, line.b, line.mated, line.fold


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return file


Write = Callable[[str, str], Path]


def test_csv_by_either_names(write: Write) -> None:
    path = write("p.csv", "reference,probe,mated,fold\na,b,1,2\nc,d,,\ne,f,x,1\ng,h,0,0\ni,j\n")
    assert read(path, "csv") == [
        ("a", "b", True, 2),
        ("c", "d", None, 0),
        "mated: expected 1, true, yes, 0, false, no",
        "fold: expected a whole number from 1",
        "2 fields where the header has 4",
    ]
    assert read(write("q.csv", "sample_a;sample_b\na;b\n"), "csv") == [("a", "b", None, 0)]
    assert read(write("r.csv", "p1,p2,label\na,b,0\n"), "csv", {"sample_a": "p1", "sample_b": "p2", "mated": "label"})


def test_lfw_has_as_many_mated_as_others_a_fold(write: Write) -> None:
    path = write("pairs.txt", "2\t1\nAnn\t1\t2\nAnn\t1\tBo\t3\nBo 10 2\nBo 1 Ann 2\n")
    assert read(path, "lfw") == [
        ("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", True, 1),
        ("Ann/Ann_0001.jpg", "Bo/Bo_0003.jpg", False, 1),
        ("Bo/Bo_0010.jpg", "Bo/Bo_0002.jpg", True, 2),
        ("Bo/Bo_0001.jpg", "Ann/Ann_0002.jpg", False, 2),
    ]


def test_a_cut_lfw_list_has_no_folds_and_says_so(write: Write) -> None:
    contents = read_list(write("pairs.txt", "2 1\nAnn 1 2\n"), "lfw", {})
    assert [line.fold for line in contents.lines] == [0]
    assert contents.remarks[0].message == (
        "pairs.txt: expected 4 pairs by its first line, found 1; the list may be cut off"
    )


def test_rfw_has_ten_folds_in_their_order(write: Write) -> None:
    lines = [f"m.{k}\t1\t2" if k % 2 else f"m.{k}\t1\tm.{k + 1}\t3" for k in range(20)]
    found = read(write("African_pairs.txt", "\n".join(lines)), "rfw")
    assert found[0] == ("m.0/m.0_0001.jpg", "m.1/m.1_0003.jpg", False, 1)
    assert found[1] == ("m.1/m.1_0001.jpg", "m.1/m.1_0002.jpg", True, 1)
    assert [pair[3] for pair in found if not isinstance(pair, str)] == [k // 2 + 1 for k in range(20)]


def test_lists_that_do_not_come_out_even_have_no_folds(write: Write) -> None:
    contents = read_list(write("pairs.txt", "m.1 1 2\n" * 11), "rfw", {})
    assert {line.fold for line in contents.lines} == {0}
    assert contents.remarks[0].message == (
        "pairs.txt: 11 pairs are not 10 folds of equal size: no fold accuracy is computed"
    )


def test_calfw_has_two_lines_a_pair(write: Write) -> None:
    text = "A_0001.jpg 1\nA_0002.jpg 1\nA_0001.jpg 0\nB_0001.jpg 0\nB_0001.jpg 2\nB_0002.jpg 2\nA b.jpg 0\nB c.jpg 0\n"
    assert read(write("pairs_CALFW.txt", text), "calfw") == [
        ("A_0001.jpg", "A_0002.jpg", True, 1),
        ("A_0001.jpg", "B_0001.jpg", False, 1),
        ("B_0001.jpg", "B_0002.jpg", True, 2),
        ("A b.jpg", "B c.jpg", False, 2),
    ]


def test_calfw_by_fault(write: Write) -> None:
    assert read(write("p.txt", "a.jpg 1\nb.jpg 2\nc.jpg\nd.jpg x\n"), "calfw") == [
        "the two lines of the pair have different numbers",
        "expected file and number, on two lines a pair",
    ]
    with pytest.raises(DatasetError, match="3 lines; expected two a pair, so that one is missing"):
        read_list(write("p.txt", "a.jpg 1\nb.jpg 1\nc.jpg 1\n"), "calfw", {})


def test_agedb_has_the_truth_behind_the_files(write: Write) -> None:
    text = "0_A_35_f.jpg 1_A_40_f.jpg 1\n0_A_35_f.jpg 2_B_20_m.jpg 0\nx.jpg y.jpg -1\n" * 10 + "x.jpg y.jpg 2\n" * 10
    found = read(write("agedb_30_pairs.txt", text), "agedb")
    assert found[:3] == [
        ("0_A_35_f.jpg", "1_A_40_f.jpg", True, 1),
        ("0_A_35_f.jpg", "2_B_20_m.jpg", False, 1),
        ("x.jpg", "y.jpg", False, 1),
    ]
    assert found[-1] == "expected file, file, and 1 or 0"


def test_cfp_numbers_its_files_in_the_folders_above(write: Write, tmp_path: Path) -> None:
    write("Protocol/Pair_list_F.txt", "1 ../Data/Images/001/frontal/01.jpg\n2 ../Data/Images/001/frontal/02.jpg\n")
    write("Protocol/Pair_list_P.txt", "1 ../Data/Images/001/profile/01.jpg\n2 ../Data/Images/002/profile/01.jpg\n")
    for fold in ("01", "02"):
        write(f"Protocol/Split/FP/{fold}/same.txt", "1,1\n9,1\n1;2\n")
        write(f"Protocol/Split/FP/{fold}/diff.txt", "2,2\n")
        write(f"Protocol/Split/FF/{fold}/same.txt", "1,2\n")
        write(f"Protocol/Split/FF/{fold}/diff.txt", "")
    found = read(tmp_path / "Protocol/Split/FP", "cfp")
    assert found[:4] == [
        ("Data/Images/001/frontal/01.jpg", "Data/Images/001/profile/01.jpg", True, 1),
        "a number that Pair_list_F.txt or Pair_list_P.txt does not have",
        "expected two numbers with a comma between them",
        ("Data/Images/001/frontal/02.jpg", "Data/Images/002/profile/01.jpg", False, 1),
    ]
    assert read(tmp_path / "Protocol/Split/FF", "cfp")[1] == (
        "Data/Images/001/frontal/01.jpg",
        "Data/Images/001/frontal/02.jpg",
        True,
        2,
    )


def test_bob_names_models_and_what_is_scored_against_them(write: Write, tmp_path: Path) -> None:
    write("dev/for_models.lst", "a/1.png m1 c1\nb/1.png m2 c2\n")
    write("dev/for_scores.lst", "a/2.png m1 c1 c1\na/2.png m2 c2 c1\na/2.png m3 c3 c1\nx m1\n")
    assert read(tmp_path / "dev", "bob") == [
        ("a/1.png", "a/2.png", True, 0),
        ("b/1.png", "a/2.png", False, 0),
        "a model that for_models.lst does not have",
        "expected file, model, claimed client and real client",
    ]


BAD: list[tuple[ListFormat, dict[str, str], str, str]] = [
    ("csv", {}, "p.csv", "p.csv: no such file; expected a list of comparisons"),
    ("csv", {"p.csv": "a,b\n1,2\n"}, "p.csv", "p.csv: line 1: no column 'sample_a'; there are: a, b"),
    (
        "lfw",
        {"p.txt": "Ann 1 2\n"},
        "p.txt",
        "line 1: expected folds and pairs per fold, such as 10 300; found Ann 1 2",
    ),
    ("cfp", {"FP": "x"}, "FP", "FP: expected a folder, as lists of the format cfp are"),
    ("cfp", {"FP/01/same.txt": "1,1"}, "FP", "no file 'Pair_list_F.txt' in it or in the two folders above"),
    ("cfp", {"FF/Pair_list_F.txt": "1 a"}, "FF", "FF: no folder of a fold in it; expected 01, 02 and so on"),
    ("cfp", {"FF/Pair_list_F.txt": "x"}, "FF", "line 1: expected number and file, found 'x'"),
    ("cfp", {"FF/Pair_list_F.txt": "1 a", "FF/01/same.txt": "1,1"}, "FF", "diff.txt: no such file; each fold has"),
    ("bob", {"dev/x": ""}, "dev", "for_models.lst: no such file; expected for_models.lst and for_scores.lst"),
    ("bob", {"dev/for_models.lst": "a m"}, "dev", "line 1: expected file, model and client, found 'a m'"),
    ("bob", {"dev/for_models.lst": "a m c\nb m c"}, "dev", "line 2: model 'm' is of several pictures"),
]


@pytest.mark.parametrize(("form", "files", "name", "message"), BAD)
def test_a_list_that_cannot_be_read(
    write: Write, tmp_path: Path, form: ListFormat, files: dict[str, str], name: str, message: str
) -> None:
    for path, text in files.items():
        write(path, text)
    with pytest.raises(DatasetError, match=re.escape(message)):
        read_list(tmp_path / name, form, {})


def people(*ids: str) -> Samples:
    """Samples whose subject is the folder of their id."""
    none = np.full(len(ids), "")
    subjects = np.array([name.split("/")[-2] if "/" in name else name for name in ids])
    return Samples(
        ids=np.array(ids), subjects=subjects, paths=np.array(ids), sessions=none, roles=none, groups={}, root=Path()
    )


def test_names_are_ids_or_the_end_of_one(write: Write, tmp_path: Path) -> None:
    samples = people(
        "African/m.1/m.1_0001.jpg", "African/m.1/m.1_0002.jpg", "Asian/m.2/m.2_0001.jpg", "x/m.3/1.jpg", "y/m.3/1.jpg"
    )
    write(
        "p.csv",
        "reference,probe\nm.1/m.1_0001.jpg,m.1_0002.jpg\nm.2_0001.jpg,African/m.1/m.1_0001.jpg\nm.3/1.jpg,m.2_0001.jpg\n_0001.jpg,m.2_0001.jpg\n",
    )
    rule = TrialRule(pairs="p.csv")
    pairs = asked_pairs(rule, tmp_path / "study.toml", card(), tmp_path, samples)
    assert pairs is not None
    assert (pairs.reference.tolist(), pairs.probe.tolist()) == ([0, 2], [1, 0])
    assert pairs.refused == {
        "a file name that several samples have; write more of its path": 1,
        "a sample that is not in use (unknown, refused or not drawn)": 1,
    }
    assert pairs.trials().fold is None


def card(**changes: object) -> DatasetCard:
    base = {
        "name": "tiny", "version": "1", "title": "t", "licence": "l", "terms": "t", "status": "open",
        "adapter": "csv", "groups": {}, "citation": "c", "files": {"manifest": "index.csv"}, **changes,
    }  # fmt: skip
    return DatasetCard.model_validate(base)


def test_a_named_protocol_of_the_card(write: Write, tmp_path: Path) -> None:
    samples = people("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bo/Bo_0001.jpg")
    write("pairs.txt", "1 1\nAnn 1 2\nAnn 1 Bo 1\n")
    with_view2 = card(protocols={"view2": Protocol(pairs="pairs.txt", format="lfw")})
    pairs = load_pairs(with_view2, tmp_path, samples, "view2")
    assert (len(pairs), pairs.fold.tolist()) == (2, [1, 1])
    with pytest.raises(DatasetError, match="no protocol 'view3', did you mean 'view2'\\?; its protocols: view2"):
        load_pairs(with_view2, tmp_path, samples, "view3")
    elsewhere = card(protocols={"view2": Protocol(pairs="../pairs.txt", format="lfw")})
    with pytest.raises(DatasetError, match=r"list of pairs '../pairs.txt' leaves the root"):
        load_pairs(elsewhere, tmp_path, samples, "view2")


def test_a_rendered_data_set_has_no_list_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'tiny' is rendered and brings no list of pairs"):
        asked_pairs(TrialRule(pairs="listed"), tmp_path / "study.toml", card(), None, people("a/b"))
    assert asked_pairs(TrialRule(), tmp_path / "study.toml", card(), None, people("a/b")) is None
