"""The geometry that all pictures of one identity share: shape, hair, and how much of the sky each vertex sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from facegap.synth import hair, lights, raster
from facegap.synth.assets import LEFT_EYE, RIGHT_EYE, SKIN, Assets, Floats, Ints, load
from facegap.synth.identity import Identity
from facegap.synth.shade import EYE_CLEARANCE
from facegap.synth.shape import build, eye_centre, head_scale

SKY_DIRECTIONS = 56
_SKY_MAP = 112
CENTRE = np.array([0.0, -0.4, -0.9], dtype=np.float32)
"""Middle of what is in the picture, relative to the midpoint between the eyes; depth maps are centred here, ..."""
HALF = 2.3
"""... and reach this far to each side (dm)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Head:
    """An identity's geometry.

    Attributes:
        neutral: (v, 3) vertices, dm; scale: size of the head relative to the base; inter_eye: dm.
        layers: scalp, curtain and beard, as far as there are any.
        openness: (v, SKY_DIRECTIONS) visibility times cosine times 4 / SKY_DIRECTIONS, for `lights.sphere` directions
            in the head's frame: weights of their radiance in irradiance / pi.
        share: (v,) how much a vertex turns with the head; roots: (v,) as `hair.roots`.
    """

    identity: Identity
    neutral: Floats
    scale: float
    inter_eye: float
    layers: tuple[hair.Layer, ...]
    openness: Floats
    share: Floats
    roots: Floats


def head(identity: Identity) -> Head:
    """The geometry of an identity."""
    assets = load()
    vertices = build(identity.weights)
    normals = vertex_normals(assets, vertices)
    scale = head_scale(assets, vertices)
    made = (
        hair.scalp_layers(identity.hair, assets, vertices, normals, scale),
        hair.curtain(identity.hair, assets, vertices, scale),
        hair.beard_layers(identity.hair, assets, vertices, normals, scale),
    )
    layers = tuple(layer for layer in made if layer is not None)
    gap = np.linalg.norm(eye_centre(assets, vertices, LEFT_EYE) - eye_centre(assets, vertices, RIGHT_EYE))
    share = hair.fade(5.6, 6.6, assets.base[:, 1])
    return Head(
        identity=identity,
        neutral=vertices,
        scale=scale,
        inter_eye=float(gap),
        layers=layers,
        openness=_openness(assets, vertices, normals, layers),
        share=share,
        roots=hair.roots(identity.hair, assets),
    )


def repainted(subject: Head, identity: Identity) -> Head:
    """The same head with the paint of `identity`, which must have the same shape and hair."""
    return replace(subject, identity=identity)


def vertex_normals(assets: Assets, vertices: Floats) -> Floats:
    """(v, 3) unit normals of (v, 3) vertices."""
    out = np.empty_like(vertices)
    raster.vertex_normals(vertices, assets.triangles, out)
    return out


def light_frame(direction: Floats) -> Floats:
    """(3, 3) rows right, up, towards the light, of the (3,) unit vector towards it."""
    helper = np.array([0.0, 1.0, 0.0]) if abs(direction[1]) < 0.95 else np.array([1.0, 0.0, 0.0])
    right = np.cross(helper, direction)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(direction, right), direction]).astype(np.float32)


def occluders(assets: Assets, vertices: Floats, layers: tuple[hair.Layer, ...]) -> tuple[Floats, Ints]:
    """(n, 3) vertices and (t, 3) triangles of one mesh of all that casts shadows, the head's (v, 3) vertices first."""
    points, triangles, first = [vertices], [assets.triangles[assets.parts == SKIN]], len(vertices)
    for layer in layers:
        points.append(layer.vertices)
        triangles.append(layer.occluder + first)
        first += len(layer.vertices)
    return np.concatenate(points), np.ascontiguousarray(np.concatenate(triangles), dtype=np.int32)


def depth_from(direction: Floats, points: Floats, triangles: Ints, side: int) -> tuple[Floats, Floats]:
    """The (side, side) depth map, dm, of a mesh seen from a direction, and its (3, 3) frame.

    Args:
        direction: (3,) unit vector towards the light.
        points, triangles: (n, 3) vertices and (t, 3) vertex numbers, as from `occluders`.
    """
    frame = light_frame(direction)
    depth = np.empty((side, side), dtype=np.float32)
    raster.depth_map((points - CENTRE) @ frame.T, triangles, HALF, depth)
    return depth, frame


def _openness(assets: Assets, vertices: Floats, normals: Floats, layers: tuple[hair.Layer, ...]) -> Floats:
    points, triangles = occluders(assets, vertices, layers)
    out = np.zeros((len(vertices), SKY_DIRECTIONS), dtype=np.float32)
    seen = np.empty(len(vertices), dtype=np.float32)
    probes = vertices.copy()
    probes[np.concatenate([assets.part_vertices(part) for part in (LEFT_EYE, RIGHT_EYE)]), 2] += EYE_CLEARANCE
    for d, direction in enumerate(lights.sphere(SKY_DIRECTIONS)):
        # The body below hides most of what comes from straight underneath.
        if direction[1] < -0.8:
            continue
        depth, frame = depth_from(direction, points, triangles, _SKY_MAP)
        raster.visible((probes - CENTRE) @ frame.T, HALF, 0.05, depth, seen)
        out[:, d] = seen * np.maximum(normals @ direction, 0)
    return out * np.float32(4.0 / SKY_DIRECTIONS)
