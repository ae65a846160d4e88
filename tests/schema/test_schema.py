"""Row classes: declared whole, written and read back exactly, and in a run what they say they are."""

from __future__ import annotations

import csv
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap import schema, store
from facegap.schema import BESIDE, ROWS, Column, Row, Says, cells_of, column, columns_of, keys_of, names_of
from facegap.tables import TABLES
from made import keys_of_several

EVERY = pytest.mark.parametrize("row_class", ROWS.values(), ids=ROWS)
DECLARED = pytest.mark.parametrize("row_class", [*ROWS.values(), *BESIDE.values()], ids=[*ROWS, *BESIDE])


def test_every_table_is_declared_once_and_built() -> None:
    assert set(TABLES) == set(ROWS.values())
    assert [row.table for row in ROWS.values()] == list(ROWS)


@DECLARED
def test_a_row_class_says_what_it_is(row_class: type[Row]) -> None:
    about = schema.about(row_class)
    assert " ".join((row_class.__doc__ or "").split()) == about
    assert about.endswith(".") and "\n" not in about


@DECLARED
def test_a_column_says_what_it_means_without_its_neighbours(row_class: type[Row]) -> None:
    columns = columns_of(row_class)
    assert len({one.name for one in columns}) == len(columns)
    for one in columns:
        meaning = one.says.meaning
        assert meaning.strip() == meaning != "" and "\n" not in meaning
        assert meaning.lower() not in (one.name, one.name.replace("_", " "))
        # A reader of the CSV file looks one column up, not the one before it.
        assert "the same" not in meaning, one.name
        assert one.kind != "text" or (one.says.unit, one.says.digits) == ("", None)
        assert one.kind == "text" or not one.says.group
        assert one.says.digits is None or one.says.digits > 0


@EVERY
def test_what_is_no_key_may_be_blank_where_rows_are_blanked(row_class: type[Row]) -> None:
    assert keys_of(row_class)
    if "note" in names_of(row_class):
        for field in fields(row_class):
            assert field.name in keys_of(row_class) or field.default in (None, ""), field.name


@DECLARED
def test_a_default_is_a_blank_that_the_column_may_hold(row_class: type[Row]) -> None:
    for field, one in zip(fields(row_class), columns_of(row_class), strict=True):
        if field.default is not MISSING:
            assert field.default == ("" if one.kind == "text" else None)
            assert one.blank


CELLS: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    "whole number": st.integers(),
    "number": st.floats(allow_nan=False),
}


def cells(one: Column) -> st.SearchStrategy[Any]:
    return CELLS[one.kind] | st.none() if one.blank and one.kind != "text" else CELLS[one.kind]


def tables() -> st.SearchStrategy[tuple[type[Row], list[Row]]]:
    """A row class and rows of it with whatever its columns may hold."""

    def of(row_class: type[Row]) -> st.SearchStrategy[tuple[type[Row], list[Row]]]:
        row = st.builds(row_class, **{one.name: cells(one) for one in columns_of(row_class)})
        return st.tuples(st.just(row_class), st.lists(row, max_size=4))

    return st.sampled_from(list(ROWS.values())).flatmap(of)


@settings(max_examples=200)
@given(table=tables())
def test_rows_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[type[Row], list[Row]]
) -> None:
    row_class, rows = table
    folder = tmp_path_factory.mktemp("run")
    store.write_rows(folder, row_class, rows)
    assert store.read_rows(folder, row_class) == rows


def header(path: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(next(csv.reader(file)))


def test_a_run_has_every_table_under_the_declared_header(finished: Path) -> None:
    found = {path.stem: header(path) for path in (finished / "tables").glob("*.csv") if path.stem != "samples"}
    assert found == {name: names_of(row_class) for name, row_class in ROWS.items()}


@EVERY
def test_keys_say_which_row_it_is(finished: Path, row_class: type[Row]) -> None:
    assert keys_of_several(row_class, store.read_rows(finished, row_class)) == []


def test_the_dictionary_beside_the_tables_names_every_column(finished: Path) -> None:
    text = (finished / "tables" / "README.md").read_text(encoding="utf-8")
    assert text == schema.dictionary()
    sections = {part.split(".csv\n")[0]: part for part in text.split("\n## ")[1:]}
    assert list(sections) == list(ROWS)
    for name, row_class in ROWS.items():
        lines = [line for line in sections[name].splitlines() if line.startswith("| `")]
        assert [line.split("`")[1] for line in lines] == list(names_of(row_class))
        assert all(one.says.meaning in line for one, line in zip(columns_of(row_class), lines, strict=True))
        assert schema.about(row_class) in sections[name]


def test_the_dictionary_of_some_tables_names_those_alone() -> None:
    text = schema.dictionary(["cmc", "rates"])
    assert [line for line in text.splitlines() if line.startswith("#")] == ["## cmc.csv", "## rates.csv"]


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test declares is forgotten after it."""
    monkeypatch.setattr(column, "ROWS", {})
    monkeypatch.setattr(column, "_COLUMNS", {})


@pytest.mark.usefixtures("apart")
def test_a_table_has_one_row_class() -> None:
    class One(Row, table="one"):
        pass

    with pytest.raises(ValueError, match="two row classes for the table 'one'"):

        class Other(Row, table="one"):
            pass

    assert (One.table, One.always) == ("one", False)


@pytest.mark.usefixtures("apart")
def test_a_field_that_is_no_column_is_refused() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Silent(Row, table="silent"):
        count: int

    @dataclass(frozen=True, kw_only=True)
    class Listed(Row, table="listed"):
        counts: Annotated[list[int], Says(meaning="several numbers")]

    @dataclass(frozen=True, kw_only=True)
    class Mixed(Row, table="mixed"):
        count: Annotated[int | float, Says(meaning="either number")]

    with pytest.raises(TypeError, match=r"count: expected Annotated\[..., Says\(...\)\]"):
        columns_of(Silent)
    for row_class in (Listed, Mixed):
        with pytest.raises(TypeError, match="expected str, int or float, or one of them or None"):
            columns_of(row_class)


def test_cells_are_in_the_order_of_the_header() -> None:
    row = schema.CmcRow(model="m", condition="c", grouping="", group="everyone", rank=2, hits=3, trials=4)
    assert dict(zip(names_of(schema.CmcRow), cells_of(row), strict=True)) == {
        "model": "m",
        "condition": "c",
        "grouping": "",
        "group": "everyone",
        "gallery_size": None,
        "rank": 2,
        "hits": 3,
        "trials": 4,
        "subjects": None,
        "rate": None,
        "rate_optimistic": None,
        "caution": "",
    }
