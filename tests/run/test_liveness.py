"""Liveness through whole runs by the command line: who is refused, where that is counted, said and verified."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tiny
from alive import make_alive
from facegap import store
from facegap.schema import AcquisitionRow, LivenessRow, RateRow, TransactionRow
from finished import SECRET

ROLES = '[trials]\nreference_role = "photo"\nprobe_role = "selfie"\n\n[thresholds]'
STUDY = tiny.STUDY.replace("[thresholds]", ROLES).replace(
    'groups = [["group"]', 'liveness = "alive"\ngroups = [["group"]'
)
NET = """\
name = "net"
title = "a network that loses files"
source = "made by the tests"

[[steps]]
step = "lose"
probability = 0.2
"""
ATTEMPTS = '\n[transactions]\nattempts = 5\nframes = 2\npolicy = "mean-template"\nlive_frames = "mean"\n'
RED = 128 * tiny.SIDE**2
"""Threshold of the sum of red: about half of the made-up people."""


def start(place: Path, study: str, *, direction: str = "live-high") -> Path:
    tiny.make_place(place, study)
    make_alive(place / "models", RED, direction=direction)
    (place / "net.toml").write_text(NET, encoding="utf-8")
    return place


def run(place: Path, *words: str) -> tuple[int, str, str]:
    return tiny.facegap(place, *words, FACEGAP_CACHE=str(place / "cache"), FACEGAP_SECRET=SECRET)


def finished(place: Path) -> Path:
    code, out, err = run(place, "run", "tiny.toml")
    assert code == 0, out + err
    (folder,) = (place / "results").glob("tiny-*")
    return folder


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished(start(tmp_path_factory.mktemp("live"), STUDY))


def by_hand(place: Path) -> dict[tuple[str, str], tuple[int, int]]:
    """Grouping and group -> selfies that are too dark in red, and all that can be read."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for line in (place / "data" / "index.csv").read_text(encoding="utf-8").splitlines()[1:]:
        _, _, path, role, group, size = line.split(",")
        try:
            with Image.open(place / "data" / path) as image:
                pixels = np.asarray(image.convert("RGB"))
        except OSError:
            continue
        if role == "selfie":
            dark = int(pixels[..., 0].astype(int).sum() * tiny.SIDE / len(pixels) < RED)
            for key in (("", "everyone"), ("group", group), ("group, size", f"{group}, {size}")):
                errors, trials = found.get(key, (0, 0))
                found[key] = errors + dark, trials + 1
    return found


def test_bpcer_by_group_is_the_hand_count(judged: Path) -> None:
    rows = store.read_rows(judged, LivenessRow)
    found = {(row.grouping, row.group): (row.errors, row.trials) for row in rows}
    assert found == by_hand(judged.parents[1])
    everyone = next(row for row in rows if not row.grouping)
    assert everyone.attempt is None and everyone.failed == 1  # the file that is cut
    assert everyone.rate == pytest.approx((everyone.errors or 0) / (everyone.trials or 1))
    assert 0.2 < everyone.rate < 0.8 and everyone.subjects == 24


def test_those_refused_are_failures_to_acquire_and_no_reference_is_judged(judged: Path) -> None:
    (dark, judged_faces) = by_hand(judged.parents[1])["", "everyone"]
    stages = {
        row.outcome: row.samples for row in store.read_rows(judged, AcquisitionRow) if not row.grouping and row.samples
    }
    assert stages == {"ok": 96 - 1 - dark, "unreadable": 1, "not_live": dark}
    rates = {row.metric: row for row in store.read_rows(judged, RateRow) if not row.grouping and row.threshold is None}
    assert rates["FTA"].errors == dark + 1 and rates["FTE"].errors == 0
    fnmr = next(
        r for r in store.read_rows(judged, RateRow) if (r.metric, r.grouping, r.failures) == ("FNMR", "", "counted")
    )
    # Besides those not taken as live: the cut file, and the picture of another size where it was taken as live.
    assert fnmr.trials == judged_faces + 1 and dark + 1 <= (fnmr.failed or 0) <= dark + 2


def test_reasons_say_the_score(judged: Path) -> None:
    rows = store.read_table(judged / "acquisitions" / "aligned-none~clean.csv")
    reasons = [row["reason"] for row in rows if row["outcome"] == "not_live"]
    assert reasons and all(reason.startswith("liveness score ") and " below " in reason for reason in reasons)


def test_the_page_the_terminal_and_the_manifest_say_it(judged: Path) -> None:
    page = (judged / "report.html").read_text(encoding="utf-8")
    assert "were taken for a photo of a photo (BPCER)" in page and "Only selfies are judged" in page
    assert "Liveness was not simulated" not in page
    manifest = store.read_manifest(judged)
    (entry,) = [card for card in manifest.models if card["kind"] == "liveness"]
    assert manifest.study["liveness"] == entry["name"] == "alive" and entry["file_sha256"] == entry["sha256"]


def test_it_is_verified_and_a_changed_outcome_is_found(judged: Path) -> None:
    place = judged.parents[1]
    code, out, err = run(place, "verify", str(judged), "--root", "data")
    assert code == 0, out + err
    path = judged / "tables" / "liveness.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("alive", "live").replace(",1,", ",2,", 1), encoding="utf-8")
    code, out, _ = run(place, "verify", str(judged), "--root", "data")
    path.write_text(text, encoding="utf-8")
    assert code == 1 and "liveness.csv" in out


def test_without_a_net_the_page_says_that_nobody_was_judged(tmp_path: Path) -> None:
    folder = finished(start(tmp_path / "none", STUDY.replace('liveness = "alive"\n', "")))
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Liveness was not simulated" in page and "photo of a photo" not in page
    assert not store.read_rows(folder, LivenessRow)
    assert "not_live" not in (folder / "tables" / "acquisition.csv").read_text(encoding="utf-8")


