"""The folder of a judged table: counts, what was asked, tables, page; the same input gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from facegap import report, store
from facegap.published.asked import Asked
from facegap.published.counts_file import PublishedCounts
from facegap.published.judged import Judged
from facegap.published.sentences import banner, of_verdict
from facegap.schema import JUDGED, dictionary
from facegap.schema.judged import JudgedClaimRow, JudgedRateRow, JudgedRatioRow, JudgedSummaryRow
from facegap.version import __version__

COUNTS, ASKED = "counts.csv", "judged.json"

SHAPING = ("numpy", "scipy", "matplotlib", "jinja2")
"""Packages that shape the last digits of a table and the bytes of a page, beside this one."""


def write_judged(counts: PublishedCounts, asked: Asked, judged: Judged, results: Path) -> Path:
    """Write the folder below `results`; the folder that is there already where the same was judged before.

    Raises:
        StoreError: it cannot be written, or a folder of that name holds something else.
    """
    said = _said(counts, asked, judged)
    named = {key: value for key, value in said.items() if key != "versions"}
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in Path(counts.name).stem)[:40]
    name = f"judged-{stem or 'counts'}-{store.digest(named)[:8]}"
    final = results / name
    if final.exists() and not store.sums_differences(final):
        return final
    with store.new_run(results, name) as (folder, _):
        store.write_atomic(folder / COUNTS, counts.content)
        store.write_atomic(folder / ASKED, (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode())
        store.write_rows(folder, JudgedRateRow, judged.rates)
        store.write_rows(folder, JudgedRatioRow, judged.ratios)
        store.write_rows(folder, JudgedSummaryRow, judged.summaries)
        if judged.claims:
            store.write_rows(folder, JudgedClaimRow, judged.claims)
        store.write_atomic(folder / "tables" / "README.md", dictionary(list(JUDGED)).encode())
        report.write_judged(folder, said)
    return final


def versions() -> dict[str, str]:
    """Those of `SHAPING` here."""
    return {name: metadata.version(name) for name in SHAPING}


def _said(counts: PublishedCounts, asked: Asked, judged: Judged) -> dict[str, Any]:
    """What was asked of which table, by which version, and what is said of all of it."""
    claims = dict.fromkeys(row.claim for row in judged.claims)
    return {
        "facegap": __version__,
        "versions": versions(),
        "counts": {"name": counts.name, "sha256": store.sha256_bytes(counts.content)},
        "asked": asdict(asked),
        "banner": banner(asked.design_effect),
        "remarks": list(counts.remarks),
        "claims": {text: of_verdict([row for row in judged.claims if row.claim == text]) for text in claims},
    }
