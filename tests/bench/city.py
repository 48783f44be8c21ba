"""A made-up city of a given size: footprints with heights and cameras, the same for a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class City:
    """Plane metres, origin in the south-west corner."""

    polygons: NDArray[np.object_]
    heights_m: Floats
    ids: NDArray[np.int64]
    x: Floats
    y: Floats
    azimuth_deg: Floats
    fov_deg: Floats
    range_m: Floats
    camera_height_m: Floats


def make_city(
    *, n_buildings: int = 40_000, n_cameras: int = 10_000, side_m: float = 10_000.0, seed: int = 7
) -> City:
    """Interior-disjoint buildings, one in each lot, and cameras in the open beside them.

    Lots are squares with streets round every block of 4 x 4. A footprint is a turned box, an L
    or a box with a courtyard, within its own lot. A fifth of the cameras hang on a wall.
    """
    rng = np.random.default_rng(seed)
    polygons = _footprints(rng, n_buildings, side_m)
    heights = np.clip(rng.lognormal(2.3, 0.7, n_buildings), 3.0, 100.0).round(1)
    x, y, azimuth = _cameras(rng, polygons, n_cameras)
    return City(
        polygons,
        heights,
        np.arange(1, n_buildings + 1, dtype=np.int64),
        x,
        y,
        azimuth,
        np.full(n_cameras, 90.0),
        np.full(n_cameras, 150.0),
        np.round(rng.uniform(3.5, 9.0, n_cameras), 1),
    )


def _footprints(rng: np.random.Generator, n: int, side_m: float) -> NDArray[np.object_]:
    per_row = int(np.ceil(np.sqrt(n)))
    lot_m = side_m / (per_row * 1.25)
    index = rng.permutation(per_row * per_row)[:n]
    col, row = index % per_row, index // per_row
    # A street as wide as a lot after every fourth lot.
    cx = (col + col // 4 + 0.5) * lot_m
    cy = (row + row // 4 + 0.5) * lot_m
    half_w, half_d = (rng.uniform(0.18, 0.36, n) * lot_m for _ in range(2))
    turn = np.where(rng.random(n) < 0.7, 0.0, rng.uniform(-0.35, 0.35, n))
    kinds = rng.choice(3, n, p=[0.55, 0.35, 0.10])
    shapes = np.empty(n, dtype=object)
    for i in range(n):
        shell, holes = _outline(kinds[i], half_w[i], half_d[i])
        place = (cx[i], cy[i], turn[i])
        shapes[i] = shapely.Polygon(_placed(shell, place), [_placed(h, place) for h in holes])
    return shapes


def _outline(kind: int, w: float, d: float) -> tuple[Floats, list[Floats]]:
    box = np.array([[-w, -d], [w, -d], [w, d], [-w, d]])
    if kind == 1:
        corner = [[-w, -d], [w, -d], [w, 0.1 * d], [0.1 * w, 0.1 * d], [0.1 * w, d], [-w, d]]
        return np.array(corner), []
    return box, [0.5 * box[::-1]] if kind == 2 else []


def _placed(points: Floats, place: tuple[float, float, float]) -> Floats:
    cx, cy, turn = place
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    moved: Floats = np.round(points @ rotation + (cx, cy), 3)
    return moved


def _cameras(
    rng: np.random.Generator, polygons: NDArray[np.object_], n: int
) -> tuple[Floats, Floats, Floats]:
    """Cameras 5 cm to 12 m off a random wall; those on a wall look away from it."""
    built = polygons[rng.integers(0, len(polygons), 4 * n)]
    along = shapely.line_interpolate_point(
        shapely.get_exterior_ring(built), rng.random(4 * n), normalized=True
    )
    foot = shapely.get_coordinates(along)
    away = foot - shapely.get_coordinates(shapely.centroid(built))
    away /= np.hypot(away[:, 0], away[:, 1])[:, None]
    is_on_wall = rng.random(4 * n) < 0.2
    off_m = np.where(is_on_wall, 0.05, rng.uniform(1.0, 12.0, 4 * n))
    spots = np.round(foot + off_m[:, None] * away, 3)
    tree = shapely.STRtree(polygons)
    covered = tree.query(shapely.points(spots), predicate="dwithin", distance=0.01)[0]
    is_free = np.ones(4 * n, dtype=bool)
    is_free[covered] = False
    chosen = np.flatnonzero(is_free)[:n]
    outwards = np.degrees(np.arctan2(away[chosen, 0], away[chosen, 1])) % 360.0
    azimuth = np.where(is_on_wall[chosen], outwards, rng.uniform(0.0, 360.0, len(chosen)))
    return spots[chosen, 0].copy(), spots[chosen, 1].copy(), azimuth