def test_an_analysis_without_the_net_gives_the_same_by_other_groups(judged: Path) -> None:
    place = judged.parents[1]
    code, out, err = run(place, "analyse", str(judged), "--groups", "size", "--out", "analysed")
    assert code == 0, out + err
    folder = place / "analysed"
    found = {(row.grouping, row.group): (row.errors, row.trials) for row in store.read_rows(folder, LivenessRow)}
    hand = by_hand(place)
    assert found["", "everyone"] == hand["", "everyone"]
    for size in ("big", "small"):
        parts = [counts for (_, group), counts in hand.items() if group.endswith(f", {size}")]
        assert found["size", size] == (sum(e for e, _ in parts), sum(t for _, t in parts))


def kept(place: Path) -> dict[str, int]:
    """Kind of cache -> rows in all of its files."""
    found: dict[str, int] = {}
    for path in (place / "cache").rglob("*.sqlite"):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            (rows,) = connection.execute("SELECT count(*) FROM checked").fetchone()
        found[path.parent.name] = found.get(path.parent.name, 0) + rows
    return found


@pytest.mark.slow
def test_another_threshold_computes_no_picture_again(judged: Path) -> None:
    place = judged.parents[1]
    before = kept(place)
    study = STUDY.replace('"alive"', '"models/other.toml"').replace('name = "tiny"', 'name = "other"', 1)
    (place / "other.toml").write_text(study, encoding="utf-8")
    make_alive(place / "models", RED, name="other", direction="live-low")
    code, out, err = run(place, "run", "other.toml")
    assert code == 0, out + err
    assert kept(place) == before and before["liveness"] == 72
    (folder,) = (place / "results").glob("other-*")
    rows = {row.grouping: row for row in store.read_rows(folder, LivenessRow)}
    errors, trials = by_hand(place)["", "everyone"]
    assert (rows[""].errors, rows[""].trials) == (trials - errors, trials)  # no sum is the threshold itself
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["study"]["liveness"] == "other"


@pytest.mark.slow
def test_an_attempt_is_lost_by_the_network_or_by_liveness(tmp_path: Path) -> None:
    """Both strike alone: P(lost) = p + (1 - p) q, with the network's p and the q of attempts that all arrive."""
    study = STUDY.replace('["clean"]', '["clean", "net.toml"]') + ATTEMPTS
    folder = finished(start(tmp_path / "attempts", study))
    rows = [row for row in store.read_rows(folder, LivenessRow) if not row.grouping and row.attempt is not None]
    q = {name: sum(r.errors or 0 for r in rows if r.condition == name) for name in ("clean", "net")}
    judged = {name: sum(r.trials or 0 for r in rows if r.condition == name) for name in ("clean", "net")}
    arrived, tried = judged["net"], judged["net"] + sum(r.failed or 0 for r in rows if r.condition == "net")
    alone, p = q["clean"] / judged["clean"], 0.2
    lost = (tried - arrived + q["net"]) / tried
    expected = p + (1 - p) * alone
    assert tried == 72 * 5 and 0.2 < alone < 0.8
    assert lost == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / tried))
    once = [
        row for row in store.read_rows(folder, TransactionRow)
        if not row.grouping and row.attempts == 1 and row.condition == "net" and "0.01" in row.threshold_name
    ]  # fmt: skip
    first = next(row for row in rows if row.condition == "net" and row.attempt == 1)
    assert next(row.errors for row in once if row.stage == "not_live") == first.errors
    assert sum(row.errors or 0 for row in once if row.stage != "turned away") == next(
        row.errors for row in once if row.stage == "turned away"
    )


@pytest.mark.parametrize(
    ("net", "says"),
    [
        ("tiny", "kind: expected 'liveness' here, found 'recogniser'"),
        ("alivee", "no card named 'alivee' in models/, did you mean 'alive'?"),
    ],
)
def test_a_card_that_is_none_is_one_line_everywhere(tmp_path: Path, net: str, says: str) -> None:
    place = start(tmp_path / "wrong", STUDY.replace('"alive"', f'"{net}"'))
    for command in ("plan", "seal", "run"):
        code, out, err = run(place, command, "tiny.toml")
        assert code == 2 and says in err and "Traceback" not in err, (command, out, err)


def test_a_net_that_is_not_the_pinned_one_stops_the_run(tmp_path: Path) -> None:
    place = start(tmp_path / "other", STUDY)
    make_alive(tmp_path, RED, matrix=[[0, 1], [0, 0], [1, 0]])
    shutil.copy(tmp_path / "alive.onnx", place / "models" / "alive.onnx")
    code, _, err = run(place, "run", "tiny.toml")
    assert code == 2 and "alive" in err and "sha256" in err


def test_models_list_and_check_know_it(judged: Path) -> None:
    place = judged.parents[1]
    code, out, _ = run(place, "models", "list")
    assert code == 0 and any(line.split()[:3] == ["alive", "liveness", "here"] for line in out.splitlines())
    code, out, err = run(place, "models", "check", "alive")
    assert code == 0 and "finite, repeated and different" in out and out.splitlines()[-1].startswith("alive: passed"), (
        err
    )


@pytest.mark.slow
def test_a_sealed_protocol_holds_the_card(tmp_path: Path) -> None:
    place = start(tmp_path / "sealed", STUDY)
    code, out, err = run(place, "seal", "tiny.toml")
    assert code == 0, out + err
    seal = json.loads((place / "tiny.sealed.json").read_text(encoding="utf-8"))
    assert "liveness weights 'alive'" in seal["digests"]
    folder = finished(place)
    assert store.read_manifest(folder).sealed["departures"] == []
