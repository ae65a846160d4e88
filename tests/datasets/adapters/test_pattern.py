"""The pattern adapter: what the parts of a path are, and paths that are of no pattern."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from facegap.cards import DatasetCard
from facegap.cards.pattern import path_pattern
from facegap.datasets import load
from facegap.errors import DatasetError

SEX = {"values": ("female", "male"), "label_source": "record", "map": {"f": "female", "m": "male"}}


@pytest.fixture
def named(make_card: Callable[..., DatasetCard]) -> Callable[..., DatasetCard]:
    def make(*patterns: str, **changes: Any) -> DatasetCard:
        content: dict[str, Any] = {"adapter": "pattern", "files": {}, "groups": {"sex": SEX}, "patterns": patterns}
        return make_card(**{**content, **changes})

    return make


@pytest.mark.parametrize(
    ("pattern", "path", "values"),
    [
        ("{age}_{sex}_{*}.jpg", "34_m_2017.jpg.chip.JPG", {"age": ["34"], "sex": ["m"]}),
        ("{age}_{sex}_{*}.jpg", "34_m_.jpg", {"age": ["34"], "sex": ["m"]}),
        ("{age}_{sex}_{*}.jpg", "34_m.jpg", None),
        ("{age}_{sex}_{*}.jpg", "_m_1.jpg", None),
        ("{age}_{sex}_{*}.jpg", "x/34_m_1.jpg", None),
        ("{subject}/{sample}.JPG", "m.01/a.b.jpg", {"subject": ["m.01"], "sample": ["a.b"]}),
        ("{subject}/{subject}_{*}.jpg", "a/b_1.jpg", {"subject": ["a", "b"]}),
        ("{subject}/{subject}_{*}.jpg", "a/a_1.jpg", {"subject": ["a"]}),
        ("a+b/{subject}.jpg", "a+b/1.jpg", {"subject": ["1"]}),
        ("a+b/{subject}.jpg", "aab/1.jpg", None),
        ("{subject}", "any", {"subject": ["any"]}),
        (r"(?P<subject>\d+)(?:_(x|y))?\.jpg", "12_x.JPG", {"subject": ["12"]}),
        (r"(?:a(?P<sex>f)|b(?P<subject>\d))\.jpg", "b1.jpg", {"subject": ["1"]}),
    ],
)
def test_the_fields_of_a_path(pattern: str, path: str, values: dict[str, list[str]] | None) -> None:
    assert path_pattern(pattern).match(path) == values


NAME = st.text(st.characters(exclude_characters="/_\0", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)


@given(subject=NAME, sex=NAME, rest=st.text(st.characters(exclude_characters="/\n\0", exclude_categories=("Cs", "Cc"))))
def test_what_is_written_is_read(subject: str, sex: str, rest: str) -> None:
    found = path_pattern("all/{subject}/{sex}_{*}.png").match(f"all/{subject}/{sex}_{rest}.PNG")
    assert found == {"subject": [subject], "sex": [sex]}


def test_paths_of_no_pattern_and_of_two(
    folder: Callable[..., Path], named: Callable[..., DatasetCard], lines_of: Callable[..., list[str]]
) -> None:
    root = folder(
        "a/1/m.jpg", "a/1/m.txt", "b/1-f.PNG", "b/2/f.jpg", "c/c_1_f.jpg", "c/d_1_f.jpg", "c/c_2_x.jpg", "old/x.jpg"
    )
    card = named(
        "a/{subject}/{sex}.jpg", "b/{subject}-{sex}.png", "{subject}/{subject}_{session}_{sex}.jpg", left_out=("OLD/*",)
    )
    found = load(card, root)
    assert found.samples.ids.tolist() == ["c/c_1_f.jpg"]
    assert found.samples.sessions.tolist() == ["1"]
    assert found.refused == {
        "a/1/m.jpg": "sex: the subject has two labels",
        "b/1-f.PNG": "sex: the subject has two labels",
        "b/2/f.jpg": "its path matches no pattern of the card",
        "c/d_1_f.jpg": "subject: two values in its path",
        "c/c_2_x.jpg": "sex: expected female, male",
    }
    lines = lines_of(found.findings)
    assert lines[0] == "error: tiny: 1 sample refused: its path matches no pattern of the card: b/2/f.jpg; correct it"
    assert "info: tiny: 1 image left out, as the card says: old/x.jpg; not used" in lines
    assert not any("not named" in line for line in lines)


def test_a_sample_of_its_own_name_and_the_same_name_twice(
    folder: Callable[..., Path], named: Callable[..., DatasetCard]
) -> None:
    root = folder("x/1_m_s1.jpg", "y/1_m_s1.jpg", "y/1_m_s2.jpg")
    found = load(named("{*}/{subject}_{sex}_{sample}.jpg"), root)
    assert found.samples.ids.tolist() == ["s2"]
    assert set(found.refused.values()) == {"sample_id given twice"} and len(found.refused) == 2


def test_without_identities_every_file_is_a_person(
    folder: Callable[..., Path], named: Callable[..., DatasetCard]
) -> None:
    found = load(named("{sex}_{*}.jpg", identities=False), folder("m_1.jpg", "f_1.jpg"))
    assert found.samples.subjects.tolist() == ["f_1.jpg", "m_1.jpg"]


def test_archives_instead_of_images(folder: Callable[..., Path], named: Callable[..., DatasetCard]) -> None:
    root = folder("faces.zip", "readme.txt")
    expected = f"data set 'tiny': no image below {root}; expected {{subject}}/{{sex}}.jpg"
    message = f"{expected}; there is faces.zip: unpack archives first"
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        load(named("{subject}/{sex}.jpg"), root)


def test_a_label_in_the_path_and_in_the_table(folder: Callable[..., Path], named: Callable[..., DatasetCard]) -> None:
    table = {"labels.csv": "subject_id,gender\n1,Male\n2,Male\n3,\n"}
    sex = {**SEX, "map": {"f": "female", "m": "male", "Male": "male"}}
    card = named("{subject}_{sex}.jpg", files={"labels": "labels.csv"}, columns={"sex": "gender"}, groups={"sex": sex})
    found = load(card, folder("1_m.jpg", "2_f.jpg", "3_f.jpg", **table))
    assert found.samples.ids.tolist() == ["1_m.jpg", "3_f.jpg"]
    assert found.samples.groups["sex"].tolist() == ["male", "female"]
    assert found.refused == {"2_f.jpg": "sex: its path and the table of labels say different labels"}


def test_a_pattern_that_a_card_cannot_have(named: Callable[..., DatasetCard]) -> None:
    for pattern, message in (
        ("{sex}.jpg", r"no \{subject\}; add it, or identities = false"),
        ("{subject}_{hair}.jpg", r"'hair' is neither subject, sample, session nor a group"),
        ("(?P<subject>.jpg", "no regular expression"),
        ("{subject}.jpg", "neither in patterns nor in a table of labels"),
    ):
        with pytest.raises(ValidationError, match=message):
            named(pattern)
