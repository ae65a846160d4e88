"""The commands of the three journeys: each says how it is used, and ends with a code that means something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from facegap import store
from facegap.cards import load_study
from facegap.cli.app import app

Command = Callable[..., tuple[int, str, str]]

POLICY = """\
kind = "policy"
name = "tender"
title = "T"

[[requirements]]
name = "turned away"
metric = "FNMR"
at = "FMR 0.05"
threshold = 0.4
goal = 0.0001

[[requirements]]
name = "found"
metric = "FTA"
threshold = 0.4
"""


def commands(group: object = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    here = typer.main.get_command(app) if group is None else group
    if isinstance(here, TyperGroup):
        for name, one in here.commands.items():
            yield from commands(one, (*path, name))
    else:
        yield path


@pytest.fixture
def place(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of where the tiny study was run, as the working directory."""
    shutil.copytree(finished.parents[1], tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    monkeypatch.setattr("facegap.report.write", lambda _: None)
    (tmp_path / "place" / "tender.toml").write_text(POLICY, encoding="utf-8")
    return tmp_path / "place"


def test_the_journeys_are_there() -> None:
    names = {" ".join(path) for path in commands()}
    assert {
        "init", "doctor", "plan", "seal", "datasets check", "models check", "run", "report", "analyse", "compare",
        "claim", "judge", "verify", "bundle", "export", "cite", "population",
    } <= names  # fmt: skip


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_every_help_has_an_example_of_its_own(path: tuple[str, ...], command: Command) -> None:
    code, out, _ = command(*path, "--help")
    assert code == 0
    assert f"Example: facegap {' '.join(path)}" in " ".join(out.split())


def test_init_writes_a_study_that_is_read(place: Path, command: Command) -> None:
    words = ["--dataset", "patterns", "--root", "data", "--model", "tiny", "--detector", "aligned-none"]
    more = ["--condition", "low-res-jpeg", "--groups", "group,size", "--fmr", "0.05"]
    code, out, err = command("init", "mine", *words, *more)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "next: facegap plan mine.toml, then facegap run mine.toml"
    study, _ = load_study("mine.toml")
    assert study.groups == (("group", "size"),) and study.conditions == ("clean", "low-res-jpeg")
    assert command("plan", "mine.toml")[0] == 0


def test_init_asks_nobody_where_nobody_is(place: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    code, out, _ = command("init", "quick")
    assert code == 0 and "Which data set?" in out and "synthetic-heads" in out
    content = tomllib.loads((place / "quick.toml").read_text(encoding="utf-8"))
    assert content["dataset"]["card"] == "synthetic-heads" and content["models"][0]["card"] == "dlib-resnet29"
    assert load_study("quick.toml")[0].thresholds.fmr == (0.001,)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--dataset", "nothing"], "no card named 'nothing' in datasets/"),
        (["--dataset", "patterns", "--root", "nowhere"], "--root: nowhere: no such folder"),
        (["--dataset", "patterns", "--root", "data", "--groups", "age"], "has no label 'age'; it has: group, size"),
        (["--dataset", "patterns", "--root", "data", "--fmr", "2"], "--fmr: expected a rate above 0 and below 1"),
        (["--dataset", "patterns", "--root", "data", "--model", "nobody"], "no card named 'nobody' in models/"),
        (
            ["--dataset", "patterns", "--root", "data", "--condition", "dimm"],
            "no card named 'dimm' in",
        ),
    ],
)
def test_init_refuses_what_there_is_not(
    place: Path, command: Command, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: str
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    more = [] if "--model" in words else ["--model", "tiny"]
    code, _, err = command("init", "mine", *words, *more, "--detector", "aligned-none")
    assert code == 2 and expected in err and err.count("\n") == 1
    assert not (place / "mine.toml").exists()


def test_init_never_overwrites(place: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    code, _, err = command("init", "tiny")
    assert code == 2 and "tiny.toml: there already, and never overwritten" in err


def test_plan_says_whether_a_policy_can_be_decided(place: Path, command: Command) -> None:
    code, out, _ = command("plan", "tiny.toml", "--policy", "tender.toml")
    assert code == 0
    lines = [line.split() for line in out.partition("policy: whether")[2].splitlines()]
    found = {(" ".join(words[:-4]), words[-4]) for words in lines if "could" in words}
    assert found or "could" in out
    assert "found, threshold: the plan simulates limits on FNMR and FMR, and this one is on FTA" in out
    assert "needs" in out or "could decide" in out


def test_run_and_report_with_a_policy(place: Path, command: Command) -> None:
    code, out, _ = command("run", "tiny.toml", "--policy", "tender.toml", "--results", "again")
    assert "policy tender: T" in out
    (compared,) = (place / "again").glob("compared-*")
    assert code == (0 if "every threshold: met" in out else 1)
    rows = store.read_table(compared / "tables" / "requirements.csv")
    assert {(row["requirement"], row["level"]) for row in rows} == {
        ("turned away", "threshold"), ("turned away", "goal"), ("found", "threshold"),
    }  # fmt: skip
    (run,) = (place / "again").glob("tiny-*")
    code, out, _ = command("report", str(run), "--out", "page/r", "--policy", "tender.toml")
    assert "policy tender: T" in out and list((place / "page").glob("compared-*"))
    beside = store.read_table(place / "page" / "r" / "tables" / "requirements.csv")
    assert beside == rows


def test_a_wrong_policy_stops_a_run_before_it_computes(place: Path, command: Command) -> None:
    code, _, err = command("run", "tiny.toml", "--policy", "nothing.toml", "--results", "again")
    assert (code, err) == (2, "facegap: nothing.toml: no such file\n")
    assert not (place / "again").exists()


def test_a_comparison_is_verified_from_its_runs(place: Path, command: Command) -> None:
    (run,) = (place / "results").glob("tiny-*")
    command("compare", str(run), "--policy", "tender.toml")
    (compared,) = (place / "results").glob("compared-*")
    code, out, _ = command("verify", str(compared))
    assert code == 0 and out.splitlines()[-1] == f"{compared.name}: verified"
    moved = Path(shutil.move(str(compared), str(place / "away")))
    code, out, _ = command("verify", str(moved))
    assert code == 4 and "does not lie beside this folder" in out
    table = Path(shutil.move(str(moved), str(compared))) / "tables" / "requirements.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("not met", "met"), encoding="utf-8")
    store.seal(compared)
    code, out, _ = command("verify", str(compared))
    assert code == 1 and "tables/requirements.csv: differs" in out


def test_progress_on_claim_and_analyse(place: Path, command: Command) -> None:
    (run,) = (place / "results").glob("tiny-*")
    assert "claim: 1 of 1 in" in command("claim", str(run), "FNMR <= 0.9 overall at FMR 0.05")[2]
    _, _, err = command("analyse", str(run), "--fmr", "0.02", "--no-page")
    assert "analyse: tables: " in err


def _completed(place: Path, *words: str) -> list[str]:
    """What bash is offered behind these words."""
    line = " ".join(("facegap", *words))
    told = {"_FACEGAP_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    code = "import sys; sys.argv = ['facegap']; from facegap.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=place, env={**os.environ, **told}, capture_output=True, text=True, check=False
    )
    return done.stdout.split()


def test_the_shell_completes_commands_studies_cards_and_runs(place: Path) -> None:
    assert "population" in _completed(place, "pop")
    assert "quickstart" in _completed(place, "run", "quick")
    assert any("results/tiny-" in word for word in _completed(place, "verify", "results/t"))
    assert "court" in _completed(place, "compare", "x", "--policy", "cou")
    assert "mtcnn" in _completed(place, "models", "pull", "mt")
