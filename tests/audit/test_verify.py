"""Verify finds a flipped byte wherever it is, and says where."""

from __future__ import annotations

import contextlib
import importlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tiny
from facegap import store
from facegap.audit import examine, verify
from facegap.errors import StoreError
from finished import SECRET


@pytest.fixture
def place(finished: Path, cache_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of where the tiny study was run, as the working directory."""
    shutil.copytree(finished.parents[1], tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


@pytest.fixture
def run(place: Path, finished: Path) -> Path:
    return place / "results" / finished.name


@pytest.fixture
def tables_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the other checks: computing every table again takes most of the time."""
    monkeypatch.setattr(importlib.import_module("facegap.audit.verify"), "_tables", lambda *_: iter(()))


def flip(path: Path, place: float = 0.5) -> None:
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 1
    path.write_bytes(data)


def reseal(run: Path) -> None:
    """What somebody does who changes a file and its sum too."""
    (run / store.SUMS).unlink()
    lines = [
        f"{store.sha256_file(path)}  {path.relative_to(run).as_posix()}"
        for path in sorted(run.rglob("*"))
        if path.is_file()
    ]
    (run / store.SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_an_untouched_run_is_verified(place: Path, run: Path) -> None:
    assert verify(run, place / "data") == []


FILES = (
    "manifest.json",
    "study.toml",
    "report.html",
    "SHA256SUMS",
    "tables/rates.csv",
    "tables/samples.csv",
    "tables/det.csv",
    "acquisitions/aligned-none~clean.csv",
    "comparisons/tiny~clean.npz",
    "comparisons/tiny~clean~open.npz",
)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
@pytest.mark.usefixtures("tables_left_out")
def test_a_flipped_byte_is_found_and_named(run: Path, file: str) -> None:
    original = (run / file).read_bytes()
    for place in (0.0, 0.6):
        flip(run / file, place)
        if file == store.SUMS:
            with contextlib.suppress(StoreError):
                assert verify(run, inputs=False)
        else:
            assert f"{file}: content differs from SHA256SUMS" in verify(run, inputs=False)
        (run / file).write_bytes(original)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_changed_no_file_ends_in_a_traceback(run: Path, seed: int) -> None:
    """Bytes of the evidence are overwritten at random, and the sums set right again."""
    rng = np.random.default_rng(seed)
    kept = [file for file in FILES if file not in ("report.html", store.SUMS)]
    path = run / str(rng.choice(kept))
    data = bytearray(path.read_bytes())
    for place in rng.integers(0, len(data), 1 + seed * 3):
        data[place] = int(rng.integers(256))
    path.write_bytes(data)
    reseal(run)
    assert all(isinstance(line, str) for line in verify(run, inputs=False))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_changed_cell_with_its_sum_set_right_is_found_by_computing_again(run: Path) -> None:
    rows = (run / "tables" / "rates.csv").read_text(encoding="utf-8").splitlines()
    number, row = next((k, row) for k, row in enumerate(rows, start=1) if ",FMR 0.05," in row)
    cells = row.split(",")
    place = rows[0].split(",").index("errors")
    wrong = [*cells[:place], str(int(cells[place]) + 1), *cells[place + 1 :]]
    change(run / "tables" / "rates.csv", row, ",".join(wrong))
    reseal(run)
    (line,) = verify(run, inputs=False)
    assert line == (f"tables/rates.csv: row {number}, errors: says '{wrong[place]}', recomputed {cells[place]}")


def test_a_rate_may_differ_in_its_last_digits_only(run: Path) -> None:
    rows = store.read_table(run / "tables" / "thresholds.csv")
    value = rows[0]["threshold"]
    for factor, differs in ((1 + 1e-12, False), (1 + 1e-6, True)):
        other = repr(float(value) * factor)
        change(run / "tables" / "thresholds.csv", value, other)
        reseal(run)
        assert bool(verify(run, inputs=False)) is differs
        change(run / "tables" / "thresholds.csv", other, value)


@pytest.mark.parametrize(
    ("file", "edit", "line"),
    [
        ("tables/rates.csv", lambda text: text[: text.rindex("\n", 0, -1) + 1], "tables/rates.csv: "),
        (
            "tables/cmc.csv",
            lambda text: text.replace("rate_optimistic", "rate_pessimistic"),
            "rate_optimistic: says None",
        ),
        ("tables/cmc.csv", lambda text: text.replace("everyone", "someone"), "more cells"),
        ("study.toml", lambda text: text + "# more\n", "study.toml: differs from the text in manifest.json"),
        ("manifest.json", lambda _: "[]", "manifest.json: expected an object, found list"),
        (
            "manifest.json",
            lambda text: text.replace('"versions"', '"visions"'),
            "manifest.json: missing keys: versions",
        ),
        ("manifest.json", lambda text: text.replace('"min_subjects": 4', '"min_subjects": 5'), "tables/"),
        ("tables/samples.csv", lambda text: text.replace(",blue,", ",amber,", 1), "tables/"),
        ("tables/samples.csv", lambda text: text[: len(text) // 2], ""),
        ("acquisitions/aligned-none~clean.csv", lambda text: text.replace(",ok,", ",no_face,", 1), "acquisition.csv"),
    ],
)
def test_changes_that_the_sums_hide_are_found(run: Path, file: str, edit: Callable[[str], str], line: str) -> None:
    text = (run / file).read_text(encoding="utf-8")
    assert edit(text) != text
    (run / file).write_text(edit(text), encoding="utf-8")
    reseal(run)
    differences = verify(run, inputs=False)
    assert any(line in found for found in differences), differences
    assert all("\n" not in found for found in differences)


def test_a_changed_score_is_found_by_its_rates(run: Path) -> None:
    path = run / "comparisons" / "tiny~clean.npz"
    arrays = store.read_arrays(path)
    arrays["mated_score"][0] = 2.0 if arrays["mated_score"][0] < 0.4 else -1.0
    store.write_arrays(path, arrays)
    reseal(run)
    assert any(line.startswith("tables/rates.csv: row") for line in verify(run, inputs=False))


@pytest.mark.parametrize("name", ["trials_reference", "histogram", "cells", "tail_probe", "edges"])
def test_arrays_that_contradict_each_other_are_one_line(run: Path, name: str) -> None:
    path = run / "comparisons" / "tiny~clean.npz"
    arrays = store.read_arrays(path)
    arrays[name] = arrays[name][:-3]
    store.write_arrays(path, arrays)
    reseal(run)
    differences = verify(run, inputs=False)
    assert differences and all("\n" not in line for line in differences)


def test_missing_files_are_named(run: Path) -> None:
    (run / "study.toml").unlink()
    (run / "tables" / "det.csv").unlink()
    differences = verify(run, inputs=False)
    assert {"study.toml: missing", "tables/det.csv: missing"} <= set(differences)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="SHA256SUMS: missing or unreadable; expected a finished run folder"):
        verify(tmp_path)


def test_another_version_is_remarked_where_something_differs(run: Path) -> None:
    change(run / "manifest.json", '"facegap": "', '"facegap": "9.')
    differences = verify(run, inputs=False)
    assert differences[-1].startswith("note: the run was made by facegap 9.")


@pytest.mark.usefixtures("tables_left_out")
def test_changed_inputs_are_named(place: Path, run: Path) -> None:
    data = place / "data"

    def found() -> list[str]:
        return verify(run, data)

    index = (data / "index.csv").read_text(encoding="utf-8")
    picture = (data / "images" / "s07-2.png").read_bytes()
    flip(data / "images" / "s07-2.png")
    (line,) = found()
    assert line.startswith("dataset 'patterns': 1 image files differ from the run's, first sample ")
    (data / "images" / "s07-2.png").unlink()
    assert "dataset 'patterns'" in " ".join(found())
    (data / "images" / "s07-2.png").write_bytes(picture)
    assert found() == []

    person = [line for line in index.splitlines() if ",p06," in line]
    for edited, line in (
        (index.replace("s02-0.png,photo", "s02-0.png,selfie"), "roles differ"),
        (index.replace("s02-0,p02", "s02-0,p14"), "who is on which image differs"),
        (index.replace("\n".join(person), "\n".join(person).replace("small", "big")), "labels of 'size' differ"),
    ):
        assert edited != index
        (data / "index.csv").write_text(edited, encoding="utf-8")
        assert any(line in one for one in found()), (line, found())
    (data / "index.csv").write_text("\n".join(index.splitlines()[:-1]) + "\n", encoding="utf-8")
    assert "dataset 'patterns': 95 samples, the run had 96" in found()


@pytest.mark.usefixtures("tables_left_out")
def test_renamed_people_are_the_same_people(place: Path, run: Path) -> None:
    index = place / "data" / "index.csv"
    index.write_text(re.sub(r",p(\d)", r",person\1", index.read_text(encoding="utf-8")), encoding="utf-8")
    assert verify(run, place / "data") == []


@pytest.mark.usefixtures("tables_left_out")
def test_other_weights_and_missing_weights_are_named(place: Path, run: Path) -> None:
    file = place / "models" / "tiny.onnx"
    sha256 = store.sha256_file(file)
    tiny.make_net(file, weights=-tiny.projection())
    assert verify(run, place / "data") == [
        f"recogniser 'tiny': another file than the run's (sha256 {sha256}); pull or pin it, or --no-inputs"
    ]
    file.unlink()
    assert verify(run, place / "data") == [
        f"recogniser 'tiny': the run's file is not on this machine (sha256 {sha256}); pull or pin it, or --no-inputs"
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("tables_left_out")
def test_a_card_that_says_otherwise_is_a_difference_one_of_another_version_is_unknown(place: Path, run: Path) -> None:
    change(place / "models" / "tiny.toml", "a fixed projection", "a fixed map")
    found = examine(run, place / "data")
    (line,) = found.differences
    assert line.startswith("recogniser 'tiny': title: the run says 'a fixed projection of block sums', the card here ")
    assert found.unknown == []
    change(place / "models" / "tiny.toml", 'version = "1"', 'version = "2"')
    found = examine(run, place / "data")
    assert found.differences == [] and found.verdict == "could not be checked"
    assert all(line.endswith("; it is another version's") for line in found.unknown)
    (place / "models" / "tiny.toml").unlink()
    assert "recogniser 'tiny': its card is not on this machine" in examine(run, place / "data").unknown
    assert verify(run, inputs=False) == []


@pytest.mark.slow
@pytest.mark.usefixtures("tables_left_out")
def test_where_the_data_lie_must_be_known(
    place: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache of the machine that ran the study knows; results hold no path."""
    assert verify(run) == []
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "of another machine"))
    assert verify(run) == [
        "inputs: images not given: where the data set lies is not known here; give --root, or --no-inputs to leave it "
        "out"
    ]
    assert examine(run).differences == [] and examine(run).verdict == "could not be checked"
    (place / "configs").mkdir()
    shutil.copy(place / "tiny.toml", place / "configs" / "tiny.toml")
    (line,) = verify(run)
    assert line.startswith("inputs: ") and str(place / "configs" / "data") in line
    change(place / "configs" / "tiny.toml", 'root = "data"', 'root = "../data"')
    assert verify(run) == []


@pytest.mark.slow
@pytest.mark.usefixtures("tables_left_out")
def test_images_are_compared_by_whoever_holds_the_secret(
    place: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, key = place / "data", tmp_path / "key"
    assert examine(run, data).unknown == []
    monkeypatch.setenv("FACEGAP_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    flip(data / "images" / "s07-2.png")
    # Neither agreement nor tampering.
    found = examine(run, data)
    assert (found.differences, found.verdict) == ([], "could not be checked")
    assert found.unknown == [
        "images: the secret that keys their digests is not on this machine; give it with --secret FILE"
    ]
    store.write_atomic(key, SECRET.encode(), mode=0o600)
    assert examine(run, data, secret=key).unknown == []
    (line,) = verify(run, data, secret=key)
    assert line.startswith("dataset 'patterns': 1 image files differ from the run's, first sample ")
    store.write_atomic(key, b"0f1e2d3c4b5a69788796a5b4c3d2e1f0", mode=0o600)
    with pytest.raises(StoreError, match=f"key: not the secret of run {run.name}; ask whoever made it"):
        verify(run, data, secret=key)


@pytest.mark.usefixtures("tables_left_out")
def test_an_image_that_decodes_to_the_same_pixels_is_still_another_file(place: Path, run: Path) -> None:
    path = place / "data" / "images" / "s09-1.png"
    with Image.open(path) as image:
        image.save(path.with_suffix(".tmp"), format="PNG", compress_level=1)
    path.with_suffix(".tmp").replace(path)
    (line,) = verify(run, place / "data")
    assert "1 image files differ" in line
