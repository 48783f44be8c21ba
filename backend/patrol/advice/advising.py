"""The loop that clears overdue grids for a unit: entries -> distances -> order -> course."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gis.frame import LocalFrame, frame_for
from gis.patrolloop import Loop, shortest_loop

from ...access import Principal
from ...basemap import routing, shortest
from ...errors import Refused
from ...settings import load
from ..units.schemas import UnitRow
from . import entries, legs
from .entries import Entry
from .overdue import MOST_GRIDS, Wanted, named, nearest_first, overdue
from .schemas import LeftOutWhy, LoopAnswer, LoopLeftOut, LoopLegs, LoopOrder, LoopStop

Floats = NDArray[np.float64]
Why = Literal["no_network", "no_pgrouting", "off_road"]

_ONE_SEARCH = threading.BoundedSemaphore(1)
"""A search takes a core for seconds: those who ask at once take turns."""


class UnitNowhere(Refused):
    code = "advice.unit_nowhere"
    zh = "力量 {unit} 不在岗或没有位置，无法从它出发规划路线。"
    en = "Unit {unit} is off duty or has no position: there is nowhere to start from."


@dataclass(frozen=True, slots=True)
class _Land:
    """The question in metres: the start, the grids to be entered, and those left out."""

    unit: UnitRow
    frame: LocalFrame
    start: Entry
    wanted: tuple[Wanted, ...]
    left_out: tuple[tuple[Wanted, LeftOutWhy], ...]
    why: Why | None


def advise(session: Session, unit: UnitRow, order: LoopOrder, *, by: Principal) -> LoopAnswer:
    """Return the shortest loop from where a unit is through the grids in question.

    Raises
    ------
    UnitNowhere
        If the unit shows no place.
    NotFound
        If a grid named is not there.

    """
    if unit.position is None:
        raise UnitNowhere(unit=unit.code)
    if order.grids is None:
        wanted = overdue(session, unit, by=by)
    else:
        wanted = named(session, order.grids, by=by)
    land = _land_of(session, unit, wanted)
    land, spots = _entries(session, land)
    distance_m, land, spots = _distances(session, land, spots)
    group = np.array([-1, *(spot.group for spot in spots[1:])])
    with _ONE_SEARCH:
        loop = shortest_loop(
            distance_m, group, returns=order.returns, seconds=load().roads.advice_s
        )
    return _answer(session, land, spots, loop, order)


def _land_of(session: Session, unit: UnitRow, wanted: Sequence[Wanted]) -> _Land:
    place = unit.position
    if place is None:
        raise UnitNowhere(unit=unit.code)
    near = nearest_first(wanted, place.lon, place.lat)
    bounds = shapely.bounds([shapely.Point(place.lon, place.lat), *(w.shape for w in near)])
    frame = frame_for(bounds[:, [0, 2]], bounds[:, [1, 3]])
    x, y = (float(axis) for axis in frame.to_metric(place.lon, place.lat))
    missing = routing.missing(session)
    (snap,) = [None] if missing else routing.snap(session, [(place.lon, place.lat)])
    why: Why | None = missing or (None if snap else "off_road")
    start = Entry(-1, x, y, place.lon, place.lat, snap)
    spot = shapely.Point(place.lon, place.lat)
    is_in = [shapely.intersects(each.shape, spot) for each in near]
    go = [each for each, inside in zip(near, is_in, strict=True) if not inside]
    left: list[tuple[Wanted, LeftOutWhy]] = [
        (each, "inside") for each, inside in zip(near, is_in, strict=True) if inside
    ]
    left += [(each, "too_many") for each in go[MOST_GRIDS:]]
    return _Land(unit, frame, start, tuple(go[:MOST_GRIDS]), tuple(left), why)


def _entries(session: Session, land: _Land) -> tuple[_Land, list[Entry]]:
    """Return the start and the entries of each grid; a grid no road leads to is left out."""
    if not land.wanted:
        return land, [land.start]
    ground = entries.insides(land.frame, land.wanted)
    start = land.start
    if start.snap is None:
        found = entries.by_line(land.frame, ground, start.x, start.y)
    else:
        found = entries.by_road(session, land.frame, ground, land.wanted, start.snap)
    kept = entries.thinned(found, start.x, start.y)
    return _without(land, [start, *kept], "no_road")


def _without(land: _Land, spots: Sequence[Entry], why: LeftOutWhy) -> tuple[_Land, list[Entry]]:
    """Leave out the grids that have no entry among `spots`, and number the others anew."""
    present = sorted({spot.group for spot in spots if spot.group >= 0})
    place = {group: n for n, group in enumerate(present)} | {-1: -1}
    absent = [each for n, each in enumerate(land.wanted) if n not in place]
    renewed = [replace(spot, group=place[spot.group]) for spot in spots]
    wanted = tuple(land.wanted[n] for n in present)
    left = (*land.left_out, *((each, why) for each in absent))
    return replace(land, wanted=wanted, left_out=left), renewed


def _distances(
    session: Session, land: _Land, spots: list[Entry]
) -> tuple[Floats, _Land, list[Entry]]:
    snaps = [spot.snap for spot in spots if spot.snap is not None]
    if len(snaps) < len(spots):
        places = np.array([[spot.x, spot.y] for spot in spots])
        return np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)), land, spots
    distance_m = shortest.distances(session, snaps)
    reached = np.isfinite(distance_m[0])
    land, spots = _without(land, [spots[n] for n in np.flatnonzero(reached)], "apart")
    distance_m = distance_m[np.ix_(reached, reached)]
    walk_m = np.array([snap.off_m for snap in snaps])[reached]
    distance_m += walk_m[:, None] + walk_m[None, :]
    np.fill_diagonal(distance_m, 0.0)
    return distance_m, land, spots


def _answer(
    session: Session, land: _Land, spots: Sequence[Entry], loop: Loop, order: LoopOrder
) -> LoopAnswer:
    line = [spots[0], *(spots[n] for n in loop.spots)]
    if order.returns and len(line) > 1:
        line.append(spots[0])
    course = legs.along(session, land.frame, land.unit.vehicle, line)
    seconds = np.cumsum([leg.travel_s for leg in course]).tolist()
    stops = [
        _stop(n, land.wanted[spot.group], spot, arrive_s)
        for n, (spot, arrive_s) in enumerate(zip(line[1:], seconds, strict=True), start=1)
        if spot.group >= 0
    ]
    return LoopAnswer(
        unit_id=land.unit.id,
        returns=order.returns,
        stops=stops,
        legs=LoopLegs(features=[leg.feature(n) for n, leg in enumerate(course, start=1)]),
        length_m=loop.length_m,
        travel_s=seconds[-1] if seconds else 0.0,
        bound_m=loop.bound_m,
        gap=loop.gap,
        method=loop.method,
        travel_how="straight" if land.why else "roads",
        travel_why=land.why,
        left_out=[
            LoopLeftOut(grid_id=each.id, code=each.code, name=each.name, why=why)
            for each, why in land.left_out
        ],
    )


def _stop(order: int, grid: Wanted, spot: Entry, arrive_s: float) -> LoopStop:
    return LoopStop(
        order=order,
        grid_id=grid.id,
        code=grid.code,
        name=grid.name,
        lon=spot.lon,
        lat=spot.lat,
        arrive_s=arrive_s,
    )
