"""A picture of a head under a rig, seen by a camera, in linear light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facegap.synth import camera, hair, lights, raster, shade, skin
from facegap.synth.assets import LASHES, LEFT_EYE, RIGHT_EYE, Floats, Ints, load
from facegap.synth.camera import View
from facegap.synth.head import CENTRE, HALF, SKY_DIRECTIONS, Head, depth_from, occluders, vertex_normals
from facegap.synth.lights import Rig
from facegap.synth.shape import Units, add_expression

_KEY_MAP = 224
SCATTER_MM = (1.45, 0.70, 0.42)
"""Standard deviation of the blur that stands for light scattered inside the skin, per channel; by eye."""
_GAZE_LIMIT = 0.42


@dataclass(frozen=True, eq=False, kw_only=True)
class _Scene:
    """A head in its pose, and which surface each pixel shows (see `raster.rasterise`)."""

    head: Head
    rig: Rig
    view: View
    world: Floats
    layers: tuple[hair.Layer, ...]
    pixels: Floats
    near: Floats
    ids: Ints
    bary: Floats


def render(head: Head, rig: Rig, view: View, units: Units, background: Floats, size: int, oversample: int) -> Floats:
    """(size, size, 3) float32 linear RGB; a white surface that faces the camera in the open is 1.0.

    Args:
        units: face units and weights of the expression.
        background: (h, w, 3) linear RGB, any size; it is stretched to the picture.
        oversample: how many samples are rendered per pixel and side.
    """
    wide = size * oversample
    scene = _seen(head, rig, view, units, wide)
    lamps = _lamps(scene)
    linear = cv2.resize(background, (wide, wide), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    _paint_head(linear, scene, lamps)
    _paint_hair(linear, scene, lamps)
    _paint_lashes(linear, scene)
    mean = linear.reshape(size, oversample, size, oversample, 3).mean(axis=(1, 3))
    return np.ascontiguousarray(mean / lights.incident(rig).mean(), dtype=np.float32)


def _seen(head: Head, rig: Rig, view: View, units: Units, wide: int) -> _Scene:
    assets = load()
    posed = add_expression(assets, head.neutral, units)
    world = camera.turn(posed, head.share, view, head.scale)
    layers = tuple(_turned(layer, view, head.scale) for layer in head.layers)
    pixels = camera.to_pixels(world, view, head.inter_eye, wide)
    near = np.zeros((wide, wide), dtype=np.float32)
    ids = np.full((wide, wide), -1, dtype=np.int32)
    bary = np.zeros((wide, wide, 2), dtype=np.float32)
    solid = assets.triangles.copy()
    solid[assets.parts == LASHES] = 0
    raster.rasterise(pixels, solid, 0, near, ids, bary)
    first = len(assets.triangles)
    for layer in layers:
        placed = camera.to_pixels(layer.vertices, view, head.inter_eye, wide)
        strands = hair.strands(head.identity.hair)
        hair.rasterise_hair(placed, layer.triangles, layer.strand, strands, first, near, ids, bary)
        first += len(layer.triangles)
    return _Scene(
        head=head, rig=rig, view=view, world=world, layers=layers, pixels=pixels, near=near, ids=ids, bary=bary
    )


def _turned(layer: hair.Layer, view: View, scale: float) -> hair.Layer:
    turn = camera.rotation(view.yaw, view.pitch, view.roll).T
    return layer._replace(
        vertices=camera.turn(layer.vertices, layer.share, view, scale),
        normals=np.ascontiguousarray(layer.normals @ turn),
        tangents=np.ascontiguousarray(layer.tangents @ turn),
    )


def _lamps(scene: _Scene) -> shade.Lamps:
    points, triangles = occluders(load(), scene.world, scene.layers)
    keys = scene.rig.keys
    depths = [depth_from(key.direction, points, triangles, _KEY_MAP) for key in keys]
    return shade.Lamps(
        direction=np.stack([key.direction for key in keys]),
        colour=np.array([key.colour for key in keys], dtype=np.float32),
        size=np.array([key.size for key in keys], dtype=np.float32),
        maps=np.stack([depth for depth, _ in depths]),
        frames=np.stack([frame for _, frame in depths]),
        half=HALF,
        ambient=lights.sky(scene.rig, lights.sphere(64)).mean(axis=0),
        camera=np.array([0.0, 0.0, scene.view.distance], dtype=np.float32) - CENTRE,
    )


def _sky_at_vertices(scene: _Scene) -> tuple[Floats, Floats]:
    """(v, 3) irradiance / pi of the sky at each vertex, and (v, 1) the open share of its hemisphere."""
    view, openness = scene.view, scene.head.openness
    turn = camera.rotation(view.yaw, view.pitch, view.roll)
    radiance = lights.sky(scene.rig, lights.sphere(SKY_DIRECTIONS) @ turn.T)
    opened = np.clip(openness.sum(axis=1, keepdims=True), 0, 1)
    # Light that the skin around a crease reflects into it.
    bounce = (1 - opened) * 0.12 * radiance.mean(axis=0)
    return (openness @ radiance + bounce).astype(np.float32), opened.astype(np.float32)


def _paint_head(linear: Floats, scene: _Scene, lamps: shade.Lamps) -> None:
    assets, ids, person = load(), scene.ids, scene.head.identity
    sky, opened = _sky_at_vertices(scene)
    surface = shade.Surface(
        triangles=assets.triangles,
        parts=assets.parts,
        canonical=assets.base,
        world=scene.world - CENTRE,
        normals=vertex_normals(assets, scene.world),
        sky=sky,
        opened=opened,
        masks=np.stack(list(assets.masks.values()), axis=1),
    )
    out = shade.Buffers(np.zeros_like(linear), np.zeros_like(linear), np.zeros_like(linear), np.zeros_like(scene.near))
    shade.shade_head(
        ids, scene.bary, surface, person.paint, person.moles, skin.table(), _eyes(), _gaze(scene.view), lamps, out
    )
    millimetre = camera.INTER_EYE * scene.view.zoom * len(ids) / (scene.head.inter_eye * 100)
    shown = (ids >= 0) & (ids < len(assets.triangles))
    linear[shown] = (_scattered(out.irradiance, out.scatter, millimetre) * out.albedo + out.gloss)[shown]


def _scattered(irradiance: Floats, scatter: Floats, millimetre: float) -> Floats:
    """Irradiance blurred inside the skin: red travels farthest. Weighted by `scatter`: nothing else bleeds in."""
    out = irradiance.copy()
    for channel, reach in enumerate(SCATTER_MM):
        sigma = reach * millimetre
        weight = cv2.GaussianBlur(scatter, (0, 0), sigma)
        blurred = cv2.GaussianBlur(irradiance[:, :, channel] * scatter, (0, 0), sigma) / np.maximum(weight, 1e-4)
        out[:, :, channel] += scatter * (blurred - out[:, :, channel])
    return out


def _eyes() -> Floats:
    """(2, 3) canonical centres of the eyeballs."""
    assets = load()
    return np.stack([assets.base[assets.part_vertices(part)].mean(axis=0) for part in (LEFT_EYE, RIGHT_EYE)])


def _gaze(view: View) -> Floats:
    """(2, 3) optical axes in the head's frame: the eyes look at the camera, as far as they turn."""
    target = np.array([0.0, 0.0, view.distance]) @ camera.rotation(view.yaw, view.pitch, view.roll)
    axes = target - _eyes() * np.array([1.0, 0.0, 0.0])
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    axes[:, :2] = np.clip(axes[:, :2], -_GAZE_LIMIT, _GAZE_LIMIT)
    out: Floats = (axes / np.linalg.norm(axes, axis=1, keepdims=True)).astype(np.float32)
    return out


