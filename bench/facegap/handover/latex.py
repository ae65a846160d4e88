"""A table of rates for LaTeX: by group and operating point, with intervals; no text in it is a command."""

from __future__ import annotations

from collections.abc import Iterator

from facegap.handover.cite import as_tex
from facegap.schema import RateRow
from facegap.store import Tables, run_digest

METRICS = ("FNMR", "FMR")


def rates_table(tables: Tables, model: str) -> str:
    """FNMR and FMR (within the group) of every group under every condition, in per cent; needs booktabs."""
    rows = [
        row for row in tables[RateRow] if row.model == model and row.metric in METRICS and row.failures == "counted"
    ]
    level = tables.manifest.study["statistics"]["level"]
    lines = [
        "% needs \\usepackage{booktabs,longtable}",
        *(f"% {as_tex(banner)}" for banner in tables.manifest.banners),
        "\\begin{longtable}{llllrrl}",
        f"\\caption{{{as_tex(model)}: rates by group in per cent with {100 * level:g}\\,\\% intervals, failures "
        f"counted; run {as_tex(tables.manifest.run_id)}, SHA-256 {run_digest(tables.folder)[:16]}.}}\\\\",
        "\\toprule",
        "Rate & Condition & Threshold & Group & Errors & Trials & \\% (interval) \\\\",
        "\\midrule\\endhead",
        *_lines(rows),
        "\\bottomrule",
        "\\end{longtable}",
    ]
    return "\n".join(lines) + "\n"


def _lines(rows: list[RateRow]) -> Iterator[str]:
    for row in rows:
        rate = "--" if row.rate is None else f"{100 * row.rate:.3g}"
        ends = "" if row.low is None or row.high is None else f" ({100 * row.low:.3g}--{100 * row.high:.3g})"
        counts = ("" if n is None else str(n) for n in (row.errors, row.trials))
        texts = map(as_tex, (row.metric, row.condition, row.threshold_name, row.group))
        yield " & ".join((*texts, *counts, f"{rate}{ends}")) + " \\\\"
