"""Forgeries whose sums are set right: verify finds each, but those that it says it cannot.

benchmarks/forgeries.py does all of tests/forged.py, also those that make tables and page anew from what was changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import forged
from facegap import report
from facegap.audit import examine
from facegap.errors import StoreError

FAST = (
    "a column added to a table",
    "other line ends in a table",
    "a word in the data dictionary",
    "a NOTICE that the run has not",
    "a number on the page",
    "a word on the page",
    "a bar in a figure on the page",
    "a bar in a figure's file",
    "a figure added",
    "page and figures taken out",
    "a number on the page, other versions claimed",
    "a word on the page, other drawing versions claimed",
    "a key that no manifest has",
    "a run's id that leads elsewhere",
    "study.toml alone",
    "an array that nothing reads",
    "other bytes for the same numbers",
    "a column in samples.csv",
    "a file added",
    "sums in another order",
)


@pytest.fixture(scope="module", autouse=True)
def _remembered() -> Iterator[None]:
    """Tables of equal evidence are computed once, and pages of equal files drawn once."""
    with pytest.MonkeyPatch.context() as patch:

        def put(where: tuple[Any, str], value: Any) -> None:
            patch.setattr(*where, value)

        forged.remember(put)
        yield


@pytest.fixture
def place(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(finished.parents[1], tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


def differences(run: Path, name: str) -> list[str]:
    """Drawn again only where page or figures were changed, which takes most of the time."""
    shown = "page" in name or "figure" in name
    try:
        return examine(run, inputs=False, drawn=report.drawn if shown else None).differences
    except StoreError as error:
        return [str(error)]


def test_nothing_is_found_where_nothing_was_changed(place: Path, finished: Path) -> None:
    assert differences(place / "results" / finished.name, "page") == []


@pytest.mark.parametrize("forgery", [one for one in forged.FORGERIES if one.name in FAST], ids=lambda one: one.name)
def test_a_forgery_is_found(place: Path, finished: Path, forgery: forged.Forgery) -> None:
    run = place / "results" / finished.name
    forgery.change(run)
    found = differences(run, forgery.name)
    assert found and all("\n" not in line for line in found)


def test_what_cannot_be_found_is_named_with_what_would() -> None:
    names = [one.name for one in forged.FORGERIES]
    assert len(names) == len(set(names)) >= 40 and set(FAST) <= set(names)
    assert all(one.found == (not one.by) for one in forged.FORGERIES)
