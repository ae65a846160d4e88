"""What a run leaves behind, what it does not compute twice, and what an interruption costs."""

from __future__ import annotations

import hmac
import importlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import hostile
import tiny
from facegap import gates, store
from facegap.audit import verify
from facegap.backend import available
from facegap.cards import load_model
from facegap.embed import Recogniser, Settled
from facegap.errors import BackendMissing, ModelRefused, StoreError
from facegap.run import resolve, run_study
from facegap.schema import ROWS
from finished import SECRET
from made import names_in

Run = Callable[..., Path]


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").iterdir())}


def no_model(*_: object) -> None:
    raise AssertionError("the model ran again")


def test_a_results_folder_holds_what_the_documentation_says(finished: Path) -> None:
    held = {path.relative_to(finished).as_posix() for path in finished.rglob("*") if path.is_file()}
    expected = {
        "manifest.json",
        "study.toml",
        "report.html",
        "SHA256SUMS",
        "tables/samples.csv",
        "acquisitions/aligned-none~clean.csv",
        "comparisons/tiny~clean.npz",
        "comparisons/tiny~clean~closed.npz",
        "comparisons/tiny~clean~open.npz",
        *(f"tables/{name}.csv" for name in ROWS),
    }
    assert expected <= held
    documented = (Path(__file__).resolve().parents[2] / "docs" / "results-folder.md").read_text(encoding="utf-8")
    for path in held - expected:
        assert path.startswith("figures/") or f"`{path}`" in documented, path
    assert [path.name for path in finished.parent.iterdir() if path.name.startswith(".")] == []


def test_no_name_and_no_path_of_a_person_is_in_it(finished: Path) -> None:
    for path in finished.rglob("*"):
        if path.is_file() and path.name != "study.toml":
            data = path.read_bytes()
            for name in (b"s00-0", b"p00", b"s23-3", b"p23", b"images/", str(finished.parents[1]).encode()):
                # Ids in a figure are a p and ten hexadecimal digits.
                assert re.search(re.escape(name) + rb"(?![0-9a-f])", data) is None, (path.name, name)


def test_the_manifest_binds_the_run_to_its_inputs(finished: Path) -> None:
    manifest = json.loads((finished / "manifest.json").read_text(encoding="utf-8"))
    place = finished.parents[1]
    assert manifest["run_id"] == finished.name and manifest["status"] == "complete"
    text = (place / "tiny.toml").read_bytes().replace(b'root = "data"', b'root = "left-out"')
    assert (finished / "study.toml").read_bytes() == manifest["config_text"].encode() == text
    recogniser, detector = manifest["models"]
    assert recogniser["file_sha256"] == store.sha256_file(place / "models" / "tiny.onnx") == recogniser["sha256"]
    assert (detector["name"], detector["file_sha256"]) == ("aligned-none", {})
    assert (manifest["provider_asked"], manifest["provider_actual"]) == ("cpu", "CPUExecutionProvider")
    assert manifest["samples"] == {
        "samples": 96,
        "subjects": 24,
        "refused": 0,
        "unreadable files": 0,
        "left out as copies": 0,
        "nearly copies": 0,
    }
    secret = bytes.fromhex(SECRET)
    files = [store.sha256_file(path) for path in (place / "data" / "images").iterdir()]
    keyed = sorted(hmac.new(secret, f"image:{one}".encode(), "sha256").hexdigest() for one in files)
    assert manifest["dataset"]["images_digest"] == store.digest(keyed)
    assert manifest["dataset"]["secret_id"] == store.secret_id(secret)
    assert keyed == sorted(row["hmac_sha256"] for row in store.read_table(finished / "tables" / "samples.csv"))
    assert manifest["study"]["backend"]["batch"] == 8 and manifest["study"]["seed"] == 7
    assert {"numpy", "onnxruntime", "facegap"} <= manifest["versions"].keys()


