"""One person: every draw that stays the same over all of that person's pictures.

All draws come from a generator of (seed, identity), in a fixed order and a fixed number, so that changing the tone or
the light of an identity changes nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from facegap import colour
from facegap.synth import skin
from facegap.synth.assets import Floats, load
from facegap.synth.features import Paint
from facegap.synth.hair import Hair
from facegap.synth.shape import at_rest, detail_weights, family_blend, macro_weights

MELANIN = {"shape-a": 0.216, "shape-b": 0.045, "shape-c": 0.025}
"""Medians per family, fitted to the mean face colours of three groups of the International Skin Spectra Archive (which:
datasets/synthetic-heads/README.md); the spread below is that of their L*."""
MELANIN_SPREAD, BLOOD, BLOOD_SPREAD = 0.4, 0.021, 0.18

# Linear RGB, by eye.
_BLACK, _DARK, _BROWN = (0.010, 0.008, 0.007), (0.022, 0.014, 0.010), (0.055, 0.030, 0.017)
_LIGHT, _BLOND, _RED, _GREY = (0.13, 0.075, 0.038), (0.34, 0.22, 0.11), (0.16, 0.045, 0.016), (0.36, 0.35, 0.34)
_HAIR_COLOURS = np.array([_BLACK, _DARK, _BROWN, _LIGHT, _BLOND, _RED])
_HAIR_ODDS = {
    "shape-a": (0.75, 0.22, 0.03, 0.0, 0.0, 0.0),
    "shape-b": (0.62, 0.30, 0.08, 0.0, 0.0, 0.0),
    "shape-c": (0.08, 0.24, 0.30, 0.18, 0.14, 0.06),
}
_IRIS_COLOURS = np.array([(0.045, 0.022, 0.010), (0.085, 0.045, 0.018), (0.13, 0.10, 0.035), (0.11, 0.15, 0.10),
                          (0.10, 0.14, 0.19), (0.14, 0.165, 0.175)])  # fmt: skip
_IRIS_ODDS = {
    "shape-a": (0.75, 0.23, 0.02, 0.0, 0.0, 0.0),
    "shape-b": (0.68, 0.30, 0.02, 0.0, 0.0, 0.0),
    "shape-c": (0.14, 0.22, 0.16, 0.12, 0.26, 0.10),
}
_STYLE_ODDS = {
    "female": {"buzz": 0.03, "short": 0.12, "full": 0.12, "bob": 0.28, "long": 0.45},
    "male": {"bald": 0.10, "buzz": 0.24, "short": 0.40, "full": 0.22, "long": 0.04},
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Identity:
    """A person's labels and draws.

    Attributes:
        weights: target name -> weight of the neutral head.
        moles: (n, 4) canonical x, y, z and radius, float32.
        paint, hair: see `features.Paint` and `hair.Hair`.
    """

    family: str
    sex: str
    age: float
    weights: dict[str, float]
    paint: Paint
    hair: Hair
    hair_colour: tuple[float, float, float]
    moles: Floats

    @property
    def lab(self) -> Floats:
        """(3,) L*a*b* of the cheek as a spectrophotometer would measure it."""
        return skin.skin_lab(self.paint.melanin, self.paint.blood).astype(np.float32)

    @property
    def ita(self) -> float:
        """Individual typology angle, degrees."""
        return float(colour.typology_angle(self.lab))

    def with_melanin(self, melanin: float) -> Identity:
        """The same person with another melanin fraction and nothing else changed."""
        return replace(self, paint=self.paint._replace(melanin=melanin))


def draw(
    seed: int,
    number: int,
    family: str,
    sex: str,
    ages: tuple[float, float],
    strength: float,
    ita: float | None = None,
) -> Identity:
    """The identity `number` of the data set `seed`; `ages` bounds the uniform draw of years.

    Where `ita` is given the skin has that typology angle, else it is drawn around the measured skin of the family.
    """
    random = np.random.default_rng([seed, 1, number])
    age = float(random.uniform(*ages))
    melanin = MELANIN[family] * float(np.exp(random.normal(0, MELANIN_SPREAD)))
    blood = BLOOD * float(np.exp(BLOOD_SPREAD * np.clip(random.normal(), -3, 3)))
    if ita is not None:
        blood = min(blood, skin.most_blood_at(ita))
        melanin = skin.melanin_at(ita, blood)
    fair = float(np.interp(colour.typology_angle(skin.skin_lab(melanin, blood)), [5, 40], [0, 1]))
    weights = _shape(random, family, sex, age, strength)
    tint = _hair_colour(random, family, age, fair)
    hair = _hair(random, family, sex, age)
    paint = _paint(random, family, sex, age, fair, melanin, blood, tint, hair)
    return Identity(
        family=family,
        sex=sex,
        age=age,
        weights=weights,
        paint=paint,
        hair=hair,
        hair_colour=tint,
        moles=_moles(random),
    )


def _shape(random: np.random.Generator, family: str, sex: str, age: float, strength: float) -> dict[str, float]:
    male = float(np.clip((sex == "male") + random.normal(0, 0.10) * (1 - 2 * (sex == "male")), -0.1, 1.1))
    muscle, weight = np.clip(random.normal(0.5, [0.15, 0.20]), 0.05, 0.95)
    weights = macro_weights(family_blend(random, family), male, age, float(muscle), float(weight))
    weights |= detail_weights(random, strength * float(np.interp(age, [7, 17], [0.45, 1.0])))
    for name, share in _CHILDLIKE.items():
        weights[name] = weights.get(name, 0.0) + share * _childhood(age)
    weights["head-age-incr"] = 0.55 * float(np.interp(age, [45, 85], [0, 1]))
    return at_rest(weights)


_CHILDLIKE = {
    "l-eye-scale-incr": 0.40,
    "r-eye-scale-incr": 0.40,
    "l-cheek-volume-incr": 0.25,
    "r-cheek-volume-incr": 0.25,
    "nose-scale-depth-decr": 0.30,
    "nose-scale-vert-decr": 0.30,
    "nose-scale-horiz-decr": 0.20,
    "mouth-scale-horiz-decr": 0.25,
    "chin-height-decr": 0.25,
    "chin-width-decr": 0.20,
    "head-round": 0.25,
    "forehead-scale-vert-incr": 0.10,
}
"""Added in full to a child of 7: the child targets stop at ten years and keep grown features. Large eyes, full cheeks,
a high forehead and a small nose, mouth and jaw are the proportions that anthropometry gives (the face below the eyes
grows most and longest)."""


def _childhood(age: float) -> float:
    return float(np.interp(age, [7, 16], [1, 0]))


def _pick(random: np.random.Generator, odds: tuple[float, ...]) -> int:
    """One uniform draw whatever the odds, so that draws stay paired between families."""
    return int(np.searchsorted(np.cumsum(odds) / sum(odds), random.uniform(), side="right"))


def _odds(odds: tuple[float, ...], fair: float) -> tuple[float, ...]:
    """The odds of colours, darkest first, of which only the two darkest occur with dark skin (`fair` 0)."""
    return tuple(value if k < 2 else value * fair for k, value in enumerate(odds))


def _hair_colour(random: np.random.Generator, family: str, age: float, fair: float) -> tuple[float, float, float]:
    base = _HAIR_COLOURS[_pick(random, _odds(_HAIR_ODDS[family], fair))] * float(np.exp(random.normal(0, 0.25)))
    onset = float(random.normal(56, 9))
    grey = float(np.clip((age - onset) / 22, 0, 1))
    mixed = base + grey**0.8 * (np.array(_GREY) - base)
    return (float(mixed[0]), float(mixed[1]), float(mixed[2]))


def _style(random: np.random.Generator, family: str, sex: str, age: float) -> str:
    odds = dict(_STYLE_ODDS[sex])
    if sex == "male" and age < 20:
        odds["bald"] = 0.0
    style = list(odds)[_pick(random, tuple(odds.values()))]
    curly = random.uniform() < 0.55
    if family == "shape-a" and curly and style in ("full", "bob", "long"):
        return "afro"
    return style


_SIZES = {  # style -> top, side: thickness of the layers, dm
    "bald": (0.0, 0.0),
    "buzz": (0.028, 0.020),
    "short": (0.10, 0.05),
    "full": (0.20, 0.11),
    "afro": (0.55, 0.48),
    "bob": (0.13, 0.12),
    "long": (0.11, 0.10),
}


def _hair(random: np.random.Generator, family: str, sex: str, age: float) -> Hair:
    style = _style(random, family, sex, age)
    top, side = (size * float(np.exp(random.normal(0, 0.22))) for size in _SIZES[style])
    u = random.uniform(size=12)
    male = sex == "male"
    old = float(np.interp(age, [25, 70], [0, 1])) if male else 0.0
    curl = 1.0 if family == "shape-a" else float(0.5 * u[0] ** 2)
    beards = male and age > 19
    bearded = beards and u[1] < 0.28 and style != "afro"
    return Hair(
        style=style,
        top=top,
        side=side,
        front=0.14 * u[2] if style == "full" else 0.0,
        curl=curl,
        hairline=0.10 * (u[3] - 0.5) + 0.05 * old,
        recession=(0.05 + 0.28 * old) * u[4] if male else 0.03 * u[4],
        peak=0.06 * u[5] ** 3,
        thinning=0.9 * old * max(0.0, u[6] - 0.4) / 0.6,
        hang=float(6.35 + 0.5 * (u[7] - 0.5)) if style == "bob" else float(5.3 + 0.5 * (u[7] - 0.5)),
        opening=float(62 + 22 * u[8]),
        flare=float(0.02 + 0.22 * u[9]),
        fringe=float(0.18 + 0.30 * u[9])
        if u[2] > (0.86 if male else 0.62) and style in ("bob", "long", "full")
        else 0.0,
        wave=0.05 * float(u[0]) ** 2,
        parting=float((u[10] - 0.5) * 0.7),
        beard=(0.025 + 0.075 * float(u[11])) if bearded else 0.0,
        beard_density=0.75 + 0.25 * float(u[2]),
        seed=int(random.integers(1 << 20)),
    )


def _paint(
    random: np.random.Generator,
    family: str,
    sex: str,
    age: float,
    fair: float,
    melanin: float,
    blood: float,
    colour: tuple[float, float, float],
    hair: Hair,
) -> Paint:
    u = random.uniform(size=24)
    male = sex == "male"
    eye = _IRIS_COLOURS[_pick(random, _odds(_IRIS_ODDS[family], fair))] * float(np.exp(random.normal(0, 0.2)))
    cloth = random.dirichlet(np.full(3, 7.0)) * float(random.uniform(0.10, 1.2))
    shaved = (male and age > 17) * (0.08 + 0.5 * u[1] ** 1.5) * (1.0 if hair.beard <= 0 else 0.8)
    # Brows stay darker than light hair; grey reaches them late.
    brow = np.minimum(np.array(colour) * 0.75, 0.16)
    return Paint(
        melanin=melanin,
        blood=blood,
        seed=int(random.integers(1 << 20)),
        patch=float(0.5 + 0.9 * u[2]),
        freckles=float(1.6 * max(0.0, u[3] - 0.7) / 0.3) if family == "shape-c" else 0.0,
        cheek_blood=float(0.25 + 0.55 * u[4]),
        under_eye=float(0.15 + 0.35 * u[5] + 0.1 * (age > 50)),
        lip_blood=float(1.2 + 1.2 * u[6]),
        lid_fold=float((0.35 + 0.6 * u[7]) * (0.55 if family == "shape-b" else 1.0)),
        brow_y=float(7.465 + 0.05 * (u[11] - 0.5) - 0.012 * male),
        brow_arch=float((0.02 + 0.065 * u[12]) * (0.75 if male else 1.15)),
        brow_tilt=float(0.05 * (u[13] - 0.8)),
        brow_in=float(0.13 + 0.05 * u[14]),
        brow_out=float(0.47 + 0.09 * u[15]),
        brow_thick=float((0.030 + 0.030 * u[16]) * (1.15 if male else 0.80) * (1 - 0.40 * _childhood(age))),
        brow_density=float((0.55 + 0.45 * u[17]) * float(np.interp(age, [5, 18, 60, 85], [0.6, 1, 1, 0.6]))),
        stubble=float(shaved),
        hair_r=float(brow[0]),
        hair_g=float(brow[1]),
        hair_b=float(brow[2]),
        root_r=0.8 * colour[0] + 0.004,
        root_g=0.8 * colour[1] + 0.004,
        root_b=0.8 * colour[2] + 0.004,
        iris_r=float(eye[0]),
        iris_g=float(eye[1]),
        iris_b=float(eye[2]),
        wrinkles=float(np.interp(age, [32, 50, 70, 90], [0, 0.22, 0.75, 1.0]) * (0.7 + 0.5 * u[18])),
        oil=float(u[19]),
        cloth_r=float(cloth[0]),
        cloth_g=float(cloth[1]),
        cloth_b=float(cloth[2]),
        collar=float(-0.05 + 0.45 * u[20]),
    )


def _moles(random: np.random.Generator) -> Floats:
    """(n, 4) spots on the front of the face, snapped to the nearest vertex of the base mesh."""
    base = load().base
    count = int(random.poisson(1.6))
    places = random.uniform([-0.55, 6.3, 1.0], [0.55, 7.9, 1.5], size=(6, 3))
    radius = random.uniform(0.008, 0.018, size=6)
    rows = []
    for place, r in zip(places[: min(count, 6)], radius, strict=False):
        front = base[base[:, 2] > 0.7]
        nearest = front[np.argmin(((front[:, :2] - place[:2]) ** 2).sum(axis=1))]
        rows.append([*nearest, r])
    return np.array(rows, dtype=np.float32).reshape(-1, 4)
