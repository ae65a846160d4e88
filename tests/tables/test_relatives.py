"""Relatives beside strangers: the published ratio, what the page says of it, and that no family's name is kept."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tiny
from facegap.cards import load_dataset
from facegap.datasets import load
from facegap.errors import CardError
from facegap.evidence import Evidence, opaque
from facegap.evidence.files import _read_samples, _write_samples
from facegap.records import ClusterSums, ErrorCounts
from facegap.report.relatives import sentence
from facegap.schema import RelativeRow
from facegap.store import read_rows
from facegap.tables import Workbench, relatives
from facegap.tables.relatives import _ratio
from facegap.tables.suppress import suppressed
from made_evidence import chosen, evidence_of


def counts(errors: int, trials: int) -> ErrorCounts:
    """Of comparisons of different people each: of relatives, families of two."""
    return ErrorCounts(
        metric="FMR", model="m", condition="clean", grouping="", group="everyone", threshold=0.5, errors=errors,
        completed=trials, failed=0, subjects=trials, by_subject=ClusterSums(errors, errors, trials),
    )  # fmt: skip


NIST_TWINS = [(0.911, 0.703, 0.0290), (0.992, 0.739, 0.0370), (0.994, 0.797, 0.0290)]
"""FMR of identical twins, of fraternal ones of one sex and of two, of the three algorithms on NIST's FRTE twins
demonstration page as of 2026-08-13, each at the threshold where mugshots of strangers match at 0.0001."""


@pytest.mark.parametrize("twins", NIST_TWINS)
def test_the_published_multiples(twins: tuple[float, float, float]) -> None:
    for rate in twins:
        ratio, low, high = _ratio(counts(round(1000 * rate), 1000), counts(100, 1_000_000), 0.95)
        assert ratio == pytest.approx(rate / 1e-4)
        assert low is not None and high is not None and low < rate / 1e-4 < high < 1.6 * rate / 1e-4


def twins_of(evidence: Evidence, pairs: int = 30) -> Evidence:
    """Every two of the first people are twins, whose scores are three higher."""
    person = evidence.samples.people()
    family = np.where(person < 2 * pairs, np.char.add("Smith ", (person // 2).astype(str)), "")
    samples = replace(evidence.samples, relations={"family": family})
    found = evidence.comparisons["m", "clean"]
    rng = np.random.default_rng(1)
    more_a, more_b, more = [], [], []
    for k in range(pairs):
        first, second = np.flatnonzero(person == 2 * k), np.flatnonzero(person == 2 * k + 1)
        more_a += list(np.repeat(first, len(second)))
        more_b += list(np.tile(second, len(first)))
        more += list(rng.normal(3, 1, len(first) * len(second)))
    a, b = np.array(more_a), np.array(more_b)
    tail = found.tail
    old = (person[tail.reference] // 2 == person[tail.probe] // 2) & (person[tail.reference] < 2 * pairs)
    score = np.array(more, np.float32)
    high = score >= found.floor
    tail = replace(
        tail,
        reference=np.concatenate([tail.reference[~old], np.minimum(a, b)[high]]),
        probe=np.concatenate([tail.probe[~old], np.maximum(a, b)[high]]),
        score=np.concatenate([tail.score[~old], score[high]]),
    )
    return replace(evidence, samples=samples, comparisons={("m", "clean"): replace(found, tail=tail)})


@pytest.fixture(scope="module")
def rows() -> list[RelativeRow]:
    return list(relatives.rows(Workbench(twins_of(evidence_of(), 29))))


def test_twins_match_more_often_and_the_sentence_says_so(rows: list[RelativeRow]) -> None:
    row = chosen(rows, grouping="", threshold_name="FMR 0.02")[0]
    assert (row.families, row.people, row.trials, row.relation) == (29, 58, 261, "family")
    assert row.ratio is not None and row.ratio_low is not None and 10 < row.ratio_low < row.ratio
    said = sentence(row)
    assert f"relatives match {row.ratio:.2g} times (" in said and f"{row.errors} of 261 comparisons against" in said
    assert (
        "fewer than 30 families" in said
        and "fewer than 30 people: the interval may be too narrow (relatives" not in said
    )


def test_the_interval_decides_the_sentence(rows: list[RelativeRow]) -> None:
    row = chosen(rows, grouping="", threshold_name="FMR 0.02")[0]
    alike = replace(row, ratio=1.5, ratio_low=0.9, ratio_high=2.5, note="")
    assert "not shown to match more often than strangers" in sentence(alike)
    bound = replace(row, ratio=None, ratio_low=4.0, ratio_high=None, note="")
    assert "match at least 4 times as often" in sentence(bound)


def test_groups_without_relatives_have_no_row_and_those_without_a_relation_no_table(rows: list[RelativeRow]) -> None:
    assert {row.group for row in rows if row.grouping == "colour"} == {"green"}  # a pair has red at most once
    assert list(relatives.rows(Workbench(evidence_of(30)))) == []


def test_few_relatives_are_suppressed_whatever_the_group() -> None:
    evidence = twins_of(evidence_of(min_subjects=10, suppress_below=5), pairs=2)
    everyone, *groups = suppressed(evidence, RelativeRow, relatives.rows(Workbench(evidence)))
    for row in (everyone, *groups):
        assert row.note.startswith("suppressed: ") and (row.errors, row.families, row.ratio) == (None, None, None)
    assert everyone.note == "suppressed: fewer than 5 people" and groups


def test_relations_are_kept_and_read(tmp_path: Path) -> None:
    evidence = twins_of(evidence_of(30), pairs=3)
    (tmp_path / "tables").mkdir()
    _write_samples(tmp_path / "tables" / "samples.csv", evidence)
    samples, *_ = _read_samples(tmp_path / "tables" / "samples.csv")
    assert samples.relations["family"].tolist() == evidence.samples.relations["family"].tolist()
    assert set(samples.groups) == set(evidence.samples.groups)


def test_names_of_families_are_opaque() -> None:
    samples = twins_of(evidence_of(30), pairs=3).samples
    hidden = opaque(samples, b"secret").relations["family"]
    assert not any("Smith" in value for value in hidden)
    assert [value == "" for value in hidden] == [value == "" for value in samples.relations["family"]]
    assert len(np.unique(hidden)) == len(np.unique(samples.relations["family"]))


CARD = tiny.DATASET.replace("[files]", 'relations = ["family"]\n\n[columns]\nfamily = "Twin of"\n\n[files]')


def manifest(folder: Path, value: str = "Smith") -> Path:
    (folder / "data").mkdir()
    lines = []
    for k in range(6):
        (folder / "data" / f"{k}.png").write_bytes(b"")
        family = "unknown" if k > 3 else value if k == 1 else "Smith"
        lines.append([f"{k}.png", f"p{k // 2}", "amber", "big", family])
    with (folder / "data" / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "subject_id", "group", "size", "Twin of"], *lines])
    (folder / "card.toml").write_text(CARD, encoding="utf-8")
    return folder / "data"


def test_a_card_names_the_column(tmp_path: Path) -> None:
    root = manifest(tmp_path)
    found = load(load_dataset(str(tmp_path / "card.toml")), root)
    assert found.samples.relations["family"].tolist() == ["Smith"] * 4 + ["", ""]
    assert found.samples.take(np.array([5, 0])).relations["family"].tolist() == ["", "Smith"]


def test_a_person_of_two_families_is_refused(tmp_path: Path) -> None:
    root = manifest(tmp_path, "Jones")
    found = load(load_dataset(str(tmp_path / "card.toml")), root)
    assert set(found.refused.values()) == {"family: the subject has two values"} and len(found.refused) == 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('["family"]', '["group"]', "relations: 'group' is named already"),
        ('["family"]', '["family", "family"]', "relations: 'family' is named already"),
        ('adapter = "csv"', 'adapter = "tree"', "relations: the tree adapter reads no manifest"),
    ],
)
def test_a_card_that_cannot_be(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = CARD.replace(old, new, 1)
    if "tree" in new:
        text = text.replace("citation", 'tree_groups = ["group", "size"]\ncitation', 1)
    (tmp_path / "card.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CardError, match=expected):
        load_dataset(str(tmp_path / "card.toml"))


@pytest.mark.slow
def test_a_run_from_the_command_line(tmp_path: Path) -> None:
    place = tiny.make_place(tmp_path)
    text = (place / "datasets" / "patterns.toml").read_text(encoding="utf-8")
    (place / "datasets" / "patterns.toml").write_text(
        text.replace("[files]", 'relations = ["kin"]\n\n[files]'), encoding="utf-8"
    )
    path = place / "data" / "index.csv"
    with path.open(newline="") as file:
        header, *lines = csv.reader(file)
    subjects = sorted({line[header.index("subject_id")] for line in lines})
    kin = {name: f"Smith-{k // 2}" for k, name in enumerate(subjects)}
    with path.open("w", newline="") as file:
        rows = [[*line, kin[line[header.index("subject_id")]]] for line in lines]
        csv.writer(file).writerows([[*header, "kin"], *rows])
    code, _, error = tiny.facegap(place, "run", "tiny.toml")
    assert code == 0, error
    (run,) = (place / "results").glob("tiny-*")
    found = read_rows(run, RelativeRow)
    assert {row.relation for row in found} == {"kin"} and all(row.trials for row in found)
    assert "Relatives and look-alikes" in (run / "report.html").read_text(encoding="utf-8")
    for written in run.rglob("*"):
        assert not written.is_file() or b"Smith" not in written.read_bytes(), written
    code, out, error = tiny.facegap(place, "verify", str(run), "--root", "data")
    assert (code, "verified" in out) == (0, True), error
    path.write_text(path.read_text(encoding="utf-8").replace("Smith-0", "Smith-1"), encoding="utf-8")
    code, out, _ = tiny.facegap(place, "verify", str(run), "--root", "data")
    assert code == 1 and "who is related by 'kin' differs from the run's" in out
