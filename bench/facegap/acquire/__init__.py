"""From an image file to a face: load, detect, choose, align, and its quality values."""

from facegap.acquire.acquire import Acquired, acquire_one, open_image
from facegap.acquire.alignment import align, similarity, warp_onto
from facegap.acquire.detect import open_detector
from facegap.acquire.faces import Detector, Faces
from facegap.acquire.load import MAX_BYTES, MAX_PIXELS, Unreadable, decode, read_image
from facegap.acquire.quality import QUALITY_NAMES, quality_values
from facegap.acquire.scalars import FORMER_NAMES, SCALAR, SHAPE_OF_A_FACE, STANDARD, scalar

__all__ = [
    "FORMER_NAMES",
    "MAX_BYTES",
    "MAX_PIXELS",
    "QUALITY_NAMES",
    "SCALAR",
    "SHAPE_OF_A_FACE",
    "STANDARD",
    "Acquired",
    "Detector",
    "Faces",
    "Unreadable",
    "acquire_one",
    "align",
    "decode",
    "open_detector",
    "open_image",
    "quality_values",
    "read_image",
    "scalar",
    "similarity",
    "warp_onto",
]
