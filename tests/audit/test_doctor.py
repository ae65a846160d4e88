"""Doctor finds what would spoil a run, and says what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections import namedtuple
from importlib import metadata
from pathlib import Path

import pytest

from facegap.audit import doctor
from facegap.cli import main

INSTALLED = {"opencv-python-headless": "5.0", "onnxruntime": "1.31"}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))


def install(monkeypatch: pytest.MonkeyPatch, packages: dict[str, str]) -> None:
    def version(name: str) -> str:
        if name not in packages:
            raise metadata.PackageNotFoundError(name)
        return packages[name]

    monkeypatch.setattr(metadata, "version", version)


def lines(level: str) -> list[str]:
    return [line.text for line in doctor() if line.level == level]


def test_a_sound_machine_has_no_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, INSTALLED)
    assert lines("fail") == []
    fine = lines("ok")
    assert "cv2: opencv-python-headless 5.0" in fine and "onnxruntime: onnxruntime 1.31" in fine
    assert any(line.startswith(f"cache: {tmp_path / 'cache'} is writable") for line in fine)
    assert any(line.startswith("backends in this onnxruntime: cpu") for line in fine)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            {"opencv-python": "4.11"},
            "cv2: opencv-python-headless 5.0, opencv-python 4.11 overwrite each other; uninstall all and install one "
            "again",
        ),
        (
            {"onnxruntime-gpu": "1.31"},
            "onnxruntime: onnxruntime 1.31, onnxruntime-gpu 1.31 overwrite each other; uninstall all and install one "
            "again",
        ),
    ],
)
def test_packages_that_overwrite_each_other(monkeypatch: pytest.MonkeyPatch, more: dict[str, str], line: str) -> None:
    install(monkeypatch, INSTALLED | more)
    assert lines("fail") == [line]


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, {"onnxruntime": "1.31"})
    assert lines("fail") == ["cv2: not installed; pip install opencv-python-headless"]


def test_a_cache_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, INSTALLED)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "file" / "cache"))
    (line,) = lines("fail")
    assert line.startswith("cache: ") and line.endswith("Not a directory; set FACEGAP_CACHE")


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_a_cache_that_others_can_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o755)
    assert any("can be read by others; templates are biometric data: chmod 700 it" in line for line in lines("warn"))


def test_little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 1024**3))
    assert any("is writable, 1 GiB free" in line for line in lines("warn"))


def test_models_that_are_not_here_yet_are_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, INSTALLED)
    assert lines("warn") == [
        "default recogniser dlib-resnet29: not here yet; facegap models pull dlib-resnet29",
        "default detector mtcnn: not here yet; facegap models pull mtcnn",
    ]


def test_the_command_ends_with_three_where_something_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["facegap", "doctor"])
    for packages, code in ((INSTALLED, 0), ({}, 3)):
        install(monkeypatch, packages)
        with pytest.raises(SystemExit) as end:
            main()
        assert (end.value.code or 0) == code
    assert "fail  cv2: not installed; pip install opencv-python" in capsys.readouterr().out


def test_what_a_stopped_process_left_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `kill -9` leaves it: hidden parts of files in the cache and beside cards, and a folder without its lock."""
    monkeypatch.chdir(tmp_path)
    left = [tmp_path / name for name in ("cache/weights/.a.onnx.0123abcd", "models/.m.toml.89abcdef")]
    young, own = tmp_path / "models/.m.toml.00000000", tmp_path / "models/.m.toml"
    run = tmp_path / "results/.r.facegap-part"
    run.mkdir(parents=True)
    for path in (*left, young, own):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        path.write_bytes(b"half")
    (tmp_path / "cache").chmod(0o700)
    for path in left:
        os.utime(path, (0, 0))
    said = lines("warn")
    assert f"cache: {left[0]} was left half written by a stopped process; facegap purge removes it" in said
    assert "models: models/.m.toml.89abcdef was left half written by a stopped process; remove it" in said
    assert any(line.startswith("results: results/.r.facegap-part was left by a run") for line in said)
    assert len([line for line in said if "was left" in line]) == 3
    monkeypatch.setattr("sys.argv", ["facegap", "purge"])
    with pytest.raises(SystemExit):
        main()
    out = capsys.readouterr().out
    assert f"removed {left[0]}" in out and "not removed: results/.r.facegap-part, left by a run that was stopped" in out
    assert not left[0].exists() and left[1].exists() and young.exists() and run.is_dir()
