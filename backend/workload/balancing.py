"""A line that parts a heavy grid into two of nearly equal work, to be judged by a planner."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from gis.frame import LocalFrame, frame_for
from gis.gridbalance import Cut, balanced_cut
from gis.gridload import DEFAULT_WEIGHTS, MEASURES

from ..access import Principal
from ..errors import NotFound, Refused
from ..grids.models import Grid
from ..spatial import from_db
from .measuring import Measured, Wanted, measure, query
from .schemas import Balance, BalanceOrder, Line, Side

_FOLLOWS_M = 3.0
"""A road this near to the line for a good part of it is one the line follows."""


class NoCut(Refused):
    code = "workload.no_cut"
    zh = "没有一条线能把该网格的工作分成相近的两块，请在地图上手工划线。"
    en = "No line parts this grid in two pieces with work for both: draw one on the map."


_LEAST_SHARE = 0.1
"""Where all work is in one house, a line beside it relieves nobody."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """One grid in metres: its outline, the places of each kind of work, the roads."""

    frame: LocalFrame
    outline: Any
    spots: Mapping[str, np.ndarray]
    roads: list[Any]
    names: list[str | None]


def propose(
    session: Session, grid: Grid, order: BalanceOrder, wanted: Wanted, *, by: Principal
) -> Balance:
    """Return where to part a grid, by the weights asked for.

    Raises
    ------
    NotFound, NoCut
        If the grid is not in force on the day, or no line parts it in two.

    """
    weights = order.weights.model_dump() if order.weights else dict(DEFAULT_WEIGHTS)
    found = measure(session, wanted, by=by)
    place = next((k for k, row in enumerate(found.rows) if row.grid_id == grid.id), None)
    if place is None:
        raise NotFound()
    ground = _ground(session, grid, wanted, by)
    points, worth = _work(ground, found, place, weights)
    cut = balanced_cut(ground.outline, points, worth, ground.roads, tolerance=order.tolerance)
    if cut is None or min(cut.share, 1 - cut.share) < _LEAST_SHARE:
        raise NoCut()
    load = float(found.loads(weights)[place])
    known = None if np.isnan(load) else load
    return Balance(
        grid_id=grid.id,
        code=grid.code,
        line=_line(ground, cut),
        balance=round(cut.balance, 4),
        road_share=round(cut.road_share, 4),
        roads=_followed(ground, cut),
        sides=_sides(ground, cut, known, wanted.months),
        load=known,
        median=found.median(weights),
    )


def _ground(session: Session, grid: Grid, wanted: Wanted, by: Principal) -> _Ground:
    outline = from_db(grid.geom)
    west, south, east, north = outline.bounds
    frame = frame_for([west, east], [south, north])
    values = {
        "grid_id": grid.id,
        "low": by.scope.low,
        "high": by.scope.high,
        "since": wanted.since,
    }
    by_kind: dict[str, list[Any]] = defaultdict(list)
    names = []
    for kind, wkb, name in session.execute(query("grid_work_spots"), values):
        parts = shapely.get_parts(shapely.from_wkb(bytes(wkb)))
        by_kind[kind].extend(parts)
        if kind == "roads":
            names.extend([name] * len(parts))
    roads = [_in_metres(frame, road) for road in by_kind.pop("roads", [])]
    spots = {kind: _points(frame, found) for kind, found in by_kind.items()}
    return _Ground(frame, _in_metres(frame, outline), spots, roads, names)


def _in_metres(frame: LocalFrame, geometry: BaseGeometry) -> Any:
    return frame.geometry_to_metric(np.array([geometry], dtype=object))[0]


def _points(frame: LocalFrame, points: list[Any]) -> np.ndarray:
    lonlat = shapely.get_coordinates(points)
    return np.column_stack(frame.to_metric(lonlat[:, 0], lonlat[:, 1]))


def _work(
    ground: _Ground, found: Measured, place: int, weights: Mapping[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return points and what each is worth: a measure's part of the load, over its points.

    Households live in buildings: their part is spread over those. Roads count by their length.
    """
    part = {
        name: weights[name] * float(np.nan_to_num(found.relative[place, k]))
        for k, name in enumerate(MEASURES)
    }
    part["buildings"] += part.pop("households")
    spots = dict(ground.spots)
    inside = [road.intersection(ground.outline) for road in ground.roads]
    steps = [shapely.get_coordinates(shapely.segmentize(line, 10.0)) for line in inside]
    spots["road_m"] = np.vstack([np.empty((0, 2)), *steps])
    points, worth = [np.empty((0, 2))], [np.empty(0)]
    for name, places in spots.items():
        if len(places):
            points.append(places)
            worth.append(np.full(len(places), part[name] / len(places)))
    return np.vstack(points), np.concatenate(worth)


def _line(ground: _Ground, cut: Cut) -> Line:
    line = ground.frame.geometry_to_lonlat(np.array([cut.line], dtype=object))[0]
    return Line(coordinates=[(float(x), float(y)) for x, y in shapely.get_coordinates(line)])


def _followed(ground: _Ground, cut: Cut) -> list[str]:
    """Return the names of the roads that a tenth of the line or more runs along."""
    if cut.road_share == 0:
        return []
    beside = cut.line.buffer(_FOLLOWS_M)
    along: dict[str, float] = defaultdict(float)
    for road, name in zip(ground.roads, ground.names, strict=True):
        if name:
            along[name] += road.intersection(beside).length
    ranked = sorted(along, key=lambda name: -along[name])
    return [name for name in ranked if along[name] >= 0.1 * cut.line.length]


def _sides(ground: _Ground, cut: Cut, load: float | None, months: int) -> tuple[Side, Side]:
    first, second = cut.parts
    return (
        _side(ground, first, cut.share, load, months),
        _side(ground, second, 1 - cut.share, load, months),
    )


def _side(ground: _Ground, part: Any, share: float, load: float | None, months: int) -> Side:
    def count(kind: str) -> int:
        places = ground.spots.get(kind)
        if places is None:
            return 0
        return int(shapely.contains_xy(part, places[:, 0], places[:, 1]).sum())

    return Side(
        share=round(share, 4),
        area_m2=round(float(part.area), 1),
        load=None if load is None else round(load * share, 4),
        buildings=count("buildings"),
        places=count("places"),
        incidents=round(count("incidents") / months, 4),
        road_m=round(sum(road.intersection(part).length for road in ground.roads), 1),
    )
