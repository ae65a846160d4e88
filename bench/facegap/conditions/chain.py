"""A condition card run on an image: its steps checked, digested, and applied one after the other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facegap import store
from facegap.cards import ConditionCard, Step
from facegap.colour import to_bytes
from facegap.conditions import camera, codec, frame, isp, light, network, sensor, video
from facegap.conditions.parameters import problems, signature
from facegap.conditions.stages import Box, Bytes8, Image, Photo, Scene, Stage, Unreadable
from facegap.errors import CardError, InputError
from facegap.words import did_you_mean

REVISION = 4
"""Raised whenever a step's pixels change for the same parameters, so that no cached image of the old ones is used."""

STEPS: dict[str, Callable[..., Any]] = {
    "unprocess": light.unprocess,
    "illumination": light.illumination,
    "direction": light.direction,
    "second_light": light.second_light,
    "backlight": light.backlight,
    "camera": camera.camera,
    "lens": camera.lens,
    "meter": camera.meter,
    "tremor": camera.tremor,
    "sensor": sensor.sensor,
    "demosaic": sensor.demosaic,
    "isp": isp.isp,
    "resize": frame.resize,
    "crop": frame.crop,
    "jpeg": codec.jpeg,
    "webp": codec.webp,
    "h264": video.h264,
    "upload_cap": network.upload_cap,
    "uplink": network.uplink,
    "truncate": network.truncate,
    "lose": network.lose,
}
"""Every step that a card can name. A new one is a function whose signature declares its parameters, and a line here."""


_ON_THE_WAY = ("truncate", "lose")
"""Steps that decide whether an upload arrives."""

_PHOTO_ONLY = ("unprocess", "direction", "second_light")
"""Steps that stand in for what a picture in true linear light has already: its linearity, the lights on its face."""


def apply(card: ConditionCard, image: Image, rng: np.random.Generator, face_box: Box | None = None) -> Bytes8:
    """What the matcher receives when `image` is taken and sent under the condition.

    Args:
        card: a condition that `validate` accepts.
        image: (h, w, 3) uint8 sRGB, or (h, w, 3) float32 true linear RGB (1 = diffuse white in the main light).
        rng: from `rng_for`; not drawn from where `stochastic(card)` is False.
        face_box: left, top, right, bottom in pixels for face-priority metering, where known.

    Returns:
        (h', w', 3) uint8 sRGB. The input itself where it is uint8 and the card has no steps.

    Raises:
        Unreadable: the upload was lost or truncated; the sample's outcome is "unreadable".
        InputError: the image is not of one of the two kinds, or not finite.
    """
    return photograph(card, image, rng, face_box).pixels


@dataclass(frozen=True)
class Upload:
    """Pictures that are sent as one: they are lost or broken off together, and share what the network takes.

    Attributes:
        seed: of the network's fate, one for all of them.
        pictures: how many.
    """

    seed: int
    pictures: int


def photograph(
    card: ConditionCard,
    image: Image,
    rng: np.random.Generator,
    face_box: Box | None = None,
    upload: Upload | None = None,
) -> Photo:
    """As `apply`, of an (h, w, 3) image, with the file that was sent in `Photo.file` where a step encoded one.

    `upload`: what it is sent with, where it is not sent alone.

    Raises:
        Unreadable, InputError: as `apply`.
    """
    (photo,) = film(card, [Take(image, rng, face_box)], upload)
    if isinstance(photo, Unreadable):
        raise photo
    return photo


@dataclass(frozen=True, eq=False)
class Take:
    """What one frame of a video selfie is made of: an (h, w, 3) image, its random numbers, its face's box."""

    image: Image
    rng: np.random.Generator
    face_box: Box | None = None


def film(card: ConditionCard, takes: Sequence[Take], upload: Upload | None = None) -> list[Photo | Unreadable]:
    """What arrives of the frames of a video selfie, in order, or why a frame does not.

    Where a step is `h264`, they are one video; else each goes its way by itself, as in `photograph`.

    Raises:
        InputError: as `apply`.
        MissingError: a step needs what is not installed.
    """
    names = [step.step for step in card.steps]
    at = names.index("h264") if "h264" in names else len(names)
    before, after = card.steps[:at], card.steps[at + 1 :]
    stages = [_through(before, take, _start(take.image), upload) for take in takes]
    if at < len(names):
        crf = int(str(card.steps[at].parameters["crf"]))
        caps = [_cap(step, upload) for step in after if step.step == "upload_cap"]
        # Every frame's share of the cap, times the frames: what is rounded off is no frame's.
        most = len(takes) * min(caps) if caps else None
        stages = list(video.filmed([_finish(stage) for stage in stages], crf=crf, max_bytes=most))
    return [_arrives(after, take, stage, upload) for take, stage in zip(takes, stages, strict=True)]


def _arrives(steps: Sequence[Step], take: Take, stage: Stage, upload: Upload | None) -> Photo | Unreadable:
    try:
        return _finish(_through(steps, take, stage, upload))
    except Unreadable as failure:
        return failure


