"""Head shapes: macro targets (family x sex x age) times detail modifiers times asymmetry, drawn per identity.

The families are MakeHuman's blend-shape families. They are artists' shapes, not anthropometry and not ethnicities.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from facegap.synth.assets import FAMILY_TARGETS, Assets, Floats, load

FAMILIES = tuple(FAMILY_TARGETS)
SEXES = ("female", "male")
HEAD_SHAPES = ("diamond", "invertedtriangular", "oval", "rectangular", "round", "square", "triangular")

_OPPOSITE = {
    "decr": "incr",
    "down": "up",
    "in": "out",
    "backward": "forward",
    "concave": "convex",
    "compress": "uncompress",
}
_SPREADS = (
    (r"^neck", 0.10),
    (r"eye-scale", 0.20),
    (r"eye-trans|eye-height", 0.28),
    (r"head-fat", 0.18),
    (r"forehead-nubian", 0.11),
    (r"forehead-scale-vert", 0.22),
    (r"head-scale-vert", 0.13),
    (r"head-scale|head-back", 0.22),
    (r"nose-volume|nose-point-width", 0.24),
    (r"eyebrows-angle", 0.10),
    (r"eyebrows", 0.15),
    (r"ear-", 0.30),
    (r"mouth-angles", 0.12),
    (r"mouth-scale|mouth-trans", 0.25),
    (r"chin-height|chin-prognathism", 0.25),
    (r"cheek-volume|cheek-inner", 0.25),
    (r"nose-trans", 0.25),
)
_SPREAD = 0.32
_ONE_SIDED = ("chin-triangle",)
_NOT_DRAWN = re.compile(r"head-age|neck-double|unit-|asym|universal|mouth-trans-(in|out)|nose-trans-(in|out)|"
                        r"neck-scale-vert|head-(" + "|".join(HEAD_SHAPES) + r")$")  # fmt: skip

Units = tuple[tuple[str, float], ...]
"""Face units and their weights."""
Point = tuple[float, float, float]
Modifier = tuple[str, str, float]
"""Target for negative values, target for positive values, standard deviation; r- targets follow their l- one."""


@lru_cache(maxsize=1)
def modifiers() -> tuple[Modifier, ...]:
    """The independent two-sided detail modifiers of the pack, sorted by name."""
    names = set(load().index)
    found: list[Modifier] = []
    for name in sorted(names):
        stem, _, end = name.rpartition("-")
        other = _OPPOSITE.get(end)
        macro = name.startswith(tuple(FAMILY_TARGETS.values()))
        if other is None or macro or name.startswith("r-") or _NOT_DRAWN.search(name):
            continue
        if f"{stem}-{other}" in names:
            found.append((name, f"{stem}-{other}", spread(stem)))
    return tuple(found)


def spread(stem: str) -> float:
    """Standard deviation of a modifier's draws."""
    return next((sd for pattern, sd in _SPREADS if re.search(pattern, stem)), _SPREAD)


@lru_cache(maxsize=1)
def _asymmetries() -> tuple[tuple[str, str], ...]:
    names = load().index
    left = sorted(name for name in names if name.startswith("asym-") and name.endswith("-l"))
    return tuple((name, name[:-2] + "-r") for name in left if name[:-2] + "-r" in names)


def age_weights(age: float) -> dict[str, float]:
    """Weights of the baby, child, young and old targets at an age in years.

    MakeHuman's anchors: 1, 10, 25 and 90 years; linear between them.
    """
    anchors = (("baby", 1.0), ("child", 10.0), ("young", 25.0), ("old", 90.0))
    weights = np.interp(age, [year for _, year in anchors], np.arange(4.0))
    low = min(int(weights), 2)
    part = float(weights) - low
    return {anchors[low][0]: 1.0 - part, anchors[low + 1][0]: part}


def macro_weights(
    families: dict[str, float], male: float, age: float, muscle: float, weight: float
) -> dict[str, float]:
    """Weights of the macro targets; `male`, `muscle` and `weight` are 0..1 with 0.5 the average."""
    out: dict[str, float] = {}
    for sex, share in (("female", 1.0 - male), ("male", male)):
        for stage, part in age_weights(age).items():
            for family, blend in families.items():
                out[f"{FAMILY_TARGETS[family]}-{sex}-{stage}"] = share * part * blend
            for name, factor in _build_weights(sex, stage, muscle, weight).items():
                out[name] = share * part * factor
    return {name: value for name, value in out.items() if value and name in load().index}


