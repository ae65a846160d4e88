"""A whole run by the command line, against tables that were computed the slow way and are kept in tests/golden.

`python tests/run/test_golden.py` in the checkout writes tests/golden again, from the slow computation alone.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import slow
import tiny

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
COUNTS = ("errors", "trials", "completed", "failed", "subjects")
RATES = ("rate", "by_people")
GROUPINGS = (("group",), ("group", "size"))
ASKED = slow.Asked(groupings=GROUPINGS, fmr=(0.05, 0.01), ranks=(1, 2), fpir=(0.1,), enrolled=0.5, seed=7)

HEADERS: dict[str, tuple[str, ...]] = {
    "thresholds": ("name", "threshold", "false_matches", "comparisons"),
    "rates": ("metric", "failures", "grouping", "group", "threshold_name", *COUNTS, *RATES),
    "cross_fmr": ("failures", "grouping", "reference_group", "probe_group", "threshold_name", *COUNTS, *RATES),
    "identification": (
        "protocol",
        "metric",
        "failures",
        "grouping",
        "group",
        "rank",
        "threshold_name",
        *COUNTS,
        *RATES,
    ),
    "cmc": ("grouping", "group", "rank", "hits", "trials", "rate", "rate_optimistic"),
}
"""Columns of the golden tables; the run has one model and one condition."""

REAL = ("threshold", *RATES, "rate_optimistic")


def template(pixels: np.ndarray) -> np.ndarray:
    """What the tiny net gives, in whole numbers, then of unit length in float64, rounded to float32."""
    blocks = (pixels.astype(np.int64) - 128).reshape(8, 4, 8, 4, 3).sum(axis=(1, 3))
    raw = blocks.transpose(2, 0, 1).reshape(-1) @ tiny.projection().astype(np.int64)
    return np.asarray(raw / np.sqrt(float((raw * raw).sum()))).astype(np.float32)


def case_of(data: Path) -> tuple[slow.Case, list[bool]]:
    with (data / "index.csv").open(newline="") as file:
        samples = list(csv.DictReader(file))
    vectors, readable = {}, []
    for row, sample in enumerate(samples):
        try:
            with Image.open(data / sample["path"]) as image:
                pixels = np.asarray(image.convert("RGB"))
        except OSError:
            readable.append(False)
            continue
        readable.append(True)
        if pixels.shape == (32, 32, 3):
            vectors[row] = template(pixels)
    everyone = list(range(len(samples)))
    groups = {column: [sample[column] for sample in samples] for column in ("group", "size")}
    people = [sample["subject_id"] for sample in samples]
    return slow.Case(
        subjects=people,
        groups=groups,
        references=everyone,
        probes=everyone,
        symmetric=True,
        reference=vectors,
        probe=vectors,
    ), readable


def slow_tables(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    case, readable = case_of(data)
    points = slow.points(case, ASKED, {})
    at = {name: value for name, (value, *_) in points.items()}
    rates, cross = slow.verification(case, ASKED, at, readable)
    closed, curves, _ = slow.identification(case, ASKED, at, "closed")
    opened, _, _ = slow.identification(case, ASKED, at, "open")
    found = {
        "thresholds": [(name, *row) for name, row in points.items()],
        "rates": [(*key, *row) for key, row in rates.items()],
        "cross_fmr": [(*key, *row) for key, row in cross.items()],
        "identification": [(*key, *row) for key, row in (closed | opened).items()],
        "cmc": [(*key, *row) for key, row in curves.items()],
    }
    return {name: sorted(rows, key=lambda row: tuple(map(str, row))) for name, rows in found.items()}


def text(value: object) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def read(path: Path, columns: tuple[str, ...]) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """Key columns -> numbers: counts as whole numbers, rates and thresholds as floats."""
    keys = [c for c in columns if c not in (*COUNTS, *REAL, "hits", "false_matches", "comparisons")]
    numbers = [c for c in columns if c not in keys]
    found = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values = tuple(None if row[c] == "" else float(row[c]) if c in REAL else int(row[c]) for c in numbers)
            found[tuple(row[c] for c in keys)] = values
    return found


def write_golden(data: Path) -> None:
    for name, rows in slow_tables(data).items():
        with (GOLDEN / f"tiny-{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADERS[name])
            writer.writerows([text(value) for value in row] for row in rows)


def test_the_golden_tables_are_those_of_the_slow_computation(finished: Path) -> None:
    for name, rows in slow_tables(finished.parents[1] / "data").items():
        kept = (GOLDEN / f"tiny-{name}.csv").read_text(encoding="utf-8").splitlines()
        assert kept[0].split(",") == list(HEADERS[name])
        assert len(kept) - 1 == len(rows)
        for line, row in zip(csv.reader(kept[1:]), rows, strict=True):
            assert line == [text(value) for value in row]


@pytest.mark.parametrize("name", HEADERS)
def test_a_run_gives_the_golden_tables(finished: Path, name: str) -> None:
    found, golden = (
        read(path, HEADERS[name]) for path in (finished / "tables" / f"{name}.csv", GOLDEN / f"tiny-{name}.csv")
    )
    assert found.keys() == golden.keys()
    for key, numbers in golden.items():
        for got, wanted in zip(found[key], numbers, strict=True):
            if isinstance(wanted, float):
                assert got == pytest.approx(wanted, rel=1e-9, abs=0), key
            else:
                assert got == wanted, key


def test_the_golden_study_has_what_can_go_wrong() -> None:
    """Errors of both kinds, failures, and groups that differ; else the comparison above would say little."""
    rates = read(GOLDEN / "tiny-rates.csv", HEADERS["rates"])
    for metric in ("FMR", "FNMR"):
        errors, trials, _, failed, _, rate, _ = rates[metric, "counted", "", "everyone", "FMR 0.05"]
        assert 0 < errors < trials and failed > 0 and 0 < rate < 1
    assert rates["FTA", "counted", "", "everyone", "none"][0] == 1
    blue, amber = (rates["FNMR", "counted", "group", g, "FMR 0.05"][-2] for g in ("blue", "amber"))
    assert blue > 1.5 * amber


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        write_golden(tiny.make_data(Path(folder) / "data"))
    sys.exit(0)
