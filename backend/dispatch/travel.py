"""How long units take to a place: on the roads, else by the straight line, and then named so."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from ..basemap import routing
from ..basemap.routing import METRES_PER_DEGREE, WALKING_MPS, LonLat, Snap, Vehicle, Way

How = Literal["roads", "straight"]
Why = Literal["no_network", "no_pgrouting", "off_road", "target_off_road", "apart", "far", "near"]
"""Why no road was taken: there is none here or near the unit or target, they do not hang together,
there are nearer units and too many roads between, or the unit is nearer than any road."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a unit is, and how it gets along."""

    lon: float
    lat: float
    vehicle: Vehicle


@dataclass(frozen=True, slots=True)
class Journey:
    """From a unit to the target; `why` is None where it goes by road."""

    travel_s: float
    travel_m: float
    how: How
    why: Why | None = None


def travel_times(session: Session, origins: Sequence[Origin], target: LonLat) -> list[Journey]:
    """Return a journey for each origin, in their order.

    By road it is the walk to the road, the fastest way, and the walk from it. Where there is none
    it is the straight line at the vehicle's speed on a road of no known class: shorter than any
    way, and no promise. One call costs a pgRouting query for each kind of vehicle; of many units in
    a dense town those farther off are told by the straight line (`far`).
    """
    if not origins:
        return []
    absent = routing.missing(session)
    if absent is not None:
        return [_straight(session, origin, target, absent) for origin in origins]
    *starts, end = routing.snap(session, [*((o.lon, o.lat) for o in origins), target])
    found: list[Journey | None] = [None] * len(origins)
    asked: defaultdict[Vehicle, list[int]] = defaultdict(list)
    for n, (origin, start) in enumerate(zip(origins, starts, strict=True)):
        why = _obstacle(origin, start, end, target)
        if why is None:
            asked[origin.vehicle].append(n)
        else:
            found[n] = _straight(session, origin, target, why)
    for vehicle, rows in asked.items():
        known = [snap for n in rows if (snap := starts[n]) is not None]
        for n, journey in zip(rows, _by_road(session, vehicle, known, end), strict=True):
            found[n] = journey or _straight(session, origins[n], target, _lost(starts[n], end))
    return [journey for journey in found if journey is not None]


def _obstacle(origin: Origin, start: Snap | None, end: Snap | None, target: LonLat) -> Why | None:
    if end is None:
        return "target_off_road"
    if start is None:
        return "off_road"
    if straight_m((origin.lon, origin.lat), target) <= start.off_m + end.off_m:
        return "near"
    return None


def _lost(start: Snap | None, end: Snap | None) -> Why:
    return "far" if start and end and start.part == end.part else "apart"


def _by_road(
    session: Session, vehicle: Vehicle, starts: Sequence[Snap], end: Snap | None
) -> list[Journey | None]:
    """Ways from the target to the units are as long as those back: edges go both ways."""
    if end is None:
        return [None] * len(starts)
    found: list[Journey | None] = []
    for start, way in zip(starts, routing.ways(session, vehicle, end, starts), strict=True):
        found.append(None if way is None else _with_walks(way, start.off_m + end.off_m))
    return found


def _with_walks(way: Way, walk_m: float) -> Journey:
    return Journey(way.travel_s + walk_m / WALKING_MPS, way.travel_m + walk_m, "roads")


def _straight(session: Session, origin: Origin, target: LonLat, why: Why) -> Journey:
    length_m = straight_m((origin.lon, origin.lat), target)
    speed_mps = WALKING_MPS if why == "near" else routing.straight_mps(session, origin.vehicle)
    return Journey(length_m / speed_mps, length_m, "straight", why)


def straight_m(one: LonLat, other: LonLat) -> float:
    """Return the metres between two points, on the sphere."""
    (lon, lat), (lon_b, lat_b) = one, other
    rise = math.radians(lat_b - lat) / 2
    run = math.radians(lon_b - lon) / 2
    half = (
        math.sin(rise) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(lat_b)) * math.sin(run) ** 2
    )
    return 2 * math.degrees(math.asin(math.sqrt(half))) * METRES_PER_DEGREE