def test_a_second_run_takes_everything_from_the_cache(
    finished: Path, place: Path, run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recogniser, "embed", no_model)
    again = run_here()
    assert tables(again) == tables(finished)
    for name in ("acquisitions", "comparisons"):
        for path in (finished / name).glob("*.csv"):
            assert (again / name / path.name).read_bytes() == path.read_bytes()
    a, b = (json.loads((run / "manifest.json").read_text()) for run in (finished, again))
    assert a["run_id"].rsplit("-", 1)[1] == b["run_id"].rsplit("-", 1)[1]


def test_a_run_without_its_cache_gives_the_same_tables(finished: Path, place: Path, run_here: Run) -> None:
    shutil.rmtree(place / "cache")
    assert tables(run_here()) == tables(finished)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("fmr = [0.05, 0.01]", "fmr = [0.2]\nimpostors = 'same-group'"),
        ('groups = [["group"], ["group", "size"]]', 'groups = [["size"]]'),
        ("fpir = [0.1]", "fpir = [0.2, 0.3]"),
        ("min_subjects = 4", "min_subjects = 2\nlevel = 0.9"),
        ("threads = 1", "threads = 2"),
        ("seed = 7", "seed = 8"),
    ],
)
def test_other_thresholds_and_groups_do_not_run_the_model(
    place: Path, run_here: Run, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    study = (place / "tiny.toml").read_text(encoding="utf-8")
    assert old in study
    (place / "tiny.toml").write_text(study.replace(old, new), encoding="utf-8")
    monkeypatch.setattr(Recogniser, "embed", no_model)
    run_here()


def test_another_batch_takes_no_template_of_the_first(
    place: Path, run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = (place / "tiny.toml").read_text(encoding="utf-8")
    (place / "tiny.toml").write_text(study.replace("batch = 8", "batch = 5"), encoding="utf-8")
    monkeypatch.setattr(Recogniser, "embed", no_model)
    with pytest.raises(AssertionError, match="the model ran again"):
        run_here()


@pytest.mark.parametrize(("threads", "batch"), [(2, 8), (1, 1), (1, 96)])
def test_neither_threads_nor_batches_show_in_the_tables(
    finished: Path, place: Path, run_here: Run, threads: int, batch: int
) -> None:
    shutil.rmtree(place / "cache")
    study = (place / "tiny.toml").read_text(encoding="utf-8")
    study = study.replace("threads = 1\nbatch = 8", f"threads = {threads}\nbatch = {batch}")
    (place / "tiny.toml").write_text(study, encoding="utf-8")
    assert tables(run_here()) == tables(finished)


def test_another_secret_changes_the_ids_and_nothing_else(
    finished: Path, place: Path, run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEGAP_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    a, b = tables(run_here()), tables(finished)
    assert a.pop("samples.csv") != b.pop("samples.csv")
    assert a == b


def test_a_card_by_path_and_under_another_file_name_is_the_same_model(
    finished: Path, place: Path, run_here: Run
) -> None:
    (place / "models" / "tiny.toml").replace(place / "models" / "elsewhere.toml")
    study = (place / "tiny.toml").read_text(encoding="utf-8")
    for name in ("elsewhere", "models/elsewhere.toml"):
        (place / "tiny.toml").write_text(study.replace('card = "tiny"', f'card = "{name}"'), encoding="utf-8")
        folder = run_here(results=name.replace("/", "-"))
        assert tables(folder) == tables(finished)
        assert json.loads((folder / "manifest.json").read_text())["study"]["models"][0]["card"] == "tiny"


def test_the_kept_study_is_the_one_that_ran_byte_for_byte_but_for_the_folder(place: Path, run_here: Run) -> None:
    """Line ends too."""
    crlf = (place / "tiny.toml").read_bytes().replace(b"\n", b"\r\n")
    (place / "tiny.toml").write_bytes(crlf)
    assert (run_here() / "study.toml").read_bytes() == crlf.replace(b'root = "data"', b'root = "left-out"')


def test_a_run_states_what_the_gate_found(finished: Path, place: Path, run_here: Run) -> None:
    """Not tried, passed or refused: in the manifest and on the page, which a refusal heads."""
    assert store.read_manifest(finished).models[0]["gate"] is None
    assert "tiny: not put through the sanity gate before this run" in (finished / "report.html").read_text("utf-8")
    card = load_model(str(place / "models" / "tiny.toml"))
    gates.keep(card, gates.Gate.of("passed", True, "patterns", 23, "aligned-none", "1.31"))
    manifest = store.read_manifest(run_here())
    said = gates.stated(manifest.models[0])
    assert manifest.models[0]["gate"]["people"] == 23 and manifest.banners == store.read_manifest(finished).banners
    with_what = r"facegap [\d.]+ and onnxruntime 1\.31, 23 people of patterns"
    assert re.fullmatch(rf"tiny: passed the sanity gate on \d{{4}}-\d\d-\d\d by {with_what}", said)
    gates.keep(card, gates.Gate.of("near chance", False, "patterns", 23, "aligned-none", "1.31"))
    folder = run_here()
    banners = store.read_manifest(folder).banners
    assert banners[-1].startswith("tiny: refused by the sanity gate on ") and banners[-1].endswith(": near chance")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("net", "note"),
    [
        (lambda: hostile.warped("mates"), "templates depend on the rest of a batch (a batch of 3: largest difference"),
        (
            hostile.inner_batch,
            "a batch of 3 fails (the net fails on its own input: Non-zero status code",
        ),
    ],
    ids=["batch mates", "batch inside"],
)
def test_a_net_that_takes_no_batch_is_given_one_at_a_time(
    place: Path, run_here: Run, net: Callable[[], bytes], note: str
) -> None:
    """The tables are those of batches of one (shared/cases 02 and 18)."""
    pin_net(place, net())
    whole = run_here()
    (entry, _) = store.read_manifest(whole).models
    assert entry["note"].startswith("takes one picture at a time: ") and note in entry["note"]
    shutil.rmtree(place / "cache")
    study = (place / "tiny.toml").read_text(encoding="utf-8")
    (place / "tiny.toml").write_text(study.replace("batch = 8", "batch = 1"), encoding="utf-8")
    single = run_here()
    assert tables(whole) == tables(single)
    assert "note" not in store.read_manifest(single).models[0]


def pin_net(place: Path, data: bytes) -> None:
    card = place / "models" / "tiny.toml"
    lines = card.read_text(encoding="utf-8").splitlines()
    lines = [f'sha256 = "{store.sha256_bytes(data)}"' if line.startswith("sha256") else line for line in lines]
    card.write_text("\n".join(lines), encoding="utf-8")
    (place / "models" / "tiny.onnx").write_bytes(data)


@pytest.mark.parametrize(
    ("net", "line"),
    [
        (hostile.centred, "templates depend on the rest of a batch .*a template here, none there"),
        (lambda: hostile.noisy(0.1), "its templates cannot be repeated"),
        (lambda: hostile.constant(1), "the net gives every face the same template"),
        (lambda: hostile.times(1e20), "outputs finite and of a length"),
    ],
    ids=["statistics of the batch", "noise", "constant", "1e20"],
)
def test_a_net_without_templates_of_its_own_is_refused(
    place: Path, run_here: Run, net: Callable[[], bytes], line: str
) -> None:
    pin_net(place, net())
    with pytest.raises(ModelRefused, match=f"^tiny: .*{line}"):
        run_here()


def test_a_net_that_hides_its_batch_from_the_trial_is_found_on_real_pictures(
    place: Path, run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin_net(place, hostile.warped("mates"))
    line = importlib.import_module("facegap.pipeline.line")
    monkeypatch.setattr(line, "settled", lambda net, _: Settled(net, "", "", ""))
    with pytest.raises(ModelRefused, match=r"depend on the rest of a batch .*; set batch = 1 in \[backend\]"):
        run_here()


def test_a_model_that_gives_nothing_is_refused(place: Path, run_here: Run) -> None:
    weights = np.full((192, 16), np.nan)
    tiny.make_model(place / "models", weights=weights)
    with pytest.raises(ModelRefused, match=r"tiny: not one of 96 samples gave a template; 95 were acquired: .* finite"):
        run_here()
    assert not (place / "again").exists()


def test_a_model_near_chance_is_refused(place: Path, run_here: Run) -> None:
    weights = np.random.default_rng(0).normal(size=(192, 16)) * np.eye(192)[:, :1]
    tiny.make_model(place / "models", weights=weights)
    with pytest.raises(ModelRefused, match=r"tiny: near chance: .* expected 70% or more; `facegap models check tiny`"):
        run_here()


def test_a_full_disk_leaves_no_folder(place: Path, monkeypatch: pytest.MonkeyPatch, run_here: Run) -> None:
    def full(*_: object) -> None:
        raise StoreError("no space left")

    monkeypatch.setattr(store, "write_manifest", full)
    with pytest.raises(StoreError):
        run_here()
    assert names_in(place / "again") == []


SLOWED = """
import signal, sys, time
from facegap.embed import Recogniser
from facegap.cli import main
real = Recogniser.embed
def embed(self, crops):
    time.sleep(0.15)
    return real(self, crops)
Recogniser.embed = embed
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = ["facegap", *sys.argv[1:]]
main()
"""
"""`facegap` with a slow model, so that a signal meets it at work. Shells hide Ctrl-C from what they start with "&"."""


def start_slowed(place: Path) -> subprocess.Popen[str]:
    """Start the study with an empty cache, and wait until a few batches are in it."""
    shutil.rmtree(place / "cache")
    shutil.rmtree(place / "results")
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWED, "run", "tiny.toml"],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "bench")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(600):
        if cached(place) >= 24:
            return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate())


