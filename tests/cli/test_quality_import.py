"""`facegap quality import` as a user calls it: OFIQ's values stand beside ours, in the table, on the page, verified."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from facegap import store
from facegap.schema import QualityRow

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def place(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(finished.parents[1], tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


def ofiq(place: Path) -> Path:
    """What OFIQ might write of every picture of the tiny study: darker than ours, and the last one not assessed."""
    pictures = sorted(path for path in place.rglob("*") if path.suffix in (".png", ".jpg") and "images" in path.parts)
    lines = [f"{path};0.25;{20 + k % 5};70;{k % 100};9" for k, path in enumerate(pictures)]
    lines[-1] = f"{pictures[-1]};0;0;-1;-1;9"
    head = "Filename;LuminanceMean;Sharpness;LuminanceMean.scalar;Sharpness.scalar;assessment_time_in_ms;"
    path = place / "OFIQ.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def test_ofiq_s_values_stand_beside_ours(place: Path, command: Command) -> None:
    code, out, error = command("quality", "import", "tiny.toml", str(ofiq(place)))
    assert code == 0, error
    assert re.search(r"(?m)^LuminanceMean +0\.\d+, \d+ +0\.25, 70 ", out), out
    run = Path(re.findall(r"(?m)^results: (.*)$", out)[0])
    rows = [row for row in store.read_rows(run, QualityRow) if not row.grouping]
    names = [row.quality for row in rows]
    at = names.index("LuminanceMean")
    assert names[at + 1] == "OFIQ.LuminanceMean"
    given = rows[at + 1]
    assert (given.mean, given.scalar) == (pytest.approx(0.25), pytest.approx(70))
    assert "Sharpness" not in names and "OFIQ.Sharpness" in names and "LaplacianSharpness" in names
    page = (run / "report.html").read_text(encoding="utf-8")
    assert page.index(">LuminanceMean<") < page.index(">OFIQ.LuminanceMean<")
    assert str(place) not in (run / "study.toml").read_text(encoding="utf-8")
    assert 'ofiq = "OFIQ.csv"' in (run / "study.toml").read_text(encoding="utf-8")
    code, out, error = command("verify", str(run))
    assert code == 0, out


def test_a_file_of_other_pictures_ends_with_a_line(place: Path, command: Command) -> None:
    path = ofiq(place)
    path.write_text(path.read_text(encoding="utf-8").replace(".png", ".gif").replace(".jpg", ".gif"), encoding="utf-8")
    code, _, error = command("quality", "import", "tiny.toml", str(path))
    assert code == 2 and "is of a picture of the data set" in error and "Traceback" not in error


def test_a_study_that_sees_no_picture_as_it_is(place: Path, command: Command) -> None:
    study = place / "tiny.toml"
    text = study.read_text(encoding="utf-8").replace('conditions = ["clean"]', 'conditions = ["low-res-jpeg"]')
    study.write_text(text.replace("[thresholds]", '[thresholds]\ncondition = "low-res-jpeg"'), encoding="utf-8")
    code, _, error = command("quality", "import", "tiny.toml", str(ofiq(place)))
    assert code == 2 and ("ofiq: stands beside" in error or "clean" in error)
