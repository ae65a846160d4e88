"""The CSV tables and the manifest of a results folder, read into typed rows; nothing is computed here."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from facegap.errors import StoreError
from facegap.records import RunManifest
from facegap.report import further

Cell = str | int | float | None
RowT = TypeVar("RowT")


@dataclass(frozen=True)
class AcquisitionRow:
    """How many samples of a group ended in `outcome`."""

    detector: str
    condition: str
    grouping: str
    group: str
    outcome: str
    samples: int
    share: float | None


@dataclass(frozen=True)
class QualityRow:
    """A quality measure's mean and percentiles in a group."""

    detector: str
    condition: str
    grouping: str
    group: str
    quality: str
    samples: int
    mean: float | None
    p05: float | None
    p50: float | None
    p95: float | None


@dataclass(frozen=True)
class ThresholdRow:
    """One operating point."""

    model: str
    name: str
    policy: str
    target: float | None
    threshold: float
    realised: float | None
    false_matches: int | None
    comparisons: int | None
    note: str


@dataclass(frozen=True)
class RateRow:
    """FTA, FTE, FMR within a group, or FNMR, with its counts and interval."""

    model: str
    condition: str
    metric: str
    failures: str
    grouping: str
    group: str
    threshold_name: str
    threshold: float | None
    errors: int | None
    trials: int | None
    completed: int | None
    failed: int | None
    subjects: int | None
    n_eff: float | None
    rate: float | None
    low: float | None
    high: float | None
    level: float | None
    method: str
    note: str


@dataclass(frozen=True)
class CrossRow:
    """FMR of a reference group against a probe group, with its counts and interval."""

    model: str
    condition: str
    failures: str
    grouping: str
    reference_group: str
    probe_group: str
    threshold_name: str
    threshold: float | None
    errors: int | None
    trials: int | None
    completed: int | None
    failed: int | None
    subjects: int | None
    n_eff: float | None
    rate: float | None
    low: float | None
    high: float | None
    level: float | None
    method: str
    note: str


@dataclass(frozen=True)
class DifferentialRow:
    """One summary of how unequal the groups' rates are."""

    model: str
    condition: str
    metric: str
    grouping: str
    threshold_name: str
    threshold: float | None
    measure: str
    value: float | None
    low: float | None
    high: float | None
    null_low: float | None
    null_high: float | None
    worst: str
    best: str
    groups: int | None
    left_out: str
    note: str


@dataclass(frozen=True)
class IdentificationRow:
    """FNIR(N, R, T) or FPIR(N, T); `rank` is "N" for threshold only."""

    model: str
    condition: str
    protocol: str
    metric: str
    failures: str
    grouping: str
    group: str
    gallery_size: int | None
    rank: str
    threshold_name: str
    threshold: float | None
    errors: int | None
    trials: int | None
    completed: int | None
    failed: int | None
    subjects: int | None
    n_eff: float | None
    rate: float | None
    low: float | None
    high: float | None
    level: float | None
    method: str
    note: str


@dataclass(frozen=True)
class CmcRow:
    """Share of mated searches whose mate is at `rank` or better."""

    model: str
    condition: str
    grouping: str
    group: str
    gallery_size: int | None
    rank: int
    hits: int
    trials: int
    rate: float | None
    rate_optimistic: float | None


@dataclass(frozen=True)
class DetRow:
    """One point of a group's DET curve, failures counted."""

    model: str
    condition: str
    grouping: str
    group: str
    threshold: float
    fmr: float | None
    fnmr: float | None


@dataclass(frozen=True)
class DistributionRow:
    """One bin of a score histogram: `count` scores with low <= score < high."""

    model: str
    condition: str
    grouping: str
    group: str
    kind: str
    low: float
    high: float
    count: int


Rated = RateRow | CrossRow | IdentificationRow
"""Rows that hold a rate beside its counts and interval."""


@dataclass(frozen=True)
class Tables:
    """Every table that the report draws from, rows in the order of the file."""

    manifest: RunManifest
    acquisition: list[AcquisitionRow]
    quality: list[QualityRow]
    thresholds: list[ThresholdRow]
    rates: list[RateRow]
    cross_fmr: list[CrossRow]
    differentials: list[DifferentialRow]
    identification: list[IdentificationRow]
    cmc: list[CmcRow]
    det: list[DetRow]
    distributions: list[DistributionRow]
    versus_rest: list[further.VersusRow] = field(default_factory=list)
    power: list[further.PowerRow] = field(default_factory=list)
    at_target_fmr: list[further.AtTargetRow] = field(default_factory=list)
    policies: list[further.PolicyRow] = field(default_factory=list)
    marginals: list[further.MarginalRow] = field(default_factory=list)
    edc: list[further.EdcRow] = field(default_factory=list)
    quality_split: list[further.SplitRow] = field(default_factory=list)
    paired: list[further.PairedRow] = field(default_factory=list)
    gallery_model: list[further.GalleryRow] = field(default_factory=list)
    transactions: list[further.TransactionRow] = field(default_factory=list)
    between_models: list[further.BetweenRow] = field(default_factory=list)
    extrapolated: list[further.ExtrapolatedRow] = field(default_factory=list)
    differentials_at_target: list[further.AtTargetSummaryRow] = field(default_factory=list)
    target_measures: list[further.TargetMeasureRow] = field(default_factory=list)
    homogeneity: list[further.HomogeneityRow] = field(default_factory=list)


