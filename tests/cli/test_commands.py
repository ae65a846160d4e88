"""The command line as a user meets it: what it prints, what it costs to start, and how it ends."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import facegap
import tiny
from facegap import store

Command = Callable[..., tuple[int, str, str]]

HEAVY = ("numpy", "scipy", "sklearn", "onnxruntime", "cv2", "numba", "pydantic", "matplotlib", "jinja2", "PIL")


@pytest.fixture
def place(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of where the tiny study was run, as the working directory."""
    shutil.copytree(finished.parents[1], tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


@pytest.fixture
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes most of a small run's time."""
    monkeypatch.setattr("facegap.report.write", lambda _: None)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['facegap', '--help']\n"
        "from facegap.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('HEAVY', [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Measure how face comparison treats different people." in done.stdout
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_version_and_unknown_commands(command: Command) -> None:
    assert command("--version") == (0, f"facegap {facegap.__version__}\n", "")
    code, _, error = command("mesure")
    assert code == 2 and "mesure" in error


def test_verify_by_the_command_line(place: Path, finished: Path) -> None:
    """As a user calls it: 0 on an untouched run, 1 and the name of what was changed."""
    run = f"results/{finished.name}"
    code, out, _ = tiny.facegap(place, "verify", run, "--root", "data")
    digest = store.run_digest(place / run)
    assert (code, out.splitlines()[-2:]) == (0, [f"digest: {digest}", f"{finished.name}: verified"])
    checks = re.findall(r"^ok +(\w+): ", out, re.MULTILINE)
    assert {"files", "manifest", "evidence", "tables", "page", "cards", "weights", "images"} <= set(checks)
    assert "ok       page: drawn again, byte for byte the same" in out
    assert "on trust  computed on CPUExecutionProvider" in out
    edit(place / run / "tables" / "rates.csv", "FNMR", "FMNR")
    code, out, error = tiny.facegap(place, "verify", run, "--no-inputs")
    assert code == 1 and "Traceback" not in error
    assert "tables/rates.csv: content differs from SHA256SUMS" in out
    assert re.search(r"tables/rates\.csv: row \d+, metric: says 'FMNR', recomputed 'FNMR'", out)
    assert re.fullmatch(rf"{finished.name}: \d+ differences", out.splitlines()[-1])


@pytest.mark.slow
def test_what_is_unknown_is_not_different(place: Path, finished: Path, command: Command, tmp_path: Path) -> None:
    """Images that nobody gave say nothing of the run; the page says how to give them."""
    run = f"results/{finished.name}"
    # The cache of the machine that ran the study knows where they lie.
    code, out, _ = tiny.facegap(place, "verify", run, FACEGAP_CACHE=str(tmp_path / "of another machine"))
    assert (code, out.splitlines()[-1]) == (4, f"{finished.name}: could not be checked: images not given")
    assert "DIFFERS" not in out and "give --root, or --no-inputs to leave it out" in out
    page = (place / run / "report.html").read_text(encoding="utf-8")
    assert f"<code>facegap verify {run} --root DATA</code>" in page
    assert f"<code>{store.run_digest(place / run)}</code>" in page
    (place / "models" / "tiny.onnx").unlink()
    code, out, _ = command("verify", run, "--root", "data")
    assert code == 4 and "the run's file is not on this machine" in out.splitlines()[-1]
    code, out, _ = command("verify", run, "--root", "elsewhere")
    assert code == 4 and "elsewhere" in out.splitlines()[-1]


def test_report_renders_elsewhere_and_leaves_the_run_alone(place: Path, finished: Path, command: Command) -> None:
    run = place / "results" / finished.name
    code, out, _ = command("report", f"results/{finished.name}", "--out", "page")
    assert code == 0 and out == f"page: page/report.html\ndigest: {store.run_digest(run)}\n"
    assert (place / "page" / "report.html").read_bytes() == (run / "report.html").read_bytes()
    assert store.sums_differences(run) == []
    code, _, error = command("report", f"results/{finished.name}", "--out", f"results/{finished.name}/figures")
    assert code == 2 and "never written to" in error


def test_a_run_prints_rates_with_what_they_rest_on(place: Path, command: Command) -> None:
    edit(place / "datasets" / "patterns.toml", 'status = "open"', 'status = "open"\nbanner = "only patterns"')
    code, out, error = command("run", "tiny.toml", "--results", "other")
    assert code == 0, error
    lines = out.splitlines()
    assert lines[0] == "! only patterns"
    assert lines[1].startswith("! 1 picture unreadable, and counted as failures in every rate (1: damaged image:")
    assert re.fullmatch(r"MODEL +CONDITION +BY +GROUP +METRIC .* RATE +95% INTERVAL +AGAINST THE OTHERS", lines[2])
    (row,) = [line for line in lines if re.search(r"clean +group +amber +FMR +FMR 0\.01", line)]
    assert row.split()[7:10] == ["16", "1056", "12"]
    (folder,) = (place / "other").iterdir()
    assert lines[-3:] == [
        f"page:    other/{folder.name}/report.html",
        f"digest:  {store.run_digest(folder)}",
        f"results: other/{folder.name}",
    ]
    assert "tiny, clean: 96 of 96" in error


def fails(command: Command, code: int, *parts: str, words: tuple[str, ...] = ("run", "tiny.toml")) -> str:
    """The one line of a run that stops with `code`, no traceback and no results folder."""
    found, _, error = command(*words, "--results", "none") if words[0] == "run" else command(*words)
    line = error.splitlines()[-1]
    assert found == code, error
    assert line.startswith("facegap: ") and "Traceback" not in error
    for part in parts:
        assert part in line, line
    assert not list(Path("none").glob("*"))
    return line


def test_a_mistake_in_the_study_is_one_line(place: Path, command: Command) -> None:
    edit(place / "tiny.toml", "seed = 7", "sed = 7")
    fails(command, 2, "tiny.toml: sed: unknown key, did you mean 'seed'?")
    (place / "tiny.toml").write_text("name = ", encoding="utf-8")
    fails(command, 2, "tiny.toml: not TOML")
    fails(command, 2, "no-such.toml: no such file", words=("run", "no-such.toml"))
    (place / "tiny.toml").write_bytes(tiny.STUDY.encode().replace(b"patterns", b"p\xe4tterns"))
    fails(command, 2, "tiny.toml: not UTF-8 text; save it as UTF-8")


def test_a_column_that_is_no_label(place: Path, command: Command) -> None:
    edit(place / "tiny.toml", '[["group"]', '[["gruop"]')
    fails(command, 2, "tiny.toml: groups: 'gruop' is no label of 'patterns'; its labels: group, size")


def test_a_reference_that_is_no_group(place: Path, command: Command) -> None:
    edit(place / "tiny.toml", "[dataset]", '[reference]\n"group, size" = "ambr, big"\n\n[dataset]')
    fails(command, 2, "tiny.toml: reference: 'ambr, big' is no group of 'group, size', did you mean 'amber, big'?")


@pytest.mark.usefixtures("no_page")
def test_withdrawn_data_need_a_word(place: Path, command: Command) -> None:
    edit(place / "datasets" / "patterns.toml", 'status = "open"', 'status = "withdrawn"')
    edit(place / "datasets" / "patterns.toml", 'terms = "none"', 'terms = "Was taken back in 2020."')
    line = fails(command, 2, "'patterns' is withdrawn", "Was taken back in 2020.")
    assert "dataset.acknowledge_terms = true" in line
    edit(place / "tiny.toml", 'card = "patterns"', 'card = "patterns"\nacknowledge_terms = true')
    code, out, _ = command("run", "tiny.toml", "--results", "some")
    assert code == 0
    assert out.splitlines()[0] == "! colour patterns with noise: withdrawn. Was taken back in 2020."


def test_a_missing_data_set(place: Path, command: Command) -> None:
    shutil.rmtree(place / "data")
    fails(command, 3, str(place / "data"))
    fails(command, 3, "elsewhere", words=("run", "tiny.toml", "--root", "elsewhere"))
    edit(place / "tiny.toml", 'root = "data"\n', "")
    fails(command, 2, "tiny.toml: dataset.root: where 'patterns' lies is not said; set it, or give --root")


def test_a_model_that_is_not_here(place: Path, command: Command) -> None:
    (place / "models" / "tiny.onnx").unlink()
    fails(command, 3, "tiny: no file with sha256", "get it with `facegap models pin tiny FILE.onnx`")
    edit(place / "tiny.toml", 'card = "tiny"', 'card = "dlib-resnet29"')
    fails(command, 3, "dlib-resnet29: no file with sha256", "get it with `facegap models pull dlib-resnet29`")
    edit(place / "tiny.toml", 'card = "dlib-resnet29"', 'card = "tinny"')
    fails(command, 2, "no card named 'tinny' in models/, did you mean 'tiny'?")


def test_a_damaged_model(place: Path, command: Command) -> None:
    (place / "models" / "tiny.onnx").write_bytes(b"no net")
    fails(command, 2, "tiny.onnx")


def test_a_backend_that_is_not_here(place: Path, command: Command) -> None:
    edit(place / "tiny.toml", "threads = 1", 'threads = 1\nprovider = "coreml"')
    fails(command, 3, "backend 'coreml': not in this onnxruntime", "needs macOS with pip install onnxruntime")


def test_a_model_near_chance(place: Path, command: Command) -> None:
    images = sorted((place / "data" / "images").glob("*.png"))
    for k, source in [(k, place / "data" / "images" / f"s{k * k % 19 + 4:02}-3.png") for k in range(len(images))]:
        with Image.open(source) as image:
            pixels = image.convert("RGB")
        pixels.putpixel((0, 0), (k, k, k))  # or they would be copies, which no trial has
        pixels.save(images[k])
    line = fails(command, 2, "tiny: near chance", "`facegap models check tiny` tries colour order")
    assert re.search(r"in \d+\.\d% of the cases, expected 70% or more", line)


def test_unlabelled_thresholds_are_refused(place: Path, command: Command) -> None:
    edit(place / "tiny.toml", "fmr = [0.05, 0.01]", "fmr = [0.05]\nfixed = { other = 0.5 }")
    fails(command, 2, "thresholds.fixed: no model 'other' in this study")


def test_results_that_cannot_be_written(place: Path, command: Command) -> None:
    (place / "file").write_text("")
    code, _, error = command("run", "tiny.toml", "--results", "file")
    assert code == 2
    assert error.splitlines()[-1].startswith("facegap: file: cannot be written")


@pytest.mark.slow
def test_thresholds_of_another_run(place: Path, finished: Path, command: Command) -> None:
    study = tiny.STUDY.replace('name = "tiny"', 'name = "next"')
    (place / "next.toml").write_text(
        study.replace("fmr = [0.05, 0.01]", 'from_run = "results/tiny"\nvendor = false'), encoding="utf-8"
    )
    code, _, error = command("run", "next.toml", "--results", "taken")
    assert code == 0, error
    (folder,) = (place / "taken").iterdir()
    own, taken = (store.read_table(run / "tables" / "thresholds.csv") for run in (finished, folder))
    assert len(own) == 2
    for a, b in zip(own, taken, strict=True):
        assert b.pop("policy") == f"taken from run {finished.name}: {a.pop('policy')}"
        assert a == b
    own, taken = (store.read_table(run / "tables" / "rates.csv") for run in (finished, folder))
    assert own == taken
    # Searches at a threshold that another run set do not carry its uncertainty; what is counted is the same.
    own, taken = (store.read_table(run / "tables" / "identification.csv") for run in (finished, folder))
    counted = ("group", "rank", "threshold", "errors", "trials", "rate", "by_people")
    assert [[row[name] for name in counted] for row in own] == [[row[name] for name in counted] for row in taken]
    assert any(row["threshold_low"] for row in own if row["threshold_name"].startswith("FMR"))
    assert not any(row["threshold_low"] for row in taken if row["threshold_name"].startswith("FMR"))
    assert tiny.facegap(place, "verify", f"taken/{folder.name}", "--no-inputs")[0] == 0


def test_thresholds_of_no_run_of_other_weights_or_of_a_changed_run(
    place: Path, finished: Path, command: Command
) -> None:
    edit(place / "tiny.toml", "fmr = [0.05, 0.01]", 'from_run = "results/other"')
    fails(command, 2, "thresholds.from_run: no run at", "run `facegap run other` first")
    edit(place / "tiny.toml", "results/other", f"results/{finished.name}")
    rates = place / "results" / finished.name / "tables" / "rates.csv"
    edit(rates, "FNMR", "FMNR")
    fails(command, 2, f"{finished.name} was changed since it was written: tables/rates.csv: content differs")
    edit(rates, "FMNR", "FNMR")
    tiny.make_model(place / "models", weights=-tiny.projection())
    fails(command, 2, f"thresholds.from_run: {finished.name} did not measure these weights of 'tiny'")


def test_ctrl_c_before_a_command_starts(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("facegap.cli.app", interrupted)
    code, _, error = command("--help")
    assert code == 130 and error.startswith("facegap: stopped; ")


def test_purge_says_what_it_removed(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    with store.RowCache("templates", "p") as rows:
        rows.put_many({"a": b"b"})
    assert command("purge") == (0, f"removed {tmp_path / 'cache' / 'templates'}\n", "")
    assert command("purge") == (0, "nothing was cached\n", "")


def test_lists(place: Path, command: Command) -> None:
    code, out, _ = command("models", "list")
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert code == 0 and re.search(r"recogniser +here +no ", rows["tiny"]) and "not needed" in rows["aligned-none"]
    (place / "models" / "tiny.onnx").write_bytes(b"no net")
    assert "wrong file" in command("models", "list")[1]
    code, out, _ = command("datasets", "list")
    assert code == 0 and "group (generated), size (generated)" in out
    code, out, _ = command("conditions", "list")
    assert code == 0 and "low-res-jpeg" in out


def test_a_data_set_is_checked(place: Path, command: Command) -> None:
    code, out, _ = command("datasets", "check", "patterns", "data")
    assert code == 0 and "96" in out
    (place / "data" / "index.csv").write_text("sample_id,path\na,b.png\n", encoding="utf-8")
    assert command("datasets", "check", "patterns", "data")[0] == 2


def test_nothing_to_pull(place: Path, command: Command) -> None:
    fails(command, 2, "tiny: nothing to pull", words=("models", "pull", "tiny"))


def test_pin(place: Path, command: Command) -> None:
    net = tiny.make_net(place / "mine.onnx", weights=-tiny.projection())
    card = (place / "models" / "tiny.toml").read_text(encoding="utf-8")
    own = re.sub(r'sha256 = "\w+"\n', "", card).replace('"tiny"', '"mine"')
    (place / "models" / "mine.toml").write_text(own, encoding="utf-8")
    sha256 = store.sha256_file(net)
    assert command("models", "pin", "mine", "mine.onnx") == (0, f"mine: pinned sha256 {sha256}\n", "")
    assert store.sha256_file(store.weights_path(sha256)) == sha256