def _through(steps: Sequence[Step], take: Take, stage: Stage, upload: Upload | None) -> Stage:
    network_rng = take.rng if upload is None else np.random.Generator(np.random.PCG64(upload.seed))
    for step in steps:
        function = STEPS[step.step]
        known = signature(function)
        if take.image.dtype == np.float32 and step.step in _PHOTO_ONLY:
            continue
        if isinstance(stage, Scene):
            stage = Photo(to_bytes(stage.pixels)) if known.takes is Photo else Scene(stage.pixels, take.face_box)
        given = step.parameters
        if step.step == "upload_cap":
            given = {**given, "max_bytes": _cap(step, upload)}
        source = network_rng if step.step in _ON_THE_WAY else take.rng
        stage = function(stage, source, **given) if known.random else function(stage, **given)
    return stage


def _cap(step: Step, upload: Upload | None) -> int:
    """The bytes that a picture may take of what the network does."""
    return max(int(str(step.parameters["max_bytes"])) // (upload.pictures if upload is not None else 1), 1)


def validate(card: ConditionCard) -> None:
    """Check every step's name and parameters against the step functions' own signatures, and that the steps fit.

    Raises:
        CardError: one line per problem: condition, step, parameter, what was expected, what was found.
    """
    lines = []
    for number, step in enumerate(card.steps, start=1):
        where = f"condition '{card.name}': step {number} ({step.step})"
        if step.step not in STEPS:
            lines.append(f"{where}: no such step{did_you_mean(step.step, STEPS)}; there are: {', '.join(STEPS)}")
        else:
            lines += [f"{where}: {problem}" for problem in _problems(step)]
    if not lines:
        lines = _misfits(card)
    if lines:
        raise CardError("\n".join(lines))


def digest(card: ConditionCard) -> str:
    """sha256 over all that decides a pixel: name (it seeds the noise), steps with their defaults, and `REVISION`."""
    return store.digest({"revision": REVISION, "name": card.name, "steps": [_resolved(step) for step in card.steps]})


def rng_for(seed: int, sample_id: str, condition_name: str) -> np.random.Generator:
    """The generator of one sample under one condition, by hashing, so that neither order nor workers change a pixel."""
    text = json.dumps([seed, sample_id, condition_name], ensure_ascii=True)
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")))


def stochastic(card: ConditionCard) -> bool:
    """Whether any step draws random numbers; where none does, one image per sample is all there is."""
    return any(signature(STEPS[step.step]).random for step in card.steps)


def starts_from_scene(card: ConditionCard) -> bool:
    """Whether the condition takes a new photo of the scene, so that true linear light serves it better than a photo."""
    return bool(card.steps) and card.steps[0].step == "unprocess"


def _resolved(step: Step) -> dict[str, object]:
    """The step with its defaults; whole numbers as floats, so that 500 and 500.0 are the same light."""
    given = {**signature(STEPS[step.step]).defaults, **step.parameters, "step": step.step}
    return {name: float(value) if type(value) is int else value for name, value in given.items()}


def _problems(step: Step) -> list[str]:
    """What is wrong with the step's parameters, and with the ends of their ranges."""
    function = STEPS[step.step]
    lines = problems(function, step.parameters)
    unknown = set(step.ranges) - set(signature(function).types)
    for name, ends in step.ranges.items():
        if name not in unknown:
            for end in ends:
                lines += [one for one in problems(function, {**step.parameters, name: end}) if one not in lines]
    return lines


def _start(image: Image) -> Stage:
    if image.ndim == 3 and image.shape[2] == 3 and min(image.shape[:2]) > 0:
        if image.dtype == np.uint8:
            return Photo(np.asarray(image, dtype=np.uint8))
        if image.dtype == np.float32:
            if not np.isfinite(image).all():
                raise InputError("image: expected finite linear light, found NaN or infinity")
            return Scene(np.asarray(image, dtype=np.float32))
    raise InputError(
        f"image: expected (h, w, 3) uint8 sRGB or (h, w, 3) float32 linear RGB, found {image.shape} {image.dtype}"
    )


def _finish(stage: Stage) -> Photo:
    if isinstance(stage, Scene):
        return Photo(to_bytes(stage.pixels))
    assert isinstance(stage, Photo), "validate refuses a card that ends before the photo is developed"
    return stage


def _misfits(card: ConditionCard) -> list[str]:
    """Steps that cannot follow the one before, and a chain that ends before a picture is there."""
    state: type = Photo
    before = "the photo"
    lines = []
    for number, step in enumerate(card.steps, start=1):
        known = signature(STEPS[step.step])
        if known.takes is not state:
            where = f"condition '{card.name}': step {number} ({step.step})"
            lines.append(f"{where}: takes a {known.takes.__name__}, but {before} gives a {state.__name__}")
        state, before = known.gives, f"'{step.step}'"
    if not lines and state is not Photo:
        lines.append(f"condition '{card.name}': ends with a {state.__name__}; add the steps that make it a Photo")
    return lines
