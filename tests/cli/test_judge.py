"""`facegap judge` as a user calls it: what it prints, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from facegap.cli import main

TABLE = "ethnicity,gender,errors,trials,people,metric,threshold\n" + "\n".join(
    ("b,f,42,1200,240,FNMR,FMR 0.001", "b,m,30,1100,220,FNMR,FMR 0.001", "w,f,12,1500,300,FNMR,FMR 0.001",
     "w,m,10,1600,320,FNMR,FMR 0.001", "")
)  # fmt: skip


def called(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["facegap", "judge", *words])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    return int(end.value.code or 0), said.out, said.err


def test_a_table_becomes_findings_and_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("counts.csv").write_text(TABLE)
    code, out, _ = called(["counts.csv", "--claim", "FNMR <= 20 % in every group"], monkeypatch, capsys)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("computed from published counts, with trials taken as independent")
    found = [line for line in lines if line.startswith("found:")]
    assert found[0].startswith("found:  FNMR, at FMR 0.001, by ethnicity: b: 4.4 times the rate of the other groups")
    assert "by gender: f: not shown to differ" in found[-1]
    assert lines[-1].startswith("page: results/judged-counts-") and Path(lines[-1].removeprefix("page: ")).is_file()


def test_a_claim_that_is_not_supported_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("counts.csv").write_text(TABLE)
    code, out, _ = called(["counts.csv", "--claim", "FNMR <= 3 % in every group"], monkeypatch, capsys)
    assert code == 1 and "undecided, which is not met" in out


def test_a_bad_table_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("counts.csv").write_text("group,errors,trials\na,3,2\n")
    code, out, err = called(["counts.csv"], monkeypatch, capsys)
    assert (code, out, err) == (2, "", "facegap: counts.csv: line 2: 3 errors among 2 trials\n")