def cached(place: Path) -> int:
    """Templates in the cache."""
    files = list((place / "cache").glob("templates/*.sqlite"))
    if not files:
        return 0
    connection = sqlite3.connect(files[0])
    try:
        return int(connection.execute("SELECT count(*) FROM checked").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_kill_loses_one_batch_at_most(finished: Path, place: Path, run_here: Run) -> None:
    with start_slowed(place) as process:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    kept = cached(place)
    assert 24 <= kept < 95
    assert not (place / "results").exists()
    assert tables(run_here()) == tables(finished)
    assert cached(place) == 96


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_ctrl_c_says_that_work_is_kept(finished: Path, place: Path, run_here: Run) -> None:
    with start_slowed(place) as process:
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.splitlines()[-1] == (
        "facegap: stopped; what was computed is kept, and the same command goes on from there"
    )
    assert "Traceback" not in error
    assert 24 <= cached(place) < 96
    assert not (place / "results").exists()
    assert tables(run_here()) == tables(finished)


@pytest.mark.slow
def test_a_page_that_cannot_be_drawn_costs_no_table(
    finished: Path, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Path) -> None:
        raise RuntimeError("no such font")

    @contextmanager
    def silent(_stage: str, _total: int) -> Iterator[Callable[[int], None]]:
        yield lambda _: None

    run = run_study(resolve("tiny.toml", None, silent), Path("unpainted"), broken, silent)
    assert tables(run) == tables(finished)
    said = (run / "report-failed.txt").read_text(encoding="utf-8")
    assert said == "RuntimeError while the page was drawn. `facegap report` on this folder tries again.\n"
    assert "no such font" in caplog.text
    assert verify(run, inputs=False) == []


def test_a_missing_backend_stops_the_run_before_anything_is_computed(place: Path) -> None:
    if available()["directml"]:
        pytest.skip("every backend that this test could miss is here")

    @contextmanager
    def opened(stage: str, _total: int) -> Iterator[Callable[[int], None]]:
        raise AssertionError(f"{stage} was begun")
        yield lambda _: None

    study = (place / "tiny.toml").read_text(encoding="utf-8")
    assert "[backend]\n" in study
    (place / "other.toml").write_text(
        study.replace("[backend]\n", '[backend]\nprovider = "directml"\n'), encoding="utf-8"
    )
    with pytest.raises(BackendMissing, match="backend 'directml': not in this onnxruntime"):
        resolve("other.toml", None, opened)
