"""The fastest ways on the road network, by pgRouting: how long they take, and where they lead.

A spot beside a road starts on the nearest edge, after the walk to it. Roads are passable both ways,
and a crossing is where they cross on the map: neither one-way streets nor bridges are known.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from ..settings import load

Vehicle = Literal["foot", "ebike", "motorcycle", "car"]
LonLat = tuple[float, float]

WALKING_MPS = 1.3
"""Between a spot and its road everybody walks."""

LEAST_PART_M = 1000.0
"""A shorter piece of road that hangs together with nothing leads nowhere."""

METRES_PER_DEGREE = 111_195.0
"""Of latitude, on the sphere of 6,371 km."""

MOST_EDGES = 20_000
"""Of a box: pgRouting reads some 500 of them in a millisecond."""

LEAST_SOUGHT = 5
"""The nearest ends are looked for whatever it costs."""

_MARGIN_M = 1500.0
_WIDER = 4.0

_STATE = text(
    "SELECT CASE WHEN NOT EXISTS (SELECT FROM road_edges) THEN 'no_network'"
    " WHEN NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pgrouting')"
    "  THEN 'no_pgrouting' END"
)
_SPEED = text("SELECT speed_mps FROM road_speeds WHERE vehicle = :vehicle AND road_class = 'other'")


@dataclass(frozen=True, slots=True)
class Snap:
    """A spot's place on the network: how far along which edge, and how far beside it."""

    edge_id: int
    fraction: float
    off_m: float
    part: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Way:
    """How long the fastest way takes and how long it is, on the roads alone."""

    travel_s: float
    travel_m: float


def missing(session: Session) -> Literal["no_network", "no_pgrouting"] | None:
    """Return why no way can be found on roads here, None where it can."""
    found: Literal["no_network", "no_pgrouting"] | None = session.scalar(_STATE)
    return found


def straight_mps(session: Session, vehicle: Vehicle) -> float:
    """Return the speed by which a straight line is judged: that on roads of no known class."""
    return float(session.execute(_SPEED, {"vehicle": vehicle}).scalar_one())


def snap(session: Session, spots: Sequence[LonLat]) -> list[Snap | None]:
    """Return each spot's place on the network, None beyond `roads.off_road_m` of any road."""
    found: list[Snap | None] = [None] * len(spots)
    asked = {
        "lons": [lon for lon, _ in spots],
        "lats": [lat for _, lat in spots],
        "least_part_m": LEAST_PART_M,
        "off_road_m": load().roads.off_road_m,
        "metres": METRES_PER_DEGREE,
    }
    for row in session.execute(_question("roads_snap"), asked):
        found[row.n - 1] = Snap(row.id, row.fraction, row.off_m, row.part, row.lon, row.lat)
    return found


def ways(session: Session, vehicle: Vehicle, start: Snap, ends: Sequence[Snap]) -> list[Way | None]:
    """Return the fastest way from `start` to each end; None where none leads there, or it is far.

    What is read of the network is a box round the spots, and a wider one for ends that were not
    reached in it although they hang together with the start. A box of more than `MOST_EDGES` is
    not read: of many ends the farther ones are then left out.
    """
    found: list[Way | None] = [None] * len(ends)
    wanted = _affordable(session, start, ends)
    for margin in (1.0, _WIDER):
        spots = [start, *(ends[n] for n in wanted)]
        if not wanted or (margin > 1.0 and not _is_affordable(session, spots, margin)):
            break
        reached = _ways_within(session, vehicle, start, spots[1:], margin)
        for n, way in zip(wanted, reached, strict=True):
            found[n] = way
        wanted = [n for n in wanted if found[n] is None]
    return found


def _affordable(session: Session, start: Snap, ends: Sequence[Snap]) -> list[int]:
    """Return the rows of ends that hang together with the start and are near enough, near first."""
    rows = [n for n, end in enumerate(ends) if end.part == start.part]
    rows.sort(key=lambda n: math.hypot(ends[n].lon - start.lon, ends[n].lat - start.lat))
    while len(rows) > LEAST_SOUGHT:
        if _is_affordable(session, [start, *(ends[n] for n in rows)], 1.0):
            break
        rows = rows[: max(LEAST_SOUGHT, len(rows) // 2)]
    return rows


def _is_affordable(session: Session, spots: Sequence[Snap], margin: float) -> bool:
    box = box_round(spots, margin)
    counted = text(
        "SELECT count(*) FROM (SELECT FROM road_edges"  # noqa: S608  numbers alone
        f" WHERE geom && {box} LIMIT {MOST_EDGES + 1}) e"
    )
    return int(session.scalar(counted) or 0) <= MOST_EDGES


def _ways_within(
    session: Session, vehicle: Vehicle, start: Snap, ends: Sequence[Snap], margin: float
) -> list[Way | None]:
    spots = [start, *ends]
    asked = {
        "edges": edges_within(vehicle, spots, margin),
        "points": points_of(spots),
        "ends": [-number for number in range(2, len(spots) + 1)],
        "vehicle": vehicle,
    }
    found: list[Way | None] = [Way(0.0, 0.0) if _is_same(start, end) else None for end in ends]
    for row in session.execute(_question("roads_ways"), asked):
        found[-row.end_pid - 2] = Way(row.travel_s, row.travel_m)
    return found


def _is_same(one: Snap, other: Snap) -> bool:
    return one.edge_id == other.edge_id and _inside(one.fraction) == _inside(other.fraction)


def edges_within(vehicle: Vehicle, spots: Sequence[Snap], margin: float) -> str:
    """Return the inner query of pgRouting: edges of a box with seconds, for one vehicle."""
    if vehicle not in get_args(Vehicle):
        raise ValueError(vehicle)  # it becomes part of a statement
    return (
        "SELECT e.id, e.source, e.target, e.length_m / s.speed_mps AS cost"  # noqa: S608
        f" FROM road_edges e JOIN road_speeds s ON s.vehicle = '{vehicle}'"
        f" AND s.road_class = e.road_class WHERE e.geom && {box_round(spots, margin)}"
    )


def box_round(spots: Sequence[Snap], margin: float = 1.0) -> str:
    """Return the box in which ways between spots are sought, as SQL."""
    lons, lats = [spot.lon for spot in spots], [spot.lat for spot in spots]
    across = max(max(lons) - min(lons), max(lats) - min(lats))
    wide = margin * (_MARGIN_M / METRES_PER_DEGREE + 0.25 * across)
    box = (min(lons) - wide, min(lats) - wide, max(lons) + wide, max(lats) + wide)
    west, south, east, north = (f"{side:.7f}" for side in box)
    return f"ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326)"


def points_of(spots: Sequence[Snap]) -> str:
    """Return the spots as pgRouting takes points: numbers from 1 on."""
    rows = ", ".join(
        f"({number}, {spot.edge_id}::bigint, {_inside(spot.fraction):.9f}::float8)"
        for number, spot in enumerate(spots, start=1)
    )
    return f"SELECT pid, edge_id, fraction FROM (VALUES {rows}) p(pid, edge_id, fraction)"  # noqa: S608


def _inside(fraction: float) -> float:
    """Keep a point off the ends of its edge, where pgRouting takes none."""
    return round(min(max(fraction, 1e-6), 1.0 - 1e-6), 9)


@cache
def _question(name: str) -> TextClause:
    return text((files("backend") / "queries" / f"{name}.sql").read_text("utf-8"))
