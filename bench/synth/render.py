"""From an identity, a rig and a view to a picture: geometry, visibility, shading, development.

The renderer works in linear light throughout. `render` returns radiance scaled so that a white surface that faces the
camera in the open would be 1.0 ("incident" metering); `develop` turns that into 8-bit sRGB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from bench.synth import camera, hair, lights, raster, shade, skin
from bench.synth.assets import LASHES, LEFT_EYE, RIGHT_EYE, SKIN, Assets, Floats, Ints, load
from bench.synth.camera import View
from bench.synth.identity import Identity
from bench.synth.lights import Rig
from bench.synth.shape import add_expression, build, eye_centre, head_scale

SKY_DIRECTIONS = 56
_SKY_MAP, _KEY_MAP = 112, 224
SCATTER_MM = (1.45, 0.70, 0.42)
"""Standard deviation of the blur that stands for light scattered inside the skin, per channel."""
SHOULDER = 0.7
"""Where the tone curve leaves the straight line, in linear light."""

Units = tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class Head:
    """An identity's geometry that all its pictures share: neutral vertices, hair, and what each vertex sees of the sky.

    Attributes:
        neutral: (v, 3) vertices; scale: size of the head relative to the base; inter_eye: dm.
        layers: scalp, curtain and beard, as far as there are any.
        openness: (v, SKY_DIRECTIONS) visibility times cosine, for directions in the head's frame.
        share: (v,) how much a vertex turns with the head.
    """

    identity: Identity
    neutral: Floats
    scale: float
    inter_eye: float
    layers: tuple[hair.Layer, ...]
    openness: Floats
    share: Floats


@dataclass(frozen=True, eq=False)
class Picture:
    """(h, w, 3) linear RGB radiance, float32, white in the open = 1.0."""

    linear: Floats


def head(identity: Identity) -> Head:
    """The geometry of an identity."""
    assets = load()
    vertices = build(identity.weights)
    normals = _normals(assets, vertices)
    scale = head_scale(assets, vertices)
    made = (
        hair.scalp_layers(identity.hair, assets, vertices, normals, scale),
        hair.curtain(identity.hair, assets, vertices, scale),
        hair.beard_layers(identity.hair, assets, vertices, normals, scale),
    )
    layers = tuple(layer for layer in made if layer is not None)
    gap = np.linalg.norm(eye_centre(assets, vertices, LEFT_EYE) - eye_centre(assets, vertices, RIGHT_EYE))
    t = np.clip((assets.base[:, 1] - 5.6) / 1.0, 0, 1)
    share = (t * t * (3 - 2 * t)).astype(np.float32)
    return Head(identity, vertices, scale, float(gap), layers, _openness(assets, vertices, normals, layers), share)


def repainted(subject: Head, identity: Identity) -> Head:
    """The same head with the paint of `identity`, which must have the same shape and hair."""
    return replace(subject, identity=identity)


def _normals(assets: Assets, vertices: Floats) -> Floats:
    out = np.empty_like(vertices)
    raster.vertex_normals(vertices, assets.triangles, out)
    return out


def _frame(direction: Floats) -> Floats:
    """(3, 3) rows right, up, towards the light."""
    helper = np.array([0.0, 1.0, 0.0]) if abs(direction[1]) < 0.95 else np.array([1.0, 0.0, 0.0])
    right = np.cross(helper, direction)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(direction, right), direction]).astype(np.float32)


def _occluders(assets: Assets, vertices: Floats, layers: tuple[hair.Layer, ...]) -> tuple[Floats, Ints]:
    """One mesh of all that casts shadows."""
    points, triangles, first = [vertices], [assets.triangles[assets.parts == SKIN]], len(vertices)
    for layer in layers:
        points.append(layer.vertices)
        triangles.append(layer.occluder + first)
        first += len(layer.vertices)
    return np.concatenate(points), np.ascontiguousarray(np.concatenate(triangles), dtype=np.int32)


_CENTRE = np.array([0.0, -0.4, -0.9], dtype=np.float32)
_HALF = 2.3


def _openness(assets: Assets, vertices: Floats, normals: Floats, layers: tuple[hair.Layer, ...]) -> Floats:
    points, triangles = _occluders(assets, vertices, layers)
    directions = lights.sphere(SKY_DIRECTIONS)
    out = np.zeros((len(vertices), SKY_DIRECTIONS), dtype=np.float32)
    depth = np.empty((_SKY_MAP, _SKY_MAP), dtype=np.float32)
    seen = np.empty(len(vertices), dtype=np.float32)
    for d, direction in enumerate(directions):
        # The body below hides most of what comes from straight underneath.
        if direction[1] < -0.8:
            continue
        cosine = np.maximum(normals @ direction, 0)
        frame = _frame(direction)
        raster.depth_map((points - _CENTRE) @ frame.T, triangles, _SKY_MAP, _HALF, depth)
        raster.visible((vertices - _CENTRE) @ frame.T, _SKY_MAP, _HALF, 0.05, depth, seen)
        out[:, d] = seen * cosine
    out *= 4.0 / SKY_DIRECTIONS
    return out


def render(
    subject: Head, rig: Rig, view: View, units: Units, background: Floats, size: int, oversample: int
) -> Picture:
    """One picture.

    Args:
        units: face units and weights of the expression.
        background: (h, w, 3) linear RGB, any size; it is stretched to the picture.
        size, oversample: pixels of the square picture, and how many are rendered per pixel and side.
    """
    assets = load()
    wide = size * oversample
    posed = add_expression(assets, subject.neutral, units)
    world = camera.turn(posed, subject.share, view, subject.scale)
    layers = tuple(_posed(layer, view, subject.scale) for layer in subject.layers)
    pixels = camera.to_pixels(world, view, subject.inter_eye, wide)
    near, ids, bary = _visible_surface(assets, subject, pixels, layers, view, wide)
    normals = _normals(assets, world)
    keys = _keys(assets, rig, world, layers)
    linear = cv2.resize(background, (wide, wide), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    scale = np.float32(1.0) / lights.incident(rig).mean()
    _paint_head(linear, assets, subject, rig, view, world, normals, keys, ids, bary, wide)
    _paint_hair(linear, assets, subject, rig, view, layers, keys, ids, bary)
    _paint_lashes(linear, assets, pixels, near, subject)
    mean = linear.reshape(size, oversample, size, oversample, 3).mean(axis=(1, 3)) if oversample > 1 else linear
    return Picture(np.ascontiguousarray(mean * scale, dtype=np.float32))


def _posed(layer: hair.Layer, view: View, scale: float) -> hair.Layer:
    turn = camera.rotation(view.yaw, view.pitch, view.roll).T
    return layer._replace(
        vertices=camera.turn(layer.vertices, layer.share, view, scale),
        normals=np.ascontiguousarray(layer.normals @ turn),
        tangents=np.ascontiguousarray(layer.tangents @ turn),
    )


def _visible_surface(
    assets: Assets, subject: Head, pixels: Floats, layers: tuple[hair.Layer, ...], view: View, wide: int
) -> tuple[Floats, Ints, Floats]:
    near = np.zeros((wide, wide), dtype=np.float32)
    ids = np.full((wide, wide), -1, dtype=np.int32)
    bary = np.zeros((wide, wide, 2), dtype=np.float32)
    solid = assets.triangles.copy()
    solid[assets.parts == LASHES] = 0
    raster.rasterise(pixels, solid, 0, False, near, ids, bary)
    first = len(assets.triangles)
    for layer in layers:
        placed = camera.to_pixels(layer.vertices, view, subject.inter_eye, wide)
        frequency, seed = _strands(subject.identity.hair)
        hair.rasterise_hair(placed, layer.triangles, layer.strand, frequency, seed, first, near, ids, bary)
        first += len(layer.triangles)
    return near, ids, bary


def _strands(style: hair.Hair) -> tuple[float, int]:
    return 30.0 + 18.0 * (1.0 - style.curl), style.seed


@dataclass(frozen=True, eq=False)
class _Keys:
    direction: Floats
    colour: Floats
    size: Floats
    maps: Floats
    frames: Floats


def _keys(assets: Assets, rig: Rig, world: Floats, layers: tuple[hair.Layer, ...]) -> _Keys:
    """Key lights with their depth maps, in a frame centred on `_CENTRE`."""
    points, triangles = _occluders(assets, world, layers)
    maps = np.empty((len(rig.keys), _KEY_MAP, _KEY_MAP), dtype=np.float32)
    frames = np.empty((len(rig.keys), 3, 3), dtype=np.float32)
    depth = np.empty((_KEY_MAP, _KEY_MAP), dtype=np.float32)
    for k, key in enumerate(rig.keys):
        frames[k] = _frame(key.direction)
        raster.depth_map((points - _CENTRE) @ frames[k].T, triangles, _KEY_MAP, _HALF, depth)
        maps[k] = depth
    return _Keys(
        np.stack([key.direction for key in rig.keys]).astype(np.float32),
        np.array([key.colour for key in rig.keys], dtype=np.float32),
        np.array([key.size for key in rig.keys], dtype=np.float32),
        maps,
        frames,
    )


def _sky_at_vertices(subject: Head, rig: Rig, view: View) -> tuple[Floats, Floats]:
    """(v, 3) irradiance / pi of the sky at each vertex, and (v,) the open share of its hemisphere."""
    turn = camera.rotation(view.yaw, view.pitch, view.roll)
    radiance = lights.sky(rig, lights.sphere(SKY_DIRECTIONS) @ turn.T)
    opened = np.clip(subject.openness.sum(axis=1), 0, 1)
    # Light that the skin around a crease reflects into it.
    bounce = (1 - opened)[:, None] * 0.12 * radiance.mean(axis=0)
    return (subject.openness @ radiance + bounce).astype(np.float32), opened.astype(np.float32)


def _paint_head(
    linear: Floats,
    assets: Assets,
    subject: Head,
    rig: Rig,
    view: View,
    world: Floats,
    normals: Floats,
    keys: _Keys,
    ids: Ints,
    bary: Floats,
    wide: int,
) -> None:
    sky, opened = _sky_at_vertices(subject, rig, view)
    irradiance, albedo, gloss = (np.zeros((wide, wide, 3), dtype=np.float32) for _ in range(3))
    scatter = np.zeros((wide, wide), dtype=np.float32)
    masks = np.stack(list(assets.masks.values()), axis=1)
    ambient = lights.sky(rig, lights.sphere(64)).mean(axis=0)
    shade.shade_head(
        ids, bary, assets.triangles, assets.parts, assets.base, world - _CENTRE, normals, sky, opened, masks,
        subject.identity.paint, subject.identity.moles, skin.table(), _eyes(assets), _gaze(view), _camera(view),
        ambient, keys.direction, keys.colour, keys.size, keys.maps, keys.frames, _HALF, irradiance, albedo, gloss, scatter,
    )  # fmt: skip
    millimetre = camera.INTER_EYE * view.zoom * wide / (subject.inter_eye * 100)
    shown = (ids >= 0) & (ids < len(assets.triangles))
    light = _scattered(irradiance, scatter, millimetre)
    linear[shown] = (light * albedo + gloss)[shown]


def _scattered(irradiance: Floats, scatter: Floats, millimetre: float) -> Floats:
    """Irradiance blurred inside the skin: red travels farthest. Weighted by `scatter`, so that nothing else bleeds in."""
    out = irradiance.copy()
    for channel, reach in enumerate(SCATTER_MM):
        sigma = reach * millimetre
        weight = cv2.GaussianBlur(scatter, (0, 0), sigma)
        blurred = cv2.GaussianBlur(irradiance[:, :, channel] * scatter, (0, 0), sigma) / np.maximum(weight, 1e-4)
        out[:, :, channel] += scatter * (blurred - out[:, :, channel])
    return out


def _camera(view: View) -> Floats:
    return np.array([0.0, 0.0, view.distance], dtype=np.float32) - _CENTRE


def _eyes(assets: Assets) -> Floats:
    """(2, 4) canonical centre and radius of the eyeballs."""
    rows = []
    for part in (LEFT_EYE, RIGHT_EYE):
        ball = assets.base[assets.part_vertices(part)]
        centre = ball.mean(axis=0)
        rows.append([*centre, np.linalg.norm(ball - centre, axis=1).mean()])
    return np.array(rows, dtype=np.float32)


def _gaze(view: View) -> Floats:
    """(2, 3) optical axes in the head's frame: the eyes look at the camera, as far as they turn."""
    turn = camera.rotation(view.yaw, view.pitch, view.roll)
    target = np.array([0.0, 0.0, view.distance]) @ turn
    axes = []
    for x in (0.31, -0.31):
        axis = target - np.array([x, 0.0, 0.0])
        axis /= np.linalg.norm(axis)
        axis[:2] = np.clip(axis[:2], -0.42, 0.42)
        axes.append(axis / np.linalg.norm(axis))
    return np.array(axes, dtype=np.float32)


