"""Three people and their journeys, from an empty folder and the wheel to what they hand on."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import given
import tiny
from facegap import store

Facegap = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.slow

BEGIN = ("--dataset", "patterns", "--root", "data", "--detector", "aligned-none", "--groups", "group", "--fmr", "0.05")
POLICY = """\
kind = "policy"
name = "tender"
title = "Which vendor may be bought?"
stated = "tender of the tests, section 4"

[[requirements]]
name = "turned away"
metric = "FNMR"
at = "FMR 0.05"
threshold = 0.9
goal = 0.001

[[requirements]]
name = "spread"
metric = "max/geomean FNMR"
at = "FMR 0.05"
threshold = 20.0
"""
MIX = """\
kind = "population"
name = "mix"
title = "Applicants"
at = "FMR 0.05"
applicants_per_day = 1000
groups = { amber = 0.3, blue = 0.7 }
conditions = { clean = 1.0 }
"""


def done(answer: tuple[int, str, str], *codes: int) -> str:
    """What was printed, where the command ended with one of the codes (0 where none is named)."""
    code, out, err = answer
    assert code in (codes or (0,)), (code, out, err)
    assert "Traceback" not in err
    return out


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def test_the_auditor(facegap: Facegap, tmp_path: Path) -> None:
    assert "ok" in done(facegap("doctor"), 0, 3)
    assert "amber" in done(facegap("datasets", "check", "patterns", "data"), 0, 2)
    done(
        facegap("models", "check", "tiny", "--detector", "aligned-none", "--dataset", "patterns", "--root", "data"),
        0,
        2,
    )
    done(facegap("init", "audit", "--model", "tiny", *BEGIN))
    assert "smallest ratio" in done(facegap("plan", "audit.toml"))
    done(facegap("seal", "audit.toml", "--claim", "FNMR <= 50 % in every group"))
    done(facegap("run", "audit.toml"))
    run = only(tmp_path / "results", "audit-*")
    assert "page:" in done(facegap("report", str(run), "--out", "page"))
    assert done(facegap("verify", str(run))).splitlines()[-1].endswith(": verified")
    done(facegap("bundle", str(run)))
    with zipfile.ZipFile(only(tmp_path / "results", "*.zip")) as archive:
        names = [name.partition("/")[2] for name in archive.namelist()]
    assert "report.html" in names and "sealed.json" in names and "tables/samples.csv" not in names


def test_the_researcher(facegap: Facegap, tmp_path: Path) -> None:
    done(facegap("init", "mine", "--model", "tiny", *BEGIN))
    done(facegap("run", "mine.toml"))
    run = only(tmp_path / "results", "mine-*")
    done(facegap("analyse", str(run), "--groups", "group,size", "--fmr", "0.02", "--out", "results/other", "--no-page"))
    out = done(facegap("compare", str(run), "results/other"))
    assert "threshold policy" in out and "groups" in out
    for form in ("csv", "latex", "bob", "nist"):
        assert done(facegap("export", str(run), "--form", form, "--out", form)).strip()
    assert store.run_digest(run) in done(facegap("cite", str(run)))


def test_the_procurement_reviewer(facegap: Facegap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done(facegap("init", "tender", "--model", "tiny", *BEGIN))
    (tmp_path / "tender-policy.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "mix.toml").write_text(MIX, encoding="utf-8")
    assert "whether this study could decide" in done(facegap("plan", "tender.toml", "--policy", "tender-policy.toml"))
    done(facegap("run", "tender.toml", "--results", "results/a"))
    # The other vendor gives scores, here those of the same net.
    (tmp_path / "study").mkdir()
    place = tiny.make_place(tmp_path / "study" / "place")
    monkeypatch.chdir(place)
    samples, made = given.measured(Path("tiny.toml"))
    names, n = samples.ids.tolist(), len(samples)
    pairs = ((names[a], names[b], given.score_of(made, a, b)) for a in range(n) for b in range(a + 1, n))
    given.write_pairs(tmp_path / "scores.csv", pairs)
    (tmp_path / "vendor-b.toml").write_text(f'name = "vendor-b"\n{given.SCORES}', encoding="utf-8")
    done(facegap("scores", "import", "tender.toml", "scores.csv", "--name", "vendor-b.toml", "--results", "results/b"))
    runs = [str(only(tmp_path / "results" / vendor, "tender-*")) for vendor in ("a", "b")]
    out = done(facegap("compare", *runs, "--policy", "tender-policy.toml"), 0, 1)
    assert "vendor-b: every threshold:" in out and "tiny: every threshold:" in out
    compared = only(tmp_path / "results", "compared-*")
    said = json.loads((compared / "compared.json").read_text(encoding="utf-8"))
    assert set(said["outcomes"]["threshold"]) == {"tiny", "vendor-b"}
    assert "understood" in done(facegap("claim", runs[0], "FNMR <= 90 % in every group at FMR 0.05"), 0, 1)
    (tmp_path / "counts.csv").write_text("group,errors,trials\namber,4,300\nblue,12,300\n", encoding="utf-8")
    done(facegap("judge", "counts.csv", "--claim", "error rate <= 5 % in every group"), 0, 1, 2)
    assert "turned away once" in done(facegap("population", runs[0], "mix.toml"))
