"""Deferred shading: what each pixel's nearest surface sends to the camera, in linear RGB."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.synth.features import (
    Paint,
    brow,
    freckle,
    iris,
    melanin_and_blood,
    mole,
    neckline,
    stubble_area,
    wrinkle,
)
from bench.synth.hair import strand_noise
from bench.synth.raster import compiled, noise, smoothstep
from bench.synth.skin import HIGHEST_BLOOD, HIGHEST_MELANIN, LOWEST_BLOOD, LOWEST_MELANIN

TAPS = 12
"""Look-ups per shadow, on a sunflower spiral within the penumbra."""


@compiled
def shadow(
    maps: Any, frames: Any, k: int, half: float, reach: float, px: float, py: float, pz: float, nx: float, ny: float,
    nz: float, bias: float,
) -> float:  # fmt: skip
    """0..1 light of key `k` that reaches a point with a normal: percentage-closer filtering of its depth map.

    The comparison follows the plane of the surface, so that a wide penumbra does not shade a slope by itself.
    """
    side = maps.shape[1]
    x = frames[k, 0, 0] * px + frames[k, 0, 1] * py + frames[k, 0, 2] * pz
    y = frames[k, 1, 0] * px + frames[k, 1, 1] * py + frames[k, 1, 2] * pz
    z = frames[k, 2, 0] * px + frames[k, 2, 1] * py + frames[k, 2, 2] * pz
    fx = frames[k, 0, 0] * nx + frames[k, 0, 1] * ny + frames[k, 0, 2] * nz
    fy = frames[k, 1, 0] * nx + frames[k, 1, 1] * ny + frames[k, 1, 2] * nz
    fz = max(0.25, frames[k, 2, 0] * nx + frames[k, 2, 1] * ny + frames[k, 2, 2] * nz)
    slope_x, slope_y = -fx / fz, -fy / fz
    scale = side / (2.0 * half)
    lit = 0.0
    for i in range(TAPS):
        radius = reach * np.sqrt((i + 0.5) / TAPS)
        angle = 2.39996323 * i
        dx, dy = radius * np.cos(angle), radius * np.sin(angle)
        u = int((x + dx + half) * scale)
        v = int((y + dy + half) * scale)
        if u < 0 or v < 0 or u >= side or v >= side:
            lit += 1.0
            continue
        gap = maps[k, v, u] - (z + slope_x * dx + slope_y * dy)
        lit += 1.0 - smoothstep(bias, 2.0 * bias + 0.02, gap)
    return lit / TAPS


@compiled
def ggx(cos_h: float, cos_v: float, cos_l: float, cos_vh: float, rough: float, f0: float) -> float:
    """Specular lobe times pi times cosine: GGX distribution, Smith's visibility, Schlick's Fresnel."""
    a2 = rough * rough * rough * rough
    d = cos_h * cos_h * (a2 - 1.0) + 1.0
    k = rough * rough * 0.5
    visibility = 1.0 / ((cos_l * (1 - k) + k) * (cos_v * (1 - k) + k) * 4.0)
    fresnel = f0 + (1.0 - f0) * (1.0 - cos_vh) ** 5
    return a2 / (d * d) * visibility * fresnel * cos_l


@compiled
def skin_rgb(table: Any, fm: float, fb: float) -> tuple[float, float, float]:
    """Bilinear look-up in `skin.table()`, log-spaced in both fractions."""
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
def shade_head(
    ids: Any, bary: Any, triangles: Any, parts: Any, canonical: Any, world: Any, normals: Any, sky: Any, open_sky: Any,
    masks: Any, p: Paint, moles: Any, table: Any, eyes: Any, gaze: Any, camera: Any, ambient: Any, key_direction: Any,
    key_colour: Any, key_size: Any, shadow_maps: Any, shadow_frames: Any, shadow_half: float, irradiance: Any, albedo: Any,
    gloss: Any, scatter: Any,
) -> None:  # fmt: skip
    """Fill `irradiance`, `albedo`, `gloss` (h, w, 3) and `scatter` (h, w) where a pixel shows the head mesh.

    Args:
        ids, bary: from the rasteriser; ids at or above len(triangles) and below 0 are left alone.
        canonical, world, normals: (v, 3); sky: (v, 3) irradiance / pi of the sky; open_sky: (v,) its open share.
        masks: (v, 4) lips, eyelids, ears, inside of the mouth.
        eyes: (2, 4) canonical centre and radius; gaze: (2, 3) optical axes in canonical orientation.
        ambient: (3,) mean sky radiance, for reflections. key_*: (k, ...) as in `lights.Key`.
    """
    high, wide = ids.shape
    count = triangles.shape[0]
    for row in range(high):
        for col in range(wide):
            t = ids[row, col]
            if t < 0 or t >= count:
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            q1, q2 = bary[row, col, 0], bary[row, col, 1]
            q0 = 1.0 - q1 - q2
            x = q0 * canonical[a, 0] + q1 * canonical[b, 0] + q2 * canonical[c, 0]
            y = q0 * canonical[a, 1] + q1 * canonical[b, 1] + q2 * canonical[c, 1]
            z = q0 * canonical[a, 2] + q1 * canonical[b, 2] + q2 * canonical[c, 2]
            wx = q0 * world[a, 0] + q1 * world[b, 0] + q2 * world[c, 0]
            wy = q0 * world[a, 1] + q1 * world[b, 1] + q2 * world[c, 1]
            wz = q0 * world[a, 2] + q1 * world[b, 2] + q2 * world[c, 2]
            nx = q0 * normals[a, 0] + q1 * normals[b, 0] + q2 * normals[c, 0]
            ny = q0 * normals[a, 1] + q1 * normals[b, 1] + q2 * normals[c, 1]
            nz = q0 * normals[a, 2] + q1 * normals[b, 2] + q2 * normals[c, 2]
            scale = 1.0 / (np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9)
            nx, ny, nz = nx * scale, ny * scale, nz * scale
            opened = q0 * open_sky[a] + q1 * open_sky[b] + q2 * open_sky[c]
            lips = q0 * masks[a, 0] + q1 * masks[b, 0] + q2 * masks[c, 0]
            lids = q0 * masks[a, 1] + q1 * masks[b, 1] + q2 * masks[c, 1]
            inner = q0 * masks[a, 3] + q1 * masks[b, 3] + q2 * masks[c, 3]
            part = parts[t]
            dim, rough, f0, spread, gain = 1.0, 0.5, 0.028, 0.0, 1.0
            if part == 0:
                fm, fb = melanin_and_blood(p, x, y, z, smoothstep(0.30, 0.70, lips), lids)
                fm *= freckle(p, x, y, z)
                spot = mole(moles, x, y, z)
                fm = min(fm * (1.0 + 2.5 * spot) + 0.10 * spot, HIGHEST_MELANIN)
                r, g, bl = skin_rgb(table, fm, fb)
                stick = p.lipstick * smoothstep(0.35, 0.65, lips)
                r += stick * (p.lipstick_r - r)
                g += stick * (p.lipstick_g - g)
                bl += stick * (p.lipstick_b - bl)
                crease = wrinkle(p, x, y, z)
                dim = 1.0 - 0.42 * crease
                if p.stubble > 0.0:
                    grain = 0.75 + 0.6 * noise(x * 70.0, y * 70.0, z * 70.0, p.seed + 20)
                    cover = min(0.75, p.stubble * stubble_area(x, y, z) * grain * (1.0 - lips))
                    r += cover * (p.hair_r * 0.8 + 0.012 - r)
                    g += cover * (p.hair_g * 0.8 + 0.013 - g)
                    bl += cover * (p.hair_b * 0.8 + 0.015 - bl)
                hairs = brow(p, x, y, z)
                r += hairs * (p.hair_r - r)
                g += hairs * (p.hair_g - g)
                bl += hairs * (p.hair_b - bl)
                cloth = neckline(p, x, y, z)
                weave = 1.0 + 0.10 * noise(x * 30.0, y * 30.0, z * 30.0, p.seed + 30)
                r += cloth * (p.cloth_r * weave - r)
                g += cloth * (p.cloth_g * weave - g)
                bl += cloth * (p.cloth_b * weave - bl)
                spread = 1.0 - max(cloth, 0.9 * hairs)
                zone = np.exp(-(x * x) / 0.03) * smoothstep(6.8, 7.2, y) + 0.6 * smoothstep(7.5, 7.8, y)
                rough = 0.56 - 0.10 * p.oil * min(1.0, zone) - 0.12 * lips
                gain = (
                    (0.75 + 0.35 * p.oil)
                    * (1.0 - cloth)
                    * (1.0 - 0.8 * hairs)
                    * (1.0 - 0.8 * inner)
                    * (1 - 0.5 * crease)
                )
                mouth = smoothstep(0.4, 0.9, inner)
                dim *= 1.0 - 0.75 * mouth
            elif part == 4:
                r, g, bl, rough, dim = 0.52, 0.47, 0.40, 0.3, 0.55
            else:
                e = part - 1
                dx, dy, dz = x - eyes[e, 0], y - eyes[e, 1], z - eyes[e, 2]
                inv = 1.0 / (np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9)
                dx, dy, dz = dx * inv, dy * inv, dz * inv
                cosine = dx * gaze[e, 0] + dy * gaze[e, 1] + dz * gaze[e, 2]
                r, g, bl, wet = iris(p, cosine, dx - cosine * gaze[e, 0], dy - cosine * gaze[e, 1])
                rough, f0 = 0.16, 0.03
                # The upper lid and its lashes shade the ball; the corners lie deeper.
                dim = (0.55 + 0.45 * (1.0 - smoothstep(0.12, 0.48, dy))) * (
                    1.0 - 0.35 * smoothstep(0.40, 0.75, abs(dx))
                )
                spread = 0.0
                gain = 1.0 + 0.3 * wet
            vx, vy, vz = camera[0] - wx, camera[1] - wy, camera[2] - wz
            inv = 1.0 / np.sqrt(vx * vx + vy * vy + vz * vz)
            vx, vy, vz = vx * inv, vy * inv, vz * inv
            cos_v = max(0.02, nx * vx + ny * vy + nz * vz)
            er = q0 * sky[a, 0] + q1 * sky[b, 0] + q2 * sky[c, 0]
            eg = q0 * sky[a, 1] + q1 * sky[b, 1] + q2 * sky[c, 1]
            eb = q0 * sky[a, 2] + q1 * sky[b, 2] + q2 * sky[c, 2]
            sheen = (f0 + (1.0 - f0) * (1.0 - cos_v) ** 5 * 0.35) * opened * gain
            sr, sg, sb = ambient[0] * sheen, ambient[1] * sheen, ambient[2] * sheen
            for k in range(key_direction.shape[0]):
                lx, ly, lz = key_direction[k, 0], key_direction[k, 1], key_direction[k, 2]
                cos_l = nx * lx + ny * ly + nz * lz
                # A large light still reaches a little beyond the terminator.
                soft = 0.5 * key_size[k]
                wrapped = max(0.0, (cos_l + soft) / (1.0 + soft))
                if wrapped <= 0.0:
                    continue
                reach = 0.02 + 0.30 * key_size[k]
                lit = shadow(shadow_maps, shadow_frames, k, shadow_half, reach, wx, wy, wz, nx, ny, nz, 0.03)
                er += key_colour[k, 0] * wrapped * lit
                eg += key_colour[k, 1] * wrapped * lit
                eb += key_colour[k, 2] * wrapped * lit
                if cos_l <= 0.01:
                    continue
                hx, hy, hz = lx + vx, ly + vy, lz + vz
                inv = 1.0 / (np.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9)
                cos_h = max(0.0, (nx * hx + ny * hy + nz * hz) * inv)
                cos_vh = max(0.0, (vx * hx + vy * hy + vz * hz) * inv)
                wide_rough = min(1.0, np.sqrt(rough * rough + 0.5 * key_size[k]))
                shine = ggx(cos_h, cos_v, cos_l, cos_vh, wide_rough, f0) * lit * gain
                sr += key_colour[k, 0] * shine
                sg += key_colour[k, 1] * shine
                sb += key_colour[k, 2] * shine
            irradiance[row, col, 0], irradiance[row, col, 1], irradiance[row, col, 2] = er, eg, eb
            albedo[row, col, 0], albedo[row, col, 1], albedo[row, col, 2] = r * dim, g * dim, bl * dim
            gloss[row, col, 0], gloss[row, col, 1], gloss[row, col, 2] = sr, sg, sb
            scatter[row, col] = spread


@compiled
def shade_hair(
    ids: Any, bary: Any, first: int, triangles: Any, world: Any, normals: Any, tangents: Any, strand: Any, sky: Any,
    colour: Any, frequency: float, seed: int, camera: Any, key_direction: Any, key_colour: Any, shadow_maps: Any,
    shadow_frames: Any, shadow_half: float, out: Any,
) -> None:  # fmt: skip
    """Radiance (h, w, 3) of pixels whose id lies in [first, first + len(triangles)): Kajiya and Kay's strands."""
    high, wide = ids.shape
    count = triangles.shape[0]
    for row in range(high):
        for col in range(wide):
            t = ids[row, col] - first
            if t < 0 or t >= count:
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            q1, q2 = bary[row, col, 0], bary[row, col, 1]
            q0 = 1.0 - q1 - q2
            wx = q0 * world[a, 0] + q1 * world[b, 0] + q2 * world[c, 0]
            wy = q0 * world[a, 1] + q1 * world[b, 1] + q2 * world[c, 1]
            wz = q0 * world[a, 2] + q1 * world[b, 2] + q2 * world[c, 2]
            nx = q0 * normals[a, 0] + q1 * normals[b, 0] + q2 * normals[c, 0]
            ny = q0 * normals[a, 1] + q1 * normals[b, 1] + q2 * normals[c, 1]
            nz = q0 * normals[a, 2] + q1 * normals[b, 2] + q2 * normals[c, 2]
            tx = q0 * tangents[a, 0] + q1 * tangents[b, 0] + q2 * tangents[c, 0]
            ty = q0 * tangents[a, 1] + q1 * tangents[b, 1] + q2 * tangents[c, 1]
            tz = q0 * tangents[a, 2] + q1 * tangents[b, 2] + q2 * tangents[c, 2]
            inv = 1.0 / (np.sqrt(tx * tx + ty * ty + tz * tz) + 1e-9)
            tx, ty, tz = tx * inv, ty * inv, tz * inv
            height = q0 * strand[a, 3] + q1 * strand[b, 3] + q2 * strand[c, 3]
            value = strand_noise(
                q0 * strand[a, 0] + q1 * strand[b, 0] + q2 * strand[c, 0],
                q0 * strand[a, 1] + q1 * strand[b, 1] + q2 * strand[c, 1],
                q0 * strand[a, 2] + q1 * strand[b, 2] + q2 * strand[c, 2],
                frequency,
                seed,
            )
            tint = (0.45 + 0.75 * min(1.0, max(0.0, value))) * (0.45 + 0.55 * height)
            vx, vy, vz = camera[0] - wx, camera[1] - wy, camera[2] - wz
            inv = 1.0 / np.sqrt(vx * vx + vy * vy + vz * vz)
            tv = (tx * vx + ty * vy + tz * vz) * inv
            sin_v = np.sqrt(max(0.0, 1.0 - tv * tv))
            er = q0 * sky[a, 0] + q1 * sky[b, 0] + q2 * sky[c, 0]
            eg = q0 * sky[a, 1] + q1 * sky[b, 1] + q2 * sky[c, 1]
            eb = q0 * sky[a, 2] + q1 * sky[b, 2] + q2 * sky[c, 2]
            shine = 0.018 * tint
            sr, sg, sb = er * shine, eg * shine, eb * shine
            for k in range(key_direction.shape[0]):
                lx, ly, lz = key_direction[k, 0], key_direction[k, 1], key_direction[k, 2]
                cos_l = nx * lx + ny * ly + nz * lz
                facing = smoothstep(-0.35, 0.6, cos_l)
                if facing <= 0.0:
                    continue
                lit = facing * shadow(shadow_maps, shadow_frames, k, shadow_half, 0.10, wx, wy, wz, nx, ny, nz, 0.08)
                tl = tx * lx + ty * ly + tz * lz
                sin_l = np.sqrt(max(0.0, 1.0 - tl * tl))
                diffuse = 0.8 * sin_l * lit
                er += key_colour[k, 0] * diffuse
                eg += key_colour[k, 1] * diffuse
                eb += key_colour[k, 2] * diffuse
                lobe = max(0.0, sin_l * sin_v - tl * tv)
                gleam = 0.05 * lobe**24 * lit * tint
                sr += key_colour[k, 0] * gleam
                sg += key_colour[k, 1] * gleam
                sb += key_colour[k, 2] * gleam
            out[row, col, 0] = colour[0] * tint * er + sr
            out[row, col, 1] = colour[1] * tint * eg + sg
            out[row, col, 2] = colour[2] * tint * eb + sb


