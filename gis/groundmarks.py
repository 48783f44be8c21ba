"""Kernels that set the bits of cells and pieces of road that legs and silences bear on.

Metres, seconds; layers of bits are 0 visited, 1 likely, 2 unknown. Bits are only ever set, so
the order of legs does not matter.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.groundbits import Marks, Sight, mark_grid
from gis.patrolplan import PlanArrays
from gis.reach import Region, region_bounds

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]
#: Unit; x0, y0, t0, x1, y1, t1; radii and firmness of both fixes and whether known.
LegColumns = tuple[
    Longs,
    tuple[Floats, Floats, Floats, Floats, Floats, Floats],
    tuple[Floats, Floats, Flags, Flags, Flags],
]
#: Leg, kind, beginning, end; see `gis.silences`.
SilenceColumns = tuple[Longs, Longs, Floats, Floats]

_HOUR_S = 3600.0
#: No way round a disc is longer than the straight one by more than this many radii, pi - 2.
_ROUND = math.pi - 2.0
_BETWEEN, _AFTER, _BEFORE = 0, 1, 2


@compiled
def mark_all(
    plan: PlanArrays,
    legs: LegColumns,
    silences: SilenceColumns,
    limits: tuple[float, float],
    marks: Marks,
) -> None:
    """Mark all legs and silences; `limits` is the speed in m/s and the swath in metres."""
    for i in range(legs[0].size):
        _mark_leg(plan, legs, i, limits, marks)
    for k in range(silences[0].size):
        silence = (silences[0][k], silences[1][k], silences[2][k], silences[3][k])
        _mark_silence(plan, legs, silence, limits, marks)


@compiled
def _mark_leg(
    plan: PlanArrays, legs: LegColumns, i: int, limits: tuple[float, float], marks: Marks
) -> None:
    """Mark one leg, or the fixes at the ends of a gap, in each hour that it touches."""
    unit, (x0, y0, t0, x1, y1, t1), (radius0, radius1, firm0, firm1, is_known) = legs
    swath = limits[1]
    is_last = i + 1 == unit.size or unit[i + 1] != unit[i]
    is_way = is_known[i] and t1[i] > t0[i]
    first, last = math.floor(t0[i] / _HOUR_S), math.floor(t1[i] / _HOUR_S)
    hour0, hours = marks[0]
    for hour in range(max(first, hour0), min(last, hour0 + hours - 1) + 1):
        proof0 = swath - radius0[i] if hour == first and firm0[i] else -1.0
        proof1 = swath - radius1[i] if hour == last and firm1[i] and is_last else -1.0
        if is_way:
            begin, end = max(t0[i], hour * _HOUR_S), min(t1[i], (hour + 1) * _HOUR_S)
            region, budget = _between(legs, i, limits, (begin, end))
            share0, share1 = (begin - t0[i]) / (t1[i] - t0[i]), (end - t0[i]) / (t1[i] - t0[i])
            dx, dy = x1[i] - x0[i], y1[i] - y0[i]
            line = (x0[i], y0[i], x1[i], y1[i])
            part = (
                x0[i] + share0 * dx,
                y0[i] + share0 * dy,
                x0[i] + share1 * dx,
                y0[i] + share1 * dy,
            )
            # An hour of its own: what is passed for sure is passed in this hour.
            is_tight = math.hypot(dx, dy) + _ROUND * swath > budget
            slack = budget if first == last and is_tight else math.inf
            sight = (line, part, (radius0[i], radius1[i]), (proof0, proof1), (slack, swath))
            _spread(plan, region, sight, hour, marks)
            continue
        if hour == first:
            _mark_fix(plan, (x0[i], y0[i], radius0[i], proof0), swath, hour, marks)
        if hour == last and is_last and t1[i] > t0[i]:
            _mark_fix(plan, (x1[i], y1[i], radius1[i], proof1), swath, hour, marks)


@compiled
def _mark_fix(
    plan: PlanArrays,
    fix: tuple[float, float, float, float],
    swath: float,
    hour: int,
    marks: Marks,
) -> None:
    x, y, radius, proof = fix
    region = (x, y, x, y, math.inf, swath + radius, math.inf)
    line = (x, y, x, y)
    sight = (line, line, (radius, radius), (proof, -1.0), (math.inf, swath))
    _spread(plan, region, sight, hour, marks)


@compiled
def _between(
    legs: LegColumns, i: int, limits: tuple[float, float], window: tuple[float, float]
) -> tuple[Region, float]:
    """What may be reached on a leg within a window of time, and the longest way from fix to fix."""
    _, (x0, y0, t0, x1, y1, t1), (radius0, radius1, _, _, _) = legs
    speed, swath = limits
    apart = math.hypot(x1[i] - x0[i], y1[i] - y0[i])
    budget = (t1[i] - t0[i]) * speed + radius0[i] + radius1[i]
    reach0 = swath + radius0[i] + (window[1] - t0[i]) * speed
    reach1 = swath + radius1[i] + (t1[i] - window[0]) * speed
    if apart > budget:
        # One of the fixes is wrong, and nobody can say which: no time bounds the way.
        budget, reach0, reach1 = apart, math.inf, math.inf
    return (x0[i], y0[i], x1[i], y1[i], budget + 2.0 * swath, reach0, reach1), budget


@compiled
def _mark_silence(
    plan: PlanArrays,
    legs: LegColumns,
    silence: tuple[int, int, float, float],
    limits: tuple[float, float],
    marks: Marks,
) -> None:
    """Mark as unknown what a silent unit may have reached, hour by hour."""
    _, (x0, y0, t0, x1, y1, t1), (radius0, radius1, _, _, _) = legs
    speed, swath = limits
    leg, kind, from_s, to_s = silence
    hour0, hours = marks[0]
    first = max(math.floor(from_s / _HOUR_S), hour0)
    # An end on the hour belongs to the hour before.
    last = min(math.ceil(to_s / _HOUR_S) - 1, hour0 + hours - 1)
    nothing = (0.0, 0.0, 0.0, 0.0)
    for hour in range(first, last + 1):
        begin, end = max(from_s, hour * _HOUR_S), min(to_s, (hour + 1) * _HOUR_S)
        region = (0.0, 0.0, 0.0, 0.0, math.inf, math.inf, math.inf)
        if kind == _BETWEEN:
            region, _ = _between(legs, leg, limits, (begin, end))
        elif kind == _AFTER:
            reach = swath + radius1[leg] + (end - t1[leg]) * speed
            region = (x1[leg], y1[leg], x1[leg], y1[leg], math.inf, reach, math.inf)
        elif kind == _BEFORE:
            reach = swath + radius0[leg] + (t0[leg] - begin) * speed
            region = (x0[leg], y0[leg], x0[leg], y0[leg], math.inf, reach, math.inf)
        sight = (nothing, nothing, (0.0, 0.0), (-1.0, -1.0), (math.inf, -1.0))
        _spread(plan, region, sight, hour, marks)


@compiled
def _spread(plan: PlanArrays, region: Region, sight: Sight, hour: int, marks: Marks) -> None:
    """Mark one region in every grid whose box it meets."""
    bounds, (origin_x, origin_y, cell_m, ncols, nrows), starts, items = plan[7:]
    box = region_bounds(region)
    low_col = int(min(max((box[0] - origin_x) / cell_m, 0.0), ncols - 1.0))
    high_col = int(min(max((box[2] - origin_x) / cell_m, 0.0), ncols - 1.0))
    low_row = int(min(max((box[1] - origin_y) / cell_m, 0.0), nrows - 1.0))
    high_row = int(min(max((box[3] - origin_y) / cell_m, 0.0), nrows - 1.0))
    stamps = marks[1]
    stamps[-1] += 1
    for row in range(low_row, high_row + 1):
        for cell in range(row * ncols + low_col, row * ncols + high_col + 1):
            for k in range(starts[cell], starts[cell + 1]):
                g = items[k]
                if stamps[g] == stamps[-1]:
                    continue
                stamps[g] = stamps[-1]
                if bounds[g, 0] > box[2] or bounds[g, 2] < box[0]:
                    continue
                if bounds[g, 1] > box[3] or bounds[g, 3] < box[1]:
                    continue
                mark_grid(plan, g, (region, box, sight), hour, marks)
