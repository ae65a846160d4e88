"""Labels that had other names in an earlier version of a card are refused with the names of today."""

from __future__ import annotations

from pathlib import Path

import pytest

from facegap import datasets
from facegap.cards import load_dataset, load_study
from facegap.datasets.asked import check_study
from facegap.errors import InputError

CARD = load_dataset("synthetic-heads")
STUDY = """
name = "old"
title = "A study of an earlier version"
groups = [["family", "sex"]]

[dataset]
card = "synthetic-heads"
root = "."

[[models]]
card = "dlib-resnet29"

[reference]
"family, sex" = "shape-a, male"

[identification.gallery_mix]
"shape-b, male" = 1.0
"""


def asked(tmp_path: Path, text: str) -> None:
    file = tmp_path / "old.toml"
    file.write_text(text)
    study, _ = load_study(str(file))
    check_study(study, CARD, file)


def test_a_study_names_todays_families(tmp_path: Path) -> None:
    asked(tmp_path, STUDY)


def test_a_reference_by_its_former_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'african, male' is no group of 'family, sex', called 'shape-a, male' now"):
        asked(tmp_path, STUDY.replace("shape-a, male", "african, male"))


def test_a_mix_by_its_former_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'asian, male' of 'family, sex', called 'shape-b, male' now"):
        asked(tmp_path, STUDY.replace("shape-b, male", "asian, male"))


def test_a_manifest_of_an_earlier_version(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text(
        "sample_id,subject_id,path,role,family,sex,age_band,tone\n"
        "a,p,a.jpg,photo,caucasian,male,18-29,tan\nb,q,b.jpg,photo,shape-b,male,18-29,tan\n"
    )
    loaded = datasets.load(CARD, tmp_path, images=False)
    assert [len(loaded.samples), loaded.samples.groups["family"].tolist()] == [1, ["shape-b"]]
    (finding,) = [one for one in loaded.findings if one.rule == "unknown-label"]
    assert "'caucasian', called 'shape-c' now" in "; ".join(finding.examples)
