"""Refused, unreadable and repeated pictures: what a run says of them, and what the rates would be otherwise.

Every figure is held against another run of the whole pipeline, on data in which the same thing was done by hand.
"""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facegap import datasets, pipeline, store
from facegap.acquire import read_image
from facegap.audit import verify
from facegap.cards import load_dataset
from facegap.cli.progress import progress
from facegap.datasets.copies import Copies
from facegap.errors import InputError
from facegap.pipeline.looks import perceptual_hash
from facegap.report.losses import losses
from facegap.schema import LossRow, OtherwiseRow, RateRow
from facegap.store import Tables

Rows = list[dict[str, str]]
Run = Callable[..., Path]


@pytest.fixture(autouse=True)
def lean(place: Path) -> None:
    """The tiny study without what these tests do not look at."""
    text = (place / "tiny.toml").read_text(encoding="utf-8")
    text = text.replace('groups = [["group"], ["group", "size"]]', 'groups = [["group"]]')
    head, _, tail = text.partition("[identification]")
    rest = "[statistics]\ndraws = 100\n" + tail.partition("[statistics]\n")[2]
    (place / "tiny.toml").write_text(head + rest, encoding="utf-8")


def everyone(run: Path, loss: str) -> list[LossRow]:
    return [row for row in store.read_rows(run, LossRow) if row.grouping == "" and row.loss == loss]


def line(run: Path, word: str) -> str:
    return next(line for line in losses(Tables(run)) if word in line)


