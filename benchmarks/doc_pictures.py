"""The pictures of docs/: figures of results/example, as facegap draws them, and two photographs of its page.

    python benchmarks/doc_pictures.py

Draws docs/pictures/ anew, after results/example was made anew. Two pictures show more than the example holds and say
so: the null band, which the page gives in numbers alone, and the comparison of vendors, whose numbers are invented.
The photographs of the page need Chromium on PATH; without it they are left as they are, and a line says so.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import browser
from facegap import report, store
from facegap.report import compared, style, words
from facegap.report.page import pictures
from facegap.schema import DifferentialRow, FrontRow
from facegap.store import Tables

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE, OUT = ROOT / "results" / "example", ROOT / "docs" / "pictures"

FIGURES = {
    "turned-away": ("every-condition", -1, -1),
    "impostors": ("impostors", 0, 0),
    "heat-map": ("impostors", 1, 0),
    "conditions": ("conditions", 0, 0),
    "discard": ("quality", 0, 0),
    "cmc": ("galleries", 0, 0),
    "det": ("det", -1, 0),
    "thresholds": ("curves", -1, 0),
}
"""Picture -> section of the page, the figure in it, the panel of that."""

DRAWN = ("null-band", "pareto")
"""Pictures that no page of the example has."""

PHOTOGRAPHS = {
    "findings": "nav, main > section:not(#findings)",
    "slider": "header, main > section:not(#thresholds)",
}
"""Picture -> what of the page it leaves out."""

_WIDTH, _COLOURS = 760, 48


def figures(tables: Tables) -> dict[str, str]:
    """Name -> SVG of every picture that is drawn."""
    there = pictures(tables)
    found = {name: there[section][k].parts[part].svg for name, (section, k, part) in FIGURES.items()}
    return {**found, "null-band": null_band(tables), "pareto": pareto()}


def null_band(tables: Tables) -> str:
    """Max/geomean of the example's groups with interval, before what equal groups would show by chance."""
    rows = [
        row
        for row in tables[DifferentialRow]
        if row.measure == "max/geomean" and row.value is not None and row.null_high is not None
    ]
    said = "; ".join(
        f"{_name(row)}: {words.number(row.value)}, equal groups up to {words.number(row.null_high)}" for row in rows
    )
    title = "Worst group over the middle of the groups, before what equal groups would show"
    return style.draw("null-band", title, said, (6.4, 0.8 + 0.5 * len(rows)), lambda figure: _paint(figure, rows))


def _name(row: DifferentialRow) -> str:
    return f"{row.metric}, {row.condition}, {words.point(row.threshold_name)}"


def _paint(figure: Any, rows: Sequence[DifferentialRow]) -> None:
    ax = figure.subplots()
    for y, row in enumerate(reversed(rows)):
        low = row.null_low if row.null_low is not None else 1.0
        band = ax.barh(y, row.null_high - low, left=low, height=0.6, color=style.BAR)
        interval = ax.plot([row.low, row.high], [y, y], color=style.COLOURS[0], linewidth=1.4)
        look = {"markerfacecolor": style.PAPER} if row.caution else {}
        mark = ax.plot([row.value], [y], "o", color=style.COLOURS[0], **look)
    ax.set_yticks(range(len(rows)), [_name(row) for row in reversed(rows)])
    ax.set_xlabel("max/geomean; 1: all groups alike")
    handles = [band, interval[0], mark[0]]
    figure.legend(handles, ["chance alone", "interval", "measured"], loc="outside upper left", ncols=3)


def pareto() -> str:
    """The picture of `facegap compare` of three vendors whose numbers are invented."""
    numbers = {
        "vendor A (invented)": (0.012, 0.008, 0.018, 1.9, 1.3, 2.8, "yes"),
        "vendor B (invented)": (0.021, 0.015, 0.029, 1.2, 1.0, 1.6, "yes"),
        "vendor C (invented)": (0.027, 0.019, 0.038, 2.2, 1.6, 3.1, "no"),
    }
    rows = [
        FrontRow(
            run="", model=name, condition="clean", metric="FNMR", grouping="sex", threshold_name="vendor", rate=rate,
            low=low, high=high, measure="max/geomean", value=value, value_low=least, value_high=most, front=front,
        )
        for name, (rate, low, high, value, least, most, front) in numbers.items()
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        store.write_rows(Path(folder), FrontRow, rows)
        return compared.pictures(Path(folder))[0].svg


def photographs(folder: Path) -> dict[str, bytes]:
    """Name -> PNG of parts of the example's page, drawn again into `folder`."""
    page = report.render(EXAMPLE, folder / "page")
    found = {}
    with browser.browser(folder / "profile") as opened:
        opened.scheme("light")
        for name, left_out in PHOTOGRAPHS.items():
            opened.open(page, _WIDTH)
            opened.run(f"document.querySelectorAll('{left_out}').forEach(one => one.remove())")
            opened.resize(_WIDTH, int(opened.run("document.documentElement.scrollHeight")))
            found[name] = _small(opened.picture())
    return found


def _small(png: bytes) -> bytes:
    """The PNG with few colours: text and lines have no more."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(_COLOURS).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main() -> None:
    for name, svg in figures(store.read_tables(EXAMPLE)).items():
        (OUT / f"{name}.svg").write_text(f"{svg}\n", encoding="utf-8")
    if browser.program() is None:
        print(f"no Chromium on PATH: {', '.join(PHOTOGRAPHS)} are left as they are")
    else:
        with tempfile.TemporaryDirectory() as folder:
            for name, png in photographs(Path(folder)).items():
                (OUT / f"{name}.png").write_bytes(png)
    for path in sorted(OUT.iterdir()):
        print(f"{path.stat().st_size / 1000:5.0f} kB  {path.name}")


if __name__ == "__main__":
    main()