def _paint_hair(linear: Floats, scene: _Scene, lamps: shade.Lamps) -> None:
    first = len(load().triangles)
    directions = lights.sphere(SKY_DIRECTIONS)
    radiance = lights.sky(scene.rig, directions) * (4.0 / SKY_DIRECTIONS)
    person = scene.head.identity
    colour = np.array(person.hair_colour, dtype=np.float32)
    for layer in scene.layers:
        sky = (np.maximum(layer.normals @ directions.T, 0) @ radiance * 0.8).astype(np.float32)
        placed = layer._replace(vertices=layer.vertices - CENTRE)
        shade.shade_hair(scene.ids, scene.bary, first, placed, sky, colour, hair.strands(person.hair), lamps, linear)
        first += len(layer.triangles)


def _paint_lashes(linear: Floats, scene: _Scene) -> None:
    assets = load()
    offset = assets.base[None] - _eyes()[:, None]
    reach = np.linalg.norm(offset, axis=2)
    chosen = offset[reach.argmin(axis=0), np.arange(reach.shape[1])]
    # The strips leave the lid 0.15 dm from the centre of the eye; the lower lashes are thinner.
    root = np.clip((0.205 - reach.min(axis=0)) / 0.05, 0, 1) * np.where(chosen[:, 1] > 0, 1.0, 0.5)
    root *= 0.95 if scene.head.identity.sex == "female" else 0.7
    triangles = np.ascontiguousarray(assets.triangles[assets.parts == LASHES])
    cover = np.zeros(scene.near.shape, dtype=np.float32)
    along = np.ascontiguousarray(chosen[:, :1])
    shade.lash_cover(scene.pixels, triangles, root[:, None].astype(np.float32), along, scene.near, cover)
    linear *= (1 - 0.93 * cover)[:, :, None]
