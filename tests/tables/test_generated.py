"""False matches by shapes of a generator: said in every table, in no finding, with a claim; from one place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import tiny
from facegap import store
from facegap.cards import load_dataset
from facegap.estimate.cautions import GENERATED
from facegap.evidence import Evidence, read_evidence
from facegap.report.findings import findings
from facegap.schema import ROWS, CrossRow, RateRow, Row
from facegap.store import Tables
from facegap.tables import build
from facegap.tables.generated import said
from finished import SECRET

SHAPES = tiny.DATASET.replace(
    'values = ["big", "small"]\nlabel_source = "generated"',
    'values = ["big", "small"]\nlabel_source = "generated"\ngenerated_shape = true',
)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tiny.make_place(tmp_path_factory.mktemp("shapes"))
    (place / "datasets" / "patterns.toml").write_text(SHAPES, encoding="utf-8")
    code, out, err = tiny.facegap(place, "run", "tiny.toml", FACEGAP_CACHE=str(place / "cache"), FACEGAP_SECRET=SECRET)
    assert code == 0, out + err
    (place / "said.txt").write_text(out, encoding="utf-8")
    (folder,) = (place / "results").glob("tiny-*")
    return folder


def evidence(folder: Path) -> Evidence:
    return read_evidence(folder, store.read_manifest(folder))


def test_the_card_says_which_columns_are_shapes(shapes: Path) -> None:
    assert load_dataset(str(shapes.parents[1] / "datasets" / "patterns.toml")).generated_shapes == ("size",)
    assert evidence(shapes).shapes == ("size",)
    assert load_dataset("synthetic-heads").generated_shapes == ("age_band", "family", "sex", "tone")
    assert load_dataset("synthetic-heads-causal").generated_shapes == ("age_band", "family", "sex")


def test_every_row_on_false_matches_between_shapes_says_it(shapes: Path) -> None:
    rates = store.read_rows(shapes, RateRow)
    marked = {(row.metric, row.grouping) for row in rates if GENERATED in row.caution}
    assert marked == {("FMR", "group, size")}
    assert all(GENERATED in r.caution for r in rates if (r.metric, r.grouping) == ("FMR", "group, size"))
    cross = store.read_rows(shapes, CrossRow)
    assert {row.grouping for row in cross if GENERATED in row.caution} == {"group, size"}


def test_no_table_with_a_metric_is_forgotten(shapes: Path) -> None:
    """Every table that speaks of FMR or FPIR by such a grouping has a caution that says it, whatever its class."""
    for row_class in ROWS.values():
        for row in store.read_rows(shapes, row_class):
            if getattr(row, "metric", "") in ("FMR", "FPIR") and getattr(row, "grouping", "") == "group, size":
                assert GENERATED in getattr(row, "caution", GENERATED), row


def test_findings_leave_them_out_and_say_why(shapes: Path) -> None:
    sentences = [one.text for one in findings(Tables(shapes), "tiny")]
    assert any(text.startswith("By group,") for text in sentences)
    assert not any(text.startswith(("By group, size, at", "By group, size, searched")) for text in sentences)
    (why,) = [text for text in sentences if GENERATED in text]
    assert why.startswith("By group, size no finding is made")


def test_the_terminal_leaves_them_out(shapes: Path) -> None:
    out = (shapes.parents[1] / "said.txt").read_text(encoding="utf-8")
    assert "group, size" not in out and " group " in out


def test_a_claim_on_them_carries_the_sentence(shapes: Path) -> None:
    place = shapes.parents[1]
    for claim, there in (
        ("FMR <= 0.5 in every group of group, size", True),
        ("FNMR <= 0.5 in every group of group, size", False),
    ):
        _, out, err = tiny.facegap(place, "claim", str(shapes), claim, FACEGAP_CACHE=str(place / "cache"))
        assert (GENERATED in " ".join(out.split())) == there, out + err


def test_the_run_verifies(shapes: Path) -> None:
    place = shapes.parents[1]
    code, out, err = tiny.facegap(
        place, "verify", str(shapes), "--root", "data", FACEGAP_CACHE=str(place / "cache"), FACEGAP_SECRET=SECRET
    )
    assert code == 0, out + err


def test_without_shapes_no_row_changes(shapes: Path) -> None:
    plain = replace(evidence(shapes), shapes=())
    rows: tuple[Row, ...] = build(plain)[RateRow]
    assert tuple(said(plain, rows)) == rows and not any(GENERATED in getattr(row, "caution", "") for row in rows)
