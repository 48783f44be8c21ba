"""Ground that low buildings hide from a camera, as the outline of the swept footprint; kernels."""

from __future__ import annotations

import math
from typing import Any

from gis.compiled import compiled
from gis.obstacles import Floats, Ints, Walls
from gis.rastercasts import Casts
from gis.rasterfill import to_raster, with_room
from gis.star import Looks

_ENDLESS = 1e4  # a scale that carries a footprint 1 m away beyond any range in question


@compiled
def hidden_edges(
    walls: Walls, casts: Casts, who: tuple[int, Ints], edges: Floats
) -> tuple[Floats, int]:
    """Edges of the ground that low buildings, and the camera's own, hide; and how many.

    `who` is the pose and the low buildings in its range; `edges` is room to write in.
    """
    i, low_buildings = who
    x, y, height, n = casts.looks.x[i], casts.looks.y[i], casts.height_m[i], 0
    for b in low_buildings:
        if _is_beside(walls.bounds[b], casts.looks, i):
            continue
        ratio = (height - casts.target_m) / (height - walls.height_m[b])
        near, far = (1.0, ratio) if height > casts.target_m else (ratio, _ENDLESS)
        edges = with_room(edges, n + 3 * (walls.edge_starts[b + 1] - walls.edge_starts[b]) + 3)
        n = _add_swept(walls, b, (x, y, near, far), edges, n)
    own = casts.looks.own[i]
    if own >= 0:
        edges = with_room(edges, n + 3 * (walls.edge_starts[own + 1] - walls.edge_starts[own]) + 3)
        n = _add_swept(walls, own, (x, y, 1.0, 1.0), edges, n)
    return edges, n


@compiled
def _add_swept(
    walls: Walls, building: int, sweep_of: tuple[float, float, float, float], edges: Floats, n: int
) -> int:
    """Outline of a footprint swept from scale `near` to `far` about the camera.

    It winds once or more round all the ground swept: a wall that faces away is drawn at `far`,
    any other at `near`, and lines join them where the two kinds meet. `gis.shadows` takes the
    same figure in pieces.
    """
    x, y, near, far = sweep_of
    was_away, last_x, last_y = False, 0.0, 0.0
    for e in range(walls.edge_starts[building], walls.edge_starts[building + 1]):
        ax, ay, bx, by = walls.x0[e] - x, walls.y0[e] - y, walls.x1[e] - x, walls.y1[e] - y
        # Twice the triangle's area in m2; a thinner one hides nothing.
        is_away = ax * by - ay * bx > 1e-9
        follows = was_away and is_away and ax == last_x and ay == last_y
        if was_away and not follows:
            n = _draw(edges, n, (x, y), (far * last_x, far * last_y, near * last_x, near * last_y))
        if is_away and not follows:
            n = _draw(edges, n, (x, y), (near * ax, near * ay, far * ax, far * ay))
        scale = far if is_away else near
        n = _draw(edges, n, (x, y), (scale * ax, scale * ay, scale * bx, scale * by))
        was_away, last_x, last_y = is_away, bx, by
    if was_away:
        n = _draw(edges, n, (x, y), (far * last_x, far * last_y, near * last_x, near * last_y))
    return n


@compiled
def _draw(
    edges: Floats,
    n: int,
    origin: tuple[float, float],
    edge: tuple[float, float, float, float],
) -> int:
    x, y = origin
    edges[n, 0], edges[n, 1] = to_raster(x + edge[0], y + edge[1])
    edges[n, 2], edges[n, 3] = to_raster(x + edge[2], y + edge[3])
    return n + 1


@compiled
def _is_beside(bounds: Any, looks: Looks, i: int) -> bool:
    """Whether a box lies wholly left or right of the field; its shadow then does too."""
    half_deg = 0.5 * looks.fov_deg[i]
    if half_deg >= 90.0:
        return False
    middle_x, middle_y = (bounds[0] + bounds[2]) / 2.0, (bounds[1] + bounds[3]) / 2.0
    half_x, half_y = (bounds[2] - bounds[0]) / 2.0, (bounds[3] - bounds[1]) / 2.0
    dx, dy = middle_x - looks.x[i], middle_y - looks.y[i]
    for side in (-1.0, 1.0):
        angle = math.radians(looks.azimuth_deg[i] + side * half_deg)
        # side * (east, north) x (border) grows towards the inside of the field.
        nx, ny = -side * math.cos(angle), side * math.sin(angle)
        if nx * dx + ny * dy + abs(nx) * half_x + abs(ny) * half_y < 0.0:
            return True
    return False
