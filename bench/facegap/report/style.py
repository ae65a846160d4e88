"""How figures look: colours that colour-blind readers tell apart, with markers and line styles, and clean SVG."""

from __future__ import annotations

import io
import math
import re
import unicodedata
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any, TypeVar

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
PAPER = "#ffffff"
STRIPE = "#f5f6f8"
BAR = "#c9cdd4"
ON_PALE, ON_STRONG = "#1b1f28", "#fefefe"
"""Text on a colour that stays as it is where a reader's screen is dark."""

_THEME = {
    **{colour.lower(): f"s{k + 1}" for k, colour in enumerate(COLOURS)},
    INK: "ink",
    FAINT: "faint",
    MUTED: "dim",
    PAPER: "paper",
    STRIPE: "stripe",
    BAR: "bar",
}
"""Colour -> the variable of the page's style sheet that takes its place, so that figures follow a dark screen."""

SIZE = (4.5, 3.7)
"""Inches of a panel: as wide as a telephone's screen, so that panels stand side by side or one below the other."""

PartT = TypeVar("PartT")

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
    # A grid is there in every figure.
    "xtick.bottom": False,
    "ytick.left": False,
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
class Panel:
    """A part of a figure that stands beside or below the others: its file name, what it shows, its SVG."""

    name: str
    heading: str
    svg: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure: file name, the finding as title, how to read it, alt text, SVG, the numbers behind it, their files.

    Attributes:
        svg: the drawing of a figure of one part; "" where it has `panels`.
        says: the finding at length, one sentence a model.
    """

    name: str
    title: str
    caption: str
    alt: str
    svg: str = ""
    table: Table
    sources: tuple[str, ...]
    folded: bool = False
    panels: tuple[Panel, ...] = ()
    says: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Panel, ...]:
        """Its panels; of a figure of one part that alone."""
        return self.panels or (Panel(name=self.name, heading="", svg=self.svg),)


def together(name: str, pictures: Sequence[tuple[str, Picture]]) -> Picture | None:
    """One figure of the same figure of several models, given as (model, figure); the first one gives the title."""
    if len(pictures) < 2:
        return pictures[0][1] if pictures else None
    first = pictures[0][1]
    heads = [(model, part, picture) for model, picture in pictures for part in picture.parts]
    return Picture(
        name=slug("all", name),
        title=first.title,
        caption=" ".join([first.caption, *(_more(model, one.caption, first.caption) for model, one in pictures[1:])]),
        alt=" ".join(f"{model}: {picture.alt}" for model, picture in pictures),
        panels=tuple(
            Panel(name=part.name, heading=f"{model}: {part.heading}" if part.heading else model, svg=part.svg)
            for model, part, _ in heads
        ),
        table=Table(
            ("Model", *first.table.head), [(model, *row) for model, picture in pictures for row in picture.table.rows]
        ),
        sources=first.sources,
        folded=first.folded,
        says=tuple(said for _, picture in pictures for said in picture.says),
    )


def _more(model: str, caption: str, said: str) -> str:
    """Of another model's caption the sentences that were not said."""
    new = [sentence for sentence in caption.rstrip(". ").split(". ") if sentence not in said]
    return f"{model}: {'. '.join(new)}." if new else ""


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


def panels(
    name: str,
    title: str,
    alt: str,
    size: tuple[float, float],
    paint: Callable[[Any, PartT], None],
    each: Sequence[PartT],
) -> tuple[Panel, ...]:
    """A panel for each of `each`, which `paint` puts on its figure."""
    names = [f"{name}-{k + 1}" if len(each) > 1 else name for k in range(len(each))]
    return tuple(
        Panel(name=mine, heading="", svg=draw(mine, title, alt, size, partial(_on, paint, one)))
        for mine, one in zip(names, each, strict=True)
    )


def _on(paint: Callable[[Any, PartT], None], one: PartT, figure: Any) -> None:
    paint(figure, one)


def _clean(svg: str, title: str, alt: str) -> str:
    """Drop the prologue and unused ids, shorten numbers, and name the picture for a screen reader."""
    svg = _unwrapped(svg[svg.index("<svg") :])
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: m.group(0) if m.group(1) in used else "", svg)
    # Older ones write `font: 10px 'DejaVu Sans', ...`; the whole drawing has one family.
    svg = re.sub(r' transform="rotate\(-?0 [^"]*"', "", svg)
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    svg = re.sub(r"font: (?:(\d+) )?([\d.]+)px [^;\"]*", _font, svg)
    svg = re.sub(r"(?<=(?:fill|roke): )#[0-9a-f]{6}", _themed, svg)
    svg = re.sub(r'(?<= d=")[^"]*', lambda m: re.sub(r"-?\d+\.\d+", _short, m.group(0)).replace(" \n", " "), svg)
    svg = re.sub(r'(?<= )([xy]|transform)="[^"]*"', lambda m: re.sub(r"-?\d+\.\d{2,}", _short, m.group(0)), svg)
    head = svg[: svg.index(">")]
    width = float(re.findall(r' width="([\d.]+)pt"', head)[0]) * 4 / 3
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    label = f' style="max-width:{width:.0f}px" font-family="{_FONTS}" role="img" aria-label="{escape(printable(alt))}"'
    inner = f"<title>{escape(printable(title))}</title>"
    return f"{head}{label}>{inner}{svg[svg.index('>') + 1 :]}".strip()


