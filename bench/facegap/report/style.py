"""How figures look: colours that colour-blind readers tell apart, with markers and line styles, and clean SVG."""

from __future__ import annotations

import io
import math
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from facegap.report.words import DASH, SPACE

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
"""Okabe and Ito's palette without its yellow, which vanishes on white."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (7, 3)), (0, (3, 1, 1, 1, 1, 1)))
INK = "#1b1f27"
FAINT = "#d9dce1"
MUTED = "#5a6270"

_DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

_SETTINGS = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.usetex": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 10,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "path.simplify": True,
    "figure.facecolor": "white",
}


@dataclass(frozen=True)
class Table:
    """A table of text: column heads and rows."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def without_empty_columns(self) -> Table:
        """The table without the columns in which no row has anything."""
        keep = [k for k in range(len(self.head)) if any(row[k] not in ("", DASH) for row in self.rows)]
        return Table([self.head[k] for k in keep], [[row[k] for k in keep] for row in self.rows])


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure: file name, the finding as title, how to read it, alt text, SVG, the numbers behind it, their files."""

    name: str
    title: str
    caption: str
    alt: str
    svg: str
    table: Table
    sources: tuple[str, ...]
    folded: bool = False


def draw(name: str, title: str, alt: str, size: tuple[float, float], paint: Callable[[Any], None]) -> str:
    """The SVG of what `paint` puts on a matplotlib figure of `size` inches; equal input gives equal bytes."""
    buffer = io.StringIO()
    no_metadata = {"Creator": None, "Date": None, "Format": None, "Type": None}
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}), warnings.catch_warnings():
        # A group's name may be in a script that the layout font lacks; the browser has a font for it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        # Figure.savefig would draw everything once more for the layout alone.
        FigureCanvasSVG(figure).print_svg(buffer, metadata=no_metadata)
    return _clean(buffer.getvalue(), title, alt)


def _clean(svg: str, title: str, alt: str) -> str:
    """Drop the prologue and unused ids, shorten numbers, and name the picture for a screen reader."""
    svg = svg[svg.index("<svg") :]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: m.group(0) if m.group(1) in used else "", svg)
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(?<= d=")[^"]*', lambda m: re.sub(r"-?\d+\.\d+", _short, m.group(0)).replace(" \n", " "), svg)
    svg = re.sub(r'(?<= )([xy]|transform)="[^"]*"', lambda m: re.sub(r"-?\d+\.\d{3,}", _short, m.group(0)), svg)
    head = svg[: svg.index(">")]
    width = float(re.findall(r' width="([\d.]+)pt"', head)[0]) * 4 / 3
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    label = f' style="max-width:{width:.0f}px" role="img" aria-label="{escape(printable(alt))}"'
    inner = f"<title>{escape(printable(title))}</title><desc>{escape(printable(alt))}</desc>"
    return f"{head}{label}>{inner}{svg[svg.index('>') + 1 :]}".strip()


def _short(match: re.Match[str]) -> str:
    return f"{float(match.group(0)):.2f}".rstrip("0").rstrip(".")


def printable(text: str) -> str:
    """`text` without control and direction-changing characters: XML forbids some, the others hide what is written."""
    return "".join(c if _is_plain(c) else "\ufffd" for c in text)


def _is_plain(c: str) -> bool:
    return c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn") and c not in _DIRECTION_MARKS)


def label(text: str, width: int = 30) -> str:
    """A name that fits beside an axis."""
    clean = " ".join(printable(text).split())
    clean = clean if len(clean) <= width else f"{clean[: width - 1]}…"
    # Matplotlib leaves a legend entry out where its label begins with an underscore.
    return f"\u2009{clean}" if clean.startswith("_") else clean


def look(k: int) -> dict[str, Any]:
    """Colour and line style of the k-th group; both change, so that neither alone has to carry the group."""
    return {
        "color": COLOURS[k % len(COLOURS)],
        "linestyle": LINES[(k + k // len(COLOURS)) % len(LINES)],
        "linewidth": 1.6,
    }


def slug(*parts: str) -> str:
    """A file name of lower-case letters, digits, dots and hyphens."""
    return "-".join(re.sub(r"[^a-z0-9.]+", "-", part.lower()).strip("-.") or "x" for part in parts)


def power(value: float, _position: object = None) -> str:
    """Axis label 10⁻³; nothing away from whole powers."""
    exponent = round(_log10(value))
    if value <= 0 or abs(value / 10.0**exponent - 1) > 1e-6:
        return ""
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")) if exponent else "1"


def plain_percent(value: float, _position: object = None) -> str:
    """Axis label 0.1 %."""
    return f"{100 * value:.10f}".rstrip("0").rstrip(".") + f"{SPACE}%"


def plain(value: float, _position: object = None) -> str:
    """Axis label 0.01, without an exponent."""
    return f"{value:.10f}".rstrip("0").rstrip(".")


def two_and_five(value: float, _position: object = None) -> str:
    """Axis label at 2 and 5 times a power of ten, nothing elsewhere."""
    leading = value / 10.0 ** math.floor(_log10(value) + 1e-9)
    return plain(value) if round(leading, 6) in (2, 5) else ""


def _log10(value: float) -> float:
    return math.log10(value) if value > 0 else 0.0


def log_axis(axis: Any, formatter: Callable[..., str]) -> None:
    """A log axis with labels at whole powers."""
    axis.set_major_locator(LogLocator(base=10, numticks=20))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(formatter))
    axis.set_minor_formatter(NullFormatter())


def grid(ax: Any, axis: str = "both") -> None:
    """A light grid; on a log axis, whose limits must be set, lighter lines at 2 to 9 times the powers of ten."""
    ax.grid(True, axis=axis, which="major")
    for one, transform in (("x", ax.get_xaxis_transform()), ("y", ax.get_yaxis_transform())):
        if axis in ("both", one) and getattr(ax, f"get_{one}scale")() == "log":
            # One collection, for a tick object each takes most of the time of a figure.
            at = _between(*getattr(ax, f"get_{one}lim")())
            lines = [[(v, 0), (v, 1)] if one == "x" else [(0, v), (1, v)] for v in at]
            minor = LineCollection(lines, transform=transform, colors=FAINT, linewidths=0.3, zorder=0.5)
            ax.add_collection(minor, autolim=False)


def _between(low: float, high: float) -> list[float]:
    """2 to 9 times every power of ten from `low` to `high`."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
    return [k * 10.0**power for power in powers for k in range(2, 10) if low <= k * 10.0**power <= high]


def per_10000(value: float, _position: object = None) -> str:
    """Axis label 25 for 0.0025: people of 10,000."""
    return f"{10_000 * value:,.6f}".rstrip("0").rstrip(".")


def signed_points(value: float, _position: object = None) -> str:
    """Axis label +5 for 0.05: percentage points."""
    return f"{100 * value:+.6f}".rstrip("0").rstrip(".").replace("-", "\u2212").replace("+0", "0") or "0"
