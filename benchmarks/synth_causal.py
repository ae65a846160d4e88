"""What skin tone alone changes, by light and by exposure: the same heads at five tones, all else equal.

    python benchmarks/synth_causal.py [FIGURE.svg]

204 people of 18 to 70 years x five typology angles x (window, backlit) selfies x (incident, frame) exposure, each
against the studio photo of the same tone, whose exposure is fixed. Every change is that of the same people from the
lightest tone, 95 %: Student's t on paired differences of means, Newcombe's interval (1998, method 10) on paired
proportions, 1000 bootstrap samples of people for FMR, whose pairs share people. One threshold per net: FMR 1e-2 on
same-tone non-mated pairs of any family and sex, all tones together, window light and incident exposure. FNMR and FMR
are of comparisons that were completed; "rejected" counts a face that was not found as well. Pictures lie in the cache
($FACEGAP_CACHE/synthetic) and are rendered once.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from synth_pipeline import MODELS, Measured, labels, measured

from facegap import store, synth
from facegap.estimate import threshold_at_fmr
from facegap.estimate.paired import change, change_interval

SPEC = synth.Spec(
    design="causal",
    identities=204,
    sessions=("studio", "window", "backlit"),
    exposures=("incident", "frame"),
    tones=synth.CAUSAL_TONES,
    oversample=1,
    ages=(18.0, 70.0),
)
CELLS = (("window", "incident"), ("window", "frame"), ("backlit", "incident"), ("backlit", "frame"))
QUALITY = ("LuminanceMean", "UnderExposurePrevention", "IlluminationUniformity", "LaplacianSharpness")
TARGET = 1e-2
Z = 1.959964

Values = np.ndarray
Paired = tuple[float, float, float]
"""Change, and both ends of its interval."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One measure in one light at one exposure: level per tone, and change from the first tone."""

    levels: Values
    changes: list[Paired]


@dataclass(frozen=True, eq=False)
class Design:
    """Rows of samples: photos (people, tones), selfies per cell (people, tones)."""

    photos: Values
    selfies: dict[tuple[str, str], Values]


def design(folder: Path, place: dict[str, int]) -> Design:
    """Where in the folder each person's picture at each tone is."""
    rows = {(light, exposure): np.full((SPEC.identities, len(SPEC.tones)), -1)
            for light, exposure in (("studio", "incident"), *CELLS)}  # fmt: skip
    for label in labels(folder):
        at = int(label["identity"]), int(label["tone_level"][1:]) - 1
        rows[label["light"], label["exposure"]][at] = place[label["sample_id"]]
    if any((there < 0).any() for there in rows.values()):
        raise SystemExit(f"{folder}: a picture is missing")
    return Design(rows.pop(("studio", "incident")), rows)


def paired_mean(first: Values, second: Values) -> Paired:
    """Mean of second - first over the people who have both."""
    both = ~np.isnan(first) & ~np.isnan(second)
    found = change(np.flatnonzero(both), (second - first)[both])
    if found is None:
        return (float("nan"),) * 3
    return found.mean, *change_interval(found, 0.95)


