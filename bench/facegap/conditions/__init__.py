"""Phone, light and network as physics: what a picture goes through between the face and the matcher."""

from facegap.conditions import selfie
from facegap.conditions.chain import (
    STEPS,
    Image,
    Upload,
    apply,
    digest,
    photograph,
    rng_for,
    starts_from_scene,
    stochastic,
    validate,
)
from facegap.conditions.profiles import KINDS, combinations, ladder, load, names, part, parts
from facegap.conditions.sensitivity import End, ends
from facegap.conditions.show import grid
from facegap.conditions.stages import Box, Photo, Unreadable

__all__ = [
    "KINDS",
    "STEPS",
    "Box",
    "End",
    "Image",
    "Photo",
    "Unreadable",
    "Upload",
    "apply",
    "combinations",
    "digest",
    "ends",
    "grid",
    "ladder",
    "load",
    "names",
    "part",
    "parts",
    "photograph",
    "rng_for",
    "selfie",
    "starts_from_scene",
    "stochastic",
    "validate",
]
