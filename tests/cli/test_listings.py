"""Tables as text: aligned, plain, and whole on any terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.cli.listings import columns

CELLS = st.text("ab [red]/:,(){}'0.é—µ", max_size=30)
ROWS = st.integers(1, 5).flatmap(lambda count: st.lists(st.tuples(*[CELLS] * count), min_size=1, max_size=6))


@given(ROWS)
def test_columns_are_as_wide_as_their_widest_cell_and_two_spaces_apart(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    slow = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    assert columns(rows) == slow


def test_nothing_is_wrapped_cut_or_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("COLUMNS", "20"), ("FORCE_COLOR", "1"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)
    long = "https://example.org/" + 300 * "x "
    assert columns([("[bold]NAME[/]", "AT"), (":smile:", long)]) == [
        "[bold]NAME[/]  AT",
        f":smile:        {long.rstrip()}",
    ]


def test_wide_letters_take_two_places() -> None:
    assert columns([("東京", "1"), ("abcd", "2")]) == ["東京  1", "abcd  2"]


def test_no_rows_are_no_lines() -> None:
    assert columns([]) == []