@compiled
def lash_cover(pixels: Any, triangles: Any, cover: Any, strand: Any, near: Any, out: Any) -> None:
    """Darken `out` (h, w) 0..1 by the lash strips that lie in front of what `near` holds.

    Args:
        cover: (n,) 1 at the lid, 0 at the tips; strand: (n,) coordinate along the lid.
    """
    high, wide = near.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, w0 = pixels[a, 0], pixels[a, 1], pixels[a, 2]
        x1, y1, w1 = pixels[b, 0], pixels[b, 1], pixels[b, 2]
        x2, y2, w2 = pixels[c, 0], pixels[c, 1], pixels[c, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-9:
            continue
        left, right = max(0, int(np.ceil(min(x0, x1, x2) - 0.5))), min(wide - 1, int(np.floor(max(x0, x1, x2) - 0.5)))
        top, low = max(0, int(np.ceil(min(y0, y1, y2) - 0.5))), min(high - 1, int(np.floor(max(y0, y1, y2) - 0.5)))
        scale = 1.0 / area
        for y in range(top, low + 1):
            py = y + 0.5 - y0
            for x in range(left, right + 1):
                px = x + 0.5 - x0
                l1 = (px * (y2 - y0) - py * (x2 - x0)) * scale
                l2 = (py * (x1 - x0) - px * (y1 - y0)) * scale
                l0 = 1.0 - l1 - l2
                if l0 < 0.0 or l1 < 0.0 or l2 < 0.0 or l0 * w0 + l1 * w1 + l2 * w2 < near[y, x]:
                    continue
                root = l0 * cover[a] + l1 * cover[b] + l2 * cover[c]
                along = l0 * strand[a] + l1 * strand[b] + l2 * strand[c]
                hair = 0.5 + 0.5 * np.sin(along * 260.0)
                out[y, x] = max(out[y, x], root * root * (0.55 + 0.45 * hair))
