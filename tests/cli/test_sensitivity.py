"""`facegap conditions sensitivity` as a user calls it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from facegap import store
from facegap.errors import InputError
from facegap.run.sensitivity import widened
from facegap.schema import RateRow

Command = Callable[..., tuple[int, str, str]]

VEIL = """\
name = "veil"
title = "a coarse file"
source = "made by the tests"

[[steps]]
step = "jpeg"
quality = { use = 60, low = 1, high = 90 }
subsampling = "4:2:0"
"""


def write_card(text: str) -> None:
    folder = Path("configs") / "conditions"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "veil.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def place(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(finished.parents[1], tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    study = tmp_path / "place" / "tiny.toml"
    study.write_text(
        study.read_text(encoding="utf-8").replace('conditions = ["clean"]', 'conditions = ["clean", "veil"]')
    )
    write_card(VEIL)
    return tmp_path / "place"


def test_both_ends_of_a_range(place: Path, command: Command) -> None:
    code, out, error = command("conditions", "sensitivity", "tiny.toml")
    assert code == 0, error
    written = place / "tiny-sensitivity.toml"
    assert '"veil@jpeg.quality=1"' in written.read_text(encoding="utf-8")
    assert "# A study of the tests; the comment is kept byte for byte." in written.read_text(encoding="utf-8")
    run = Path(re.findall(r"(?m)^results: (.*)$", out)[0])
    rows = [
        row
        for row in store.read_rows(run, RateRow)
        if row.metric == "FNMR" and row.failures == "counted" and not row.grouping and row.threshold_name == "FMR 0.01"
    ]
    rates = {row.condition: row.by_people for row in rows}
    assert set(rates) == {"clean", "veil", "veil@jpeg.quality=1", "veil@jpeg.quality=90"}
    assert rates["veil@jpeg.quality=1"] != rates["veil"], "a file of quality 1 is another picture"
    (line,) = [one for one in out.splitlines() if one.startswith("veil") and "FNMR" in one and "everyone" in one]
    assert "jpeg.quality" in line and " 1: " in line and " 90: " in line
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "One constant at a time: several that are off together may carry further." in page
    code, out, error = command("verify", str(run))
    assert code == 0, out
    # Printed again from the finished run, without running anything.
    code, out, error = command("conditions", "sensitivity", str(run))
    assert code == 0 and line in out.splitlines()


@pytest.mark.slow
def test_ends_are_no_conditions_of_the_page(place: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read aloud: the finding names the condition, and how far it hangs on the constant."""
    from facegap.report import findings, views
    from facegap.store import Tables

    monkeypatch.setattr("facegap.report.write", lambda _: None)
    code, out, error = command("conditions", "sensitivity", "tiny.toml")
    assert code in (0, 4), error
    tables = Tables(Path(re.findall(r"(?m)^results: (.*)$", out)[0]))
    assert views.conditions(tables) == ["clean", "veil"]
    said = [one.text for one in findings.findings(tables, "tiny") if one.text.startswith("Condition")]
    assert said and not any("@" in text for text in said)
    assert any("by jpeg.quality (jpeg.quality, 1 to 90)" in text or "do not change" in text for text in said)


def test_what_has_no_range(place: Path, command: Command) -> None:
    write_card(VEIL.replace("{ use = 60, low = 1, high = 90 }", "60"))
    code, _, error = command("conditions", "sensitivity", "tiny.toml")
    assert code == 2 and "no condition of clean, veil gives a range" in error
    other = place / "tiny-sensitivity.toml"
    write_card(VEIL)
    other.write_text("name = 'mine'\n", encoding="utf-8")
    code, _, error = command("conditions", "sensitivity", "tiny.toml")
    assert code == 2 and "is there and another study; move it away" in error


@pytest.mark.parametrize(
    "text",
    [
        'name = "a"\nconditions = ["clean"]\n[dataset]\ncard = "x"\n',
        'name = "a"  # mine\nconditions = [\n  "clean", # as it is\n  "b",\n]\n\n[[models]]\nname = "left alone"\n',
        'conditions = ["clean"]\nname = "a"\n',
        'name = "a"\n[dataset]\ncard = "x"\n',
    ],
)
def test_only_name_and_conditions_change(text: str) -> None:
    import tomllib

    new = widened(text, ("clean", "b@jpeg.quality=3"), "a-sensitivity", "here")
    expected = {**tomllib.loads(text), "name": "a-sensitivity", "conditions": ["clean", "b@jpeg.quality=3"]}
    assert tomllib.loads(new) == expected


def test_a_text_that_hides_them() -> None:
    with pytest.raises(InputError, match="write its conditions as one array"):
        widened('"name" = "a"\n"conditions" = ["clean"]\n', ("clean", "b"), "b", "here")
