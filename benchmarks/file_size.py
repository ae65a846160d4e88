"""How large the phone's file is, estimated from a data set's small picture.

    python benchmarks/file_size.py FOLDER [PICTURES]

takes large photographs (at least 900 pixels on the short side) below FOLDER through phones and lights as they are, and
shrunk by 2, 3, 4 and 6 first, and prints what the file of the small one is estimated to have beside that of the large
one; and the exponent by which a JPEG's data grow with its pixels, `codec.GROWTH`. Tables: benchmarks/file_size.md.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import cv2
import numpy as np

from facegap import acquire, conditions
from facegap.conditions import codec

PHONES = ("flagship-2024", "mid-range-2021", "budget-2019", "old-2015")
LIGHTS = ("office", "dim-tent")
TIMES = (2, 3, 4, 6)
QUALITIES = (40, 70, 80, 92)


def pictures(folder: Path, count: int) -> list[np.ndarray]:
    """Large pictures below the folder, a seeded draw."""
    files = sorted(path for path in folder.rglob("*.jpg"))
    random.Random(1).shuffle(files)
    found = (acquire.open_image(path)[1] for path in files)
    large = (image for image in found if isinstance(image, np.ndarray) and min(image.shape[:2]) >= 900)
    return [image for image, _ in zip(large, range(count), strict=False)]


def shrunk(image: np.ndarray, times: int) -> np.ndarray:
    """The picture with so many times fewer pixels along an axis."""
    size = (image.shape[1] // times, image.shape[0] // times)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def sent(name: str, image: np.ndarray, sample: str) -> int:
    """Bytes that are sent of the picture."""
    card = conditions.load(name)
    size = conditions.photograph(card, image, conditions.rng_for(1, sample, card.name)).size
    assert size is not None
    return size


def growth(images: list[np.ndarray], quality: int, times: int) -> str:
    """The exponent from a picture that was shrunk twofold first, so that its own coding plays no part."""
    found = []
    for image in images:
        large = shrunk(image, 2)
        small = shrunk(large, times)
        data = [len(codec.encode_jpeg(one, quality)) - 623 for one in (large, small)]
        found.append(np.log(data[0] / data[1]) / np.log(large.size / small.size))
    return f"{np.mean(found):.2f} ± {np.std(found):.2f}"


def off(images: list[np.ndarray], name: str, times: int) -> str:
    """The small picture's estimate over the large one's file: mean, and where nine tenths lie."""
    ratios = [sent(name, shrunk(image, times), str(n)) / sent(name, image, str(n)) for n, image in enumerate(images)]
    low, high = np.percentile(ratios, [5, 95])
    return f"{np.mean(ratios):.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    images = pictures(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 16)
    head = " | ".join(f"shrunk by {times}" for times in TIMES)
    print(f"| quality | {head} |\n|---|{'---|' * len(TIMES)}")
    for quality in QUALITIES:
        print(f"| {quality} | {' | '.join(growth(images, quality, times) for times in TIMES)} |")
    print(f"\n| condition | kB of the large one | {head} |\n|---|---|{'---|' * len(TIMES)}")
    for phone in PHONES:
        for light in LIGHTS:
            name = f"{phone}+{light}+wifi"
            size = np.mean([sent(name, image, str(n)) for n, image in enumerate(images)]) / 1000
            print(f"| {name} | {size:.0f} | {' | '.join(off(images, name, times) for times in TIMES)} |")
