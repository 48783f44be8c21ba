"""Footprints with floors and heights: blocks by their use, hamlets along their lanes (metres)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Polygon, affinity

from .curves import rng_for
from .footprints import courtyard, ell, placed, slab
from .land import Land
from .network import Road
from .plans import PLANNERS, Plan, Rng
from .settlements import Hamlet
from .sites import Site


@dataclass(frozen=True, slots=True)
class Building:
    """height_m is None where the survey left it out; floors are always known."""

    polygon: Polygon
    floors: int
    height_m: float | None
    name: str


def lay_buildings(
    land: Land, roads: list[Road], sites: list[Site], hamlets: tuple[Hamlet, ...]
) -> list[Building]:
    """All buildings, none touching another, a carriageway or the water."""
    rng = rng_for(80)
    wanted = [b for site in sites for b in _on_block(site, rng)]
    wanted += [b for hamlet in hamlets for b in _along_lanes(hamlet, rng)]
    return _apart(wanted, land, roads)


def _on_block(site: Site, rng: Rng) -> Iterator[Building]:
    """The use's plans that fit the block, turned with its street."""
    middle = site.block.polygon.centroid
    turn = site.block.heading_deg
    room = affinity.rotate(site.block.free, -turn, origin=middle)
    room = affinity.translate(room, -middle.x, -middle.y).buffer(-1.0)
    shapely.prepare(room)
    for plan in PLANNERS[site.use](site, room, rng):
        here = affinity.translate(plan.shape, *plan.at)
        if room.contains(here):
            at = np.array(affinity.rotate(shapely.Point(plan.at), turn, origin=(0, 0)).coords[0])
            x, y = float(at[0] + middle.x), float(at[1] + middle.y)
            polygon = placed(plan.shape, (x, y), turn)
            yield _measured(polygon, plan, rng)


def _measured(polygon: Polygon, plan: Plan, rng: Rng) -> Building:
    height = plan.floors * plan.storey_m + rng.uniform(0.3, 1.4)
    is_known = rng.random() > 0.15
    return Building(polygon, plan.floors, round(float(height), 1) if is_known else None, plan.name)


def _along_lanes(hamlet: Hamlet, rng: Rng) -> Iterator[Building]:
    """Farmhouses on both sides of each lane, more or less aligned with it."""
    for lane in hamlet.lanes:
        for side in (-1, 1):
            s = float(rng.uniform(5, 12))
            while s < lane.length - 4:
                shape, width = _farmhouse(rng)
                here, ahead = lane.interpolate(s), lane.interpolate(min(s + 4, lane.length))
                back = lane.interpolate(s - 4)
                along = np.array([ahead.x - back.x, ahead.y - back.y])
                along /= np.hypot(*along)
                off = side * (3.0 + 8.2 + rng.uniform(0, 2.2))
                x, y = here.x - along[1] * off, here.y + along[0] * off
                turn = float(np.degrees(np.arctan2(along[1], along[0])) + rng.normal(0, 1.5))
                if rng.random() < 0.64:
                    plan = Plan(shape, (0, 0), int(rng.choice([1, 1, 2, 2, 2, 3])), 3.2)
                    yield _measured(placed(shape, (x, y), turn), plan, rng)
                s += width + float(rng.choice([2.0, 3.0, 8.0], p=[0.5, 0.35, 0.15]))


def _farmhouse(rng: Rng) -> tuple[Polygon, float]:
    width = float(rng.uniform(9.5, 13.5))
    kind = rng.random()
    if kind < 0.2:
        return ell(width, 13.5, 4.6, 6.5), width
    if kind < 0.27:
        return courtyard(width + 4, 14.5, 4.3), width + 4
    return slab(width, float(rng.uniform(8.5, 12.5))), width


def _apart(wanted: list[Building], land: Land, roads: list[Road]) -> list[Building]:
    """First come, first built: what would touch an earlier building or a road is left out."""
    polygons = np.array([b.polygon for b in wanted], dtype=object)
    paved = shapely.STRtree([r.line.buffer(r.half_width_m, cap_style="flat") for r in roads])
    on_road = np.unique(paved.query(polygons, predicate="intersects")[0])
    in_water = np.flatnonzero(shapely.intersects(land.water.buffer(12), polygons))
    outside = np.flatnonzero(~shapely.contains(land.outline, polygons))
    gone = set(on_road) | set(in_water) | set(outside)
    first, second = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=0.8)
    rivals: dict[int, list[int]] = {}
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        if b < a:
            rivals.setdefault(a, []).append(b)
    kept: set[int] = set()
    for k in range(len(wanted)):
        if k not in gone and not any(r in kept for r in rivals.get(k, ())):
            kept.add(k)
    return [wanted[k] for k in sorted(kept)]