def _build_weights(sex: str, stage: str, muscle: float, weight: float) -> dict[str, float]:
    """Muscle and weight as two additive deviations from the average build (the pack lacks the corners)."""
    prefix = f"universal-{sex}-{stage}"
    m, w = 2.0 * muscle - 1.0, 2.0 * weight - 1.0
    if stage == "baby":
        return {f"{prefix}-averagemuscle-averageweight": 1.0}
    return {
        f"{prefix}-averagemuscle-averageweight": 1.0 - abs(m) - abs(w),
        f"{prefix}-{'max' if m > 0 else 'min'}muscle-averageweight": abs(m),
        f"{prefix}-averagemuscle-{'max' if w > 0 else 'min'}weight": abs(w),
    }


def detail_weights(random: np.random.Generator, strength: float) -> dict[str, float]:
    """Draws of all detail modifiers, one head shape and asymmetries.

    Draws are uniform rather than normal: the same variance without the tail, which looks like a caricature.
    """
    out: dict[str, float] = {}
    names = load().index
    for low, high, sd in modifiers():
        value = float(np.clip(random.uniform(-1.73, 1.73) * sd * strength, -0.95, 0.95))
        sides = random.normal(0.0, 0.04, 2)
        _put(out, low, high, value + float(sides[0]) if low.startswith("l-") else value)
        if low.startswith("l-") and "r-" + low[2:] in names:
            _put(out, "r-" + low[2:], "r-" + high[2:], value + float(sides[1]))
    shapes = random.dirichlet(np.full(len(HEAD_SHAPES), 0.5)) * random.uniform(0.1, 0.4)
    for name, share in zip(HEAD_SHAPES, shapes, strict=True):
        out[f"head-{name}"] = float(share)
    for left, right in _asymmetries():
        _put(out, left, right, float(random.normal(0.0, 0.10) * strength))
    for name in _ONE_SIDED:
        out[name] = max(0.0, float(random.normal(0.0, 0.2)))
    return out


def _put(out: dict[str, float], low: str, high: str, value: float) -> None:
    out[high if value > 0 else low] = abs(value)


def family_blend(random: np.random.Generator, family: str) -> dict[str, float]:
    """Blend over the three families: three quarters of the label, the rest drawn."""
    rest = random.dirichlet(np.full(len(FAMILIES), 0.5)) * 0.25
    return {name: float(rest[i]) + (0.75 if name == family else 0.0) for i, name in enumerate(FAMILIES)}


class Rest(NamedTuple):
    """A height on the face that decides what a face at rest seems to feel.

    Attributes:
        upper, lower: canonical points (x, y, z), dm, of the head's left side; the height is the mean rise from the
            lower to the upper ones, on both sides.
        targets: what moves it; least, greatest: its bounds, dm at adult size.
    """

    upper: tuple[Point, ...]
    lower: tuple[Point, ...]
    targets: tuple[str, ...]
    least: float
    greatest: float


APERTURE = Rest(
    upper=((0.311, 7.332, 1.404), (0.349, 7.331, 1.398)),
    lower=((0.311, 7.240, 1.400), (0.352, 7.241, 1.397)),
    targets=tuple(f"{side}-eye-height{part}-incr" for side in "lr" for part in (1, 2, 3)),
    least=0.086,
    greatest=0.118,
)
"""Between the rims of the lids: neither slits nor a stare; adults' mean is about 10 mm."""
BROW_SLOPE = Rest(
    upper=((0.162, 7.457, 1.489),),
    lower=((0.483, 7.452, 1.326),),
    targets=("eyebrows-angle-up",),
    least=-0.018,
    greatest=0.012,
)
"""From the outer to the inner end of the brow: no frown."""
MOUTH_CORNERS = Rest(
    upper=((0.249, 6.612, 1.426),),
    lower=((0.0, 6.608, 1.553),),
    targets=("mouth-angles-up",),
    least=0.0,
    greatest=0.030,
)
"""From the middle of the lips to their corners: no scowl and no grin."""
AT_REST = (APERTURE, BROW_SLOPE, MOUTH_CORNERS)


