"""Every table of a run, from its evidence. The same function writes them and checks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from facegap import store
from facegap.evidence import Evidence
from facegap.records import Threshold
from facegap.tables import (
    acquisition,
    at_target,
    between_models,
    det,
    differentials,
    edc,
    extrapolated,
    gallery_model,
    homogeneity,
    identification,
    marginals,
    paired,
    policies,
    quality_split,
    rates,
    shrunken,
    target_measures,
    versus_rest,
)
from facegap.tables import transactions as transaction_tables
from facegap.tables.suppress import suppressed
from facegap.tables.workbench import set_thresholds

NOTICE = "NOTICE.txt"
"""What goes with every table: CSV has no place for a remark."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A table's columns and rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Spec:
    columns: tuple[str, ...]
    rows: Callable[[Evidence, tuple[Threshold, ...]], Iterable[Row]]


_RATE = (
    *("threshold_name", "threshold", "errors", "trials", "completed", "failed", "subjects", "n_eff"),
    *("rate", "low", "high", "level", "method", "note"),
)

TABLES: dict[str, _Spec] = {
    "acquisition": _Spec(
        ("detector", "condition", "grouping", "group", "outcome", "samples", "share"), acquisition.acquisition_rows
    ),
    "quality": _Spec(
        ("detector", "condition", "grouping", "group", "quality", "samples", "mean", "p05", "p50", "p95", "scalar"),
        acquisition.quality_rows,
    ),
    "thresholds": _Spec(
        (
            *("model", "name", "policy", "target", "threshold", "low", "high"),
            *("realised", "false_matches", "comparisons", "note"),
        ),
        rates.threshold_rows,
    ),
    "rates": _Spec(("model", "condition", "metric", "failures", "grouping", "group", *_RATE), rates.rate_rows),
    "cross_fmr": _Spec(
        ("model", "condition", "failures", "grouping", "reference_group", "probe_group", *_RATE),
        rates.cross_fmr_rows,
    ),
    "differentials": _Spec(
        (
            *("model", "condition", "metric", "grouping", "threshold_name", "threshold", "measure", "value"),
            *("low", "high", "null_low", "null_high", "worst", "best", "groups", "left_out", "note"),
        ),
        differentials.differential_rows,
    ),
    "identification": _Spec(
        (
            *("model", "condition", "protocol", "metric", "failures", "grouping", "group", "gallery_size", "rank"),
            *_RATE,
        ),
        identification.rate_rows,
    ),
    "cmc": _Spec(
        (
            *("model", "condition", "grouping", "group", "gallery_size", "rank"),
            *("hits", "trials", "rate", "rate_optimistic"),
        ),
        identification.cmc_rows,
    ),
    "det": _Spec(("model", "condition", "grouping", "group", "threshold", "fmr", "fnmr"), det.det_rows),
    "distributions": _Spec(
        ("model", "condition", "grouping", "group", "kind", "low", "high", "count"), det.distribution_rows
    ),
    "versus_rest": _Spec(versus_rest.VERSUS_COLUMNS, versus_rest.versus_rest_rows),
    "power": _Spec(versus_rest.POWER_COLUMNS, versus_rest.power_rows),
    "at_target_fmr": _Spec(at_target.COLUMNS, at_target.rows),
    "differentials_at_target": _Spec(at_target.SUMMARY_COLUMNS, at_target.summary_rows),
    "policies": _Spec(policies.COLUMNS, policies.rows),
    "marginals": _Spec(marginals.MARGINAL_COLUMNS, marginals.marginal_rows),
    "transactions": _Spec((*transaction_tables.COLUMNS, *_RATE, *transaction_tables.MODELS), transaction_tables.rows),
    "shrunken": _Spec(shrunken.SHRUNKEN_COLUMNS, shrunken.shrunken_rows),
    "edc": _Spec(edc.EDC_COLUMNS, edc.edc_rows),
    "quality_split": _Spec(quality_split.SPLIT_COLUMNS, quality_split.split_rows),
    "paired": _Spec(paired.PAIRED_COLUMNS, paired.paired_rows),
    "gallery_model": _Spec(gallery_model.COLUMNS, gallery_model.rows),
    "target_measures": _Spec(target_measures.COLUMNS, target_measures.rows),
    "homogeneity": _Spec(homogeneity.COLUMNS, homogeneity.rows),
    "between_models": _Spec(between_models.COLUMNS, between_models.rows),
    "extrapolated": _Spec(extrapolated.COLUMNS, extrapolated.rows),
}
"""Every computed table: its columns, and the function that gives its rows. A new table is one line here."""


def build(evidence: Evidence) -> dict[str, Table]:
    """Every table by name.

    Raises:
        InputError: the kept tail of comparisons does not reach a threshold that the study asks for.
    """
    # One thread: sums in another order would differ in their last digits, and these are small.
    with threadpool_limits(1):
        thresholds = set_thresholds(evidence)
        return {
            name: Table(spec.columns, tuple(suppressed(evidence, spec.columns, spec.rows(evidence, thresholds))))
            for name, spec in TABLES.items()
        }


def write_tables(folder: Path, tables: Mapping[str, Table], banners: Sequence[str]) -> None:
    """Write every table below `folder`/tables, and beside them what must be said wherever one of them is shown."""
    for name, table in tables.items():
        store.write_table(folder / "tables" / f"{name}.csv", table.columns, table.rows)
    if banners:
        store.write_atomic(folder / "tables" / NOTICE, ("\n".join(banners) + "\n").encode())
