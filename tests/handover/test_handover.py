"""What leaves the house: a bundle without name, picture or template, exports that other tools read, a citation."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from facegap import store
from facegap.errors import InputError, StoreError
from facegap.evidence import read_evidence
from facegap.handover import FORMS, bundle, citation, export
from facegap.handover.cite import as_tex
from facegap.records import matches
from facegap.schema import ROWS, RateRow, names_of

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished run."""
    return Path(shutil.copytree(finished, tmp_path / finished.name))


@pytest.fixture
def packed(run: Path) -> dict[str, bytes]:
    """Name -> content of a bundle."""
    with zipfile.ZipFile(bundle(run)) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def test_a_bundle_has_page_tables_study_manifest_and_log(run: Path, packed: dict[str, bytes]) -> None:
    assert {"report.html", "manifest.json", "study.toml", "SHA256SUMS", "log.txt", "README.txt"} <= set(packed)
    assert any(name.startswith("figures/") for name in packed)
    tables = {f"tables/{row.table}.csv" for row in ROWS.values() if store.table_path(run, row).exists()}
    assert tables <= set(packed)
    assert store.run_digest(run) in packed["README.txt"].decode()


def test_nothing_in_a_bundle_is_a_name_a_picture_or_a_template(
    finished: Path, run: Path, packed: dict[str, bytes], cache_folder: Path
) -> None:
    """Every byte is searched, for the names and paths of the data, pictures, arrays, and ids of single samples."""
    place = finished.parents[1]
    with (place / "data" / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name for row in ROWS.values() for name in names_of(row)}
    names = {row[key] for row in rows for key in ("sample_id", "subject_id", "path")} - columns
    opaque = {row["sample"] for row in store.read_table(run / "tables" / "samples.csv")}
    everything = b"\n".join(packed.values())
    text = everything.decode("utf-8")
    any_name = "|".join(map(re.escape, sorted(names)))
    assert re.findall(rf"(?<![A-Za-z0-9])(?:{any_name})(?![A-Za-z0-9])", text) == []
    assert not [one for one in opaque if one in text]
    assert str(place) not in text and str(cache_folder) not in text
    for magic in (b"\x89PNG", b"\xff\xd8\xff", b"\x93NUMPY", b"PK\x03\x04"):
        assert magic not in everything
    assert not [name for name in packed if name.endswith((".npz", ".npy", ".png", ".jpg", ".onnx"))]


def test_the_digest_can_be_recomputed_from_a_bundle(run: Path, packed: dict[str, bytes]) -> None:
    lines = packed["SHA256SUMS"].decode().splitlines(keepends=True)
    kept = [line for line in lines if not store.is_drawn(line.rstrip("\n").partition("  ")[2])]
    assert store.sha256_bytes("".join(kept).encode()) == store.run_digest(run)
    sums = {name: value for value, _, name in (line.rstrip("\n").partition("  ") for line in lines)}
    for name, data in packed.items():
        if name not in ("SHA256SUMS", "log.txt", "README.txt"):
            assert store.sha256_bytes(data) == sums[name]


def test_equal_runs_give_equal_bundles(run: Path, tmp_path: Path) -> None:
    assert bundle(run, tmp_path / "a.zip").read_bytes() == bundle(run, tmp_path / "b.zip").read_bytes()


def test_what_is_not_bundled(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.zip"):
        bundle(run, tmp_path / "a.tar")
    with pytest.raises(InputError, match="never written to"):
        bundle(run, run / "a.zip")
    bundle(run, tmp_path / "a.zip")
    with pytest.raises(InputError, match="never overwritten"):
        bundle(run, tmp_path / "a.zip")
    (run / "study.toml").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="changed since it was sealed"):
        bundle(run, tmp_path / "b.zip")


def test_csv_is_the_runs_own_with_its_dictionary(finished: Path, tmp_path: Path) -> None:
    folder = export(finished, "csv", tmp_path / "csv")
    assert (folder / "rates.csv").read_bytes() == (finished / "tables" / "rates.csv").read_bytes()
    assert "## rates.csv" in (folder / "README.md").read_text(encoding="utf-8")
    assert not (folder / "samples.csv").exists()
    assert store.run_digest(finished) in (folder / "NOTICE.txt").read_text(encoding="utf-8")


