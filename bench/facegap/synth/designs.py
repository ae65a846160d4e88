"""The two designs: who is rendered, in which pictures.

population: every identity has its own tone, drawn around its family's measured skin; one photo and a selfie per light.
causal: every identity is rendered at every tone, under every light, at every exposure, with everything else the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import cv2
import numpy as np

from facegap import store
from facegap.errors import InputError
from facegap.synth import expression, lights, skin
from facegap.synth.assets import Floats
from facegap.synth.camera import View
from facegap.synth.identity import Identity, draw
from facegap.synth.lights import RIGS, Rig
from facegap.synth.shape import FAMILIES, SEXES, Units

RENDERER = 2
"""Raised whenever the same spec would give other pixels, so that no cache of an older renderer is taken for new."""

AGE_BANDS = (("under 13", 13), ("13-17", 18), ("18-29", 30), ("30-44", 45), ("45-59", 60), ("60 and over", 999))
_EXPOSURE = re.compile(r"incident|frame|face|ev[+-]\d(\.\d)?")


TONE_RANGE = (-80.0, 42.0)
"""Typology angles that the skin model reaches whatever the identity's blood fraction."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What to render. Equal specs give equal pixels; the digest names the cache folder.

    Attributes:
        identities: how many people, dealt in turn over family x sex; more of them leave the first ones unchanged.
        sessions: names of `lights.RIGS`. The first is the reference photo (1.2 m, frontal, fixed exposure), each other
            one a selfie (0.45 m, some pose and expression).
        tones: causal only: ITA in degrees, lightest first.
        exposures: of the selfies: "incident" (a white card facing the camera is 0.85), "frame" or "face" (the mean
            luminance of the frame or of the face becomes 18 %), or incident shifted by stops ("ev-1").
        ages: bounds of the uniform draw of years.
        oversample: samples per pixel and side.
        strength: how far shapes spread; 1 = the standard deviations of `shape.modifiers`.
        skin: "even" deals the ten Monk tones (bins of ITA, `skin.MONK_ITA`) out evenly, whatever the family and sex;
            "measured" draws around the family's measured skin. The causal design sets its own tones over either.
        linear: also write linear RGB as float16 .npy (white facing the camera = 1), for the capture simulation.
    """

    design: Literal["population", "causal"] = "population"
    identities: int = 40
    sessions: tuple[str, ...] = ("studio", "window", "overhead")
    size: int = 256
    oversample: int = 2
    seed: int = 1
    tones: tuple[float, ...] = ()
    exposures: tuple[str, ...] = ("incident",)
    ages: tuple[float, float] = (8.0, 80.0)
    strength: float = 1.3
    skin: Literal["even", "measured"] = "even"
    format: Literal["jpg", "png"] = "jpg"
    quality: int = 95
    linear: bool = False

    def __post_init__(self) -> None:
        problems = [
            (
                self.design not in ("population", "causal"),
                f"design: expected population or causal, found {self.design}",
            ),
            (self.identities < 1, f"identities: expected 1 or more, found {self.identities}"),
            (not self.sessions, "sessions: expected at least one light"),
            (len(set(self.sessions)) < len(self.sessions), "sessions: a light is named twice"),
            (not 32 <= self.size <= 2048, f"size: expected 32 to 2048 pixels, found {self.size}"),
            (not 1 <= self.oversample <= 4, f"oversample: expected 1 to 4, found {self.oversample}"),
            (not self.exposures, "exposures: expected at least one"),
            (not 4 <= self.ages[0] <= self.ages[1] <= 90, f"ages: expected 4 to 90 in order, found {self.ages}"),
            (
                self.design == "causal" and not self.tones,
                "tones: the causal design needs ITA values such as (42, 21, 0)",
            ),
            (self.design == "population" and bool(self.tones), "tones: only the causal design sets tones"),
            (
                any(not TONE_RANGE[0] <= ita <= TONE_RANGE[1] for ita in self.tones),
                f"tones: expected ITA from {TONE_RANGE[0]:g} to {TONE_RANGE[1]:g} degrees, found {self.tones}",
            ),
            (self.skin not in ("even", "measured"), f"skin: expected even or measured, found {self.skin}"),
            (self.format not in ("jpg", "png"), f"format: expected jpg or png, found {self.format}"),
        ]
        problems += [
            (name not in RIGS, f"sessions: no light '{name}'; there are: {', '.join(RIGS)}") for name in self.sessions
        ]
        problems += [
            (not _EXPOSURE.fullmatch(e), f"exposures: '{e}' is not incident, frame, face or ev-1")
            for e in self.exposures
        ]
        for wrong, message in problems:
            if wrong:
                raise InputError(f"synthetic heads: {message}")

    @property
    def digest(self) -> str:
        """sha256 over all that is stated."""
        return store.digest(self.stated)

    @property
    def stated(self) -> dict[str, Any]:
        """The spec with the renderer's version and the names that its manifest gives to the families of shapes."""
        return {"renderer": RENDERER, "families": list(FAMILIES), **asdict(self)}


