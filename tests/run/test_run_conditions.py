"""Whole runs by the command line with combined conditions and transactions: files, tables, verification."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import tiny
from facegap import store
from facegap.schema import ROWS
from finished import SECRET
from made import keys_of_several

STUDY = (
    tiny.STUDY.replace('["clean"]', '["clean", "old-2015+street-night+dropping"]')
    + '[transactions]\nattempts = 1\nframes = 2\npolicy = "mean-template"\nrestarts = 1\n'
)
pytestmark = pytest.mark.slow

WORST = "old-2015+street-night+dropping"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tiny.make_place(tmp_path_factory.mktemp("place"), STUDY)
    code, out, err = tiny.facegap(place, "run", "tiny.toml", FACEGAP_CACHE=str(place / "cache"), FACEGAP_SECRET=SECRET)
    assert code == 0, out + err
    (folder,) = (place / "results").glob("tiny-*")
    return folder


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_files_carry_the_names_of_combined_conditions(finished: Path) -> None:
    for name in (f"acquisitions/aligned-none~{WORST}.csv", f"comparisons/tiny~{WORST}~attempts.npz"):
        assert (finished / name).is_file()
    for path in finished.rglob("*"):
        assert not set(path.name) & set('<>:"|?*\\') and len(path.name) < 120


def test_the_table_of_transactions(finished: Path) -> None:
    rows = [row for row in table(finished, "transactions") if not row["grouping"] and row["stage"] == "turned away"]
    assert {row["condition"] for row in rows} == {"clean", WORST}
    for condition in {row["condition"] for row in rows}:
        rates = [
            float(row["rate"]) for row in rows if row["condition"] == condition and "0.01" in row["threshold_name"]
        ]
        assert len(rates) == 2 and rates == sorted(rates, reverse=True)
    bad = next(row for row in rows if row["condition"] == WORST)
    good = next(row for row in rows if row["condition"] == "clean")
    assert float(bad["rate"]) > float(good["rate"])
    assert good["bytes_per_attempt"] == "" and float(bad["bytes_per_attempt"]) > 0


def test_stages_add_up_to_those_turned_away(finished: Path) -> None:
    rows = [row for row in table(finished, "transactions") if row["attempts"] == "2"]
    keys = ("model", "condition", "grouping", "group", "threshold_name")
    total: dict[tuple[str, ...], int] = {}
    for row in rows:
        if row["stage"] != "turned away":
            key = tuple(row[name] for name in keys)
            total[key] = total.get(key, 0) + int(row["errors"])
    away = {tuple(row[k] for k in keys): int(row["errors"]) for row in rows if row["stage"] == "turned away"}
    assert total == away and sum(away.values()) > 0


def test_keys_say_which_row_it_is(finished: Path) -> None:
    for row_class in ROWS.values():
        assert keys_of_several(row_class, store.read_rows(finished, row_class)) == [], row_class.table


def test_the_run_verifies_and_a_changed_attempt_is_found(finished: Path) -> None:
    place = finished.parents[1]
    words = ("verify", str(finished), "--root", "data")
    code, out, err = tiny.facegap(place, *words, FACEGAP_CACHE=str(place / "cache"))
    assert code == 0, out + err
    path = finished / "tables" / "transactions.csv"
    text = path.read_text(encoding="utf-8")
    changed = text.replace("turned away", "turned in", 1)
    path.write_text(changed, encoding="utf-8")
    code, out, _ = tiny.facegap(place, *words, FACEGAP_CACHE=str(place / "cache"))
    path.write_text(text, encoding="utf-8")
    assert code == 1 and "transactions.csv" in out


def test_a_quality_that_there_is_not_is_one_line(tmp_path: Path) -> None:
    place = tiny.make_place(tmp_path / "place", STUDY + "min_quality = { Beauty = 50.0 }\n")
    code, out, err = tiny.facegap(place, "run", "tiny.toml", FACEGAP_CACHE=str(tmp_path / "cache"))
    assert code == 2 and "transactions.min_quality: no quality value 'Beauty'; there are: InterEyeDistance" in out + err
