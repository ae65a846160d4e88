"""What is painted on a head, in canonical coordinates (the undeformed base mesh), so that it follows every shape.

Compiled functions of one point each; `shade` calls them per pixel. Canonical landmarks in decimetres: eye centres at
(+-0.31, 7.285, 1.245), brows near y 7.47, nose base y 6.95, mouth corners (+-0.26, 6.62), chin y 6.2, crown y 8.5.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from facegap.synth.raster import compiled, noise, smoothstep

IRIS, PUPIL = 0.385, 0.135
"""Angles from the optical axis, radians, on an eyeball of 15 mm: an iris of 11.3 mm and a pupil of 4 mm across (adult
means 11.7 mm and, indoors, 3 to 5 mm)."""


class Paint(NamedTuple):
    """Scalars that paint one identity; fractions as in `skin`, lengths in dm, colours linear RGB."""

    melanin: float
    blood: float
    seed: int
    patch: float  # strength of large melanin and blood patches
    freckles: float
    cheek_blood: float
    under_eye: float
    lip_blood: float  # how much more blood the lips hold
    lid_fold: float  # depth 0..1 of the crease over the upper lid
    brow_y: float
    brow_arch: float
    brow_tilt: float
    brow_in: float
    brow_out: float
    brow_thick: float
    brow_density: float
    stubble: float
    hair_r: float
    hair_g: float
    hair_b: float
    root_r: float
    root_g: float
    root_b: float
    iris_r: float
    iris_g: float
    iris_b: float
    wrinkles: float
    oil: float
    cloth_r: float
    cloth_g: float
    cloth_b: float
    collar: float


@compiled
def melanin_and_blood(p: Paint, x: float, y: float, z: float, lips: float, lids: float) -> tuple[float, float]:
    """Melanin and blood fractions at a point of the skin."""
    large = noise(x * 2.2, y * 2.2, z * 2.2, p.seed)
    fine = noise(x * 19.0, y * 19.0, z * 19.0, p.seed + 1)
    fm = p.melanin * np.exp(p.patch * 0.16 * large + 0.06 * fine)
    fb = p.blood * np.exp(p.patch * 0.22 * noise(x * 2.6, y * 2.6, z * 2.6, p.seed + 2) + 0.05 * fine)
    ax = abs(x)
    cheek = np.exp(-((ax - 0.44) ** 2 + (y - 6.97) ** 2) / 0.045) * smoothstep(0.4, 0.9, z)
    nose = np.exp(-(x * x + (y - 6.97) ** 2) / 0.025) * smoothstep(1.25, 1.45, z)
    chin = np.exp(-(x * x + (y - 6.33) ** 2) / 0.03) * smoothstep(0.9, 1.2, z)
    fb *= 1.0 + p.cheek_blood * (cheek + 0.9 * nose + 0.5 * chin)
    hollow = np.exp(-((ax - 0.30) ** 2 / 0.03 + (y - 7.13) ** 2 / 0.004)) * smoothstep(0.8, 1.1, z)
    fm *= 1.0 + p.under_eye * hollow + 0.15 * smoothstep(7.5, 7.9, y)
    fb *= 1.0 + 0.35 * lids + 0.5 * p.under_eye * hollow
    fb *= 1.0 + p.lip_blood * lips
    return fm, fb


@compiled
def freckle(p: Paint, x: float, y: float, z: float) -> float:
    """Factor on melanin: freckles over the nose and cheeks."""
    if p.freckles <= 0.0:
        return 1.0
    where = np.exp(-((abs(x) - 0.25) ** 2 / 0.12 + (y - 7.02) ** 2 / 0.06)) * smoothstep(0.5, 0.9, z)
    if where < 0.01:
        return 1.0
    spot = smoothstep(0.34, 0.62, noise(x * 26.0, y * 26.0, z * 26.0, p.seed + 5))
    # Freckles show on light skin; dark skin hides them.
    return float(1.0 + p.freckles * where * spot * np.exp(-p.melanin / 0.08))


@compiled
def mole(moles: Any, x: float, y: float, z: float) -> float:
    """0..1 cover by `moles`, (n, 4) rows x, y, z and radius, in canonical dm."""
    cover = 0.0
    for i in range(moles.shape[0]):
        r2 = (x - moles[i, 0]) ** 2 + (y - moles[i, 1]) ** 2 + (z - moles[i, 2]) ** 2
        reach = moles[i, 3] * 1.7
        if r2 < reach * reach:
            cover = max(cover, 1.0 - smoothstep(moles[i, 3] * 0.6, reach, np.sqrt(r2)))
    return cover


@compiled
def brow(p: Paint, x: float, y: float, z: float) -> float:
    """0..1 cover by the eyebrow hairs."""
    if z < 0.6 or y < 7.25 or y > 7.8:
        return 0.0
    ax = abs(x)
    t = (ax - p.brow_in) / (p.brow_out - p.brow_in)
    if t < -0.15 or t > 1.15:
        return 0.0
    # The head lies nearer to the height of the peak than the tail: a brow that falls towards the nose frowns.
    away = (0.65 - t) / (0.65 if t < 0.65 else 0.35)
    fall = (0.15 if t < 0.65 else 0.80) * away * away
    line = p.brow_y + p.brow_tilt * (t - 0.4) + p.brow_arch * (0.2 - fall)
    taper = smoothstep(-0.10, 0.22, t) * (1.0 - 0.75 * smoothstep(0.5, 1.08, t)) * (1.0 - smoothstep(0.98, 1.12, t))
    half = p.brow_thick * (0.35 + 0.65 * taper) + 1e-4
    d = (y - line) / half
    body = np.exp(-1.1 * d * d * (0.35 + 0.65 * d * d)) * smoothstep(0.0, 0.35, taper)
    # Hairs lean from upright at the nose to flat at the temple.
    lean = 0.35 + 1.0 * min(1.0, max(0.0, t))
    u = (ax * np.cos(lean) - y * np.sin(lean)) * 95.0 + (17.0 if x > 0 else 0.0)
    v = (ax * np.sin(lean) + y * np.cos(lean)) * 9.0
    strands = 0.80 + 0.50 * noise(u, v, 0.5, p.seed + 7)
    return float(min(1.0, max(0.0, body * p.brow_density * strands)))


@compiled
def lid_crease(p: Paint, x: float, y: float, z: float) -> float:
    """Depth 0..1 of the fold of the upper lid and, fainter, of the rim of the lower one."""
    if z < 1.0 or abs(y - 7.285) > 0.15:
        return 0.0
    u = (abs(x) - 0.318) / 0.135
    if abs(u) > 1.0:
        return 0.0
    arc = 1.0 - u * u
    ends = smoothstep(0.0, 0.35, arc)
    upper = y - (7.297 + 0.074 * arc)
    lower = y - (7.275 - 0.062 * arc)
    fold = np.exp(-upper * upper / (0.000045 if upper < 0.0 else 0.00020))
    rim = np.exp(-lower * lower / 0.00012)
    return float(ends * (p.lid_fold * fold + 0.18 * rim))


@compiled
def stubble_area(x: float, y: float, z: float) -> float:
    """0..1 where a beard grows: jaw, chin, upper lip; not the cheeks above the line from mouth to ear."""
    ax = abs(x)
    line = 6.60 + 0.62 * smoothstep(0.25, 0.74, ax)
    jaw = (1.0 - smoothstep(line - 0.16, line + 0.12, y)) * smoothstep(5.92, 6.26, y + 0.12 * z)
    lip = (1.0 - smoothstep(0.24, 0.38, ax)) * smoothstep(6.64, 6.72, y) * (1.0 - smoothstep(6.81, 6.92, y))
    lip *= 1.0 - 0.2 * np.exp(-(x * x) / 0.0012)
    corner = np.exp(-((ax - 0.33) ** 2) / 0.004) * smoothstep(6.40, 6.50, y) * (1.0 - smoothstep(6.74, 6.82, y))
    return float(max(jaw * smoothstep(0.05, 0.50, z), max(lip, 0.9 * corner) * smoothstep(0.9, 1.1, z)))


@compiled
def wrinkle(p: Paint, x: float, y: float, z: float) -> float:
    """Depth 0..1 of the creases of age: forehead, crow's feet, beside the mouth, under the eyes."""
    if p.wrinkles <= 0.0 or z < 0.3 or y < 6.5 or y > 7.96:
        return 0.0
    ax = abs(x)
    sway = 0.03 * noise(x * 4.0, y * 3.0, 1.5, p.seed + 9)
    phase = (y + sway - 0.05 * np.cos(x * 2.6)) * 52.0
    lines = np.exp(-((np.sin(phase) - 1.0) ** 2) / 0.10)
    broken = smoothstep(-0.35, 0.3, noise(x * 3.0, y * 11.0, 2.5, p.seed + 10))
    depth = (
        0.8
        * lines
        * broken
        * smoothstep(7.58, 7.66, y)
        * (1.0 - smoothstep(7.84, 7.94, y))
        * (1.0 - smoothstep(0.3, 0.5, ax))
    )
    fold_x = 0.20 + 0.22 * smoothstep(6.98, 6.58, y)
    fold = np.exp(-((ax - fold_x + sway) ** 2) / 0.0006) * smoothstep(6.55, 6.66, y) * (1.0 - smoothstep(6.90, 6.99, y))
    away = (ax - 0.50) * 2.2
    fan = np.exp(-((np.sin((y - 7.29) * 60.0 / (1.0 + away * 1.5) + sway * 20.0) - 1.0) ** 2) / 0.15)
    crow = fan * smoothstep(0.50, 0.54, ax) * (1.0 - smoothstep(0.58, 0.66, ax)) * np.exp(-((y - 7.27) ** 2) / 0.008)
    bag = np.exp(-((y - 7.13 - 0.06 * ((ax - 0.31) / 0.16) ** 2) ** 2) / 0.0004) * (
        1.0 - smoothstep(0.12, 0.19, abs(ax - 0.31))
    )
    return float(p.wrinkles * min(1.0, depth + 0.9 * fold + 0.5 * crow + 0.6 * bag))