CAUSAL_TONES = (42.0, 21.0, 0.0, -21.0, -42.0)
"""Five tones in equal steps of 21 degrees ITA, from "light" to "dark"."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Shot:
    """One linear render and the pictures developed from it.

    Attributes:
        level: name of the tone in the causal design, "" in the other.
        background: (h, w, 3) float32 linear RGB radiance, of any size.
    """

    subject: str
    level: str
    role: Literal["photo", "selfie"]
    light: str
    rig: Rig
    view: View
    units: Units
    background: Floats
    exposures: tuple[str, ...]
    identity: Identity

    def sample(self, exposure: str) -> str:
        """Unique name of the picture at one exposure."""
        return f"{self.subject}-{self.light}" + (f"-{exposure}" if len(self.exposures) > 1 else "")


def cell(number: int) -> tuple[str, str]:
    """Family and sex of an identity's number."""
    return FAMILIES[number % 6 // 2], SEXES[number % 2]


def identity(spec: Spec, number: int) -> Identity:
    """The identity `number` of a spec, before a causal tone is set."""
    family, sex = cell(number)
    ita = even_ita(spec.seed, number) if spec.skin == "even" else None
    return draw(spec.seed, number, family, sex, spec.ages, spec.strength, ita)


def even_ita(seed: int, number: int) -> float:
    """Typology angle of an identity's number under even skin.

    Of ten people in a row each has another Monk tone, and of sixty each family and sex has every tone once; within a
    tone the angle is uniform.
    """
    order = np.random.default_rng([seed, 3, number // 60]).permutation(10)
    # Families and sexes take turns of six; the step after thirty gives each the tones that it has not had.
    tone = order[(number + number % 60 // 30) % 10]
    limits = (skin.MONK_ENDS[0], *skin.MONK_ITA, skin.MONK_ENDS[1])
    return float(np.random.default_rng([seed, 4, number]).uniform(limits[tone + 1], limits[tone]))


def shots(spec: Spec, number: int) -> Iterator[Shot]:
    """Every render of one identity."""
    person = identity(spec, number)
    name = f"p{number:05d}"
    if spec.design == "population":
        yield from _sessions(spec, number, name, "", person)
        return
    for level, ita in enumerate(spec.tones, start=1):
        melanin = skin.melanin_at(ita, person.paint.blood)
        yield from _sessions(spec, number, f"{name}-T{level}", f"T{level}", person.with_melanin(melanin))


def _sessions(spec: Spec, number: int, subject: str, level: str, person: Identity) -> Iterator[Shot]:
    for place, light in enumerate(spec.sessions):
        # Neither the tone nor the exposure enters the seed: pictures differ in nothing but what the design varies.
        random = np.random.default_rng([spec.seed, 2, number, list(RIGS).index(light)])
        reference = place == 0
        rig = RIGS[light] if reference else lights.jittered(_either_side(RIGS[light], random), random)
        view = _reference_view(random) if reference else _selfie_view(random)
        units = expression.neutral(random) if reference else expression.selfie(random)
        yield Shot(
            subject=subject,
            level=level,
            role="photo" if reference else "selfie",
            light=light,
            rig=rig,
            view=view,
            units=units,
            background=_background(rig, random),
            exposures=("incident",) if reference else spec.exposures,
            identity=person,
        )


def _either_side(rig: Rig, random: np.random.Generator) -> Rig:
    return lights.mirrored(rig) if random.uniform() < 0.5 else rig


def _reference_view(random: np.random.Generator) -> View:
    yaw, pitch, roll = random.normal(0, [1.2, 1.2, 0.7])
    return View(yaw=float(yaw), pitch=float(pitch), roll=float(roll), distance=12.0, **_framing(random, 0.006))


def _selfie_view(random: np.random.Generator) -> View:
    yaw, pitch, roll = np.clip(random.normal([0, -1, 0], [6, 4, 4]), -13, 13)
    distance = float(4.5 * np.exp(random.normal(0, 0.10)))
    return View(yaw=float(yaw), pitch=float(pitch), roll=float(roll), distance=distance, **_framing(random, 0.02))


def _framing(random: np.random.Generator, spread: float) -> dict[str, float]:
    """How far from the middle the face is, and how large."""
    x, y = random.normal(0, spread, 2)
    return {"shift_x": float(x), "shift_y": float(y), "zoom": float(np.exp(random.normal(0, 2 * spread)))}


def _background(rig: Rig, random: np.random.Generator) -> Floats:
    """(n, n, 3) linear RGB: an even wall behind a reference photo, a blurred place behind a selfie."""
    level = rig.background * float(lights.incident(rig).mean())
    if rig.uniform:
        return np.full((2, 2, 3), level, dtype=np.float32)
    stops = random.normal(0, 0.45, (6, 6, 1)) + random.normal(0, 0.06, (6, 6, 3))
    blurred = cv2.resize(stops.astype(np.float32), (64, 64), interpolation=cv2.INTER_CUBIC)
    out: Floats = (level * np.exp(blurred)).astype(np.float32)
    return out


def labels(shot: Shot) -> dict[str, Any]:
    """Label columns of a shot's manifest rows; tone is the class of the generated skin, not of the picture."""
    person = shot.identity
    lab = person.lab
    return {
        "family": person.family,
        "sex": person.sex,
        "age": round(person.age, 1),
        "age_band": age_band(person.age),
        "tone": skin.tone(person.ita),
        "tone_level": shot.level,
        "ita": round(person.ita, 2),
        "monk_derived": skin.monk_of_ita(person.ita),
        "monk_nearest": skin.monk(lab),
        "fitzpatrick_derived": skin.fitzpatrick(person.ita),
        "melanin": round(person.paint.melanin, 5),
        "blood": round(person.paint.blood, 5),
        "L": round(float(lab[0]), 2),
        "a": round(float(lab[1]), 2),
        "b": round(float(lab[2]), 2),
    }


def age_band(age: float) -> str:
    """Name of the band of `AGE_BANDS` that holds an age in years."""
    return next(name for name, end in AGE_BANDS if age < end)