def wilson(hits: float, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion."""
    rate, spread = hits / total, Z * Z / total
    half = Z * np.sqrt(rate * (1 - rate) / total + spread / (4 * total))
    return float((rate + spread / 2 - half) / (1 + spread)), float((rate + spread / 2 + half) / (1 + spread))


def paired_proportion(first: Values, second: Values) -> Paired:
    """Difference of two proportions of the same people, second - first; NaN where either is not known.

    Newcombe, Statistics in Medicine 17 (1998) 2635, method 10: Wilson intervals, with the correlation of the pairs.
    """
    known = ~np.isnan(first) & ~np.isnan(second)
    a, b = second[known] > 0, first[known] > 0
    n = len(a)
    p, q = a.mean(), b.mean()
    (p_low, p_high), (q_low, q_high) = wilson(a.sum(), n), wilson(b.sum(), n)
    e, f, g, h = (a & b).sum(), (a & ~b).sum(), (~a & b).sum(), (~a & ~b).sum()
    margins = float((e + f) * (g + h) * (e + g) * (f + h))
    product = e * h - f * g
    # Only a positive correlation is corrected for continuity.
    phi = (max(product - n / 2, 0.0) if product > 0 else product) / np.sqrt(margins) if margins else 0.0
    down = (p - p_low) ** 2 - 2 * phi * (p - p_low) * (q_high - q) + (q_high - q) ** 2
    up = (p_high - p) ** 2 - 2 * phi * (p_high - p) * (q - q_low) + (q - q_low) ** 2
    return float(p - q), float(p - q - np.sqrt(max(down, 0.0))), float(p - q + np.sqrt(max(up, 0.0)))


def means(values: Values) -> Curve:
    """Curve of (people, tones) values."""
    levels = range(values.shape[1])
    return Curve(np.nanmean(values, axis=0), [paired_mean(values[:, 0], values[:, t]) for t in levels])


def proportions(events: Values) -> Curve:
    """Curve of (people, tones) events 0 and 1, NaN where there was no trial."""
    levels = range(events.shape[1])
    return Curve(np.nanmean(events, axis=0), [paired_proportion(events[:, 0], events[:, t]) for t in levels])


def false_matches(scores: Values, threshold: float) -> Curve:
    """FMR of completed same-tone pairs by tone, from (tones, people, people) scores."""
    tones, people, _ = scores.shape
    done = (~np.isnan(scores) & ~np.eye(people, dtype=bool)).astype(float)
    match = done * (np.nan_to_num(scores, nan=-np.inf) >= threshold)
    weight = np.random.default_rng(1).multinomial(people, np.full(people, 1 / people), 1000).astype(float)
    drawn = np.stack([((weight @ match[t]) * weight).sum(1) / ((weight @ done[t]) * weight).sum(1)
                      for t in range(tones)])  # fmt: skip
    levels = match.sum(axis=(1, 2)) / done.sum(axis=(1, 2))
    ends = np.quantile(drawn - drawn[0], [0.025, 0.975], axis=1)
    rows = [(float(levels[t] - levels[0]), float(ends[0, t]), float(ends[1, t])) for t in range(tones)]
    return Curve(levels, rows)


def misplaced(found: Measured, plan: Design) -> int:
    """Faces whose eyes lie 15 px or more from where they are in the median picture of that head in that light.

    Tones and exposures of a head in a light share their geometry, so that such a face is not the head's.
    """
    count = 0
    for light in ("window", "backlit"):
        rows = np.concatenate([plan.selfies[light, e] for e in SPEC.exposures], axis=1)
        eyes = found.acquisitions.landmarks[rows][:, :, :2].mean(axis=2)
        away = np.linalg.norm(eyes - np.nanmedian(eyes, axis=1, keepdims=True), axis=2)
        count += int((away >= 15).sum())
    return count


def same_tone(found: Measured, plan: Design, cell: tuple[str, str]) -> Values:
    """(tones, people, people) scores of photos against selfies of one tone."""
    return np.stack([found.scores(plan.photos[:, t], plan.selfies[cell][:, t]) for t in range(len(SPEC.tones))])


def threshold_of(scores: Values) -> float:
    """The one threshold of a net, from the (tones, people, people) scores of the reference cell."""
    nonmated = scores[:, ~np.eye(scores.shape[1], dtype=bool)].ravel()
    completed = nonmated[~np.isnan(nonmated)]
    return threshold_at_fmr(completed.astype(np.float32), len(nonmated), TARGET, -np.inf).threshold


def rejections(mated: Values, threshold: float) -> tuple[Values, Values]:
    """(people, tones) false non-matches, NaN where a comparison failed, and rejections, where it counts as one."""
    missed = np.where(np.isnan(mated), np.nan, mated < threshold)
    return missed, np.where(np.isnan(mated), 1.0, missed)


def net_curves(
    found: Measured, plan: Design
) -> tuple[float, dict[tuple[str, str], dict[str, Curve]], dict[str, Paired]]:
    """Threshold; curves by cell; and what metering adds before a bright window, by measure."""
    scores = {cell: same_tone(found, plan, cell) for cell in CELLS}
    threshold = threshold_of(scores[CELLS[0]])
    curves, mated = {}, {}
    for cell, values in scores.items():
        mated[cell] = np.diagonal(values, axis1=1, axis2=2).T
        missed, rejected = rejections(mated[cell], threshold)
        curves[cell] = {
            "mated score": means(mated[cell]),
            "FNMR": proportions(missed),
            "rejected": proportions(rejected),
            "FMR": false_matches(values, threshold),
        }
    added = {}
    for light in ("window", "backlit"):
        fall = {e: mated[light, e][:, -1] - mated[light, e][:, 0] for e in SPEC.exposures}
        added[f"{light}: mated score"] = paired_mean(fall["incident"], fall["frame"])
        ok = {e: found.acquisitions.ok[plan.selfies[light, e]].astype(float) for e in SPEC.exposures}
        added[f"{light}: share detected"] = paired_mean(*(ok[e][:, -1] - ok[e][:, 0] for e in SPEC.exposures))
        out = {e: rejections(mated[light, e], threshold)[1] for e in SPEC.exposures}
        added[f"{light}: share rejected"] = paired_mean(*(out[e][:, -1] - out[e][:, 0] for e in SPEC.exposures))
    return threshold, curves, added


def shown(curve: Curve, tone: int, scale: float, digits: int) -> str:
    """Level (change: interval) in a cell of a table."""
    level = f"{scale * curve.levels[tone]:.{digits}f}"
    if tone == 0:
        return level
    value, low, high = (f"{scale * x:+.{digits}f}" for x in curve.changes[tone])
    return f"{level} ({value}: {low} to {high})"


def table(curves: dict[tuple[str, str], dict[str, Curve]], shape: Mapping[str, tuple[float, int]]) -> None:
    """Print curves of every cell, a row per tone; `shape` gives each measure's factor and digits."""
    heads = " | ".join(name + (", %" if scale == 100 else "") for name, (scale, _) in shape.items())
    print(f"| light | exposure | tone, ITA | {heads} |\n|---|---|---|{'---|' * len(shape)}")
    for (light, exposure), found in curves.items():
        for tone, ita in enumerate(SPEC.tones):
            row = " | ".join(shown(found[name], tone, *form) for name, form in shape.items())
            print(f"| {light} | {exposure} | T{tone + 1}, {ita:g}° | {row} |")


def picture_curves(found: Measured, plan: Design) -> dict[tuple[str, str], dict[str, Curve]]:
    """Detection and quality by cell, the studio photos first."""
    ok = found.acquisitions.ok.astype(float)
    rows = {("studio", "incident"): plan.photos, **plan.selfies}
    return {
        cell: {"detected": proportions(ok[at])} | {name: means(found.quality(name, at)) for name in QUALITY}
        for cell, at in rows.items()
    }


def panel(axes, title: str, curves: dict[tuple[str, str], Curve], scale: float, relative: bool) -> None:
    """One measure against the typology angle; the band is the interval of the change from the lightest tone."""
    for cell, curve in curves.items():
        changes = np.array(curve.changes)
        base = 0.0 if relative else curve.levels[0]
        colour, dash = ("tab:red" if cell[0] == "backlit" else "tab:blue"), ("-" if cell[1] == "frame" else "--")
        axes.plot(SPEC.tones, scale * (base + changes[:, 0]), dash, color=colour, lw=1.2, label=", ".join(cell))
        low, high = scale * (base + changes[:, 1]), scale * (base + changes[:, 2])
        axes.fill_between(SPEC.tones, low, high, color=colour, alpha=0.12, lw=0)
    axes.set_title(title, fontsize=8)
    axes.set_xticks(SPEC.tones)
    axes.tick_params(labelsize=7)
    axes.set_xlim(max(SPEC.tones) + 3, min(SPEC.tones) - 3)


def figure(path: Path, pictures: dict, nets: dict[str, dict]) -> None:
    """Draw what the tables say."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "facegap", "svg.fonttype": "none"})
    from matplotlib import pyplot

    drawn, grid = pyplot.subplots(3, 4, figsize=(11, 7.2), layout="constrained")
    measures = (
        ("detected", 100, "Faces found, %"),
        ("LuminanceMean", 1, "LuminanceMean"),
        ("UnderExposurePrevention", 100, "Dark pixels of the face, %"),
        ("LaplacianSharpness", 1, "LaplacianSharpness"),
    )
    for axes, (name, scale, title) in zip(grid[0], measures, strict=True):
        panel(axes, title, {cell: pictures[cell][name] for cell in CELLS}, scale, False)
    for row, (net, curves) in zip(grid[1:], nets.items(), strict=True):
        for axes, (name, scale, title, relative) in zip(
            row,
            (("mated score", 1, "change of mated score", True), ("FNMR", 100, "FNMR, %", False),
             ("rejected", 100, "rejected or not found, %", False), ("FMR", 100, "FMR, %", False)),
            strict=True,
        ):  # fmt: skip
            panel(axes, f"{net}: {title}", {cell: curves[cell][name] for cell in CELLS}, scale, relative)
    for axes in grid[-1]:
        axes.set_xlabel("typology angle (ITA), light to dark", fontsize=7)
    drawn.legend(
        *grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8, frameon=False
    )
    drawn.savefig(path, metadata={"Date": None})


def main() -> None:
    """Render, measure, print, draw."""
    folder = synth.ensure(SPEC, store.cache_dir() / "synthetic", 2)
    nets: dict[str, Any] = {}
    pictures: dict[tuple[str, str], dict[str, Curve]] = {}
    contrasts: dict[str, Any] = {}
    print(__doc__.split("\n\n")[2].strip() + "\n")
    for model in MODELS:
        found = measured(folder, "synthetic-heads-causal", model)
        plan = design(folder, found.place)
        if not pictures:
            pictures = picture_curves(found, plan)
            print(f"Faces found: {found.acquisitions.ok.sum()} of {len(found.samples)}; "
                  f"{misplaced(found, plan)} of them elsewhere than the head's.\n")  # fmt: skip
            table(pictures, {"detected": (100, 1)} | dict.fromkeys(QUALITY, (1, 3)) | {"LaplacianSharpness": (1, 2)})
        threshold, nets[model], contrasts[model] = net_curves(found, plan)
        print(f"\n### {model}, threshold {threshold:.4f}\n")
        table(nets[model], {"mated score": (1, 3), "FNMR": (100, 1), "rejected": (100, 1), "FMR": (100, 2)})
    print("\n### What whole-frame metering adds to the change from the lightest to the darkest tone\n")
    print("| net | light: measure | change under frame less change under incident |\n|---|---|---|")
    for model, rows in contrasts.items():
        for name, (value, low, high) in rows.items():
            shift = f"{value:+.3f} ({low:+.3f} to {high:+.3f})" if low < high else "no head changed"
            print(f"| {model} | {name} | {shift} |")
    if len(sys.argv) > 1:
        figure(Path(sys.argv[1]), pictures, nets)


if __name__ == "__main__":
    main()
