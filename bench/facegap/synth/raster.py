"""Compiled kernels of the rasteriser: z-buffers, perspective-correct barycentrics, shadow maps, value noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from facegap import compiled as code

# Fast-math, because no kernel handles NaN or infinity.
compiled = code.compiled(error_model="numpy", fastmath=True)


@compiled
def project(points: Any, focal: float, cx: float, cy: float, out: Any) -> None:
    """Camera space (n, 3), looking down -z, to pixels: `out` (n, 3) = x, y, 1 / depth."""
    for i in range(points.shape[0]):
        w = 1.0 / max(-points[i, 2], 1e-3)
        out[i, 0] = cx + focal * points[i, 0] * w
        out[i, 1] = cy - focal * points[i, 1] * w
        out[i, 2] = w


@compiled
def box(pixels: Any, corners: Any, wide: int, high: int) -> tuple[float, int, int, int, int]:
    """Twice the signed area of a triangle, and the first and last column and row whose centres it can cover.

    `pixels` are (n, 3) from `project`, `corners` the triangle's (3,) rows of them.
    """
    x0, y0 = pixels[corners[0], 0], pixels[corners[0], 1]
    x1, y1 = pixels[corners[1], 0], pixels[corners[1], 1]
    x2, y2 = pixels[corners[2], 0], pixels[corners[2], 1]
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    left, right = max(0, int(np.ceil(min(x0, x1, x2) - 0.5))), min(wide - 1, int(np.floor(max(x0, x1, x2) - 0.5)))
    top, low = max(0, int(np.ceil(min(y0, y1, y2) - 0.5))), min(high - 1, int(np.floor(max(y0, y1, y2) - 0.5)))
    return area, left, right, top, low


@compiled
def weights(pixels: Any, corners: Any, area: float, x: float, y: float) -> tuple[float, float]:
    """Barycentric weights of the second and third corner at a point; it lies inside where all three are >= 0.

    `pixels` (n, 3), `corners` (3,) and `area` are those of `box`.
    """
    x0, y0 = pixels[corners[0], 0], pixels[corners[0], 1]
    x1, y1 = pixels[corners[1], 0] - x0, pixels[corners[1], 1] - y0
    x2, y2 = pixels[corners[2], 0] - x0, pixels[corners[2], 1] - y0
    px, py = x - x0, y - y0
    return (px * y2 - py * x2) / area, (py * x1 - px * y1) / area


@compiled
def mean1(values: Any, column: int, corners: Any, q1: float, q2: float) -> float:
    """One column of (n, c) values, interpolated between the (3,) corners."""
    a, b, c = values[corners[0], column], values[corners[1], column], values[corners[2], column]
    return float(a + q1 * (b - a) + q2 * (c - a))


@compiled
def mean3(values: Any, corners: Any, q1: float, q2: float) -> tuple[float, float, float]:
    """The first three columns of (n, c) values, likewise."""
    return (
        mean1(values, 0, corners, q1, q2),
        mean1(values, 1, corners, q1, q2),
        mean1(values, 2, corners, q1, q2),
    )


@compiled
def rasterise(pixels: Any, triangles: Any, first: int, near: Any, ids: Any, bary: Any) -> None:
    """Nearest triangle that faces the camera, per pixel centre.

    Args:
        pixels: (n, 3) float32 from `project`.
        triangles: (t, 3) int32.
        first: number that `ids` gives to triangle 0.
        near: (h, w) float32 inverse depth, 0 where empty; updated.
        ids: (h, w) int32, updated.
        bary: (h, w, 2) float32 perspective-correct weights of the second and third corner, updated.
    """
    for t in range(triangles.shape[0]):
        corners = triangles[t]
        area, left, right, top, low = box(pixels, corners, near.shape[1], near.shape[0])
        # y points down in pixels, so a triangle that faces the camera has negative area.
        if area >= 0.0:
            continue
        for y in range(top, low + 1):
            for x in range(left, right + 1):
                l1, l2 = weights(pixels, corners, area, x + 0.5, y + 0.5)
                if l1 < 0.0 or l2 < 0.0 or l1 + l2 > 1.0:
                    continue
                w = mean1(pixels, 2, corners, l1, l2)
                if w > near[y, x]:
                    near[y, x] = w
                    ids[y, x] = first + t
                    bary[y, x, 0] = l1 * pixels[corners[1], 2] / w
                    bary[y, x, 1] = l2 * pixels[corners[2], 2] / w


@compiled
def depth_map(points: Any, triangles: Any, half: float, out: Any) -> None:
    """Orthographic depth towards +z: greatest z per texel of the square [-half, half], -1e3 where empty.

    Args:
        points: (n, 3) float32 in the light's frame, x right, y up, z towards the light.
        triangles: (t, 3) int32.
        out: (side, side) float32.
    """
    side = out.shape[0]
    out[:, :] = -1e3
    texels = np.empty_like(points)
    for i in range(points.shape[0]):
        texels[i, 0] = (points[i, 0] + half) * side / (2.0 * half)
        texels[i, 1] = (points[i, 1] + half) * side / (2.0 * half)
        texels[i, 2] = points[i, 2]
    for t in range(triangles.shape[0]):
        corners = triangles[t]
        area, left, right, low, top = box(texels, corners, side, side)
        if abs(area) < 1e-9:
            continue
        for y in range(low, top + 1):
            for x in range(left, right + 1):
                l1, l2 = weights(texels, corners, area, x + 0.5, y + 0.5)
                if l1 >= 0.0 and l2 >= 0.0 and l1 + l2 <= 1.0:
                    out[y, x] = max(out[y, x], mean1(texels, 2, corners, l1, l2))


@compiled
def visible(points: Any, half: float, bias: float, depth: Any, out: Any) -> None:
    """`out` (n,) 0..1: share of the four texels around each point that nothing nearer to the light covers.

    `points` (n, 3) and `half` are as for `depth_map`, `depth` (side, side) is from there.
    """
    side = depth.shape[0]
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
        for j in range(2):
            for k in range(2):
                share = (fx if k else 1 - fx) * (fy if j else 1 - fy)
                lit += share if depth[iy + j, ix + k] < z else 0.0
        out[i] = lit


@compiled
def vertex_normals(vertices: Any, triangles: Any, out: Any) -> None:
    """`out` (n, 3): area-weighted unit normals of (n, 3) vertices and (t, 3) triangles."""
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
    return float(total)


@compiled
def smoothstep(low: float, high: float, x: float) -> float:
    """0 below `low`, 1 above `high`, a cubic between."""
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return float(t * t * (3 - 2 * t))
