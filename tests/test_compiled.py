"""Where machine code is kept, and that keeping it never fails a command."""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from pathlib import Path
from typing import Any

import pytest

import facegap
from facegap import compiled
from made import names_in

PACKAGE = Path(facegap.__file__).parent

SOURCE = """
from facegap.compiled import compiled

@compiled()
def double(x):
    return x + x
"""


def kept(folder: Path) -> list[str]:
    """Names of the files of machine code and their indices."""
    return sorted(path.name for path in folder.rglob("*.nb[ic]"))


def double_in(folder: Path) -> Callable[[Any], Any]:
    """The compiled function of a module that is written to `folder`."""
    folder.mkdir(exist_ok=True)
    if not (folder / "doubling.py").exists():  # older releases of numba compile anew what was written again
        (folder / "doubling.py").write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("doubling", folder / "doubling.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.double


def test_the_package_gets_no_compiled_files(tmp_path: Path) -> None:
    before = kept(PACKAGE)
    code = (
        "import numpy as np\n"
        "from facegap.compare.scores import exact_scores\n"
        "one = np.ones((1, 2), np.float32)\n"
        "assert exact_scores(one, one, np.array([0]), np.array([0]), 'cosine').tolist() == [2]\n"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "FACEGAP_CACHE")}
    here = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "LOCALAPPDATA": str(tmp_path / "cache")}
    paths = {"PYTHONPATH": str(PACKAGE.parent)}
    subprocess.run([sys.executable, "-c", code], env=environment | here | paths, cwd=tmp_path, check=True)
    assert kept(PACKAGE) == before
    assert [name for name in kept(tmp_path) if name.endswith(".nbi") and "_products" in name]


def test_code_goes_where_numba_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "told"))
    assert double_in(tmp_path / "source")(3) == 6
    assert len(kept(tmp_path / "told")) == 2
    assert kept(tmp_path / "source") == []


def test_code_goes_to_the_private_cache_where_numba_is_told_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "private"))
    assert double_in(tmp_path / "source")(3) == 6
    assert len(kept(tmp_path / "private" / "compiled")) == 2


def test_another_state_of_the_sources_has_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "told"))
    double_in(tmp_path / "source")
    (tmp_path / "source" / "constants.py").write_text("TWO = 2", encoding="utf-8")
    compiled._folder.cache_clear()
    double_in(tmp_path / "source")
    assert len(names_in(tmp_path / "told")) == 2


def test_without_a_folder_that_can_be_written_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert double_in(tmp_path / "source")(3) == 6
    assert kept(tmp_path) == []


def test_a_folder_that_goes_away_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "told"))
    double = double_in(tmp_path / "source")
    (tmp_path / "told").rename(tmp_path / "elsewhere")
    (tmp_path / "told").write_text("", encoding="utf-8")
    assert double(3) == 6


def test_a_damaged_file_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "told"))
    double_in(tmp_path / "source")(3)
    for path in (tmp_path / "told").rglob("*.nb[ic]"):
        path.write_bytes(path.read_bytes()[:40])
    assert double_in(tmp_path / "source")(3) == 6
    assert all(path.stat().st_size > 40 for path in (tmp_path / "told").rglob("*.nb[ic]"))


@pytest.mark.skipif(sys.platform == "win32", reason="no locks of this kind there")
def test_one_process_at_a_time_writes_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "told"))
    double = double_in(tmp_path / "source")
    (folder,) = (path for path in (tmp_path / "told").glob("*/*") if path.is_dir())
    with ThreadPoolExecutor(1) as other:
        with compiled._alone(folder):
            waiting = other.submit(double, 3)
            with pytest.raises(StillWaiting):
                waiting.result(timeout=1.5)
            assert kept(folder) == []
        assert waiting.result() == 6
    assert len(kept(folder)) == 2


def test_a_flipped_bit_of_compiled_code_is_compiled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "told"))
    assert double_in(tmp_path / "source")(3) == 6
    rng = random.Random(0)
    for path in sorted((tmp_path / "told").rglob("*.nb[ic]")):
        for _ in range(3):
            data = bytearray(path.read_bytes())
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            path.write_bytes(data)
            caplog.clear()
            assert double_in(tmp_path / "source")(3) == 6
            assert "cache: a damaged file of compiled code is made anew" in caplog.text
    caplog.clear()
    assert double_in(tmp_path / "source")(3) == 6 and caplog.text == ""
