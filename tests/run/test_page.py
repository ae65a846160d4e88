"""A run without a page: complete, with a line and an exit code that say so; and `--no-page`, which is no failure."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tiny
from facegap import store
from facegap.audit import verify
from facegap.errors import DiskFull, StoreError
from facegap.run import Changes, analyse
from facegap.run.page import draw_page


def no_room(folder: Path) -> None:
    """Half a page, then a full disk."""
    store.write_atomic(folder / "figures" / "rates.svg", b"<svg/>")
    raise DiskFull(f"{folder}/report.html: cannot be written: No space left on device; free some space")


def broken(_: Path) -> None:
    raise RuntimeError("no such font")


def test_half_a_page_is_none(tmp_path: Path) -> None:
    draw_page(no_room, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [store.NO_PAGE]
    why = (tmp_path / store.NO_PAGE).read_text(encoding="utf-8").splitlines()[0]
    assert why == "DiskFull: report.html: cannot be written: No space left on device; free some space"


@pytest.mark.slow
@pytest.mark.parametrize(("draw", "code"), [(no_room, 3), (broken, 4)])
def test_an_analysis_whose_page_fails_is_complete_and_says_so(
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    draw: object,
    code: int,
) -> None:
    from facegap.cli import main

    monkeypatch.setattr("facegap.report.write", draw)
    monkeypatch.setattr("sys.argv", ["facegap", "analyse", str(finished), "--out", str(tmp_path / "new")])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert end.value.code == code
    assert said.err.splitlines()[-1].startswith(
        f"facegap: {tmp_path / 'new'}: complete but for report.html and figures: "
    )
    assert "page:" not in said.out and not (tmp_path / "new" / "figures").exists()
    assert verify(tmp_path / "new", inputs=False) == []


def test_no_page_is_no_failure(finished: Path, tmp_path: Path) -> None:
    """From outside: "! no page was drawn; why: .../report-failed.txt", which did not exist, nothing having failed."""
    place = finished.parents[1]
    out_folder = tmp_path / "new"
    code, out, error = tiny.facegap(
        place, "analyse", str(finished), "--fmr", "0.05", "--no-page", "--out", str(out_folder)
    )
    assert code == 0, error
    assert "no page" not in out and "report-failed" not in out + error
    assert not (out_folder / store.NO_PAGE).exists()
    assert store.read_manifest(out_folder).page is False


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_file_that_the_system_does_not_take_is_exit_code_3(finished: Path, tmp_path: Path) -> None:
    """The page is larger than any table of a small run: a limit between them is met by the page alone."""
    sizes = {name: path.stat().st_size for name, path in store.plain_files(finished).items()}
    page = sizes.pop(store.PAGE)
    others = max(size for name, size in sizes.items() if not store.is_drawn(name))
    assert others < page - 4096
    code = (
        "import resource, sys; from facegap.cli import main\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({page - 2048}, {page - 2048}))\n"
        "sys.argv = ['facegap', *sys.argv[1:]]; main()"
    )
    words = ["analyse", str(finished), "--out", str(tmp_path / "new")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    line = done.stderr.splitlines()[-1]
    assert re.search(r"complete but for report\.html and figures: DiskFull: .*File too large; free some space", line)
    assert store.sums_differences(tmp_path / "new") == []


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
@pytest.mark.parametrize("file", ["study.toml", "manifest.json", "tables/rates.csv", "SHA256SUMS"])
@pytest.mark.parametrize("words", [["verify"], ["report"], ["claim", "FNMR <= 0.1 in every group"], ["analyse"]])
def test_a_pipe_is_refused_and_not_waited_for(
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    words: list[str],
) -> None:
    from facegap.cli import main

    run = Path(shutil.copytree(finished, tmp_path / "run"))
    (run / file).unlink()
    os.mkfifo(run / file)
    monkeypatch.setattr("sys.argv", ["facegap", words[0], str(run), *words[1:]])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert f"{file}: a named pipe; a results folder holds plain files" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_a_thousand_million_people_are_not_rendered_to_verify_a_run(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished.parents[1])
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    content = store.read_json(run / "manifest.json")
    content["study"]["dataset"]["synthetic"] = {"identities": 10**9}
    store.write_json(run / "manifest.json", content)
    found = verify(run)
    assert any("the study renders 3,000,000,000 pictures, the run measured 96" in line for line in found)
    content["study"]["dataset"]["subjects"] = 24
    store.write_json(run / "manifest.json", content)
    assert any("3,000,000,000 pictures are too many to render here; give --root" in line for line in verify(run))


def test_an_analysis_that_cannot_be_written_is_refused_before_it_is_computed(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def computed(*_: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr(importlib.import_module("facegap.run.analyse"), "build", computed)
    (tmp_path / "file").write_text("")
    for out, expected in (
        (tmp_path / "file" / "new", "cannot be written"),
        (tmp_path, "exists already"),
        (tmp_path / "a b", "expected letters, digits"),
    ):
        with pytest.raises(StoreError, match=expected):
            analyse(finished, Changes(), out, None)
