"""Compiled kernels of the rasteriser: z-buffers, perspective-correct barycentrics, shadow maps, value noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """`function` as machine code, kept in numba's cache; `fastmath` because no kernel handles NaN or infinity."""
    jitted: F = numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)(function)
    return jitted


@compiled
def project(points: Any, focal: float, cx: float, cy: float, out: Any) -> None:
    """Camera space (n, 3), looking down -z, to pixels: `out` (n, 3) = x, y, 1 / depth."""
    for i in range(points.shape[0]):
        w = 1.0 / max(-points[i, 2], 1e-3)
        out[i, 0] = cx + focal * points[i, 0] * w
        out[i, 1] = cy - focal * points[i, 1] * w
        out[i, 2] = w


@compiled
def rasterise(pixels: Any, triangles: Any, first: int, two_sided: bool, near: Any, ids: Any, bary: Any) -> None:
    """Nearest triangle per pixel centre.

    Args:
        pixels: (n, 3) float32 from `project`.
        triangles: (t, 3) int32.
        first: number that `ids` gives to triangle 0.
        two_sided: whether triangles that face away are drawn too.
        near: (h, w) float32 inverse depth, 0 where empty; updated.
        ids: (h, w) int32, updated.
        bary: (h, w, 2) float32 perspective-correct weights of the second and third corner, updated.
    """
    high, wide = near.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, w0 = pixels[a, 0], pixels[a, 1], pixels[a, 2]
        x1, y1, w1 = pixels[b, 0], pixels[b, 1], pixels[b, 2]
        x2, y2, w2 = pixels[c, 0], pixels[c, 1], pixels[c, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        # y points down in pixels, so a triangle that faces the camera has negative area.
        if area == 0.0 or (area > 0.0 and not two_sided):
            continue
        left = max(0, int(np.ceil(min(x0, x1, x2) - 0.5)))
        right = min(wide - 1, int(np.floor(max(x0, x1, x2) - 0.5)))
        top = max(0, int(np.ceil(min(y0, y1, y2) - 0.5)))
        bottom = min(high - 1, int(np.floor(max(y0, y1, y2) - 0.5)))
        scale = 1.0 / area
        dx1, dx2 = (y2 - y0) * scale, (y0 - y1) * scale
        for y in range(top, bottom + 1):
            py = y + 0.5 - y0
            px = left + 0.5 - x0
            l1 = (px * (y2 - y0) - py * (x2 - x0)) * scale
            l2 = (py * (x1 - x0) - px * (y1 - y0)) * scale
            for x in range(left, right + 1):
                l0 = 1.0 - l1 - l2
                if l0 >= 0.0 and l1 >= 0.0 and l2 >= 0.0:
                    w = l0 * w0 + l1 * w1 + l2 * w2
                    if w > near[y, x]:
                        near[y, x] = w
                        ids[y, x] = first + t
                        bary[y, x, 0] = l1 * w1 / w
                        bary[y, x, 1] = l2 * w2 / w
                l1 += dx1
                l2 += dx2


@compiled
def depth_map(points: Any, triangles: Any, side: int, half: float, out: Any) -> None:
    """Orthographic depth towards +z: greatest z per texel of the square [-half, half], -1e3 where empty.

    Args:
        points: (n, 3) float32 in the light's frame, x right, y up, z towards the light.
        out: (side, side) float32.
    """
    out[:, :] = -1e3
    scale = side / (2.0 * half)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, z0 = (points[a, 0] + half) * scale, (points[a, 1] + half) * scale, points[a, 2]
        x1, y1, z1 = (points[b, 0] + half) * scale, (points[b, 1] + half) * scale, points[b, 2]
        x2, y2, z2 = (points[c, 0] + half) * scale, (points[c, 1] + half) * scale, points[c, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-9:
            continue
        left, right = max(0, int(np.ceil(min(x0, x1, x2) - 0.5))), min(side - 1, int(np.floor(max(x0, x1, x2) - 0.5)))
        low, top = max(0, int(np.ceil(min(y0, y1, y2) - 0.5))), min(side - 1, int(np.floor(max(y0, y1, y2) - 0.5)))
        scaled = 1.0 / area
        for y in range(low, top + 1):
            py = y + 0.5 - y0
            for x in range(left, right + 1):
                px = x + 0.5 - x0
                l1 = (px * (y2 - y0) - py * (x2 - x0)) * scaled
                l2 = (py * (x1 - x0) - px * (y1 - y0)) * scaled
                l0 = 1.0 - l1 - l2
                if l0 >= 0.0 and l1 >= 0.0 and l2 >= 0.0:
                    z = l0 * z0 + l1 * z1 + l2 * z2
                    out[y, x] = max(out[y, x], z)


@compiled
def visible(points: Any, side: int, half: float, bias: float, depth: Any, out: Any) -> None:
    """`out` (n,) 0..1: share of the four texels around each point that nothing nearer to the light covers."""
    scale = side / (2.0 * half)
    for i in range(points.shape[0]):
        x = (points[i, 0] + half) * scale - 0.5
        y = (points[i, 1] + half) * scale - 0.5
        ix, iy = int(np.floor(x)), int(np.floor(y))
        if ix < 0 or iy < 0 or ix >= side - 1 or iy >= side - 1:
            out[i] = 1.0
            continue
        fx, fy = x - ix, y - iy
        z = points[i, 2] + bias
        lit = 0.0
        lit += (1 - fx) * (1 - fy) * (1.0 if depth[iy, ix] < z else 0.0)
        lit += fx * (1 - fy) * (1.0 if depth[iy, ix + 1] < z else 0.0)
        lit += (1 - fx) * fy * (1.0 if depth[iy + 1, ix] < z else 0.0)
        lit += fx * fy * (1.0 if depth[iy + 1, ix + 1] < z else 0.0)
        out[i] = lit


@compiled
def vertex_normals(vertices: Any, triangles: Any, out: Any) -> None:
    """`out` (n, 3): area-weighted unit normals."""
    out[:, :] = 0.0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
        vx, vy, vz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for v in (a, b, c):
            out[v, 0] += nx
            out[v, 1] += ny
            out[v, 2] += nz
    for v in range(out.shape[0]):
        length = np.sqrt(out[v, 0] ** 2 + out[v, 1] ** 2 + out[v, 2] ** 2) + 1e-12
        out[v, 0] /= length
        out[v, 1] /= length
        out[v, 2] /= length


@compiled
def _lattice(x: int, y: int, z: int, seed: int) -> float:
    """A fixed pseudo-random number in [-1, 1] for a lattice point."""
    h = np.uint32(x) * np.uint32(0x8DA6B343) ^ np.uint32(y) * np.uint32(0xD8163841)
    h = h ^ np.uint32(z) * np.uint32(0xCB1AB31F) ^ np.uint32(seed) * np.uint32(0x9E3779B1)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    h = (h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39)
    h = h ^ (h >> np.uint32(15))
    return float(h & np.uint32(0xFFFFFF)) * (2.0 / 16777215.0) - 1.0


@compiled
def noise(x: float, y: float, z: float, seed: int) -> float:
    """Value noise on the unit lattice with smooth interpolation; about +-1, standard deviation near 0.35."""
    ix, iy, iz = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    fx, fy, fz = x - ix, y - iy, z - iz
    fx = fx * fx * (3 - 2 * fx)
    fy = fy * fy * (3 - 2 * fy)
    fz = fz * fz * (3 - 2 * fz)
    total = 0.0
    for k in range(2):
        wz = fz if k else 1 - fz
        a = _lattice(ix, iy, iz + k, seed) * (1 - fx) + _lattice(ix + 1, iy, iz + k, seed) * fx
        b = _lattice(ix, iy + 1, iz + k, seed) * (1 - fx) + _lattice(ix + 1, iy + 1, iz + k, seed) * fx
        total += wz * (a * (1 - fy) + b * fy)
    return total


@compiled
def smoothstep(low: float, high: float, x: float) -> float:
    """0 below `low`, 1 above `high`, a cubic between."""
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3 - 2 * t)
