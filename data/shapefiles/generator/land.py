"""The ground of the county: outline, river, brook and reservoir (local metres)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from .curves import Points, fractal, merged, rng_for, rounded, snapped

COUNTY_AREA_M2 = 526e6
HILLS_BEGIN_Y_M = -4500.0


@dataclass(frozen=True, slots=True)
class Land:
    """Where the county lies and where its water runs."""

    outline: Polygon
    river: LineString
    brook: LineString
    reservoir: Polygon
    water: BaseGeometry


def lay_land() -> Land:
    """The county's outline and waters; the outline holds COUNTY_AREA_M2."""
    outline = _outline()
    rng = rng_for(2)
    river = _stream(
        [
            *((-16500, -5200), (-11500, -3300), (-8200, -3200), (-4800, -1500), (-1500, -2300)),
            *((2200, -2000), (5200, -600), (8200, 600), (10800, 3400), (16500, 4800)),
        ],
        rng,
    )
    brook = _stream([(-900, -14500), (600, -11200), (1300, -8600), (300, -5200), (800, -2150)], rng)
    reservoir = _reservoir(brook, rng)
    banks = shapely.union_all([river.buffer(38), brook.buffer(9), reservoir])
    water = shapely.intersection(banks, outline)
    return Land(outline, river, brook, reservoir, water)


def is_hilly(x: float, y: float) -> bool:
    """South of a tilted line the hills begin: fewer and smaller villages."""
    return y < HILLS_BEGIN_Y_M + 0.12 * x


def _outline() -> Polygon:
    rng = rng_for(1)
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = np.full(turn.size, 1.0)
    for k in range(2, 8):
        radius += rng.normal(0, 0.24 / k) * np.cos(k * turn + rng.uniform(0, 2 * np.pi))
    ring = np.column_stack([1.03 * radius * np.cos(turn), 0.97 * radius * np.sin(turn)]) * 12_900
    line = fractal(np.vstack([ring, ring[:1]]), rng, roughness=0.13, step_m=300)
    rough = Polygon(rounded(line, 2)).simplify(2.0)
    scale = float(np.sqrt(COUNTY_AREA_M2 / rough.area))
    sized = shapely.transform(rough, lambda p: p * scale + np.array([-300.0, -500.0]))
    result = snapped(sized)
    assert isinstance(result, Polygon) and result.is_valid
    return result


def _stream(control: list[tuple[float, float]], rng: np.random.Generator) -> LineString:
    bends = fractal(np.array(control, dtype=float), rng, roughness=0.16, step_m=700)
    return LineString(rounded(bends, 3))


def _reservoir(brook: LineString, rng: np.random.Generator) -> Polygon:
    """A dammed valley: the brook's middle reach, swollen unevenly."""
    start = brook.project(Point(1300, -9300))
    reach = [brook.interpolate(start + s) for s in np.linspace(0, 1900, 12)]
    swell = [p.buffer(120 + 170 * i / 11 + rng.uniform(-40, 60)) for i, p in enumerate(reach)]
    body = merged([merged(swell).buffer(60).buffer(-60).simplify(6)])
    ring: Points = shapely.get_coordinates(body.exterior)
    return Polygon(fractal(ring, rng, roughness=0.08, step_m=45))
