"""The example in results/ is what this version says of it."""

from __future__ import annotations

import csv
from importlib.metadata import version
from pathlib import Path

from facegap import store
from facegap.audit import verify
from facegap.tables import NOTICE

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "results" / "example"
SMALL = ROOT / "datasets" / "synthetic-heads" / "small"


UNSTABLE = ("tables/shrunken.csv", "tables/quality_split.csv")
"""The likelihood of groups that do not differ, and a logistic model with nearly separated groups, are so flat at their
maximum that the rounding of scipy's functions says where it is: up to 0.7 % between two of its releases."""


def constrained(package: str) -> bool:
    """Whether the installed version of `package` is the one in constraints.txt."""
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return f"{package}=={version(package)}" in pinned


def test_the_committed_example_is_verified() -> None:
    differences = verify(EXAMPLE, inputs=False)
    if not all(map(constrained, ("numpy", "scipy", "scikit-learn"))):
        differences = [line for line in differences if not line.startswith((*UNSTABLE, "note: "))]
    assert differences == []


def test_its_images_are_those_of_the_small_set() -> None:
    with (EXAMPLE / "tables" / "samples.csv").open(encoding="utf-8", newline="") as file:
        said = {row["sha256"] for row in csv.DictReader(file)}
    assert said == {store.sha256_file(path) for path in (SMALL / "images").iterdir()}


def test_its_tables_say_that_the_faces_are_synthetic() -> None:
    said = (EXAMPLE / "tables" / NOTICE).read_text(encoding="utf-8")
    assert said == "synthetic: relative effects only; thresholds set in-domain; says nothing about a real deployment\n"