def _paint_hair(
    linear: Floats,
    assets: Assets,
    subject: Head,
    rig: Rig,
    view: View,
    layers: tuple[hair.Layer, ...],
    keys: _Keys,
    ids: Ints,
    bary: Floats,
) -> None:
    first = len(assets.triangles)
    directions = lights.sphere(SKY_DIRECTIONS)
    radiance = lights.sky(rig, directions) * (4.0 / SKY_DIRECTIONS)
    frequency, seed = _strands(subject.identity.hair)
    colour = np.array(subject.identity.hair_colour, dtype=np.float32)
    for layer in layers:
        sky = np.maximum(layer.normals @ directions.T, 0) @ radiance * 0.8
        shade.shade_hair(
            ids, bary, first, layer.triangles, layer.vertices - _CENTRE, layer.normals, layer.tangents, layer.strand,
            sky.astype(np.float32), colour, frequency, seed, _camera(view), keys.direction, keys.colour,
            keys.maps, keys.frames, _HALF, linear,
        )  # fmt: skip
        first += len(layer.triangles)


def _paint_lashes(linear: Floats, assets: Assets, pixels: Floats, near: Floats, subject: Head) -> None:
    triangles = np.ascontiguousarray(assets.triangles[assets.parts == LASHES])
    balls = _eyes(assets)
    offset = np.stack([assets.base - ball[:3] for ball in balls])
    reach = np.linalg.norm(offset, axis=2)
    ball = reach.argmin(axis=0)
    root = np.clip((0.205 - reach.min(axis=0)) / 0.05, 0, 1).astype(np.float32)
    chosen = offset[ball, np.arange(len(ball))]
    root *= np.where(chosen[:, 1] > 0, 1.0, 0.5).astype(np.float32) * (
        0.95 if subject.identity.sex == "female" else 0.7
    )
    cover = np.zeros(near.shape, dtype=np.float32)
    shade.lash_cover(pixels, triangles, root, np.ascontiguousarray(chosen[:, 0]), near, cover)
    linear *= (1 - 0.93 * cover)[:, :, None]


def tone_curve(linear: Floats) -> Floats:
    """Linear light to display light 0..1: straight to `SHOULDER`, then an exponential shoulder; strictly rising."""
    room = 1 - SHOULDER
    over = SHOULDER + room * (1 - np.exp(-(np.maximum(linear, SHOULDER) - SHOULDER) / room))
    return np.where(linear <= SHOULDER, np.maximum(linear, 0), over).astype(np.float32)


def encode(display: Floats) -> npt.NDArray[np.uint8]:
    """Display light 0..1 to 8-bit sRGB (IEC 61966-2-1)."""
    curved = np.where(display <= 0.0031308, 12.92 * display, 1.055 * np.maximum(display, 1e-9) ** (1 / 2.4) - 0.055)
    return np.round(np.clip(curved, 0, 1) * 255).astype(np.uint8)


def develop(linear: Floats, gain: float) -> npt.NDArray[np.uint8]:
    """8-bit sRGB of a linear picture at an exposure gain."""
    return encode(tone_curve(linear * np.float32(gain)))