OPTIONAL: dict[str, type[Any]] = {
    "versus_rest": further.VersusRow,
    "power": further.PowerRow,
    "at_target_fmr": further.AtTargetRow,
    "policies": further.PolicyRow,
    "marginals": further.MarginalRow,
    "edc": further.EdcRow,
    "quality_split": further.SplitRow,
    "paired": further.PairedRow,
    "gallery_model": further.GalleryRow,
    "transactions": further.TransactionRow,
    "between_models": further.BetweenRow,
    "extrapolated": further.ExtrapolatedRow,
    "differentials_at_target": further.AtTargetSummaryRow,
    "target_measures": further.TargetMeasureRow,
    "homogeneity": further.HomogeneityRow,
}
"""Tables that an older run, or a study that did not ask for them, lacks."""

TABLE_NAMES = tuple(f.name for f in fields(Tables) if f.name != "manifest")
"""Names of the CSV tables that the report reads."""


def read_tables(folder: Path) -> Tables:
    """The manifest and the tables of the results folder `folder`.

    `quality`, `identification`, `cmc` and those of `OPTIONAL` may be absent, for a study need not measure them.

    Raises:
        StoreError: a file or a column is missing, or a cell does not hold what its column says.
    """
    tables = folder / "tables"
    return Tables(
        manifest=read_manifest(folder / "manifest.json"),
        acquisition=read_table(tables / "acquisition.csv", AcquisitionRow),
        quality=_read_if_there(tables / "quality.csv", QualityRow),
        thresholds=read_table(tables / "thresholds.csv", ThresholdRow),
        rates=read_table(tables / "rates.csv", RateRow),
        cross_fmr=read_table(tables / "cross_fmr.csv", CrossRow),
        differentials=read_table(tables / "differentials.csv", DifferentialRow),
        identification=_read_if_there(tables / "identification.csv", IdentificationRow),
        cmc=_read_if_there(tables / "cmc.csv", CmcRow),
        det=read_table(tables / "det.csv", DetRow),
        distributions=read_table(tables / "distributions.csv", DistributionRow),
        **{name: _read_if_there(tables / f"{name}.csv", kind) for name, kind in OPTIONAL.items()},
    )


def read_manifest(path: Path) -> RunManifest:
    """The run's manifest; keys that `RunManifest` does not know are left aside.

    Raises:
        StoreError: it cannot be read, is not JSON, or lacks a key.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}; is this a results folder?") from None
    except ValueError as error:
        raise StoreError(f"{path}: not JSON: {error}; the run's folder is damaged") from None
    if not isinstance(content, dict):
        raise StoreError(f"{path}: expected an object, found {type(content).__name__}; the run's folder is damaged")
    required = [f.name for f in fields(RunManifest) if f.default is MISSING and f.default_factory is MISSING]
    missing = [name for name in required if name not in content]
    if missing:
        raise StoreError(f"{path}: missing keys: {', '.join(missing)}; was it written by another version?")
    return RunManifest(**{f.name: content[f.name] for f in fields(RunManifest) if f.name in content})


def read_table(path: Path, row_type: type[RowT]) -> list[RowT]:
    """The rows of the CSV file `path`; columns that `row_type` does not name are left aside.

    Raises:
        StoreError: the file or a column is missing, or a cell does not hold what its column says.
    """
    kinds = get_type_hints(row_type)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            _check_header(path, reader.fieldnames, kinds)
            return [row_type(**_cells(path, reader.line_num, row, kinds)) for row in reader]
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}; run the study again") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"{path}: not a CSV table in UTF-8: {error}") from None


def _read_if_there(path: Path, row_type: type[RowT]) -> list[RowT]:
    return read_table(path, row_type) if path.exists() else []


def _check_header(path: Path, found: Any, kinds: Mapping[str, Any]) -> None:
    missing = [name for name in kinds if name not in (found or ())]
    if missing:
        raise StoreError(
            f"{path}: missing columns: {', '.join(missing)}; found: {', '.join(found or ()) or 'an empty file'}"
        )


def _cells(path: Path, line: int, row: Mapping[str, str | None], kinds: Mapping[str, Any]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for name, kind in kinds.items():
        text = row[name]
        if text is None:
            raise StoreError(f"{path}: line {line}: {name}: the row ends before this column")
        try:
            cells[name] = _cell(text, kind)
        except ValueError as error:
            raise StoreError(f"{path}: line {line}: {name}: {error}") from None
    return cells


def _cell(text: str, kind: Any) -> Cell:
    if kind is str:
        return text
    if text == "":
        if kind in (int, float):
            raise ValueError("expected a number, found a blank")
        return None
    if kind in (int, int | None):
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"expected a whole number, found '{text}'") from None
    return _float(text)


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"expected a number, found '{text}'") from None
    if math.isnan(value):
        raise ValueError("expected a number or a blank, found 'nan'")
    return value
