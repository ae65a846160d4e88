"""Deferred shading: what each pixel's nearest surface sends to the camera, in linear RGB."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from facegap.synth.assets import SKIN, Floats, Ints
from facegap.synth.features import (
    Paint,
    brow,
    freckle,
    iris,
    lid_crease,
    melanin_and_blood,
    mole,
    neckline,
    stubble_area,
    wrinkle,
)
from facegap.synth.hair import OPAQUE, Layer
from facegap.synth.raster import box, compiled, mean1, mean3, noise, smoothstep, weights
from facegap.synth.skin import HIGHEST_BLOOD, HIGHEST_MELANIN, LOWEST_BLOOD, LOWEST_MELANIN

_TURNS = 2.39996323 * np.arange(12)
TAPS = (np.sqrt((np.arange(12) + 0.5) / 12)[:, None] * np.stack([np.cos(_TURNS), np.sin(_TURNS)], 1)).astype(np.float32)
"""(12, 2) look-ups of a shadow on a sunflower spiral, radius 1 = the penumbra."""
EYE_CLEARANCE = 0.12
"""How far in front of the eyeball its light is looked for, dm: clear of the lids, not of the nose and brow."""
SKIN_F0 = 0.028
"""Reflectance of skin at normal incidence (refractive index 1.4)."""


class Surface(NamedTuple):
    """The head mesh as the shader sees it.

    Attributes:
        triangles, parts: (t, 3) vertex numbers and (t,) parts, as in `assets.Assets`.
        canonical, world, normals: (v, 3) float32; the world is relative to the centre of the lamps' depth maps.
        sky, opened: (v, 3) irradiance / pi of the sky, and (v, 1) the open share of its hemisphere.
        masks: (v, 5) float32 lips, eyelids, ears, inside of the mouth, and hair roots of scalp and beard, 0..1.
    """

    triangles: Ints
    parts: Any
    canonical: Floats
    world: Floats
    normals: Floats
    sky: Floats
    opened: Floats
    masks: Floats


class Lamps(NamedTuple):
    """Key lights, and where the camera is.

    Attributes:
        direction, colour, size: (k, 3) unit vectors, (k, 3) linear RGB and (k,) angular radii, radians, of the keys.
        maps, frames: (k, side, side) depth maps in (k, 3, 3) frames, each 2 `half` dm wide.
        ambient: (3,) mean sky radiance, for reflections.
        camera: (3,) its place, dm.
    """

    direction: Floats
    colour: Floats
    size: Floats
    maps: Floats
    frames: Floats
    half: float
    ambient: Floats
    camera: Floats


class Buffers(NamedTuple):
    """What each pixel shows.

    Attributes:
        irradiance, albedo, gloss: (h, w, 3) linear RGB, the irradiance divided by pi.
        scatter: (h, w) share of the light that scatters under the surface.
    """

    irradiance: Floats
    albedo: Floats
    gloss: Floats
    scatter: Floats


@compiled
def _turn(frame: Any, x: float, y: float, z: float) -> tuple[float, float, float]:
    return (
        frame[0, 0] * x + frame[0, 1] * y + frame[0, 2] * z,
        frame[1, 0] * x + frame[1, 1] * y + frame[1, 2] * z,
        frame[2, 0] * x + frame[2, 1] * y + frame[2, 2] * z,
    )


@compiled
def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    scale = 1.0 / (np.sqrt(x * x + y * y + z * z) + 1e-9)
    return x * scale, y * scale, z * scale


@compiled
def shadow(
    lamps: Lamps, k: int, reach: float, bias: float, point: tuple[float, float, float], n: tuple[float, float, float]
) -> float:
    """0..1 light of key `k` that reaches a point with a normal: percentage-closer filtering of its depth map.

    The comparison follows the plane of the surface, so that a wide penumbra does not shade a slope by itself.
    """
    side = lamps.maps.shape[1]
    x, y, z = _turn(lamps.frames[k], point[0], point[1], point[2])
    fx, fy, fz = _turn(lamps.frames[k], n[0], n[1], n[2])
    slope_x, slope_y = -fx / max(0.25, fz), -fy / max(0.25, fz)
    scale = side / (2.0 * lamps.half)
    lit = 0.0
    for i in range(TAPS.shape[0]):
        dx, dy = reach * TAPS[i, 0], reach * TAPS[i, 1]
        u, v = int((x + dx + lamps.half) * scale), int((y + dy + lamps.half) * scale)
        if u < 0 or v < 0 or u >= side or v >= side:
            lit += 1.0
            continue
        gap = lamps.maps[k, v, u] - (z + slope_x * dx + slope_y * dy)
        lit += 1.0 - smoothstep(bias, 2.0 * bias + 0.02, gap)
    return float(lit / TAPS.shape[0])


@compiled
def ggx(cos_h: float, cos_v: float, cos_l: float, cos_vh: float, rough: float, f0: float) -> float:
    """Specular lobe times pi times cosine: GGX distribution, Smith's visibility, Schlick's Fresnel."""
    a2 = rough * rough * rough * rough
    d = cos_h * cos_h * (a2 - 1.0) + 1.0
    k = rough * rough * 0.5
    visibility = 1.0 / ((cos_l * (1 - k) + k) * (cos_v * (1 - k) + k) * 4.0)
    fresnel = f0 + (1.0 - f0) * (1.0 - cos_vh) ** 5
    return float(a2 / (d * d) * visibility * fresnel * cos_l)


@compiled
def skin_rgb(table: Any, fm: float, fb: float) -> tuple[float, float, float]:
    """Bilinear look-up in the (m, b, 3) `skin.table()`, log-spaced in both fractions."""
    rows, columns = table.shape[0], table.shape[1]
    u = np.log(fm / LOWEST_MELANIN) / np.log(HIGHEST_MELANIN / LOWEST_MELANIN) * (rows - 1)
    v = np.log(fb / LOWEST_BLOOD) / np.log(HIGHEST_BLOOD / LOWEST_BLOOD) * (columns - 1)
    u, v = min(max(u, 0.0), rows - 1.001), min(max(v, 0.0), columns - 1.001)
    i, j = int(u), int(v)
    fu, fv = u - i, v - j
    w00, w01, w10, w11 = (1 - fu) * (1 - fv), (1 - fu) * fv, fu * (1 - fv), fu * fv
    r = w00 * table[i, j, 0] + w01 * table[i, j + 1, 0] + w10 * table[i + 1, j, 0] + w11 * table[i + 1, j + 1, 0]
    g = w00 * table[i, j, 1] + w01 * table[i, j + 1, 1] + w10 * table[i + 1, j, 1] + w11 * table[i + 1, j + 1, 1]
    b = w00 * table[i, j, 2] + w01 * table[i, j + 1, 2] + w10 * table[i + 1, j, 2] + w11 * table[i + 1, j + 1, 2]
    return r, g, b


@compiled
def _over(under: tuple[float, float, float], cover: float, r: float, g: float, b: float) -> tuple[float, float, float]:
    return under[0] + cover * (r - under[0]), under[1] + cover * (g - under[1]), under[2] + cover * (b - under[2])


@compiled
def skin_surface(
    p: Paint,
    moles: Any,
    tables: tuple[Any, Any],
    at: tuple[float, float, float],
    masks: tuple[float, float, float, float],
) -> tuple[tuple[float, float, float], float, float, float]:
    """Albedo, roughness, strength of the gloss and share of scattered light at a point of the skin or garment.

    `moles` (n, 4) and each of `tables` (m, b, 3), of the face and of the lips, are as for `mole` and `skin_rgb`;
    `masks` are lips, eyelids, inside of the mouth and hair roots.
    """
    x, y, z = at
    lips, lids, inner, roots = masks
    red = smoothstep(0.20, 0.80, lips)
    fm, fb = melanin_and_blood(p, x, y, z, red, lids)
    spot = mole(moles, x, y, z)
    fm = fm * freckle(p, x, y, z) * (1.0 + 1.6 * spot) + 0.06 * spot
    colour = skin_rgb(tables[0], min(fm, HIGHEST_MELANIN), fb)
    if red > 0.0:
        r, g, b = skin_rgb(tables[1], min(fm, HIGHEST_MELANIN), fb)
        colour = _over(colour, red, r, g, b)
    area = stubble_area(x, y, z) if p.stubble > 0.0 else 0.0
    if area > 0.0:
        grain = 0.75 + 0.6 * noise(x * 70.0, y * 70.0, z * 70.0, p.seed + 20)
        cover = min(0.75, p.stubble * area * grain * (1.0 - lips))
        colour = _over(colour, cover, p.hair_r * 0.8 + 0.012, p.hair_g * 0.8 + 0.013, p.hair_b * 0.8 + 0.015)
    if roots > 0.0:
        grain = 0.85 + 0.4 * noise(x * 60.0, y * 60.0, z * 60.0, p.seed + 21)
        colour = _over(colour, min(0.92, 0.85 * roots * grain), p.root_r, p.root_g, p.root_b)
    hairs = brow(p, x, y, z)
    colour = _over(colour, hairs, p.hair_r, p.hair_g, p.hair_b)
    cloth = neckline(p, x, y, z)
    if cloth > 0.0:
        weave = 1.0 + 0.10 * noise(x * 30.0, y * 30.0, z * 30.0, p.seed + 30)
        colour = _over(colour, cloth, p.cloth_r * weave, p.cloth_g * weave, p.cloth_b * weave)
    crease = wrinkle(p, x, y, z)
    dim = (1.0 - 0.42 * crease) * (1.0 - 0.75 * smoothstep(0.4, 0.9, inner))
    dim *= 1.0 - 0.55 * lid_crease(p, x, y, z)
    zone = np.exp(-(x * x) / 0.03) * smoothstep(6.8, 7.2, y) + 0.6 * smoothstep(7.5, 7.8, y)
    rough = 0.56 - 0.10 * p.oil * min(1.0, zone) - 0.12 * lips
    gain = (0.75 + 0.35 * p.oil) * (1.0 - cloth) * (1.0 - 0.8 * hairs) * (1.0 - 0.8 * inner) * (1 - 0.5 * crease)
    return (colour[0] * dim, colour[1] * dim, colour[2] * dim), rough, gain, 1.0 - max(cloth, 0.9 * hairs)


@compiled
def eye_surface(
    p: Paint, eye: Any, gaze: Any, x: float, y: float, z: float
) -> tuple[tuple[float, float, float], float, float, float]:
    """The same of an eyeball, whose canonical centre is `eye` (3,) and optical axis `gaze` (3,)."""
    dx, dy, dz = _unit(x - eye[0], y - eye[1], z - eye[2])
    cosine = dx * gaze[0] + dy * gaze[1] + dz * gaze[2]
    r, g, b, wet = iris(p, cosine, dx - cosine * gaze[0], dy - cosine * gaze[1])
    return (r, g, b), 0.12, 1.0 + 0.3 * wet, 0.0


@compiled
def key_light(
    lamps: Lamps,
    k: int,
    point: tuple[float, float, float],
    n: tuple[float, float, float],
    v: tuple[float, float, float],
    rough: float,
    eye: bool,
) -> tuple[float, float]:
    """What key `k` adds to irradiance / pi and to gloss, per unit of its colour.

    The lids touch the eyeball: what they shade is darkened in the picture, a map of shadows being too coarse for it. A
    wet ball mirrors a lamp as a spot, the catchlight, where skin spreads it.
    """
    lx, ly, lz = lamps.direction[k, 0], lamps.direction[k, 1], lamps.direction[k, 2]
    cos_l = n[0] * lx + n[1] * ly + n[2] * lz
    # A large light still reaches a little beyond the terminator.
    soft = 0.5 * lamps.size[k]
    wrapped = (cos_l + soft) / (1.0 + soft)
    if wrapped <= 0.0:
        return 0.0, 0.0
    lit = shadow(lamps, k, 0.02 + 0.30 * lamps.size[k], EYE_CLEARANCE if eye else 0.03, point, n)
    if cos_l <= 0.01:
        return wrapped * lit, 0.0
    hx, hy, hz = _unit(lx + v[0], ly + v[1], lz + v[2])
    cos_h = max(0.0, n[0] * hx + n[1] * hy + n[2] * hz)
    cos_vh = max(0.0, v[0] * hx + v[1] * hy + v[2] * hz)
    cos_v = max(0.02, n[0] * v[0] + n[1] * v[1] + n[2] * v[2])
    wide = min(1.0, np.sqrt(rough * rough + (0.06 if eye else 0.5) * lamps.size[k]))
    return wrapped * lit, ggx(cos_h, cos_v, cos_l, cos_vh, wide, SKIN_F0) * lit


@compiled
def shade_head(
    ids: Any,
    bary: Any,
    through: Any,
    s: Surface,
    p: Paint,
    moles: Any,
    tables: tuple[Any, Any],
    eyes: Any,
    gaze: Any,
    lamps: Lamps,
    out: Buffers,
) -> None:
    """Fill `out` where a pixel shows the head mesh and hair lets it through; others are left alone.

    Args:
        ids (h, w), bary (h, w, 2): from the rasteriser; through (h, w): from `hair.rasterise_hair`.
        tables: `skin.table` of the face and of the lips.
        eyes: (2, 3) canonical centres; gaze: (2, 3) optical axes in canonical orientation.
    """
    for row in range(ids.shape[0]):
        for col in range(ids.shape[1]):
            t = ids[row, col]
            if t < 0 or through[row, col] < OPAQUE:
                continue
            corners = s.triangles[t]
            q1, q2 = bary[row, col, 0], bary[row, col, 1]
            x, y, z = mean3(s.canonical, corners, q1, q2)
            point = mean3(s.world, corners, q1, q2)
            nx, ny, nz = mean3(s.normals, corners, q1, q2)
            n = _unit(nx, ny, nz)
            if s.parts[t] == SKIN:
                lips, lids = mean1(s.masks, 0, corners, q1, q2), mean1(s.masks, 1, corners, q1, q2)
                inner, roots = mean1(s.masks, 3, corners, q1, q2), mean1(s.masks, 4, corners, q1, q2)
                albedo, rough, gain, spread = skin_surface(p, moles, tables, (x, y, z), (lips, lids, inner, roots))
            else:
                e = s.parts[t] - 1
                albedo, rough, gain, spread = eye_surface(p, eyes[e], gaze[e], x, y, z)
            v = _unit(lamps.camera[0] - point[0], lamps.camera[1] - point[1], lamps.camera[2] - point[2])
            cos_v = max(0.02, n[0] * v[0] + n[1] * v[1] + n[2] * v[2])
            opened = mean1(s.opened, 0, corners, q1, q2)
            sheen = (SKIN_F0 + (1.0 - SKIN_F0) * (1.0 - cos_v) ** 5 * 0.30) * opened * opened
            for c in range(3):
                out.irradiance[row, col, c] = mean1(s.sky, c, corners, q1, q2)
                out.albedo[row, col, c] = albedo[c]
                out.gloss[row, col, c] = lamps.ambient[c] * sheen * gain
            for k in range(lamps.direction.shape[0]):
                diffuse, shine = key_light(lamps, k, point, n, v, rough, s.parts[t] != SKIN)
                for c in range(3):
                    out.irradiance[row, col, c] += lamps.colour[k, c] * diffuse
                    out.gloss[row, col, c] += lamps.colour[k, c] * shine * gain
            out.scatter[row, col] = spread


@compiled
def light_hair(layer: Layer, sky: Any, colour: Any, lamps: Lamps, out: Any) -> None:
    """Radiance `out` (n, 3) of the vertices of a layer whose strands have a tint of one.

    Diffuse and specular terms of strands after Kajiya and Kay (1989).

    Args:
        sky: (n, 3) irradiance / pi at the layer's vertices; colour: (3,) linear RGB.
    """
    for i in range(layer.vertices.shape[0]):
        point = (layer.vertices[i, 0], layer.vertices[i, 1], layer.vertices[i, 2])
        n = (layer.normals[i, 0], layer.normals[i, 1], layer.normals[i, 2])
        tx, ty, tz = _unit(layer.tangents[i, 0], layer.tangents[i, 1], layer.tangents[i, 2])
        vx, vy, vz = _unit(lamps.camera[0] - point[0], lamps.camera[1] - point[1], lamps.camera[2] - point[2])
        tv = tx * vx + ty * vy + tz * vz
        for c in range(3):
            out[i, c] = sky[i, c] * (colour[c] + 0.018)
        for k in range(lamps.direction.shape[0]):
            lx, ly, lz = lamps.direction[k, 0], lamps.direction[k, 1], lamps.direction[k, 2]
            facing = smoothstep(-0.35, 0.6, n[0] * lx + n[1] * ly + n[2] * lz)
            if facing <= 0.0:
                continue
            lit = facing * shadow(lamps, k, 0.10, 0.08, point, n)
            tl = tx * lx + ty * ly + tz * lz
            sin_l, sin_v = np.sqrt(max(0.0, 1.0 - tl * tl)), np.sqrt(max(0.0, 1.0 - tv * tv))
            gleam = 0.020 * max(0.0, sin_l * sin_v - tl * tv) ** 12
            for c in range(3):
                out[i, c] += lamps.colour[k, c] * lit * (0.8 * sin_l * colour[c] + gleam)


@compiled
def lash_cover(pixels: Any, triangles: Any, root: Any, along: Any, near: Any, out: Any) -> None:
    """Raise `out` (h, w) 0..1 where the lash strips lie in front of what `near` holds.

    Args:
        pixels, triangles, near: (n, 3), (t, 3) and (h, w), as for `raster.rasterise`.
        root: (n, 1) 1 at the lid, 0 at the tips; along: (n, 1) coordinate along the lid.
    """
    for t in range(triangles.shape[0]):
        corners = triangles[t]
        area, left, right, top, low = box(pixels, corners, near.shape[1], near.shape[0])
        if abs(area) < 1e-9:
            continue
        for y in range(top, low + 1):
            for x in range(left, right + 1):
                l1, l2 = weights(pixels, corners, area, x + 0.5, y + 0.5)
                if l1 < 0.0 or l2 < 0.0 or l1 + l2 > 1.0 or mean1(pixels, 2, corners, l1, l2) < near[y, x]:
                    continue
                lid = mean1(root, 0, corners, l1, l2)
                hair = 0.5 + 0.5 * np.sin(mean1(along, 0, corners, l1, l2) * 260.0)
                out[y, x] = max(out[y, x], lid * lid * (0.55 + 0.45 * hair))
