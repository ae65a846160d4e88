"""What holds and what does not, in one short table of docs/statistics.md, from the tables of the other benchmarks.

    python benchmarks/coverage_summary.py

Reads claims_coverage.md, null_band_coverage.md and reference_ratio.md and writes between the two marks of
docs/statistics.md. Of several rates or measures of a design the one that misses most stands there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "statistics.md"
BEGIN, END = "<!-- python benchmarks/coverage_summary.py -->", "<!-- end of coverage_summary.py -->"

Cells = Sequence[str]


def sections(name: str) -> dict[str, list[Cells]]:
    """Heading -> the cells of every line of the table below it, its head left out."""
    found: dict[str, list[Cells]] = {}
    heading = ""
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("| ") and not line.startswith("| design"):
            found.setdefault(heading, []).append([cell.strip() for cell in line.strip("|").split(" | ")])
    return found


def numbers(cell: str) -> list[float]:
    return [float(one) for one in re.findall(r"\d+\.?\d*", cell)]


def worst(rows: Iterable[Cells], missed: slice) -> Cells | None:
    """The row whose cells `missed` sum up to most; None of none."""
    return max(rows, key=lambda row: sum(sum(numbers(cell)) for cell in row[missed]), default=None)


def interval(rows: list[Cells], design: str, what: str) -> str:
    """ "below / above / with a caution" of the rate, or ratio, that misses most."""
    found = worst((row for row in rows if row[0] == design and row[1].startswith(what)), slice(2, 4))
    return "-" if found is None else f"{found[2]} / {found[3]} / {found[4]}"


def verdict(rows: list[Cells], design: str) -> str:
    """ "supported / refuted" wrongly, of the claim that is decided wrongly most often."""
    found = worst((row for row in rows if row[0] == design), slice(2, 3))
    return "-" if found is None else " / ".join(f"{one:.1f}" for one in numbers(found[2]))


def by_design(intervals: list[Cells], verdicts: list[Cells]) -> list[str]:
    lines = []
    for design in dict.fromkeys(row[0] for row in intervals):
        cells = [interval(intervals, design, kind) for kind in ("FMR", "FNMR", "ratio of FMR", "ratio of FNMR")]
        lines.append(f"| {' | '.join((design, *cells, verdict(verdicts, design)))} |")
    return lines


def outside(rows: list[Cells], design: str, metric: str) -> str:
    """Measure that lies outside its band of people most often, and how often."""
    cells = next((row[3] for row in rows if row[:2] == [design, metric]), "")
    shares = [(float(share), name) for name, share in re.findall(r"([\w/ -]+?) [\d.]+ / ([\d.]+)", cells)]
    return "{:.1f} ({})".format(*max(shares)).replace("( ", "(") if shares else "-"


def stated(rows: list[Cells], design: str, metric: str) -> str:
    """How often equal groups are stated to differ: from a named one, and from the others."""
    found = next((row for row in rows if row[:2] == [design, metric]), None)
    return "-" if found is None else f"{found[4].split(' / ')[-1]}, {found[5].split(' / ')[-1]}"


def equal_groups(bands: list[Cells], ratios: list[Cells]) -> list[str]:
    return [
        f"| {design} | {metric} | {outside(bands, design, metric)} | {stated(ratios, design, metric)} |"
        for design in dict.fromkeys(row[0] for row in bands)
        for metric in ("FMR", "FNMR")
    ]


def table() -> str:
    claims = sections("claims_coverage.md")
    bands, ratios = sections("null_band_coverage.md"), sections("reference_ratio.md")
    (all_ratios,) = ratios.values()
    return "\n".join(
        [
            "| design | FMR: below / above / with a caution, % | FNMR | ratio of FMR | ratio of FNMR "
            "| wrong verdicts: supported / refuted, % |",
            "|---|---|---|---|---|---|",
            *by_design(claims["Intervals by side"], [*claims["Verdicts on rates"], *claims["Other verdicts"]]),
            "",
            "| equal groups | rate | outside the null band, % (measure) | stated to differ from a named group, "
            "from the others, % |",
            "|---|---|---|---|",
            *equal_groups(bands["Equal groups: at most 5 is promised"], all_ratios),
        ]
    )


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    written = f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.split(END)[1]}"
    if "--check" in sys.argv:
        sys.exit(
            0 if written == text else "docs/statistics.md: not what the benchmarks' tables say; run without --check"
        )
    PAGE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
