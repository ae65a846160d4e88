"""Groups of few real people, by the command line: hidden unless a study says otherwise, and nowhere said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import facegap
import tiny
from facegap import store
from facegap.claims.examine import shown_only
from facegap.claims.verdict import Judged
from facegap.errors import InputError
from facegap.evidence import read_evidence
from facegap.run import Changes, changed_study
from facegap.schema import LossRow, RateRow
from finished import SECRET

SMALL = ("amber, small", "blue, small")
"""Four people each, so that neither is shown of real people, and each hides the other."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, cache_folder: Path) -> Path:
    """The tiny study, whose data set is called open and so of real people, without a word on suppression."""
    pytest.importorskip("onnx", reason="the tiny net is written with the onnx package")
    place = tiny.make_place(tmp_path_factory.mktemp("few"), tiny.STUDY.replace("suppress_below = 0\n", ""))
    code, out, error = tiny.facegap(place, "run", "tiny.toml", FACEGAP_CACHE=str(cache_folder), FACEGAP_SECRET=SECRET)
    assert code == 0, error
    assert not any(name in line and "suppressed" not in line for line in out.splitlines() for name in SMALL), out
    return next((place / "results").glob("tiny-*"))


def test_the_default_is_in_the_manifest_and_on_the_page(run: Path) -> None:
    statistics = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["study"]["statistics"]
    assert (statistics["suppress_below"], statistics["min_subjects"]) == (5, 5)
    assert "Groups of fewer than 5 people are suppressed" in (run / "report.html").read_text(encoding="utf-8")


def test_no_number_of_a_small_group_is_in_any_table(run: Path) -> None:
    for path in (run / "tables").glob("*.csv"):
        for row in store.read_table(path) if path.name != "samples.csv" else ():
            if row.get("group") in SMALL or row.get("reference_group") in SMALL or row.get("probe_group") in SMALL:
                assert row["note"].startswith("suppressed: fewer than 5 people"), (path.name, row)
                assert not row.get("errors") and not row.get("trials") and not row.get("subjects")
            of_everyone = path.name == "losses.csv" and not row["grouping"]
            assert of_everyone or not 0 < int(row.get("subjects") or 0) < 5, (path.name, row)


def test_what_few_people_lost_is_said_of_everyone_alone(run: Path) -> None:
    """One picture of one person cannot be read: what is said of everyone less what is said of groups would be hers."""
    rows = [row for row in store.read_rows(run, LossRow) if row.loss == "unreadable"]
    assert [(row.samples, row.subjects) for row in rows if not row.grouping] == [(1, 1)]
    assert {row.grouping for row in rows} == {"", "group", "group, size"}
    assert all(row.samples is None and row.note.startswith("suppressed: ") for row in rows if row.grouping)
    assert "By group nothing is shown: few people stand behind one." in (run / "report.html").read_text("utf-8")


def test_what_is_computed_again_hides_them_too(run: Path) -> None:
    loaded = facegap.load_run(run)
    for rows in (loaded.rates(), loaded.rates(groups=[("group", "size"), "size"], fmr=0.02)):
        of_small = [row for row in rows if isinstance(row, RateRow) and row.group in SMALL]
        assert of_small and all(row.rate is None and row.errors is None for row in of_small)


def test_an_analysis_keeps_or_raises_it(run: Path) -> None:
    evidence = read_evidence(run, store.read_manifest(run))
    assert changed_study(evidence, Changes(groups=(("size",),))).statistics.suppress_below == 5
    raised = changed_study(evidence, Changes(suppress_below=9, level=0.9)).statistics
    assert (raised.suppress_below, raised.min_subjects, raised.level) == (9, 9, 0.9)
    with pytest.raises(InputError, match="--suppress-below: the run shows no group of fewer than 5 people, and 4 may"):
        changed_study(evidence, Changes(suppress_below=4))
    code, _, error = tiny.facegap(run.parent, "analyse", str(run), "--suppress-below", "0", "--no-page")
    assert code == 2 and "give 5 or more" in error


def judged(**cells: Any) -> Judged:
    shown: dict[str, Any] = {"errors": 1, "trials": 1, "subjects": 30, "value": 1.0, "low": 0.0, "high": 1.0}
    keys: dict[str, Any] = {"model": "tiny", "condition": "clean", "reading": "r", "threshold_name": "t"}
    return Judged(**{**keys, "threshold": 0.5, "verdict": "refuted", "p_refute": 0.01, **shown, **cells})


def test_a_claim_says_nothing_of_a_group_that_is_not_shown(run: Path) -> None:
    evidence = read_evidence(run, store.read_manifest(run))
    crossed = "group, size"
    asked = [
        judged(grouping=crossed, group="amber, small"),
        judged(grouping=crossed, group="amber, big"),
        judged(grouping="group", group="amber", subjects=3),
        # Everyone less the other group would be amber's.
        judged(grouping="group", group="blue"),
        judged(grouping="group", group="blue", threshold_name="u", note="left out: 4 people, fewer than 10"),
    ]
    *hidden, blue = shown_only(evidence, asked)
    for row in hidden:
        assert row.verdict == "undecided" and row.value is row.errors is row.trials is row.subjects is row.low is None
        assert row.note.startswith("suppressed: a group of fewer than 5 people") and row.p_refute is None
    assert blue == replace(asked[4], note="left out: fewer than 10")
