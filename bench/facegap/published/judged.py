"""Published counts judged: every table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facegap.errors import InputError
from facegap.published.asked import Asked
from facegap.published.claims import claim_rows
from facegap.published.counts_file import PublishedCounts
from facegap.published.groups import Group, grouped
from facegap.published.tables import rate_row, ratio_rows, summary_rows
from facegap.schema.judged import JudgedClaimRow, JudgedRateRow, JudgedRatioRow, JudgedSummaryRow
from facegap.words import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The rows of every table."""

    rates: tuple[JudgedRateRow, ...]
    ratios: tuple[JudgedRatioRow, ...]
    summaries: tuple[JudgedSummaryRow, ...]
    claims: tuple[JudgedClaimRow, ...]


def judge_counts(counts: PublishedCounts, asked: Asked) -> Judged:
    """Every table on the published counts.

    Raises:
        InputError: no group is called like the reference, or a claim is not understood or not about this table.
    """
    families = list(grouped(counts, asked.design_effect))
    _check_reference(asked.reference, [group for family in families for group in family])
    return Judged(
        rates=tuple(rate_row(group, asked) for family in families for group in family),
        ratios=tuple(row for family in families for row in ratio_rows(family, asked)),
        summaries=tuple(row for family in families for row in summary_rows(family, asked)),
        claims=tuple(row for text in asked.claims for row in claim_rows(text, families, asked)),
    )


def _check_reference(reference: str, groups: Sequence[Group]) -> None:
    names = list(dict.fromkeys(group.row.group for group in groups))
    if reference and reference not in names:
        raise InputError(
            f"--reference: no group '{reference}'{did_you_mean(reference, names)}; groups: {', '.join(names)}"
        )