def table(place: Path) -> Rows:
    with (place / "data" / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(place: Path, rows: Rows) -> None:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (place / "data" / "index.csv").write_text(buffer.getvalue(), encoding="utf-8")


def rates(run: Path, **wanted: object) -> dict[tuple[str, ...], tuple[int | None, int | None]]:
    rows = store.read_rows(run, RateRow)
    return {
        (row.metric, row.threshold_name, row.grouping, row.group): (row.errors, row.trials)
        for row in rows
        if row.metric in ("FMR", "FNMR")
        and row.failures == "counted"
        and all(getattr(row, name) == value for name, value in wanted.items())
    }


def otherwise(run: Path, variant: str) -> dict[tuple[str, ...], tuple[int | None, int | None]]:
    return {
        (row.metric, row.threshold_name, row.grouping, row.group): (row.errors, row.trials)
        for row in store.read_rows(run, OtherwiseRow)
        if row.variant == variant
    }


def first_of(rows: Rows, count: int) -> list[dict[str, str]]:
    """The first row of each of the first `count` people."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["subject_id"], row)
    return list(found.values())[:count]


def copied(place: Path, row: dict[str, str], name: str, how: str) -> str:
    """A copy of the row's picture; its path."""
    source = place / "data" / row["path"]
    target = source.with_name(name)
    if how == "file":
        shutil.copyfile(source, target)
    elif how == "a byte more":
        target.write_bytes(source.read_bytes() + b"\0")
    else:
        with Image.open(source) as image:
            image.save(target, "TIFF")
    return str(target.relative_to(place / "data"))


@pytest.mark.parametrize(
    "how",
    [
        pytest.param("file", marks=pytest.mark.slow),
        pytest.param("a byte more", marks=pytest.mark.slow),
        "another format",
    ],
)
def test_a_picture_under_two_people_is_left_out_and_said(
    place: Path, run_here: Run, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 06: the run is the one without both pictures, and says what it would be with them."""
    rows = table(place)
    one, other = first_of(rows, 2)
    copy = other | {"sample_id": "copy", "path": copied(place, one, "copy.tif", how)}
    write(place, [row for row in rows if row is not one])
    by_hand = run_here(results="by-hand")
    write(place, [*rows, copy])
    run = run_here(results="copies")
    assert rates(run) == rates(by_hand)
    assert verify(run, place / "data") == []
    assert [(row.samples, row.subjects, row.subjects_lost) for row in everyone(run, "copy")] == [(2, 2, 0)]
    said = line(run, "more than once")
    assert "2 pictures there more than once and left out of every comparison (2: under two people" in said
    assert "With copies kept, at FMR" in said
    nobody = Copies(kind=np.full(len(rows) + 1, ""), same=(), near=())
    monkeypatch.setattr("facegap.run.study.find_copies", lambda *_: nobody)
    assert otherwise(run, "copies kept") == rates(run_here(results="kept"))


@pytest.mark.slow
def test_a_picture_twice_under_one_person_counts_once(place: Path, run_here: Run) -> None:
    rows = table(place)
    one = first_of(rows, 1)[0]
    by_hand = run_here(results="by-hand")
    write(place, [*rows, one | {"sample_id": "again", "path": copied(place, one, "again.tif", "another format")}])
    run = run_here(results="copies")
    assert rates(run) == rates(by_hand)
    assert [(row.samples, row.subjects_lost, row.mated) for row in everyone(run, "copy")] == [(1, 0, 4)]
    kept = otherwise(run, "copies kept")
    assert {trials - rates(run)[key][1] for key, (_, trials) in kept.items() if key[0] == "FNMR" and not key[2]} == {4}


def test_no_digest_of_a_picture_is_in_the_results(place: Path, run_here: Run) -> None:
    rows = table(place)
    one, other = first_of(rows, 2)
    write(place, [*rows, other | {"sample_id": "copy", "path": copied(place, one, "copy.tif", "file")}])
    run = run_here(results="copies")
    _, pixels = read_image(place / "data" / one["path"])
    words = [str(word) for word in perceptual_hash(pixels)]
    digest = hashlib.sha256(f"{pixels.shape[0]} x {pixels.shape[1]}:".encode() + pixels.tobytes()).hexdigest()
    content = b"".join(path.read_bytes() for path in run.rglob("*") if path.suffix in (".csv", ".json", ".toml"))
    assert digest.encode() not in content
    assert not any(word.encode() in content for word in words)
    assert one["path"].encode() not in content
    assert (place / "cache" / "looks").is_dir()


@pytest.mark.slow
def test_nearly_the_same_picture_is_a_warning_with_its_effect(place: Path, run_here: Run) -> None:
    rows = table(place)
    one, other = first_of(rows, 2)
    _, pixels = read_image(place / "data" / one["path"])
    changed = pixels.copy()
    changed[0, 0] ^= 1
    Image.fromarray(changed).save(place / "data" / "near.png")
    write(place, [row for row in rows if row is not one])
    by_hand = run_here(results="by-hand")
    write(place, [*rows, other | {"sample_id": "near", "path": "near.png"}])
    run = run_here(results="near")
    assert [row.samples for row in everyone(run, "near copy")] == [2]
    assert otherwise(run, "near copies left out too") == rates(by_hand)
    assert "kept in every rate, to be looked at" in line(run, "nearly the same as another")


def test_refused_pictures_are_counted_with_what_the_rates_would_be(place: Path, run_here: Run) -> None:
    """What the run would be had each refused picture failed: the run in which its file cannot be decoded."""
    study = (place / "tiny.toml").read_text(encoding="utf-8")
    (place / "tiny.toml").write_text(f"{study}\n[thresholds.fixed]\ntiny = 0.4\n", encoding="utf-8")
    rows = table(place)
    gone = first_of(rows, 5)[2:]
    for row in gone:
        (place / "data" / row["path"]).write_bytes(b"\xff\xd8\xff no picture " + row["path"].encode())
    unreadable = run_here(results="unreadable")
    for row in gone:
        (place / "data" / row["path"]).unlink()
    run = run_here(results="refused")
    found = otherwise(run, "refused counted as failures")
    fixed = {key: value for key, value in found.items() if key[1] == "fixed"}
    assert fixed
    assert fixed == rates(unreadable, threshold_name="fixed")
    lost = everyone(run, "refused")[0]
    assert (lost.samples, lost.subjects, lost.subjects_lost, lost.reason) == (3, 3, 0, "no such file")
    trials = rates(run)["FNMR", "fixed", "", "everyone"][1], fixed["FNMR", "fixed", "", "everyone"][1]
    assert trials[0] is not None and trials[1] is not None
    assert lost.mated == trials[1] - trials[0] == 9
    said = line(run, "refused")
    assert said.startswith("3 pictures refused and in no rate (3: no such file). People on them: 3, 0 of them with no")
    assert "Counted as failures, at FMR" in said
    assert "3: damaged image: JPEG that cannot be opened" in line(unreadable, "unreadable")
    assert verify(run, place / "data") == []


def test_a_group_of_which_nobody_is_left_is_named(place: Path, run_here: Run) -> None:
    rows = table(place)
    write(place, [row | {"group": "ambr"} if row["group"] == "amber" else row for row in rows])
    run = run_here(results="lost")
    assert "group: expected amber, blue" in line(run, "refused")
    lost = everyone(run, "refused")[0]
    assert lost.subjects_lost == lost.subjects == 12
    write(place, [row | {"path": "gone/" + row["path"]} if row["group"] == "amber" else row for row in rows])
    assert "Groups with nobody left: amber" in line(run_here(results="gone"), "refused")


def test_a_study_by_a_label_that_nobody_has_stops(place: Path, run_here: Run) -> None:
    write(place, [row | {"group": ""} for row in table(place)])
    with pytest.raises(InputError, match=r"not one of 96 samples of 'patterns' has a label in 'group'"):
        run_here(results="none")


def test_check_says_the_same_of_copies_and_files(place: Path) -> None:
    rows = table(place)
    one, other = first_of(rows, 2)
    write(place, [*rows, other | {"sample_id": "copy", "path": copied(place, one, "copy.tif", "another format")}])
    card = load_dataset(str(place / "datasets" / "patterns.toml"))
    found = datasets.check(card, place / "data", lambda samples: pipeline.look(samples, 1, progress))
    rules = {finding.rule: finding.message for finding in found.findings}
    assert "2 samples left out of every comparison" in rules["copies"]
    assert "cannot be read: damaged image" in rules["unreadable"]
