"""Natural villages (自然村): where they lie and how their lanes run (metres)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Point

from .curves import Points, fractal, rng_for, rounded, turned
from .land import Land, is_hilly
from .towns import Town

PLAIN_SPACING_M = 1400.0
HILL_SPACING_M = 2050.0


@dataclass(frozen=True, slots=True)
class Hamlet:
    """One natural village: its lanes, the first of which passes the middle."""

    at: tuple[float, float]
    heading_deg: float
    lanes: tuple[LineString, ...]


def lay_hamlets(land: Land, towns: tuple[Town, ...]) -> tuple[Hamlet, ...]:
    """Hamlets spread by minimum spacing, off the water and clear of the towns."""
    rng = rng_for(30)
    room = land.outline.buffer(-330).difference(land.water.buffer(170))
    room = room.difference(shapely.union_all([t.hull.buffer(420) for t in towns]))
    shapely.prepare(room)
    left, bottom, right, top = land.outline.bounds
    kept: list[tuple[float, float]] = []
    for x, y in rng.uniform((left, bottom), (right, top), (6000, 2)):
        spacing = HILL_SPACING_M if is_hilly(x, y) else PLAIN_SPACING_M
        is_apart = all(np.hypot(x - a, y - b) > spacing for a, b in kept)
        if is_apart and room.contains(Point(x, y)):
            kept.append((float(x), float(y)))
    return tuple(_hamlet(at, rng) for at in kept)


def _hamlet(at: tuple[float, float], rng: np.random.Generator) -> Hamlet:
    hilly = is_hilly(*at)
    # Houses face south, so lanes run more or less east-west.
    heading = float(rng.normal(0, 22 if hilly else 9))
    length = float(rng.uniform(90, 200) if hilly else rng.uniform(130, 300))
    count = int(rng.integers(1, 3) if hilly else rng.integers(2, 5))
    offsets = np.array([0, 47, -47, 94][:count])
    lanes = [_lane(length * rng.uniform(0.7, 1.1), float(v), rng) for v in offsets]
    if count > 1:
        ends = [(rng.uniform(-8, 8), float(offsets.min())), (0, 0), (0, float(offsets.max()))]
        lanes.append(np.array(sorted(set(ends), key=lambda p: p[1])))
    placed = tuple(LineString(turned(lane, heading) + at) for lane in lanes)
    return Hamlet(at, heading, placed)


def _lane(length: float, v: float, rng: np.random.Generator) -> Points:
    west, east = -length * rng.uniform(0.4, 0.6), length * rng.uniform(0.4, 0.6)
    ends = np.array([[west, v + rng.normal(0, 3)], [0, v], [east, v + rng.normal(0, 3)]])
    return rounded(fractal(ends, rng, roughness=0.015, step_m=70), 1)
