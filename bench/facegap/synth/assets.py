"""The asset pack: base head, triangles, vertex masks and sparse shape targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facegap.errors import DatasetMissing
from facegap.synth.pack import MASKS, UNIT

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

SKIN, LEFT_EYE, RIGHT_EYE, LASHES, TEETH = range(5)
FAMILY_TARGETS = {"shape-a": "african", "shape-b": "asian", "shape-c": "caucasian"}
"""A blend-shape family -> how MakeHuman names its target files. They are artists' shapes and no ethnicities: the pack's
names go no further than this file."""
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, eq=False, kw_only=True)
class Assets:
    """Lengths in decimetres; x to the head's left, y up, z forward.

    Attributes:
        base: (v, 3) undeformed vertices: the canonical coordinates in which features are painted.
        triangles: (t, 3) vertex numbers, counter-clockwise from outside.
        parts: (t,) `SKIN`, `LEFT_EYE`, `RIGHT_EYE`, `LASHES` or `TEETH`.
        masks: name -> (v,) 0..1.
        index, delta: target name -> vertex numbers (k,) and displacements (k, 3).
    """

    base: Floats
    triangles: Ints
    parts: npt.NDArray[np.uint8]
    masks: Mapping[str, Floats]
    index: Mapping[str, Ints]
    delta: Mapping[str, Floats]

    def deform(self, weights: Mapping[str, float]) -> Floats:
        """(v, 3) base plus the weighted sum of targets, decimetres.

        Raises:
            KeyError: the pack lacks a target of that name.
        """
        vertices = self.base.astype(np.float64)
        for name, weight in weights.items():
            if weight != 0.0:
                vertices[self.index[name]] += weight * self.delta[name]
        return vertices.astype(np.float32)

    def part_vertices(self, part: int) -> Ints:
        """(k,) ascending numbers of the vertices that `part` uses."""
        return np.unique(self.triangles[self.parts == part]).astype(np.int32)


def pack_path() -> Path:
    """The pack of the checkout, or the copy inside an installed wheel.

    Raises:
        DatasetMissing: neither is there.
    """
    candidates = [
        folder / "datasets/synthetic-heads/heads.npz" for folder in (_HERE.parents[2], _HERE.parent / "_cards")
    ]
    for path in candidates:
        if path.is_file():
            return path
    raise DatasetMissing(f"{candidates[0]}: no asset pack; python -m facegap.synth.pack WHEEL {candidates[0]}")


@lru_cache(maxsize=2)
def load(path: Path | None = None) -> Assets:
    """The assets in `path`; by default those that ship with the package.

    Raises:
        DatasetMissing: there is no pack.
    """
    with np.load(path if path is not None else pack_path()) as pack:
        names = [str(name) for name in pack["target_names"]]
        starts = pack["target_starts"]
        rows = pack["target_index"].astype(np.int32)
        delta = (pack["target_delta"].T * UNIT).astype(np.float32)
        spans = {name: slice(int(starts[i]), int(starts[i + 1])) for i, name in enumerate(names)}
        return Assets(
            base=(pack["vertices"] * UNIT).astype(np.float32),
            triangles=pack["triangles"].astype(np.int32),
            parts=pack["parts"],
            masks={name: (pack["masks"][:, i] / 255).astype(np.float32) for i, name in enumerate(MASKS)},
            index={name: rows[span] for name, span in spans.items()},
            delta={name: np.ascontiguousarray(delta[span]) for name, span in spans.items()},
        )
