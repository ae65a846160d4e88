"""A contact sheet of synthetic heads, chosen by seed and not by hand.

    python benchmarks/synth_sheet.py OUT.jpg [--seed 1] [--beside BEFORE.png] [--sessions studio,window]

Twenty people out of the first 600 of the default population, drawn by the seed: one picture per session each. A name
that ends in .png is written without loss; `--beside` puts such a sheet, of an older renderer, at the left.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from facegap.synth import Spec, designs
from facegap.synth.develop import develop, exposure_gain
from facegap.synth.head import head
from facegap.synth.render import render

PEOPLE, POOL, COLUMNS, SIZE = 20, 600, 4, 192


def tiles(seed: int, sessions: tuple[str, ...]) -> list[np.ndarray]:
    """One row of pictures per person, (SIZE, SIZE * sessions, 3) BGR, in ascending number."""
    spec = Spec(identities=POOL, sessions=sessions, size=SIZE)
    chosen = np.sort(np.random.default_rng(seed).choice(POOL, PEOPLE, replace=False))
    out = []
    for number in chosen.tolist():
        shots = list(designs.shots(spec, number))
        subject = head(shots[0].identity)
        pictures = []
        for shot in shots:
            linear = render(subject, shot.rig, shot.view, shot.units, shot.background, spec.size, spec.oversample)
            pictures.append(develop(linear, exposure_gain(linear, "incident"))[:, :, ::-1])
        out.append(np.hstack(pictures))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--sessions", default="studio,window")
    asked = parser.parse_args()
    people = tiles(asked.seed, tuple(asked.sessions.split(",")))
    sheet = np.vstack([np.hstack(people[row : row + COLUMNS]) for row in range(0, PEOPLE, COLUMNS)])
    if asked.beside is not None:
        before = cv2.imread(str(asked.beside))
        gap = np.full((len(sheet), 16, 3), 255, dtype=np.uint8)
        sheet = np.hstack([before, gap, sheet])
    options = [] if asked.out.suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 80]
    if not cv2.imwrite(str(asked.out), sheet, options):
        raise SystemExit(f"{asked.out}: cannot be written")
    print(f"{asked.out}: {asked.out.stat().st_size / 1000:.0f} kB, {sheet.shape[1]} x {sheet.shape[0]} pixels")


if __name__ == "__main__":
    main()
