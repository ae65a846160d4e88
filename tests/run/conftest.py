"""One finished run of the tiny study, as a user makes it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tiny

from bench.cli import main
from bench.run import resolve, run_study

SECRET = "5e" * 32


@dataclass(frozen=True)
class Done:
    """Where it was run, its results folder, and what the command printed."""

    place: Path
    folder: Path
    out: str
    err: str


@contextmanager
def silent(_stage: str, _total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


def run_here(study: str = "tiny.toml", results: str = "results", root: Path | None = None) -> Path:
    """Run the study of the working directory in this process, without figures and page."""
    return run_study(resolve(study, root, silent), Path(results), lambda _: None, silent)


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The study, run by the command line; tests must not change it."""
    place = tiny.make_place(tmp_path_factory.mktemp("place"))
    code, out, err = tiny.facegap(place, "run", "tiny.toml", FACEGAP_CACHE=str(place / "cache"), FACEGAP_SECRET=SECRET)
    assert code == 0, err
    (folder,) = (place / "results").iterdir()
    return Done(place, folder, out, err)


@pytest.fixture
def place(done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of where the study was run, cache and results too, as the working directory."""
    shutil.copytree(done.place, tmp_path / "place")
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "place" / "cache"))
    monkeypatch.setenv("FACEGAP_SECRET", SECRET)
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """`facegap WORDS` in this process: exit code, standard output, standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["facegap", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run
