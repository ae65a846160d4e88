"""Hair without meshes of hair: layers of the scalp pushed outwards, and curtains that hang from it.

Every layer is drawn with holes: a pixel belongs to a hair where strand noise says that a strand reaches that layer.
Thickness and density fall smoothly to nothing at the hairline, so that there is neither a gap nor a hard edge.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.synth.assets import SKIN, Assets, Floats, Ints
from facegap.synth.features import stubble_area
from facegap.synth.raster import box, compiled, mean1, mean3, noise, smoothstep, weights

STYLES = ("bald", "buzz", "short", "full", "afro", "bob", "long")
SOFT = 0.30
"""Half the range of strand noise over which a strand's cover rises from nothing to one."""
OPAQUE = 0.01
"""What gets through less than this is not looked at."""


class Hair(NamedTuple):
    """One identity's hair; lengths in dm at adult size."""

    style: str
    top: float  # thickness of the layers on the crown
    side: float  # and at the sides and the back
    front: float  # extra lift above the forehead
    curl: float  # 0 straight .. 1 tight curls
    hairline: float  # moves the whole line up (+)
    recession: float  # moves it up at the temples
    peak: float  # moves it down in the middle
    thinning: float  # 0..1, crown
    hang: float  # lower end of the curtain, canonical y
    opening: float  # azimuth in degrees where the curtain begins, 0 = front
    flare: float  # how far the curtain stands off below the ears
    fringe: float  # how far hair covers the forehead below the hairline
    wave: float
    parting: float  # x of the parting
    beard: float  # thickness
    beard_density: float
    seed: int


_AZIMUTH = np.array([0, 25, 40, 50, 58, 66, 74, 84, 93, 106, 116, 140, 180.0])
_LINE = np.array([8.03, 8.02, 7.95, 7.78, 7.52, 7.30, 7.18, 7.24, 7.42, 7.36, 6.98, 6.76, 6.70])


class Layer(NamedTuple):
    """Triangles to be drawn with holes.

    Attributes:
        vertices, normals, tangents: (n, 3) float32 in the head's frame.
        strand: (n, 5) float32: noise coordinates, height 0..1 within the hair, density 0..1.
        share: (n,) how much the vertex turns with the head.
        triangles: (t, 3) int32.
        occluder: (o, 3) int32: the triangles that cast shadows.
    """

    vertices: Floats
    normals: Floats
    tangents: Floats
    strand: Floats
    share: Floats
    triangles: Ints
    occluder: Ints


def line_height(hair: Hair, base: Floats) -> Floats:
    """(v,) height in dm above the hairline of (v, 3) canonical vertices, positive on the scalp."""
    azimuth = np.degrees(np.arctan2(np.abs(base[:, 0]), base[:, 2] - 0.35))
    line = np.interp(azimuth, _AZIMUTH, _LINE)
    line = line + hair.hairline * np.interp(azimuth, [0, 45, 70], [1, 1, 0])
    line = line + hair.recession * np.exp(-(((azimuth - 34) / 14) ** 2))
    line = line - hair.peak * np.exp(-((azimuth / 10) ** 2)) - hair.fringe * np.exp(-((azimuth / 44) ** 4))
    out: Floats = (base[:, 1] - line).astype(np.float32)
    return out


def fade(low: float, high: float, x: Any) -> Floats:
    """`raster.smoothstep` of an array, (...,) float32."""
    t = np.clip((x - low) / (high - low), 0, 1)
    out: Floats = (t * t * (3 - 2 * t)).astype(np.float32)
    return out


def scalp_layers(hair: Hair, assets: Assets, vertices: Floats, normals: Floats, scale: float) -> Layer | None:
    """Layers over the scalp of a head, (v, 3) vertices in dm and their (v, 3) unit normals; None for a bald head."""
    if hair.style == "bald":
        return None
    base = assets.base
    height = line_height(hair, base)
    density = scalp_density(hair, assets)
    upper = fade(7.5, 8.25, base[:, 1])
    lift = hair.front * np.exp(-(((base[:, 2] - 0.95) / 0.35) ** 2)) * upper
    thick = (hair.side + (hair.top - hair.side) * upper + lift) * fade(-0.01, 0.04 + 1.1 * hair.top, height)
    lumps = 1 + 0.18 * np.sin(base[:, 0] * 5 + hair.seed) * np.sin(base[:, 2] * 6 + hair.seed * 2) * (1 - hair.curl)
    comb = _comb(hair, base)
    count = 4 if hair.top < 0.04 else 7 if hair.top < 0.14 else 11
    return _shells(assets, vertices, normals, density, thick * lumps * scale, comb, hair.curl, count)


