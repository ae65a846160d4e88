"""A picture of a head under a rig, seen by a camera, in linear light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from facegap.synth import camera, hair, lights, raster, shade, skin
from facegap.synth.assets import LASHES, LEFT_EYE, RIGHT_EYE, TEETH, Assets, Floats, Ints, load
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
    """A head in its pose, which surface each pixel shows (see `raster.rasterise`), and the hair before it.

    `through` (h, w) is the share of light that gets past the hair, `hair` (h, w, 3) the light that comes from it.
    """

    head: Head
    rig: Rig
    view: View
    world: Floats
    layers: tuple[hair.Layer, ...]
    pixels: Floats
    near: Floats
    ids: Ints
    bary: Floats
    through: Floats
    hair: Floats


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
    _draw_hair(scene, lamps)
    linear = cv2.resize(background, (wide, wide), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    _paint_head(linear, scene, lamps)
    _paint_lashes(linear, scene)
    linear *= scene.through[:, :, None]
    linear += scene.hair
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
    # Every expression keeps the lips closed: teeth that show are teeth that came through them.
    solid[np.isin(assets.parts, (LASHES, TEETH))] = 0
    _set_back(pixels, assets)
    raster.rasterise(pixels, solid, 0, near, ids, bary)
    return _Scene(
        head=head,
        rig=rig,
        view=view,
        world=world,
        layers=layers,
        pixels=pixels,
        near=near,
        ids=ids,
        bary=bary,
        through=np.ones_like(near),
        hair=np.zeros((wide, wide, 3), dtype=np.float32),
    )


def _set_back(pixels: Floats, assets: Assets) -> None:
    """Put the eyeballs a little deeper than they are, in (v, 3) pixels: for they touch the lids."""
    balls = np.concatenate([assets.part_vertices(part) for part in (LEFT_EYE, RIGHT_EYE)])
    pixels[balls, 2] /= 1 + 0.02 * pixels[balls, 2]


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
        masks=np.stack([*assets.masks.values(), scene.head.roots], axis=1),
    )
    out = shade.Buffers(np.zeros_like(linear), np.zeros_like(linear), np.zeros_like(linear), np.zeros_like(scene.near))
    shade.shade_head(
        ids,
        scene.bary,
        scene.through,
        surface,
        person.paint,
        person.moles,
        (skin.table(), skin.table(skin.LIPS)),
        _eyes(),
        _gaze(scene.view),
        lamps,
        out,
    )
    millimetre = camera.INTER_EYE * scene.view.zoom * len(ids) / (scene.head.inter_eye * 100)
    shown = ids >= 0
    _shade_under_lids(out.irradiance, np.isin(assets.parts[ids], (LEFT_EYE, RIGHT_EYE)) & shown, millimetre)
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


def _shade_under_lids(irradiance: Floats, eye: Any, millimetre: float) -> None:
    """Darken the (h, w) pixels that show an eyeball towards its lids, most under the upper one and its lashes."""
    rows, columns = np.nonzero(eye)
    if not len(rows):
        return
    margin = int(np.ceil(4 * millimetre)) + 1
    top, left = max(0, rows.min() - margin), max(0, columns.min() - margin)
    part = np.s_[top : rows.max() + margin, left : columns.max() + margin]
    open_ = eye[part].astype(np.float32)
    around = cv2.GaussianBlur(open_, (0, 0), 0.8 * millimetre)
    shift = np.array([[1, 0, 0], [0, 1, 0.9 * millimetre]], dtype=np.float32)
    above = cv2.warpAffine(cv2.GaussianBlur(open_, (0, 0), 1.0 * millimetre), shift, open_.shape[::-1])
    light = (0.55 + 0.45 * hair.fade(0.35, 0.95, around)) * (0.45 + 0.55 * hair.fade(0.10, 0.85, above))
    irradiance[part] *= np.where(open_ > 0, light, np.float32(1))[:, :, None]


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


def _draw_hair(scene: _Scene, lamps: shade.Lamps) -> None:
    """Fill `scene.hair` and `scene.through`, the nearest triangles of all layers first."""
    if not scene.layers:
        return
    head, view = scene.head, scene.view
    radiance = np.concatenate([_lit_hair(scene, layer, lamps) for layer in scene.layers])
    strand = np.concatenate([layer.strand for layer in scene.layers])
    first = np.cumsum([0, *(len(layer.vertices) for layer in scene.layers)])
    triangles = np.concatenate([layer.triangles + np.int32(n) for n, layer in zip(first, scene.layers, strict=False)])
    points = np.concatenate([layer.vertices for layer in scene.layers])
    pixels = camera.to_pixels(points, view, head.inter_eye, len(scene.near))
    order = np.argsort(-pixels[triangles, 2].sum(axis=1), kind="stable")
    strands = hair.strands(head.identity.hair)
    hair.rasterise_hair(
        pixels,
        np.ascontiguousarray(triangles[order]),
        strand,
        radiance,
        strands,
        scene.near,
        scene.through,
        scene.hair,
    )


def _lit_hair(scene: _Scene, layer: hair.Layer, lamps: shade.Lamps) -> Floats:
    """(n, 3) radiance of a layer's vertices."""
    directions = lights.sphere(SKY_DIRECTIONS)
    radiance = lights.sky(scene.rig, directions) * (4.0 / SKY_DIRECTIONS)
    sky: Floats = (np.maximum(layer.normals @ directions.T, 0) @ radiance * 0.8).astype(np.float32)
    out = np.empty_like(sky)
    colour = np.array(scene.head.identity.hair_colour, dtype=np.float32)
    shade.light_hair(layer._replace(vertices=layer.vertices - CENTRE), sky, colour, lamps, out)
    return out


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
