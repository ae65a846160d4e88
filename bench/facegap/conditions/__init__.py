"""Phone, light and network as physics: what a picture goes through between the face and the matcher."""

from facegap.conditions import selfie, video
from facegap.conditions.chain import (
    STEPS,
    Take,
    Upload,
    apply,
    digest,
    film,
    photograph,
    rng_for,
    starts_from_scene,
    stochastic,
    validate,
)
from facegap.conditions.profiles import KINDS, combinations, ladder, load, names, part, parts
from facegap.conditions.sensitivity import End, ends
from facegap.conditions.show import grid
from facegap.conditions.stages import Box, Image, Photo, Unreadable
from facegap.conditions.video import filmed_by, require

__all__ = [
    "KINDS",
    "STEPS",
    "Box",
    "End",
    "Image",
    "Photo",
    "Take",
    "Unreadable",
    "Upload",
    "apply",
    "combinations",
    "digest",
    "ends",
    "film",
    "filmed_by",
    "grid",
    "ladder",
    "load",
    "names",
    "part",
    "parts",
    "photograph",
    "require",
    "rng_for",
    "selfie",
    "starts_from_scene",
    "stochastic",
    "validate",
    "video",
]
