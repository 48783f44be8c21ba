"""Rings of visible ground, read off tied knots or a bare front; metres in the plane.

Kernels only: `gis.groundsweep` fills them, `gis.ringshapes` makes geometries of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.knots import Knots
from gis.obstacles import Floats, Ints
from gis.slabs import Cloth, is_narrow
from gis.star import SAME_POINT_M


class Rings(NamedTuple):
    """Closed rings one after another, those of a polygon together and its shell first."""

    xy: Floats
    #: Ring r is xy[starts[r]:starts[r + 1]].
    starts: Ints
    #: Polygon of each ring, ascending; look of each polygon; counts of rings and polygons.
    polygon: Ints
    look: Ints
    #: Polygons that rounding may have made invalid.
    is_doubtful: NDArray[np.bool_]
    n_rings: int
    n_polygons: int


@compiled
def new_rings(n: int) -> Rings:
    """Room for `n` vertices, and as many rings."""
    starts, whole = np.zeros(n + 1, np.int32), np.empty((2, n), np.int32)
    return Rings(np.empty((n, 2)), starts, whole[0], whole[1], np.empty(n, np.bool_), 0, 0)


@compiled
def with_rings(rings: Rings, more: int) -> Rings:
    """The same with room for `more` vertices."""
    used = rings.starts[rings.n_rings]
    if used + more <= len(rings.xy):
        return rings
    larger = new_rings(2 * (used + more))
    n, m = rings.n_rings, rings.n_polygons
    larger.xy[:used] = rings.xy[:used]
    larger.starts[: n + 1], larger.polygon[:n] = rings.starts[: n + 1], rings.polygon[:n]
    larger.look[:m] = rings.look[:m]
    larger.is_doubtful[:m] = rings.is_doubtful[:m]
    return _counted(larger, n, m)


@compiled
def _counted(rings: Rings, n_rings: int, n_polygons: int) -> Rings:
    return Rings(
        rings.xy,
        rings.starts,
        rings.polygon,
        rings.look,
        rings.is_doubtful,
        n_rings,
        n_polygons,
    )


@compiled
def draw_star(cloth: Cloth, n: int, rings: Rings, look: int) -> Rings:
    """Add the ground before a front that nothing interrupts: one ring through the camera's foot."""
    rings = with_rings(rings, 2 * n + 3)
    xy, eye = rings.xy, cloth.eye
    start = rings.starts[rings.n_rings]
    used, is_doubtful = start, False
    for k in range(2 * n):
        strand = cloth.strands[k // 2]
        is_doubtful = is_doubtful or is_narrow(strand.hi - strand.lo)
        m, w = (strand.lo, strand.w_lo) if k % 2 == 0 else (strand.hi, strand.w_hi)
        u = 1.0 / w
        v = m * u
        x = eye.x + u * eye.heading_x - v * eye.heading_y
        y = eye.y + u * eye.heading_y + v * eye.heading_x
        if used == start or not _is_same(xy, used - 1, x, y):
            xy[used, 0], xy[used, 1] = x, y
            used += 1
    xy[used, 0], xy[used, 1] = cloth.foot_x, cloth.foot_y
    used += 1
    if used - start < 3:
        return rings
    xy[used] = xy[start]
    r, p = rings.n_rings, rings.n_polygons
    rings.polygon[r], rings.look[p], rings.starts[r + 1] = p, look, used + 1
    rings.is_doubtful[p] = is_doubtful
    return _counted(rings, r + 1, p + 1)


@compiled
def unravel(knots: Knots, n: int, rings: Rings, whose: tuple[int, bool]) -> Rings:
    """Add the rings of tied knots as the polygons of one look."""
    whole, area, n_rings = np.empty((3, n), np.int32), np.empty(n), 0
    ring_of, first, link = whole[0], whole[1], whole[2]
    ring_of[:] = -1
    for v in range(n):
        if ring_of[v] >= 0:
            continue
        first[n_rings] = v
        area[n_rings], link[n_rings] = _follow(knots, v, (ring_of, n_rings))
        n_rings += 1
    rings = with_rings(rings, n + n_rings)
    for shell in range(n_rings):
        if area[shell] <= 0.0:
            continue
        rings, is_kept = _write(knots, first[shell], rings)
        if not is_kept:
            continue
        rings.look[rings.n_polygons], rings.is_doubtful[rings.n_polygons] = whose
        for hole in range(n_rings):
            if area[hole] < 0.0 and _shell_of(hole, area, link, ring_of) == shell:
                rings, _ = _write(knots, first[hole], rings)
        rings = _counted(rings, rings.n_rings, rings.n_polygons + 1)
    return rings


@compiled
def _follow(knots: Knots, v: int, label: tuple[Ints, int]) -> tuple[float, int]:
    """Mark a ring's knots; its area (a hole's is negative), and a knot of what lies beyond it."""
    ring_of, ring = label
    x, y, twice, best, link = knots[v].x, knots[v].y, 0.0, -1, -1
    p = v
    while ring_of[p] < 0:
        ring_of[p] = ring
        # The outermost of the knots on the ring's first ray: so links never run in a circle.
        if knots[p].beyond >= 0 and (
            best < 0
            or knots[p].ray < knots[best].ray
            or (knots[p].ray == knots[best].ray and p > best)
        ):
            best, link = p, knots[p].beyond
        q = knots[p].after
        twice += (knots[p].x - x) * (knots[q].y - y) - (knots[p].y - y) * (knots[q].x - x)
        p = q
    return 0.5 * twice, link


@compiled
def _shell_of(ring: int, area: Floats, link: Ints, ring_of: Ints) -> int:
    while ring >= 0 and area[ring] <= 0.0:
        ring = ring_of[link[ring]] if link[ring] >= 0 else -1
    return ring


@compiled
def _write(knots: Knots, v: int, rings: Rings) -> tuple[Rings, bool]:
    """Add one closed ring without repeated points; False, and nothing, if no ground is left."""
    start = rings.starts[rings.n_rings]
    used, p = start, v
    while p != v or used == start:
        x, y = knots[p].x, knots[p].y
        if used == start or not _is_same(rings.xy, used - 1, x, y):
            rings.xy[used, 0], rings.xy[used, 1] = x, y
            used += 1
        p = knots[p].after
    while used - start > 1 and _is_same(
        rings.xy, start, rings.xy[used - 1, 0], rings.xy[used - 1, 1]
    ):
        used -= 1
    if used - start < 3:
        return rings, False
    rings.xy[used] = rings.xy[start]
    rings.polygon[rings.n_rings] = rings.n_polygons
    rings.starts[rings.n_rings + 1] = used + 1
    return _counted(rings, rings.n_rings + 1, rings.n_polygons), True


@compiled
def _is_same(xy: Floats, k: int, x: float, y: float) -> bool:
    dx, dy = xy[k, 0] - x, xy[k, 1] - y
    return bool(dx * dx + dy * dy <= SAME_POINT_M * SAME_POINT_M)
