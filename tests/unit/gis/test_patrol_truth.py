"""What units truly passed against what is said of it: nothing visited that was not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import shapely

from gis.patrolground import Grounds, ground_states
from gis.patrolplan import PatrolPlan, patrol_cells
from gis.silences import Duties
from gis.tracks import TrackRules, clean, legs, rules_of

Walker = Callable[..., object]
VEHICLES = ("foot", "ebike", "motorcycle", "car")


def _land(walk, side_m: float = 150.0, margin_m: float = 400.0) -> np.ndarray:
    """Square grids over a walk and around it."""
    low = np.floor((np.array([walk.x.min(), walk.y.min()]) - margin_m) / side_m)
    high = np.ceil((np.array([walk.x.max(), walk.y.max()]) + margin_m) / side_m)
    cols, rows = (high - low).astype(int)
    x, y = np.meshgrid(low[0] + np.arange(cols), low[1] + np.arange(rows))
    x, y = x.ravel() * side_m, y.ravel() * side_m
    return shapely.box(x, y, x + side_m, y + side_m)


def _plan(walk, grids: np.ndarray) -> PatrolPlan:
    west, south, east, north = shapely.total_bounds(grids)
    roads = [shapely.LineString([(west, y), (east, y)]) for y in np.arange(south + 37, north, 90)]
    return patrol_cells(grids, np.array(roads, dtype=object), 10.0)


def _bits(layer: bytes, count: int) -> np.ndarray:
    return np.unpackbits(np.frombuffer(layer, np.uint8), count=count, bitorder="little") == 1


def _states(plan: PatrolPlan, grounds: Grounds, hour_s: int) -> np.ndarray:
    """Visited, likely and unknown of every cell of the plan in one hour, bool (3, cells)."""
    starts = np.concatenate([[0], np.cumsum(plan.cell_counts)])
    told = np.zeros((3, starts[-1]), dtype=bool)
    for grid, hour, ground in zip(grounds.grid, grounds.hour_s, grounds.grounds, strict=True):
        if hour == hour_s:
            for k, layer in enumerate((ground.visited, ground.likely, ground.unknown)):
                told[k, starts[grid] : starts[grid + 1]] = _bits(layer, plan.cell_counts[grid])
    return told


def _cells(plan: PatrolPlan) -> np.ndarray:
    return shapely.points(np.hstack([plan.cell_centres(g) for g in range(len(plan))]).T)


def _near(way: shapely.Geometry, cells: shapely.STRtree, reach_m: float, count: int) -> np.ndarray:
    """Which cells the way comes nearer to than `reach_m`, bool (count,)."""
    is_near = np.zeros(count, dtype=bool)
    for part in shapely.get_parts(shapely.segmentize(way, 50.0)):
        xy = shapely.get_coordinates(part)
        for k in range(0, len(xy) - 1, 60):
            is_near[cells.query(shapely.LineString(xy[k : k + 61]), "dwithin", reach_m)] = True
    return is_near


@dataclasses.dataclass
class Told:
    """Cells of one walk and hour: whether truly passed, and what was said."""

    passed: np.ndarray
    visited: np.ndarray
    likely: np.ndarray
    unknown: np.ndarray


def _judged(walk, rules: TrackRules, duties: Duties | None = None) -> list[Told]:
    plan = _plan(walk, _land(walk))
    own = legs(clean(walk.fixes, rules))
    grounds = ground_states(plan, own, from_s=0, to_s=3 * 3600, duties=duties)
    cells, told = _cells(plan), []
    tree = shapely.STRtree(cells)
    for hour in range(3):
        way = walk.way(hour * 3600.0, (hour + 1) * 3600.0)
        if not way.is_empty:
            passed = _near(way, tree, rules.swath_m, len(cells))
            told.append(Told(passed, *_states(plan, grounds, hour * 3600)))
    return told


def _all_day(walk) -> Duties:
    return Duties(np.array([1]), np.array([walk.t[0]]), np.array([walk.t[-1]]))


#: Longer for those that cover less ground.
HOURS = {"foot": 1.5, "ebike": 0.8, "motorcycle": 0.4, "car": 0.4}


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_nothing_is_called_visited_that_the_unit_did_not_come_near(vehicle, walker):
    rules, seen = rules_of(vehicle), 0
    for seed in range(6):
        silence_s = 400.0 * (seed % 2)
        walk = walker(seed, vehicle, hours=HOURS[vehicle], silence_s=silence_s)
        for told in _judged(walk, rules, _all_day(walk)):
            assert not np.any(told.visited & ~told.passed)
            seen += int(told.visited.sum())
    assert seen > 50


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_nothing_that_the_unit_came_near_is_called_not_visited(vehicle, walker):
    for seed in range(6, 9):
        walk = walker(seed, vehicle, hours=HOURS[vehicle], silence_s=200.0)
        for told in _judged(walk, rules_of(vehicle), _all_day(walk)):
            assert np.all((told.visited | told.unknown)[told.passed])
            assert not np.any(told.visited & told.unknown)
            assert np.all(told.unknown[told.likely])
