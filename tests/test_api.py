"""The Python interface, and the page that shows it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

import facegap
from facegap import schema
from facegap.errors import InputError, StoreError
from facegap.schema import RateRow

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_runs_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) > 5
    names: dict[str, object] = {}
    try:
        for block in blocks:
            exec(compile(block, "docs/python.md", "exec"), names)
        assert names["found"].verdict in ("refuted", "undecided", "supported")  # type: ignore[attr-defined]
        assert len(names["right"].lines) > 1  # type: ignore[attr-defined]
    finally:
        plt.close("all")


def test_importing_loads_nothing() -> None:
    code = (
        "import sys, facegap; print([m for m in ('numpy', 'scipy', 'numba', 'matplotlib', 'cv2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there_and_documented() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for name in set(facegap.__all__) - {"__version__", "Run"}:
        assert getattr(facegap, name).__doc__ and f"facegap.{name}" in page
    for name in vars(facegap.Run):
        if not name.startswith("_") and name not in ("folder", "evidence"):
            assert f"run.{name}" in page, name
    with pytest.raises(AttributeError, match="has no attribute 'load_runs'"):
        facegap.load_runs  # noqa: B018
    assert set(facegap.__all__) <= set(dir(facegap))


def test_rates_with_nothing_changed_are_those_of_the_tables(finished: Path) -> None:
    run = facegap.load_run(finished)
    assert run.rates() == run.tables[RateRow]
    assert run.rates(level=0.95) == run.tables[RateRow]
    assert [r.high for r in run.rates(level=0.5) if r.rate] != [r.high for r in run.rates() if r.rate]


@pytest.mark.parametrize("groups", ["size", ("size",), ["size"]])
def test_other_groups_and_thresholds(finished: Path, groups: object) -> None:
    run = facegap.load_run(str(finished))
    found = run.rates(groups=groups, fmr=0.02)  # type: ignore[arg-type]
    assert {row.grouping for row in found} == {"", "size"}
    assert {row.threshold_name for row in found} == {"none", "FMR 0.02"}
    several = run.rates(groups=["size", "group, size"], fmr=[0.02, 0.05])
    assert {row.grouping for row in several} == {"", "size", "group, size"}
    assert run.tables[RateRow][0].grouping == "" and run.evidence.study.groups == (("group",), ("group", "size"))


def test_mistakes_are_one_line(finished: Path, tmp_path: Path) -> None:
    run = facegap.load_run(finished)
    with pytest.raises(InputError, match="'age' is no label of this run; its labels: group, size"):
        run.rates(groups="age")
    with pytest.raises(InputError, match="no model 'x' in this run; there: tiny"):
        run.draw_det("x")
    with pytest.raises(
        InputError, match=r"no threshold 'FMR 1' in the cross-group table of this run; there: FMR 0\.05"
    ):
        run.draw_cross_fmr("FMR 1")
    with pytest.raises(InputError, match="no FNIR of tiny in this run; there are: FTA"):
        run.draw_rates("FNIR")
    with pytest.raises(StoreError, match="is this a results folder"):
        facegap.load_run(tmp_path)


def test_figures_are_drawn_on_given_axes(finished: Path) -> None:
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    run = facegap.load_run(finished)
    try:
        _, axes = plt.subplots(1, 3)
        assert run.draw_rates("FMR", ax=axes[0]) is axes[0]
        assert run.draw_det(ax=axes[1]) is axes[1]
        assert run.draw_cross_fmr("FMR 0.05", ax=axes[2]) is axes[2]
        labels = [label.get_text() for label in axes[0].get_yticklabels()]
        assert any("amber" in label for label in labels) and any("blue" in label for label in labels)
        assert axes[0].get_xscale() == "log" and len(axes[1].lines) >= 2 and len(axes[2].patches) >= 4
        assert run.draw_det() not in axes
    finally:
        plt.close("all")


def test_a_study_runs_from_python(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = finished.parents[1]
    monkeypatch.chdir(place)
    found = facegap.run_study("tiny.toml", results=tmp_path / "results")
    assert found.tables[RateRow] == facegap.load_run(finished).tables[RateRow]
    assert facegap.verify(found.folder, root=place / "data") == []
    assert facegap.plan("tiny.toml").samples == 96
    assert repr(found) == f"<run {found.manifest.run_id}>"
    claimed = found.claim("FNMR <= 0.9 in every group at FMR 0.05")
    assert claimed.verdict == "undecided" and all(
        "could only be refuted: 12 people" in one.note for one in claimed.judged
    )
    assert {one.group for one in claimed.judged} == {"amber", "blue"}


def test_frames_have_the_tables_columns_and_blanks(finished: Path) -> None:
    pytest.importorskip("pandas", reason="frames need pandas")
    frame = facegap.load_run(finished).frame(schema.RateRow)
    assert list(frame.columns) == list(schema.names_of(schema.RateRow))
    assert frame[frame.metric == "FTA"].threshold.isna().all() and frame.trials.notna().all()
