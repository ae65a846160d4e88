"""Every table of a run, from its evidence. The same function writes them and checks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast

from threadpoolctl import threadpool_limits

from facegap import schema, store
from facegap.evidence import Evidence
from facegap.schema import Row
from facegap.tables import (
    acquisition,
    age_gaps,
    at_target,
    between_models,
    common_margin,
    det,
    differentials,
    edc,
    extrapolated,
    fold_accuracy,
    gallery_model,
    homogeneity,
    identification,
    liveness,
    losses,
    marginals,
    observed,
    paired,
    policies,
    quality_split,
    rates,
    relatives,
    score_shifts,
    shrunken,
    target_measures,
    throughput,
    transactions,
    versus_reference,
    versus_rest,
    within_person,
)
from facegap.tables.generated import said
from facegap.tables.order import ordered
from facegap.tables.suppress import suppressed
from facegap.tables.workbench import Workbench

NOTICE = "NOTICE.txt"
"""What goes with every table: CSV has no place for a remark."""

DICTIONARY = "README.md"
"""What every column of the tables beside it means."""

RowT = TypeVar("RowT", bound=Row)


class Built(dict[type[Row], tuple[Row, ...]]):
    """Every table by its row class; `built[RateRow]` is known to hold rows of that class."""

    def __getitem__(self, row: type[RowT]) -> tuple[RowT, ...]:
        return cast(tuple[RowT, ...], super().__getitem__(row))


TABLES: dict[type[Row], Callable[[Workbench], Iterable[Row]]] = {
    schema.AcquisitionRow: acquisition.rows,
    schema.QualityRow: acquisition.quality_rows,
    schema.ThresholdRow: rates.threshold_rows,
    schema.RateRow: rates.rows,
    schema.CrossRow: rates.cross_rows,
    schema.DifferentialRow: differentials.rows,
    schema.IdentificationRow: identification.rows,
    schema.CmcRow: identification.cmc_rows,
    schema.DetRow: det.rows,
    schema.DistributionRow: det.distribution_rows,
    schema.FoldRow: fold_accuracy.rows,
    schema.VersusRow: versus_rest.rows,
    schema.PowerRow: versus_rest.power_rows,
    schema.AtTargetRow: at_target.rows,
    schema.AtTargetSummaryRow: at_target.summary_rows,
    schema.PolicyRow: policies.rows,
    schema.MarginalRow: marginals.rows,
    schema.TransactionRow: transactions.rows,
    schema.ShrunkenRow: shrunken.rows,
    schema.EdcRow: edc.rows,
    schema.SplitRow: quality_split.rows,
    schema.PairedRow: paired.rows,
    schema.GalleryRow: gallery_model.rows,
    schema.TargetMeasureRow: target_measures.rows,
    schema.HomogeneityRow: homogeneity.rows,
    schema.BetweenRow: between_models.rows,
    schema.ScoreShiftRow: score_shifts.rows,
    schema.ExtrapolatedRow: extrapolated.rows,
    schema.CommonMarginRow: common_margin.rows,
    schema.ReferenceRow: versus_reference.rows,
    schema.RelativeRow: relatives.rows,
    schema.ThroughputRow: throughput.rows,
    schema.LivenessRow: liveness.rows,
    schema.LossRow: losses.rows,
    schema.OtherwiseRow: losses.otherwise_rows,
    schema.ObservedRow: observed.rows,
    schema.WithinRow: observed.within_rows,
    schema.WithinPersonRow: within_person.rows,
    schema.AgeGapRow: age_gaps.rows,
}
"""Every computed table: its row class, and the function that gives its rows. A new table is one line here."""


def build(evidence: Evidence, advance: Callable[[int], None] = lambda _: None) -> Built:
    """Every table by its row class; `advance` is told of each one that is done.

    Raises:
        InputError: the kept tail of comparisons does not reach a threshold that the study asks for.
    """
    bench = Workbench(evidence)
    # One thread: sums in another order would differ in their last digits, and these are small.
    with threadpool_limits(1):
        tables = {row: _made(rows(bench), advance) for row, rows in TABLES.items()}
        return Built((row, tuple(_in_order(bench, row, tables))) for row in tables)


def _made(rows: Iterable[Row], advance: Callable[[int], None]) -> tuple[Row, ...]:
    made = tuple(rows)
    advance(1)
    return made


def _in_order(bench: Workbench, row: type[Row], tables: Mapping[type[Row], tuple[Row, ...]]) -> list[Row]:
    shown = said(bench.evidence, suppressed(bench.evidence, row, tables[row], bench.hidden, tables))
    return ordered(bench.evidence.values, row, shown)


def write_tables(folder: Path, tables: Built, banners: Sequence[str]) -> None:
    """Write every table below `folder`/tables, what their columns mean, and what must be said wherever one is shown."""
    for row, rows in tables.items():
        store.write_rows(folder, row, rows)
    store.write_atomic(folder / "tables" / DICTIONARY, schema.dictionary().encode())
    if banners:
        store.write_atomic(folder / "tables" / NOTICE, ("\n".join(banners) + "\n").encode())