@compiled
def neckline(p: Paint, x: float, y: float, z: float) -> float:
    """0..1 cover by the garment."""
    edge = 5.86 - p.collar * smoothstep(-0.2, 1.0, z) + 0.12 * min(1.0, x * x)
    return 1.0 - smoothstep(edge - 0.012, edge + 0.012, y)


@compiled
def iris(p: Paint, cosine: float, across: float, up: float) -> tuple[float, float, float, float]:
    """Linear RGB of the eyeball, and 1 where the moist cornea lies over the iris.

    Args:
        cosine: of the angle to the optical axis; `across`, `up`: the rest of the unit direction.
    """
    angle = np.arccos(min(1.0, cosine))
    if angle > IRIS:
        # Never paper white: moist, a little grey and yellow, with vessels towards the corners.
        red = smoothstep(0.55, 1.3, angle) * 0.30 + 0.04 * noise(across * 9.0, up * 9.0, 0.5, p.seed + 12)
        edge = smoothstep(IRIS, IRIS + 0.06, angle)
        return (
            0.08 + (0.40 - 0.04 * red) * edge,
            0.07 + (0.385 - 0.16 * red) * edge,
            0.07 + (0.355 - 0.18 * red) * edge,
            0.0,
        )
    if angle < PUPIL:
        return 0.004, 0.004, 0.004, 1.0
    turn = np.arctan2(up, across)
    fibre = 1.0 + 0.5 * noise(np.cos(turn) * 7.0, np.sin(turn) * 7.0, angle * 6.0, p.seed + 13)
    ring = (0.55 + 0.45 * (1.0 - smoothstep(0.70 * IRIS, IRIS, angle))) * smoothstep(PUPIL - 0.02, PUPIL + 0.04, angle)
    rim = 1.0 - 0.75 * smoothstep(IRIS - 0.07, IRIS, angle)
    glow = ring * fibre * rim
    return p.iris_r * glow, p.iris_g * glow, p.iris_b * glow, 1.0
