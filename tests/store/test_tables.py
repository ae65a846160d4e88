"""What is wrong with a results folder is said in one line."""

import json
from pathlib import Path

import pytest

from facegap.errors import StoreError
from facegap.schema import ROWS, DistributionRow, RateRow, names_of
from facegap.store import read_tables
from invented_run import Plan, write_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", Plan())


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_table_is_read(run: Path) -> None:
    tables = read_tables(run)
    assert {row.metric for row in tables[RateRow]} == {"FTA", "FMR", "FNMR"}
    assert next(row for row in tables[RateRow] if row.metric == "FTA").threshold is None
    assert {row.kind for row in tables[DistributionRow]} == {"mated", "nonmated"}
    assert tables.manifest.run_id.startswith("fake-")


def test_missing_table(run: Path) -> None:
    (run / "tables" / "rates.csv").unlink()
    with pytest.raises(StoreError, match=r"rates\.csv: cannot be read: No such file"):
        read_tables(run)


@pytest.mark.parametrize("name", ["identification", "cmc", "quality"])
def test_tables_that_a_study_may_lack(run: Path, name: str) -> None:
    (run / "tables" / f"{name}.csv").unlink()
    assert read_tables(run)[ROWS[name]] == []


def test_missing_column(run: Path) -> None:
    edit(run / "tables" / "rates.csv", "subjects", "persons")
    with pytest.raises(StoreError, match=r"rates\.csv: missing columns: subjects; found: model, condition"):
        read_tables(run)


def test_empty_table_file(run: Path) -> None:
    (run / "tables" / "det.csv").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match=r"det\.csv: missing columns: .*; found: an empty file"):
        read_tables(run)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("many", r"line 2: errors: expected a whole number, found 'many'"),
        ("1.5", r"line 2: errors: expected a whole number, found '1.5'"),
    ],
)
def test_cell_of_the_wrong_kind(run: Path, value: str, message: str) -> None:
    path = run / "tables" / "rates.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[names_of(RateRow).index("errors")] = value
    path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]), encoding="utf-8")
    with pytest.raises(StoreError, match=message):
        read_tables(run)


def test_silent_nan(run: Path) -> None:
    edit(run / "tables" / "thresholds.csv", ",0.4,", ",nan,")
    with pytest.raises(StoreError, match="threshold: expected a number or a blank, found 'nan'"):
        read_tables(run)


def test_blank_where_a_number_belongs(run: Path) -> None:
    edit(run / "tables" / "thresholds.csv", ",0.4,", ",,")
    with pytest.raises(StoreError, match="threshold: expected a number, found a blank"):
        read_tables(run)


def test_short_row(run: Path) -> None:
    path = run / "tables" / "cmc.csv"
    path.write_text(path.read_text(encoding="utf-8") + "resnet,clean\n", encoding="utf-8")
    with pytest.raises(StoreError, match="grouping: the row ends before this column"):
        read_tables(run)


def test_not_utf8(run: Path) -> None:
    (run / "tables" / "cmc.csv").write_bytes(b"model,\xff\n")
    with pytest.raises(StoreError, match="not a CSV table in UTF-8"):
        read_tables(run)


def test_manifest(run: Path) -> None:
    path = run / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "of_tomorrow": 1}), encoding="utf-8")
    assert read_tables(run).manifest.run_id == content["run_id"]
    del content["run_id"]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(StoreError, match=r"missing keys: run_id"):
        read_tables(run)
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(StoreError, match="expected an object, found list"):
        read_tables(run)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match="not JSON"):
        read_tables(run)
    path.unlink()
    with pytest.raises(StoreError, match="is this a results folder"):
        read_tables(run)