def scalp_density(hair: Hair, assets: Assets) -> Floats:
    """(v,) 0..1 hair on the head: nothing below the hairline, on the ears and where it has thinned."""
    base = assets.base
    kept = fade(-0.05, 0.19, line_height(hair, base)) * (1 - fade(0.15, 0.5, assets.masks["ears"]))
    crown = np.exp(-((base[:, 0] / 0.5) ** 2 + ((base[:, 2] + 0.1) / 0.75) ** 2)) * fade(7.7, 8.2, base[:, 1])
    out: Floats = (kept * (1 - hair.thinning * crown)).astype(np.float32)
    return out


def beard_density(assets: Assets) -> Floats:
    """(v,) 0..1 where a beard grows."""
    where = np.array([stubble_area(float(x), float(y), float(z)) for x, y, z in assets.base], dtype=np.float32)
    where = where * (1 - fade(0.35, 0.75, assets.masks["lips"])) * (1 - assets.masks["inside-mouth"])
    out: Floats = where * (1 - fade(0.1, 0.4, assets.masks["ears"]))
    return out


def roots(hair: Hair, assets: Assets) -> Floats:
    """(v,) 0..1 how far hair darkens the skin that it grows from, so that no edge of it stands on bare skin."""
    scalp = np.zeros(len(assets.base), dtype=np.float32) if hair.style == "bald" else scalp_density(hair, assets)
    if hair.beard <= 0:
        return scalp
    out: Floats = np.maximum(scalp, 0.75 * hair.beard_density * beard_density(assets)).astype(np.float32)
    return out


def beard_layers(hair: Hair, assets: Assets, vertices: Floats, normals: Floats, scale: float) -> Layer | None:
    """Layers over the jaw, likewise from (v, 3) vertices and normals; None where there is only stubble or nothing."""
    if hair.beard <= 0:
        return None
    where = beard_density(assets)
    comb = np.tile(np.array([0.0, -1.0, 0.15], dtype=np.float32), (len(where), 1))
    thick = where * where * hair.beard * scale
    layer = _shells(assets, vertices, normals, where * hair.beard_density, thick, comb, 0.5 * hair.curl, 5)
    # Hairs of a beard are finer spaced in the picture than locks of the head's hair.
    return (
        None if layer is None else layer._replace(strand=layer.strand * np.array([1.25, 1.25, 1.25, 1, 1], np.float32))
    )


def _comb(hair: Hair, base: Floats) -> Floats:
    """(v, 3) direction in which the hair lies: away from the parting and down, or straight up and back."""
    aside = np.sign(base[:, 0] - hair.parting) * np.clip(np.abs(base[:, 0] - hair.parting) * 3, 0, 1)
    back = np.full(len(base), -0.75 if hair.front > 0.05 else -0.25)
    down = -fade(8.35, 7.6, base[:, 1]) * 1.4
    return np.stack([aside * 0.8, down, back * (1 - 0.5 * np.abs(aside))], axis=1).astype(np.float32)


