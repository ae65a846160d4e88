"""The lfw adapter: LFW's folders, its lists of file names and its list of pairs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from facegap.cards import DatasetCard
from facegap.datasets import load, load_pairs
from facegap.errors import DatasetError

IMAGES = (
    "lfw/Ann_B/Ann_B_0001.jpg",
    "lfw/Ann_B/Ann_B_0002.jpg",
    "lfw/Al-X_Y/Al-X_Y_0001.jpg",
    "lfw/Al-X_Y/Al-X_Y_0002.jpg",
)
WOMEN = "Ann_B_0001.jpg\rAnn_B_0002.jpg\r"
MEN = "Al-X_Y_0001.jpg\r\n\r\nAl-X_Y_0002.jpg\r\n"


@pytest.fixture
def lfw(make_card: Callable[..., DatasetCard]) -> DatasetCard:
    files = {"images": "lfw", "pairs": "pairs.txt", "female": "women.txt", "male": "men.txt"}
    return make_card(adapter="lfw", files=files)


@pytest.fixture
def make_root(folder: Callable[..., Path]) -> Callable[..., Path]:
    def make(*extra: str, women: str = WOMEN, men: str = MEN, pairs: str = "") -> Path:
        root = folder(*IMAGES, *extra)
        for name, text in (("women", women), ("men", men), ("pairs", pairs)):
            (root / f"{name}.txt").write_bytes(text.encode())
        return root

    return make


def test_labels_come_from_the_lists(lfw: DatasetCard, make_root: Callable[..., Path]) -> None:
    found = load(lfw, make_root("lfw/Cy_D/Cy_D_0001.jpg"))
    assert found.samples.ids.tolist() == [
        "Al-X_Y/Al-X_Y_0001.jpg",
        "Al-X_Y/Al-X_Y_0002.jpg",
        "Ann_B/Ann_B_0001.jpg",
        "Ann_B/Ann_B_0002.jpg",
        "Cy_D/Cy_D_0001.jpg",
    ]
    assert found.samples.subjects.tolist() == ["Al-X_Y", "Al-X_Y", "Ann_B", "Ann_B", "Cy_D"]
    assert found.samples.groups["gender"].tolist() == ["male", "male", "female", "female", "unknown"]
    assert found.findings == () and found.refused == {}


def test_what_is_refused(lfw: DatasetCard, make_root: Callable[..., Path], lines_of: Callable[..., list[str]]) -> None:
    root = make_root(
        "lfw/Ann_B/An_B_0003.jpg",
        "lfw/stray.jpg",
        women=WOMEN + "Eve_F_0001.jpg\nnonsense\n",
        men=MEN + "Ann_B_0002.jpg\n",
    )
    found = load(lfw, root)
    assert found.refused == {
        "Ann_B/An_B_0003.jpg": "not at person/person_0001.jpg",
        "Ann_B/Ann_B_0002.jpg": "gender: expected female, male",
        "stray.jpg": "not at person/person_0001.jpg",
        "Eve_F/Eve_F_0001.jpg": "no such file",
        "nonsense": "not called person_0001.jpg",
    }
    assert lines_of(found.findings) == [
        "error: lfw: 2 samples refused: not at person/person_0001.jpg: "
        "lfw/Ann_B/An_B_0003.jpg; lfw/stray.jpg; correct it",
        "error: lfw: 1 sample refused: not called person_0001.jpg: 'nonsense' in a list; correct it",
        "error: lfw: 1 sample refused: no such file: named in a list 'lfw/Eve_F/Eve_F_0001.jpg'; "
        "restore the file or delete the row",
        "error: lfw: 1 sample refused: gender: expected female, male: "
        "'female and male' (lfw/Ann_B/Ann_B_0002.jpg); correct it, or map it in the card",
    ]


def test_a_person_in_two_lists_is_refused_whole(lfw: DatasetCard, make_root: Callable[..., Path]) -> None:
    root = make_root(women="Ann_B_0001.jpg\n", men=MEN + "Ann_B_0002.jpg\n")
    found = load(lfw, root)
    assert found.refused == dict.fromkeys(
        ["Ann_B/Ann_B_0001.jpg", "Ann_B/Ann_B_0002.jpg"], "gender: the subject has two labels"
    )


def test_a_list_that_is_not_there(lfw: DatasetCard, make_root: Callable[..., Path]) -> None:
    root = make_root()
    (root / "men.txt").rename(root / "man.txt")
    message = (
        f"data set 'tiny': files.male: no file 'men.txt' in {root}, did you mean 'women.txt'?; "
        "give the folder that holds it, or correct the card"
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        load(lfw, root)


def test_pairs_of_three_and_four_fields(lfw: DatasetCard, make_root: Callable[..., Path]) -> None:
    text = "1\t2\nAnn_B\t1\t2\nAl-X_Y\t2\t1\nAnn_B\t1\tAl-X_Y\t1\nAl-X_Y\t2\tAnn_B\t2\n"
    root = make_root(pairs=text)
    samples = load(lfw, root).samples
    pairs = load_pairs(lfw, root, samples)
    assert pairs.reference.tolist() == [2, 1, 2, 1]
    assert pairs.probe.tolist() == [3, 0, 0, 3]
    assert (samples.subjects[pairs.reference] == samples.subjects[pairs.probe]).tolist() == [True, True, False, False]
    assert pairs.refused == {} and pairs.findings == () and len(pairs) == 4


def test_pairs_that_are_refused(
    lfw: DatasetCard, make_root: Callable[..., Path], lines_of: Callable[..., list[str]]
) -> None:
    lines = ("10 300", "Ann_B 1 2", "Ann_B 2 1", "Ann_B 1 1", "Ann_B 9 1", "Ann_B x 1", "Ann_B 1", "Ann_B 1 Ann_B 2")
    text = "\r\n".join(lines).replace(" ", "\t")
    root = make_root(pairs=text)
    pairs = load_pairs(lfw, root, load(lfw, root).samples)
    assert len(pairs) == 2
    assert lines_of(pairs.findings) == [
        "error: pairs.txt: 1 pair refused: a sample with itself: line 4",
        "error: pairs.txt: 1 pair refused: a sample that is not in use (unknown, refused or not drawn): line 5",
        "error: pairs.txt: 2 pairs refused: expected person, number, number or person, number, person, number: "
        "line 6; line 7",
        "error: pairs.txt: 1 pair refused: called non-mated, but the subjects are the same: line 8",
        "warning: pairs.txt: 1 pair listed before, counted as often as listed: line 3",
        "warning: pairs.txt: expected 6000 pairs by its first line, found 7; the list may be cut off",
    ]
    assert sum(pairs.refused.values()) == 5


@pytest.mark.parametrize(("text", "found"), [("", "nothing"), ("Ann_B\t1\t2\n", "Ann_B 1 2")])
def test_pairs_without_their_first_line(
    lfw: DatasetCard, make_root: Callable[..., Path], text: str, found: str
) -> None:
    root = make_root(pairs=text)
    message = f"line 1: expected folds and pairs per fold, such as 10 300; found {found}"
    with pytest.raises(DatasetError, match=f"{re.escape(message)}$"):
        load_pairs(lfw, root, load(lfw, root).samples)