def test_parquet_reads_back_as_the_rows(finished: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    folder = export(finished, "parquet", tmp_path / "parquet")
    table = parquet.read_table(folder / "rates.parquet")
    assert table.to_pylist() == [vars(row) for row in store.Tables(finished)[RateRow]]
    assert table.schema.field("rate").metadata[b"unit"] == b"share"


def test_bob_files_give_the_runs_own_counts(finished: Path, tmp_path: Path) -> None:
    """FMR and FNMR of everyone at every threshold of the run, counted from the four columns alone."""
    folder = export(finished, "bob", tmp_path / "bob")
    lines = [line.split() for line in (folder / "scores-tiny-clean.txt").read_text().splitlines()]
    mated = np.array([float(line[3]) for line in lines if line[0] == line[1]], dtype=np.float32)
    others = np.array([float(line[3]) for line in lines if line[0] != line[1]], dtype=np.float32)
    evidence = read_evidence(finished, store.read_manifest(finished))
    failed = int(np.isnan(evidence.comparisons["tiny", "clean"].mated.score).sum())
    for row in store.Tables(finished)[RateRow]:
        if row.grouping == "" and row.failures == "counted" and row.threshold is not None:
            if row.metric == "FMR":
                assert matches(others, row.threshold).sum() == row.errors
            if row.metric == "FNMR":
                assert (~matches(mated, row.threshold)).sum() + failed == row.errors
    said = (folder / "README.txt").read_text(encoding="utf-8")
    assert f"{failed} mated comparisons failed" in said


def test_latex_and_nist_hold_the_rates(finished: Path, tmp_path: Path) -> None:
    tex = (export(finished, "latex", tmp_path / "latex") / "rates-tiny.tex").read_text(encoding="utf-8")
    rows = [row for row in store.Tables(finished)[RateRow] if row.failures == "counted" and row.metric == "FNMR"]
    assert all(f"& {row.errors} & {row.trials} &" in tex for row in rows)
    text = (export(finished, "nist", tmp_path / "nist") / "demographics.csv").read_text(encoding="utf-8")
    (first, *_) = csv.DictReader(io.StringIO(text))
    by_group = {r.group: r.rate for r in rows if (r.grouping, r.threshold_name) == ("group", first["threshold"])}
    assert float(first["FNMR max"]) == max(rate for rate in by_group.values() if rate is not None)
    assert first["FNMR max group"] in by_group


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
        ("50 % & $a$ #1 _c^d ~", r"50 \% \& \$a\$ \#1 \_c\textasciicircum{}d \textasciitilde{}"),
        ("\u202eevil\n", r"\textbackslash{}u202eevil\textbackslash{}n"),
        ("<|>", r"\textless{}\textbar{}\textgreater{}"),
    ],
)
def test_no_text_is_a_command_of_latex(text: str, printed: str) -> None:
    assert as_tex(text) == printed


def test_exports_are_never_written_over_or_into_a_run(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected csv, parquet, latex, bob, nist; found 'xml'"):
        export(finished, "xml", tmp_path / "x")
    export(finished, "csv", tmp_path / "x")
    with pytest.raises(InputError, match="never overwritten"):
        export(finished, "csv", tmp_path / "x")
    with pytest.raises(InputError, match="never written to"):
        export(finished, "csv", finished / "x")
    assert set(FORMS) == {"csv", "parquet", "latex", "bob", "nist"}


def test_a_citation_has_the_digest_twice(finished: Path, command: Command) -> None:
    lines = list(citation(finished))
    digest = store.run_digest(finished)
    assert digest in lines[0] and any("note" in line and digest in line for line in lines)
    assert sum(line.count("{") - line.count("}") for line in lines) == 0
    code, out, _ = command("cite", str(finished))
    assert code == 0 and out.splitlines() == lines
