"""Our quality values beside an independent reading of OFIQ's definitions, picture by picture.

    python benchmarks/ofiq_reading.py FOLDER [DETECTOR]

reads every picture below FOLDER twice: by `facegap.acquire`, and by the functions below, which follow OFIQ's published
source (release 1.0.3: utils.cpp, image_utils.cpp, FaceMeasures.cpp and one file a measure) with code of their own: its
616 x 616 frame through a robust similarity, luminance from its formula, histograms of numpy, the cheeks as
CalculateRegionOfInterest has them, the face as a convex polygon. Two things are not OFIQ's: the five landmarks, which
are the detector's in both readings, and the polygon, an average outline of its 98 landmarks in units of the distance of
the eyes. Prints Pearson's and Spearman's correlation and the means. Table: benchmarks/ofiq_reading.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from scipy import ndimage, stats

from facegap import acquire, weights
from facegap.cards import card_path, load_detector

FRAME = 616
POINTS = np.array([(251, 272), (364, 272), (308, 336), (262, 402), (355, 402)], dtype=np.float32)
"""alignImage: eyes, nose, mouth corners in the aligned frame, image left first."""

OUTLINE = ((1.05, 0.0), (1.0, 0.6), (0.85, 1.1), (0.55, 1.55), (0.0, 1.75), (0.2, -0.4), (0.75, -0.42))
"""Half of an average outline of the 98 landmarks, brows to chin: across and down from the middle of the eyes."""

NAMES = (
    "LuminanceMean",
    "LuminanceVariance",
    "DynamicRange",
    "UnderExposurePrevention",
    "OverExposurePrevention",
    "IlluminationUniformity",
    "InterEyeDistance",
)


def read(image: np.ndarray, landmarks: np.ndarray) -> dict[str, float]:
    """OFIQ's native values of an (h, w, 3) sRGB picture with (5, 2) landmarks."""
    matrix, _ = cv2.estimateAffinePartial2D(landmarks.astype(np.float32), POINTS, method=cv2.LMEDS)
    luminance = np.floor(255 * in_frame(linear(image), matrix) @ np.array([0.2126, 0.7152, 0.0722]) + 0.5)
    seen = np.column_stack([landmarks, np.ones(5)]) @ matrix.T
    face = luminance[inside(seen)]
    share = np.histogram(face, bins=256, range=(0, 256))[0] / len(face)
    level = np.arange(256) / 255
    mean = float(np.sum(share * level))
    left, right = (cheek(luminance, seen, side) for side in (0, 1))
    return {
        "LuminanceMean": mean,
        "LuminanceVariance": float(np.sum(share * (level - mean) ** 2)),
        "DynamicRange": float(stats.entropy(share, base=2)),
        "UnderExposurePrevention": float(share[:26].sum()),
        "OverExposurePrevention": float(share[247:].sum()),
        "IlluminationUniformity": float(np.minimum(left, right).sum()),
        "InterEyeDistance": float(np.linalg.norm(landmarks[1] - landmarks[0])),
    }


def linear(image: np.ndarray) -> np.ndarray:
    """ColorConvert."""
    value = image / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def in_frame(planes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The planes in the aligned frame, bilinear; 0 outside of the picture."""
    back = np.linalg.inv(matrix[:, :2])
    offset = -back @ matrix[:, 2]
    turned = [
        ndimage.affine_transform(planes[..., k], back[::-1, ::-1], offset[::-1], (FRAME, FRAME), order=1)
        for k in range(3)
    ]
    return np.stack(turned, axis=2)


def inside(seen: np.ndarray) -> np.ndarray:
    """The pixels of the face in the frame: GetFaceMask's convex hull."""
    middle, across = seen[:2].mean(axis=0), seen[1] - seen[0]
    down = np.array([-across[1], across[0]])
    half = np.array(OUTLINE)
    points = np.concatenate([half, half * (-1, 1)])
    hull = cv2.convexHull((middle + points[:, :1] * across + points[:, 1:] * down).astype(np.float32))[:, 0]
    y, x = np.mgrid[:FRAME, :FRAME]
    edges = zip(hull, np.roll(hull, -1, axis=0), strict=True)
    signs = [(b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) for a, b in edges]
    return np.all(np.array(signs) >= 0, axis=0) | np.all(np.array(signs) <= 0, axis=0)


def cheek(luminance: np.ndarray, seen: np.ndarray, side: int) -> np.ndarray:
    """Histogram of a cheek: CalculateRegionOfInterest, outwards from the eye and down from half way to the mouth."""
    eyes, mouth = np.round(seen[:2]), np.round(seen[3:].mean(axis=0))
    size = int(0.3 * np.linalg.norm(eyes[1] - eyes[0]))
    top = int(eyes[side][1]) + int(np.linalg.norm(mouth - np.round(eyes.mean(axis=0))) / 2)
    start = int(eyes[side][0]) - (size if side == 0 else 0)
    window = luminance[top : top + size, start : start + size]
    return np.histogram(window, bins=256, range=(0, 256))[0] / window.size


def compared(folder: Path, name: str) -> dict[str, np.ndarray]:
    """Name -> (n, 2) our value and the other reading's of every picture with a face."""
    card = load_detector(name)
    detector = acquire.open_detector(card, dict(weights.find_detector(card, card_path("models", name))), "cpu", 1)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in NAMES}
    for path in sorted(folder.rglob("*.jpg")):
        image = acquire.open_image(path)[1]
        if not isinstance(image, np.ndarray):
            continue
        faces = detector.detect(image)
        if not len(faces):
            continue
        ours = acquire.quality_values(image, faces.landmarks[0], faces.boxes)
        theirs = read(image, faces.landmarks[0].astype(np.float64))
        for measure in NAMES:
            found[measure].append((ours[measure], theirs[measure]))
    return {measure: np.array(values) for measure, values in found.items()}


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    values = compared(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "mtcnn")
    print("| quality value | pictures | Pearson | Spearman | mean, ours | mean, other reading |\n" + 6 * "|---" + "|")
    for measure, both in values.items():
        known = both[np.isfinite(both).all(axis=1)]
        ours, theirs = known.T
        varied = min(ours.std(), theirs.std()) > 0
        rank = f"{stats.spearmanr(ours, theirs).statistic:.3f}" if varied else "-"
        line = f"{stats.pearsonr(ours, theirs).statistic:.3f}" if varied else "-"
        print(f"| {measure} | {len(known)} | {line} | {rank} | {ours.mean():.4g} | {theirs.mean():.4g} |")
