"""The example in results/ is what this version says of it."""

from __future__ import annotations

import csv
from pathlib import Path

from facegap import store
from facegap.audit import verify
from facegap.tables import NOTICE

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "results" / "example"
# Its people are synthetic, so the secret that it was made with ($FACEGAP_SECRET) is none.
SECRET = "5bd1f1d7a3c2495e8f60b7a9c4e2d813"
SMALL = ROOT / "datasets" / "synthetic-heads" / "small"


def test_the_committed_example_is_verified() -> None:
    differences = verify(EXAMPLE, inputs=False)
    assert [line for line in differences if not line.startswith("note: ")] == []


def test_its_images_are_those_of_the_small_set() -> None:
    with (EXAMPLE / "tables" / "samples.csv").open(encoding="utf-8", newline="") as file:
        said = {row["hmac_sha256"] for row in csv.DictReader(file)}
    files = [store.sha256_file(path) for path in (SMALL / "images").iterdir()]
    assert said == {store.keyed(bytes.fromhex(SECRET), "image", digest) for digest in files}


def test_its_tables_say_that_the_faces_are_synthetic() -> None:
    said = (EXAMPLE / "tables" / NOTICE).read_text(encoding="utf-8")
    assert said == "synthetic: relative effects only; thresholds set in-domain; says nothing about a real deployment\n"