_SVG = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def _unwrapped(svg: str) -> str:
    """Without comments, groups that say nothing and line ends between elements."""
    root = ElementTree.fromstring(svg)
    _unwrap(root)
    return ElementTree.tostring(root, encoding="unicode")


def _unwrap(element: ElementTree.Element) -> None:
    kept: list[ElementTree.Element] = []
    for child in element:
        _unwrap(child)
        named = set(child.attrib) - {"id"}
        kept += list(child) if child.tag == f"{{{_SVG}}}g" and not named else [child]
        child.tail = None
    if len(element) and element.tag != f"{{{_SVG}}}text":
        element.text = None
    element[:] = _joined(kept)


def _joined(shapes: Sequence[ElementTree.Element]) -> list[ElementTree.Element]:
    """Lines that look alike become one, those of a grid also where labels stand between them: it has a hundred."""
    found: list[ElementTree.Element] = []
    grids: dict[str, ElementTree.Element] = {}
    for shape in shapes:
        last = grids.get(str(_look(shape))) if _is_grid(shape) else found[-1] if found else None
        if last is not None and _is_line(shape) and _look(last) == _look(shape):
            last.set("d", f"{last.get('d')}{shape.get('d')}")
            continue
        found.append(shape)
        if _is_grid(shape):
            grids[str(_look(shape))] = shape
    return found


def _is_grid(shape: ElementTree.Element) -> bool:
    return _is_line(shape) and FAINT in shape.get("style", "")


def _is_line(shape: ElementTree.Element) -> bool:
    return shape.tag == f"{{{_SVG}}}path" and "fill: none" in shape.get("style", "")


def _look(shape: ElementTree.Element) -> tuple[str, dict[str, str]]:
    return shape.tag, {name: value for name, value in shape.attrib.items() if name not in ("d", "id")}


def _themed(match: re.Match[str]) -> str:
    name = _THEME.get(match.group(0))
    return f"var(--{name},{match.group(0)})" if name else match.group(0)


def _font(match: re.Match[str]) -> str:
    weight = f"font-weight: {match.group(1)}; " if match.group(1) else ""
    return f"{weight}font-size: {match.group(2)}px"


_FONTS = "DejaVu Sans, Verdana, Arial, sans-serif"


def _short(match: re.Match[str]) -> str:
    return f"{float(match.group(0)):.1f}".rstrip("0").rstrip(".")


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


def short(text: str) -> str:
    """A name that fits a title: its first three words, no more than an axis has room for."""
    parts = label(text, 24).split()
    return " ".join(parts) if len(parts) <= 3 else f"{' '.join(parts[:3])}…"


def legend(figure: Any, names: Sequence[str], title: str, handles: Sequence[Any] = ()) -> None:
    """A legend below the axes, as many names side by side as fit a panel."""
    given = {"handles": handles, "labels": names} if handles else {}
    columns = max(1, min(len(names), 56 // (max(map(len, names), default=0) + 7)))
    if not names:
        return
    figure.legend(loc="outside lower left", ncols=columns, title=title, alignment="left", **given)


def tall(size: tuple[float, float], names: Sequence[str]) -> tuple[float, float]:
    """`size` with room for that legend."""
    columns = max(1, 56 // (max(map(len, names), default=0) + 7))
    return size[0], size[1] + 0.2 * math.ceil(len(names) / columns)


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


def per_1000(value: float, _position: object = None) -> str:
    """Axis label 25 for 0.025: people of 1,000."""
    return f"{1_000 * value:,.6f}".rstrip("0").rstrip(".")


def per_10000(value: float, _position: object = None) -> str:
    """Axis label 25 for 0.0025: people of 10,000."""
    return f"{10_000 * value:,.6f}".rstrip("0").rstrip(".")


def signed_points(value: float, _position: object = None) -> str:
    """Axis label +5 for 0.05: percentage points."""
    return f"{100 * value:+.6f}".rstrip("0").rstrip(".").replace("-", "\u2212").replace("+0", "0") or "0"
