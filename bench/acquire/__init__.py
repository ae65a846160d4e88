"""From an image file to a face: load, detect, choose, align, and its quality values."""

from bench.acquire.alignment import align, similarity
from bench.acquire.detect import open_detector
from bench.acquire.faces import Detector, Faces
from bench.acquire.load import MAX_BYTES, MAX_PIXELS, Unreadable, decode, read_image
from bench.acquire.one import Acquired, acquire_one, open_image
from bench.acquire.quality import QUALITY_NAMES, quality_values
from bench.acquire.scalars import scalar

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "QUALITY_NAMES",
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
]
