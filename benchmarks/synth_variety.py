"""Do the families span the same variety of shapes? Mean distance between the faces of two people of one cell.

    python benchmarks/synth_variety.py [identities per cell]

Prints a markdown table: per family and sex, the root mean square distance in mm over the vertices of the face between
two neutral heads, brought to one position and centroid size, averaged over all pairs. A family whose people lie nearer
to each other would make every recogniser look worse on it for a reason that is ours.
"""

from __future__ import annotations

import sys

import numpy as np

from facegap.synth import Spec, designs, shape
from facegap.synth.assets import SKIN, load


def faces(family: str, sex: str, count: int, spec: Spec) -> np.ndarray:
    """(count, v, 3) vertices of the face in mm, centred and brought to the base face's centroid size."""
    assets = load()
    skin = assets.part_vertices(SKIN)
    front = skin[(assets.base[skin, 2] > 0.6) & (assets.base[skin, 1] > 6.15) & (assets.base[skin, 1] < 7.95)]
    numbers = [n for n in range(6 * count) if designs.cell(n) == (family, sex)]
    heads = [shape.build(designs.identity(spec, n).weights) for n in numbers]
    centred = [vertices[front] - vertices[front].mean(axis=0) for vertices in heads]
    size = np.linalg.norm(assets.base[front] - assets.base[front].mean(axis=0))
    return np.stack([100 * size * face / np.linalg.norm(face) for face in centred])


def mean_distance(all_faces: np.ndarray) -> float:
    """Mean over pairs of the root mean square vertex distance."""
    flat = all_faces.reshape(len(all_faces), -1).astype(np.float64)
    square = (flat**2).sum(axis=1)
    distance = np.sqrt(np.maximum(square[:, None] + square[None] - 2 * flat @ flat.T, 0) / (flat.shape[1] / 3))
    return float(distance[np.triu_indices(len(flat), 1)].mean())


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    spec = Spec(identities=6 * count)
    print("| family | sex | people | mean distance, mm |\n|---|---|---|---|")
    for family in shape.FAMILIES:
        for sex in shape.SEXES:
            print(f"| {family} | {sex} | {count} | {mean_distance(faces(family, sex, count, spec)):.2f} |")


if __name__ == "__main__":
    main()
