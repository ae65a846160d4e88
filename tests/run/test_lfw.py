"""dlib's net on real faces: error rates that others measure too, within their sampling error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import pulled
from facegap import store
from facegap.audit import verify

STUDY = """\
name = "lfw"
title = "part of LFW"
seed = 3
conditions = ["clean"]
groups = [["gender"]]

[dataset]
card = "lfw-subset"
root = "{root}"
subjects = 150

[[models]]
card = "dlib-resnet29"

[thresholds]
fmr = {fmr}
impostors = "same-group"
"""

WHOLE = {0.01: 0.020, 0.001: 0.125}
"""FMR -> FNMR on all 1,263 people of the subset, non-mated pairs within gender; measured apart from this package, on
MTCNN landmarks."""

Row = dict[str, str]


def rates_at(folder: Path) -> dict[tuple[str, str], Row]:
    """(metric, threshold) -> everyone's row, failures counted."""
    rows = store.read_table(folder / "tables" / "rates.csv")
    kept = [row for row in rows if (row["grouping"], row["failures"]) == ("", "counted")]
    return {(row["metric"], row["threshold_name"]): row for row in kept}


@pytest.mark.slow
def test_dlib_on_150_people(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_here: Callable[..., Path]
) -> None:
    """150 people set a threshold only as exactly as their FMR is known, so that both ends of its interval are tried."""
    pulled.into_cache("dlib-resnet29", "mtcnn")
    monkeypatch.chdir(tmp_path)
    root = (shared / "data" / "lfw-subset").as_posix()

    def run(fmr: list[float]) -> tuple[Path, dict[tuple[str, str], Row]]:
        (tmp_path / "lfw.toml").write_text(STUDY.format(root=root, fmr=fmr), encoding="utf-8")
        folder = run_here("lfw.toml", results=f"results{len(fmr)}")
        return folder, rates_at(folder)

    folder, rates = run(list(WHOLE))
    assert float(rates["FTA", "none"]["rate"]) < 0.01
    assert verify(folder, inputs=False) == []
    ends = []
    for target in WHOLE:
        row = rates["FMR", f"FMR {target:g}"]
        ends += [target * float(row[end]) / float(row["rate"]) for end in ("low", "high")]
    _, wide = run([*WHOLE, *ends])
    for target, low, high in zip(WHOLE, ends[::2], ends[1::2], strict=True):
        own, strict, lax = (wide["FNMR", f"FMR {fmr:g}"] for fmr in (target, low, high))
        assert int(own["subjects"]) == 150 and int(own["trials"]) > 300
        assert float(lax["low"]) <= WHOLE[target] <= float(strict["high"]), (own, lax, strict)
        assert 0.4 < float(own["rate"]) / WHOLE[target] < 2.5