def _shells(
    assets: Assets,
    vertices: Floats,
    normals: Floats,
    density: Floats,
    thick: Floats,
    comb: Floats,
    curl: float,
    count: int,
) -> Layer | None:
    skin = assets.triangles[assets.parts == SKIN]
    triangles = skin[(density[skin] > 0.02).any(axis=1)]
    used, inverse = np.unique(triangles, return_inverse=True)
    if not len(used):
        return None
    local = inverse.reshape(-1, 3).astype(np.int32)
    n = normals[used]
    flow = comb[used] - n * (comb[used] * n).sum(axis=1, keepdims=True)
    flow /= np.linalg.norm(flow, axis=1, keepdims=True) + 1e-6
    # Strands are streaks of noise: short across the flow, long along it; tight curls have no flow.
    stretch = 1.0 - 0.82 * (1 - curl)
    coordinate = assets.base[used]
    tall = thick[used, None]
    out: list[list[npt.NDArray[Any]]] = [[], [], [], [], []]
    for k in range(count):
        h = (k + 0.35) / count
        lean = flow * tall * (0.75 * h * h * (1 - curl))
        out[0].append(vertices[used] + n * tall * h + lean)
        out[1].append(n)
        out[2].append(flow * (1 - curl) * (0.4 + 0.6 * h) + n * (0.6 - 0.4 * h))
        along = (coordinate * flow).sum(axis=1, keepdims=True)
        squeezed = coordinate - flow * along * (1 - stretch) - flow * (h * tall * 0.8) + n * (h * tall * curl)
        out[3].append(np.concatenate([squeezed, np.full((len(used), 1), h), density[used, None]], axis=1))
        out[4].append(local + k * len(used))
    share = fade(5.6, 6.6, coordinate[:, 1])
    solid = local[(density[used][local] > 0.6).all(axis=1) & (thick[used][local] > 0.04).all(axis=1)]
    return _layer(out, np.tile(share, count), solid + (count // 2) * len(used))


def _layer(parts: list[list[npt.NDArray[Any]]], share: Floats, occluder: npt.NDArray[Any]) -> Layer:
    """One layer of the collected vertices, normals, tangents, strand coordinates and triangles."""
    vertices, normals, tangents, strand = (np.concatenate(part).astype(np.float32) for part in parts[:4])
    triangles = np.concatenate(parts[4]).astype(np.int32)
    return Layer(vertices, normals, tangents, strand, share.astype(np.float32), triangles, occluder.astype(np.int32))


def curtain(hair: Hair, assets: Assets, vertices: Floats, scale: float) -> Layer | None:
    """Hair that hangs from the crown of (v, 3) vertices to `hang`, open at the front; None for short styles."""
    if hair.style not in ("bob", "long"):
        return None
    centre, radii = _skull(assets, vertices)
    around, down, sheets = 44, 26, 3
    first = np.radians(hair.opening)
    theta = np.linspace(first, 2 * np.pi - first, around)
    fall = np.linspace(0.0, 1.0, down)
    low = (hair.hang - 7.9) * scale
    out: list[list[npt.NDArray[Any]]] = [[], [], [], [], []]
    for sheet in range(sheets):
        points, strand = _sheet(hair, centre, radii, theta, fall, low, sheet / (sheets - 1), scale)
        grid = points.reshape(around, down, 3)
        flow = np.gradient(grid, axis=1)
        across = np.gradient(grid, axis=0)
        normal = np.cross(flow, across)
        normal /= np.linalg.norm(normal, axis=2, keepdims=True) + 1e-9
        outward = np.sign((normal * (grid - centre) * [1, 0, 1]).sum(axis=2, keepdims=True))
        out[0].append(points)
        out[1].append((normal * outward).reshape(-1, 3))
        out[2].append((flow / (np.linalg.norm(flow, axis=2, keepdims=True) + 1e-9)).reshape(-1, 3))
        out[3].append(strand)
        out[4].append(_grid_triangles(around, down) + sheet * around * down)
    share = np.tile(np.repeat(fade(1.0, 0.0, fall[None]) * 0.5 + 0.5, around, axis=0).reshape(-1), sheets)
    return _layer(out, share, out[4][1])


def _skull(assets: Assets, vertices: Floats) -> tuple[Floats, Floats]:
    """Centre and half axes of the deformed head above the ears."""
    skin = assets.part_vertices(SKIN)
    upper = vertices[skin[(assets.base[skin, 1] > 7.4) & (np.abs(assets.masks["ears"][skin]) < 0.1)]]
    low, high = upper.min(axis=0), upper.max(axis=0)
    centre = (low + high) / 2
    centre[1] = low[1]
    return centre.astype(np.float32), np.array([(high[0] - low[0]) / 2, high[1] - low[1], (high[2] - low[2]) / 2])


def _sheet(
    hair: Hair, centre: Floats, radii: Any, theta: Any, fall: Any, low: float, outer: float, scale: float
) -> tuple[Floats, Floats]:
    """Points (around * down, 3) and strand coordinates (.., 5) of one sheet, innermost at `outer` 0."""
    t, f = np.meshgrid(theta, fall, indexing="ij")
    top = centre[1] + radii[1] * 0.93
    bottom = low + 0.25
    height = top + (bottom - top) * f
    above = np.clip((height - centre[1]) / radii[1], 0, 1)
    ring = np.sqrt(np.maximum(1 - above**2, 0))
    below = np.clip((centre[1] - height) / (1.6 * scale), 0, 1.2)
    thick = (hair.side * 0.75 + 0.02 + 0.05 * outer) * scale
    wave = (
        hair.wave
        * scale
        * np.sin(9 * f * (1.5 + hair.curl) + 3 * np.sin(2 * t) + hair.seed % 7)
        * np.clip(f * 2 - 0.5, 0, 1)
    )
    spread = 1 + (hair.flare * below - 0.10 * below**2) * np.ones_like(t)
    sideways = (radii[0] * ring + thick) * spread + wave
    depth = (radii[2] * ring + thick) * (1 - 0.22 * below) + wave
    x = centre[0] + np.sin(t) * sideways
    z = centre[2] + np.cos(t) * depth
    points = np.stack([x, height, z], axis=2).reshape(-1, 3).astype(np.float32)
    edge = np.minimum(t - theta[0], theta[-1] - t)
    cover = np.clip(edge / 0.16, 0, 1) * np.clip((1 - f) / 0.10, 0, 1) * np.clip(f / 0.10, 0, 1)
    strand = np.stack(
        [np.sin(t) * 1.3, f * 0.16 + outer * 3.1, np.cos(t) * 1.3, np.full_like(t, 0.12 + 0.42 * outer), cover], axis=2
    )
    return points, strand.reshape(-1, 5).astype(np.float32)


def _grid_triangles(rows: int, columns: int) -> Ints:
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = (i * columns + j).reshape(-1)
    b, c, d = a + 1, a + columns, a + columns + 1
    return np.concatenate([np.stack([a, b, c], 1), np.stack([c, b, d], 1)]).astype(np.int32)


def strands(hair: Hair) -> tuple[float, int]:
    """Frequency and seed of an identity's strand noise; straight hair is finer than curls."""
    return 60.0 + 45.0 * (1.0 - hair.curl), hair.seed


@compiled
def strand_noise(x: float, y: float, z: float, frequency: float, seed: int) -> float:
    """0..1, one value per strand."""
    fine = noise(x * frequency, y * frequency, z * frequency, seed)
    coarse = noise(x * frequency * 0.31, y * frequency * 0.31, z * frequency * 0.31, seed + 1)
    return min(1.0, max(0.0, 0.5 + 0.62 * fine + 0.3 * coarse))


@compiled
def strand_cover(value: float, height: float, density: float) -> float:
    """0..1 cover by the strands of noise `value` at a height in the hair: fewer reach it the higher and thinner it is.

    It never falls when the density rises, and is nothing at density 0: an edge of hair fades, whatever its strands.
    """
    reach = density * (1.18 - 0.85 * height * smoothstep(0.0, 0.3, height))
    thin = smoothstep(0.0, 0.9, density)
    return smoothstep(1.0 - reach - SOFT, 1.0 - reach + SOFT, value) * thin * thin


@compiled
def rasterise_hair(
    pixels: Any,
    triangles: Any,
    strand: Any,
    radiance: Any,
    strands: tuple[float, int],
    near: Any,
    through: Any,
    out: Any,
) -> None:
    """Add to `out` (h, w, 3) the light of hair in front of the head, and dim `through` (h, w) by its cover.

    Args:
        pixels: (n, 3) from `raster.project`; triangles: (t, 3), nearest first, seen from both sides.
        strand: (n, 5) as in `Layer`; radiance: (n, 3) of strands of tint one; strands: frequency and seed of the noise.
        near: (h, w) inverse depth of the head.
        through: (h, w) share of the light from behind that gets past what is drawn already, 1 where nothing is.
    """
    for t in range(triangles.shape[0]):
        corners = triangles[t]
        area, left, right, top, low = box(pixels, corners, near.shape[1], near.shape[0])
        if abs(area) < 1e-9:
            continue
        for y in range(top, low + 1):
            for x in range(left, right + 1):
                if through[y, x] < OPAQUE:
                    continue
                l1, l2 = weights(pixels, corners, area, x + 0.5, y + 0.5)
                if l1 < 0.0 or l2 < 0.0 or l1 + l2 > 1.0:
                    continue
                w = mean1(pixels, 2, corners, l1, l2)
                if w <= near[y, x]:
                    continue
                q1, q2 = l1 * pixels[corners[1], 2] / w, l2 * pixels[corners[2], 2] / w
                height, density = mean1(strand, 3, corners, q1, q2), mean1(strand, 4, corners, q1, q2)
                a, b, c = mean3(strand, corners, q1, q2)
                value = strand_noise(a, b, c, strands[0], strands[1])
                cover = strand_cover(value, height, density)
                if cover <= 0.0:
                    continue
                tint = (0.45 + 0.75 * value) * (0.45 + 0.55 * height) * cover * through[y, x]
                for channel in range(3):
                    out[y, x, channel] += tint * mean1(radiance, channel, corners, q1, q2)
                through[y, x] *= 1.0 - cover