@lru_cache(maxsize=len(AT_REST))
def _rates(rest: Rest) -> dict[str, tuple[float, float]]:
    """What one unit of a target adds to a height and to the distance of the eyes, dm; "" is the base head."""
    assets = load()
    upper, lower = (rest_vertices(assets, points) for points in (rest.upper, rest.lower))

    def measured(moved: Floats) -> tuple[float, float]:
        gap = eye_centre(assets, moved, 1)[0] - eye_centre(assets, moved, 2)[0]
        return float(moved[upper, 1].mean() - moved[lower, 1].mean()), float(gap)

    rates = {"": measured(assets.base)}
    for name, index in assets.index.items():
        moved = np.zeros_like(assets.base)
        moved[index] = assets.delta[name]
        rates[name] = measured(moved)
    return rates


def rest_vertices(assets: Assets, points: tuple[Point, ...]) -> list[int]:
    """Numbers of the vertices nearest to canonical points and to their mirror images."""
    goals = [np.array([side * x, y, z]) for side in (1.0, -1.0) for x, y, z in points]
    return [int(np.argmin(np.linalg.norm(assets.base - goal, axis=1))) for goal in goals]


def _sums(rest: Rest, weights: dict[str, float]) -> tuple[float, float]:
    """The height and the size of a head relative to the base's, by the weights alone."""
    rates = _rates(rest)
    height, gap = rates[""]
    for name, weight in weights.items():
        height += weight * rates[name][0]
        gap += weight * rates[name][1]
    return height, gap / rates[""][1]


def height_at_rest(rest: Rest, weights: dict[str, float]) -> float:
    """A height of the head with these weights, dm at the size at which its eyes are as far apart as the base head's."""
    height, scale = _sums(rest, weights)
    return height / scale


def at_rest(weights: dict[str, float]) -> dict[str, float]:
    """The weights with lids, brows and corners of the mouth moved to where a face at rest has them.

    A third of the spread of the draws is kept; what is still out of bounds is brought to the nearer one.
    """
    out = dict(weights)
    for rest in AT_REST:
        height, scale = _sums(rest, out)
        middle = (rest.least + rest.greatest) / 2
        wanted = float(np.clip(middle + (height / scale - middle) / 3, rest.least, rest.greatest))
        share = (wanted * scale - height) / sum(_rates(rest)[name][0] for name in rest.targets)
        for name in rest.targets:
            out[name] = out.get(name, 0.0) + share
    return out


def build(weights: dict[str, float], assets: Assets | None = None) -> Floats:
    """(v, 3) float32 vertices in decimetres, moved so that the midpoint between the eyes is the origin.

    Families and ages stand at different heights in the pack; this registers them together.
    """
    assets = assets if assets is not None else load()
    vertices = assets.deform(weights)
    centre = (eye_centre(assets, vertices, 1) + eye_centre(assets, vertices, 2)) / 2
    return np.ascontiguousarray(vertices - centre.astype(np.float32))


def eye_centre(assets: Assets, vertices: Floats, part: int) -> Floats:
    """(3,) centre of the eyeball `part`, dm, of (v, 3) vertices."""
    out: Floats = vertices[assets.part_vertices(part)].mean(axis=0)
    return out


def head_scale(assets: Assets, vertices: Floats) -> float:
    """Inter-eye distance of (v, 3) vertices relative to the base head's; expressions and hair are scaled by it."""

    def gap(of: Floats) -> float:
        return float(np.linalg.norm(eye_centre(assets, of, 1) - eye_centre(assets, of, 2)))

    return gap(vertices) / gap(assets.base)


def add_expression(assets: Assets, vertices: Floats, units: Units) -> Floats:
    """(v, 3) vertices with face units added, scaled to the head."""
    moved = vertices.copy()
    scale = head_scale(assets, vertices)
    for name, weight in units:
        unit = f"unit-{name}"
        moved[assets.index[unit]] += np.float32(weight * scale) * assets.delta[unit]
    return moved
