"""The tree adapter: labels off folder names, and images elsewhere than the layout has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facegap.cards import DatasetCard
from facegap.datasets import load
from facegap.errors import DatasetError

ETHNICITY = {"values": ("asian", "black"), "label_source": "classifier"}
GENDER = {
    "values": ("female", "male"),
    "label_source": "classifier",
    "map": {"females": "female", "males": "male"},
}


@pytest.fixture
def nested(make_card: Callable[..., DatasetCard]) -> Callable[..., DatasetCard]:
    def make(**changes: Any) -> DatasetCard:
        content: dict[str, Any] = {
            "adapter": "tree",
            "files": {},
            "groups": {"ethnicity": ETHNICITY, "gender": GENDER},
            "tree_groups": ("ethnicity", "gender"),
        }
        return make_card(**{**content, **changes})

    return make


def test_a_folder_per_column(folder: Callable[..., Path], nested: Callable[..., DatasetCard]) -> None:
    root = folder(
        "asian/females/n1/1.jpg", "black/male/n2/1.JPG", "black/male/n2/2.png", "readme.txt", "asian/Thumbs.db"
    )
    found = load(nested(), root)
    assert found.samples.ids.tolist() == ["asian/females/n1/1.jpg", "black/male/n2/1.JPG", "black/male/n2/2.png"]
    assert found.samples.subjects.tolist() == ["n1", "n2", "n2"]
    assert found.samples.groups["ethnicity"].tolist() == ["asian", "black", "black"]
    assert found.samples.groups["gender"].tolist() == ["female", "male", "male"]
    assert [(one.level, one.rule, one.examples) for one in found.findings] == [
        ("info", "other-file", ("asian/Thumbs.db", "readme.txt"))
    ]


def test_one_folder_for_all_columns_below_an_image_folder(
    folder: Callable[..., Path], nested: Callable[..., DatasetCard], lines_of: Callable[[Any], list[str]]
) -> None:
    root = folder("faces/asian_females/n1/1.jpg", "faces/black_males/n2/1.jpg", "other/x.jpg")
    found = load(nested(files={"images": "faces"}, tree_separator="_"), root)
    assert found.samples.ids.tolist() == ["asian_females/n1/1.jpg", "black_males/n2/1.jpg"]
    assert found.samples.paths.tolist() == ["faces/asian_females/n1/1.jpg", "faces/black_males/n2/1.jpg"]
    assert found.samples.groups["gender"].tolist() == ["female", "male"]
    assert [line.partition(": ")[2] for line in lines_of(found.findings)] == [
        "faces: 1 image below the root not named: other/x.jpg; not used"
    ]


def test_without_identities_there_is_no_folder_per_subject(
    folder: Callable[..., Path], nested: Callable[..., DatasetCard]
) -> None:
    found = load(nested(identities=False), folder("asian/female/1.jpg", "asian/female/2.jpg"))
    assert found.samples.subjects.tolist() == ["asian/female/1.jpg", "asian/female/2.jpg"]


def test_images_that_the_layout_refuses(
    folder: Callable[..., Path], nested: Callable[..., DatasetCard], lines_of: Callable[..., list[str]]
) -> None:
    root = folder(
        "asian/female/n1/1.jpg",
        "asian/female/2.jpg",
        "asian/female/n1/day/3.jpg",
        "asain/female/n3/1.jpg",
        "asain/female/n3/2.jpg",
        "black/male/n4/1.jpg",
        "asian/male/n4/1.jpg",
    )
    found = load(nested(), root)
    assert found.samples.ids.tolist() == ["asian/female/n1/1.jpg"]
    assert found.refused == {
        "asian/female/2.jpg": "not at ethnicity/gender/subject/image",
        "asian/female/n1/day/3.jpg": "not at ethnicity/gender/subject/image",
        "asain/female/n3/1.jpg": "ethnicity: expected asian, black",
        "asain/female/n3/2.jpg": "ethnicity: expected asian, black",
        "asian/male/n4/1.jpg": "ethnicity: the subject has two labels",
        "black/male/n4/1.jpg": "ethnicity: the subject has two labels",
    }
    assert lines_of(found.findings) == [
        "error: tiny: 2 samples refused: not at ethnicity/gender/subject/image: "
        "asian/female/2.jpg; asian/female/n1/day/3.jpg; correct it",
        "error: tiny: 2 samples refused: ethnicity: expected asian, black: "
        "'asain', did you mean 'asian'? (asain/female/n3/1.jpg); correct it, or map it in the card",
        "error: tiny: 2 samples refused: ethnicity: the subject has two labels: "
        "'n4' is asian (asian/male/n4/1.jpg) and black (black/male/n4/1.jpg); "
        "correct the labels; all samples of the subject are left out",
    ]


def test_a_folder_name_with_too_few_parts(folder: Callable[..., Path], nested: Callable[..., DatasetCard]) -> None:
    found = load(nested(tree_separator="_"), folder("asian/n1/1.jpg", "asian_males/n2/1.jpg"))
    assert found.refused == {"asian/n1/1.jpg": "folder is not ethnicity_gender"}


def test_links_to_folders_are_said_and_not_followed(
    folder: Callable[..., Path], nested: Callable[..., DatasetCard], lines_of: Callable[..., list[str]], tmp_path: Path
) -> None:
    root = folder("asian/female/n1/1.jpg")
    (tmp_path / "more").mkdir()
    try:
        (root / "black").symlink_to(tmp_path / "more", target_is_directory=True)
    except OSError:
        pytest.skip("symbolic links cannot be made here")
    assert lines_of(load(nested(), root).findings) == [
        "warning: tiny: 1 symbolic link not followed: 'black' is a symbolic link out of the root; "
        "put the file itself below the root"
    ]


def test_no_image_and_no_folder(folder: Callable[..., Path], nested: Callable[..., DatasetCard]) -> None:
    root = folder("faces/asian/readme.txt")
    message = f"data set 'tiny': no image below {root}; expected ethnicity/gender/subject/image"
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        load(nested(), root)
    message = (
        f"data set 'tiny': files.images: no folder 'face' in {root}, did you mean 'faces'?; "
        "give the folder that holds it, or correct the card"
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        load(nested(files={"images": "face"}), root)
